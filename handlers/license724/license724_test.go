package license724_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"certbay/db"
	"certbay/handlers/access"
	"certbay/handlers/license724"
	"certbay/providers"
	"certbay/web"
)

func TestTheTokenAndTheParametersAreReadFromWhereverTheyStand(t *testing.T) {
	s := openShop(t)
	q := url.Values{"type": {"cpanel"}, "ip": {"203.0.113.10"}, "billingcycle": {"1"}, "token": {s.Key}}
	var parts bytes.Buffer
	w := multipart.NewWriter(&parts)
	for name, v := range q {
		if err := w.WriteField(name, v[0]); err != nil {
			t.Fatal(err)
		}
	}
	w.Close()
	form, raw := q.Encode(), fmt.Sprintf(`{"type":"cpanel","ip":"203.0.113.10","billingcycle":"1","token":%q,"note":null,"test":false}`, s.Key)
	for i, r := range []*http.Request{
		s.request("GET", "/licenses/create?"+form, "", ""),
		s.request("GET", "/licenses/create/?"+form, "", ""),
		s.request("POST", "/licenses/create?"+form, "", ""),
		s.request("POST", "/licenses/create", "application/x-www-form-urlencoded", form),
		s.request("POST", "/licenses/create/", "multipart/form-data; boundary="+w.Boundary(), parts.String()),
		s.request("POST", "/licenses/create", "application/json; charset=utf-8", "\xef\xbb\xbf"+raw),
		s.request("POST", "/licenses/create", "application/x-www-form-urlencoded", raw), // curl -d without a header
		s.request("POST", "/licenses/create", "", raw),
		s.request("POST", "/licenses/create?token="+s.Key, "text/plain", strings.Replace(raw, s.Key, "", 1)),
		s.request("POST", "/licenses/create?type=litespeed&ip=198.51.100.1", "application/json", raw), // the body counts more
	} {
		a := s.send(r)
		if i == 0 {
			s.ok(a)
		} else {
			s.refused(fmt.Sprint("way ", i), a, 409, "licence_exists") // understood, and there is one already
		}
	}
	for name, value := range map[string]string{"Authorization": "bearer  " + s.Key, "X-API-Key": s.Key} {
		r := s.request("POST", "/balance", "application/json", "[]")
		r.Header.Set(name, value)
		if a := s.ok(s.send(r)); a.body["account"].(map[string]any)["balance"] != 116.0 {
			t.Error(a.raw)
		}
	}
	if s.Balance(s.Reseller.ID) != 11_600 {
		t.Errorf("%d were taken", 12_000-s.Balance(s.Reseller.ID))
	}
}

func TestPricesAreNumbersOfCreditsAndProductsSayWhatTheyCanBecome(t *testing.T) {
	s := openShop(t)
	a := s.ok(s.post(s.Key, "/products", fields{}))
	if !strings.Contains(a.raw, `{"code":"litespeed_x_core","name":"LiteSpeed X Core","credit_price":15.5,`) || !strings.Contains(a.raw, `"billingcycles":{"1":10,"12":120}`) {
		t.Error(a.raw)
	}
	cores := s.ok(s.post(s.Key, "/product", fields{"code": "litespeed"})).body["product"].(map[string]any)["cores"].([]any)
	if len(cores) != 2 || !slices.Contains(cores, any("litespeed_x_core")) || !slices.Contains(cores, any("cpanel")) {
		t.Errorf("cores %v", cores)
	}
	for _, key := range []fields{{"code": "cpanel"}, {"id": s.cpanel}, {"id": fmt.Sprint(s.cpanel)}, {"code": s.cpanel}} {
		if a := s.ok(s.post(s.Key, "/product", key)); a.body["product"].(map[string]any)["code"] != "cpanel" {
			t.Errorf("%v: %s", key, a.raw)
		}
	}
	s.refused("another", s.post(s.Key, "/product", fields{"code": "plesk"}), 404, "product_not_found")
	s.refused("none", s.post(s.Key, "/product", fields{}), 400, "bad_parameter")
}

