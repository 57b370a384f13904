package gogetssl_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"certbay/db"
	"certbay/db/certs"
	"certbay/handlers/gogetssl"
	"certbay/providers/providertest"
)

func TestLoginGivesTheKeyForAllOtherCalls(t *testing.T) {
	s := openShop(t)
	login := func(user, pass string) answer {
		return s.send(s.request("POST", "/auth/", strings.NewReader(form(fields{"user": user, "pass": pass}).Encode()), "Content-Type", formType))
	}
	for _, user := range []string{s.Reseller.Email, strings.ToUpper(s.Reseller.Email), s.People[db.RoleOwner].Email} {
		key := s.ok(login(user, s.Key)).text("key")
		s.ok(s.send(s.request("GET", keyed(key, "/account/balance/"), nil)))
	}
	for _, bad := range [][2]string{{s.Reseller.Email, "wrong"}, {s.Reseller.Email, ""}, {"", s.Key}, {s.Other.Email, s.Key}, {"nobody@x.example", s.Key}} {
		a := s.refused(login(bad[0], bad[1]), 200, "Authorization error: Username or password is wrong")
		if strings.Contains(a.raw, s.Key) {
			t.Error(a.raw)
		}
	}
	s.refused(s.send(s.request("GET", "/auth/", nil)), 404, "Unknown method")
	s.Speak(s.Reseller.ID, gogetssl.Dialect, false)
	s.refused(login(s.Reseller.Email, s.Key), 200, "Authorization error")
	s.refused(s.get("/account/balance/"), 403, "Access to the API is off")
	s.Speak(s.Reseller.ID, gogetssl.Dialect, true)
	s.ok(s.get("/account/balance/"))
	_, restricted, err := s.Book.CreateAPIKey(t.Context(), db.System, s.Reseller.ID, db.NewAPIKey{Name: "elsewhere", Scopes: db.Scopes, AllowedIPs: []string{"192.0.2.0/24"}})
	if err != nil {
		t.Fatal(err)
	}
	s.refused(login(s.Reseller.Email, restricted), 200, "Authorization error")
	s.refused(s.send(s.request("GET", keyed(restricted, "/account/balance/"), nil)), 403, "IP address is not allowed")
}

// calls are one of each operation, with the scope it needs; %d is an order.
var calls = []struct {
	method, path string
	scope        db.Scope
	fields       fields
}{
	{"GET", "/products/", db.ScopeRead, nil},
	{"GET", "/products/ssl/", db.ScopeRead, nil},
	{"GET", "/products/all_prices/", db.ScopeRead, nil},
	{"GET", "/account/", db.ScopeRead, nil},
	{"GET", "/account/balance/", db.ScopeRead, nil},
	{"GET", "/account/invoices/", db.ScopeRead, nil},
	{"GET", "/account/invoices/unpaid/", db.ScopeRead, nil},
	{"GET", "/account/total_orders/", db.ScopeRead, nil},
	{"GET", "/account/total_transactions/", db.ScopeRead, nil},
	{"POST", "/orders/add_ssl_order/", db.ScopeOrder, fields{}},
	{"POST", "/orders/add_ssl_renew_order/", db.ScopeOrder, fields{}},
	{"POST", "/orders/add_ssl_san_order/", db.ScopeOrder, fields{"order_id": "%d", "count": "1"}},
	{"POST", "/orders/cancel_ssl_order/", db.ScopeOrder, fields{"order_id": "%d", "reason": "x"}},
	{"POST", "/orders/ssl/reissue/%d", db.ScopeCertificate, fields{"csr": "x"}},
	{"GET", "/orders/", db.ScopeRead, nil},
	{"GET", "/orders/status/%d", db.ScopeRead, nil},
	{"POST", "/orders/statuses/", db.ScopeRead, fields{"cids": "%d"}},
	{"GET", "/orders/ssl/all", db.ScopeRead, nil},
	{"GET", "/orders/list/unpaid/", db.ScopeRead, nil},
	{"GET", "/orders/invoice/%d", db.ScopeRead, nil},
	{"POST", "/orders/ssl/change_validation_email/%d", db.ScopeCertificate, fields{"approver_email": "dns"}},
	{"POST", "/orders/ssl/change_validation_method/%d", db.ScopeCertificate, fields{"domain": "mine.example", "new_method": "dns"}},
	{"POST", "/orders/ssl/change_domains_validation_method/%d", db.ScopeCertificate, fields{"domains": "mine.example", "new_methods": "dns"}},
	{"POST", "/orders/ssl/change_dcv/%d", db.ScopeCertificate, fields{"domain_name": "mine.example", "new_method": "dns"}},
	{"POST", "/orders/ssl/revalidate/%d", db.ScopeCertificate, fields{"domain": "mine.example"}},
	{"GET", "/orders/ssl/recheck-caa/%d", db.ScopeCertificate, nil},
	{"POST", "/orders/ssl/resend/%d", db.ScopeCertificate, fields{"domain": "mine.example"}},
	{"POST", "/orders/ssl/resend_validation_email/%d", db.ScopeCertificate, fields{}},
	{"POST", "/tools/csr/decode/", db.ScopeRead, fields{}},
	{"POST", "/tools/csr/validate", db.ScopeRead, fields{}},
	{"POST", "/tools/csr/generate/", db.ScopeRead, fields{}},
	{"POST", "/tools/domain/emails/", db.ScopeRead, fields{}},
	{"POST", "/tools/domain/emails/geotrust", db.ScopeRead, fields{}},
	{"POST", "/tools/domain/alternative/", db.ScopeRead, fields{}},
	{"GET", "/tools/webservers/1", db.ScopeRead, nil},
	{"POST", "/orders/lei/create", db.ScopeOrder, fields{}},
	{"GET", "/lei/jurisdictions", db.ScopeRead, nil},
	{"GET", "/lei/status/%d", db.ScopeRead, nil},
	{"POST", "/lei/confirm/%d", db.ScopeOrder, fields{"confirm": "1"}},
	{"GET", "/lei/lookup?query=x", db.ScopeRead, nil},
}

