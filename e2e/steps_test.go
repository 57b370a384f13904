package e2e

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/playwright-community/playwright-go"
)

// openOrder goes by the catalog to the order form of a product.
func (b *tab) openOrder(product string, months int) {
	b.t.Helper()
	b.open("/catalog")
	b.press(fmt.Sprintf("main a:text-is(%q)", product))
	b.press(fmt.Sprintf("main a:text-is('%d months')", months))
}

// click clicks without leaving the page.
func (b *tab) click(selector string) {
	b.t.Helper()
	must(b.t, b.Locator(selector).First().Click())
}

// download saves what a link leads to; name is the file's, "" whatever it is.
func (b *tab) download(selector, name string) []byte {
	b.t.Helper()
	d, err := b.ExpectDownload(func() error { return b.Locator(selector).First().Click() })
	must(b.t, err)
	path, err := d.Path()
	must(b.t, err)
	if got := d.SuggestedFilename(); name != "" && got != name {
		b.t.Errorf("the file is called %s, want %s", got, name)
	}
	content, err := os.ReadFile(path)
	must(b.t, err)
	return content
}

// shows waits until a part of the page says all of these.
func (b *tab) shows(selector string, words ...string) {
	b.t.Helper()
	for _, w := range words {
		if err := b.Locator(selector).Filter(playwright.LocatorFilterOptions{HasText: w}).First().WaitFor(); err != nil {
			b.t.Fatalf("%s: %s does not say %q: %s", b.URL(), selector, w, b.text(selector))
		}
	}
}

// instruction is what the wizard asks to be published: a record's host and value,
// or a file's address and content.
func (b *tab) instruction() (host, value string) {
	b.t.Helper()
	form := b.Locator("main form[action='/demo/publish']").First()
	read := func(names ...string) string {
		for _, name := range names {
			field := form.Locator("[name='" + name + "']")
			if n, err := field.Count(); err == nil && n > 0 {
				text, err := field.InputValue()
				must(b.t, err)
				return text
			}
		}
		return ""
	}
	return read("host", "file_url"), read("value", "content")
}

// publish edits the pretend internet by its form.
func (b *tab) publish(host, kind, value string) {
	b.t.Helper()
	b.open("/demo")
	b.click("#records summary")
	record := b.Locator("#records form[action='/demo/publish']")
	must(b.t, record.Locator("[name=host]").Fill(host))
	must(b.t, record.Locator("[name=value]").Fill(value))
	_, err := record.Locator("select[name=type]").SelectOption(playwright.SelectOptionValues{Values: &[]string{kind}})
	must(b.t, err)
	_, err = b.ExpectEvent("load", func() error { return record.Locator("button[type=submit]").Click() })
	must(b.t, err)
	b.shows("main", value)
}

// unpublish takes a record back.
func (b *tab) unpublish(host, kind, value string) {
	b.t.Helper()
	b.open("/demo")
	b.press("main form[action='/demo/remove']:has([name=value][value^='" + strings.TrimSuffix(value, ".") + "']) button")
}

// buy orders a product for a term and gives the order's address, /orders/N. Fields
// are the names and values of the order form.
func (b *tab) buy(product string, months int, fields ...string) string {
	b.t.Helper()
	b.openOrder(product, months)
	for i := 0; i+1 < len(fields); i += 2 {
		b.fill(fields[i], fields[i+1])
	}
	b.press(button("Check the order"))
	b.at(200, "Check your answers")
	b.press(button("Place order"))
	return orderOf(b.path())
}

// orderOf is the address of the order that a page is about.
func orderOf(path string) string {
	path, _, _ = strings.Cut(path, "?")
	parts := strings.Split(path, "/")
	return strings.Join(parts[:min(3, len(parts))], "/")
}

// company fills in what OV, EV and code signing orders ask for.
func (b *tab) company() {
	b.t.Helper()
	for name, value := range map[string]string{
		"organisation": "Örnek Yazılım A.Ş.", "street": "Atatürk Bulvarı 7", "city": "Ankara", "country": "TR",
		"first_name": "Ada", "last_name": "Yılmaz", "contact_email": "ada@ornek.com.tr", "phone": "+90 312 555 00 00",
	} {
		b.fill(name, value)
	}
}

// send hands in a CSR; what else the page asks for is filled in before.
func (b *tab) send(csr string) {
	b.t.Helper()
	b.fill("csr", csr)
	b.press(button("Send the request"))
}

// prove publishes what the wizard asks for and has it looked at.
func (b *tab) prove() {
	b.t.Helper()
	b.press("main form[action='/demo/publish'] button")
	b.press(button("Check now"))
}

// issued reloads an order's page until it says that it is done.
func (b *tab) issued(order, words string) {
	b.t.Helper()
	b.open(order)
	for range 60 {
		if strings.Contains(b.text("main"), words) {
			return
		}
		time.Sleep(500 * time.Millisecond)
		b.open(order)
	}
	b.t.Fatalf("%s never says %q: %s", order, words, b.text("main"))
}

// files downloads an order's archive.
func (b *tab) files(order string) map[string][]byte {
	b.t.Helper()
	b.open(order + "/download")
	return unzip(b.t, b.download("main a[href*='/download/zip']", ""))
}

// mail opens the newest mail to an address in the pretend mailbox.
func (b *tab) mail(to string) {
	b.t.Helper()
	selector := fmt.Sprintf("#mail a:has(.task-sub:text-is(%q))", to)
	for range 40 {
		b.open("/demo")
		if n, err := b.Locator(selector).Count(); err == nil && n > 0 {
			b.press(selector)
			return
		}
		time.Sleep(250 * time.Millisecond)
	}
	b.t.Fatalf("no mail for %s: %s", to, b.text("#mail"))
}

// balance is the credit that the header shows.
func (b *tab) balance() string {
	b.t.Helper()
	return strings.TrimSpace(b.text(".balance"))
}

func (b *tab) count(selector string) int {
	b.t.Helper()
	n, err := b.Locator(selector).Count()
	must(b.t, err)
	return n
}

func (b *tab) selectOption(selector, value string) {
	b.t.Helper()
	_, err := b.Locator(selector).First().SelectOption(playwright.SelectOptionValues{Values: &[]string{value}})
	must(b.t, err)
}

// saved is what an address answers to this visitor.
func (b *tab) saved(path string) []byte {
	b.t.Helper()
	res, err := b.Context().Request().Get(shop.url + path)
	must(b.t, err)
	if res.Status() != 200 {
		b.t.Fatalf("%s answers %d", path, res.Status())
	}
	body, err := res.Body()
	must(b.t, err)
	return body
}
