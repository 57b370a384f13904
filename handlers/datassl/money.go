package datassl

import (
	"errors"

	"certbay/db"
)

func invoice(i db.Invoice) Invoice {
	return Invoice{ID: i.ID, InvoiceNumber: i.Number, OrderNumber: i.OrderNumber, Domain: i.Snapshot.Domain, Total: Amount(i.TotalCents), Currency: i.Currency,
		Status: string(i.Status), DueDate: Date{i.DueAt}, CreatedAt: Moment{i.CreatedAt}, OrderID: i.OrderID, PaidAt: Moment{i.PaidAt}}
}

func party(p db.Party) Party {
	return Party{Company: p.Company, Address: p.Address, City: p.City, Country: p.Country, TaxOffice: p.TaxOffice, TaxID: p.TaxID, Email: p.Email}
}

// listInvoices is GET /invoices.
func (c *call) listInvoices() (any, error) {
	q, err := c.query()
	if err != nil {
		return nil, err
	}
	p := page(q)
	invoices, total, err := c.Book.Invoices(c.Ctx, c.Caller.ResellerID, db.InvoiceStatus(q.Get("status")), p)
	if err != nil {
		return nil, err
	}
	answer := InvoiceList{Success: ok(""), Invoices: []Invoice{}, Pagination: c.paginate(q, p, total)}
	for _, i := range invoices {
		answer.Invoices = append(answer.Invoices, invoice(i))
	}
	return answer, nil
}

// getInvoice is GET /invoices/{id}.
func (c *call) getInvoice() (any, error) {
	i, err := c.Book.Invoice(c.Ctx, c.Caller.ResellerID, c.id)
	if err != nil {
		return nil, err
	}
	detail := InvoiceDetail{Invoice: invoice(i), Product: i.Snapshot.Product, Period: i.Snapshot.Months, Subtotal: Amount(i.NetCents),
		TaxRate: Percent(i.Snapshot.TaxRateBP), Tax: Amount(i.TaxCents), Seller: party(i.Snapshot.Seller), Buyer: party(i.Snapshot.Buyer), Lines: []InvoiceLine{}}
	for _, l := range i.Snapshot.Lines {
		text := l.Text
		if l.Kind == "discount" {
			text = c.t("apireply.invoice.discount")
		}
		detail.Lines = append(detail.Lines, InvoiceLine{Kind: l.Kind, Description: text, Quantity: l.Quantity, Amount: Amount(l.Cents)})
	}
	return InvoiceAnswer{ok(""), detail}, nil
}

// transaction is a movement of the wallet in the document's words.
func (c *call) transaction(e db.LedgerEntry) Transaction {
	t := Transaction{ID: e.ID, Amount: Amount(e.Cents), Type: "credit", BalanceAfter: Amount(e.BalanceAfter), CreatedAt: Moment{e.At}}
	if e.Cents < 0 {
		t.Type = "debit"
	}
	switch e.Kind {
	case "order":
		t.Description = c.t("apireply.credit.order", "Number", e.OrderNumber)
	case "refund":
		t.Description = c.t("apireply.credit.refund", "Number", e.OrderNumber)
	case "topup":
		t.Description = c.t("apireply.credit.topup")
	default:
		t.Description = c.t("apireply.credit.adjustment")
	}
	return t
}

func (c *call) transactions(p db.Page) ([]Transaction, int, error) {
	entries, total, err := c.Book.Statement(c.Ctx, c.Caller.ResellerID, p)
	list := []Transaction{}
	for _, e := range entries {
		list = append(list, c.transaction(e))
	}
	return list, total, err
}

// listCredits is GET /credits.
func (c *call) listCredits() (any, error) {
	q, err := c.query()
	if err != nil {
		return nil, err
	}
	balance, _, err := c.Book.Wallet(c.Ctx, c.Caller.ResellerID)
	if err != nil {
		return nil, err
	}
	p := page(q)
	list, total, err := c.transactions(p)
	if err != nil {
		return nil, err
	}
	return Credits{ok(""), Amount(balance), currency, list, c.paginate(q, p, total)}, nil
}

// getBalance is GET /balance.
func (c *call) getBalance() (any, error) {
	balance, available, err := c.Book.Wallet(c.Ctx, c.Caller.ResellerID)
	if err != nil {
		return nil, err
	}
	list, _, err := c.transactions(db.Page{Limit: 10})
	if err != nil {
		return nil, err
	}
	return Balance{ok(""), Amount(balance), Amount(available), currency, list}, nil
}

// payOrder is POST /credits. An order that is paid already is paid: programs pay
// again what placing it has paid, and nothing moves.
func (c *call) payOrder() (any, error) {
	r, err := read[Pay](c)
	if err != nil {
		return nil, err
	}
	if c.Happened() == 0 {
		err = c.Book.PayOrder(c.Ctx, c.Caller.Actor(), c.Caller.ResellerID, r.OrderID.id())
		if err != nil && !errors.Is(err, db.ErrStale) {
			return nil, err
		}
	}
	o, err := c.Book.Order(c.Ctx, c.Caller.ResellerID, r.OrderID.id())
	if err != nil {
		return nil, err
	}
	if !o.Paid || o.Status == db.StatusCancelled {
		return nil, errNotPayable
	}
	balance, _, err := c.Book.Wallet(c.Ctx, c.Caller.ResellerID)
	if err != nil {
		return nil, err
	}
	return Paid{ok(c.t("apireply.order.paid")), o.ID, Amount(o.PayableCents()), Amount(balance)}, nil
}
