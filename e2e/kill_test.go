package e2e

import (
	"database/sql"
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "modernc.org/sqlite" // reads the books of demos that were killed
)

// The program dies by SIGKILL in the middle of an order, at every place where
// that could lose the order or make two of it.
func TestKilledOrderIsPlacedAndPaidOnce(t *testing.T) {
	for _, point := range []string{"order_committed", "configuration_committed", "before_submit", "after_submit", "before_issued"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			dir := copied(t)
			upstreamBefore := count(t, dir, "sandbox.db", `select count(*) from upstream_order`)
			p, err := startDemo(dir, "--fail-at", point)
			must(t, err)
			b := &buyer{visitor: visit(t, p).signIn(p.access.Reseller), csr: request(t, ecdsaKey(t), "kill.ornek.com.tr")}
			b.goOn()
			if signal, dead := p.gone(20 * time.Second); !dead || signal != syscall.SIGKILL {
				t.Fatalf("the program did not die of SIGKILL at %s (%v)\n%s", point, signal, p.logged())
			}

			p, err = startDemo(dir)
			must(t, err)
			b.base = p.url
			for deadline := time.Now().Add(30 * time.Second); !b.done(); time.Sleep(200 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatalf("the order is not completed: %s\n%s", b.get(b.order).document(t).Find("main").Text(), p.logged())
				}
				b.goOn()
			}
			bundle := b.get(b.order + "/download/fullchain")
			if list := parseCertificates(t, []byte(bundle.body)); len(list) != 2 || list[0].DNSNames[0] != "kill.ornek.com.tr" {
				t.Errorf("the download is not the certificate: %d\n%s", bundle.status, bundle.body)
			}
			must(t, p.stop())

			id := strings.TrimPrefix(b.order, "/orders/")
			if n := count(t, dir, "book.db", `select count(*) from orders where domain = 'kill.ornek.com.tr'`); n != 1 {
				t.Errorf("the book holds %d orders, want 1", n)
			}
			if n := count(t, dir, "book.db", `select count(*) from ledger_tx where kind = 'order' and order_id = `+id); n != 1 {
				t.Errorf("the order is debited %d times", n)
			}
			// The reseller's webhook is told of it once as well: what happened, and nothing twice.
			for event, want := range map[string]int{"order.created": 1, "invoice.created": 1, "order.status_changed": 3, "certificate.issued": 1} {
				n := count(t, dir, "book.db", `select count(*) from webhook_delivery where event = '`+event+`' and body like '%"order_id":`+id+`,%'`)
				if n != want {
					t.Errorf("%s is told %d times, want %d", event, n, want)
				}
			}
			var reference string
			one(t, dir, "book.db", `select reference from certificate where order_id = `+id, &reference)
			if n := count(t, dir, "sandbox.db", `select count(*) from upstream_order where reference = '`+reference+`'`); n != 1 {
				t.Errorf("the upstream knows %s %d times", reference, n)
			}
			if n := count(t, dir, "sandbox.db", `select count(*) from upstream_order`); n != upstreamBefore+1 {
				t.Errorf("the upstream has %d orders more, want 1", n-upstreamBefore)
			}
			if code, out, errors := certbay("verify", "--data", dir); code != 0 || !strings.Contains(out, "sound") {
				t.Errorf("verify exits %d: %s%s", code, out, errors)
			}
		})
	}
}

// buyer goes the way of one order by HTTP, and goes on after every interruption.
type buyer struct {
	*visitor
	product, token string
	csr            string
	order          string // its address, once known
}

// goOn does what is next for the order, until it is completed or the connection
// breaks off. The order form is sent again with its token when no answer came.
func (b *buyer) goOn() {
	b.t.Helper()
	if b.token == "" {
		b.product = b.visitor.product("Sectigo PositiveSSL")
		b.token = b.get("/orders/new?product="+b.product).value(b.t, "form_token")
	}
	if b.order == "" {
		a, err := b.do(http.MethodPost, "/orders", form("product", b.product, "months", "12", "domain", "kill.ornek.com.tr", "form_token", b.token))
		if err != nil {
			return
		}
		if a.status != http.StatusSeeOther {
			b.t.Fatalf("the order is answered %d\n%s", a.status, a.body)
		}
		b.order = strings.TrimSuffix(a.location, "/configure")
	}
	if a, err := b.do(http.MethodGet, b.order+"/configure", nil); err != nil {
		return
	} else if a.status == http.StatusOK {
		if _, err := b.do(http.MethodPost, b.order+"/configure", form("csr", b.csr, "method", "dns")); err != nil {
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
	_, _ = b.do(http.MethodPost, b.order+"/dcv/check", form("name", "kill.ornek.com.tr")) // dying here is what a test waits for
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
