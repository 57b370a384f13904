package api

import (
	"context"

	"certbay/providers/internal/wire"
)

// Balance is what getAccountBalance tells.
type Balance struct {
	Envelope
	Balance  wire.Cents `json:"balance"`
	Currency wire.Text  `json:"currency"`
}

// AccountBalance is getAccountBalance, GET /account/balance/.
func (c *Client) AccountBalance(ctx context.Context) (b Balance, err error) {
	return b, c.get(ctx, "/account/balance/", nil, &b)
}

// Account is what GET /account/ tells.
type Account struct {
	Envelope
	FirstName wire.Text `json:"first_name"`
	LastName  wire.Text `json:"last_name"`
	Company   wire.Text `json:"company_name"`
	Email     wire.Text `json:"email"`
	Phone     wire.Text `json:"phone"`
	Address   wire.Text `json:"address"`
	City      wire.Text `json:"city"`
	Country   wire.Text `json:"country"`
	Currency  wire.Text `json:"currency"`
}

// AccountDetails is GET /account/.
func (c *Client) AccountDetails(ctx context.Context) (a Account, err error) {
	return a, c.get(ctx, "/account/", nil, &a)
}

// TotalOrders is GET /account/total_orders/.
func (c *Client) TotalOrders(ctx context.Context) (int64, error) {
	var a struct {
		Envelope
		Total wire.Int `json:"total_orders"`
	}
	err := c.get(ctx, "/account/total_orders/", nil, &a)
	return int64(a.Total), err
}

// TotalTransactions is GET /account/total_transactions/.
func (c *Client) TotalTransactions(ctx context.Context) (int64, error) {
	var a struct {
		Envelope
		Total wire.Int `json:"total_transactions"`
	}
	err := c.get(ctx, "/account/total_transactions/", nil, &a)
	return int64(a.Total), err
}

// Invoice is a row of getAllInvoices and, with its order, what getOrderInvoice tells. TaxRate is as written: "21%".
type Invoice struct {
	ID            wire.Int   `json:"id"`
	OrderID       wire.Int   `json:"order_id"`
	Number        wire.Text  `json:"number"`
	Date          wire.Date  `json:"date"`
	Subtotal      wire.Cents `json:"subtotal"`
	Tax           wire.Cents `json:"tax"`
	TaxRate       wire.Text  `json:"tax_rate"`
	Total         wire.Cents `json:"total"`
	Status        wire.Text  `json:"status"`
	Currency      wire.Text  `json:"currency"`
	PaymentMethod wire.Text  `json:"payment_method"`
}

type invoices struct {
	Envelope
	Invoices wire.List[Invoice] `json:"invoices"`
}

// AllInvoices is getAllInvoices, GET /account/invoices/.
func (c *Client) AllInvoices(ctx context.Context) ([]Invoice, error) {
	var a invoices
	err := c.get(ctx, "/account/invoices/", nil, &a)
	return a.Invoices, err
}

// UnpaidInvoices is GET /account/invoices/unpaid/.
func (c *Client) UnpaidInvoices(ctx context.Context) ([]Invoice, error) {
	var a invoices
	err := c.get(ctx, "/account/invoices/unpaid/", nil, &a)
	return a.Invoices, err
}

// OrderInvoice is getOrderInvoice, GET /orders/invoice/{id}.
func (c *Client) OrderInvoice(ctx context.Context, id int64) (Invoice, error) {
	var a struct {
		Envelope
		Invoice
	}
	err := c.get(ctx, "/orders/invoice/"+number(id), nil, &a)
	return a.Invoice, err
}

// UnpaidOrder is a row of getUnpaidOrders.
type UnpaidOrder struct {
	ID         wire.Int   `json:"id"`
	TotalPrice wire.Cents `json:"total_price"`
	Currency   wire.Text  `json:"currency"`
	Date       wire.Date  `json:"date"`
}

// UnpaidOrders is getUnpaidOrders, GET /orders/list/unpaid/.
func (c *Client) UnpaidOrders(ctx context.Context) ([]UnpaidOrder, error) {
	var a struct {
		Envelope
		Orders wire.List[UnpaidOrder] `json:"orders"`
	}
	err := c.get(ctx, "/orders/list/unpaid/", nil, &a)
	return a.Orders, err
}
