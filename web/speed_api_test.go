package web_test

import (
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"certbay/db"
	"certbay/db/dbtest"
	"certbay/handlers/access"
	"certbay/handlers/datassl"
	"certbay/web"
	"certbay/web/webtest"

	"github.com/labstack/echo/v4"
)

// TestSpeedOfTheAPI prints what a program's list of orders costs beside a bare Echo
// handler that answers the same fields of the same 50 rows as JSON, and an order
// placed over HTTP beside one row inserted durably. The key may ask as often as it
// likes.
func TestSpeedOfTheAPI(t *testing.T) {
	dbtest.PrintRatios(t, "API, SQLite, 1 000 orders", func() []dbtest.Ratio {
		quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
		site := webtest.Open(t, func(c *web.Config) {
			c.Log, c.APILimit = quiet, access.Limit{Requests: 1_000_000_000, Window: time.Minute}
		})
		if strings.HasPrefix(site.Target, "postgres") {
			t.Skip("the floor reads a SQLite file")
		}
		manyOrders(t, site, 1000)
		ctx, r := t.Context(), site.Reseller
		check := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		r, err := site.Book.Reseller(ctx, r.ID)
		check(err)
		check(site.Book.UpdateReseller(ctx, db.System, r.ID, db.NewReseller{Name: r.Name, Company: r.Company, Email: r.Email, GroupID: r.GroupID, APIEnabled: true}))
		check(site.Book.SetAPIEnabled(ctx, db.System, r.ID, true))
		check(site.Book.AddCredit(ctx, db.System, r.ID, 1_000_000_000_000, "speed of the API", "to order with"))
		_, key, err := site.Book.CreateAPIKey(ctx, db.System, r.ID, db.NewAPIKey{Name: "speed", Scopes: db.Scopes})
		check(err)
		orders, _, err := site.Book.Orders(ctx, r.ID, db.OrderFilter{Page: db.Page{Limit: 1}})
		check(err)
		header := http.Header{"X-Api-Key": {key}, "Accept-Language": {"en"}, "Content-Type": {"application/json"}}
		wish := fmt.Sprintf(`{"product_id":%d,"domain":"shop.example.com","period":12}`, orders[0].ProductID)
		const path = datassl.Prefix + "/orders"
		return []dbtest.Ratio{
			{Name: "a list of 50 orders", Bar: 70, Callers: 4,
				Floor:    asks(http.MethodGet, bareJSON(t, site.Target, r.ID)+path+"?limit=50", header, ""),
				Measured: asks(http.MethodGet, site.URL+path+"?limit=50", header, "")},
			{Name: "placing an order over HTTP", Bar: 25, Callers: 16,
				Floor: bareInserts(t), Measured: asks(http.MethodPost, site.URL+path, header, wish)},
		}
	})
}

// bareInserts puts one row after the other into a file of its own, each on the disk
// before the next.
func bareInserts(t testing.TB) func(int) error {
	book, err := sql.Open("sqlite", "file:"+t.TempDir()+"/floor.db?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=wal_autocheckpoint(4000)&_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { book.Close() })
	book.SetMaxOpenConns(1)
	if _, err := book.Exec(`create table row (id integer primary key autoincrement, text text not null)`); err != nil {
		t.Fatal(err)
	}
	return func(int) error {
		_, err := book.Exec(`insert into row (text) values ($1)`, "shop.example.com")
		return err
	}
}

// bareJSON answers the rows of the API's list of orders without anything around them.
func bareJSON(t testing.TB, path string, reseller int64) string {
	book, err := sql.Open("sqlite", "file:"+path+"?_pragma=query_only(1)&_time_format=sqlite&_timezone=UTC")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { book.Close() })
	book.SetMaxOpenConns(8)
	book.SetMaxIdleConns(8)
	newest, err := book.Prepare(`select o.id, o.number, o.product_id, p.name, p.brand, p.kind, p.validation, o.domain, o.months, o.san_count, o.wildcard_san_count,
			o.base_cents, o.san_cents, o.discount_cents, o.total_cents, o.tax_cents, o.total_cents + o.tax_cents, o.status, o.reference, o.paid,
			o.created_at, o.completed_at, o.ends_at, o.certificate_until
		from orders o join product p on p.id = o.product_id where o.reseller_id = $1 order by o.id desc limit 50`)
	if err != nil {
		t.Fatal(err)
	}
	e := echo.New()
	e.GET(datassl.Prefix+"/orders", func(c echo.Context) error {
		rows, err := newest.QueryContext(c.Request().Context(), reseller)
		if err != nil {
			return err
		}
		defer rows.Close()
		answer := datassl.OrderList{Orders: []datassl.Order{}}
		for rows.Next() {
			o := datassl.Order{Currency: "USD", PaymentStatus: "unpaid"}
			var paid bool
			var completed, ends, until sql.NullTime
			if err := rows.Scan(&o.ID, &o.OrderNumber, &o.ProductID, &o.Product, &o.Brand, &o.Type, &o.ValidationType, &o.Domain, &o.Period, &o.SANCount, &o.SANWildcardCount,
				&o.BasePrice, &o.SANTotal, &o.DiscountAmount, &o.Total, &o.Tax, &o.Payable, &o.Status, &o.Reference, &paid,
				&o.CreatedAt.Time, &completed, &ends, &until); err != nil {
				return err
			}
			if paid {
				o.PaymentStatus = "paid"
			}
			o.CompletedAt.Time, o.ExpiresAt.Time, o.ValidTill.Time = completed.Time, ends.Time, until.Time
			answer.Orders = append(answer.Orders, o)
		}
		if err := rows.Err(); err != nil {
			return err
		}
		return c.JSON(http.StatusOK, answer)
	})
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	return server.URL
}
