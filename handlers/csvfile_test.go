package handlers_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"certbay/db"
	"certbay/db/money"
	"certbay/web/webtest"
)

// sendFile posts a form with a file as a browser does; the text beside it is empty.
func sendFile(t testing.TB, b *webtest.Browser, path, content string) webtest.Answer {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	ok(t, form.WriteField("csv", ""))
	file, err := form.CreateFormFile("file", "prices.csv")
	ok(t, err)
	_, err = file.Write([]byte(content))
	ok(t, err)
	ok(t, form.Close())
	r := b.Request(http.MethodPost, path, &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return b.Do(r)
}

func TestPricesComeInAsAFileToo(t *testing.T) {
	s := openShop(t)
	admin := s.SignedIn(t, db.RoleAdmin)
	group := fmt.Sprintf("/admin/groups/%d", s.group(t))
	price := func() int64 {
		return must[db.Product](t)(s.Book.Product(t.Context(), s.buyer.ID, s.product)).Terms[0].GroupCents
	}
	if doc := admin.Get(group + "/import").Document(t); doc.Find("form[enctype='multipart/form-data'] input[type=file][name=file]").Length() != 1 {
		t.Fatal("the form takes no file")
	}
	out := admin.Get(group + "/prices.csv").Body
	commas := strings.Replace(out, "12.99", "14.29", 1)
	for name, file := range map[string]string{"as exported": commas, "with a mark and CRLF": "\ufeff" + strings.ReplaceAll(commas, "\n", "\r\n"),
		"with semicolons": strings.ReplaceAll(commas, ",", ";")} {
		ok(t, s.Book.SetGroupPrice(t.Context(), db.System, s.group(t), s.product, 12, 1299))
		preview := sendFile(t, admin, group+"/import", file)
		if preview.Status != http.StatusOK || !strings.Contains(preview.Body, "$14.29") || price() != 1299 {
			t.Fatalf("%s: %d, price %d", name, preview.Status, price())
		}
		apply := url.Values{}
		for _, in := range preview.Document(t).Find("form.card-foot input").EachIter() {
			apply.Set(in.AttrOr("name", ""), in.AttrOr("value", ""))
		}
		done(t, admin, admin.Post(group+"/import", apply), group, "success")
		if price() != 1429 {
			t.Errorf("%s: price %d", name, price())
		}
	}
	rejected(t, sendFile(t, admin, group+"/import", "PK\x03\x04\xff\xfe"), "file")
	rejected(t, sendFile(t, admin, "/admin/rates/import", "PK\x03\x04\xff\xfe"), "file")
	rejected(t, sendFile(t, admin, group+"/import", ""), "csv")
}

// "Currency mistakes" (asks 11): an import is seen before it counts, and what is
// far from the rate of before stands out.
func TestRatesAreSeenBeforeTheyAreEntered(t *testing.T) {
	s := openShop(t)
	admin := s.SignedIn(t, db.RoleAdmin)
	day := s.Book.Now().UTC().AddDate(0, 0, -1)
	ok(t, s.Book.AddRates(t.Context(), db.System, db.NewRate{Currency: money.CurrencyEUR, Day: day, USDe8: 108_000_000, Source: "ECB"}))
	before, today := day.AddDate(0, 0, -1).Format("2006-01-02"), day.AddDate(0, 0, 1).Format("2006-01-02")
	preview := sendFile(t, admin, "/admin/rates/import",
		"EUR,"+before+",1.07,ECB\nEUR,"+today+",1.09,ECB\nTRY,"+today+",0.0241,TCMB\nEUR,"+today+",10.9,ECB\n")
	var states []string
	for _, row := range preview.Document(t).Find("main tbody tr").EachIter() {
		states = append(states, plainSpace(row.Find(".pill").Text()))
	}
	if want := "Newer one counts|Newer one counts|Will count|909.25% off: a mistake?"; strings.Join(states, "|") != want {
		t.Fatalf("%d: %q", preview.Status, states)
	}
	if _, n, _ := s.Book.Rates(t.Context(), db.Page{}); n != 1 {
		t.Fatalf("%d rates before anybody confirmed", n)
	}
	form := shownForm(t, preview)
	if a := s.SignedIn(t, db.RoleSupport).Post("/admin/rates/import", form); a.Status != http.StatusForbidden {
		t.Errorf("support: %d", a.Status)
	}
	done(t, admin, admin.Post("/admin/rates/import", form), "/admin/rates", "success")
	if _, n, _ := s.Book.Rates(t.Context(), db.Page{}); n != 5 {
		t.Errorf("%d rates", n)
	}
}

func TestARateThatSellsBelowCostIsAnAlarm(t *testing.T) {
	s := openShop(t)
	ctx, admin := t.Context(), s.SignedIn(t, db.RoleAdmin)
	euro := must[int64](t)(s.Book.CreateProduct(ctx, db.System, db.Product{Brand: "Certum", Name: "Commercial", Kind: db.KindSSL, Validation: "dv", DomainType: "single",
		DCVMethods: []string{"dns"}, Terms: []db.Term{{Months: 12, ListCents: 4999}}}, db.Offer{Upstream: "sandbox", ProductCode: "single", CostCents: 1000, Currency: money.CurrencyEUR}))
	today := s.Book.Now().UTC().Format("2006-01-02")
	enter := func(rate string) {
		t.Helper()
		done(t, admin, admin.Post("/admin/rates", url.Values{"currency": {"EUR"}, "day": {today}, "rate": {rate}, "source": {"ECB"}}), "/admin/rates", "success")
	}
	enter("1.08")
	ok(t, s.Book.SetGroupPrice(ctx, db.System, s.group(t), euro, 12, 1200))
	const alarm = "1 price is below its cost"
	if a := admin.Get("/admin"); strings.Contains(a.Body, alarm) {
		t.Error("an alarm for nothing")
	}
	enter("1.21")
	if a := admin.Get("/admin"); !strings.Contains(a.Body, alarm) {
		t.Error("no alarm")
	}
}

func TestANewOfferIsOfAnUpstreamThatIsSetUp(t *testing.T) {
	s := openShop(t)
	admin := s.SignedIn(t, db.RoleAdmin)
	form := admin.Get("/admin/products/new").Document(t)
	var names []string
	for _, option := range form.Find("select[name=upstream-0] option").EachIter() {
		names = append(names, option.AttrOr("value", "?"))
	}
	if strings.Join(names, " ") != " sandbox" {
		t.Fatalf("the form offers %q", names)
	}
	sheet := sheetForm()
	sheet.Set("upstream-0", "sandbocks")
	rejected(t, admin.Post("/admin/products/new", sheet), "upstream-0")
	// An offer of an upstream that is no longer set up can still be edited.
	old := must[int64](t)(s.Book.CreateProduct(t.Context(), db.System, db.Product{Brand: "Certum", Name: "Old", Kind: db.KindSSL, Validation: "dv", DomainType: "single",
		DCVMethods: []string{"dns"}, Terms: []db.Term{{Months: 12, ListCents: 4999}}}, db.Offer{Upstream: "gone", ProductCode: "single", CostCents: 1000}))
	page := fmt.Sprintf("/admin/products/%d", old)
	edit := shownForm(t, admin.Get(page))
	edit.Set("cost-0", "11.00")
	done(t, admin, admin.Post(page, edit), page, "success")
	if cost := must[db.ProductSheet](t)(s.Book.ProductSheet(t.Context(), old)).Offers[0].CostCents; cost != 1100 {
		t.Errorf("cost %d", cost)
	}
}
