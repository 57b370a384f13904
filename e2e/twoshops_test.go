package e2e

import (
	"crypto/ecdsa"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// dialects are how the demo's shop buys, and a product that it buys so.
var dialects = []struct{ name, product, domain string }{
	{"datassl", "Sectigo PositiveSSL", "datassl.ornek.com.tr"},
	{"gogetssl", "GeoTrust QuickSSL Premium", "gogetssl.ornek.com.tr"},
	{"ssl247", "Thawte SSL123", "ssl247.ornek.com.tr"},
	{"billmanager", "Sectigo EssentialSSL", "billmanager.ornek.com.tr"},
	{"license724", "cPanel Solo", "203.0.113.247"},
}

// soon is how long a visitor waits for what two shops and an authority do, on a
// machine that has other things to do as well.
const soon = 20 * time.Second

// A visitor buys, proves and downloads through each dialect; the order stands once in
// the upstream shop, under the visitor's shop's reference, and once at the CA.
func TestTheDemoBuysThroughEachDialectFromItsUpstreamShop(t *testing.T) {
	dir := copied(t)
	p, err := startDemo(dir)
	must(t, err)
	buyers, keys := map[string]*buyer{}, map[string]*ecdsa.PrivateKey{}
	var root []byte // of the CA
	for _, d := range dialects {
		t.Run(d.name, func(t *testing.T) {
			b := &buyer{visitor: visit(t, p).signIn(p.access.Reseller), name: d.product, domain: d.domain}
			if d.name != "license724" {
				keys[d.name] = ecdsaKey(t)
				b.csr = request(t, keys[d.name], d.domain)
			}
			buyers[d.name] = b
			begun := time.Now()
			for b.goOn(); !b.bought(); b.goOn() {
				if time.Since(begun) > soon {
					t.Fatalf("the order is not completed: %s\n%s", b.get(b.order).document(t).Find("main").Text(), p.logged())
				}
				time.Sleep(100 * time.Millisecond)
			}
			t.Logf("from the order form to the delivery: %v", time.Since(begun).Round(time.Millisecond))
			if b.csr == "" {
				return
			}
			files := unzip(t, []byte(b.get(b.order+"/download/zip").body))
			if chain := parseCertificates(t, files["ca-bundle.pem"]); d.name == "datassl" {
				root = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: chain[len(chain)-1].Raw})
			} else if d.name == "billmanager" { // its file ends before the root
				files["ca-bundle.pem"] = append(files["ca-bundle.pem"], root...)
			}
			sound(t, files, &keys[d.name].PublicKey, d.domain)
		})
	}
	upstream := visit(t, p)
	upstream.base = p.access.Upstream.URL
	upstream.signIn(p.access.Upstream.Admin)
	for _, d := range dialects {
		if !strings.Contains(upstream.get("/admin/orders?q="+d.domain).body, d.domain) {
			t.Errorf("the upstream shop's staff don't see the order of %s", d.domain)
		}
	}
	key := buyers["license724"].licenceKey()
	must(t, p.stop())
	must(t, p.soundLog())

	var here, there string // the licence's key
	one(t, dir, "book.db", `select licence_key from orders where domain = '`+dialects[4].domain+`'`, &here)
	one(t, dir, "upstream/book.db", `select licence_key from orders where domain = '`+dialects[4].domain+`'`, &there)
	if here == "" || here != there || here != key {
		t.Errorf("the licence's key is %q, in the upstream shop %q, on the page %q", here, there, key)
	}
	for _, d := range dialects {
		b := buyers[d.name]
		if b == nil || b.order == "" {
			continue
		}
		stands(t, dir, d.name, d.domain, strings.TrimPrefix(b.order, "/orders/"))
	}
	verified(t, dir)
}

