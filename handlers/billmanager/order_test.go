package billmanager_test

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"certbay/db"
	"certbay/db/certs"
	"certbay/providers/providertest"
)

// sample is a call as the document writes it, without any encoding.
func sample(t *testing.T, name string) url.Values {
	t.Helper()
	raw := must[[]byte](t)(os.ReadFile(filepath.Join("testdata", name+".request")))
	values := url.Values{}
	for pair := range strings.SplitSeq(strings.TrimSpace(string(raw)), "&") {
		field, value, _ := strings.Cut(pair, "=")
		values.Set(field, value)
	}
	return values
}

// The calls of the document, with what they leave to be filled in: a tariff, ids and addresses.
func TestTheDocumentsOwnCallsBuyReissueAndDelete(t *testing.T) {
	s := openShop(t)
	call := func(name string, with ...string) answer {
		t.Helper()
		values := sample(t, name)
		for i := 0; i < len(with); i += 2 {
			values.Set(with[i], with[i+1])
		}
		values.Set("authinfo", "USER:"+s.Key)
		values.Set("out", "xml")
		return s.send(must[*http.Request](t)(http.NewRequest(http.MethodGet, s.URL+"/manager/billmgr?"+values.Encode(), nil)))
	}
	// The address as it stands in the document: spaces and a plus sign, as programs that encode nothing send them.
	raw := string(must[[]byte](t)(os.ReadFile(filepath.Join("testdata", "order.request"))))
	raw = strings.NewReplacer("pricelist=115", fmt.Sprint("pricelist=", s.single), " ", "%20", "{ID%20service}", "service-1", "{", "", "}", "", "\n", "").Replace(strings.ReplaceAll(raw, "{ID service}", "service-1"))
	placed := s.ok(s.send(must[*http.Request](t)(http.NewRequest(http.MethodGet, s.URL+"/manager/billmgr?authinfo=USER:"+s.Key+"&out=xml&"+raw, nil))))
	id := placed.get("id")
	if id == "" || len(placed.all("ok")) != 1 || s.Balance(s.Reseller.ID) != 125_000-1299 {
		t.Fatal(placed.raw)
	}
	// A key was made, shown, and is the CSR's.
	block, _ := pem.Decode([]byte(placed.get("key")))
	if block == nil {
		t.Fatal(placed.raw)
	}
	key := must[any](t)(x509.ParsePKCS8PrivateKey(block.Bytes))
	csr := must[*certs.CSR](t)(certs.ParseCSR(placed.get("csr")))
	request := must[*x509.CertificateRequest](t)(x509.ParseCertificateRequest(csr.DER))
	if private, ok := key.(*rsa.PrivateKey); !ok || !private.PublicKey.Equal(request.PublicKey) || csr.CommonName != "example.com" || csr.Country != "RU" || csr.Organization != "Moscow" || request.CheckSignature() != nil {
		t.Errorf("%+v", csr)
	}
	form := s.until(s.Key, id, "4")
	if form.get("remoteid") != "service-1" || form.get("approver_method") != "auth_email" || form.get("approver_email_1") != "admin@example.com" || form.get("csr") != csr.PEM {
		t.Error(form.raw)
	}
	o := must[db.Order](t)(s.Book.Order(t.Context(), s.Reseller.ID, number(id)))
	if o.Months != 12 || o.Domain != "example.com" || o.Reference != "service-1" {
		t.Errorf("%+v", o)
	}
	// Again: nothing more is bought, and no key is told.
	again := s.ok(call("order", "pricelist", fmt.Sprint(s.single), "remoteid", "service-1"))
	if again.get("id") != id || again.get("key") != "" || s.Balance(s.Reseller.ID) != 125_000-1299 {
		t.Error(again.raw)
	}
	// Deleting gives the money back; once.
	for range 2 {
		s.ok(call("delete", "elid", id))
	}
	if s.until(s.Key, id, "6").get("cancelled") != "on" || s.Balance(s.Reseller.ID) != 125_000 {
		t.Errorf("%d left", s.Balance(s.Reseller.ID))
	}
	// The reissues, each in its form.
	id = s.issued("ORD-2", "shop.example.org", "www.example.org")
	emails := []string{"approver_email_1", "admin@example.org", "approver_email_2", "admin@example.org"}
	s.ok(call("reissue", "elid", id))
	first := s.until(s.Key, id, "5").get("serial")
	for _, r := range []struct {
		form string
		with []string
		dns  []string
	}{
		{"reissue_old", nil, []string{"shop.example.org", "www.example.org"}},
		{"reissue_csr", []string{"csr", providertest.CSR(t, "shop.example.org", "www.example.org")}, []string{"shop.example.org", "www.example.org"}},
		{"reissue_names", []string{"altname", "mail.example.org"}, []string{"shop.example.org", "mail.example.org"}},
	} {
		s.ok(call(r.form, append(append([]string{"elid", id, "approver_method", "auth_dnstxt"}, emails...), r.with...)...))
		s.publish(s.ok(s.ask(s.Key, "certificate.edit", "elid", id)))
		form := s.until(s.Key, id, "5")
		list, err := certs.ParseCertificates(form.get("crt"))
		if err != nil || len(list) < 2 || form.get("serial") == first || strings.Join(list[0].DNSNames, " ") != strings.Join(r.dns, " ") {
			t.Errorf("%s: %v %s", r.form, err, form.raw)
		}
		first = form.get("serial")
	}
	if _, err := s.Book.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}

