package api

import (
	"context"
	"net/url"

	"certbay/providers/internal/wire"
)

// Product is what the account's group may buy. Prices by years; "1" is twelve months.
type Product struct {
	ID             wire.Int              `json:"id"`
	Name           wire.Text             `json:"name"`
	Brand          wire.Text             `json:"brand"`
	Type           wire.Text             `json:"type"`            // ssl, wildcard, multi-domain, code-signing
	ValidationType wire.Text             `json:"validation_type"` // dv, ov, ev
	DomainType     wire.Text             `json:"domain_type"`
	ListPrice      wire.Cents            `json:"list_price"`
	ListPricing    wire.Dict[wire.Cents] `json:"list_pricing"`
	ResellerPrice  wire.Cents            `json:"reseller_price"`
	Pricing        wire.Dict[wire.Cents] `json:"pricing"`
	MaxYears       wire.Int              `json:"max_years"`
	Warranty       wire.Cents            `json:"warranty"` // "$50,000"
	SANEnabled     wire.Bool             `json:"san_enabled"`

	// Not in the document.
	Currency   wire.Text            `json:"currency"`
	Periods    wire.List[wire.Int]  `json:"periods"` // months
	DCVMethods wire.List[wire.Text] `json:"dcv_methods"`
	Terms      wire.List[Term]      `json:"terms"` // of the detail
	SANPricing SANPricing           `json:"san_pricing"`
}

// Term is a length a product is sold for.
type Term struct {
	Period        wire.Int   `json:"period"` // months
	ListPrice     wire.Cents `json:"list_price"`
	ResellerPrice wire.Cents `json:"reseller_price"`
}

// SANPricing is what additional names cost, by years.
type SANPricing struct {
	ProductID           wire.Int              `json:"product_id"`
	ProductName         wire.Text             `json:"product_name"`
	SANEnabled          wire.Bool             `json:"san_enabled"`
	SANIncluded         wire.Int              `json:"san_included"`
	SANMax              wire.Int              `json:"san_max"`
	SANPrice            wire.Cents            `json:"san_price"`
	SANPricing          wire.Dict[wire.Cents] `json:"san_pricing"`
	WildcardSANEnabled  wire.Bool             `json:"wildcard_san_enabled"`
	WildcardSANIncluded wire.Int              `json:"wildcard_san_included"`
	WildcardSANMax      wire.Int              `json:"wildcard_san_max"`
	WildcardSANPrice    wire.Cents            `json:"wildcard_san_price"`
	WildcardSANPricing  wire.Dict[wire.Cents] `json:"wildcard_san_pricing"`
	Currency            wire.Text             `json:"currency"`
}

// ProductList answers Products.
type ProductList struct {
	Envelope
	Products wire.List[Product] `json:"products"`
	Count    wire.Int           `json:"count"`
	GroupID  wire.Int           `json:"group_id"`
	Note     wire.Text          `json:"note"`
}

// ProductFilter narrows Products; empty fields do not.
type ProductFilter struct{ Brand, Type, Validation string }

// Products lists what the account's group may buy.
//
// Seed 000, "Ürün Listesi": GET /products
func (c *Client) Products(ctx context.Context, f ProductFilter) (ProductList, error) {
	q := url.Values{}
	set(q, "brand", f.Brand)
	set(q, "type", f.Type)
	set(q, "validation", f.Validation)
	var a ProductList
	err := c.get(ctx, "/products", q, &a)
	return a, err
}

// ProductAnswer answers Product.
type ProductAnswer struct {
	Envelope
	Product Product `json:"product"`
}

// Product reads one product, with the prices of every term and of additional names.
//
// Seed 000, "Ürün Detayı": GET /products/{id}
func (c *Client) Product(ctx context.Context, product int64) (Product, error) {
	var a ProductAnswer
	err := c.get(ctx, "/products/"+id(product), nil, &a)
	return a.Product, err
}

// SANPricingAnswer answers SANPricing.
type SANPricingAnswer struct {
	Envelope
	SANPricing SANPricing `json:"san_pricing"`
}

// SANPricing reads what additional names of a product cost.
//
// Seed 000, "SAN Fiyatlandırması": GET /san-pricing/{product_id}
func (c *Client) SANPricing(ctx context.Context, product int64) (SANPricing, error) {
	var a SANPricingAnswer
	err := c.get(ctx, "/san-pricing/"+id(product), nil, &a)
	return a.SANPricing, err
}
