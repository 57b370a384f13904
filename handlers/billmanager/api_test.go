package billmanager_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"certbay/db"
	"certbay/db/certs"
	"certbay/handlers/access"
	"certbay/handlers/billmanager"
	"certbay/providers/providertest"
	"certbay/web"
)

// get asks by GET, with whatever the query holds.
func (s *shop) get(query string, header ...string) answer {
	s.t.Helper()
	r := must[*http.Request](s.t)(http.NewRequest(http.MethodGet, s.URL+"/billmgr?"+query, nil))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return s.send(r)
}

func TestALoginIsShownInEveryFormThatIsDocumented(t *testing.T) {
	s := openShop(t)
	s.ok(s.get("func=certificate&authinfo=info%40liman.example:" + s.Key))
	s.ok(s.get("func=certificate&out=xml&authinfo=anybody:" + s.Key))
	s.ok(s.get("func=certificate", "Authorization", "Basic "+basic("anybody", s.Key)))
	s.ok(s.get("func=certificate", "X-API-Key", s.Key))
	begun := s.ok(s.get("func=auth&username=anybody&password=" + s.Key))
	id := begun.get("auth")
	if id == "" || begun.all("auth")[0].attr("id") != id {
		t.Fatal(begun.raw)
	}
	s.ok(s.get("func=certificate&auth=" + id))
	s.Later(59 * time.Minute)
	s.ok(s.get("func=certificate&auth=" + id))
	s.Later(59 * time.Minute)
	s.ok(s.get("func=certificate&auth=" + id))
	s.Later(61 * time.Minute)
	s.refused(s.get("func=certificate&auth="+id), "auth badpassword")
	for _, wrong := range []string{"", "&authinfo=", "&authinfo=anybody", "&authinfo=anybody:", "&authinfo=anybody:cb_guessed", "&authinfo=" + s.Key, "&auth=guessed", "&username=a&password=" + s.Key} {
		s.refused(s.get("func=certificate"+wrong), "auth badpassword")
	}
	s.refused(s.get("func=auth&username=a&password=cb_guessed"), "auth badpassword")
	s.refused(s.get("func=no.such.function"), "auth badpassword")
}

func basic(user, password string) string {
	r, _ := http.NewRequest(http.MethodGet, "/", nil)
	r.SetBasicAuth(user, password)
	return strings.TrimPrefix(r.Header.Get("Authorization"), "Basic ")
}

func TestTheDialectIsOnForWhomItWasSwitchedOn(t *testing.T) {
	s := openShop(t)
	if err := s.Book.SetResellerDialect(t.Context(), db.System, s.Reseller.ID, billmanager.Dialect, false); err != nil {
		t.Fatal(err)
	}
	s.refused(s.ask(s.Key, "certificate"), "auth disabled")
	s.refused(s.get("func=auth&username=a&password="+s.Key), "auth disabled")
	s.ok(s.ask(s.OtherKey, "certificate"))
}

func TestAddressesRatesAndMethodsAreHeeded(t *testing.T) {
	s := openShop(t, func(c *web.Config) { c.APILimit = access.Limit{Requests: 2, Window: time.Hour} })
	_, elsewhere, err := s.Book.CreateAPIKey(t.Context(), db.System, s.Reseller.ID, db.NewAPIKey{Name: "far", Scopes: db.Scopes, AllowedIPs: []string{"192.0.2.1"}})
	if err != nil {
		t.Fatal(err)
	}
	s.refused(s.ask(elsewhere, "certificate"), "auth badip")
	s.ok(s.ask(s.Key, "country"))
	s.refused(s.ask(s.Key, "no.such.function"), "missed func")
	if a := s.ask(s.Key, "country"); a.status != http.StatusTooManyRequests || a.refusal() != "busy limit" || a.header.Get("Retry-After") == "" {
		t.Errorf("%d %s", a.status, a.raw)
	}
	for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodHead} {
		a := s.send(must[*http.Request](t)(http.NewRequest(method, s.URL+"/billmgr?func=country&authinfo=a:"+s.OtherKey, nil)))
		if a.status != http.StatusMethodNotAllowed || a.header.Get("Allow") != "GET, POST" {
			t.Errorf("%s: %d", method, a.status)
		}
	}
	for _, path := range []string{"/billmgr/x", "/manager", "/billmgrs"} {
		if a := s.send(must[*http.Request](t)(http.NewRequest(http.MethodGet, s.URL+path, nil))); a.refusal() != "" || a.status == http.StatusOK {
			t.Errorf("%s is the dialect's: %d %s", path, a.status, a.raw)
		}
	}
}

