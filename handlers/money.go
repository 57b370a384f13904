package handlers

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/db/certs"
	"certbay/db/money"
	"certbay/views"
)

// perPage is how many rows a list shows at once.
const perPage = 50

// pageOf reads ?page= (from 1) and gives the book's page and the pager without its total.
func pageOf(c echo.Context, path string) (db.Page, views.Pager) {
	number, _ := strconv.Atoi(c.QueryParam("page"))
	number = min(max(number, 1), 1_000_000)
	query := c.Request().URL.Query()
	query.Del("page")
	return db.Page{Limit: perPage, Offset: (number - 1) * perPage}, views.Pager{Page: number, PerPage: perPage, Path: path, Query: query}
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
	return show(h, c, http.StatusOK, views.Credits, m)
}

func statementRow(e db.LedgerEntry) views.StatementRow {
	row := views.StatementRow{At: e.At, Kind: e.Kind, OrderID: e.OrderID, OrderNumber: e.OrderNumber, Amount: money.USD(e.Cents), After: money.USD(e.BalanceAfter)}
	if e.OrderID == 0 {
		row.Memo = e.Memo
	}
	return row
}

var invoiceStatuses = []db.InvoiceStatus{db.InvoiceUnpaid, db.InvoicePaid, db.InvoiceSent, db.InvoiceCancelled}

// Invoices is GET /invoices?status=.
func (h *Handlers) Invoices(c echo.Context) error {
	m := views.InvoicesPage{Status: c.QueryParam("status")}
	if !slices.Contains(invoiceStatuses, db.InvoiceStatus(m.Status)) {
		m.Status = ""
	}
	page, pager := pageOf(c, "/invoices")
	list, total, err := h.Book.Invoices(c.Request().Context(), person(c).ResellerID, db.InvoiceStatus(m.Status), page)
	if err != nil {
		return err
	}
	pager.Total = total
	m.Pager = pager
	for _, i := range list {
		m.Rows = append(m.Rows, views.InvoiceRow{ID: i.ID, Number: i.Number, At: i.CreatedAt, OrderID: i.OrderID, OrderNumber: i.OrderNumber,
			Domain: certs.UnicodeName(i.Snapshot.Domain), Product: i.Snapshot.Product, Status: string(i.Status), Total: money.USD(i.TotalCents)})
	}
	return show(h, c, http.StatusOK, views.Invoices, m)
}

// Invoice is GET /invoices/:id, drawn from what the invoice said when it was made.
func (h *Handlers) Invoice(c echo.Context) error {
	id, err := idParam(c, "id")
	if err != nil {
		return err
	}
	i, err := h.Book.Invoice(c.Request().Context(), person(c).ResellerID, id)
	if err != nil {
		return err
	}
	m := views.InvoicePage{
		Number: i.Number, Status: string(i.Status), At: i.CreatedAt, DueAt: i.DueAt, PaidAt: i.PaidAt,
		OrderID: i.OrderID, OrderNumber: i.OrderNumber, Domain: certs.UnicodeName(i.Snapshot.Domain),
		Seller: invoiceParty(i.Snapshot.Seller), Buyer: invoiceParty(i.Snapshot.Buyer),
		TaxBP: int(i.Snapshot.TaxRateBP), Net: money.USD(i.NetCents), Tax: money.USD(i.TaxCents), Total: money.USD(i.TotalCents),
	}
	for _, l := range i.Snapshot.Lines {
		line := views.InvoiceLine{Kind: l.Kind, Text: l.Text, Quantity: int(l.Quantity), Amount: money.USD(l.Cents)}
		if l.Kind == "base" {
			line.Months = i.Snapshot.Months
		}
		m.Lines = append(m.Lines, line)
	}
	return show(h, c, http.StatusOK, views.Invoice, m)
}

func invoiceParty(p db.Party) views.InvoiceParty {
	return views.InvoiceParty{Company: p.Company, Address: p.Address, City: p.City, Country: p.Country, TaxOffice: p.TaxOffice, TaxID: p.TaxID, Email: p.Email}
}
