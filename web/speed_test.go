package web_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"certbay/db"
	"certbay/db/dbtest"
	"certbay/db/money"
	"certbay/views"
	"certbay/views/i18n"
	"certbay/web"
	"certbay/web/webtest"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
)

// TestSpeed prints what a signed-in page costs beside a bare Echo handler that
// draws the same 50 rows from the same query on the same file. Both are asked
// over HTTP by the same client, which takes answers as they are or, as browsers
// do, compressed.
func TestSpeed(t *testing.T) {
	dbtest.PrintRatios(t, "pages, SQLite, 1 000 orders", func() []dbtest.Ratio {
		quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
		site := webtest.Open(t, func(c *web.Config) { c.Log = quiet })
		if strings.HasPrefix(site.Target, "postgres") {
			t.Skip("the floor reads a SQLite file")
		}
		manyOrders(t, site, 1000)
		session := site.SignedIn(t, db.RoleOwner).Cookie("certbay")
		bare := bareOrders(t, site.Target, site.Reseller.ID)
		var rows []dbtest.Ratio
		for _, compressed := range []bool{false, true} {
			name, header := "orders page, signed in", http.Header{"Accept-Language": {"en"}, "Cookie": {"certbay=" + session}}
			if compressed {
				name += ", gzip"
				header.Set("Accept-Encoding", "gzip")
			}
			rows = append(rows, dbtest.Ratio{Name: name, Bar: 50, Callers: 4,
				Floor:    asks(http.MethodGet, bare+"/orders", header, ""),
				Measured: asks(http.MethodGet, site.URL+"/orders", header, "")})
		}
		return rows
	})
}

// asks is a client that keeps its connections and reads every answer to its end.
// It wants a success, and compression only where the header asks for it.
func asks(method, url string, header http.Header, body string) func(int) error {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return func(int) error {
		r, err := http.NewRequest(method, url, strings.NewReader(body))
		if err != nil {
			return err
		}
		r.Header = header.Clone()
		res, err := client.Do(r)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		if res.StatusCode/100 != 2 {
			return fmt.Errorf("%s %s: %d", method, url, res.StatusCode)
		}
		_, err = io.Copy(io.Discard, res.Body)
		return err
	}
}

// manyOrders puts the site's reseller into a group and orders for it.
func manyOrders(t testing.TB, site *webtest.Site, n int) {
	ctx := t.Context()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	group, err := site.Book.CreateGroup(ctx, db.System, "Gold")
	check(err)
	r := site.Reseller
	check(site.Book.UpdateReseller(ctx, db.System, r.ID, db.NewReseller{Name: r.Name, Company: r.Company, Email: r.Email, GroupID: group}))
	product, err := site.Book.CreateProduct(ctx, db.System, db.Product{Brand: "Sectigo", Name: "PositiveSSL", Kind: db.KindSSL, Validation: "dv", DomainType: "single",
		DCVMethods: []string{"dns"}, Terms: []db.Term{{Months: 12, ListCents: 4999}}}, db.Offer{Upstream: "sandbox", ProductCode: "single", CostCents: 900})
	check(err)
	check(site.Book.SetGroupPrice(ctx, db.System, group, product, 12, 1299))
	check(site.Book.AddCredit(ctx, db.System, site.Reseller.ID, int64(n)*2000, "speed", "to order with"))
	for i := range n {
		_, err := site.Book.PlaceOrder(ctx, db.System, site.Reseller.ID, db.NewOrder{ProductID: product, Months: 12, Domain: fmt.Sprintf("shop%d.example.com", i)})
		check(err)
	}
}

// bareOrders serves the rows of the orders page without anything around them.
func bareOrders(t testing.TB, path string, reseller int64) string {
	book, err := sql.Open("sqlite", "file:"+path+"?_pragma=query_only(1)&_time_format=sqlite&_timezone=UTC")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { book.Close() })
	book.SetMaxOpenConns(8)
	book.SetMaxIdleConns(8)
	newest, err := book.Prepare(`select o.id, o.number, o.domain, p.name, p.brand, o.status, o.fulfilment, o.paid, o.vetting, o.created_at, o.total_cents + o.tax_cents
		from orders o join product p on p.id = o.product_id join reseller r on r.id = o.reseller_id where o.reseller_id = $1 order by o.id desc limit 50`)
	if err != nil {
		t.Fatal(err)
	}
	e := echo.New()
	e.Use(middleware.GzipWithConfig(middleware.GzipConfig{Level: 5, MinLength: 1024}))
	e.GET("/orders", func(c echo.Context) error {
		ctx := i18n.With(c.Request().Context(), i18n.Locale{Lang: "en"})
		rows, err := newest.QueryContext(ctx, reseller)
		if err != nil {
			return err
		}
		defer rows.Close()
		m := views.OrdersPage{Sort: views.Sort{Key: "ordered", Desc: true, Path: "/orders"}}
		for rows.Next() {
			var r views.OrderRow
			var paid bool
			var cents int64
			if err := rows.Scan(&r.ID, &r.Number, &r.Domain, &r.Product, &r.Brand, &r.Status, &r.Fulfilment, &paid, &r.Vetting, &r.OrderedAt, &cents); err != nil {
				return err
			}
			r.Unpaid, r.Total = !paid, money.USD(cents)
			m.Rows = append(m.Rows, r)
		}
		if err := rows.Err(); err != nil {
			return err
		}
		var body bytes.Buffer
		if err := views.OrdersTable(m).Render(ctx, &body); err != nil {
			return err
		}
		return c.HTMLBlob(http.StatusOK, body.Bytes())
	})
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	return server.URL
}