func number(id string) (n int64) {
	_, _ = fmt.Sscan(id, &n)
	return n
}

// issued is a certificate for two names.
func (s *shop) issued(reference string, names ...string) string {
	s.t.Helper()
	a := s.ok(s.ask(s.Key, "certificate.order.param", "sok", "ok", "skipbasket", "on", "remoteid", reference, "pricelist", fmt.Sprint(s.multi), "period", "12", "CN", names[0],
		"altname", strings.Join(names[1:], " "), "crt_type", "manual", "csr", providertest.CSR(s.t, names...), "approver_method", "auth_dnstxt"))
	s.publish(s.until(s.Key, a.get("id"), "4"))
	s.until(s.Key, a.get("id"), "5")
	return a.get("id")
}

func TestTwoStepsMakeAKeyAndThenOrderWithItsCSR(t *testing.T) {
	s := openShop(t)
	pair := s.ok(s.ask(s.Key, "certificate.order.csr", "sok", "ok", "snext", "ok", "crt_type", "generate", "field_country", "182", "period", "12", "pricelist", fmt.Sprint(s.multi),
		"CN", "müller.example", "altname", "www.müller.example", "ST", "REGION", "L", "CITY", "O", "ORGANIZATION", "OU", "ORG_UNIT", "emailAddress", "it@example.com"))
	csr := must[*certs.CSR](t)(certs.ParseCSR(pair.get("csr")))
	if csr.CommonName != "xn--mller-kva.example" || len(csr.Names) != 2 || csr.Email != "it@example.com" || csr.OrganizationalUnit != "ORG_UNIT" || !strings.Contains(pair.get("key"), "PRIVATE KEY") {
		t.Errorf("%+v", csr)
	}
	placed := s.ok(s.ask(s.Key, "certificate.order.param", "sok", "ok", "skipbasket", "on", "crt_type", "generate", "csr", pair.get("csr"), "key", pair.get("key"), "period", "12",
		"pricelist", fmt.Sprint(s.multi), "CN", "müller.example", "altname", "www.müller.example", "approver_method", "auth_file", "auth_file_protocol", "on"))
	form := s.until(s.Key, placed.get("id"), "4")
	if form.get("csr") != csr.PEM || placed.get("key") != "" || !strings.HasPrefix(form.get("list", "elem", "file_url"), "https://xn--mller-kva.example/") || form.get("auth_file_name") == "" {
		t.Error(form.raw)
	}
}

