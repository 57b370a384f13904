package api_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"certbay/providers/gogetssl/internal/api"
	"certbay/providers/internal/wire"
)

const (
	user = "buyer@example.com"
	pass = "the-api-password"
	key  = "0123456789abcdef0123456789abcdef"
)

func file(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// upstream answers logins, and every other call with one answer.
type upstream struct {
	t      *testing.T
	status int
	answer string

	mu     sync.Mutex
	asked  string // as a .request file has it
	logins int
	calls  int
	keys   []string // that logins give, in turn; the last one again and again
	good   string   // the key that is taken; empty: any
}

func (u *upstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	u.mu.Lock()
	defer u.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	form, err := url.ParseQuery(string(body))
	if err != nil || (len(form) > 0) != (r.Header.Get("Content-Type") == "application/x-www-form-urlencoded") && r.Method == http.MethodGet {
		u.t.Errorf("%v: %v, %s", r.URL, r.Header, body)
	}
	w.Header().Set("Content-Type", "application/json")
	if r.URL.Path == "/api/auth/" {
		if form.Get("user") != user || form.Get("pass") != pass || r.URL.RawQuery != "" {
			_, _ = io.WriteString(w, file(u.t, "auth_refused.json"))
			return
		}
		_, _ = io.WriteString(w, strings.Replace(file(u.t, "auth.json"), key, u.keys[min(u.logins, len(u.keys)-1)], 1))
		u.logins++
		return
	}
	u.calls++
	q := r.URL.Query()
	if got := q.Get("auth_key"); got == "" || u.good != "" && got != u.good {
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, file(u.t, "key_refused.json"))
		return
	}
	q.Del("auth_key")
	u.asked = r.Method + " " + strings.TrimPrefix(r.URL.Path, "/api")
	if len(q) > 0 {
		u.asked += "?" + q.Encode()
	}
	u.asked += "\n" + form.Encode()
	w.WriteHeader(u.status)
	_, _ = io.WriteString(w, u.answer)
}

func (u *upstream) client(t *testing.T) *api.Client {
	t.Helper()
	s := httptest.NewServer(u)
	t.Cleanup(s.Close)
	return client(t, s.URL, pass)
}