// Every function, with a key that lacks its scope, and with one of another reseller.
func TestFunctionsNeedTheirScopeAndTheirOwner(t *testing.T) {
	s := openShop(t)
	id := s.issued("ORD-1", "own.example")
	scopes := map[string]db.Scope{
		"pricelist.export": db.ScopeRead, "country": db.ScopeRead, "certificate": db.ScopeRead, "certificate.edit": db.ScopeRead, "certificate.file": db.ScopeRead,
		"certificate.order": db.ScopeRead, "certificate.order.csr": db.ScopeRead, "certificate.order.param": db.ScopeOrder, "certificate.reissue": db.ScopeRead,
		"certificate.reissue.step2": db.ScopeCertificate, "certificate.delete": db.ScopeOrder, "certificate.retry": db.ScopeCertificate,
		"certificate.resume": db.ScopeCertificate, "certificate.sync": db.ScopeCertificate,
	}
	for _, name := range billmanager.Functions() {
		scope, known := scopes[name]
		if name == "auth" {
			continue
		}
		if !known {
			t.Errorf("%s is not in the table", name)
		}
		var rest []db.Scope
		for _, sc := range db.Scopes {
			if sc != scope {
				rest = append(rest, sc)
			}
		}
		s.refused(s.ask(s.NewKey(s.Reseller.ID, db.NewAPIKey{Name: "Module", Scopes: rest}), name, "elid", id, "sok", "ok"), "access "+name)
		a := s.ask(s.OtherKey, name, "elid", id, "crt_type", "oldrequest")
		switch name {
		case "pricelist.export", "country", "certificate", "certificate.order", "certificate.order.csr", "certificate.order.param":
			if strings.Contains(a.raw, "own.example") {
				t.Errorf("%s tells another's: %s", name, a.raw)
			}
		case "certificate.reissue.step2":
			s.refused(s.ask(s.OtherKey, name, "elid", id, "crt_type", "oldrequest", "sok", "ok"), "missed elid")
		default:
			s.refused(a, "missed elid")
		}
	}
	if form := s.ok(s.ask(s.Key, "certificate.edit", "elid", id)); form.get("item_status") != "5" {
		t.Error(form.raw)
	}
}

