package gogetssl_test

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"certbay/db"
	"certbay/db/certs"
	"certbay/providers/providertest"
)

var (
	phpField  = regexp.MustCompile(`(?m)^\s*['"](\w+)['"] => (.+),\s*$`)
	phpString = regexp.MustCompile(`"([^"]*)"`)
)

// php reads the array of one of the document's programs, and puts in what they leave
// to their reader.
func (s *shop) php(name string, product int64, domain string) fields {
	s.t.Helper()
	source := must[[]byte](s.t)(os.ReadFile("testdata/" + name))
	f := fields{}
	for _, m := range phpField.FindAllStringSubmatch(string(source), -1) {
		value := strings.Trim(m[2], `"`)
		if list, ok := strings.CutPrefix(m[2], `implode(",", `); ok {
			var words []string
			for _, w := range phpString.FindAllStringSubmatch(list, -1) {
				words = append(words, w[1])
			}
			value = strings.Join(words, ",")
		}
		f[m[1]] = value
	}
	if len(f) < 17 || f["product_id"] == "" || f["csr"] != "$CSR" {
		s.t.Fatalf("%s: %v", name, f)
	}
	f["product_id"], f["period"], f["csr"] = fmt.Sprint(product), "12", providertest.CSR(s.t, domain)
	return f
}

func TestTheDocumentsProgramsOrder(t *testing.T) {
	s := openShop(t)
	for _, sample := range []struct {
		name    string
		product int64
		names   []string
		methods []string
	}{
		{"add_ssl_order.php", s.single, nil, nil},
		{"add_ssl_order_san.php", s.multi, []string{"www.gogetssl.com", "my.gogetssl.com", "support.gogetssl.com"}, []string{"email", "dns", "http"}},
	} {
		f := s.php(sample.name, sample.product, "gogetssl.com")
		body, kind := s.parts(f) // curl makes a multipart body of an array
		a := s.ok(s.send(s.request("POST", "/orders/add_ssl_order?auth_key="+s.Key, body, "Content-Type", kind)))
		if a.text("order_status") != "processing" || a.text("approver_method", "email") != "admin@gogetssl.com" {
			t.Errorf("%s: %s", sample.name, a.raw)
		}
		for i, name := range sample.names {
			if a.text("san", i, "san_name") != name || a.text("san", i, "validation_method") != sample.methods[i] {
				t.Errorf("%s: %s", name, a.raw)
			}
		}
		if sample.names == nil {
			continue
		}
		if a.text("san", 0, "validation", "email") != "admin@gogetssl.com" || !strings.Contains(a.text("san", 1, "validation", "dns", "record"), " CNAME ") ||
			!strings.Contains(a.text("san", 2, "validation", "http", "link"), "http://support.gogetssl.com/.well-known/pki-validation/") {
			t.Error(a.raw)
		}
		// Base 12.99 and two of three names beyond the one included, 21 % tax.
		if a.text("order_amount") != "28.97" || a.text("tax") != "6.08" || a.text("tax_rate") != "21%" || a.text("currency") != "USD" {
			t.Error(a.raw)
		}
	}
}

// shape is the types of an answer.
func shape(v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := map[string]any{}
		for k, one := range v {
			m[k] = shape(one)
		}
		return m
	case json.Number:
		return "number"
	case string:
		return "string"
	case bool:
		return "bool"
	}
	return fmt.Sprintf("%T", v)
}

