package handlers

import (
	"crypto/rand"
	"encoding/csv"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/db/money"
	"certbay/views"
	"certbay/views/i18n"
)

// ledgerFilter reads ?kind=&order=&from=&to= (days on the reader's calendar, both
// included); anything unknown there doesn't filter.
func ledgerFilter(c echo.Context) (db.LedgerFilter, views.LedgerChoice) {
	var f db.LedgerFilter
	chosen := views.LedgerChoice{Order: strings.TrimSpace(c.QueryParam("order"))}
	f.Order = chosen.Order
	if kind := c.QueryParam("kind"); slices.Contains(db.PostingKinds, kind) {
		f.Kind, chosen.Kind = kind, kind
	}
	zone := i18n.From(c.Request().Context()).Zone
	if day, err := time.ParseInLocation(time.DateOnly, c.QueryParam("from"), zone); err == nil {
		f.From, chosen.From = day, c.QueryParam("from")
	}
	if day, err := time.ParseInLocation(time.DateOnly, c.QueryParam("to"), zone); err == nil {
		f.Until, chosen.Day = day.AddDate(0, 0, 1), c.QueryParam("to")
	}
	return f, chosen
}

// adminLedgerFilter adds ?account=&reseller=.
func adminLedgerFilter(c echo.Context) (db.LedgerFilter, views.LedgerChoice) {
	f, chosen := ledgerFilter(c)
	f.ResellerID = resellerParam(c)
	if account := db.AccountKind(c.QueryParam("account")); slices.Contains(db.AccountKinds, account) {
		f.Account = account
	}
	return f, chosen
}

// AdminLedger is GET /admin/ledger?view=&account=&reseller=&kind=&order=&from=&to=.
func (h *Handlers) AdminLedger(c echo.Context) error {
	ctx := c.Request().Context()
	f, chosen := adminLedgerFilter(c)
	page, pager := pageOf(c, "/admin/ledger")
	f.Page = page
	m := views.AdminLedgerPage{LedgerChoice: chosen, Account: string(f.Account), Reseller: f.ResellerID}
	var err error
	if c.QueryParam("view") == "margins" {
		var margins []db.Margin
		m.View = "margins"
		margins, pager.Total, err = h.Book.Margins(ctx, f)
		for _, o := range margins {
			m.Margins = append(m.Margins, views.MarginRow{OrderID: o.OrderID, OrderNumber: o.OrderNumber, Product: o.Product, ResellerID: o.ResellerID,
				Reseller: o.ResellerName, At: o.SettledAt, Revenue: money.USD(o.RevenueCents), Cost: money.USD(o.CostCents), Margin: money.USD(o.Cents())})
		}
	} else {
		var entries []db.LedgerEntry
		entries, pager.Total, err = h.Book.Ledger(ctx, f)
		for _, e := range entries {
			m.Entries = append(m.Entries, views.EntryRow{StatementRow: statementRow(e), Account: string(e.Account), ResellerID: e.ResellerID, Reseller: e.ResellerName})
		}
	}
	if err != nil {
		return err
	}
	m.Pager = pager
	balances, err := h.Book.AccountSums(ctx)
	if err != nil {
		return err
	}
	for _, a := range balances {
		m.Balances = append(m.Balances, views.AccountBalance{Kind: string(a.Kind), Balance: money.USD(a.Cents)})
	}
	names, err := h.Book.ResellerNames(ctx)
	if err != nil {
		return err
	}
	m.Resellers = resellerOptions(names)
	return show(h, c, http.StatusOK, views.AdminLedger, m)
}

// AdminLedgerCSV is GET /admin/ledger.csv: every entry, or with view=margins
// every margin, that the filter lets through.
func (h *Handlers) AdminLedgerCSV(c echo.Context) error {
	ctx := c.Request().Context()
	f, _ := adminLedgerFilter(c)
	if c.QueryParam("view") != "margins" {
		return csvFile(c, "ledger.csv", []string{"entry", "at", "account", "reseller", "kind", "order", "memo", "amount_usd", "balance_after_usd"}, func(write func(...string) error) error {
			return h.Book.EachEntry(ctx, f, func(e db.LedgerEntry) error {
				return write(strconv.FormatInt(e.ID, 10), csvTime(e.At), string(e.Account), e.ResellerName, e.Kind, e.OrderNumber, e.Memo, money.USD(e.Cents).Decimal(), money.USD(e.BalanceAfter).Decimal())
			})
		})
	}
	return csvFile(c, "margins.csv", []string{"order", "settled", "reseller", "product", "revenue_usd", "cost_usd", "margin_usd"}, func(write func(...string) error) error {
		return h.Book.EachMargin(ctx, f, func(o db.Margin) error {
			return write(o.OrderNumber, csvTime(o.SettledAt), o.ResellerName, o.Product, money.USD(o.RevenueCents).Decimal(), money.USD(o.CostCents).Decimal(), money.USD(o.Cents()).Decimal())
		})
	})
}

