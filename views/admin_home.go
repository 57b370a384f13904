package views

import (
	"time"

	"certbay/db/money"
)

// AdminHomePage is what the operator's people see first: /admin.
type AdminHomePage struct {
	Review       []ReviewItem // what a person has to decide, oldest first
	ReviewTotal  int          // of them in all, Review may be the beginning
	OrdersToday  int
	Open         int
	RevenueMonth money.Money
	Held         money.Money // paid, not yet delivered
	Wallets      money.Money // all resellers' together
	Latest       []AdminOrderRow
	Upstreams    []UpstreamRow
	Alarms       []Alarm
}

// ReviewItem is one thing that waits for a person. Kind: unsure or refused (an order),
// job (given up), mail (not sent).
type ReviewItem struct {
	Kind   string
	ID     int64  // of the order, job or mail
	Title  string // order number and domain; job kind; mail subject
	Who    string // reseller, or the mail's recipient
	Reason string // verbatim
	At     time.Time
}

// UpstreamRow is how an upstream answers.
type UpstreamRow struct {
	Name          string
	Sandbox       bool
	LastSuccessAt time.Time
	LastErrorAt   time.Time
	LastError     string // verbatim
}

// Alarm is what is wrong with the house as a whole. Code: upstream_failing (Name, At since),
// jobs_late (Count), mail_failing (Count).
type Alarm struct {
	Code  string
	Name  string
	Count int
	At    time.Time
}
