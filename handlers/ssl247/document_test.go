package ssl247_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// example is the answer that the document shows for a call, as the client's golden
// cases have it.
func example(t *testing.T, name string) any {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "providers", "ssl247", "testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var v fields
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v["Data"]
}

// open are objects of the document whose keys are data, or of which it says nothing.
var open = []string{"ProductRequirements", "CertificateAddon", "ProductAddonPrices"}

// shape says where an answer is not of the document's form: a key that is missing, a
// value of another kind, a list that shows nothing.
func shape(want, got any, at string) (faults []string) {
	switch want := want.(type) {
	case map[string]any:
		object, ok := got.(fields)
		if !ok {
			return []string{fmt.Sprintf("%s is %T", at, got)}
		}
		if slices.Contains(open, at[strings.LastIndex(at, ".")+1:]) {
			return nil
		}
		for k, v := range want {
			if strings.Contains(k, "@") {
				return nil
			}
			one, there := object[k]
			if !there {
				faults = append(faults, at+"."+k+" is missing")
				continue
			}
			faults = append(faults, shape(v, one, at+"."+k)...)
		}
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) == 0 {
			return []string{fmt.Sprintf("%s is %v", at, got)}
		}
		return shape(want[0], list[0], at)
	case string:
		// The document's lists of a generic call and its words are "string" for whatever it is.
		if _, ok := got.(string); !ok {
			return []string{fmt.Sprintf("%s is %T, not a string", at, got)}
		}
	case json.Number:
		if _, ok := got.(json.Number); !ok {
			return []string{fmt.Sprintf("%s is %T, not a number", at, got)}
		}
	case bool:
		if _, ok := got.(bool); !ok {
			return []string{fmt.Sprintf("%s is %T, not a boolean", at, got)}
		}
	}
	return faults
}