// StatementCSV is GET /credits.csv: every entry of the statement that the filter lets through.
func (h *Handlers) StatementCSV(c echo.Context) error {
	f, _ := ledgerFilter(c)
	return csvFile(c, "statement.csv", []string{"at", "kind", "order", "memo", "amount_usd", "balance_after_usd"}, func(write func(...string) error) error {
		return h.Book.EachStatementEntry(c.Request().Context(), person(c).ResellerID, f, func(e db.LedgerEntry) error {
			row := statementRow(e)
			return write(csvTime(e.At), e.Kind, e.OrderNumber, row.Memo, row.Amount.Decimal(), row.After.Decimal())
		})
	})
}

// csvFile answers with a file of rows whose cells no spreadsheet takes for formulas.
func csvFile(c echo.Context, name string, head []string, each func(write func(...string) error) error) error {
	w := c.Response()
	w.Header().Set(echo.HeaderContentType, "text/csv; charset=utf-8")
	w.Header().Set(echo.HeaderContentDisposition, `attachment; filename="`+name+`"`)
	out := csv.NewWriter(w)
	if err := out.Write(head); err != nil {
		return err
	}
	err := each(func(row ...string) error {
		for i := range row {
			row[i] = csvCell(row[i])
		}
		return out.Write(row)
	})
	if err != nil {
		return err
	}
	out.Flush()
	return out.Error()
}

// csvTime is an instant, UTC, to the second.
func csvTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// AdminAllowance is POST /admin/resellers/:id/allowance with allowance and why.
func (h *Handlers) AdminAllowance(c echo.Context) error {
	ctx := c.Request().Context()
	m, err := h.adminResellerModel(c)
	if err != nil {
		return err
	}
	m.AllowanceTyped, m.Why, m.Posted = strings.TrimSpace(c.FormValue("allowance")), strings.TrimSpace(c.FormValue("why")), true
	amount, err := money.Parse(m.AllowanceTyped, money.CurrencyUSD)
	if err != nil || amount.IsNegative() || amount.Minor > db.MaxAllowance {
		m.Problems = append(m.Problems, views.Problem{Field: "allowance", Key: "ledger.allowance.amount", Args: []any{"Max", i18n.Money(ctx, money.USD(db.MaxAllowance))}})
	}
	if key := reasonProblem(m.Why); key != "" {
		m.Problems = append(m.Problems, views.Problem{Field: "why", Key: key})
	}
	if m.Problems != nil {
		return h.adminResellerAgain(c, m)
	}
	if err := h.Book.SetAllowance(ctx, actor(c), m.ID, amount.Minor, m.Why); err != nil {
		return err
	}
	key := "ledger.allowance.done"
	if amount.IsZero() {
		key = "ledger.allowance.none"
	}
	return done(c, adminResellerPath(m.ID), i18n.T(ctx, key, "Amount", i18n.Money(ctx, amount), "Reseller", m.Name))
}

// moveCredit books what the credit form says: money received or a correction.
func (h *Handlers) moveCredit(c echo.Context, m views.AdminResellerPage, cents int64) error {
	ref := strconv.FormatInt(m.ID, 10) + ":" + m.FormToken
	if m.CreditKind == "adjustment" {
		return h.Book.AdjustCredit(c.Request().Context(), actor(c), m.ID, cents, ref, m.Reason)
	}
	return h.Book.AddCredit(c.Request().Context(), actor(c), m.ID, cents, ref, m.Reason)
}

// creditKindProblems are what is wrong with the choice between the two.
func creditKindProblems(kind string, amount money.Money) views.Problems {
	switch {
	case kind != "topup" && kind != "adjustment":
		return views.Problems{{Field: "kind", Key: "form.choose"}}
	case kind == "topup" && amount.IsNegative():
		return views.Problems{{Field: "amount", Key: "ledger.credit.positive"}}
	}
	return nil
}

func adminResellerPath(id int64) string { return "/admin/resellers/" + strconv.FormatInt(id, 10) }

// adminResellerAgain shows a rejected form; the credit form beside it stays usable.
func (h *Handlers) adminResellerAgain(c echo.Context, m views.AdminResellerPage) error {
	if m.FormToken == "" {
		m.FormToken = rand.Text()
	}
	return show(h, c, http.StatusUnprocessableEntity, views.AdminReseller, m)
}
