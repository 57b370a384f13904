package ssl247_test

import (
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"strings"
	"testing"

	"certbay/db"
	"certbay/db/certs"
	"certbay/providers/providertest"
)

func (s *shop) deposit() string {
	s.t.Helper()
	return s.ok("/account/deposit", nil).text("Deposit", "value")
}

// send adds a header to a call.
func (s *shop) once(path string, more fields, key string) answer {
	s.t.Helper()
	body := `{"u":"` + s.Reseller.Email + `","k":"` + s.Key + `"`
	for k, v := range more {
		if text, ok := v.(string); ok {
			body += `,"` + k + `":"` + strings.ReplaceAll(text, "\n", `\n`) + `"`
		}
	}
	return s.send("POST", path, "application/json", body+"}", "Idempotency-Key", key)
}

func TestTwoStepsBuyAndComplete(t *testing.T) {
	s := openShop(t)
	placed := s.ok("/order/certificate/place-order", fields{"order": []fields{{"product_code": text(s.multi), "common_name": "Shop.Example.com", "years": "1", "sans": "b.example.com"}}, "reference": "R-1"})
	id := placed.text("Order", 0, "Certificate", "id")
	if placed.text("Invoice", "total") != "20.98" || placed.text("Order", 0, "total") != "20.98" || s.deposit() != "1229.02" {
		t.Errorf("%s, deposit %s", placed.raw, s.deposit())
	}
	if a := s.ok("/certificate/"+id, nil); a.text("Status", "code") != "Incomplete" || a.text("CertificateDetails", "common_name") != "shop.example.com" ||
		a.text("CertificateDetails", "Addons", "Addon", 0, "value") != "b.example.com" {
		t.Errorf("%s", a.raw)
	}
	s.refused(s.call(s.Key, "/certificate/"+id+"/x509", nil), 404, "not issued")
	s.refused(s.call(s.Key, "/certificate/"+id+"/reissue", fields{"new_csr": providertest.CSR(t, "shop.example.com")}), 409, "can't be reissued")
	s.refused(s.call(s.Key, "/certificate/"+id+"/renew", fields{"years": "1"}), 409, "issued")

	// The CSR names the domain only; the further name comes from the order.
	csr := providertest.CSR(t, "shop.example.com")
	bad := func(field, value, words string) {
		t.Helper()
		f := fields{"certificate_id": id, "common_name": "shop.example.com", "csr": csr, "dv_auth_method": "dns"}
		f[field] = value
		s.refused(s.call(s.Key, "/order/certificate/complete", f), 422, words)
	}
	bad("csr", "nonsense", "csr: ")
	bad("dv_auth_method", "pigeon", "dv_auth_method: ")
	bad("common_name", "evil.example.com", "common_name: ")
	s.refused(s.call(s.Key, "/order/certificate/complete", fields{"certificate_id": id, "csr": csr, "dv_auth_method": "dns", "Addon": []fields{{"value": "c.example.com"}}}), 422, "Addon: c.example.com was not ordered")
	done := s.ok("/order/certificate/complete", fields{"certificate_id": id, "common_name": "shop.example.com", "csr": csr, "dv_auth_method": "dns",
		"Addon": []fields{{"id": "1", "value": "b.example.com", "approver_email": ""}}})
	if done.text("Certificate", 0, "status") != "Pending" || done.text("Certificate", 0, "logs", 0, "created") == "" || !strings.Contains(done.raw, `"accepted"`) {
		t.Errorf("%s", done.raw)
	}
	s.refused(s.call(s.Key, "/order/certificate/complete", fields{"certificate_id": id, "csr": csr, "dv_auth_method": "dns"}), 409, "does not wait")
	a := s.ok("/certificate/"+id, nil)
	if a.text("CertificateDetails", "DomainValidation", 1, "domain") != "b.example.com" || !strings.Contains(a.text("CertificateDetails", "dns_auth_string"), " CNAME ") {
		t.Errorf("%s", a.raw)
	}
	found := s.ok("/orders", fields{"reference": "R-1"})
	if found.text("Orders", "Certificate", 0, "CertificateDetails", "id") != id || found.text("Total") != "1" {
		t.Errorf("%s", found.raw)
	}
	s.ok("/certificate/"+id+"/cancel", nil)
	s.ok("/certificate/"+id+"/cancel", nil) // again succeeds
	if s.deposit() != "1250.00" {
		t.Errorf("deposit %s", s.deposit())
	}
}

