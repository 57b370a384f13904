package views

import (
	"cmp"
	"context"
	"strings"
	"time"

	"certbay/db/money"
	"certbay/views/i18n"
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
// /admin/resellers/{id}/credit with kind, amount ("250.00", negative takes away), reason,
// form_token; the allowance is set by POST to /admin/resellers/{id}/allowance with allowance, why.
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
	PayLater                 bool // may place orders unpaid when credit is short
	Dialects                 []DialectSwitch
	Orders                   int
	Staff                    []StaffRow
	Entries                  []StatementRow // the newest few
	CreditKind               string         // topup (also when ""), adjustment
	Amount, Reason           string         // as typed
	AllowanceTyped, Why      string         // as typed, when Posted
	Posted                   bool           // the allowance form was sent
	Problems                 Problems       // fields kind, amount, reason; allowance, why
	FormToken                string
}

// StaffRow is one person of a reseller.
type StaffRow struct {
	Name, Email, Role string
	Suspended         bool
	SignedInAt        time.Time // zero: never yet
}

// allowance explains why more is available than the balance.
func (m AdminResellerPage) allowance(ctx context.Context) string {
	if m.Allowance.Minor == 0 {
		return ""
	}
	return i18n.T(ctx, "admin.allowance", "Amount", i18n.Money(ctx, m.Allowance))
}

func (m AdminResellerPage) creditKind() string { return cmp.Or(m.CreditKind, "topup") }

func (m AdminResellerPage) allowanceValue() string {
	if m.Posted {
		return m.AllowanceTyped
	}
	return m.Allowance.Decimal()
}

func (m AdminResellerPage) place() string {
	return joined(", ", m.Address, m.City, m.Country)
}

func (m AdminResellerPage) taxNumber() string { return joined(" ", m.TaxOffice, m.TaxID) }

// joined puts the parts that say something together.
func joined(between string, parts ...string) string {
	var said []string
	for _, part := range parts {
		if part != "" {
			said = append(said, part)
		}
	}
	return strings.Join(said, between)
}
