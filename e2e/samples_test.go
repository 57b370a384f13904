package e2e

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// client is the document's class in the hands of a test.
type client struct {
	sample
	t       *testing.T
	program string
	calls   int
}

// ask calls a method of the class and gives the answer; it must be a success.
func (c *client) ask(method string, args ...any) map[string]any {
	c.t.Helper()
	raw, err := json.Marshal(append([]any{}, args...))
	must(c.t, err)
	printed, _, err := c.run(c.t, c.program, c.methods[method], string(raw))
	if err != nil {
		c.t.Fatalf("%s %s: %v", c.language, method, err)
	}
	var answer map[string]any
	if err := json.Unmarshal([]byte(printed), &answer); err != nil || answer["success"] != true {
		c.t.Fatalf("%s %s: %v %s", c.language, method, err, printed)
	}
	c.calls++
	return answer
}

// has says whether the document's class has a method.
func (c *client) has(method string) bool { return c.methods[method] != "" }

// documentShop is a demo whose first product takes additional names, as the one of the
// document's programs does.
func documentShop(t *testing.T) *program {
	t.Helper()
	dir := copied(t)
	book, err := sql.Open("sqlite", filepath.Join(dir, "book.db"))
	must(t, err)
	for _, change := range []string{`update product set san_max = 10 where id = 1`, `update product_term set san_cents = 799 where product_id = 1`} {
		_, err = book.Exec(change)
		must(t, err)
	}
	must(t, book.Close())
	p, err := startDemo(dir)
	must(t, err)
	t.Cleanup(func() {
		must(t, p.stop())
		must(t, p.soundLog())
	})
	return p
}

// curl sends a request with Debian's curl, as the document shows it, and gives status
// and answer.
func curl(t *testing.T, args ...string) (status string, answer map[string]any) {
	t.Helper()
	out, err := exec.Command("curl", append([]string{"--silent", "--show-error", "--max-time", "60", "--write-out", "\n%{http_code}"}, args...)...).Output()
	if err != nil {
		t.Fatalf("curl %q: %v", args, err)
	}
	at := bytes.LastIndexByte(out, '\n')
	if err := json.Unmarshal(out[:at], &answer); err != nil {
		t.Fatalf("curl %q: %v in %s", args, err, out)
	}
	return string(out[at+1:]), answer
}

func number(answer map[string]any, field string) int64 {
	n, _ := answer[field].(float64)
	return int64(n)
}

// inside walks into an answer.
func inside(answer any, path ...string) any {
	for _, step := range path {
		m, _ := answer.(map[string]any)
		answer = m[step]
	}
	return answer
}

// The classes of the document go the whole way: products, order, pay, configure (by
// curl: the classes can't), status, download, another order cancelled, invoices,
// credit, balance, account, figures.
func TestTheDocumentsClassesWalkTheWholeWay(t *testing.T) {
	p := documentShop(t)
	keys := p.access.apiKeys() // a reseller for each class: what one pays is not on the other's balance
	for i, s := range samples {
		key := keys[i]
		t.Run(s.language, func(t *testing.T) {
			t.Parallel() // the demo's authority takes its time over each
			s.ready(t)
			class, _, found := strings.Cut(s.source(t), s.usage+"\n")
			if !found {
				t.Fatalf("the document's class does not end with %q", s.usage)
			}
			c := &client{sample: s, t: t, program: pointed(class+s.call, p, key)}
			domain := fmt.Sprintf("%s%d.ornek.com.tr", strings.ToLower(s.language), i)

			filters := []any{map[string]any{"brand": "Sectigo", "type": "ssl", "validation": "dv"}}
			if s.language == "Python" {
				filters = nil // its filters are named arguments; the document's own use of them runs below
			}
			products, _ := c.ask("products", filters...)["products"].([]any)
			if len(products) == 0 {
				t.Fatal("no products")
			}
			var product int64
			for _, row := range products {
				if inside(row, "type") == "ssl" && inside(row, "validation_type") == "dv" && product == 0 {
					product = number(row.(map[string]any), "id")
				}
			}
			if c.has("product") && inside(c.ask("product", product), "product", "id") != float64(product) {
				t.Error("another product was answered")
			}
			before := c.ask("balance")["balance"].(float64)
			order := c.ask("order", map[string]any{"product_id": product, "domain": domain, "period": 12})
			if after := order["new_balance"].(float64); before-after < 0.01 || order["payment_status"] != "paid" || c.ask("balance")["balance"] != after {
				t.Errorf("%v was paid from %v: %v", order["credit_used"], before, order)
			}
			id := number(order, "order_id")
			if paid := c.ask("pay", id); paid["new_balance"] != order["new_balance"] || paid["amount_paid"] != order["credit_used"] {
				t.Errorf("it was paid again: %v", paid)
			}

			issue(t, p, key, id, domain)

			state := c.ask("certificate", id)
			if inside(state, "certificate", "has_certificate") != true || inside(state, "certificate", "domain") != domain || inside(state, "certificate", "status") != "completed" {
				t.Error(state)
			}
			files := c.ask("download", id)
			if pem, _ := inside(files, "certificate", "certificate_pem").(string); !strings.HasPrefix(pem, "-----BEGIN CERTIFICATE-----\n") {
				t.Error(files)
			}

			other := c.ask("order", map[string]any{"product_id": product, "domain": "other-" + domain})
			back := c.ask("cancel", number(other, "order_id"))
			if back["status"] != "cancelled" || back["new_balance"] != order["new_balance"] {
				t.Errorf("a cancelled order's money did not come back: %v", back)
			}
			if c.has("orders") {
				if list, _ := c.ask("orders", map[string]any{"domain": domain, "limit": 10})["orders"].([]any); len(list) != 2 {
					t.Errorf("%d orders", len(list))
				}
			}
			for _, status := range []string{"", "paid"} {
				if list, _ := c.ask("invoices", status)["invoices"].([]any); len(list) == 0 || inside(list[0], "invoice_number") == "" {
					t.Errorf("invoices %q: %v", status, list)
				}
			}
			if c.has("credits") && c.ask("credits")["balance"] != order["new_balance"] {
				t.Error("credits tell another balance")
			}
			if c.has("account") && inside(c.ask("account"), "reseller", "credit_balance") != order["new_balance"] {
				t.Error("the account tells another balance")
			}
			if inside(c.ask("stats"), "stats", "total_orders").(float64) < 2 || c.ask("balance")["balance"] != order["new_balance"] {
				t.Error("the figures don't hold the orders")
			}
			t.Logf("%s: %d calls with %d methods of the document's class", s.language, c.calls, len(s.methods))
		})
	}
}