func (s *shop) call(key, method, path string, f fields, order int64) answer {
	s.t.Helper()
	at := func(text string) string { return strings.ReplaceAll(text, "%d", fmt.Sprint(order)) }
	if f == nil {
		return s.send(s.request(method, keyed(key, at(path)), nil))
	}
	filled := fields{}
	for k, v := range f {
		filled[k] = at(v)
	}
	return s.postAs(key, at(path), filled)
}

func TestEveryOperationKeepsToScopesAndTenants(t *testing.T) {
	s := openShop(t)
	mine := s.order("mine.example")
	before := s.Balance(s.Reseller.ID)
	for _, c := range calls {
		var others []db.Scope
		for _, scope := range db.Scopes {
			if scope != c.scope {
				others = append(others, scope)
			}
		}
		a := s.call(s.NewKey(s.Reseller.ID, db.NewAPIKey{Name: "Module", Scopes: others}), c.method, c.path, c.fields, mine)
		s.refused(a, 403, "It lacks the scope "+string(c.scope))
		if strings.Contains(c.path+fmt.Sprint(c.fields), "%d") && !strings.Contains(c.path, "lei") {
			a := s.call(s.OtherKey, c.method, c.path, c.fields, mine)
			if c.path == "/orders/statuses/" {
				if list := s.ok(a).at("certificates").([]any); len(list) != 0 {
					t.Error(a.raw)
				}
				continue
			}
			s.refused(a, 200, "Order not found")
		}
		wrong := "DELETE"
		s.refused(s.send(s.request(wrong, keyed(s.Key, strings.ReplaceAll(c.path, "%d", "1")), nil)), 404, "Unknown method")
	}
	if a := s.send(s.request("GET", keyed(s.OtherKey, "/orders/ssl/all"), nil)); s.ok(a).text("count") != "0" {
		t.Error(a.raw)
	}
	if s.Balance(s.Reseller.ID) != before || s.ok(s.get(fmt.Sprint("/orders/status/", mine))).text("status") != "processing" {
		t.Error("another reseller changed an order")
	}
	for _, id := range []string{"0", "-1", "x", "99999999999999999999", "1.5"} {
		s.refused(s.get("/orders/status/"+id), 200, "Order not found")
	}
	s.refused(s.get("/orders/status/a/b"), 404, "Unknown method")
	s.refused(s.get("/orders/nothing"), 404, "Unknown method")
}

