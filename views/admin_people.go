package views

import (
	"time"

	"certbay/db/money"
)

// AdminResellersPage lists the resellers: ?q=&page=.
type AdminResellersPage struct {
	Search string
	Rows   []ResellerRow
	Pager  Pager // Path /admin/resellers
}

// ResellerRow is one reseller of the list.
type ResellerRow struct {
	ID        int64
	Name      string
	Company   string
	Group     string // "": in none, buys nothing
	Orders    int
	Balance   money.Money
	Suspended bool
}

// AdminResellerPage is one reseller: /admin/resellers/{id}. Credit is added by POST to
// /admin/resellers/{id}/credit with amount ("250.00", negative takes away), reason, form_token.
type AdminResellerPage struct {
	ID                       int64
	Name, Company, Email     string
	Address, City, Country   string
	TaxOffice, TaxID         string
	TaxBP                    int // basis points
	Group                    string
	Suspended                bool
	APIEnabled               bool
	CreatedAt                time.Time
	Balance, Available, Held money.Money
	Allowance                money.Money
	Orders                   int
	Staff                    []StaffRow
	Entries                  []StatementRow // the newest few
	Amount, Reason           string         // as typed
	Problems                 Problems       // fields amount, reason
	FormToken                string
}

// StaffRow is one person of a reseller.
type StaffRow struct {
	Name, Email, Role string
	Suspended         bool
	SignedInAt        time.Time // zero: never yet
}
