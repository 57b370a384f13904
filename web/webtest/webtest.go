// Package webtest gives tests a running portal over a fresh, real book, with a
// person of every role, and browsers to visit it with.
package webtest

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"certbay/db"
	"certbay/db/dbtest"
	"certbay/providers"
	"certbay/providers/sandbox"
	"certbay/web"

	"github.com/PuerkitoBio/goquery"
)

// Password is everybody's.
const Password = "a quiet harbour at dawn"

// Site is a running portal. Its people are <role>@liman.example for the staff of
// Reseller, <role>@shop.example for the operator's, and owner@other.example for
// the staff of Other. The resellers are in no group.
type Site struct {
	Book     *db.DB
	Target   string // the book's file or URL
	Server   *web.Server
	URL      string
	Reseller db.Reseller
	Other    db.Reseller
	People   map[db.Role]db.Person
	Outsider db.Person // the owner of Other
	Log      *Log

	ahead atomic.Int64
}

// Roles lists everybody's roles.
var Roles = []db.Role{db.RoleAdmin, db.RoleSupport, db.RoleOwner, db.RoleBilling, db.RoleTechnical, db.RoleViewer}

// Open starts a portal; it is gone when the test ends. adjust may change its
// configuration, the base URL included.
func Open(t testing.TB, adjust ...func(*web.Config)) *Site {
	t.Helper()
	target := dbtest.Target(t)
	s := &Site{Book: dbtest.OpenAt(t, target), Target: target, People: map[db.Role]db.Person{}, Log: &Log{}}
	s.Book.Now = func() time.Time { return time.Now().UTC().Add(time.Duration(s.ahead.Load())) }
	s.Reseller = s.reseller(t, "Liman", "liman.example")
	s.Other = s.reseller(t, "Other", "other.example")
	for _, role := range Roles {
		if role.Operator() {
			s.People[role] = s.person(t, 0, role, "shop.example")
		} else {
			s.People[role] = s.person(t, s.Reseller.ID, role, "liman.example")
		}
	}
	s.Outsider = s.person(t, s.Other.ID, db.RoleOwner, "other.example")

	server := httptest.NewUnstartedServer(nil)
	config := web.Config{Book: s.Book, Upstreams: providers.Registry{"sandbox": (*sandbox.CA)(nil)}, BaseURL: "http://" + server.Listener.Addr().String(),
		Log: slog.New(slog.NewJSONHandler(s.Log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	for _, change := range adjust {
		change(&config)
	}
	var err error
	if s.Server, err = web.New(config); err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = s.Server.Handler()
	server.Start()
	t.Cleanup(server.Close)
	s.URL = server.URL
	return s
}

func (s *Site) reseller(t testing.TB, name, host string) db.Reseller {
	t.Helper()
	r, err := s.Book.CreateReseller(t.Context(), db.System, db.NewReseller{Name: name, Company: name + " Ltd", Email: "info@" + host})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (s *Site) person(t testing.TB, reseller int64, role db.Role, host string) db.Person {
	t.Helper()
	p, err := s.Book.CreatePerson(t.Context(), db.System, db.NewPerson{ResellerID: reseller, Role: role,
		Name: "The " + string(role), Email: string(role) + "@" + host, Password: Password, Lang: "en"})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Later moves the portal's clock forward.
func (s *Site) Later(d time.Duration) { s.ahead.Add(int64(d)) }

// Browser keeps cookies, follows no redirects, and says of itself what a modern
// browser says with a request that a page of the same site makes.
type Browser struct {
	t      testing.TB
	site   *Site
	client *http.Client
}

// Browser opens a browser that nobody signed in with.
func (s *Site) Browser(t testing.TB) *Browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Browser{t: t, site: s, client: &http.Client{Jar: jar, Timeout: 30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// SignedIn opens a browser in which the person of a role is signed in.
func (s *Site) SignedIn(t testing.TB, role db.Role) *Browser {
	t.Helper()
	return s.SignedInAs(t, s.People[role])
}

// SignedInAs opens a browser in which somebody is signed in.
func (s *Site) SignedInAs(t testing.TB, p db.Person) *Browser {
	t.Helper()
	b := s.Browser(t)
	if a := b.SignIn(p.Email, Password); a.Status != http.StatusSeeOther {
		t.Fatalf("sign in as %s: %d\n%s", p.Email, a.Status, a.Body)
	}
	return b
}

// SignIn sends the sign-in form.
func (b *Browser) SignIn(email, password string) Answer {
	b.t.Helper()
	return b.Post("/sign-in", url.Values{"email": {email}, "password": {password}})
}

// Answer is what the portal answered.
type Answer struct {
	Status   int
	Header   http.Header
	Body     string
	Location string // where a redirect leads to
}

// Document is the answer's HTML.
func (a Answer) Document(t testing.TB) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(a.Body))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// Title is the page's heading.
func (a Answer) Title(t testing.TB) string {
	t.Helper()
	return strings.TrimSpace(a.Document(t).Find("h1").First().Text())
}

// Get opens a page.
func (b *Browser) Get(path string) Answer {
	b.t.Helper()
	return b.Do(b.Request(http.MethodGet, path, nil))
}

// Post sends a form.
func (b *Browser) Post(path string, form url.Values) Answer {
	b.t.Helper()
	r := b.Request(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.Do(r)
}

// Request prepares a request for Do.
func (b *Browser) Request(method, path string, body io.Reader) *http.Request {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.site.URL+path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Accept-Language", "en")
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")
	return r
}

// Do sends a request.
func (b *Browser) Do(r *http.Request) Answer {
	b.t.Helper()
	res, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return Answer{Status: res.StatusCode, Header: res.Header, Body: string(body), Location: res.Header.Get("Location")}
}

// Cookie is the value of a cookie the browser keeps, "" without it.
func (b *Browser) Cookie(name string) string {
	b.t.Helper()
	site, err := url.Parse(b.site.URL)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range b.client.Jar.Cookies(site) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// SetCookie has the browser keep a cookie.
func (b *Browser) SetCookie(name, value string) {
	b.t.Helper()
	site, err := url.Parse(b.site.URL)
	if err != nil {
		b.t.Fatal(err)
	}
	b.client.Jar.SetCookies(site, []*http.Cookie{{Name: name, Value: value, Path: "/"}})
}

// Log gathers what the portal logs.
type Log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