// The calls above are all operations, but for those whose id is no order's and the login.
func TestEveryOperationIsTried(t *testing.T) {
	seen := map[string]bool{}
	for _, o := range gogetssl.Operations() {
		name, verbs, path := o[0], o[1], o[2]
		if name == "" || seen[name] {
			t.Errorf("%s: %q is no name of its own", path, name)
		}
		seen[name] = true
		tried := path == "/auth" || path == "/orders/add_ssl_order1" || strings.HasPrefix(path, "/products/") && strings.HasSuffix(path, "{id}")
		for _, c := range calls {
			asked, _, _ := strings.Cut(c.path, "?")
			asked = strings.NewReplacer("%d", "{id}", "webservers/1", "webservers/{id}").Replace(strings.TrimSuffix(asked, "/"))
			tried = tried || asked == path && strings.Contains(verbs, c.method)
		}
		if !tried {
			t.Errorf("%s %s is never tried", verbs, path)
		}
	}
	if len(seen) != 46 {
		t.Errorf("%d operations", len(seen))
	}
}

func TestOtherRoomsBelowTheSamePrefixAreNotThisDialects(t *testing.T) {
	s := openShop(t)
	for path, want := range map[string]bool{"/api/orders": true, "/api/orders/": true, "/api/auth/": true, "/api/lei/x": true, "/api/products": true, "/api/reseller/orders": false,
		"/api/v3/orders": false, "/api": false, "/api/": false, "/apiorders": false, "/orders": false, "/api/ordersx": false} {
		if gogetssl.Serves(path) != want {
			t.Errorf("%s: %v", path, !want)
		}
	}
	a := s.send(s.request("GET", "/reseller/balance", nil, "X-API-Key", s.Key))
	if a.status != http.StatusOK || a.text("balance") != "1250.00" {
		t.Error(a.raw)
	}
}

func TestWhatIsNotSoldSaysSo(t *testing.T) {
	s := openShop(t)
	id := s.order("names.example")
	s.refused(s.post("/orders/add_ssl_san_order/", fields{"order_id": fmt.Sprint(id), "count": "2"}), 200, "Not sold here: More names can't be bought")
	for _, c := range calls {
		if strings.Contains(c.path, "/lei/") {
			s.refused(s.call(s.Key, c.method, c.path, c.fields, 1), 200, "Not sold here: Legal entity identifiers")
		}
	}
}

