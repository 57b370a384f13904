package views

import "time"

// CustomerPage is one order as the end customer sees it through a self-service link.
// Its form posts to Base + "/check".
type CustomerPage struct {
	// State: waiting (the reseller's move), validate (the customer's: something to publish),
	// vetting, processing, ready, cancelled, expired.
	State     string
	Base      string // address of this page, without a token
	Seller    string // the reseller's company
	Domain    string // readable letters
	MoreNames int
	Product   string
	Names     []DCVDetail // state validate: every name, verified ones too
	Files     DownloadPage
	CheckedAt time.Time // newest look at the names; zero: none yet
}
