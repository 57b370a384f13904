package handlers_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"certbay/db"
	"certbay/web/webtest"
)

// books is a shop whose buyer pays tax, sits in Turkey, and has people of its own.
type books struct {
	shop
	buyers map[db.Role]db.Person
	multi  int64
}

func openBooks(t testing.TB, lang string) books {
	t.Helper()
	s, ctx := openShop(t), t.Context()
	b := books{shop: s, buyers: map[db.Role]db.Person{}}
	ok(t, s.Book.SetOperator(ctx, db.System, db.Operator{Brand: "Sertifika Çarşısı", Company: "Işık Güvenlik Bilişim A.Ş.", Address: "Şehit Öğretmen Cad. 7", City: "İzmir", Country: "TR", TaxOffice: "Kemeraltı", TaxID: "1234567890", Email: "fatura@isik.example"}))
	b.buyer = must[db.Reseller](t)(s.Book.CreateReseller(ctx, db.System, db.NewReseller{Name: "Yağmur", Company: "Yağmur İnternet Hizmetleri Ltd. Şti.",
		Email: "info@yagmur.example", Address: "Çınaraltı Sk. 12", City: "Eskişehir", Country: "TR", TaxOffice: "Odunpazarı", TaxID: "99", TaxRateBP: 2000, GroupID: s.buyer.GroupID}))
	b.multi = must[int64](t)(s.Book.CreateProduct(ctx, db.System,
		db.Product{Brand: "Sectigo", Name: "PositiveSSL Multi-Domain", Kind: db.KindMultiDomain, Validation: "dv", DomainType: "multi", SANMax: 50, WildcardSANMax: 5,
			DCVMethods: []string{"dns"}, Terms: []db.Term{{Months: 12, ListCents: 123456, SANCents: 799, WildcardSANCents: 4999}}},
		db.Offer{Upstream: "sandbox", ProductCode: "multi", CostCents: 900}))
	ok(t, s.Book.SetGroupPrice(ctx, db.System, s.buyer.GroupID, b.multi, 12, 120001))
	ok(t, s.Book.AddCredit(ctx, db.System, b.buyer.ID, 10*opening, "buyer", "opening credit"))
	for _, role := range []db.Role{db.RoleOwner, db.RoleBilling, db.RoleTechnical, db.RoleViewer} {
		b.buyers[role] = must[db.Person](t)(s.Book.CreatePerson(ctx, db.System, db.NewPerson{ResellerID: b.buyer.ID, Role: role,
			Name: string(role), Email: string(role) + "@yagmur.example", Password: webtest.Password, Lang: lang}))
	}
	return b
}

func (b books) place(t testing.TB) (order int64, invoice db.Invoice) {
	t.Helper()
	o := must[db.Order](t)(b.Book.PlaceOrder(t.Context(), b.staff, b.buyer.ID, db.NewOrder{ProductID: b.multi, Months: 12,
		Domain: "xn--gvenlik-n2a.example", SANs: []string{"a.example", "*.b.example"}}))
	return o.ID, must[db.Invoice](t)(b.Book.OrderInvoice(t.Context(), o.ID))
}

// pdfText reads a PDF back, as people copy from it.
func pdfText(t testing.TB, pdf []byte) string {
	t.Helper()
	if _, err := exec.LookPath("pdftotext"); err != nil {
		t.Fatal("pdftotext is missing: install poppler-utils (make test-unit does: e2e/install.sh unit)")
	}
	file := filepath.Join(t.TempDir(), "document.pdf")
	ok(t, os.WriteFile(file, pdf, 0o600))
	out, err := exec.Command("pdftotext", "-layout", "-enc", "UTF-8", file, "-").Output()
	if err != nil {
		t.Fatalf("pdftotext: %v", err)
	}
	return plainSpace(string(out))
}

func plainSpace(s string) string { return strings.Join(strings.Fields(s), " ") }

// amounts are the sums of money on a document's page.
func amounts(t testing.TB, a webtest.Answer) []string {
	t.Helper()
	var found []string
	a.Document(t).Find("article td.num:last-child, article .invoice-sums dd").Each(func(_ int, s *goquery.Selection) {
		found = append(found, plainSpace(s.Text()))
	})
	return found
}