func TestTheCatalogIsOfTheGroupAndOfSSL(t *testing.T) {
	s := openShop(t)
	ids := func(a answer, list string) (ids []int64) {
		for i := range s.ok(a).at(list).([]any) {
			ids = append(ids, a.id(list, i, "id"))
		}
		slices.Sort(ids)
		return slices.Compact(ids)
	}
	want := []int64{s.single, s.multi, s.wildcard, s.ov}
	slices.Sort(want)
	for path, list := range map[string]string{"/products/": "products", "/products/ssl": "products", "/products/all_prices/": "product_prices"} {
		if got := ids(s.get(path), list); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
	p := s.ok(s.get(fmt.Sprintf("/products/ssl/%d/", s.multi)))
	if p.text("product", "product_type") != "domain" || p.text("product", "san_enabled") != "1" || p.text("product", "san_max") != "50" || p.text("product", "prices", "12") != "12.99" ||
		p.text("product", "prices", "san", "12") != "7.99" || p.text("product", "prices", "wildcard_san", "12") != "49.99" || p.text("product", "prices", "vendor", "12") != "49.99" ||
		p.text("product", "custom_dcv_random_value") != "0" {
		t.Error(p.raw)
	}
	if p := s.ok(s.get(fmt.Sprint("/products/ssl/", s.wildcard))); p.text("product", "wildcard_enabled") != "1" || p.text("product", "dcv_http") != "0" || p.text("product", "dcv_dns") != "1" {
		t.Error(p.raw)
	}
	if p := s.ok(s.get(fmt.Sprint("/products/ssl/", s.ov))); p.text("product", "product_type") != "business" || p.text("product", "org_required") != "1" {
		t.Error(p.raw)
	}
	d := s.ok(s.get(fmt.Sprint("/products/details/", s.multi)))
	if d.text("product_name") != "PositiveSSL Multi-Domain" || d.text("product_prices", 0, "price") != "12.99" || d.text("product_san_prices", 0, "price") != "7.99" || d.text("product_prices", 0, "period") != "12" {
		t.Error(d.raw)
	}
	if p := s.ok(s.get(fmt.Sprint("/products/price/", s.single))); p.text("product_price", 1, "period") != "24" || p.text("product_price", 1, "price") != "25.98" {
		t.Error(p.raw)
	}
	s.ok(s.get(fmt.Sprint("/products/agreement/", s.single)))
	for _, id := range []any{s.foreign, s.licence, s.signing, 999999, "x"} {
		for _, path := range []string{"/products/ssl/", "/products/details/", "/products/price/", "/products/agreement/"} {
			s.refused(s.get(fmt.Sprint(path, id)), 200, "Product not found")
		}
	}
}

func TestTheAccountItsMoneyAndItsLists(t *testing.T) {
	s := openShop(t)
	if a := s.ok(s.get("/account/balance/")); a.text("balance") != "1250.00" || a.text("currency") != "USD" {
		t.Error(a.raw)
	}
	if a := s.ok(s.get("/account/")); a.text("company_name") != "Liman Ltd" || a.text("email") != s.Reseller.Email {
		t.Error(a.raw)
	}
	waits, done := s.order("waits.example"), s.issued("done.example")
	if err := s.Book.SetPayLater(t.Context(), db.System, s.Reseller.ID, true); err != nil {
		t.Fatal(err)
	}
	if err := s.Book.AdjustCredit(t.Context(), db.System, s.Reseller.ID, -s.Balance(s.Reseller.ID), "taken", "taken back"); err != nil {
		t.Fatal(err)
	}
	later := must[db.Order](t)(s.Book.PlaceOrder(t.Context(), db.System, s.Reseller.ID, db.NewOrder{ProductID: s.single, Months: 12, Domain: "later.example", Unpaid: true}))
	if a := s.ok(s.get("/account/total_orders/")); a.text("total_orders") != "3" {
		t.Error(a.raw)
	}
	if a := s.ok(s.get("/account/total_transactions/")); a.text("total_transactions") != "4" {
		t.Error(a.raw)
	}
	if a := s.ok(s.get("/account/invoices/")); len(a.at("invoices").([]any)) != 3 || a.text("invoices", 1, "status") != "paid" || a.text("invoices", 1, "total") != "15.72" {
		t.Error(a.raw)
	}
	if a := s.ok(s.get("/account/invoices/unpaid/")); len(a.at("invoices").([]any)) != 1 || a.id("invoices", 0, "order_id") != later.ID {
		t.Error(a.raw)
	}
	if a := s.ok(s.get("/orders/list/unpaid/")); len(a.at("orders").([]any)) != 1 || a.id("orders", 0, "id") != later.ID || a.text("orders", 0, "total_price") != "15.72" {
		t.Error(a.raw)
	}
	if a := s.ok(s.get(fmt.Sprint("/orders/status/", later.ID))); a.text("status") != "unpaid" {
		t.Error(a.raw)
	}
	rows := func(a answer) (ids []int64) {
		for i := range s.ok(a).at("orders").([]any) {
			ids = append(ids, a.id("orders", i, "order_id"))
		}
		return ids
	}
	for path, want := range map[string][]int64{
		"/orders/?status=active": {done}, "/orders?status=processing": {waits}, "/orders/?status=expired": nil, "/orders/?status=rejected": nil,
		"/orders/ssl/all": {later.ID, done, waits}, "/orders/ssl/all?limit=2&offset=1": {done, waits}, "/orders/ssl/all/?limit=1": {later.ID}, "/orders/ssl/all?offset=3": nil,
	} {
		if got := rows(s.get(path)); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
	if a := s.ok(s.get("/orders/ssl/all?limit=1")); a.text("count") != "3" || a.text("limit") != "1" || a.text("offset") != "0" {
		t.Error(a.raw)
	}
	s.refused(s.get("/orders/?status=cancelled"), 200, "status: must be one of")
	s.refused(s.get("/orders/ssl/all?limit=x"), 200, "limit: must be a whole number")
	s.refused(s.post("/orders/statuses/", fields{"cids": "a"}), 200, "cids")
	a := s.ok(s.post("/orders/statuses/", fields{"cids": fmt.Sprintf("%d,%d,%d", waits, done, later.ID)}))
	if a.text("certificates", 0, "status") != "processing" || a.text("certificates", 1, "status") != "active" || a.text("certificates", 2, "status") != "unpaid" ||
		a.text("certificates", 1, "expires") == "0000-00-00" {
		t.Error(a.raw)
	}
	s.Later(400 * 24 * time.Hour)
	if _, err := s.Book.ExpireOrders(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := rows(s.get("/orders/?status=expired")); !slices.Equal(got, []int64{done}) {
		t.Error(got)
	}
}

func TestTools(t *testing.T) {
	s := openShop(t)
	a := s.ok(s.post("/tools/csr/generate/", fields{"csr_commonname": "Tool.example", "csr_organization": "Örnek", "csr_department": "IT", "csr_city": "Riga", "csr_state": "Riga",
		"csr_country": "lv", "csr_email": "a@tool.example"}))
	csr := must[*certs.CSR](t)(certs.ParseCSR(a.text("csr_code")))
	if csr.CommonName != "tool.example" || csr.Country != "LV" || csr.KeyBits != 2048 || !strings.HasPrefix(a.text("csr_key"), "-----BEGIN PRIVATE KEY-----") {
		t.Errorf("%+v", csr)
	}
	s.refused(s.post("/tools/csr/generate/", fields{"csr_commonname": "no name"}), 200, "csr_commonname")
	s.refused(s.post("/tools/csr/generate/", fields{"csr_commonname": "tool.example", "csr_country": "Latvia"}), 200, "csr_country")
	for _, path := range []string{"/tools/csr/decode/", "/tools/csr/validate", "/tools/csr/validate/"} {
		d := s.ok(s.post(path, fields{"csr": a.text("csr_code")}))
		if d.text("csrResult", "CN") != "tool.example" || d.text("csrResult", "O") != "Örnek" || d.text("csrResult", "dnsName(s)", 0) != "tool.example" || d.text("csrResult", "Key Size") != "2048" ||
			len(d.text("csrResult", "md5")) != 32 {
			t.Error(d.raw)
		}
		bad := s.refused(s.post(path, fields{"csr": "nonsense"}), 200, "Wrong CSR")
		if bad.text("csrResult", "errorMessage") == "" {
			t.Error(bad.raw)
		}
		s.refused(s.post(path, fields{"csr": a.text("csr_code"), "wildcard": "1"}), 200, "Wrong CSR")
	}
	for _, path := range []string{"/tools/domain/emails/", "/tools/domain/emails/geotrust", "/tools/domain/emails"} {
		e := s.ok(s.post(path, fields{"domain": "*.shop.tool.example"}))
		if list := fmt.Sprint(e.at("ComodoApprovalEmails")); !strings.Contains(list, "admin@shop.tool.example") || !strings.Contains(list, "postmaster@tool.example") || strings.Contains(list, "@example ") ||
			list != fmt.Sprint(e.at("GeotrustApprovalEmails")) {
			t.Error(e.raw)
		}
	}
	s.refused(s.post("/tools/domain/emails/", fields{"domain": "not a name"}), 200, "domain")
	if d := s.ok(s.post("/tools/domain/alternative/", fields{"csr": providertest.CSR(t, "shop.tool.example")})); d.text("domains", 1) != "tool.example" {
		t.Error(d.raw)
	}
	for _, family := range []string{"1", "2"} {
		if w := s.ok(s.get("/tools/webservers/" + family)); w.text("webservers", 0, "id") != "-1" {
			t.Error(w.raw)
		}
	}
	s.refused(s.get("/tools/webservers/3"), 200, "Unknown family")
}

func TestRequestsThatCantBeReadAreRefused(t *testing.T) {
	s := openShop(t)
	at := keyed(s.Key, "/orders/add_ssl_order/")
	for _, bad := range []struct {
		kind, body string
		status     int
	}{
		{"application/json", `{"csr":`, 400}, {"application/json", `{"csr":{"a":1}}`, 400}, {"multipart/form-data; boundary=x", "--x\r\nbroken", 400}, {"application/xml", "<a/>", 415},
		{formType, "csr=%zz", 400}, {formType, "csr=%00", 400}, {formType, "csr=%ff%fe", 400}, {formType, "csr=" + strings.Repeat("a", 300<<10), 413},
	} {
		s.refused(s.send(s.request("POST", at, strings.NewReader(bad.body), "Content-Type", bad.kind)), bad.status, "")
	}
}