func TestChangesOfACertificate(t *testing.T) {
	s := openShop(t)
	id := s.issued("ORD-1", "change.example")
	s.refused(s.ask(s.Key, "certificate.delete", "elid", id), "delete issued")
	s.refused(s.ask(s.Key, "certificate.edit", "elid", id, "sok", "ok"), "access certificate.edit")
	s.refused(s.ask(s.Key, "certificate.retry", "elid", id), "status elid")
	s.refused(s.ask(s.Key, "certificate.resume", "elid", id), "status elid")
	s.ok(s.ask(s.Key, "certificate.sync", "elid", id))
	for _, name := range []string{"certificate.edit", "certificate.file", "certificate.delete", "certificate.sync", "certificate.reissue"} {
		s.refused(s.ask(s.Key, name), "value elid")
		s.refused(s.ask(s.Key, name, "elid", "x"), "missed elid")
		s.refused(s.ask(s.Key, name, "elid", "999999"), "missed elid")
	}
	s.refused(s.ask(s.Key, "certificate.reissue.step2", "elid", id), "value sok")
	for want, with := range map[string][]string{
		"value csr":              {"crt_type", "manual"},
		"value altname":          {"crt_type", "altname"},
		"value crt_type":         {"crt_type", "pigeon"},
		"value approver_method":  {"crt_type", "oldrequest", "approver_method", "pigeon"},
		"value approver_email_1": {"crt_type", "oldrequest", "approver_method", "auth_email", "approver_email_1", "ceo@change.example"},
	} {
		s.refused(s.ask(s.Key, "certificate.reissue.step2", append([]string{"elid", id, "sok", "ok"}, with...)...), want)
	}
	file := s.ask(s.Key, "certificate.file", "elid", id)
	list, err := certs.ParseCertificates(file.raw)
	if err != nil || len(list) < 2 || list[0].Subject.CommonName != "change.example" && list[0].DNSNames[0] != "change.example" ||
		!strings.Contains(file.header.Get("Content-Disposition"), "change") {
		t.Errorf("%v %v %s", err, file.header, file.raw)
	}
	waits := s.ok(s.ask(s.Key, "certificate.order.param", "sok", "ok", "pricelist", fmt.Sprint(s.single), "period", "12", "csr", providertest.CSR(t, "mail.example"),
		"approver_method", "auth_email", "approver_email", "admin@mail.example")).get("id")
	s.until(s.Key, waits, "4")
	s.ok(s.ask(s.Key, "certificate.retry", "elid", waits))
	s.refused(s.ask(s.Key, "certificate.file", "elid", waits), "missed crt")
	s.refused(s.ask(s.Key, "certificate.reissue", "elid", waits), "reissue status")
	s.ok(s.ask(s.Key, "certificate.delete", "elid", waits))
	s.ok(s.ask(s.Key, "certificate.delete", "elid", waits+", "+waits))

	all := s.ok(s.ask(s.Key, "certificate"))
	if all.get("p_elems") != "2" || len(all.all("elem")) != 2 || all.get("elem", "id") != waits || all.get("elem", "item_status") != "6" || all.get("elem", "pricelist") != "Sectigo PositiveSSL" {
		t.Error(all.raw)
	}
	for query, want := range map[string]int{"&remoteid=ORD-1": 1, "&remoteid=none": 0, "&CN=change.example": 1, "&p_cnt=1": 1, "&p_cnt=1&p_num=2": 1, "&p_cnt=1&p_num=3": 0, "&p_cnt=x&p_num=-1": 2,
		"&p_cnt=9223372036854775807&p_num=9223372036854775807": 0} {
		if a := s.ok(s.get("func=certificate&authinfo=a:" + s.Key + query)); len(a.all("elem")) != want {
			t.Errorf("%s: %s", query, a.raw)
		}
	}
}

func TestTariffsTellTheirPricesAndWhatTheyTake(t *testing.T) {
	s := openShop(t)
	a := s.ok(s.ask(s.Key, "pricelist.export", "project", "1", "itemtype", "certificate", "onlyavailable", "yes"))
	found := map[string]element{}
	for _, p := range a.all("pricelist") {
		found[p.get("id")] = p
	}
	single, multi := found[fmt.Sprint(s.single)], found[fmt.Sprint(s.multi)]
	if len(found) != 3 || single.get("intname") != "DV" || multi.get("intname") != "DV_MULTIDOMAIN" || found[fmt.Sprint(s.ov)].get("intname") != "OV" {
		t.Fatal(a.raw)
	}
	for _, e := range single.all("price") {
		if p := e.all("period"); len(p) != 2 || p[0].attr("type") != "month" || p[0].attr("length") != "12" || p[0].attr("cost") != "12.99" || p[1].attr("cost") != "25.98" {
			t.Error(a.raw)
		}
	}
	if len(single.all("addon")) != 0 || multi.get("addon", "intname") != "domain_count" || multi.get("addon", "addonmax") != "50" {
		t.Error(a.raw)
	}
	if none := s.ok(s.ask(s.Key, "pricelist.export", "itemtype", "vds")); len(none.all("pricelist")) != 0 {
		t.Error(none.raw)
	}
	ids, codes := map[string]bool{}, map[string]bool{}
	for _, e := range s.ok(s.ask(s.Key, "country")).all("elem") {
		ids[e.get("id")], codes[e.get("iso2")] = true, true
		if e.get("iso2") == "RU" && e.get("id") != "182" {
			t.Errorf("Russia is %s", e.get("id"))
		}
	}
	if len(ids) != len(codes) || len(ids) < 240 || !codes["TR"] || !codes["DE"] {
		t.Errorf("%d numbers of %d countries", len(ids), len(codes))
	}
}