func TestThePDFSaysWhatThePageSays(t *testing.T) {
	for _, lang := range []string{"tr", "en"} {
		t.Run(lang, func(t *testing.T) {
			b := openBooks(t, lang)
			order, invoice := b.place(t)
			owner := b.SignedInAs(t, b.buyers[db.RoleOwner])
			compare := func(page string, number string) {
				t.Helper()
				shown, file := owner.Get(page), owner.Get(page+"/pdf")
				if shown.Status != http.StatusOK || file.Status != http.StatusOK || file.Header.Get("Content-Type") != "application/pdf" ||
					file.Header.Get("Content-Disposition") != `attachment; filename="`+number+`.pdf"` {
					t.Fatalf("%d, %d %v", shown.Status, file.Status, file.Header)
				}
				text, sums := pdfText(t, []byte(file.Body)), amounts(t, shown)
				if len(sums) != 7 { // product, names, wildcard names, discount, net, tax, total
					t.Fatalf("amounts on the page: %q", sums)
				}
				for amount, times := range count(sums) {
					if strings.Count(text, amount) != times {
						t.Errorf("%s stands %d times on the page and %d times in the file: %s", amount, times, strings.Count(text, amount), text)
					}
				}
				for _, words := range []string{shown.Title(t), number, "Sertifika Çarşısı", "Işık Güvenlik Bilişim A.Ş.", "Şehit Öğretmen Cad. 7", "İzmir, TR", "Kemeraltı 1234567890",
					"Yağmur İnternet", "Çınaraltı Sk. 12", "Eskişehir, TR", "Odunpazarı 99", "güvenlik.example", "PositiveSSL Multi-Domain", "20"} {
					if !strings.Contains(text, words) {
						t.Errorf("%q is not in the file: %s", words, text)
					}
				}
				if again := owner.Get(page + "/pdf"); again.Body != file.Body {
					t.Error("the same document gives other bytes")
				}
			}
			page := fmt.Sprint("/invoices/", invoice.ID)
			compare(page, invoice.Number)
			must[int64](t)(b.Book.CancelOrder(t.Context(), b.staff, b.buyer.ID, order))
			compare(page, invoice.Number)
			note := must[db.CreditNote](t)(b.Book.InvoiceCreditNote(t.Context(), invoice.ID))
			compare(fmt.Sprint("/credit-notes/", note.ID), note.Number)
			if text := pdfText(t, []byte(owner.Get(page+"/pdf").Body)); !strings.Contains(text, note.Number) {
				t.Errorf("the cancelled invoice does not name its credit note: %s", text)
			}
			b.verify(t)
		})
	}
}

// count says how often each amount stands among the others, alone or as a part.
func count(amounts []string) map[string]int {
	times, all := map[string]int{}, strings.Join(amounts, " ")
	for _, a := range amounts {
		times[a] = strings.Count(all, a)
	}
	return times
}

func TestALongInvoiceKeepsItsAmountsOnItsPages(t *testing.T) {
	b := openBooks(t, "en")
	ok(t, b.Book.SetOperator(t.Context(), db.System, db.Operator{Brand: strings.Repeat("Brand ", 10), Company: strings.Repeat("Şirket ", 40), Address: strings.Repeat("Sokak ", 60)}))
	_, invoice := b.place(t)
	owner := b.SignedInAs(t, b.buyers[db.RoleOwner])
	page := fmt.Sprint("/invoices/", invoice.ID)
	text := pdfText(t, []byte(owner.Get(page+"/pdf").Body))
	for _, amount := range amounts(t, owner.Get(page)) {
		if !strings.Contains(text, amount) {
			t.Errorf("%s is not in the file", amount)
		}
	}
}

func TestCreditNotesAreListedForWhoMaySeeMoney(t *testing.T) {
	b := openBooks(t, "en")
	order, invoice := b.place(t)
	must[int64](t)(b.Book.CancelOrder(t.Context(), b.staff, b.buyer.ID, order))
	note := must[db.CreditNote](t)(b.Book.InvoiceCreditNote(t.Context(), invoice.ID))
	path := fmt.Sprint("/credit-notes/", note.ID)
	for _, role := range []db.Role{db.RoleOwner, db.RoleBilling, db.RoleViewer} {
		reader := b.SignedInAs(t, b.buyers[role])
		if list := reader.Get("/credit-notes"); !strings.Contains(list.Body, note.Number) || !strings.Contains(list.Body, `href="`+path+`"`) {
			t.Errorf("%s: %d %s", role, list.Status, list.Body)
		}
		if page := reader.Get(path); page.Title(t) != "Credit note "+note.Number || !strings.Contains(page.Body, fmt.Sprintf(`href="/invoices/%d"`, invoice.ID)) {
			t.Errorf("%s: %d", role, page.Status)
		}
		if page := reader.Get(fmt.Sprint("/invoices/", invoice.ID)); !strings.Contains(page.Body, `href="`+path+`"`) || !strings.Contains(page.Body, "Cancelled") {
			t.Errorf("%s: the invoice does not name its note", role)
		}
	}
	stranger := b.SignedInAs(t, b.Outsider)
	for _, foreign := range []string{path, path + "/pdf", fmt.Sprintf("/invoices/%d/pdf", invoice.ID), "/credit-notes/x", "/invoices/0/pdf"} {
		if a := stranger.Get(foreign); a.Status != http.StatusNotFound {
			t.Errorf("%s: %d", foreign, a.Status)
		}
	}
	if a := stranger.Get("/credit-notes"); a.Status != http.StatusOK || strings.Contains(a.Body, note.Number) {
		t.Errorf("a stranger sees the list: %d", a.Status)
	}
}

