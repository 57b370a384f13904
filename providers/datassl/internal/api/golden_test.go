package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"certbay/providers"
	"certbay/providers/datassl/internal/api"
	"certbay/providers/internal/wire"
)

const key = "YOUR_API_KEY"

func file(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// serve answers each request with a recorded answer and gives what was asked as a .request file has it.
func serve(t *testing.T, status int, answer []byte) (*api.Client, func() (line string, body []byte)) {
	t.Helper()
	var line string
	var body []byte
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		line = r.Method + " " + strings.TrimPrefix(r.URL.RequestURI(), "/api/reseller")
		body, _ = io.ReadAll(r.Body)
		kind := r.Header.Get("Content-Type")
		if r.Header.Get("X-API-Key") != key || r.Header.Get("Accept") != "application/json" || (len(body) > 0) != (kind == "application/json") {
			t.Errorf("%s: header %v", line, r.Header)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write(answer)
	}))
	t.Cleanup(s.Close)
	c, err := api.New(wire.Config{Name: "datassl", BaseURL: s.URL + "/api/reseller/", Retries: -1}, key, "tr")
	if err != nil {
		t.Fatal(err)
	}
	return c, func() (string, []byte) { return line, body }
}

// sameRequest compares a request with its file: the query in any order, the body as JSON.
func sameRequest(t *testing.T, want []byte, line string, body []byte) {
	t.Helper()
	wantLine, wantBody, _ := strings.Cut(string(want), "\n")
	sorted := func(s string) []string {
		path, query, _ := strings.Cut(s, "?")
		parts := strings.Split(query, "&")
		slices.Sort(parts)
		return append([]string{path}, parts...)
	}
	if diff := cmp.Diff(sorted(wantLine), sorted(line)); diff != "" {
		t.Error(diff)
	}
	if strings.TrimSpace(wantBody) == "" {
		if len(body) > 0 {
			t.Errorf("a body where none belongs: %s", body)
		}
		return
	}
	var a, b any
	if err := errors.Join(json.Unmarshal([]byte(wantBody), &a), json.Unmarshal(body, &b)); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	if diff := cmp.Diff(a, b); diff != "" {
		t.Error(diff)
	}
}

const csr = "-----BEGIN CERTIFICATE REQUEST-----\n...\n-----END CERTIFICATE REQUEST-----"

func cents(n int64) wire.Cents { return wire.Cents{Minor: n, Given: true} }

func at(y int, m time.Month, d int, clock ...int) wire.Date {
	c := append(clock, 0, 0, 0)
	return wire.Date{Time: time.Date(y, m, d, c[0], c[1], c[2], 0, time.UTC)}
}

