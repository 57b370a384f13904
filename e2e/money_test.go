package e2e

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/playwright-community/playwright-go"
)

// chooseFile puts a file into the field with a name.
func (b *tab) chooseFile(name, file string, content []byte) {
	b.t.Helper()
	must(b.t, b.Locator("main input[type=file][name='"+name+"']").SetInputFiles([]playwright.InputFile{{Name: file, Buffer: content}}))
}

// mailed opens the newest mail to an address once it says these words.
func (b *tab) mailed(to, words string) {
	b.t.Helper()
	for range 20 {
		if b.mail(to); strings.Contains(b.text("main"), words) {
			return
		}
		time.Sleep(250 * time.Millisecond)
	}
	b.t.Fatalf("the newest mail to %s is %q, want %q", to, b.text("main"), words)
}

var dollars = regexp.MustCompile(`−?\$[0-9,]+\.[0-9]{2}`)

// A reseller whose credit is short orders all the same, reports a transfer, and
// once an admin has found it on the bank's statement pays with it.
func TestAnOrderWaitsForATopUpAndIsPaidWithIt(t *testing.T) {
	const domain = "sonra.ornek.com.tr"
	owner := signedIn(t, shop.access.of("owner", "Ege Bulut"))
	admin := signedIn(t, shop.access.Admin)
	admin.open("/admin/resellers")
	admin.press("main tbody a:text-is('Ege Bulut')")
	reseller := admin.path()
	must(t, admin.Locator("main [name=pay_later]").SetChecked(true))
	admin.press("main form[action$='/pay-later'] button")
	balance := strings.NewReplacer("$", "", ",", "", "−", "-").Replace(dollars.FindString(owner.creditBalance()))
	var whole, cents int64
	if _, err := fmt.Sscanf(balance, "%d.%d", &whole, &cents); err != nil {
		t.Fatalf("balance %q: %v", balance, err)
	}
	admin.choose("kind", "adjustment")
	admin.fill("amount", fmt.Sprintf("-%d.%02d", whole+50, cents)) // the allowance is $50
	admin.fill("reason", "Spent elsewhere")
	admin.press("main form[action$='/credit'] button[type=submit]")
	if admin.path() != reseller {
		t.Fatalf("taking the credit off leads to %s: %s", admin.path(), admin.text("main"))
	}

	owner.openOrder("Sectigo PositiveSSL", 12)
	owner.fill("domain", domain)
	owner.press(button("Check the order"))
	owner.at(200, "Check your answers")
	owner.look(200, "checkorder-short")
	owner.press(button("Place unpaid"))
	order := orderOf(owner.path())
	owner.shows("main", "Waiting for payment", "Ordered, not paid", "Total, not paid")
	owner.look(200, "order-unpaid")
	owner.press(button("Pay $"))
	owner.look(402, "order-pay-short")

	billing := signedIn(t, shop.access.of("billing", "Ege Bulut"))
	billing.open("/credits")
	billing.press(button("Report a transfer"))
	var receipt bytes.Buffer
	must(t, png.Encode(&receipt, image.NewGray(image.Rect(0, 0, 40, 20))))
	billing.fill("amount", "500.00")
	billing.fill("reference", "DEKONT-7781")
	billing.press(button("Send the request"))
	billing.look(422, "topup-without-receipt")
	billing.chooseFile("receipt", "dekont.png", receipt.Bytes())
	billing.press(button("Send the request"))
	billing.shows("main", "The request over $500.00 is sent", "DEKONT-7781", "Waiting")
	billing.look(200, "credits-topup-waiting")

	admin.mailed(shop.access.Admin.Email, "DEKONT-7781")
	admin.press("main a[href*='/admin/top-ups/']")
	admin.look(200, "admin-topup-decide")
	if got := admin.download("main a[href$='/receipt']", ""); !bytes.Equal(got, receipt.Bytes()) {
		t.Error("the admin gets another receipt than was sent")
	}
	decision := admin.path()
	admin.press(button("Approve and credit $500.00"))
	admin.shows("main", "$500.00 is on the wallet of Ege Bulut")
	v := visit(t, shop).signIn(shop.access.Admin)
	v.post(decision+"/approve", "note", "")
	billing.mailed(shop.access.of("billing", "Ege Bulut").Email, "onaylandı") // in the language of who asked
	billing.open("/credits")
	billing.shows("main", "$450.00", "Approved")

	// Billing may pay what was ordered; technical staff goes on with it.
	billing.open("/")
	billing.press("main a[href='" + order + "']")
	billing.press(button("Pay $"))
	billing.shows("main", "The order is paid", "Ordered and paid")
	billing.look(200, "order-paid-later")
	technical := signedIn(t, shop.access.of("technical", "Ege Bulut"))
	technical.open(order)
	technical.press(button("Continue with the CSR"))
	technical.at(200, domain)
}

// creditBalance is what the credits page says.
func (b *tab) creditBalance() string {
	b.t.Helper()
	b.open("/credits")
	return b.text("main .cols-3, main .cols-4")
}

