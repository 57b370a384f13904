package web_test

import (
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"certbay/db"
	"certbay/db/dbtest"
	"certbay/web/webtest"
)

var benching = func() func() bool {
	const name = "bench.ratios"
	if flag.Lookup(name) == nil {
		flag.Bool(name, false, "print the tables of speed ratios (make bench)")
	}
	return func() bool { return flag.Lookup(name).Value.String() == "true" }
}()

// TestSpeedOfAThousandAndAMillion prints how much longer a page takes when there
// are a thousand times as many orders: medians over HTTP, signed in, both books
// asked in turn. It holds no bar: machines differ.
func TestSpeedOfAThousandAndAMillion(t *testing.T) {
	if !benching() {
		t.Skip("a table of measurements, by make bench")
	}
	small, large := kept(t, 1_000), kept(t, 1_000_000)
	fmt.Printf("\n%d cores, %s; pages, SQLite, median in milliseconds\n%-40s %10s %10s %8s %8s\n", runtime.NumCPU(), runtime.GOARCH,
		"", "1 000", "1 000 000", "ratio", "bar")
	for _, page := range []struct{ name, path string }{
		{"home", "/"},
		{"orders", "/orders"},
		{"orders, a view", "/orders?view=active"},
		{"orders, a status", "/orders?status=expired"}, // a full page in both books
		{"orders, a brand and a status", "/orders?brand=Thawte&status=expired"},
		{"search, a rare part of a domain", "/orders?q=RARE"},
		{"search, a common part of a domain", "/orders?q=com"},
		{"search, a part that nothing has", "/orders?q=zzyzx"},
		{"statistics", "/stats"},
		{"statement", "/credits"},
		{"invoices", "/invoices"},
	} {
		if small.Get(page.path).Status == http.StatusNotFound {
			continue
		}
		a, b := small.medianBeside(t, large, page.path)
		fmt.Printf("%-40s %10.2f %10.2f %7.2f× %8s\n", page.name, a, b, b/a, "≤ 1.50×")
	}
}

// A keptBook is a browser in which the owner of the largest reseller of a
// generated book is signed in.
type keptBook struct {
	*webtest.Browser
	rare string // a part of one old domain
}

func kept(t *testing.T, orders int) keptBook {
	t.Helper()
	big := dbtest.Generated(t, orders)
	book, err := db.Open(t.Context(), big.Path)
	if err != nil {
		t.Fatal(err)
	}
	old, _, err := book.Orders(t.Context(), big.Reseller, db.OrderFilter{Sort: "ordered", Page: db.Page{Limit: 1, Offset: 100}})
	if err != nil || len(old) != 1 {
		t.Fatal(err, len(old))
	}
	k := keptBook{Browser: webtest.Kept(t, book).Browser(t), rare: old[0].Domain[3:strings.Index(old[0].Domain, ".")]}
	if a := k.SignIn(dbtest.BigOwner, dbtest.Password); a.Status != http.StatusSeeOther {
		t.Fatalf("sign in: %d", a.Status)
	}
	return k
}

func (k keptBook) ask(t *testing.T, path string) time.Duration {
	path = strings.Replace(path, "RARE", url.QueryEscape(k.rare), 1)
	start := time.Now()
	a := k.Get(path)
	took := time.Since(start)
	if a.Status != http.StatusOK {
		t.Fatalf("%s: %d", path, a.Status)
	}
	return took
}

// medianBeside asks two books for a page in turn, for some seconds, and answers
// milliseconds.
func (k keptBook) medianBeside(t *testing.T, other keptBook, path string) (a, b float64) {
	const warm, most, long = 5, 200, 4 * time.Second
	var mine, others []time.Duration
	for i, start := 0, time.Now(); i < warm+1 || i < most && time.Since(start) < long; i++ {
		first, second := k.ask(t, path), other.ask(t, path)
		if i >= warm {
			mine, others = append(mine, first), append(others, second)
		}
	}
	slices.Sort(mine)
	slices.Sort(others)
	return float64(mine[len(mine)/2].Microseconds()) / 1000, float64(others[len(others)/2].Microseconds()) / 1000
}
