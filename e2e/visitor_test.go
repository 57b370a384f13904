package e2e

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
)

// visitor speaks HTTP with cookies, as a browser without JavaScript does, and
// follows no redirect by itself.
type visitor struct {
	t      *testing.T
	base   string
	client *http.Client
}

func visit(t *testing.T, p *program) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	must(t, err)
	return &visitor{t, p.url, &http.Client{
		Jar: jar, Timeout: 30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// answer is what the server said.
type answer struct {
	status   int
	header   http.Header
	location string
	body     string
}

func (a answer) document(t *testing.T) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(a.body))
	must(t, err)
	return doc
}

// value is what the form's field with a name holds.
func (a answer) value(t *testing.T, name string) string {
	t.Helper()
	return a.document(t).Find("main [name='"+name+"']").First().AttrOr("value", "")
}

func (v *visitor) get(path string) answer {
	v.t.Helper()
	a, err := v.do(http.MethodGet, path, nil)
	must(v.t, err)
	return a
}

func (v *visitor) post(path string, fields ...string) answer {
	v.t.Helper()
	a, err := v.do(http.MethodPost, path, form(fields...))
	must(v.t, err)
	return a
}

// form is names and values in turns.
func form(fields ...string) url.Values {
	values := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		values.Add(fields[i], fields[i+1])
	}
	return values
}

// do also tells when the server breaks the connection off, which some tests wait for.
func (v *visitor) do(method, path string, fields url.Values) (answer, error) {
	var body io.Reader
	if fields != nil {
		body = strings.NewReader(fields.Encode())
	}
	if !strings.Contains(path, "://") {
		path = v.base + path
	}
	r, err := http.NewRequest(method, path, body)
	if err != nil {
		return answer{}, err
	}
	r.Header.Set("Accept-Language", "en")
	if fields != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := v.client.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, res.Header.Get("Location"), string(text)}, err
}

// signIn signs somebody in.
func (v *visitor) signIn(who login) *visitor {
	v.t.Helper()
	if a := v.post("/sign-in", "email", who.Email, "password", who.Password); a.status != http.StatusSeeOther {
		v.t.Fatalf("%s is not let in: %d\n%s", who.Email, a.status, a.body)
	}
	return v
}

// product finds the id of a product in the catalog.
func (v *visitor) product(name string) string {
	v.t.Helper()
	id := ""
	v.get("/catalog").document(v.t).Find("a[href^='/products/']").Each(func(_ int, a *goquery.Selection) {
		if strings.TrimSpace(a.Text()) == name {
			id = strings.TrimPrefix(a.AttrOr("href", ""), "/products/")
		}
	})
	if id == "" {
		v.t.Fatalf("%s is not in the catalog", name)
	}
	return id
}
