package handlers_test

import (
	"encoding/csv"
	"strings"
	"testing"

	"certbay/db"
)

// Asks 16: lists go out as CSV, and a cell that somebody else typed is never a
// formula in the spreadsheet of who opens it.
func TestTextInAnExportOfOrdersIsNoFormula(t *testing.T) {
	b := openBooks(t, "en")
	const formula = `=HYPERLINK("https://evil.example","open")`
	must[db.Order](t)(b.Book.PlaceOrder(t.Context(), b.staff, b.buyer.ID, db.NewOrder{ProductID: b.multi, Months: 12, Domain: "example.com",
		CustomerName: "+" + formula, Note: formula}))
	rows, err := csv.NewReader(strings.NewReader(b.SignedInAs(t, b.buyers[db.RoleViewer]).Get("/orders.csv").Body)).ReadAll()
	ok(t, err)
	if len(rows) != 2 || rows[1][10] != "'+"+formula || rows[1][12] != "'"+formula {
		t.Fatalf("%q", rows)
	}
	for _, cell := range rows[1] {
		if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
			t.Errorf("%q is a formula", cell)
		}
	}
}
