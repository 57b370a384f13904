package handlers

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/db/money"
	"certbay/views"
)

// perPage is how many rows a list shows at once.
const perPage = 50

// deepest is the last page that a list goes to.
const deepest = db.MaxOffset/perPage + 1

// pageOf reads ?page= (from 1) and gives the book's page and the pager without its total.
func pageOf(c echo.Context, path string) (db.Page, views.Pager) {
	number, _ := strconv.Atoi(c.QueryParam("page"))
	number = min(max(number, 1), deepest)
	query := c.Request().URL.Query()
	query.Del("page")
	return db.Page{Limit: perPage, Offset: (number - 1) * perPage}, views.Pager{Page: number, PerPage: perPage, Counted: db.Counted, Deepest: deepest, Path: path, Query: query}
}

// Credits is GET /credits?kind=&order=&from=&to=: the balance and how it came to be.
func (h *Handlers) Credits(c echo.Context) error {
	ctx, reseller := c.Request().Context(), person(c).ResellerID
	balance, available, err := h.Book.Wallet(ctx, reseller)
	if err != nil {
		return err
	}
	held, err := h.Book.Held(ctx, reseller)
	if err != nil {
		return err
	}
	page, pager := pageOf(c, "/credits")
	f, chosen := ledgerFilter(c)
	f.Page = page
	entries, total, err := h.Book.FilteredStatement(ctx, reseller, f)
	if err != nil {
		return err
	}
	operator, err := h.Book.Operator(ctx)
	if err != nil {
		return err
	}
	pager.Total = total
	m := views.CreditsPage{LedgerChoice: chosen, Balance: money.USD(balance), Available: money.USD(available), Held: money.USD(held), Pager: pager, TopUp: operator.Bank}
	for _, e := range entries {
		m.Entries = append(m.Entries, statementRow(e))
	}
	if m.TopUps, err = h.ownTopUps(c); err != nil {
		return err
	}
	return show(h, c, http.StatusOK, views.Credits, m)
}

func statementRow(e db.LedgerEntry) views.StatementRow {
	row := views.StatementRow{At: e.At, Kind: e.Kind, OrderID: e.OrderID, OrderNumber: e.OrderNumber, Amount: money.USD(e.Cents), After: money.USD(e.BalanceAfter)}
	if e.OrderID == 0 {
		row.Memo = e.Memo
	}
	return row
}