func TestALicencesLifeIsChargedAndWritten(t *testing.T) {
	s := openShop(t)
	place := fields{"type": "litespeed", "ip": "203.0.113.10", "billingcycle": 1, "newip": "2001:db8::7", "new_type": "litespeed_x_core"}
	id := s.buy(s.Key, "litespeed", "203.0.113.10")
	end := s.licence(id).EndsAt
	if a := s.ok(s.post(s.Key, "/licenses/renew", place)); a.body["license_id"] != float64(id) || a.text("expires_at") != end.AddDate(0, 1, 0).Format(time.DateTime) || s.Balance(s.Reseller.ID) != 10_000 {
		t.Errorf("%s, %d left", a.raw, s.Balance(s.Reseller.ID))
	}
	for range 2 {
		if a := s.ok(s.post(s.Key, "/licenses/suspend", place)); a.text("status") != "suspended" {
			t.Error(a.raw)
		}
	}
	for range 2 {
		if a := s.ok(s.post(s.Key, "/licenses/unsuspend", place)); a.text("status") != "active" {
			t.Error(a.raw)
		}
	}
	// 5.50 a month more for the two months that are left.
	s.ok(s.post(s.Key, "/licenses/change-core", place))
	if spent := 10_000 - s.Balance(s.Reseller.ID); spent < 1000 || spent > 1200 {
		t.Errorf("%d for the core", spent)
	}
	s.refused("what it no longer is", s.post(s.Key, "/licenses/change-ip", place), 404, "license_not_found")
	place["type"] = "litespeed_x_core"
	s.ok(s.post(s.Key, "/licenses/change-ip", place))
	l := s.licence(id)
	if l.Domain != "2001:db8::7" || l.ProductID != s.core {
		t.Errorf("%+v", l)
	}
	s.refused("where it no longer is", s.post(s.Key, "/licenses/suspend", place), 404, "license_not_found")
	var done []string
	rows, _, err := s.Book.AuditRows(t.Context(), db.AuditFilter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if strings.HasPrefix(r.Action, "licence.") {
			done = append(done, r.Action)
		}
	}
	if got := strings.Join(done, " "); got != "licence.moved licence.move_requested licence.core licence.unsuspended licence.unsuspend_requested licence.suspended licence.suspend_requested licence.renewed" {
		t.Error(got)
	}
}

func TestWhatIsWrongIsSaidOfItsParameter(t *testing.T) {
	s := openShop(t)
	s.buy(s.Key, "cpanel", "203.0.113.10")
	s.buy(s.Key, "cpanel", "203.0.113.11")
	before := s.Balance(s.Reseller.ID)
	good := fields{"type": "cpanel", "ip": "203.0.113.10", "billingcycle": 1, "newip": "203.0.113.20", "new_type": "litespeed"}
	for _, c := range []struct {
		path, field string
		value       any
		status      int
		code        string
	}{
		{"create", "type", nil, 400, "bad_parameter"},
		{"create", "ip", "", 400, "bad_parameter"},
		{"create", "billingcycle", nil, 400, "bad_parameter"},
		{"create", "type", "plesk", 422, "bad_parameter"},
		{"create", "ip", "sunucu", 422, "bad_parameter"},
		{"create", "ip", "127.0.0.1", 422, "ip_needed"},
		{"create", "ip", []string{"203.0.113.30"}, 422, "bad_parameter"},
		{"create", "billingcycle", "bir", 422, "bad_parameter"},
		{"create", "billingcycle", 0, 422, "bad_parameter"},
		{"create", "billingcycle", 1.5, 422, "bad_parameter"},
		{"create", "type", strings.Repeat("x", 501), 422, "bad_parameter"},
		{"create", "type", "c\x00panel", 422, "bad_parameter"},
		{"create", "ip", "203.0.113.10", 409, "licence_exists"},
		{"renew", "billingcycle", 7, 422, "term_not_sold"},
		{"change-ip", "newip", nil, 400, "bad_parameter"},
		{"change-ip", "newip", "sunucu", 422, "bad_parameter"},
		{"change-ip", "newip", "203.0.113.11", 409, "licence_exists"},
		{"change-core", "new_type", "plesk", 422, "bad_parameter"},
		{"change-core", "new_type", "cpanel", 422, "core_not_offered"},
	} {
		body := fields{}
		for name, v := range good {
			body[name] = v
		}
		if c.path == "create" {
			body["ip"] = "203.0.113.30"
		}
		if body[c.field] = c.value; c.value == nil {
			delete(body, c.field)
		}
		if a := s.refused(fmt.Sprint(c.path, " ", c.field, " ", c.value), s.post(s.Key, "/licenses/"+c.path, body), c.status, c.code); a.text("field") != c.field {
			t.Errorf("%s %s: field %s", c.path, c.field, a.text("field"))
		}
	}
	for _, path := range []string{"renew", "suspend", "unsuspend", "change-ip", "change-core"} {
		s.refused(path, s.post(s.Key, "/licenses/"+path, fields{"type": "cpanel", "ip": "203.0.113.99", "billingcycle": 1, "newip": "203.0.113.98", "new_type": "litespeed"}), 404, "license_not_found")
		s.refused(path+" of another's", s.post(s.OtherKey, "/licenses/"+path, good), 404, "license_not_found")
	}
	if s.Balance(s.Reseller.ID) != before {
		t.Error("and it was charged")
	}
	for _, body := range []string{"{", "nonsense", `[1]`, `{"type":"a"}{`, `"x"`} {
		r := s.request("POST", "/licenses/create", "application/json", body)
		r.Header.Set("Authorization", "Bearer "+s.Key)
		s.refused(body, s.send(r), 400, "body")
	}
}