func TestAnOrderIsAnsweredInTheFormOfTheDocumentsExample(t *testing.T) {
	s := openShop(t)
	var want map[string]any
	if err := json.Unmarshal(must[[]byte](t)(os.ReadFile("testdata/add_ssl_order.json")), &want); err != nil {
		t.Fatal(err)
	}
	a := s.ok(s.post("/orders/add_ssl_order/", with(s.wish("shape.example"), "dcv_method", "http")))
	for k, v := range want {
		one, _ := shape(a.body[k]).(string)
		switch v := v.(type) {
		case float64:
			if one != "number" {
				t.Errorf("%s: %s", k, a.raw)
			}
		case map[string]any:
			if got, expected := fmt.Sprint(shape(a.body[k])), fmt.Sprint(shape(v)); got != expected {
				t.Errorf("%s: %s, want %s", k, got, expected)
			}
		default:
			if one != shape(v) {
				t.Errorf("%s: %s", k, a.raw)
			}
		}
	}
	content := strings.Split(a.text("approver_method", "http", "content"), "\r\n")
	if len(content) < 2 || len(content[0]) != 64 || !strings.HasSuffix(a.text("approver_method", "http", "link"), a.text("approver_method", "http", "filename")) {
		t.Error(a.raw)
	}
	st := s.ok(s.get(fmt.Sprint("/orders/status/", a.id("order_id"))))
	for k, want := range map[string]string{"order_id": "number", "partner_order_id": "number", "product_id": "number", "total_domains": "number", "dcv_status": "number",
		"reissue": "number", "reissue_now": "number", "renew": "number", "webserver_type": "number", "ssl_period": "number", "time_stamp": "number", "internal_id": "string",
		"ssl_price": "string", "manual_check": "string", "pre_signing": "string", "begin_date": "string", "success": "bool"} {
		if shape(st.body[k]) != want {
			t.Errorf("%s is %v: %s", k, st.body[k], st.raw)
		}
	}
	if st.text("status") != "processing" || st.text("begin_date") != "0000-00-00" || st.text("valid_till") != "0000-00-00" || st.text("dcv_method") != "http" || st.text("dcv_status") != "1" ||
		st.text("domain") != "shape.example" || st.text("admin_firstname") != "John" || st.text("csr_code") == "" || st.text("crt_code") != "" {
		t.Error(st.raw)
	}
}

func TestRequestsAreTakenInEveryForm(t *testing.T) {
	s := openShop(t)
	id := fmt.Sprint(s.order("forms.example"))
	for _, path := range []string{"/orders/status/" + id, "/orders/status/" + id + "/"} {
		for _, header := range [][]string{{"Authorization", "Bearer " + s.Key}, {"X-API-Key", s.Key}, {"auth_key", "", "Auth-Key", s.Key}} {
			s.ok(s.send(s.request("GET", path, nil, header...)))
		}
		s.ok(s.get(path))
		s.refused(s.send(s.request("GET", path, nil)), 403, "Auth key is not valid")
	}
	before, orders := s.Balance(s.Reseller.ID), s.orders()
	try := with(s.wish("dry.example"), "test", "Y")
	inside := with(try, "auth_key", s.Key)
	body, kind := s.parts(inside)
	raw := must[[]byte](t)(json.Marshal(inside))
	typed := []byte(strings.Replace(strings.Replace(string(raw), `"period":"12"`, `"period":12`, 1), `"server_count":"-1"`, `"server_count":-1`, 1))
	for name, a := range map[string]answer{
		"form, key in the query":    s.post("/orders/add_ssl_order/", try),
		"form without a slash":      s.post("/orders/add_ssl_order", try),
		"form, key in the body":     s.send(s.request("POST", "/orders/add_ssl_order/", strings.NewReader(form(inside).Encode()), "Content-Type", formType+"; charset=UTF-8")),
		"form that does not say so": s.send(s.request("POST", "/orders/add_ssl_order/", strings.NewReader(form(inside).Encode()))),
		"multipart":                 s.send(s.request("POST", "/orders/add_ssl_order/", body, "Content-Type", kind)),
		"JSON":                      s.send(s.request("POST", "/orders/add_ssl_order/", strings.NewReader(string(raw)), "Content-Type", "application/json")),
		"JSON with numbers":         s.send(s.request("POST", "/orders/add_ssl_order/", strings.NewReader(string(typed)), "Content-Type", "application/json")),
		"only_validate":             s.post("/orders/add_ssl_order/", with(s.wish("dry.example"), "only_validate", "1")),
		"all in the query":          s.send(s.request("POST", "/orders/add_ssl_order/?"+form(inside).Encode(), nil)),
		"old programs":              s.post("/orders/add_ssl_order1/", with(try, "dcv_method", "", "approver_email", "admin@dry.example")),
	} {
		if s.ok(a).text("order_amount") != "12.99" || a.at("order_id") != nil {
			t.Errorf("%s: %s", name, a.raw)
		}
	}
	if s.Balance(s.Reseller.ID) != before || s.orders() != orders {
		t.Error("trying an order is not free")
	}
	// Both verbs are documented.
	s.refused(s.get("/orders/ssl/resend_validation_email/"+id), 200, "Nothing waits for an e-mail")
	s.refused(s.post("/orders/ssl/resend_validation_email/"+id+"/", nil), 200, "Nothing waits for an e-mail")
}