func TestARefusedQuickOrderCostsNothing(t *testing.T) {
	s := openShop(t)
	for words, change := range map[string]fields{
		"product_code: ":       {"product_code": "999"},
		"years: ":              {"years": "7"},
		"common_name: ":        {"common_name": "not a name"},
		"csr: ":                {"csr": ""},
		"dv_auth_method: ":     {"dv_auth_method": "pigeon"},
		"approver_email: ":     {"dv_auth_method": "email", "approver_email": "ceo@a.example.com"},
		"sans: ":               {"Addon": []fields{{"value": "b.example.com"}}},
		"billing_contact_id: ": {"billing_contact_id": "7"},
		"Contacts.Company.organisation_legal_name: ": {"product_code": text(s.ov)},
		"one certificate is ordered at a time":       {"quantity": "2"},
	} {
		f := s.quick(s.single, "a.example.com")
		for k, v := range change {
			f[k] = v
		}
		s.refused(s.call(s.Key, "/order/certificate/place-quick-order", f), 422, words)
	}
	s.refused(s.call(s.Key, "/order/certificate/place-quick-order", s.quick(s.licence, "192.0.2.1")), 422, "product_code: ")
	if a := s.ok("/orders", nil); a.text("Total") != "0" || s.deposit() != "1250.00" {
		t.Errorf("%s, deposit %s", a.raw, s.deposit())
	}
	a := s.ok("/order/certificate/validate", fields{"order": fields{"product_code": text(s.single), "common_name": "a.example.com", "years": "7"}})
	if a.at("Valid") != false || !strings.Contains(a.body["StatusDescription"].(string), "years: ") {
		t.Errorf("%s", a.raw)
	}
}

func TestCreditThatIsShortIsSaid(t *testing.T) {
	s := openShop(t)
	if err := s.Book.AdjustCredit(t.Context(), db.System, s.Reseller.ID, -124_000, "less", "less"); err != nil {
		t.Fatal(err)
	}
	s.refused(s.call(s.Key, "/order/certificate/place-quick-order", s.quick(s.single, "a.example.com")), 402, "Insufficient deposit: 12.99 USD is needed, 10.00 USD is available")
}

func TestARepeatedQuickOrderIsOneOrder(t *testing.T) {
	s := openShop(t)
	f := s.quick(s.single, "a.example.com")
	delete(f, "Addon")
	first := s.good(s.once("/order/certificate/place-quick-order", f, "key-1"))
	second := s.good(s.once("/order/certificate/place-quick-order", f, "key-1"))
	if first.raw != second.raw || second.header.Get("Idempotent-Replayed") != "true" || s.deposit() != "1237.01" {
		t.Errorf("%s %s, deposit %s", first.raw, second.raw, s.deposit())
	}
	f["years"] = "2"
	s.refused(s.once("/order/certificate/place-quick-order", f, "key-1"), 422, "Idempotency-Key")
}

// Each name is approved by a mailbox of its own.
func TestApproversAreThoseOfEachName(t *testing.T) {
	s := openShop(t)
	f := s.quick(s.multi, "a.example.com", "b.example.org")
	f["dv_auth_method"], f["approver_email"] = "email", "admin@example.com"
	f["Addon"] = []fields{{"value": "b.example.org", "approver_email": "postmaster@example.org"}}
	id := s.ok("/order/certificate/place-quick-order", f).text("Certificate", 0, "id")
	a := s.ok("/certificate/"+id, nil)
	if a.text("CertificateDetails", "approver_email") != "admin@example.com" || a.text("CertificateDetails", "Addons", "Addon", 0, "approver_email") != "postmaster@example.org" {
		t.Errorf("%s", a.raw)
	}
}

// Where an order names nobody it is the account's default contact.
func TestAnOrderWithoutContactsHasTheDefaultOnes(t *testing.T) {
	s := openShop(t)
	s.ok("/account/contact-profile/add", fields{"firstname": "Tim", "email": "tim@liman.example", "tech": true})
	s.ok("/account/contact-profile/add", fields{"title": "Ms", "firstname": "Ada", "lastname": "Lovelace", "email": "ada@liman.example", "phone": "+44.20", "address_1": "1 Street", "city": "London",
		"postcode": "E1", "country": "gb", "admin": true})
	id := s.ok("/order/certificate/place-quick-order", s.quick(s.ov, "a.example.com")).text("Certificate", 0, "id")
	a := s.ok("/certificate/"+id, nil)
	if a.text("Contacts", "Administrative", "email") != "ada@liman.example" || a.text("Contacts", "Company", "organisation_legal_name") != "Liman Ltd" || a.text("Contacts", "Administrative", "country") != "GB" {
		t.Errorf("%s", a.raw)
	}
}