func client(t *testing.T, base, pass string) *api.Client {
	t.Helper()
	c, err := api.New(wire.Config{Name: "gogetssl", BaseURL: base + "/api", Retries: -1}, user, pass)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func serve(t *testing.T, status int, answer string) (*api.Client, *upstream) {
	u := &upstream{t: t, status: status, answer: answer, keys: []string{key}}
	return u.client(t), u
}

// request is a .request file with its form in the order of Encode.
func request(t *testing.T, name string) string {
	t.Helper()
	line, rest, _ := strings.Cut(strings.TrimRight(file(t, name+".request"), "\n"), "\n")
	form := url.Values{}
	for field := range strings.SplitSeq(rest, "\n") {
		if k, v, ok := strings.Cut(field, "="); ok {
			form.Add(k, strings.ReplaceAll(v, `\n`, "\n"))
		}
	}
	return line + "\n" + form.Encode()
}

const csr = "-----BEGIN CERTIFICATE REQUEST-----\nCSR CODE GOES HERE...\n-----END CERTIFICATE REQUEST-----"

// sample is the order of the document's PHP examples.
func sample(product int64) api.NewOrder {
	john := api.Person{Title: "Mr.", FirstName: "John", LastName: "Smith", Phone: "+37166164222", Email: "admin@gogetssl.com"}
	return api.NewOrder{ProductID: product, Period: 3, CSR: csr, ServerCount: -1, WebServerType: -1, DCVMethod: "email", ApproverEmail: "admin@gogetssl.com", Admin: john, Tech: john}
}

func withNames(o api.NewOrder) api.NewOrder {
	o.DNSNames = []string{"www.gogetssl.com", "my.gogetssl.com", "support.gogetssl.com"}
	o.ApproverEmails = []string{"admin@gogetssl.com", "dns", "http"}
	return o
}

func renewal() api.NewOrder {
	o := sample(66)
	o.Org, o.SignatureHash, o.UniqueCode = api.Organization{Name: "Example Ltd", LEI: "529900T8BM49AURSDO55"}, "SHA2", "abc123ABC456xyz"
	return o
}

func cents(n int64) wire.Cents { return wire.Cents{Minor: n, Given: true} }

func day(y int, m time.Month, d int, clock ...int) wire.Date {
	c := append(clock, 0, 0, 0)
	return wire.Date{Time: time.Date(y, m, d, c[0], c[1], c[2], 0, time.UTC)}
}

var demoFile = api.FileProof{Link: "http://demo.gogetssl.com/.well-known/pki-validation/37D0C93EE263FF9EEEA799215A9C3225.txt", FileName: "37D0C93EE263FF9EEEA799215A9C3225.txt",
	Content: "D30C576BF9EB30A75211CB799848EE5CABFCE3D8EE13212A57C9B7E42EF9BAA2\r\nCOMODOCA.COM\r\nt0827792001533920169"}

// methods are those of the documents, each with its request and answer in testdata and what the answer means. add_ssl_order is seed
// 004's, its requests are the PHP examples'; the others are put together from research/upstreams.md.
var methods = []struct {
	name string
	call func(context.Context, *api.Client) (any, error)
	want any
}{
	{"add_ssl_order", func(x context.Context, c *api.Client) (any, error) {
		p, err := c.AddSSLOrder(x, sample(66))
		return []any{p.OrderID, p.InvoiceID, p.OrderStatus, p.OrderAmount, p.Currency, p.Tax, p.TaxRate, *p.ApproverMethod.HTTP, bool(*p.Success)}, err
	}, []any{wire.Int(783956), wire.Int(574941), wire.Text("active"), cents(0), wire.Text("EUR"), cents(0), wire.Text("21%"), demoFile, true}},
	{"add_ssl_order_san", func(x context.Context, c *api.Client) (any, error) {
		p, err := c.AddSSLOrder(x, withNames(sample(68)))
		host, kind, value, ok := p.SAN[1].Validation.DNS.Parse()
		return []any{p.OrderID, p.OrderAmount, len(p.SAN), p.SAN[0].Validation.Email, host, kind, value, ok, p.SAN[2].Validation.HTTP.FileName, p.SAN[1].Status, p.ApproverMethod}, err
	}, []any{wire.Int(783957), cents(4197), 3, "admin@gogetssl.com", "_37D0C93EE263FF9EEEA799215A9C3225.my.gogetssl.com", "CNAME",
		"D30C576BF9EB30A75211CB799848EE5C.ABFCE3D8EE13212A57C9B7E42EF9BAA2.t0827792001533920169.comodoca.com", true, "37D0C93EE263FF9EEEA799215A9C3225.txt", wire.Int(1), api.Proof{}}},
	{"add_ssl_renew_order", func(x context.Context, c *api.Client) (any, error) {
		p, err := c.AddSSLRenewOrder(x, renewal())
		return p.OrderID, err
	}, wire.Int(783956)},
	{"add_ssl_san_order", func(x context.Context, c *api.Client) (any, error) {
		p, err := c.AddSSLSANOrder(x, api.MoreNames{OrderID: 783956, SingleCount: 2, WildcardCount: 1})
		return []any{p.InvoiceID, p.OrderAmount, p.Tax}, err
	}, []any{wire.Int(574950), cents(2400), cents(504)}},
	{"reissue", func(x context.Context, c *api.Client) (any, error) {
		a, err := c.ReissueSSLOrder(x, api.Reissue{OrderID: 783956, CSR: "CSR", WebServerType: -1, DCVMethod: "dns", Names: api.Names{DNSNames: []string{"www.gogetssl.com"},
			ApproverEmails: []string{"dns"}}, SignatureHash: "SHA2", UniqueCode: "abc123ABC456xyz"})
		host, kind, value, ok := a.Validation.DNS.Parse()
		return []any{a.OrderStatus, host, kind, value, ok}, err
	}, []any{wire.Text(api.Reissuing), "gogetssl.com", "TXT", "a1b2 c3", true}},
	{"cancel_ssl_order", func(x context.Context, c *api.Client) (any, error) {
		return nil, c.CancelSSLOrder(x, 783956, "not wanted")
	}, nil},
	{"order_status", func(x context.Context, c *api.Client) (any, error) {
		o, err := c.OrderStatus(x, 783956)
		return []any{o.Status, o.ProductID, o.Domain, o.SSLPrice, o.Begin.IsZero(), o.ValidTill.IsZero(), o.ApproverMethod.HTTP.Content, o.DCVMethod, o.DCVStatus, o.SAN[0].Status,
			o.SingleSANCount, o.TimeStamp, bool(o.ManualCheck), o.WebServerType}, err
	}, []any{wire.Text("processing"), wire.Int(66), wire.Text("demo.gogetssl.com"), cents(950), true, true, "D30C\r\nCOMODOCA.COM\r\nt08", wire.Text("http"), wire.Int(1), wire.Int(2),
		wire.Int(1), day(2026, 11, 20, 21, 48, 51), false, wire.Int(-1)}},
	{"statuses", func(x context.Context, c *api.Client) (any, error) { return c.Statuses(x, 783956, 783957) },
		[]api.Standing{{OrderID: 783956, Status: "active", Expires: day(2027, 11, 20)}, {OrderID: 783957, Status: "cancelled"}}},
	{"orders_all", func(x context.Context, c *api.Client) (any, error) {
		l, err := c.AllSSLOrders(x, 100, 200)
		return []any{len(l.Orders), l.Orders[1].OrderID, l.Orders[1].Domain, l.Count, l.Offset}, err
	}, []any{2, wire.Int(783957), wire.Text("x.example"), wire.Int(202), wire.Int(200)}},
	{"orders_by", func(x context.Context, c *api.Client) (any, error) {
		l, err := c.OrdersBy(x, api.Processing)
		return []any{len(l.Orders), l.Orders[0].OrderID}, err
	}, []any{1, wire.Int(783956)}},
	{"unpaid_orders", func(x context.Context, c *api.Client) (any, error) { return c.UnpaidOrders(x) },
		[]api.UnpaidOrder{{ID: 783960, TotalPrice: cents(950), Currency: "EUR", Date: day(2026, 11, 20)}}},
	{"order_invoice", func(x context.Context, c *api.Client) (any, error) { return c.OrderInvoice(x, 783956) },
		api.Invoice{OrderID: 783956, Number: "GGS-574941", Date: day(2026, 11, 20), Subtotal: cents(1000), Tax: cents(210), TaxRate: "21%", Total: cents(1210), Status: "paid", Currency: "EUR",
			PaymentMethod: "balance"}},
	{"invoices", func(x context.Context, c *api.Client) (any, error) { return c.AllInvoices(x) },
		[]api.Invoice{{ID: 574941, Number: "GGS-574941", Date: day(2026, 11, 20), Total: cents(1210), Status: "paid", Currency: "EUR"}}},
	{"invoices_unpaid", func(x context.Context, c *api.Client) (any, error) {
		l, err := c.UnpaidInvoices(x)
		return len(l), err
	}, 0},
	{"balance", func(x context.Context, c *api.Client) (any, error) {
		b, err := c.AccountBalance(x)
		return []any{b.Balance, b.Currency}, err
	}, []any{cents(125000), wire.Text("EUR")}},
	{"account", func(x context.Context, c *api.Client) (any, error) {
		a, err := c.AccountDetails(x)
		return []any{a.FirstName, a.Company, a.Currency}, err
	}, []any{wire.Text("John"), wire.Text("Example Ltd"), wire.Text("EUR")}},
	{"total_orders", func(x context.Context, c *api.Client) (any, error) { return c.TotalOrders(x) }, int64(42)},
	{"total_transactions", func(x context.Context, c *api.Client) (any, error) { return c.TotalTransactions(x) }, int64(77)},
	{"products", func(x context.Context, c *api.Client) (any, error) {
		l, err := c.AllProducts(x)
		p := l.Products[0]
		return []any{p.ID, p.Periods, bool(p.Wildcard), bool(p.MultiDomain), p.SingleSANIncluded, bool(p.Email), bool(p.HTTPS), bool(p.RecheckCAA)}, err
	}, []any{wire.Int(66), wire.List[wire.Int]{12, 24}, false, false, wire.Int(2), true, false, true}},
	{"products_ssl", func(x context.Context, c *api.Client) (any, error) {
		l, err := c.SSLProducts(x)
		p := l.Products[0]
		return []any{p.ID, p.Brand, p.ProductType, p.Prices.Terms, p.Prices.Vendor, len(p.Prices.SAN), bool(p.CustomRandom)}, err
	}, []any{wire.Int(66), wire.Text("sectigo"), wire.Text("domain"), map[int]wire.Cents{12: cents(950), 24: cents(1800)}, map[int]wire.Cents{12: cents(4900)}, 0, true}},
	{"product_ssl", func(x context.Context, c *api.Client) (any, error) {
		p, err := c.SSLProduct(x, 68)
		return []any{p.ID, bool(p.SANEnabled), p.SANMax, p.Prices.SAN, p.Prices.WildcardSAN}, err
	}, []any{wire.Int(68), true, wire.Int(250), map[int]wire.Cents{12: cents(750), 24: cents(1400)}, map[int]wire.Cents{12: cents(7500)}}},
	{"all_prices", func(x context.Context, c *api.Client) (any, error) { return c.AllPrices(x) },
		[]api.ProductPrice{{ID: 66, Period: 12, Price: cents(950)}, {ID: 66, Period: 24, Price: cents(1800)}}},
	{"product_details", func(x context.Context, c *api.Client) (any, error) {
		d, err := c.ProductDetails(x, 68)
		return []any{d.Name, d.Brand, d.Prices[0].Price, d.SANPrices[0].Price, len(d.WildcardSANPrices), d.RefundDays}, err
	}, []any{wire.Text("PositiveSSL Multi-Domain"), wire.Text("sectigo"), cents(1950), cents(750), 0, wire.Int(30)}},
	{"product_price", func(x context.Context, c *api.Client) (any, error) { return c.ProductPrices(x, 66) }, []api.ProductPrice{{ID: 66, Period: 12, Price: cents(950)}}},
	{"agreement", func(x context.Context, c *api.Client) (any, error) { return c.UserAgreement(x, 66) }, "The buyer agrees."},
	{"webservers", func(x context.Context, c *api.Client) (any, error) { return c.WebServers(x, api.FamilySectigo) },
		[]api.WebServer{{ID: -1, Software: "OTHER"}, {ID: 1, Software: "AOL"}}},
	{"change_validation_email", func(x context.Context, c *api.Client) (any, error) {
		a, err := c.ChangeValidationEmail(x, 783956, "http")
		return a.HTTP.Content, err
	}, "D30C\r\nCOMODOCA.COM"},
	{"change_validation_method", func(x context.Context, c *api.Client) (any, error) {
		a, err := c.ChangeValidationMethod(x, 783956, "my.gogetssl.com", "dns")
		return a.Message, err
	}, wire.Text("Validation method changed")},
	{"change_domains_validation_method", func(x context.Context, c *api.Client) (any, error) {
		a, err := c.ChangeDomainsValidationMethod(x, 783956, []string{"my.gogetssl.com", "demo.gogetssl.com"}, []string{"dns", "admin@gogetssl.com"})
		return a.Message, err
	}, wire.Text("Changed")},
	{"change_dcv", func(x context.Context, c *api.Client) (any, error) {
		a, err := c.ChangeDCV(x, 783956, "my.gogetssl.com", "email", "admin@gogetssl.com")
		return a.Message, err
	}, wire.Text("Changed")},
	{"revalidate", func(x context.Context, c *api.Client) (any, error) {
		a, err := c.Revalidate(x, 783956, "my.gogetssl.com")
		return a.Message, err
	}, wire.Text("Looked")},
	{"resend", func(x context.Context, c *api.Client) (any, error) {
		a, err := c.Resend(x, 783956, "my.gogetssl.com")
		return a.Message, err
	}, wire.Text("Sent")},
	{"resend_validation_email", func(x context.Context, c *api.Client) (any, error) {
		a, err := c.ResendValidationEmail(x, 783956)
		return a.Message, err
	}, wire.Text("Sent")},
	{"recheck_caa", func(x context.Context, c *api.Client) (any, error) {
		a, err := c.RecheckCAA(x, 783956)
		return a.Message, err
	}, wire.Text("Looked")},
	{"decode_csr", func(x context.Context, c *api.Client) (any, error) {
		r, err := c.DecodeCSR(x, api.Asked{CSR: "CSR", Brand: "sectigo", Wildcard: true})
		return []any{r.CommonName, r.DNSNames, r.KeySize, r.SHA256, r.ErrorMessage}, err
	}, []any{wire.Text("demo.gogetssl.com"), wire.List[wire.Text]{"demo.gogetssl.com"}, wire.Text("2048"), wire.Text("D30C"), wire.Text("")}},
	{"validate_csr", func(x context.Context, c *api.Client) (any, error) {
		r, err := c.ValidateCSR(x, api.Asked{CSR: "CSR"})
		return []any{r.CommonName, r.Email, r.Version}, err
	}, []any{wire.Text("demo.gogetssl.com"), wire.Text("a@example.com"), wire.Text("3")}},
	{"generate_csr", func(x context.Context, c *api.Client) (any, error) {
		g, err := c.GenerateCSR(x, api.Subject{CommonName: "demo.gogetssl.com", Organization: "Example Ltd", Department: "IT", City: "Riga", State: "Riga", Country: "LV", Email: "a@example.com"})
		return []any{g.CSR, g.Key}, err
	}, []any{"-----BEGIN CERTIFICATE REQUEST-----\n…", "-----BEGIN PRIVATE KEY-----\n…"}},
	{"domain_emails", func(x context.Context, c *api.Client) (any, error) {
		a, err := c.DomainEmails(x, "demo.gogetssl.com")
		return []any{a.Comodo, a.Geotrust}, err
	}, []any{wire.List[wire.Text]{"admin@demo.gogetssl.com", "admin@gogetssl.com"}, wire.List[wire.Text]{"admin@gogetssl.com"}}},
	{"domain_emails_geotrust", func(x context.Context, c *api.Client) (any, error) {
		a, err := c.DomainEmailsForGeotrust(x, "demo.gogetssl.com")
		return a.Geotrust, err
	}, wire.List[wire.Text]{"admin@gogetssl.com"}},
	{"domain_alternative", func(x context.Context, c *api.Client) (any, error) {
		raw, err := c.DomainAlternative(x, "CSR")
		return strings.Contains(string(raw), `"alternatives":["www.gogetssl.com"]`), err
	}, true},
	{"lei_create", func(x context.Context, c *api.Client) (any, error) {
		l, err := c.CreateLEI(x, api.NewLEI{ProductID: 90, LegalName: "Example Ltd", RegistrationID: "00123", LegalJurisdiction: "GB", FirstName: "John", LastName: "Smith", LegalPostal: "SW1",
			LegalAddress: "Street 1", LegalCountry: "GB", LegalCity: "London", Years: 1})
		return []any{l.OrderID, l.OrderNumber, l.OrderStatus}, err
	}, []any{wire.Int(783999), wire.Text("5d0c"), wire.Text("processing")}},
	{"lei_jurisdictions", func(x context.Context, c *api.Client) (any, error) { return c.LEIJurisdictions(x) },
		[]api.Jurisdiction{{Code: "GB", Group: "A"}, {Code: "US-CA", Group: "B"}}},
	{"lei_status", func(x context.Context, c *api.Client) (any, error) {
		l, err := c.LEIStatus(x, 783999)
		return []any{l.Status, l.LegalName}, err
	}, []any{wire.Text("processing"), wire.Text("Example Ltd")}},
	{"lei_confirm", func(x context.Context, c *api.Client) (any, error) {
		l, err := c.ConfirmLEI(x, 783999, true)
		return l.OrderStatus, err
	}, wire.Text("processing")},
	{"lei_lookup", func(x context.Context, c *api.Client) (any, error) {
		l, err := c.LookUpLEI(x, "example")
		return []any{len(l), l[0].LEINumber, l[0].NextRenewal, l[0].LegalName}, err
	}, []any{1, wire.Text("529900T8BM49AURSDO55"), day(2027, 1, 1), wire.Text("Example Ltd")}},
}

func TestEveryMethodAsksAndReadsAsTheDocumentsShow(t *testing.T) {
	for _, m := range methods {
		t.Run(m.name, func(t *testing.T) {
			name := m.name
			if name == "add_ssl_renew_order" {
				name = "add_ssl_order" // "same"
			}
			c, u := serve(t, 200, file(t, name+".json"))
			got, err := m.call(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(request(t, m.name), u.asked); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(m.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	requests, err := filepath.Glob(filepath.Join("..", "..", "testdata", "*.request"))
	if err != nil || len(requests) != len(methods)+1 { // and auth
		t.Errorf("%d requests for %d methods, %v", len(requests), len(methods), err)
	}
}