func TestNobodyIsLetInWithoutAGoodToken(t *testing.T) {
	s := openShop(t)
	reader := s.NewKey(s.Reseller.ID, db.NewAPIKey{Name: "Panel", Scopes: []db.Scope{db.ScopeRead}})
	far := s.NewKey(s.Reseller.ID, db.NewAPIKey{Name: "Panel", Scopes: db.Scopes, AllowedIPs: []string{"192.0.2.1"}})
	id := s.buy(s.Key, "cpanel", "203.0.113.10")
	place := fields{"type": "cpanel", "ip": "203.0.113.10", "billingcycle": 1, "newip": "203.0.113.20", "new_type": "litespeed", "code": "cpanel"}
	for path, write := range map[string]bool{"/products": false, "/product": false, "/balance": false, "/licenses/create": true, "/licenses/renew": true,
		"/licenses/suspend": true, "/licenses/unsuspend": true, "/licenses/change-ip": true, "/licenses/change-core": true} {
		s.refused(path, s.post("", path, place), 401, "token_missing")
		s.refused(path, s.post("cb_guessed", path, place), 401, "token_unknown")
		s.refused(path, s.post(far, path, place), 403, "address_not_allowed")
		if write {
			s.refused(path, s.post(reader, path, place), 403, "scope_missing")
		} else {
			s.ok(s.post(reader, path, place))
		}
		if err := s.Book.SetResellerDialect(t.Context(), db.System, s.Reseller.ID, license724.Dialect, false); err != nil {
			t.Fatal(err)
		}
		s.refused(path, s.post(s.Key, path, place), 403, "api_off")
		if err := s.Book.SetResellerDialect(t.Context(), db.System, s.Reseller.ID, license724.Dialect, true); err != nil {
			t.Fatal(err)
		}
	}
	if l := s.licence(id); l.Suspended || l.Domain != "203.0.113.10" || s.Balance(s.Reseller.ID) != 11_600 {
		t.Errorf("%+v", l)
	}
	s.refused("elsewhere", s.post(s.Key, "/licenses", place), 404, "no_such_endpoint")
	for _, method := range []string{"PUT", "DELETE", "HEAD"} {
		a := s.send(s.request(method, "/licenses/suspend?token="+s.Key+"&type=cpanel&ip=203.0.113.10", "", ""))
		if a.status != 405 || a.header.Get("Allow") != "GET, POST" {
			t.Errorf("%s: %d", method, a.status)
		}
	}
	if s.licence(id).Suspended {
		t.Error("a HEAD changed something")
	}
}

func TestAShareThatIsUsedUpComesBack(t *testing.T) {
	s := openShop(t, func(c *web.Config) { c.APILimit = access.Limit{Requests: 2, Window: time.Minute} })
	s.ok(s.post(s.Key, "/balance", fields{}))
	s.ok(s.post(s.Key, "/balance", fields{}))
	if a := s.refused("third", s.post(s.Key, "/balance", fields{}), 429, "too_many_requests"); a.header.Get("Retry-After") == "" {
		t.Error("when to come back is not said")
	}
}

