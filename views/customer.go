package views

import (
	"context"
	"time"

	"certbay/views/i18n"
)

// CustomerPage is one order as the end customer sees it through a self-service link.
// Its form posts to Base + "/check".
type CustomerPage struct {
	// State: waiting (the reseller's move), validate (the customer's: something to publish),
	// vetting, processing, ready, licence (a key, delivered), cancelled, expired.
	State      string
	Base       string // address of this page, without a token
	Seller     string // the reseller's company
	Domain     string // readable letters
	MoreNames  int
	Product    string
	Names      []DCVDetail // state validate: every name, verified ones too
	Files      DownloadPage
	LicenceKey string    // state licence; empty where it goes by its address alone
	Suspended  bool      // state licence: it does not work for now
	EndsAt     time.Time // state licence
	CheckedAt  time.Time // newest look at the names; zero: none yet
}

// head lends the title of an order's pages.
func (m CustomerPage) head() OrderHead {
	return OrderHead{Domain: m.Domain, MoreNames: m.MoreNames, Product: m.Product}
}

// look is the pill of the page.
func (m CustomerPage) look() (kind, icon string) {
	switch m.State {
	case "licence":
		if m.Suspended {
			return "warning", "lock"
		}
		return "success", "check"
	case "ready":
		return "success", "check"
	case "validate":
		return "warning", "globe"
	case "vetting":
		return "warning", "building"
	case "waiting":
		return "warning", "clock"
	case "processing":
		return "info", "loader"
	case "cancelled":
		return "neutral", "ban"
	default:
		return "neutral", "calendar-clock"
	}
}

// text is the sentence beside the pill.
func (m CustomerPage) text(ctx context.Context) string {
	switch m.State {
	case "ready":
		return m.Files.validity(ctx)
	case "licence":
		if m.Suspended {
			return i18n.T(ctx, "customer.suspended.text", "Seller", m.Seller)
		}
		return i18n.T(ctx, "customer.licence.text", "Address", m.Domain)
	case "validate":
		return i18n.N(ctx, "customer.validate.text", len(m.Names), "Verified", m.verified())
	default:
		return i18n.T(ctx, "customer."+m.known()+".text", "Seller", m.Seller)
	}
}

// known is the state, or for one without words the plainest there is.
func (m CustomerPage) known() string {
	switch m.State {
	case "waiting", "validate", "vetting", "processing", "ready", "licence", "cancelled", "expired":
		return m.State
	default:
		return "processing"
	}
}

// word is the state as the words of the page name it.
func (m CustomerPage) word() string {
	if m.State == "licence" && m.Suspended {
		return "suspended"
	}
	return m.known()
}

func (m CustomerPage) verified() int {
	n := 0
	for _, name := range m.Names {
		if name.State == "verified" {
			n++
		}
	}
	return n
}
