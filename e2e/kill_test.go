package e2e

import (
	"cmp"
	"database/sql"
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "modernc.org/sqlite" // reads the books of demos that were killed
)

// The program, both shops in it, dies by SIGKILL in the middle of an order, at every
// place where that could lose the order or make two of it, whatever the dialect that
// the order is bought through.
func TestKilledOrderIsPlacedAndPaidOnce(t *testing.T) {
	for _, d := range dialects {
		points := []string{"order_committed", "before_submit", "after_submit", "before_issued"}
		if d.name == "datassl" {
			points = append(points, "configuration_committed")
		}
		for _, point := range points {
			t.Run(d.name+" "+point, func(t *testing.T) {
				t.Parallel()
				killed(t, d.name, d.product, d.domain, point)
			})
		}
	}
}

func killed(t *testing.T, dialect, product, domain, point string) {
	dir := copied(t)
	atTheCA := count(t, dir, "sandbox.db", `select count(*) from upstream_order`)
	p, err := startDemo(dir, "--fail-at", point)
	must(t, err)
	b := &buyer{visitor: visit(t, p).signIn(p.access.Reseller), name: product, domain: domain}
	if dialect != "license724" {
		b.csr = request(t, ecdsaKey(t), domain)
	}
	b.goOn()
	if signal, dead := p.gone(20 * time.Second); !dead || signal != syscall.SIGKILL {
		t.Fatalf("the program did not die of SIGKILL at %s (%v)\n%s", point, signal, p.logged())
	}

	p, err = startDemo(dir)
	must(t, err)
	b.base = p.url
	for deadline := time.Now().Add(30 * time.Second); !b.bought(); time.Sleep(200 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the order is not completed: %s\n%s", b.get(b.order).document(t).Find("main").Text(), p.logged())
		}
		if cannotTell(dialect, point) {
			decide(t, p, b)
		}
		b.goOn()
	}
	if b.csr != "" {
		bundle := b.get(b.order + "/download/fullchain")
		if list := parseCertificates(t, []byte(bundle.body)); len(list) != 2 || list[0].DNSNames[0] != domain {
			t.Errorf("the download is not the certificate: %d\n%s", bundle.status, bundle.body)
		}
	}
	must(t, p.stop())

	id := strings.TrimPrefix(b.order, "/orders/")
	if n := count(t, dir, "book.db", `select count(*) from orders where domain = '`+domain+`'`); n != 1 {
		t.Errorf("the book holds %d orders, want 1", n)
	}
	// The reseller's webhook is told of it once as well: what happened, and nothing twice.
	told := map[string]int{"order.created": 1, "invoice.created": 1, "order.status_changed": 3, "certificate.issued": 1}
	if b.csr == "" {
		told = map[string]int{"order.created": 1, "invoice.created": 1}
	}
	for event, want := range told {
		n := count(t, dir, "book.db", `select count(*) from webhook_delivery where event = '`+event+`' and body like '%"order_id":`+id+`,%'`)
		if n != want {
			t.Errorf("%s is told %d times, want %d", event, n, want)
		}
	}
	stands(t, dir, dialect, domain, id)
	if n := count(t, dir, "sandbox.db", `select count(*) from upstream_order`); n != atTheCA+1 {
		t.Errorf("the CA has %d orders more, want 1", n-atTheCA)
	}
	verified(t, dir)
}

// cannotTell says of which broken off calls the dialect can't find out what became of
// them: 724license has no question after a licence, and GoGetSSL none after a reference
// (our adapter looks for the code that it chose, which the sandbox's instructions lack).
func cannotTell(dialect, point string) bool {
	return (dialect == "license724" || dialect == "gogetssl") && (point == "before_submit" || point == "after_submit")
}

// decide does what staff does with an order that stands in review: it looks whether the
// upstream shop has it, and says so, or has it sent again.
func decide(t *testing.T, p *program, b *buyer) {
	t.Helper()
	admin := visit(t, p).signIn(p.access.Admin)
	order := "/admin" + b.order
	if admin.get(order+"/resubmit").status != http.StatusOK {
		return // it stands in no review
	}
	there := count(t, p.dir, "upstream/book.db", `select count(*) from orders where domain = '`+b.domain+`'`)
	if there == 0 {
		admin.post(order + "/resubmit")
		return
	}
	var id string
	one(t, p.dir, "upstream/book.db", `select id from orders where domain = '`+b.domain+`'`, &id)
	admin.post(order+"/placed", "upstream_id", id)
}

// buyer goes the way of one order by HTTP, and goes on after every interruption.
type buyer struct {
	*visitor
	name, domain   string   // of the product; what it is for
	csr            string   // empty: a licence
	months         string   // empty: 12
	sans           string   // further names
	company        []string // fields of the configuration, where it asks for a company
	product, token string
	order          string // its address, once known
}

// goOn does what is next for the order, until it is completed or the connection
// breaks off. The order form is sent again with its token when no answer came.
func (b *buyer) goOn() {
	b.t.Helper()
	if b.token == "" {
		b.product = b.visitor.product(b.name)
		b.token = b.get("/orders/new?product="+b.product).value(b.t, "form_token")
	}
	if b.order == "" {
		a, err := b.do(http.MethodPost, "/orders", form("product", b.product, "months", cmp.Or(b.months, "12"), "domain", b.domain, "sans", b.sans, "form_token", b.token))
		if err != nil {
			return
		}
		if a.status != http.StatusSeeOther {
			b.t.Fatalf("the order is answered %d\n%s", a.status, a.body)
		}
		b.order = strings.TrimSuffix(a.location, "/configure")
	}
	if b.csr == "" {
		return
	}
	if a, err := b.do(http.MethodGet, b.order+"/configure", nil); err != nil {
		return
	} else if a.status == http.StatusOK {
		if _, err := b.do(http.MethodPost, b.order+"/configure", form(append(b.company, "csr", b.csr, "method", "dns")...)); err != nil {
			return
		}
	}
	wizard, err := b.do(http.MethodGet, b.order+"/dcv", nil)
	if err != nil || wizard.status != http.StatusOK || wizard.value(b.t, "host") == "" {
		return // the upstream has not spoken yet
	}
	record := form("host", wizard.value(b.t, "host"), "type", wizard.value(b.t, "type"), "value", wizard.value(b.t, "value"), "next", "/demo")
	if _, err := b.do(http.MethodPost, "/demo/publish", record); err != nil {
		return
	}
	_, _ = b.do(http.MethodPost, b.order+"/dcv/check", form("name", b.domain)) // dying here is what a test waits for
}

func (b *buyer) done() bool {
	b.t.Helper()
	return b.order != "" && b.get(b.order+"/download/certificate").status == http.StatusOK
}

// count and one read a file of a demo without touching it.
func count(t *testing.T, dir, file, query string) (n int) {
	t.Helper()
	one(t, dir, file, query, &n)
	return n
}

func one(t *testing.T, dir, file, query string, into any) {
	t.Helper()
	book, err := sql.Open("sqlite", "file:"+filepath.Join(dir, file)+"?mode=ro")
	must(t, err)
	defer book.Close()
	must(t, book.QueryRow(query).Scan(into))
}