// The three envelopes say the same, each in the form that the research notes show.
func TestEveryEnvelopeHasItsForm(t *testing.T) {
	s := openShop(t)
	id := s.issued("ORD-1", "form.example")
	want := strings.NewReplacer("{ID}", id, "{OV}", fmt.Sprint(s.ov))
	for name, query := range map[string]string{
		"ok": "func=certificate.sync&elid=" + id, "list": "func=certificate", "missed": "func=certificate.edit&elid=999999", "badpassword": "func=certificate&authinfo=a:b",
		"pricelist": "func=pricelist.export&itemtype=certificate",
	} {
		for _, out := range []string{"json", "bjson"} {
			r := must[*http.Response](t)(http.Get(s.URL + "/billmgr?authinfo=a:" + s.Key + "&out=" + out + "&" + query))
			raw := must[[]byte](t)(io.ReadAll(r.Body))
			r.Body.Close()
			if query == "func=certificate&authinfo=a:b" {
				r = must[*http.Response](t)(http.Get(s.URL + "/billmgr?out=" + out + "&" + query))
				raw = must[[]byte](t)(io.ReadAll(r.Body))
				r.Body.Close()
			}
			if r.StatusCode != http.StatusOK || r.Header.Get("Content-Type") != "application/json; charset=utf-8" {
				t.Errorf("%s.%s: %d %v", name, out, r.StatusCode, r.Header)
			}
			example := want.Replace(string(must[[]byte](t)(os.ReadFile(filepath.Join("testdata", name+"."+out)))))
			var a, b any
			if err := json.Unmarshal([]byte(example), &a); err != nil {
				t.Fatal(name, out, err)
			}
			if err := json.Unmarshal(raw, &b); err != nil {
				t.Fatal(err)
			}
			if at := contains(b, a, name+"."+out); at != "" {
				t.Errorf("%s\n%s", at, raw)
			}
		}
	}
}

// contains says where an answer lacks what an example has; "*" stands for any text.
func contains(got, want any, at string) string {
	switch want := want.(type) {
	case map[string]any:
		have, ok := got.(map[string]any)
		if !ok {
			return at + " is no object"
		}
		for name, v := range want {
			if _, there := have[name]; !there {
				return at + "." + name + " is missing"
			}
			if bad := contains(have[name], v, at+"."+name); bad != "" {
				return bad
			}
		}
		return ""
	case []any:
		have, ok := got.([]any)
		if !ok || len(have) < len(want) {
			return at + " is no list of as many"
		}
		for i := range want {
			if bad := contains(have[i], want[i], fmt.Sprintf("%s[%d]", at, i)); bad != "" {
				return bad
			}
		}
		return ""
	}
	if want == "*" {
		if s, ok := got.(string); ok && s != "" {
			return ""
		}
		return fmt.Sprintf("%s is %v, no text", at, got)
	}
	if got != want {
		return fmt.Sprintf("%s is %v, not %v", at, got, want)
	}
	return ""
}

// Whatever is sent, the answer is a document and nothing breaks.
func FuzzRequests(f *testing.F) {
	s := openShop(f)
	f.Add("certificate.order.param", "CN", "example.com", "application/x-www-form-urlencoded", "a=b")
	f.Add("certificate.edit", "elid", "1,2", "application/json", `{"out":"bjson"}`)
	f.Add("certificate", "p_num", "-1", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"out\"\r\n\r\njson\r\n--x--")
	f.Add("certificate.reissue.step2", "altname", "*. \x00", "text/plain", "%zz")
	f.Fuzz(func(t *testing.T, function, name, value, kind, body string) {
		query := url.Values{"func": {function}, name: {value}}
		query.Set("authinfo", "a:"+s.Key)
		r, err := http.NewRequest(http.MethodPost, s.URL+"/billmgr?"+query.Encode(), strings.NewReader(body))
		if err != nil {
			t.Skip("no client could send this:", err)
		}
		if kind != "" && !strings.ContainsAny(kind, "\r\n\x00") {
			r.Header["Content-Type"] = []string{kind}
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Skip("no client could send this:", err)
		}
		defer res.Body.Close()
		raw, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode >= 500 || len(raw) == 0 {
			t.Errorf("%d %s %v", res.StatusCode, raw, err)
		}
	})
}
