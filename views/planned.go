package views

import (
	"certbay/db/money"
	"certbay/views/i18n"
	"context"
	"strconv"
)

// PlannedPage changes many prices of a group after a preview: How is "import" (field
// csv) or "bulk" (brand, kind, validation, percent), posted to
// /admin/groups/{id}/{How}; with digest it does what Rows show.
type PlannedPage struct {
	GroupID                               int64
	Group, How, Digest                    string
	CSV, Brand, Kind, Validation, Percent string // as typed
	Brands, Kinds, Validations            []string
	Rows                                  []PlannedRow // that change or are refused
	Changes, Refused                      int          // of Rows
	Same                                  int          // prices that stay, not among Rows
	Shown                                 bool
	Problems                              Problems
}

// PlannedRow is one price to be. Problem is a code of the book, or "".
type PlannedRow struct {
	Line          int // of the CSV; 0 for none
	ProductID     int64
	Product       string // "" when there is no such product
	Months        int
	Before, After PlannedPrice
	Changes       bool
	Problem       string
}

// PlannedPrice is a price rule: Kind "", fixed or margin.
type PlannedPrice struct {
	Kind     string
	Price    money.Money
	MarginBP int
}

func (r PlannedRow) name() string {
	if r.Product == "" {
		return "product_id " + strconv.FormatInt(r.ProductID, 10)
	}
	return r.Product
}

func (r PlannedPrice) text(ctx context.Context) string {
	switch r.Kind {
	case "fixed":
		return i18n.Money(ctx, r.Price)
	case "margin":
		return i18n.Word(ctx, "price.kind", "margin") + " " + i18n.Percent(ctx, r.MarginBP)
	}
	return i18n.Word(ctx, "price.kind", "none")
}