func TestWayOfAnOrder(t *testing.T) {
	s := openShop(t)
	before := s.Balance(s.Reseller.ID)
	a := s.ok(s.post("/orders/add_ssl_order/", with(s.wish("way.example"), "dcv_method", "email", "approver_email", "admin@way.example")))
	id := fmt.Sprint(a.id("order_id"))
	if s.Balance(s.Reseller.ID) != before-1572 { // 12.99 and 21 %
		t.Error(s.Balance(s.Reseller.ID) - before)
	}
	s.ok(s.post("/orders/ssl/resend/"+id, fields{"domain": "way.example"}))
	s.refused(s.post("/orders/ssl/resend/"+id, fields{"domain": "other.example"}), 200, "domain: other.example is not in this order")
	// By every method that changes methods.
	a = s.ok(s.post("/orders/ssl/change_validation_email/"+id, fields{"approver_email": "http"}))
	if !strings.Contains(a.text("http", "link"), "http://way.example/") || a.at("dns") != nil {
		t.Error(a.raw)
	}
	a = s.ok(s.post("/orders/ssl/change_validation_email/"+id, fields{"approver_email": "postmaster@way.example"}))
	if a.text("dcv_method") != "email" || a.text("approver_email") != "postmaster@way.example" {
		t.Error(a.raw)
	}
	status := func() answer { return s.ok(s.get("/orders/status/" + id)) }
	s.ok(s.post("/orders/ssl/change_dcv/"+id, fields{"domain_name": "way.example", "new_method": "email", "approver_email": "webmaster@way.example"}))
	if st := status(); st.text("approver_email") != "webmaster@way.example" {
		t.Error(st.raw)
	}
	s.ok(s.post("/orders/ssl/change_domains_validation_method/"+id, fields{"domains": "way.example", "new_methods": "https"}))
	if st := status(); st.text("dcv_method") != "https" || !strings.HasPrefix(st.text("approver_method", "https", "link"), "https://way.example/") {
		t.Error(st.raw)
	}
	s.ok(s.post("/orders/ssl/change_validation_method/"+id, fields{"domain": "Way.example", "new_method": "DNS"}))
	s.refused(s.post("/orders/ssl/change_validation_method/"+id, fields{"domain": "way.example", "new_method": "pigeon"}), 200, "new_method: ")
	s.refused(s.post("/orders/ssl/change_domains_validation_method/"+id, fields{"domains": "way.example,b.example", "new_methods": "dns"}), 200, "new_methods: one is needed for each")
	s.refused(s.post("/orders/ssl/reissue/"+id, fields{"csr": providertest.CSR(t, "way.example")}), 200, "can't be reissued")
	s.ok(s.post("/orders/ssl/revalidate/"+id, fields{"domain": "way.example"}))
	s.publish(status(), "approver_method")
	s.ok(s.get("/orders/ssl/recheck-caa/" + id))
	first := s.active(s.ok(s.get("/orders/status/" + id)).id("order_id"))
	info := must[certs.Info](t)(certs.Describe(first.text("crt_code")))
	if !slices.Contains(info.Names, "way.example") || !strings.Contains(first.text("ca_code"), "BEGIN CERTIFICATE") || first.text("valid_till") != info.NotAfter.Format(time.DateOnly) ||
		first.text("dcv_status") != "2" || first.text("end_date") == "0000-00-00" || first.text("end_date") <= first.text("valid_till") {
		t.Error(first.raw)
	}
	s.refused(s.post("/orders/ssl/revalidate/"+id, fields{"domain": "way.example"}), 200, "Nothing waits for validation")
	s.refused(s.post("/orders/cancel_ssl_order/", fields{"order_id": id, "reason": "late"}), 200, "can't be cancelled")
	spent := s.Balance(s.Reseller.ID)
	a = s.ok(s.post("/orders/ssl/reissue/"+id+"/", fields{"csr": providertest.CSR(t, "way.example"), "dcv_method": "dns", "webserver_type": "-1"}))
	if a.text("order_status") != "reissue" || fmt.Sprint(a.id("order_id")) != id {
		t.Error(a.raw)
	}
	second := s.active(a.id("order_id"))
	if second.text("crt_code") == first.text("crt_code") || second.text("reissue") != "1" || second.text("reissue_now") != "0" || s.Balance(s.Reseller.ID) != spent {
		t.Error(second.raw)
	}
	if _, err := s.Book.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAReissueMayNameOtherNamesAndMeanwhileTheOldCertificateStays(t *testing.T) {
	s := openShop(t)
	f := with(s.wish("main.example"), "product_id", fmt.Sprint(s.multi), "dns_names", "one.example, two.example", "approver_emails", "dns,http")
	a := s.ok(s.post("/orders/add_ssl_order/", f))
	s.publish(a, "approver_method")
	s.publish(a, "san", 0, "validation")
	s.publish(a, "san", 1, "validation")
	first := s.active(a.id("order_id"))
	if first.text("domains") != "main.example,one.example,two.example" || first.text("total_domains") != "3" || first.text("approver_emails") != "dns,http" || first.text("san", 1, "status") != "2" ||
		first.text("single_san_count") != "2" {
		t.Error(first.raw)
	}
	id := first.text("order_id")
	s.refused(s.post("/orders/ssl/reissue/"+id, fields{"csr": providertest.CSR(t, "main.example"), "dcv_method": "dns", "dns_names": "a.example,b.example,c.example", "approver_emails": "dns,dns,dns"}), 200, "dns_names: ")
	s.refused(s.post("/orders/ssl/reissue/"+id, fields{"csr": providertest.CSR(t, "main.example"), "dcv_method": "dns", "dns_names": "*.a.example", "approver_emails": "dns"}), 200, "dns_names: ")
	a = s.ok(s.post("/orders/ssl/reissue/"+id, fields{"csr": providertest.CSR(t, "main.example", "new.example"), "dcv_method": "dns", "dns_names": "one.example,new.example", "approver_emails": "dns,dns"}))
	st := s.ok(s.get("/orders/status/" + id))
	if st.text("status") != "reissue" || st.text("reissue_now") != "1" || st.text("crt_code") != first.text("crt_code") || st.text("domains") != "main.example,one.example,new.example" {
		t.Error(st.raw)
	}
	if row := s.ok(s.get("/orders/ssl/all")); row.text("orders", 0, "status") != "reissue" {
		t.Error(row.raw)
	}
	s.publish(a, "san", 1, "validation")
	info := must[certs.Info](t)(certs.Describe(s.active(st.id("order_id")).text("crt_code")))
	if slices.Contains(info.Names, "two.example") || !slices.Contains(info.Names, "new.example") {
		t.Error(info.Names)
	}
}

func TestBadOrdersCostNothingAndSayWhatIsWrong(t *testing.T) {
	s := openShop(t)
	before, orders := s.Balance(s.Reseller.ID), s.orders()
	f := s.wish("bad.example")
	for words, bad := range map[string]fields{
		"product_id: is required":                  with(f, "product_id", ""),
		"product_id: must be a whole number":       with(f, "product_id", "x"),
		"Product not found":                        with(f, "product_id", "999999"),
		"period: is required":                      with(f, "period", ""),
		"period: ":                                 with(f, "period", "7"),
		"csr: is required":                         with(f, "csr", " "),
		"Wrong CSR":                                with(f, "csr", "nonsense"),
		"dcv_method: is required":                  with(f, "dcv_method", ""),
		"dcv_method: must be":                      with(f, "dcv_method", "pigeon"),
		"approver_email: is required":              with(f, "dcv_method", "email"),
		"approver_email: ":                         with(f, "dcv_method", "email", "approver_email", "ceo@bad.example"),
		"dns_names: ":                              with(f, "dns_names", "b.example", "approver_emails", "dns"),
		"approver_emails: one is needed":           with(f, "product_id", fmt.Sprint(s.multi), "dns_names", "b.example,c.example", "approver_emails", "dns"),
		"unique_code: must be 15 to 20":            with(f, "unique_code", "short"),
		"org_name: ":                               with(f, "product_id", fmt.Sprint(s.ov)),
		"Wrong parameter: dns_names: certs: name ": with(f, "product_id", fmt.Sprint(s.multi), "dns_names", "not_a_name", "approver_emails", "dns"),
	} {
		s.refused(s.post("/orders/add_ssl_order/", bad), 200, words)
	}
	star := with(s.wish("bad.example"), "product_id", fmt.Sprint(s.wildcard), "csr", providertest.CSR(t, "*.bad.example"), "dcv_method", "http")
	s.refused(s.post("/orders/add_ssl_order/", star), 200, "dcv_method: a wildcard name can't be proven by a file")
	for _, product := range []int64{s.licence, s.signing, s.foreign} {
		s.refused(s.post("/orders/add_ssl_order/", with(f, "product_id", fmt.Sprint(product))), 200, "")
	}
	if err := s.Book.AdjustCredit(t.Context(), db.System, s.Reseller.ID, 1000-before, "taken", "taken back"); err != nil {
		t.Fatal(err)
	}
	s.refused(s.post("/orders/add_ssl_order/", f), 200, "Not enough balance: Needed: 15.72 USD, available: 10.00 USD")
	if s.Balance(s.Reseller.ID) != 1000 || s.orders() != orders {
		t.Errorf("%d orders, balance %d", s.orders()-orders, s.Balance(s.Reseller.ID))
	}
}

func TestCancellingGivesTheMoneyBackOnce(t *testing.T) {
	s := openShop(t)
	before := s.Balance(s.Reseller.ID)
	id := fmt.Sprint(s.order("gone.example"))
	for range 2 {
		if a := s.ok(s.post("/orders/cancel_ssl_order/", fields{"order_id": id, "reason": "not wanted"})); a.text("order_id") != id || s.Balance(s.Reseller.ID) != before {
			t.Error(a.raw, s.Balance(s.Reseller.ID)-before)
		}
	}
	st := s.ok(s.get("/orders/status/" + id))
	if st.text("status") != "cancelled" || st.text("crt_code") != "" {
		t.Error(st.raw)
	}
	if a := s.ok(s.post("/orders/statuses/", fields{"cids": id + ", 999999"})); len(a.at("certificates").([]any)) != 1 || a.text("certificates", 0, "status") != "cancelled" {
		t.Error(a.raw)
	}
	if a := s.ok(s.get("/orders/invoice/" + id)); a.text("status") != "cancelled" || a.text("subtotal") != "12.99" || a.text("tax") != "2.73" || a.text("total") != "15.72" || a.text("tax_rate") != "21%" {
		t.Error(a.raw)
	}
}

func TestAnOrderUnderAnIdempotencyKeyIsPlacedOnce(t *testing.T) {
	s := openShop(t)
	f := s.wish("once.example")
	a := s.ok(s.post("/orders/add_ssl_order/", f, "Idempotency-Key", `"wish-1"`))
	before := s.Balance(s.Reseller.ID)
	body, kind := s.parts(f) // another form of the same
	b := s.ok(s.send(s.request("POST", keyed(s.Key, "/orders/add_ssl_order"), body, "Content-Type", kind, "Idempotency-Key", "wish-1")))
	if a.id("order_id") != b.id("order_id") || s.Balance(s.Reseller.ID) != before || b.header.Get("Idempotent-Replayed") != "true" {
		t.Error(b.raw)
	}
	s.refused(s.post("/orders/add_ssl_order/", with(f, "period", "24"), "Idempotency-Key", "wish-1"), 200, "used for another request")
	// What was refused and changed nothing may be mended under the same key.
	s.refused(s.post("/orders/add_ssl_order/", with(f, "period", "7"), "Idempotency-Key", "wish-2"), 200, "period")
	if c := s.ok(s.post("/orders/add_ssl_order/", f, "Idempotency-Key", "wish-2")); c.id("order_id") == a.id("order_id") {
		t.Error(c.raw)
	}
}

func TestWhatTheAuthorityRefusesIsGivenBackWithItsWords(t *testing.T) {
	s := openShop(t)
	ctx := t.Context()
	id := must[int64](t)(s.Book.CreateProduct(ctx, db.System, db.Product{Brand: "Sectigo", Name: "Withdrawn", Kind: db.KindSSL, Validation: "dv", DomainType: "single",
		DCVMethods: []string{"dns"}, Terms: []db.Term{{Months: 12, ListCents: 4999}}}, db.Offer{Upstream: "sandbox", ProductCode: "withdrawn", CostCents: 900}))
	r := must[db.Reseller](t)(s.Book.Reseller(ctx, s.Reseller.ID))
	if err := s.Book.SetGroupPrice(ctx, db.System, r.GroupID, id, 12, 1299); err != nil {
		t.Fatal(err)
	}
	before := s.Balance(s.Reseller.ID)
	f := with(s.wish("back.example"), "product_id", fmt.Sprint(id))
	for range 2 { // asked again under the same key it is the same answer, and no further order
		s.refused(s.post("/orders/add_ssl_order/", f, "Idempotency-Key", "wish"), 200, `Refused by the certificate authority: there is no product "withdrawn"`)
	}
	if s.Balance(s.Reseller.ID) != before || s.orders() != 1 {
		t.Errorf("%d orders, %d", s.orders(), s.Balance(s.Reseller.ID)-before)
	}
	if _, err := s.Book.Verify(ctx); err != nil {
		t.Error(err)
	}
}

func TestATermIsRenewedInItsLastThirtyDays(t *testing.T) {
	s := openShop(t)
	s.refused(s.post("/orders/add_ssl_renew_order/", s.wish("renew.example")), 200, "Nothing to renew")
	s.order("pending.example")
	s.refused(s.post("/orders/add_ssl_renew_order/", s.wish("pending.example")), 200, "Nothing to renew")
	id := s.issued("renew.example")
	s.refused(s.post("/orders/add_ssl_renew_order/", s.wish("renew.example")), 200, "Too early to renew")
	s.refused(s.post("/orders/add_ssl_renew_order/", with(s.wish("renew.example"), "product_id", fmt.Sprint(s.multi))), 200, "Nothing to renew")
	s.Later(340 * 24 * time.Hour)
	s.StopWork() // the renewal stays under way: issued, it would be what is renewed next
	a := s.ok(s.post("/orders/add_ssl_renew_order/", s.wish("renew.example")))
	st := s.ok(s.get(fmt.Sprint("/orders/status/", a.id("order_id"))))
	if a.id("order_id") == id || st.text("renew") != "1" || s.ok(s.get(fmt.Sprint("/orders/status/", id))).text("renew") != "0" {
		t.Error(st.raw)
	}
	if b := s.refused(s.post("/orders/add_ssl_renew_order/", with(s.wish("renew.example"), "unique_code", "")), 200, "Wrong parameter"); !strings.Contains(b.raw, "renewed already") {
		t.Errorf("a second time: %s", b.raw)
	}
}