// endpoints are the 22 of the document, each with its request and answer in testdata and what the answer means. The answers that
// the document has no example of were recorded from Certbay.
var endpoints = []struct {
	request, answer string
	call            func(context.Context, *api.Client) (any, error)
	want            any // parts of it; nil: only that it is read
	pick            func(any) any
}{
	{"products", "products", func(x context.Context, c *api.Client) (any, error) {
		return c.Products(x, api.ProductFilter{Brand: "Sectigo", Type: "ssl", Validation: "dv"})
	}, api.ProductList{Envelope: api.Envelope{Success: true}, Count: 25, GroupID: 1, Note: "Sadece grubunuza tanımlanmış ürünler listelenmektedir.",
		Products: wire.List[api.Product]{{ID: 1, Name: "Sectigo PositiveSSL", Brand: "Sectigo", Type: "ssl", ValidationType: "dv", DomainType: "single",
			ListPrice: cents(4999), ListPricing: wire.Dict[wire.Cents]{"1": cents(4999), "2": cents(8999), "3": cents(11999)},
			ResellerPrice: cents(1299), Pricing: wire.Dict[wire.Cents]{"1": cents(1299), "2": cents(2299), "3": cents(2999)}, MaxYears: 3, Warranty: cents(5_000_000)}}}, nil},
	{"product", "product", func(x context.Context, c *api.Client) (any, error) { return c.Product(x, 1) },
		[]any{wire.Int(2), wire.List[api.Term]{{Period: 12, ListPrice: cents(4999), ResellerPrice: cents(1299)}}, wire.Int(50), cents(799)},
		func(v any) any {
			p := v.(api.Product)
			return []any{p.ID, p.Terms, p.SANPricing.SANMax, p.SANPricing.SANPrice}
		}},
	{"san_pricing", "san_pricing", func(x context.Context, c *api.Client) (any, error) { return c.SANPricing(x, 1) },
		[]any{wire.Bool(true), wire.Int(5), cents(4999), wire.Dict[wire.Cents]{"1": cents(799)}},
		func(v any) any {
			p := v.(api.SANPricing)
			return []any{p.SANEnabled, p.WildcardSANMax, p.WildcardSANPrice, p.SANPricing}
		}},
	{"orders", "orders", func(x context.Context, c *api.Client) (any, error) {
		return c.Orders(x, api.OrderFilter{Status: api.Pending, Page: api.Page{Limit: 20}})
	}, []any{2, wire.Int(2), wire.Text("shop.example.com"), at(2026, 11, 20, 21, 48, 51), true},
		func(v any) any {
			l := v.(api.OrderList)
			return []any{len(l.Orders), l.Pagination.Total, l.Orders[1].Domain, l.Orders[1].CreatedAt, l.Orders[1].CompletedAt.IsZero()}
		}},
	{"order", "order", func(x context.Context, c *api.Client) (any, error) { return c.Order(x, 12345) },
		[]any{wire.Text("multi-domain"), wire.Int(12), wire.Int(2), cents(2897), wire.Text(api.ValidationPending)},
		func(v any) any {
			o := v.(api.Order)
			return []any{o.Type, o.Period, o.SANCount, o.Total, o.Status}
		}},
	{"order_placed", "order_placed", func(x context.Context, c *api.Client) (any, error) {
		return c.CreateOrder(x, api.NewOrder{ProductID: 1, Domain: "example.com", Period: 12, SANCount: 2})
	}, api.Placed{Envelope: api.Envelope{Success: true, Message: "Sipariş başarıyla oluşturuldu"}, OrderID: 12345, OrderNumber: "ORD-2026-0042", Domain: "example.com",
		BasePrice: cents(4999), SANTotal: cents(1598), DiscountAmount: cents(3700), Total: cents(2897), Status: "pending", PaymentStatus: "paid",
		CreditUsed: cents(2897), NewBalance: cents(122103), InvoiceNumber: "INV-2026-0078"}, nil},
	{"cancelled", "cancelled", func(x context.Context, c *api.Client) (any, error) { return c.CancelOrder(x, 12345) },
		[]any{wire.Text(api.Cancelled), cents(1299)},
		func(v any) any { a := v.(api.CancelAnswer); return []any{a.Status, a.RefundedAmount} }},
	{"ssl_configure", "ssl", func(x context.Context, c *api.Client) (any, error) {
		return c.Configure(x, api.Configuration{OrderID: 12345, CSR: csr, DCVMethod: "email", ApproverEmail: "admin@example.com"})
	}, nil, nil},
	{"ssl", "ssl", func(x context.Context, c *api.Client) (any, error) { return c.SSL(x, 12345) },
		[]any{wire.Text(api.ValidationPending), 3, wire.Text("CNAME"), "_5e59ec591e7a67965d21129fda72d32d.shop.example.com",
			"E0C76711E244CC769333DE070F0CE1B0F6560A36544B96DEAB43A731DFB15DEE\r\nsandbox-ca.test\r\nuca5gt7mbdydl2ljhbob", wire.Text("admin@example.com")},
		func(v any) any {
			s := v.(api.SSL)
			return []any{s.Status, len(s.Validation), s.Validation[0].DNS.Type, s.Validation[0].DNS.Host, s.Validation[1].HTTP.Content, s.Validation[2].Email.ApproverEmail}
		}},
	{"ssl_resend", "ssl", func(x context.Context, c *api.Client) (any, error) { return c.ResendValidation(x, 12345) }, nil, nil},
	{"ssl_change_dcv", "ssl", func(x context.Context, c *api.Client) (any, error) {
		return c.ChangeDCV(x, api.DCVChange{OrderID: 12345, DCVMethod: "dns"})
	}, nil, nil},
	{"ssl_reissue", "ssl", func(x context.Context, c *api.Client) (any, error) {
		return c.Reissue(x, api.Reissuance{OrderID: 12345, CSR: csr, DCVMethod: "http"})
	}, nil, nil},
	{"csr", "csr", func(x context.Context, c *api.Client) (any, error) { return c.DecodeCSR(x, csr) },
		api.CSR{Domain: "shop.example.com", SAN: wire.List[wire.Text]{"shop.example.com", "mail.example.com", "www2.example.com"}, KeyType: "ECDSA", KeySize: 256,
			SignatureAlgorithm: "ECDSA-SHA256"}, nil},
	{"invoices", "invoices", func(x context.Context, c *api.Client) (any, error) { return c.Invoices(x, "unpaid", api.Page{}) },
		api.InvoiceList{Envelope: api.Envelope{Success: true}, Pagination: api.Pagination{Total: 156, Limit: 50},
			Invoices: wire.List[api.Invoice]{{ID: 78, InvoiceNumber: "INV-2026-0078", OrderNumber: "ORD-2026-0042", Domain: "example.com", Total: cents(2897), Currency: "USD",
				Status: "unpaid", DueDate: at(2026, 2, 21), CreatedAt: at(2026, 2, 14, 10, 30)}}}, nil},
	{"invoice", "invoice", func(x context.Context, c *api.Client) (any, error) { return c.Invoice(x, 78) },
		[]any{wire.Int(1), cents(2897), cents(0), 3, cents(-3700)},
		func(v any) any {
			i := v.(api.Invoice)
			return []any{i.ID, i.Subtotal, i.Tax, len(i.Lines), i.Lines[2].Amount}
		}},
	{"credits", "credits", func(x context.Context, c *api.Client) (any, error) { return c.Credits(x, api.Page{}) },
		api.Credits{Envelope: api.Envelope{Success: true}, Balance: cents(125000), Currency: "USD", Pagination: api.Pagination{Total: 45, Limit: 50},
			Transactions: wire.List[api.Transaction]{
				{ID: 45, Amount: cents(-2897), Type: "debit", Description: "Sipariş ödemesi: ORD-2026-0042", BalanceAfter: cents(122103), CreatedAt: at(2026, 2, 14, 10, 31)},
				{ID: 44, Amount: cents(50000), Type: "credit", Description: "Kredi yükleme", BalanceAfter: cents(125000), CreatedAt: at(2026, 2, 13, 9)}}}, nil},
	{"paid", "paid", func(x context.Context, c *api.Client) (any, error) { return c.PayOrder(x, 12345) },
		api.Paid{Envelope: api.Envelope{Success: true, Message: "Ödeme başarıyla alındı"}, OrderID: 12345, AmountPaid: cents(2897), NewBalance: cents(122103)}, nil},
	{"balance", "balance", func(x context.Context, c *api.Client) (any, error) { return c.Balance(x) },
		[]any{cents(9995804), 3, cents(-1299)},
		func(v any) any {
			b := v.(api.Credits)
			return []any{b.Balance, len(b.Transactions), b.Transactions[0].Amount}
		}},
	{"certificate", "certificate", func(x context.Context, c *api.Client) (any, error) { return c.Certificate(x, 12345) },
		api.CertificateState{OrderID: 12345, Domain: "example.com", Product: "Sectigo PositiveSSL", Brand: "Sectigo", Status: "completed", ValidFrom: at(2026, 2, 14),
			ValidTill: at(2027, 2, 14), HasCertificate: true, HasCABundle: true, DaysRemaining: 365}, nil},
	{"download", "download", func(x context.Context, c *api.Client) (any, error) { return c.Download(x, 12345) },
		api.Files{Domain: "example.com", ValidFrom: at(2026, 2, 14), ValidTill: at(2027, 2, 14), PrivateKeyNote: "Private key sipariş oluşturulurken size iletilmiştir.",
			CertificatePEM: "-----BEGIN CERTIFICATE-----\n...\n-----END CERTIFICATE-----", CABundle: "-----BEGIN CERTIFICATE-----\n...\n-----END CERTIFICATE-----"}, nil},
	{"account", "account", func(x context.Context, c *api.Client) (any, error) { return c.Account(x) },
		[]any{wire.Int(42), wire.Text("Örnek Şirket Ltd."), cents(3000), cents(125000), wire.Int(156), cents(1542000)},
		func(v any) any {
			a := v.(api.Account)
			return []any{a.ID, a.Company, a.DiscountRate, a.CreditBalance, a.Stats.OrderCount, a.Stats.TotalRevenue}
		}},
	{"stats", "stats", func(x context.Context, c *api.Client) (any, error) { return c.Stats(x) },
		[]any{wire.Int(89), cents(234000), wire.List[api.DailySales]{{Date: at(2026, 2, 13), Orders: 5, Revenue: cents(24550)}, {Date: at(2026, 2, 14), Orders: 3, Revenue: cents(18997)}},
			wire.List[api.BrandShare]{{Brand: "Sectigo", Count: 78}, {Brand: "DigiCert", Count: 45}},
			wire.Dict[wire.Int]{"completed": 89, "pending": 3, "processing": 5, "cancelled": 12}},
		func(v any) any {
			s := v.(api.Stats)
			return []any{s.Stats.ActiveOrders, s.Stats.MonthlyRevenue, s.Charts.DailySales, s.Charts.BrandDistribution, s.Charts.StatusDistribution}
		}},
}