func TestFilesOfACertificateAndItsInvoice(t *testing.T) {
	s := openShop(t)
	id := s.issued("a.example.com")
	get := func(form string) string { return s.ok("/certificate/"+id+"/"+form, nil).text(0, form) }
	bundle, err := certs.ParseCertificates(get("bundle"))
	if err != nil {
		t.Fatal(err)
	}
	if err := certs.VerifyChain(get("x509"), get("bundle"), s.Book.Now()); err != nil {
		t.Error(err)
	}
	for _, c := range bundle {
		form := "intermediate"
		if c.Subject.String() == c.Issuer.String() {
			form = "root"
		}
		if !strings.Contains(get(form), certs.EncodeCertificates(c)) {
			t.Errorf("%s is not in %s", c.Subject, form)
		}
	}
	block, _ := pem.Decode([]byte(get("pkcs7")))
	if block == nil || block.Type != "PKCS7" {
		t.Fatal("no PKCS7")
	}
	var outer struct {
		Type    asn1.ObjectIdentifier
		Content struct {
			Version int
			Digests asn1.RawValue
			Inner   asn1.RawValue
			Certs   asn1.RawValue `asn1:"tag:0,optional"`
			Signers asn1.RawValue
		} `asn1:"tag:0,explicit"`
	}
	if rest, err := asn1.Unmarshal(block.Bytes, &outer); err != nil || len(rest) != 0 || outer.Content.Version != 1 {
		t.Fatalf("%v %+v", err, outer)
	}
	n, raw := 0, outer.Content.Certs.Bytes
	for ; len(raw) > 0; n++ {
		var one asn1.RawValue
		if raw, err = asn1.Unmarshal(raw, &one); err != nil {
			t.Fatal(err)
		}
	}
	if n != 1+len(bundle) {
		t.Errorf("%d certificates in PKCS7", n)
	}
	s.refused(s.call(s.Key, "/certificate/"+id+"/pfx", nil), 404, "x509, pkcs7")
	s.refused(s.call(s.Key, "/certificate/"+id+"/cancel", nil), 409, "can't be cancelled")

	invoice := s.ok("/orders/"+id, nil).text("Orders", 0, "invoice_id")
	if link := s.ok("/orders/invoice/"+invoice+"/url", nil).text("invoice"); link != s.URL+"/invoices/"+invoice {
		t.Error(link)
	}
	pdf, err := base64.StdEncoding.DecodeString(s.ok("/orders/invoice/"+invoice+"/pdf", nil).text("invoice"))
	if err != nil || !strings.HasPrefix(string(pdf), "%PDF-") {
		t.Errorf("%v %.20q", err, pdf)
	}
	s.refused(s.call(s.Key, "/orders/invoice/"+invoice+"/fax", nil), 404, "url or pdf")
}

func TestListsByStatus(t *testing.T) {
	s := openShop(t)
	issued := s.issued("issued.example.com")
	waiting := s.ok("/order/certificate/place-quick-order", s.quick(s.single, "waiting.example.com")).text("Certificate", 0, "id")
	bought := s.ok("/order/certificate/place-order", fields{"order": []fields{{"product_code": text(s.single), "common_name": "bought.example.com", "years": "1"}}}).text("Order", 0, "Certificate", "id")
	foreign := s.ok("/orders/certificates/import", fields{"common_name": "Elsewhere.example.com", "validation_type": "DV"}).text(0, "Certificate", "id")
	for status, want := range map[string]string{"Issued": issued, "Pending": waiting, "Incomplete": bought, "External": foreign, "Expiring": "", "Stock": "", "Cancelled": "", "archived": ""} {
		list, _ := s.ok("/certificates/"+status, nil).body["Data"].([]any)
		full := s.ok("/orders/certificates/"+status, nil)
		if want == "" && (len(list) != 0 || full.text("Certificate", 0) != "") || want != "" && (len(list) != 1 || full.text("Certificate", 0, "CertificateDetails", "id") != want) {
			t.Errorf("%s: %v %s", status, list, full.raw)
		}
	}
	s.refused(s.call(s.Key, "/certificates/Lost", nil), 404, "no such status")
	if all := s.ok("/certificates", nil).body["Data"].([]any); len(all) != 4 {
		t.Errorf("%v", all)
	}
	if a := s.ok("/certificate/"+foreign, nil); a.text("Status", "code") != "External" || a.text("CertificateDetails", "common_name") != "elsewhere.example.com" {
		t.Errorf("%s", a.raw)
	}
	s.refused(s.call(s.OtherKey, "/certificate/"+foreign, nil), 404, "not found")
	s.Later(180 * 24 * 60 * 60 * 1e9)
	if a := s.ok("/certificates/Issued", nil); a.text(0, "status") != "Expiring" || s.ok("/certificates/Expiring", nil).text(0, "id") != issued {
		t.Errorf("%s", a.raw)
	}
}
