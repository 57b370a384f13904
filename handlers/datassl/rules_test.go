package datassl_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"certbay/db"
	"certbay/handlers/access"
	"certbay/providers/providertest"
	"certbay/web"
)

func TestAnOrderThatCannotBeIsRefusedAndCostsNothing(t *testing.T) {
	s := openShop(t)
	before := s.Balance(s.Reseller.ID)
	for _, c := range []struct {
		name   string
		body   any
		status int
		code   string
		field  string
	}{
		{"no product", fields{"domain": "a.example"}, 400, "bad_parameter", "product_id"},
		{"a product that is no number", fields{"product_id": "one", "domain": "a.example"}, 400, "bad_parameter", "product_id"},
		{"half a product", fields{"product_id": 1.5, "domain": "a.example"}, 400, "bad_parameter", "product_id"},
		{"no domain", fields{"product_id": s.single}, 400, "bad_parameter", "domain"},
		{"a domain that is a number", fields{"product_id": s.single, "domain": 7}, 400, "bad_parameter", "domain"},
		{"a domain with a NUL", fields{"product_id": s.single, "domain": "a\x00.example"}, 400, "bad_parameter", "domain"},
		{"an address", fields{"product_id": s.single, "domain": "192.0.2.1"}, 422, "name_ip", "domain"},
		{"a URL", fields{"product_id": s.single, "domain": "https://a.example/"}, 422, "name_url", "domain"},
		{"a wildcard for a single name", fields{"product_id": s.single, "domain": "*.a.example"}, 422, "wildcard_not_sold", "domain"},
		{"a term that is not sold", fields{"product_id": s.single, "domain": "a.example", "period": 13}, 422, "term_not_sold", "period"},
		{"no term at all", fields{"product_id": s.single, "domain": "a.example", "period": 0}, 422, "term_not_sold", "period"},
		{"a negative term", fields{"product_id": s.single, "domain": "a.example", "period": -12}, 422, "term_not_sold", "period"},
		{"a huge term", fields{"product_id": s.single, "domain": "a.example", "period": int64(1)<<62 + 12}, 422, "term_not_sold", "period"},
		{"a term beyond numbers", `{"product_id":1,"domain":"a.example","period":99999999999999999999}`, 400, "bad_parameter", "period"},
		{"a term of words", fields{"product_id": s.single, "domain": "a.example", "period": "a year"}, 400, "bad_parameter", "period"},
		{"names where none are sold", fields{"product_id": s.single, "domain": "a.example", "san_count": 1}, 422, "sans_not_sold", "san_count"},
		{"negative names", fields{"product_id": s.multi, "domain": "a.example", "san_count": -1}, 422, "negative", "san_count"},
		{"negative wildcards", fields{"product_id": s.multi, "domain": "a.example", "san_wildcard_count": "-1"}, 422, "negative", "san_count"},
		{"too many names", fields{"product_id": s.multi, "domain": "a.example", "san_count": 51}, 422, "too_many", "san_count"},
		{"names beyond counting", fields{"product_id": s.multi, "domain": "a.example", "san_count": int64(1) << 62}, 422, "too_many", "san_count"},
		{"no address for a licence", fields{"product_id": s.licence, "domain": "a.example"}, 422, "ip_needed", "domain"},
		{"a reference beyond keeping", fields{"product_id": s.single, "domain": "a.example", "reference": strings.Repeat("r", 201)}, 422, "too_long", "reference"},
		{"a product of another group", fields{"product_id": s.foreign, "domain": "a.example"}, 403, "product_not_in_group", ""},
		{"a product that is not there", fields{"product_id": 999999, "domain": "a.example"}, 404, "not_found", ""},
		{"a product below all", fields{"product_id": -5, "domain": "a.example"}, 404, "not_found", ""},
	} {
		a := s.refused(s.post("/orders", c.body), c.status, c.code)
		if c.field != "" && (a.text("fields", 0, "field") != c.field || !strings.HasPrefix(a.text("error"), c.field+": ")) {
			t.Errorf("%s: it does not say which: %s", c.name, a.raw)
		}
	}
	if s.count(s.Reseller.ID) != 0 || s.Balance(s.Reseller.ID) != before {
		t.Errorf("%d orders, balance %d → %d", s.count(s.Reseller.ID), before, s.Balance(s.Reseller.ID))
	}
}

