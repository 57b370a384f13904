package gogetssl_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"certbay/db/certs"
	"certbay/providers"
	"certbay/providers/gogetssl/internal/api"
	"certbay/providers/internal/wire"
	"certbay/providers/providertest"
)

// Every method of the client, asked of a running Certbay: what one side writes the other side reads. Those that are not sold there
// say so.
func TestEveryMethodIsServedByCertbay(t *testing.T) {
	y := openYard(t)
	c := must[*api.Client](t)(api.New(wire.Config{Name: "gogetssl", BaseURL: y.URL + "/api"}, y.Reseller.Email, y.Key))
	x := t.Context()

	if key := must[string](t)(c.Auth(x)); key == "" {
		t.Error("no key")
	}
	listing := must[api.Listing](t)(c.AllProducts(x))
	i := slices.IndexFunc(listing.Products, func(p api.Listed) bool { return int64(p.ID) == y.multi })
	if i < 0 || !bool(listing.Products[i].MultiDomain) || listing.Products[i].MultiMaximum != 55 || !slices.Equal(listing.Products[i].Periods, wire.List[wire.Int]{12}) {
		t.Errorf("%+v", listing.Products)
	}
	if l := must[api.ProductList](t)(c.SSLProducts(x)); len(l.Products) != 3 {
		t.Errorf("%+v", l.Products)
	}
	if p := must[api.Product](t)(c.SSLProduct(x, y.multi)); p.Prices.Terms[12].Minor != 1299 || p.Prices.SAN[12].Minor != 799 || p.Prices.WildcardSAN[12].Minor != 4999 || p.ProductType != "domain" {
		t.Errorf("%+v", p)
	}
	if l := must[[]api.ProductPrice](t)(c.AllPrices(x)); len(l) != 5 {
		t.Errorf("%+v", l)
	}
	if d := must[api.ProductDetails](t)(c.ProductDetails(x, y.single)); d.Name != "PositiveSSL" || len(d.Prices) != 2 || d.Prices[0].Price.Minor != 1299 {
		t.Errorf("%+v", d)
	}
	if l := must[[]api.ProductPrice](t)(c.ProductPrices(x, y.single)); len(l) != 2 || l[1].Period != 24 {
		t.Errorf("%+v", l)
	}
	must[string](t)(c.UserAgreement(x, y.single))
	if l := must[[]api.WebServer](t)(c.WebServers(x, api.FamilyDigiCert)); len(l) == 0 || l[0].ID != -1 {
		t.Errorf("%+v", l)
	}
	if b := must[api.Balance](t)(c.AccountBalance(x)); b.Balance.Minor != 10_000_000 || b.Currency != "USD" {
		t.Errorf("%+v", b)
	}
	if a := must[api.Account](t)(c.AccountDetails(x)); a.Company != "Liman Ltd" {
		t.Errorf("%+v", a)
	}

	g := must[api.Generated](t)(c.GenerateCSR(x, api.Subject{CommonName: "every.example.com", Country: "LV", Organization: "Example Ltd"}))
	for _, read := range []func() (api.CSR, error){
		func() (api.CSR, error) { return c.DecodeCSR(x, api.Asked{CSR: g.CSR}) }, func() (api.CSR, error) { return c.ValidateCSR(x, api.Asked{CSR: g.CSR}) },
	} {
		if csr := must[api.CSR](t)(read()); csr.CommonName != "every.example.com" || csr.Organization != "Example Ltd" || len(csr.DNSNames) != 1 {
			t.Errorf("%+v", csr)
		}
	}
	if a := must[api.Approvers](t)(c.DomainEmails(x, "every.example.com")); !slices.Contains(a.Comodo, "admin@every.example.com") {
		t.Errorf("%+v", a)
	}
	if a := must[api.Approvers](t)(c.DomainEmailsForGeotrust(x, "every.example.com")); !slices.Contains(a.Geotrust, "admin@example.com") {
		t.Errorf("%+v", a)
	}
	if _, err := c.DomainAlternative(x, g.CSR); err != nil {
		t.Error(err)
	}

	order := api.NewOrder{ProductID: y.multi, Period: 12, CSR: g.CSR, ServerCount: -1, WebServerType: -1, DCVMethod: "http", Names: api.Names{DNSNames: []string{"san.example.com"},
		ApproverEmails: []string{"admin@san.example.com"}}, SignatureHash: "SHA2", UniqueCode: "abc123ABC456xyz"}
	try := order
	try.Test = true
	if p := must[api.Placed](t)(c.AddSSLOrder(x, try)); p.OrderAmount.Minor != 2098 || p.OrderID != 0 {
		t.Errorf("%+v", p)
	}
	p := must[api.Placed](t)(c.AddSSLOrder(x, order))
	id := int64(p.OrderID)
	if id < 1 || p.ApproverMethod.HTTP == nil || len(p.SAN) != 1 || p.SAN[0].Validation.Email != "admin@san.example.com" || p.TaxRate != "0%" {
		t.Errorf("%+v", p)
	}
	o := must[api.Order](t)(c.OrderStatus(x, id))
	if o.Status != api.Processing || o.DCVMethod != "http" || o.DCVStatus != 1 || o.TotalDomains != 2 || o.TimeStamp.Year() < 2026 || !o.End.IsZero() || o.SSLPrice.Minor != 2098 || o.CSR == "" {
		t.Errorf("%+v", o)
	}
	for what, err := range map[string]error{
		"resend":                 second(c.Resend(x, id, "san.example.com")),
		"resend all":             second(c.ResendValidationEmail(x, id)),
		"change validation mail": second(c.ChangeValidationEmail(x, id, "dns")),
		"change method":          second(c.ChangeValidationMethod(x, id, "san.example.com", "dns")),
		"change methods":         second(c.ChangeDomainsValidationMethod(x, id, []string{"every.example.com", "san.example.com"}, []string{"http", "dns"})),
		"change DCV":             second(c.ChangeDCV(x, id, "every.example.com", "http", "")),
		"revalidate":             second(c.Revalidate(x, id, "every.example.com")),
		"recheck CAA":            second(c.RecheckCAA(x, id)),
	} {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	if l := must[api.OrderList](t)(c.AllSSLOrders(x, 10, 0)); l.Count != 1 || int64(l.Orders[0].OrderID) != id || l.Orders[0].Status != api.Processing {
		t.Errorf("%+v", l)
	}
	if l := must[api.OrderList](t)(c.OrdersBy(x, api.Processing)); len(l.Orders) != 1 {
		t.Errorf("%+v", l)
	}
	if l := must[[]api.Standing](t)(c.Statuses(x, id, 999999)); len(l) != 1 || l[0].Status != api.Processing {
		t.Errorf("%+v", l)
	}
	if l := must[[]api.UnpaidOrder](t)(c.UnpaidOrders(x)); len(l) != 0 {
		t.Errorf("%+v", l)
	}
	if inv := must[api.Invoice](t)(c.OrderInvoice(x, id)); inv.Total.Minor != 2098 || inv.Status != "paid" || inv.ID != p.InvoiceID {
		t.Errorf("%+v", inv)
	}
	if l := must[[]api.Invoice](t)(c.AllInvoices(x)); len(l) != 1 || l[0].Subtotal.Minor != 2098 {
		t.Errorf("%+v", l)
	}
	if l := must[[]api.Invoice](t)(c.UnpaidInvoices(x)); len(l) != 0 {
		t.Errorf("%+v", l)
	}
	if n := must[int64](t)(c.TotalOrders(x)); n != 1 {
		t.Error(n)
	}
	if n := must[int64](t)(c.TotalTransactions(x)); n != 2 {
		t.Error(n)
	}

	buyer := y.buyer(y.URL+"/api", y.Key)
	for _, d := range must[providers.Status](t)(buyer.Status(x, code(id))).Domains {
		y.Publish(t, d.Instruction, d.Name)
	}
	for range 50 {
		if o = must[api.Order](t)(c.OrderStatus(x, id)); o.Status == api.Active {
			break
		}
		_, _ = c.Revalidate(x, id, "")
		time.Sleep(50 * time.Millisecond)
	}
	if info := must[certs.Info](t)(certs.Describe(o.Certificate)); !slices.Contains(info.Names, "san.example.com") || o.CA == "" || o.DCVStatus != api.DCVValidated || o.SAN[0].Status != api.DCVValidated {
		t.Errorf("%+v", o)
	}
	if a := must[api.Reissued](t)(c.ReissueSSLOrder(x, api.Reissue{OrderID: id, CSR: providertest.CSR(t, "every.example.com"), WebServerType: -1, DCVMethod: "dns"})); a.OrderStatus != api.Reissuing || int64(a.OrderID) != id {
		t.Errorf("%+v", a)
	}
	order.CSR = providertest.CSR(t, "gone.example.com")
	gone := must[api.Placed](t)(c.AddSSLOrder(x, order))
	if err := c.CancelSSLOrder(x, int64(gone.OrderID), "not wanted"); err != nil {
		t.Error(err)
	}
	order.CSR = g.CSR
	for what, err := range map[string]error{
		"too early":    second(c.AddSSLRenewOrder(x, order)),
		"more names":   second(c.AddSSLSANOrder(x, api.MoreNames{OrderID: id, SingleCount: 1})),
		"LEI":          second(c.CreateLEI(x, api.NewLEI{ProductID: 1, LegalName: "Example Ltd", Years: 1})),
		"LEI confirm":  second(c.ConfirmLEI(x, 1, true)),
		"LEI status":   second(c.LEIStatus(x, 1)),
		"LEI look-up":  second(c.LookUpLEI(x, "example")),
		"LEI register": second(c.LEIJurisdictions(x)),
	} {
		var r *providers.Refusal
		if !errors.As(err, &r) || r.Message == "" {
			t.Errorf("%s: %v", what, err)
		}
	}
	y.Later(time.Until(o.End.Time) - 10*24*time.Hour)
	if p := must[api.Placed](t)(c.AddSSLRenewOrder(x, order)); p.OrderID < 1 || int64(p.OrderID) == id {
		t.Errorf("%+v", p)
	}
	if _, err := y.Book.Verify(x); err != nil {
		t.Error(fmt.Errorf("the book: %w", err))
	}
}

func second[T any](_ T, err error) error { return err }
