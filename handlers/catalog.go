package handlers

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/db/money"
	"certbay/views"
)

// Catalog is GET /catalog?brand=&kind=&validation=: what the reseller's group may buy.
func (h *Handlers) Catalog(c echo.Context) error {
	ctx, reseller := c.Request().Context(), person(c).ResellerID
	m := views.CatalogPage{Brand: c.QueryParam("brand"), Kind: c.QueryParam("kind"), Validation: c.QueryParam("validation")}
	products, err := h.Book.Products(ctx, reseller, db.ProductFilter{Brand: m.Brand, Kind: db.ProductKind(m.Kind), Validation: m.Validation})
	if err != nil {
		return err
	}
	if m.Brands, err = h.Book.Brands(ctx, reseller); err != nil {
		return err
	}
	for _, p := range products {
		line := views.CatalogProduct{ID: p.ID, Brand: p.Brand, Name: p.Name, Kind: string(p.Kind), Validation: p.Validation, SANMax: p.SANMax + p.WildcardSANMax, NoRate: p.NoRate}
		for _, t := range p.Terms {
			line.Terms = append(line.Terms, termPrice(t))
		}
		m.Products = append(m.Products, line)
	}
	return show(h, c, http.StatusOK, views.Catalog, m)
}

// Product is GET /products/:id.
func (h *Handlers) Product(c echo.Context) error {
	id, err := idParam(c, "id")
	if err != nil {
		return err
	}
	p, err := h.Book.Product(c.Request().Context(), person(c).ResellerID, id)
	if err != nil {
		return err
	}
	return show(h, c, http.StatusOK, views.Product, views.ProductPage{
		ID: p.ID, Brand: p.Brand, Name: p.Name, Kind: string(p.Kind), Validation: p.Validation,
		DescriptionEN: p.DescriptionEN, DescriptionTR: p.DescriptionTR, Warranty: money.USD(p.WarrantyCents), Terms: productTerms(p),
		SANIncluded: p.SANIncluded, SANMax: p.SANMax, WildcardSANIncluded: p.WildcardSANIncluded, WildcardSANMax: p.WildcardSANMax,
		Methods: offered(p.DCVMethods),
	})
}

func termPrice(t db.Term) views.TermPrice {
	return views.TermPrice{Months: t.Months, List: money.USD(t.ListCents), Own: money.USD(t.GroupCents)}
}

func productTerms(p db.Product) []views.ProductTerm {
	var terms []views.ProductTerm
	for _, t := range p.Terms {
		terms = append(terms, views.ProductTerm{TermPrice: termPrice(t), SAN: money.USD(t.SANCents), WildcardSAN: money.USD(t.WildcardSANCents)})
	}
	return terms
}

// idParam reads an id from the path; what is no id is not found.
func idParam(c echo.Context, name string) (int64, error) {
	id, err := strconv.ParseInt(c.Param(name), 10, 64)
	if err != nil || id <= 0 {
		return 0, db.ErrNotFound
	}
	return id, nil
}