func TestWhatProgramsReallySendIsUnderstood(t *testing.T) {
	s := openShop(t)
	for _, c := range []struct {
		name, body, domain, period string
	}{
		{"only what is needed", fmt.Sprintf(`{"product_id":%d,"domain":"a.example"}`, s.single), "a.example", "12"},
		{"numbers as texts, as PHP sends them", fmt.Sprintf(`{"product_id":"%d","domain":"b.example","period":"24","san_count":"","san_wildcard_count":"0"}`, s.single), "b.example", "24"},
		{"fields of other versions", fmt.Sprintf(`{"product_id":%d,"domain":"c.example","customer":{"name":"x"},"notes":[1]}`, s.single), "c.example", "12"},
		{"a mark before the JSON", fmt.Sprintf("\ufeff{\"product_id\":%d,\"domain\":\"d.example\"}\n", s.single), "d.example", "12"},
		{"letters of the world", fmt.Sprintf(`{"product_id":%d,"domain":"Bücher.example"}`, s.single), "xn--bcher-kva.example", "12"},
		{"a wildcard with its star", fmt.Sprintf(`{"product_id":%d,"domain":"*.e.example"}`, s.wildcard), "*.e.example", "12"},
		{"a wildcard without", fmt.Sprintf(`{"product_id":%d,"domain":"f.example"}`, s.wildcard), "*.f.example", "12"},
		{"code signing has no domain", fmt.Sprintf(`{"product_id":%d}`, s.signing), "", "12"},
		{"a licence has an address", fmt.Sprintf(`{"product_id":%d,"domain":"203.0.113.10"}`, s.licence), "203.0.113.10", "12"},
	} {
		a := s.ok(s.post("/orders", c.body))
		if a.text("domain") != c.domain || a.text("period") != c.period {
			t.Errorf("%s: %s", c.name, a.raw)
		}
	}
	// Bearer, in any case, is as good as X-API-Key.
	for _, scheme := range []string{"Bearer ", "bearer  "} {
		s.ok(s.ask("", "GET", "/account", nil, "Authorization", scheme+s.Key))
	}
	s.refused(s.ask("", "GET", "/account", nil, "Authorization", "Basic "+s.Key), 401, "key_missing")
	if a := s.ok(s.get("/products?type=&brand=sectigo&validation=")); a.text("count") != "4" {
		t.Error(a.raw)
	}
	if a := s.ok(s.get("/orders?status=&domain=&limit=&offset=")); a.text("pagination", "total") != "9" {
		t.Error(a.raw)
	}
	if a := s.ok(s.get("/orders?domain=b%C3%BCcher")); a.text("pagination", "total") != "1" {
		t.Error(a.raw)
	}
	a := s.ok(s.get("/orders?limit=5000"))
	if a.text("pagination", "limit") != "100" || a.header.Get("Link") != "" {
		t.Error(a.raw, a.header)
	}
	a = s.ok(s.get("/orders?limit=2&offset=2&status=pending"))
	if a.header.Get("Link") != "<"+s.URL+`/api/reseller/orders?limit=2&offset=4&status=pending>; rel="next"` {
		t.Error(a.header.Get("Link"))
	}
}

func TestARefusalSpeaksTheProgramsLanguageAndForm(t *testing.T) {
	s := openShop(t)
	for accept, want := range map[string]string{
		"": "Kaynak bulunamadı", "*": "Kaynak bulunamadı", "tr-TR,tr;q=0.9,en;q=0.8": "Kaynak bulunamadı", "de": "Kaynak bulunamadı", "nonsense;;": "Kaynak bulunamadı",
		"en": "Not found", "en-GB,en;q=0.9": "Not found", "de, en;q=0.5": "Not found",
	} {
		if a := s.refused(s.get("/orders/999", "Accept-Language", accept), 404, "not_found"); a.text("error") != want {
			t.Errorf("%q: %s", accept, a.raw)
		}
	}
	a := s.refused(s.get("/orders/999", "Accept", "application/problem+json, application/json;q=0.5", "Accept-Language", "en"), 404, "not_found")
	if !strings.HasPrefix(a.header.Get("Content-Type"), "application/problem+json") || a.text("type") != "about:blank" || a.text("title") != "Not Found" || a.text("status") != "404" ||
		a.text("detail") != "Not found" || a.text("error") != "Not found" {
		t.Error(a.header, a.raw)
	}
}

func TestAKeyThatAsksTooOftenIsToldWhenToComeBack(t *testing.T) {
	s := openShop(t, func(c *web.Config) { c.APILimit = access.Limit{Requests: 2, Window: time.Hour} })
	if a := s.ok(s.get("/account")); a.header.Get("RateLimit-Policy") != `"key";q=2;w=3600` || !strings.HasPrefix(a.header.Get("RateLimit"), `"key";r=1;t=`) {
		t.Error(a.header)
	}
	s.ok(s.get("/account"))
	a := s.refused(s.get("/account"), 429, "too_many_requests")
	if a.header.Get("Retry-After") == "" || !strings.HasPrefix(a.header.Get("RateLimit"), `"key";r=0;`) {
		t.Error(a.header)
	}
	s.ok(s.ask(s.OtherKey, "GET", "/account", nil))
	s.Later(time.Hour)
	s.ok(s.get("/account"))
}