func TestTheSuppliersRefusalIsPassedOnAndTheMoneyIsBack(t *testing.T) {
	s := openShop(t)
	s.upstream.feels(providers.Refuse("ip", "Bu IP kara listede."))
	for range 2 { // nothing of the first try is in the way of the second
		a := s.refused("create", s.post(s.Key, "/licenses/create", fields{"type": "cpanel", "ip": "203.0.113.10", "billingcycle": 1}), 422, "refused")
		if a.text("message") != "Bu IP kara listede." || s.Balance(s.Reseller.ID) != 12_000 {
			t.Errorf("%s, %d left", a.raw, s.Balance(s.Reseller.ID))
		}
	}
	s.upstream.feels(nil)
	s.buy(s.Key, "cpanel", "203.0.113.10") // the place is free again
	before := s.Balance(s.Reseller.ID)
	s.upstream.feels(providers.Refuse("", "Bakiye yetersiz."))
	s.refused("renew", s.post(s.Key, "/licenses/renew", fields{"type": "cpanel", "ip": "203.0.113.10", "billingcycle": 1}), 422, "refused")
	if after := s.Balance(s.Reseller.ID); after != before {
		t.Errorf("a refused renewal costs %d", before-after)
	}
	s.upstream.feels(providers.Refuse("", "Şu anda askıya alınamaz."))
	if a := s.refused("suspend", s.post(s.Key, "/licenses/suspend", fields{"type": "cpanel", "ip": "203.0.113.10"}), 422, "refused"); a.text("message") != "Şu anda askıya alınamaz." {
		t.Error(a.raw)
	}
}

func TestShortCreditIsSaidInCredits(t *testing.T) {
	s := openShop(t)
	a := s.refused("too dear", s.post(s.Key, "/licenses/create", fields{"type": "litespeed_x_core", "ip": "203.0.113.10", "billingcycle": 12}), 402, "insufficient_credit")
	if a.text("message") != "Yetersiz bakiye. Gerekli: 186 kredi, mevcut: 120 kredi." {
		t.Error(a.raw)
	}
}

func TestARequestUnderAKeyHasItsEffectOnce(t *testing.T) {
	s := openShop(t)
	s.buy(s.Key, "cpanel", "203.0.113.10")
	body := fields{"type": "cpanel", "ip": "203.0.113.10", "billingcycle": 1}
	first := s.ok(s.post(s.Key, "/licenses/renew", body, "Idempotency-Key", "once"))
	again := s.ok(s.post(s.Key, "/licenses/renew", body, "Idempotency-Key", "once"))
	if first.raw != again.raw || again.header.Get("Idempotent-Replayed") != "true" || s.Balance(s.Reseller.ID) != 11_200 {
		t.Errorf("%s, then %s, %d left", first.raw, again.raw, s.Balance(s.Reseller.ID))
	}
	body["billingcycle"] = 12
	s.refused("another under it", s.post(s.Key, "/licenses/renew", body, "Idempotency-Key", "once"), 422, "idempotency_reused")
}

func TestManyAtOnceMakeOneLicence(t *testing.T) {
	s := openShop(t)
	var all sync.WaitGroup
	var mu sync.Mutex
	made := 0
	for range 8 {
		all.Go(func() {
			a := s.post(s.Key, "/licenses/create", fields{"type": "cpanel", "ip": "203.0.113.10", "billingcycle": 1})
			mu.Lock()
			defer mu.Unlock()
			if a.status == 200 {
				made++
			} else if a.status != 409 {
				t.Errorf("%d %s", a.status, a.raw)
			}
		})
	}
	all.Wait()
	if made != 1 || s.Balance(s.Reseller.ID) != 11_600 {
		t.Errorf("%d were made, %d left", made, s.Balance(s.Reseller.ID))
	}
}

func TestSentencesAreTurkishUnlessEnglishIsAskedFor(t *testing.T) {
	s := openShop(t)
	if a := s.post("", "/balance", fields{}, "Accept-Language", "en-GB"); a.text("message") != "There is no token in the request." {
		t.Error(a.raw)
	}
	if a := s.post("", "/balance", fields{}, "Accept-Language", "de"); a.text("message") != "Token gönderilmedi." {
		t.Error(a.raw)
	}
}