// Whatever the catalog has is delivered: every kind and validation through the dialect
// that it goes by.
func TestEveryProductOfTheCatalogComesThroughBothShops(t *testing.T) {
	dir := copied(t)
	p, err := startDemo(dir)
	must(t, err)
	admin := visit(t, p).signIn(p.access.Admin)
	reseller := admin.get("/admin/resellers").document(t).Find("main tbody a:contains('"+p.access.Reseller.Company+"')").First().AttrOr("href", "")
	if a := admin.post(reseller+"/credit", "kind", "topup", "amount", "20000", "reason", "test", "form_token", admin.get(reseller).value(t, "form_token")); a.status != http.StatusSeeOther {
		t.Fatalf("no credit: %d\n%s", a.status, a.body)
	}
	var list struct {
		Products []struct {
			Name       string `json:"name"`
			Type       string `json:"type"`
			Validation string `json:"validation_type"`
		} `json:"products"`
	}
	_, answer := curl(t, "-H", "X-API-Key: "+p.access.Reseller.APIKey, p.url+"/api/reseller/products")
	raw, err := json.Marshal(answer)
	must(t, err)
	must(t, json.Unmarshal(raw, &list))
	if len(list.Products) < 25 {
		t.Fatalf("only %d products", len(list.Products))
	}
	buyer0 := visit(t, p).signIn(p.access.Reseller)
	forCode := rsaKey(t, 3072)
	for i, product := range list.Products {
		t.Run(product.Name, func(t *testing.T) {
			t.Parallel() // the authority takes its time over companies
			v := *buyer0
			v.t = t
			b := &buyer{visitor: &v, name: product.Name, domain: fmt.Sprintf("urun%d.ornek.com.tr", i)}
			if product.Validation != "dv" {
				b.company = []string{"organisation", "Örnek Yazılım A.Ş.", "street", "Atatürk Bulvarı 7", "city", "Ankara", "country", "TR",
					"first_name", "Ada", "last_name", "Yılmaz", "contact_email", "ada@ornek.com.tr", "phone", "+90 312 555 00 00"}
			}
			switch product.Type {
			case "licence":
				b.domain = fmt.Sprintf("203.0.113.%d", 100+i)
			case "code-signing":
				b.domain, b.csr = "", request(t, forCode)
				b.company = append(b.company, "delivery", "own_token")
			case "wildcard":
				b.domain = "*." + b.domain
				b.csr = request(t, ecdsaKey(t), b.domain)
			case "multi-domain":
				b.sans = "baska." + b.domain + "\nyine." + b.domain
				b.csr = request(t, ecdsaKey(t), b.domain)
			default:
				b.csr = request(t, ecdsaKey(t), b.domain)
			}
			for begun := time.Now(); !b.bought(); b.goOn() {
				if time.Since(begun) > 2*soon {
					t.Fatalf("it is not delivered: %s", b.get(b.order).document(t).Find("main").Text())
				}
				time.Sleep(50 * time.Millisecond)
			}
		})
	}
	t.Cleanup(func() {
		must(t, p.stop())
		must(t, p.soundLog())
		verified(t, dir)
	})
}

// What is done to a licence is done to the one that the upstream shop sold, and to the
// one that the CA made.
func TestALicenceIsTheSameThroughBothShops(t *testing.T) {
	dir := copied(t)
	p, err := startDemo(dir)
	must(t, err)
	b := &buyer{visitor: visit(t, p).signIn(p.access.Reseller), name: "cPanel Solo", domain: "203.0.113.60", months: "1"}
	wait := func(what string, done func() bool) {
		t.Helper()
		for begun := time.Now(); !done(); time.Sleep(50 * time.Millisecond) {
			if time.Since(begun) > soon {
				t.Fatalf("%s: %s", what, p.logged())
			}
		}
	}
	wait("buy", func() bool { b.goOn(); return b.bought() })
	at := "/licences" + strings.TrimPrefix(b.order, "/orders")
	id := strings.TrimPrefix(b.order, "/orders/")
	var end string
	one(t, dir, "book.db", `select ends_at from orders where id = `+id, &end)

	for _, step := range []struct {
		path   string
		fields []string
		here   string // what the visitor's book says of the licence then
		there  string // what the upstream shop's book says of it
	}{
		{"/renew", []string{"months", "1"}, `ends_at > '` + end + `'`, `ends_at > '` + end + `'`},
		{"/suspend", nil, `suspended`, `suspended`},
		{"/unsuspend", nil, `not suspended`, `not suspended`},
		{"/ip", []string{"ip", "203.0.113.61"}, `domain = '203.0.113.61'`, `domain = '203.0.113.61'`},
		{"/core", []string{"product", b.visitor.product("cPanel Admin")}, `product_id = (select id from product where name = 'cPanel Admin')`, `product_id = (select id from product where name = 'cPanel Admin')`},
	} {
		fields := step.fields
		if step.path == "/renew" || step.path == "/core" {
			fields = append(fields, "form_token", b.get(at+step.path).value(t, "form_token"))
		}
		if a := b.post(at+step.path, fields...); a.status != http.StatusSeeOther {
			t.Fatalf("%s is answered %d\n%s", step.path, a.status, a.document(t).Find("main").Text())
		}
		wait(step.path, func() bool {
			return count(t, dir, "book.db", `select count(*) from orders where id = `+id+` and `+step.here) == 1
		})
		if n := count(t, dir, "upstream/book.db", `select count(*) from orders where domain like '203.0.113.6_' and coalesce(licence_id, 0) = 0 and `+step.there); n != 1 {
			t.Errorf("after %s the upstream shop's licence is another one", step.path)
		}
	}
	if n := count(t, dir, "sandbox.db", `select count(*) from licence where ip = '203.0.113.61' and product = 'cpanel-admin' and not suspended`); n != 1 {
		t.Errorf("the CA has %d such licences", n)
	}
	must(t, p.stop())
	must(t, p.soundLog())
	verified(t, dir)
}

