package handlers_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"certbay/db"
	"certbay/web/webtest"
)

// shop is a portal whose reseller has credit and a product to buy.
type shop struct {
	*webtest.Site
	buyer   db.Reseller
	product int64
	staff   db.Actor
}

const opening = 100_000 // cents of credit

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func openShop(t testing.TB) shop {
	t.Helper()
	s := shop{Site: webtest.Open(t), staff: db.Actor{Kind: db.ByPerson, Name: "Ayşe"}}
	ctx := t.Context()
	group := must[int64](t)(s.Book.CreateGroup(ctx, db.System, "Gold"))
	s.buyer = must[db.Reseller](t)(s.Book.CreateReseller(ctx, db.System, db.NewReseller{Name: "Buyer", Company: "Buyer Ltd", Email: "info@buyer.example", GroupID: group}))
	s.product = must[int64](t)(s.Book.CreateProduct(ctx, db.System,
		db.Product{Brand: "Sectigo", Name: "PositiveSSL", Kind: db.KindSSL, Validation: "dv", DomainType: "single",
			DCVMethods: []string{"email", "http", "https", "dns"}, Terms: []db.Term{{Months: 12, ListCents: 4999}}},
		db.Offer{Upstream: "sandbox", ProductCode: "single", CostCents: 900}))
	ok(t, s.Book.SetGroupPrice(ctx, db.System, group, s.product, 12, 1299))
	ok(t, s.Book.AddCredit(ctx, db.System, s.buyer.ID, opening, "opening", "opening credit"))
	return s
}

// configured is an order whose CSR is in; its certificate waits to be submitted.
func (s shop) configured(t testing.TB, domain string) (order, certificate int64) {
	t.Helper()
	ctx := t.Context()
	o := must[db.Order](t)(s.Book.PlaceOrder(ctx, s.staff, s.buyer.ID, db.NewOrder{ProductID: s.product, Months: 12, Domain: domain}))
	_, err := s.Book.Configure(ctx, s.staff, s.buyer.ID, o.ID, db.Configuration{CSR: csrFor(t, domain), Method: "dns"})
	ok(t, err)
	return o.ID, must[[]db.Certificate](t)(s.Book.Certificates(ctx, o.ID))[0].ID
}

// unsure is an order whose call to the upstream broke off.
func (s shop) unsure(t testing.TB, domain string) int64 {
	t.Helper()
	order, certificate := s.configured(t, domain)
	must[db.Submission](t)(s.Book.BeginSubmit(t.Context(), certificate))
	ok(t, s.Book.DoubtSubmit(t.Context(), certificate, "connection reset"))
	return order
}

// accepted is an order that its upstream has.
func (s shop) accepted(t testing.TB, domain string) (order, certificate int64) {
	t.Helper()
	order, certificate = s.configured(t, domain)
	must[db.Submission](t)(s.Book.BeginSubmit(t.Context(), certificate))
	ok(t, s.Book.AcceptSubmit(t.Context(), db.System, certificate, fmt.Sprint("up-", order)))
	return order, certificate
}

func (s shop) order(t testing.TB, id int64) db.Order {
	t.Helper()
	return must[db.Order](t)(s.Book.AnyOrder(t.Context(), id))
}

func (s shop) balance(t testing.TB) int64 {
	t.Helper()
	balance, _, err := s.Book.Wallet(t.Context(), s.buyer.ID)
	ok(t, err)
	return balance
}

func (s shop) verify(t testing.TB) {
	t.Helper()
	_, err := s.Book.Verify(t.Context())
	ok(t, err)
}

// audited counts the audit's lines of an action by the signed-in people.
func (s shop) audited(t testing.TB, action string) int {
	t.Helper()
	_, n, err := s.Book.AuditRows(t.Context(), db.AuditFilter{Action: action, Actor: "The "})
	ok(t, err)
	return n
}

// done expects an answer that leads to a page which says kind ("success", "info").
func done(t testing.TB, b *webtest.Browser, a webtest.Answer, to, kind string) {
	t.Helper()
	if a.Status != http.StatusSeeOther || a.Location != to {
		t.Fatalf("%d to %q, want 303 to %q\n%s", a.Status, a.Location, to, a.Body)
	}
	page := b.Get(to)
	if page.Status != http.StatusOK || page.Document(t).Find(".flash-"+kind).Length() != 1 {
		t.Errorf("%s: %d, %d messages of %s", to, page.Status, page.Document(t).Find(".flash-"+kind).Length(), kind)
	}
}

// rejected expects the form again, with the field marked.
func rejected(t testing.TB, a webtest.Answer, field string) {
	t.Helper()
	if a.Status != http.StatusUnprocessableEntity {
		t.Fatalf("%d, want 422", a.Status)
	}
	if a.Document(t).Find("[name="+field+"][aria-invalid=true]").Length() == 0 {
		t.Errorf("%s is not marked", field)
	}
}

func csrFor(t testing.TB, names ...string) string {
	t.Helper()
	key := must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	der := must[[]byte](t)(x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{DNSNames: names}, key))
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
}

func TestAResellerIsNotToldHowACallBrokeOff(t *testing.T) {
	s := openShop(t)
	id := s.unsure(t, "example.com") // "connection reset"
	owner := must[db.Person](t)(s.Book.CreatePerson(t.Context(), db.System, db.NewPerson{ResellerID: s.buyer.ID, Role: db.RoleOwner,
		Name: "Buyer's owner", Email: "owner@buyer.example", Password: webtest.Password}))
	a := s.SignedInAs(t, owner).Get(fmt.Sprintf("/orders/%d", id))
	if a.Status != http.StatusOK || strings.Contains(a.Body, "connection reset") {
		t.Errorf("%d, the operator's business is told", a.Status)
	}
}