// apiKeys are keys of different resellers.
func (a access) apiKeys() (keys []string) {
	for _, l := range append([]login{a.Reseller, a.OtherReseller}, a.Staff...) {
		if l.APIKey != "" && !slices.Contains(keys, l.APIKey) {
			keys = append(keys, l.APIKey)
		}
	}
	return keys
}

// issue configures an order by curl, publishes what it asks for in the demo's
// internet, and waits for the certificate.
func issue(t *testing.T, p *program, key string, order int64, domain string) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"order_id": order, "csr": request(t, ecdsaKey(t), domain), "dcv_method": "dns"})
	must(t, err)
	status, answer := curl(t, "-X", "POST", p.url+"/api/reseller/ssl/configure", "-H", "Content-Type: application/json", "-H", "X-API-Key: "+key, "-d", string(body))
	list, _ := inside(answer, "ssl", "validation").([]any)
	if status != "200" || len(list) == 0 {
		t.Fatalf("configure: %s %v", status, answer)
	}
	for _, name := range list {
		text := func(field string) string { return fmt.Sprint(inside(name, "dns", field)) }
		if a := visit(t, p).post("/demo/publish", "host", text("host"), "type", text("type"), "value", text("value"), "next", "/demo"); a.status != http.StatusSeeOther {
			t.Fatalf("publishing: %d", a.status)
		}
	}
	for begun := time.Now(); time.Since(begun) < time.Minute; time.Sleep(500 * time.Millisecond) {
		if _, answer = curl(t, p.url+"/api/reseller/ssl/"+fmt.Sprint(order), "-H", "Authorization: Bearer "+key); inside(answer, "ssl", "status") == "completed" {
			return
		}
	}
	t.Fatalf("not issued: %v", answer)
}

// The document's programs as they stand, from the first line to the last.
func TestTheDocumentsProgramsRunAsTheyStand(t *testing.T) {
	p := documentShop(t)
	for _, s := range samples {
		t.Run(s.language, func(t *testing.T) {
			s.ready(t)
			printed, _, err := s.run(t, pointed(s.source(t), p, p.access.Reseller.APIKey))
			if err != nil {
				t.Fatalf("%v\n%s", err, printed)
			}
			for _, says := range map[string][]string{
				"PHP":    {"Sipariş: ORD-", "Tutar: $", "Kalan bakiye: $"},
				"Python": {"Sectigo PositiveSSL - $", "Ödendi: $", "| Bakiye: $", "Bu ay gelir: $"},
				"Node":   {"Sectigo PositiveSSL - $", "Ödendi: $", "Toplam sipariş: "},
			}[s.language] {
				if !strings.Contains(printed, says) {
					t.Errorf("it does not print %q:\n%s", says, printed)
				}
			}
			if strings.Contains(printed, "undefined") || strings.Contains(printed, "NaN") {
				t.Errorf("a field is missing:\n%s", printed)
			}
		})
	}
}

// The document's curl lines as they stand; its order 12345 is nobody's here.
func TestTheDocumentsCurlLinesRunAsTheyStand(t *testing.T) {
	if fails("--version")("curl") {
		fmt.Fprintln(os.Stderr, "SKIPPED: the document's curl lines: curl is missing; run e2e/install.sh samples")
		t.Skip("curl is missing")
	}
	p := documentShop(t)
	script := cut(t, "# ─── Ürünler ───", "")
	n := 0
	for _, command := range strings.Split(script, "# ───")[1:] {
		name, command, _ := strings.Cut(command, "\n")
		name = strings.Trim(name, " ─")
		cmd := exec.Command("bash", "-c", pointed(command, p, p.access.Reseller.APIKey))
		out, err := cmd.Output()
		var answer map[string]any
		if err != nil || json.Unmarshal(out, &answer) != nil {
			t.Errorf("%s: %v %s", name, err, out)
			continue
		}
		n++
		if unknown := strings.Contains(command, "12345"); unknown && (answer["success"] != false || answer["code"] != "not_found") || !unknown && answer["success"] != true {
			t.Errorf("%s: %s", name, out)
		}
	}
	if n != 10 {
		t.Errorf("%d of the document's ten curl lines ran", n)
	}
}
