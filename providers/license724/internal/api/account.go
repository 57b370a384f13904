package api

import (
	"context"

	"certbay/providers/internal/wire"
)

// Product is something the account may buy.
type Product struct {
	ID          wire.Int   `json:"id"` // 0 where it isn't told
	Code        wire.Text  `json:"code"`
	Name        wire.Text  `json:"name"`
	CreditPrice wire.Cents `json:"credit_price"` // of one billing cycle

	// Not in the document: what some servers of it tell more.
	Brand  wire.Text             `json:"brand"`
	Cycles wire.Dict[wire.Cents] `json:"billingcycles"` // what each period that can be bought costs, by its number
	Cores  *wire.List[wire.Text] `json:"cores"`         // what change-core can turn it into; nil: it isn't told
}

// ProductList answers Products.
type ProductList struct {
	Envelope
	Count    wire.Int           `json:"count"`
	Products wire.List[Product] `json:"products"`
}

// Products lists what is sold.
//
// Seed 001, "Ürün Listesi": /v1/products
func (c *Client) Products(ctx context.Context) (ProductList, error) {
	var a ProductList
	err := c.read(ctx, "/products", struct{}{}, &a)
	return a, err
}

// ProductKey names a product by its code or its id.
type ProductKey struct {
	Code string `json:"code,omitempty"`
	ID   int64  `json:"id,omitempty"`
}

// ProductAnswer answers Product.
type ProductAnswer struct {
	Envelope
	Product Product `json:"product"`
}

// Product reads one product.
//
// Seed 001, "Tek Ürün Bilgisi": /v1/product
func (c *Client) Product(ctx context.Context, k ProductKey) (Product, error) {
	var a ProductAnswer
	err := c.read(ctx, "/product", k, &a)
	return a.Product, err
}

// Account is how the account stands.
type Account struct {
	Balance  wire.Cents `json:"balance"`
	Currency wire.Text  `json:"currency"` // "credit"
	Sandbox  wire.Bool  `json:"sandbox_enabled"`
}

// BalanceAnswer answers Balance.
type BalanceAnswer struct {
	Envelope
	Account Account `json:"account"`
}

// Balance reads the account's credit, and whether it only tries things out.
//
// Seed 001, "Bakiye Sorgulama": /v1/balance
func (c *Client) Balance(ctx context.Context) (Account, error) {
	var a BalanceAnswer
	err := c.read(ctx, "/balance", struct{}{}, &a)
	return a.Account, err
}