func TestManyInvoicesComeAsOneZip(t *testing.T) {
	b := signedIn(t, shop.access.OtherReseller)
	b.open("/invoices?status=cancelled")
	rows := b.count("main tbody tr")
	b.press("main form[action='/invoices/zip'] button")
	b.at(200, "Invoices as one file")
	must(t, b.Locator("main a[href$='/file']").WaitFor(playwright.LocatorWaitForOptions{Timeout: playwright.Float(30_000)}))
	b.look(200, "invoices-zip")
	files := unzip(t, b.download("main a[href$='/file']", ""))
	if len(files) != rows || rows == 0 {
		t.Errorf("%d files for %d invoices", len(files), rows)
	}
	for name, content := range files {
		if !strings.HasSuffix(name, ".pdf") || !bytes.HasPrefix(content, []byte("%PDF-")) {
			t.Errorf("%s is no PDF", name)
		}
	}
}

func TestPricesChangeInBulkAndComeBackFromAFile(t *testing.T) {
	admin := signedIn(t, shop.access.Admin)
	admin.open("/admin/groups")
	admin.press("main tbody a:text-is('Standart')")
	group := admin.path()
	before := admin.download("main a[href$='/prices.csv']", "prices.csv")
	admin.press(button("Change many prices"))
	admin.fill("percent", "lots")
	admin.press(button("Preview"))
	admin.look(422, "admin-prices-bulk-wrong")
	admin.fill("percent", "-90")
	admin.press(button("Preview"))
	admin.shows("main", "Below cost")
	admin.look(200, "admin-prices-bulk-below")
	admin.selectOption("main select[name=brand]", "Sectigo")
	admin.fill("percent", "10")
	admin.press(button("Preview"))
	admin.look(200, "admin-prices-bulk-preview")
	admin.press(button("Change these prices"))
	admin.shows("main", "Prices changed")
	if after := admin.download("main a[href$='/prices.csv']", "prices.csv"); bytes.Equal(after, before) {
		t.Fatal("no price has changed")
	}

	admin.open(group + "/import")
	admin.chooseFile("file", "prices.csv", append(append([]byte{}, before...), "999999,x,12,fixed,1,\n"...))
	admin.press(button("Preview"))
	admin.shows("main", "Changed", "stay as they are", "product_id 999999", "No such")
	admin.look(200, "admin-prices-import-preview")
	admin.press(button("Change these prices"))
	if after := admin.download("main a[href$='/prices.csv']", "prices.csv"); !bytes.Equal(after, before) {
		t.Error("the prices of the file are not those of the group")
	}
}

func TestRatesAreSeenBeforeTheyAreEntered(t *testing.T) {
	for _, lang := range [][]option{nil, {inTurkish}} {
		admin := signedIn(t, shop.access.Admin, lang...)
		admin.open("/admin/rates")
		day := admin.value("day")
		admin.chooseFile("file", "rates.csv", []byte("currency;day;rate;source\nGBP;"+day+";1.31;BoE\nTRY;"+day+";2.41;TCMB\n"))
		admin.press("main form[action='/admin/rates/import'] button")
		admin.look(200, "admin-rates-preview")
		admin.press("main form[action='/admin/rates/import'] .btn-primary")
		admin.look(200, "admin-rates-entered")
		admin.chooseFile("file", "rates.csv", []byte("TRY;"+day+";0.0241;TCMB\n"))
		admin.press("main form[action='/admin/rates/import'] button")
		admin.press("main form[action='/admin/rates/import'] .btn-primary")
	}
}

// The price changes while a reseller looks at it.
func TestANewPriceIsAskedAboutBeforeItIsCharged(t *testing.T) {
	admin := signedIn(t, shop.access.Admin)
	admin.open("/admin/groups")
	admin.press("main tbody a:text-is('Gold')")
	admin.press("main tbody a:text-is('Sectigo EssentialSSL')")
	page, before := admin.path(), admin.value("value-12")
	for _, lang := range [][]option{nil, {inTurkish}} {
		b := signedIn(t, shop.access.Reseller, lang...)
		b.open("/catalog")
		b.press("main tbody a:text-is('Sectigo EssentialSSL')")
		b.press("main tbody a[href*='/orders/new'][href*='months=12']")
		b.fill("domain", "degisen.ornek.com.tr")
		b.press("main form[action='/orders/check'] button[type=submit]")
		admin.open(page)
		admin.fill("value-12", "39.99")
		admin.press("main form .btn-primary")
		credit := b.balance()
		b.press("main form[action='/orders'] .btn-primary")
		b.shows("main", "39")
		b.look(409, "checkorder-changed")
		if b.balance() != credit {
			t.Errorf("the balance goes from %s to %s", credit, b.balance())
		}
		admin.open(page)
		admin.fill("value-12", before)
		admin.press("main form .btn-primary")
		b.press("main form[action='/orders'] .btn-primary")
		b.look(409, "checkorder-changed-back")
		b.press("main form[action='/orders'] .btn-primary")
		if !strings.HasSuffix(b.path(), "/configure") {
			t.Errorf("the price that was agreed to leads to %s", b.path())
		}
	}
}
