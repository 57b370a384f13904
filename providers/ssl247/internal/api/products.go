package api

import (
	"context"

	"certbay/providers/internal/wire"
)

// Coded is a code and its name.
type Coded struct {
	Code wire.Text `json:"code"`
	Name wire.Text `json:"name"`
}

// ProductTypes lists the families of products.
//
// Seed 003, "Product Types": POST /product-types
func (c *Client) ProductTypes(ctx context.Context) ([]Coded, error) {
	a, err := read[struct{ ProductTypeList wire.List[Coded] }](ctx, c, "/product-types", nil)
	return a.ProductTypeList, err
}

// ListedProduct is a product in a list.
type ListedProduct struct {
	Code   wire.Text `json:"code"`
	Brand  wire.Text `json:"brand"`
	Name   wire.Text `json:"name"`
	Prices struct {
		Price wire.List[struct {
			Years    wire.Int   `json:"years"`
			Value    wire.Cents `json:"value"`
			Currency wire.Text  `json:"currency"`
		}]
	}
}

// Products lists the products of a family.
//
// Seed 003, "Products": POST /products/{product-type}
func (c *Client) Products(ctx context.Context, productType string) ([]ListedProduct, error) {
	a, err := read[struct {
		Products struct{ Product wire.List[ListedProduct] }
	}](ctx, c, at("products", productType), nil)
	return a.Products.Product, err
}

// Price is what years of a product, or of one addon of it, cost.
type Price struct {
	Price    wire.Cents `json:"price"`
	Years    wire.Int   `json:"years"`
	Currency wire.Text  `json:"currency"`
}

// AddonPrices are the prices of addons, by their names.
type AddonPrices = wire.Dict[struct {
	Prices wire.List[Price] `json:"prices"`
}]

// Requirements is an object that the document says nothing more of. These fields are those of Certbay.
type Requirements struct {
	Type            wire.Text            `json:"type"`            // ssl, wildcard, multi-domain, code-signing
	ValidationType  wire.Text            `json:"validation_type"` // DV, OV, EV
	DVAuthMethods   wire.List[wire.Text] `json:"dv_auth_methods"` // email, dns, file
	CSR             wire.Bool            `json:"csr"`
	Organisation    wire.Bool            `json:"organisation"`
	WarrantyDollars wire.Int             `json:"warranty_usd"`
}

// Addon is an object that the document says nothing more of. These fields are those of Certbay.
type Addon struct {
	ID       wire.Text `json:"id"`
	Type     wire.Text `json:"type"` // san, wildcard-san
	Name     wire.Text `json:"name"` // its key in AddonPrices
	Included wire.Int  `json:"included"`
	Maximum  wire.Int  `json:"maximum"`
}

// Product is one product in full.
type Product struct {
	Name         wire.Text        `json:"name"`
	Code         wire.Text        `json:"Code"`
	URL          wire.Text        `json:"url"`
	Brand        wire.Text        `json:"brand"`
	BrandID      wire.Text        `json:"brand_id"`
	SubBrandID   wire.Text        `json:"sub_brand_id"`
	Requirements Requirements     `json:"ProductRequirements"`
	Addons       wire.List[Addon] `json:"ProductAddons"`
	Prices       wire.List[Price] `json:"ProductPrices"`
	Detail       struct {
		Description wire.Text `json:"description"`
	} `json:"ProductDetail"`
	AddonPrices AddonPrices `json:"ProductAddonPrices"`
}

// Product reads one product.
//
// Seed 003, "Product - Details": POST /product/{product-code}
func (c *Client) Product(ctx context.Context, code string) (Product, error) {
	return read[Product](ctx, c, at("product", code), nil)
}

// ProductRequirements reads what an order of a product needs.
//
// Seed 003, "Product - Requirements": POST /product/{product-code}/requirements
func (c *Client) ProductRequirements(ctx context.Context, code string) (Requirements, error) {
	a, err := read[struct{ ProductRequirements Requirements }](ctx, c, at("product", code, "requirements"), nil)
	return a.ProductRequirements, err
}

// ProductAddons lists what an order of a product may have beside it.
//
// Seed 003, "Product - Addons": POST /product/{product-code}/addons
func (c *Client) ProductAddons(ctx context.Context, code string) ([]Addon, error) {
	a, err := read[struct{ ProductAddons wire.List[Addon] }](ctx, c, at("product", code, "addons"), nil)
	return a.ProductAddons, err
}

// ProductPrices are the prices of a product and its addons.
type ProductPrices struct {
	Prices      wire.List[Price] `json:"ProductPrices"`
	AddonPrices AddonPrices      `json:"ProductAddonPrices"`
}

// ProductPrices reads the prices of a product and its addons.
//
// Seed 003, "Product - Prices": POST /product/{product-code}/prices
func (c *Client) ProductPrices(ctx context.Context, code string) (ProductPrices, error) {
	return read[ProductPrices](ctx, c, at("product", code, "prices"), nil)
}