// Nobody works: what is wished stays in the book, and the last known state is told.
func TestWhileTheAuthorityIsSilentTheWishIsKept(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	waiting := s.order(s.Key, "waits.example")
	s.ok(s.post("/ssl/configure", fields{"order_id": waiting, "csr": providertest.CSR(t, "waits.example"), "dcv_method": "dns"}))
	id := s.order(s.Key, "slow.example")
	s.StopWork()
	start := time.Now()
	a := s.ok(s.get(fmt.Sprint("/ssl/", waiting)))
	if took := time.Since(start); took < 2500*time.Millisecond || took > 5*time.Second {
		t.Errorf("it waited %v", took)
	}
	if a.text("ssl", "status") != "validation_pending" || a.at("ssl", "last_checked_at") == nil || a.at("ssl", "validation", 0, "dns", "value") == nil {
		t.Error(a.raw)
	}
	start = time.Now()
	a = s.ok(s.post("/ssl/configure", fields{"order_id": id, "csr": providertest.CSR(t, "slow.example"), "dcv_method": "dns"}))
	if took := time.Since(start); took < 7*time.Second || took > 11*time.Second {
		t.Errorf("it waited %v", took)
	}
	if a.text("ssl", "status") != "processing" {
		t.Error(a.raw)
	}
	s.ok(s.ask(s.Key, "PUT", fmt.Sprint("/orders/", id), fields{"action": "cancel"}))
}

func TestACSRThatIsNoneIsRefusedInWords(t *testing.T) {
	s := openShop(t)
	good := providertest.CSR(t, "a.example", "b.example")
	a := s.ok(s.post("/csr/decode", fields{"csr": good}))
	if a.text("csr", "domain") != "a.example" || a.text("csr", "san", 1) != "b.example" || a.text("csr", "key_type") != "ECDSA" || a.text("csr", "key_size") != "256" {
		t.Error(a.raw)
	}
	for code, text := range map[string]string{
		"csr_not_csr":        "hello",
		"csr_is_private_key": "-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----",
		"csr_several":        good + good,
	} {
		if a := s.refused(s.post("/csr/decode", fields{"csr": text}, "Accept-Language", "en"), 422, code); a.text("fields", 0, "field") != "csr" {
			t.Error(a.raw)
		}
	}
	id := s.order(s.Key, "mine.example")
	s.refused(s.post("/ssl/configure", fields{"order_id": id, "csr": good}), 422, "csr_domain_mismatch")
	s.refused(s.post("/ssl/configure", fields{"order_id": id, "csr": providertest.CSR(t, "mine.example"), "approver_email": "boss@elsewhere.example"}), 422, "approver_not_allowed")
	ov := s.ok(s.post("/orders", fields{"product_id": s.ov, "domain": "ov.example"})).id("order_id")
	a = s.refused(s.post("/ssl/configure", fields{"order_id": ov, "csr": providertest.CSR(t, "ov.example"), "dcv_method": "dns"}), 400, "bad_parameter")
	if a.text("fields", 0, "field") != "org_name" {
		t.Error(a.raw)
	}
	a = s.ok(s.post("/ssl/configure", fields{"order_id": ov, "csr": providertest.CSR(t, "ov.example"), "dcv_method": "dns", "admin_first_name": "Ayşe", "admin_last_name": "Demir",
		"admin_email": "ayse@ov.example", "admin_phone": "+902120000000", "org_name": "OV Ltd", "org_address": "Cad. 1", "org_city": "İstanbul", "org_country": "tr"}))
	if a.text("ssl", "status") != "validation_pending" {
		t.Error(a.raw)
	}
}

// A program whose answer was lost asks for its order by the reference it gave.
func TestAnOrderIsFoundByItsReference(t *testing.T) {
	s := openShop(t)
	for _, key := range []string{s.Key, s.OtherKey} {
		if a := s.ok(s.ask(key, "POST", "/orders", fields{"product_id": s.single, "domain": "ref.example", "reference": " ORD-7-1 "})); a.text("reference") != "ORD-7-1" {
			t.Error(a.raw)
		}
	}
	s.order(s.Key, "none.example")
	a := s.ok(s.get("/orders?reference=ORD-7-1"))
	if a.text("pagination", "total") != "1" || a.text("orders", 0, "domain") != "ref.example" || a.text("orders", 0, "reference") != "ORD-7-1" {
		t.Error(a.raw)
	}
	if a := s.ok(s.get("/orders?reference=ORD-7")); a.text("pagination", "total") != "0" {
		t.Error(a.raw)
	}
	if a := s.ok(s.get("/orders?reference=")); a.text("pagination", "total") != "2" {
		t.Error(a.raw)
	}
}

// What the demo shows to everybody is no stranger's: pages and the API share no cookies.
func TestTheAPIKnowsNoSession(t *testing.T) {
	s := openShop(t)
	b := s.SignedIn(t, db.RoleOwner)
	a := b.Get("/api/reseller/account")
	if a.Status != http.StatusUnauthorized {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	r := s.request(s.Key, "POST", "/orders", strings.NewReader(fmt.Sprintf(`{"product_id":%d,"domain":"x.example"}`, s.single)), "Origin", "https://elsewhere.example", "Sec-Fetch-Site", "cross-site")
	if a := s.send(r); a.header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("no page of another site may read the answer")
	}
}