// bought says whether the visitor has what was ordered.
func (b *buyer) bought() bool {
	if b.csr != "" {
		return b.done()
	}
	return b.order != "" && strings.Contains(b.get(b.order).body, "It is valid on the server with the address "+b.domain)
}

// licenceKey is the key that the order's page shows.
func (b *buyer) licenceKey() string {
	return strings.TrimSpace(b.get(b.order).document(b.t).Find("main .record-value").First().Text())
}

// stands wants an order to stand once in both books and at the CA: bought once, paid
// once.
func stands(t *testing.T, dir, dialect, domain, order string) {
	t.Helper()
	const upstreamBook = "upstream/book.db"
	var via, reference, theirs string
	one(t, dir, "book.db", `select f.upstream from orders o join offer f on f.id = o.offer_id where o.id = `+order, &via)
	if via != dialect {
		t.Errorf("%s was bought through %s, want %s", domain, via, dialect)
	}
	one(t, dir, "book.db", `select reference from certificate where order_id = `+order, &reference)
	if n := count(t, dir, "book.db", `select count(*) from ledger_tx where kind = 'order' and order_id = `+order); n != 1 {
		t.Errorf("%s is debited %d times", domain, n)
	}
	if n := count(t, dir, upstreamBook, `select count(*) from orders where domain = '`+domain+`'`); n != 1 {
		t.Errorf("the upstream shop has %d orders of %s", n, domain)
		return
	}
	one(t, dir, upstreamBook, `select id from orders where domain = '`+domain+`'`, &theirs)
	// Where the dialect has no place for a buyer's reference, it goes along as the key of what is done once.
	under := `select count(*) from orders where id = ` + theirs + ` and reference = '` + reference + `'`
	if dialect == "gogetssl" || dialect == "license724" {
		under = `select count(*) from idempotency where key like '` + reference + `%'`
	}
	if n := count(t, dir, upstreamBook, under); n != 1 {
		t.Errorf("%s stands %d times under %s in the upstream shop", domain, n, reference)
	}
	if n := count(t, dir, upstreamBook, `select count(*) from ledger_tx where kind = 'order' and order_id = `+theirs); n != 1 {
		t.Errorf("%s is debited %d times in the upstream shop", domain, n)
	}
	one(t, dir, upstreamBook, `select reference from certificate where order_id = `+theirs, &reference)
	if n := count(t, dir, "sandbox.db", `select count(*) from upstream_order where reference = '`+reference+`'`); n != 1 {
		t.Errorf("the CA has %d orders of %s", n, domain)
	}
}

// verified has both books of a demo checked.
func verified(t *testing.T, dir string) {
	t.Helper()
	for _, data := range []string{dir, filepath.Join(dir, "upstream")} {
		if code, out, errors := certbay("verify", "--data", data); code != 0 || !strings.Contains(out, "sound") {
			t.Errorf("verify of %s exits %d: %s%s", data, code, out, errors)
		}
	}
}

// Both shops are open in one browser at a time: what one remembers of the visitor is
// not the other's.
func TestBothShopsOfTheDemoAreSignedIntoAtOnce(t *testing.T) {
	v := visit(t, shop).signIn(shop.access.Reseller)
	there := *v // the same cookies
	there.base = shop.access.Upstream.URL
	if a := there.get("/"); a.status != http.StatusSeeOther {
		t.Errorf("whoever is signed in here is let in at the upstream shop: %d", a.status)
	}
	there.signIn(shop.access.Upstream.Reseller)
	for _, c := range []struct {
		at  visitor
		who login
	}{{there, shop.access.Upstream.Reseller}, {*v, shop.access.Reseller}} {
		if a := c.at.get("/settings"); !strings.Contains(a.body, c.who.Email) {
			t.Errorf("%s is not signed in at %s: %d", c.who.Email, c.at.base, a.status)
		}
	}
	page := v.get("/demo").document(t)
	if href := page.Find("#other-shop a").AttrOr("href", ""); href != shop.access.Upstream.URL {
		t.Errorf("/demo leads to %q, want %s", href, shop.access.Upstream.URL)
	}
	if text := page.Find("#other-shop").Text(); !strings.Contains(text, shop.access.Upstream.Admin.Email) || !strings.Contains(text, shop.access.Upstream.Admin.Password) {
		t.Errorf("/demo does not tell who can sign in there: %s", text)
	}
}