// A key that was made here is in the answer and nowhere in the book, not even where answers are kept for a repetition.
func TestAKeyIsToldOnceAndKeptNowhere(t *testing.T) {
	s := openShop(t)
	form := url.Values{"func": {"certificate.order.param"}, "authinfo": {"x:" + s.Key}, "sok": {"ok"}, "crt_type": {"generate"}, "pricelist": {fmt.Sprint(s.single)}, "period": {"12"},
		"CN": {"key.example"}, "approver_method": {"auth_dnstxt"}}
	var answers []answer
	for range 2 {
		r := must[*http.Request](t)(http.NewRequest(http.MethodPost, s.URL+"/billmgr/", strings.NewReader(form.Encode())))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
		r.Header.Set("Idempotency-Key", "order-1")
		answers = append(answers, s.ok(s.send(r)))
	}
	if !strings.Contains(answers[0].get("key"), "PRIVATE KEY") || answers[1].header.Get("Idempotent-Replayed") != "true" || answers[1].get("id") != answers[0].get("id") ||
		strings.Contains(answers[1].raw, "PRIVATE KEY") {
		t.Errorf("%s\n%s", answers[0].raw, answers[1].raw)
	}
	if strings.Contains(s.Log.String(), "PRIVATE") {
		t.Error("a key is in the log")
	}
}

func TestAReferenceIsOneOrderHoweverOftenAndFastItIsSent(t *testing.T) {
	s := openShop(t)
	csr := providertest.CSR(t, "race.example")
	order := func(domain, csr string) answer {
		return s.ask(s.Key, "certificate.order.param", "sok", "ok", "remoteid", "service-7", "pricelist", fmt.Sprint(s.single), "period", "12", "CN", domain, "crt_type", "manual",
			"csr", csr, "approver_method", "auth_dnstxt")
	}
	ids := sync.Map{}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { ids.Store(s.ok(order("race.example", csr)).get("id"), true) })
	}
	all.Wait()
	n := 0
	ids.Range(func(any, any) bool { n++; return true })
	if n != 1 || s.Balance(s.Reseller.ID) != 125_000-1299 {
		t.Errorf("%d orders, %d left", n, s.Balance(s.Reseller.ID))
	}
	s.refused(order("other.example", providertest.CSR(t, "other.example")), "exists remoteid")
	id := order("race.example", csr).get("id")
	s.ok(s.ask(s.Key, "certificate.delete", "elid", id))
	s.until(s.Key, id, "6")
	if again := s.ok(order("race.example", csr)).get("id"); again == id {
		t.Error("an order that was given up is answered as living")
	}
}

func TestTheSameOrderInEveryFormOfRequest(t *testing.T) {
	s := openShop(t)
	send := func(path, kind string, body string, query url.Values) answer {
		method := http.MethodPost
		if body == "" {
			method = http.MethodGet
		}
		r := must[*http.Request](t)(http.NewRequest(method, s.URL+path+"?"+query.Encode(), strings.NewReader(body)))
		if kind != "" {
			r.Header.Set("Content-Type", kind)
		}
		return s.send(r)
	}
	fields := func(domain string) url.Values {
		return url.Values{"func": {"certificate.order.param"}, "authinfo": {"a:" + s.Key}, "clicked_button": {"finish"}, "pricelist": {fmt.Sprint(s.single)}, "period": {"12"},
			"csr": {providertest.CSR(t, domain)}, "approver_method": {"auth_dnstxt"}}
	}
	object := map[string]any{}
	for name, value := range fields("json.example") {
		object[name] = value[0]
	}
	object["pricelist"] = s.single
	object["sok"] = true
	var parts bytes.Buffer
	w := multipart.NewWriter(&parts)
	for name, value := range fields("parts.example") {
		if err := w.WriteField(name, value[0]); err != nil {
			t.Fatal(err)
		}
	}
	w.Close()
	split := fields("split.example")
	split.Del("authinfo")
	for name, a := range map[string]answer{
		"query":     send("/billmgr", "", "", fields("query.example")),
		"slash":     send("/manager/billmgr/", "", "", fields("slash.example")),
		"form":      send("/billmgr", "application/x-www-form-urlencoded", fields("form.example").Encode(), nil),
		"untyped":   send("/billmgr", "", fields("untyped.example").Encode(), nil),
		"multipart": send("/manager/billmgr", w.FormDataContentType(), parts.String(), nil),
		"json":      send("/billmgr", "application/json", string(must[[]byte](t)(json.Marshal(object))), nil),
		"split":     send("/billmgr", "application/x-www-form-urlencoded", split.Encode(), url.Values{"authinfo": {"a:" + s.Key}}),
	} {
		if s.ok(a).get("id") == "" {
			t.Errorf("%s: %s", name, a.raw)
		}
	}
}