func TestABillingAddressIsSetByWhoKeepsTheBooks(t *testing.T) {
	b := openBooks(t, "en")
	for _, role := range []db.Role{db.RoleTechnical, db.RoleViewer} {
		if a := b.SignedInAs(t, b.buyers[role]).Post("/invoices/address", url.Values{"email": {"x@yagmur.example"}}); a.Status != http.StatusForbidden {
			t.Errorf("%s: %d", role, a.Status)
		}
	}
	clerk := b.SignedInAs(t, b.buyers[db.RoleBilling])
	for _, bad := range []string{"no address", "a@b.example, c@d.example", "A <a@b.example>", "a@b.example\r\nBcc: c@d.example"} {
		rejected(t, clerk.Post("/invoices/address", url.Values{"email": {bad}}), "email")
	}
	for _, good := range []string{" muhasebe@yagmur.example ", "muhasebe@yagmur.example", ""} {
		done(t, clerk, clerk.Post("/invoices/address", url.Values{"email": {good}}), "/invoices/address", "success")
		want := db.BillingAddress{Own: strings.TrimSpace(good), Usual: "info@yagmur.example"}
		if got := must[db.BillingAddress](t)(b.Book.BillingAddress(t.Context(), b.buyer.ID)); got != want {
			t.Errorf("%+v", got)
		}
	}
	if _, n, err := b.Book.AuditRows(t.Context(), db.AuditFilter{ResellerID: b.buyer.ID, Action: "reseller.billing_email"}); err != nil || n != 2 {
		t.Errorf("%d lines in the audit", n)
	}
	if got := must[db.BillingAddress](t)(b.Book.BillingAddress(t.Context(), b.Reseller.ID)); got.Own != "" {
		t.Errorf("another reseller's: %+v", got)
	}
}

func TestAnInvoiceIsMailedOnceToTheBillingAddress(t *testing.T) {
	b, ctx := openBooks(t, "en"), t.Context()
	order, invoice := b.place(t)
	ok(t, b.Book.SetBillingAddress(ctx, db.System, b.buyer.ID, "muhasebe@yagmur.example"))
	balance, _, err := b.Book.Wallet(ctx, b.buyer.ID)
	ok(t, err)
	page := fmt.Sprint("/invoices/", invoice.ID)
	for _, role := range []db.Role{db.RoleTechnical, db.RoleViewer} {
		if a := b.SignedInAs(t, b.buyers[role]).Post(page+"/mail", nil); a.Status != http.StatusForbidden {
			t.Errorf("%s: %d", role, a.Status)
		}
	}
	if a := b.SignedInAs(t, b.Outsider).Post(page+"/mail", nil); a.Status != http.StatusNotFound {
		t.Errorf("a stranger: %d", a.Status)
	}
	clerk := b.SignedInAs(t, b.buyers[db.RoleBilling])
	for range 2 { // a double click
		done(t, clerk, clerk.Post(page+"/mail", nil), page, "success")
	}
	sent := b.carry(t)
	if len(sent) != 1 || sent[0].To != "muhasebe@yagmur.example" || len(sent[0].Attachments) != 1 {
		t.Fatalf("%d mails", len(sent))
	}
	if file := sent[0].Attachments[0]; file.Name != invoice.Number+".pdf" || !bytes.Equal(file.Content, []byte(clerk.Get(page+"/pdf").Body)) {
		t.Errorf("attached %s, not what the page offers", file.Name)
	}
	if got := must[db.Invoice](t)(b.Book.OrderInvoice(ctx, order)); got.Status != db.InvoiceSent {
		t.Errorf("the invoice is %s", got.Status)
	}
	if shown := clerk.Get(page); !strings.Contains(shown.Body, "muhasebe@yagmur.example") || !strings.Contains(shown.Body, "Sent") {
		t.Error("the page does not say where it went")
	}
	if now, _, err := b.Book.Wallet(ctx, b.buyer.ID); err != nil || now != balance {
		t.Errorf("balance %d, was %d", now, balance)
	}

	must[int64](t)(b.Book.CancelOrder(ctx, b.staff, b.buyer.ID, order))
	done(t, clerk, clerk.Post(page+"/mail", nil), page, "success")
	sent = b.carry(t)
	var names []string
	for _, a := range sent[0].Attachments {
		names = append(names, a.Name)
	}
	note := must[db.CreditNote](t)(b.Book.InvoiceCreditNote(ctx, invoice.ID))
	if !slices.Equal(names, []string{invoice.Number + ".pdf", note.Number + ".pdf"}) {
		t.Errorf("attached %q", names)
	}
	if got := must[db.Invoice](t)(b.Book.OrderInvoice(ctx, order)); got.Status != db.InvoiceCancelled {
		t.Errorf("the cancelled invoice is %s", got.Status)
	}
	b.verify(t)
}

// carry does the mail jobs that wait, and returns the mails.
func (b books) carry(t testing.TB) []db.Mail {
	t.Helper()
	var mails []db.Mail
	for {
		job, err := b.Book.ClaimJob(t.Context(), 1e9)
		if errors.Is(err, db.ErrNotFound) {
			return mails
		}
		ok(t, err)
		if job.Kind != db.JobMail {
			t.Fatalf("a job of kind %s", job.Kind)
		}
		mails = append(mails, must[db.Mail](t)(db.MailOf(job)))
		ok(t, b.Book.RecordMail(t.Context(), job.SubjectID, "", true))
		ok(t, b.Book.FinishJob(t.Context(), job))
	}
}