func TestEveryCallAnswersInTheDocumentsForm(t *testing.T) {
	s := openShop(t)
	certificate := s.issued("shop.example.com", "mail.example.com")
	contact := fields{"title": "Ms", "firstname": "Ada", "lastname": "Lovelace", "email": "ada@liman.example", "admin": true, "tech": "1", "country": "GB", "city": "London"}
	contactID := s.ok("/account/contact-profile/add", contact).text("contact_id")
	user := fields{"firstname": "Grace", "lastname": "Hopper", "email": "grace@liman.example", "password": "vGx8-hazel-Lantern-42", "technical_contact": true}
	userID := s.ok("/account/users/add", user).text("user_id")
	line := fields{"order": []fields{{"product_code": text(s.multi), "common_name": "other.example.com", "years": "1", "licenses": "1", "san": 1, "sans": "b.example.com", "quantity": 1}}}
	placed := s.ok("/order/certificate/place-order", line)
	again := s.issued("again.example.com", "b.again.example.com")
	invoice := s.ok("/orders/"+certificate, nil).text("Orders", 0, "invoice_id")
	product := "/product/" + text(s.multi)
	complete := s.quick(s.multi, "other.example.com", "b.example.com")
	complete["certificate_id"] = placed.text("Order", 0, "Certificate", "id")

	for name, c := range map[string]struct {
		path string
		more fields
	}{
		"account": {"/account", nil}, "people": {"/account/users", nil}, "deposit": {"/account/deposit", nil}, "allowance": {"/account/monthly-allowance", nil},
		"user": {"/account/user/" + userID, nil}, "user_edit": {"/account/user/" + userID + "/edit", user},
		"user_add":        {"/account/users/add", fields{"firstname": "Edsger", "lastname": "D", "email": "edsger@liman.example", "password": "vGx8-hazel-Lantern-42"}},
		"contact":         {"/account/contact-profile/" + contactID, nil},
		"contact_add":     {"/account/contact-profile/add", contact},
		"contact_edit":    {"/account/contact-profile/" + contactID + "/edit", contact},
		"certificates":    {"/certificates", nil},
		"certificates_by": {"/certificates/Issued", nil},
		"approver_emails": {"/certificates/get-approver-email/" + text(s.single) + "/example.com", nil},
		"check_name":      {"/certificates/check-common-name/" + text(s.single) + "/example.com", nil},
		"check_san":       {"/certificates/check-san/" + text(s.multi) + "/example.com/sub.example.com", nil},
		"certificate":     {"/certificate/" + certificate, nil},
		"download":        {"/certificate/" + certificate + "/intermediate", nil},
		"renew":           {"/certificate/" + certificate + "/renew", fields{"years": "1"}},
		"reissue":         {"/certificate/" + again + "/reissue", fields{"new_csr": s.quick(s.multi, "again.example.com", "b.again.example.com")["csr"], "hash": "SHA256"}},
		"ordered_by":      {"/orders/certificates/Issued", nil},
		"import": {"/orders/certificates/import", fields{"common_name": "old.example.com", "validation_type": "OV", "admin_contact_id": contactID, "tech_contact_id": contactID,
			"internal_product": text(s.single), "external_product": "1"}},
		"validate":      {"/order/certificate/validate", line},
		"place":         {"/order/certificate/place-order", line},
		"complete":      {"/order/certificate/complete", complete},
		"quick":         {"/order/certificate/place-quick-order", s.quick(s.multi, "quick.example.com", "b.quick.example.com")},
		"product_types": {"/product-types", nil}, "products": {"/products/multi-domain", nil}, "product": {product, nil}, "requirements": {product + "/requirements", nil},
		"addons": {product + "/addons", nil}, "prices": {product + "/prices", nil}, "orders": {"/orders", nil}, "order": {"/orders/" + certificate, nil},
		"invoice": {"/orders/invoice/" + invoice + "/url", nil},
	} {
		a := s.ok(c.path, c.more)
		for _, fault := range shape(example(t, name), a.body["Data"], "Data") {
			// Notes are there where an order has some.
			if fault != "Data.Notes.Note is []" {
				t.Errorf("%s: %s", c.path, fault)
			}
		}
	}
	for _, path := range []string{"country", "user-titles", "us-state", "internal-product", "external-product", "websites"} {
		if path != "user-titles" {
			path += "-list"
		}
		if list, _ := s.ok("/generic/get-"+path, nil).body["Data"].([]any); len(list) == 0 {
			t.Errorf("%s is empty", path)
		}
	}
	cancelled := s.ok("/certificate/"+s.ok("/order/certificate/place-order", line).text("Order", 0, "Certificate", "id")+"/cancel", nil)
	if faults := shape(example(t, "cancel"), cancelled.body["Data"], "Data"); faults != nil || cancelled.text(0, "status") != "Cancelled" {
		t.Errorf("%v %s", faults, cancelled.raw)
	}
	// The pretend internet has one certificate for all its web servers.
	if words := s.ok("/certificate/"+certificate+"/request-health-check", nil).text(); !strings.HasPrefix(words, "Not in order on ") || !strings.Contains(words, "another certificate is installed, serial number 01") {
		t.Errorf("%q", words)
	}
	foreign := s.ok("/orders/certificates/import", fields{"common_name": "old.example.net", "validation_type": "DV"}).text(0, "Certificate", "id")
	if words := s.ok("/certificate/"+foreign+"/request-health-check", nil).text(); !strings.HasPrefix(words, "Not in order on old.example.net:443: it is not for old.example.net") {
		t.Errorf("%q", words)
	}
	s.refused(s.call(s.OtherKey, "/certificate/"+foreign+"/request-health-check", nil), 404, "not found")
	revoked := s.ok("/certificate/"+certificate+"/revoke", nil)
	if faults := shape(example(t, "revoke"), revoked.body["Data"], "Data"); len(faults) != 0 || revoked.text(0, "status") != "Cancelled" {
		t.Errorf("%v %s", faults, revoked.raw)
	}
	s.refused(s.call(s.Key, "/certificate/"+certificate+"/request-health-check", nil), 404, "not issued")
}