func TestWhatCanNotBeOrderedIsRefusedAndCostsNothing(t *testing.T) {
	s := openShop(t)
	csr := providertest.CSR(t, "no.example")
	for _, c := range []struct {
		want string
		with []string
	}{
		{"value pricelist", []string{"pricelist", ""}},
		{"value pricelist", []string{"pricelist", "PositiveSSL"}},
		{"missed pricelist", []string{"pricelist", "99999"}},
		{"missed pricelist", []string{"pricelist", fmt.Sprint(s.licence)}},
		{"value period", []string{"period", "1"}},
		{"value period", []string{"period", ""}},
		{"value csr", []string{"csr", ""}},
		{"value csr", []string{"csr", "nonsense"}},
		{"value csr", []string{"CN", "another.example"}},
		{"value CN", []string{"CN", "not a name"}},
		{"value altname", []string{"altname", "www2.no.example"}},
		{"value altname", []string{"altname", "-"}},
		{"value domain_count", []string{"domain_count", "many"}},
		{"value approver_method", []string{"approver_method", "pigeon"}},
		{"value approver_email_1", []string{"approver_method", "auth_email", "approver_email_1", "ceo@no.example"}},
		{"value skipbasket", []string{"skipbasket", "off"}},
		{"value org_name", []string{"pricelist", fmt.Sprint(s.ov)}},
		{"value field_country", []string{"crt_type", "generate", "csr", "", "field_country", "999"}},
		{"value emailAddress", []string{"crt_type", "generate", "csr", "", "emailAddress", "ö@example.com"}},
		{"value remoteid", []string{"remoteid", strings.Repeat("x", 201)}},
	} {
		s.refused(s.ask(s.Key, "certificate.order.param", append([]string{"sok", "ok", "pricelist", fmt.Sprint(s.single), "period", "12", "CN", "no.example", "crt_type", "manual", "csr", csr,
			"approver_method", "auth_dnstxt"}, c.with...)...), c.want)
	}
	form := s.ok(s.ask(s.Key, "certificate.order.param", "pricelist", fmt.Sprint(s.single), "CN", "no.example"))
	if len(form.all("ok")) != 0 || form.get("CN") != "no.example" {
		t.Error(form.raw)
	}
	if err := s.Book.AdjustCredit(t.Context(), db.System, s.Reseller.ID, -124_000, "taken", "taken back"); err != nil {
		t.Fatal(err)
	}
	short := s.ask(s.Key, "certificate.order.param", "sok", "ok", "pricelist", fmt.Sprint(s.single), "period", "12", "csr", csr, "approver_method", "auth_dnstxt")
	if !strings.Contains(s.refused(short, "money balance").raw, "12.99 USD needed, 10.00 USD available") {
		t.Error(short.raw)
	}
	if list := s.ok(s.ask(s.Key, "certificate")); len(list.all("elem")) != 0 || s.Balance(s.Reseller.ID) != 1000 {
		t.Error(list.raw)
	}
}
