package billmanager_test

import (
	"context"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"certbay/handlers/billmanager"
	"certbay/providers/pretend"
	"certbay/web"
	"certbay/web/webtest"
)

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// shop is a running portal with a working CA behind it; two resellers buy in the
// same group, and the dialect is on for both.
type shop struct {
	*webtest.Shop
	t testing.TB

	single, multi, ov, licence int64
}

func openShop(t testing.TB, adjust ...func(*web.Config)) *shop {
	t.Helper()
	s := &shop{t: t, Shop: webtest.OpenShop(t, webtest.ShopConfig{Dialect: billmanager.Dialect, Adjust: adjust})}
	single := webtest.Single()
	single.Name = "Sectigo PositiveSSL"
	s.single = s.Sell(s.Gold, single)
	s.multi = s.Sell(s.Gold, webtest.Multi())
	s.ov = s.Sell(s.Gold, webtest.OV())
	s.licence = s.Sell(s.Gold, webtest.Licence())
	return s
}

// answer is a document in XML, as an element tree.
type answer struct {
	status int
	header http.Header
	raw    string
	element
}

type element struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Text     string     `xml:",chardata"`
	Elements []element  `xml:",any"`
}

// get is the text of the first element at a path.
func (e element) get(path ...string) string {
	if len(path) == 0 {
		return e.Text
	}
	for _, one := range e.Elements {
		if one.XMLName.Local == path[0] {
			return one.get(path[1:]...)
		}
	}
	return ""
}

func (e element) all(name string) (list []element) {
	for _, one := range e.Elements {
		if one.XMLName.Local == name {
			list = append(list, one)
		}
	}
	return list
}

func (e element) attr(name string) string {
	for _, a := range e.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// refusal is the type and the object of an error, "" of a success.
func (a answer) refusal() string {
	for _, e := range a.all("error") {
		return e.attr("type") + " " + e.attr("object")
	}
	return ""
}

func (s *shop) send(r *http.Request) answer {
	s.t.Helper()
	res := must[*http.Response](s.t)(http.DefaultClient.Do(r))
	defer res.Body.Close()
	raw := must[[]byte](s.t)(io.ReadAll(res.Body))
	a := answer{status: res.StatusCode, header: res.Header, raw: string(raw)}
	if len(raw) > 0 && strings.HasPrefix(res.Header.Get("Content-Type"), "text/xml") {
		if err := xml.Unmarshal(raw, &a.element); err != nil {
			s.t.Fatalf("%v in %s", err, raw)
		}
	}
	return a
}

// ask calls a function by POST with a key; more are parameters and their values.
func (s *shop) ask(key, function string, more ...string) answer {
	s.t.Helper()
	form := url.Values{"func": {function}, "authinfo": {"info@liman.example:" + key}}
	for i := 0; i < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	r := must[*http.Request](s.t)(http.NewRequestWithContext(context.Background(), http.MethodPost, s.URL+"/billmgr", strings.NewReader(form.Encode())))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return s.send(r)
}

// ok fails the test when the answer is no success.
func (s *shop) ok(a answer) answer {
	s.t.Helper()
	if a.status != http.StatusOK || a.refusal() != "" {
		s.t.Fatalf("%d %s", a.status, a.raw)
	}
	return a
}

// refused fails the test unless the answer refuses with a type and an object.
func (s *shop) refused(a answer, want string) answer {
	s.t.Helper()
	if a.status != http.StatusOK || a.refusal() != want || a.get("error", "msg") == "" || len(a.all("ok")) != 0 {
		s.t.Errorf("wanted %s, got %d %s", want, a.status, a.raw)
	}
	return a
}

// publish does what the form of a certificate asks for.
func (s *shop) publish(form answer) {
	s.t.Helper()
	for _, list := range form.all("list") {
		for _, e := range list.all("elem") {
			if err := s.Internet.PublishRecord(pretend.Record{Host: e.get("dns_name"), Type: e.get("dns_type"), Value: e.get("dns_value")}); err != nil {
				s.t.Fatal(err)
			}
		}
	}
}

// until asks for the form of a certificate until it has an item_status.
func (s *shop) until(key, id, status string) answer {
	s.t.Helper()
	var a answer
	for range 100 {
		if a = s.ok(s.ask(key, "certificate.edit", "elid", id)); a.get("item_status") == status {
			return a
		}
		time.Sleep(50 * time.Millisecond)
	}
	s.t.Fatalf("never %s: %s", status, a.raw)
	return a
}