func TestEveryEndpointAsksAndReadsAsTheDocumentShows(t *testing.T) {
	if len(endpoints) != 22 {
		t.Fatalf("%d endpoints of 22", len(endpoints))
	}
	for _, e := range endpoints {
		t.Run(e.request, func(t *testing.T) {
			c, asked := serve(t, 200, file(t, e.answer+".json"))
			got, err := e.call(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			line, body := asked()
			sameRequest(t, file(t, e.request+".request"), line, body)
			if e.pick != nil {
				got = e.pick(got)
			}
			if e.want == nil {
				if reflect.ValueOf(got).IsZero() {
					t.Error("nothing was read")
				}
				return
			}
			if diff := cmp.Diff(e.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRefusalsBecomeTheVocabularysErrors(t *testing.T) {
	for _, tc := range []struct {
		status  int
		answer  []byte
		is      error
		field   string
		words   string
		trouble providers.Trouble
	}{
		{402, file(t, "refused_credit.json"), providers.ErrRefused, "balance", "Yetersiz bakiye. Gerekli: $28.97 Mevcut: $10.00", ""},
		{200, file(t, "refused_credit.json"), providers.ErrRefused, "", "Yetersiz bakiye. Gerekli: $28.97 Mevcut: $10.00", ""},
		{409, file(t, "refused_cancel.json"), providers.ErrRefused, "", "Sadece pending veya processing durumundaki siparişler iptal edilebilir.", ""},
		{422, file(t, "refused_field.json"), providers.ErrRefused, "names", "domain: Yalnızca adı yazın: https://, yol, bağlantı noktası ve boşluk olmadan", ""},
		{400, []byte(`{"success":false,"error":"csr: Geçersiz CSR"}`), providers.ErrRefused, "csr", "csr: Geçersiz CSR", ""},
		{403, []byte(`{"success":false,"error":"Bayi grubu tanımsız"}`), providers.ErrRefused, "", "Bayi grubu tanımsız", ""},
		{403, []byte(`{"success":false,"error":"Yetki yok","code":"scope_missing"}`), providers.ErrCredentials, "", "Yetki yok", ""},
		{401, []byte(`{"success":false,"error":"Geçersiz API anahtarı"}`), providers.ErrCredentials, "", "Geçersiz API anahtarı", ""},
		{404, []byte(`{"success":false,"error":"Sipariş bulunamadı"}`), providers.ErrUnknown, "", "Sipariş bulunamadı", ""},
		{404, []byte(`<html><title>404</title></html>`), providers.ErrUnavailable, "", "404", providers.TroubleContent},
		{405, []byte(`{"success":false,"error":"Desteklenmiyor"}`), providers.ErrNotSent, "", "Desteklenmiyor", providers.TroubleContent},
		{409, []byte(`{"success":false,"error":"sürüyor","code":"idempotency_running"}`), providers.ErrUnsure, "", "sürüyor", providers.TroubleBusy},
		{429, []byte(`{"success":false,"error":"Çok fazla istek"}`), providers.ErrNotSent, "", "Çok fazla istek", providers.TroubleBusy},
		{500, []byte(`{"success":false,"error":"Sunucu hatası"}`), providers.ErrUnsure, "", "Sunucu hatası", providers.TroubleStatus},
		{200, []byte(`{"success":false}`), providers.ErrUnsure, "", "neither success", providers.TroubleContent},
		{200, []byte(`{}`), providers.ErrUnsure, "", "neither success", providers.TroubleContent},
		{200, []byte(`[]`), providers.ErrUnsure, "", "not the JSON that was expected", providers.TroubleContent},
	} {
		c, _ := serve(t, tc.status, tc.answer)
		_, err := c.CreateOrder(t.Context(), api.NewOrder{ProductID: 1, Domain: "example.com"})
		if !errors.Is(err, tc.is) || !strings.Contains(err.Error(), tc.words) || !strings.HasPrefix(err.Error(), "datassl: POST /orders: ") {
			t.Errorf("%d %s: %v", tc.status, tc.answer, err)
		}
		var r *providers.Refusal
		if errors.As(err, &r) && (r.Field != tc.field || r.Message != tc.words) || (r != nil) != (tc.is == providers.ErrRefused) {
			t.Errorf("%d %s: %+v", tc.status, tc.answer, r)
		}
		var f *providers.Failure
		if errors.As(err, &f) != (tc.trouble != "") || f != nil && (f.Trouble != tc.trouble || f.Upstream != "datassl") {
			t.Errorf("%d %s: %+v", tc.status, tc.answer, f)
		}
	}
}

// What other programs than Certbay may send for the same things.
func TestAnswersAreReadInOtherSpellingsToo(t *testing.T) {
	loose := []byte(`{"success":"1","products":{"0":{"id":"7","name":"X","brand":"B","type":"ssl","validation_type":"dv","list_price":"49.99","pricing":[],"reseller_price":null,
		"max_years":"3","warranty":"$1,750,000","san_enabled":"0"}},"count":"1"}`)
	c, _ := serve(t, 200, append(bytes.Clone([]byte("\xef\xbb\xbf")), loose...))
	l, err := c.Products(t.Context(), api.ProductFilter{})
	if err != nil || len(l.Products) != 1 {
		t.Fatalf("%+v, %v", l, err)
	}
	p := l.Products[0]
	if p.ID != 7 || p.ListPrice != cents(4999) || p.ResellerPrice.Given || p.MaxYears != 3 || p.Warranty != cents(175_000_000) || bool(p.SANEnabled) || len(p.Pricing) != 0 {
		t.Errorf("%+v", p)
	}
}
