package views

import (
	"context"
	"strconv"
	"time"

	"certbay/views/i18n"
	"github.com/a-h/templ"
)

// ContactsPage is /contacts: the people whom OV and EV orders may name.
type ContactsPage struct{ Rows []ContactRow }

// ContactRow is one contact profile of the list.
type ContactRow struct {
	ID                                              int64
	Name, Organisation, Email, Phone, City, Country string
	Admin, Tech, Billing                            bool
}

// ContactPage is /contacts/new and /contacts/{id}; inputs organisation, first_name,
// last_name, title, email, phone, street, city, state, postcode, country, admin, tech,
// billing.
type ContactPage struct {
	ID                                          int64 // 0: a new one
	Organisation, FirstName, LastName, JobTitle string
	Email, Phone                                string
	Street, City, State, Postcode, Country      string
	Admin, Tech, Billing                        bool
	Problems                                    Problems
}

func (r ContactRow) href() templ.SafeURL {
	return templ.SafeURL("/contacts/" + strconv.FormatInt(r.ID, 10))
}

func (r ContactRow) roles(ctx context.Context) string {
	var words []string
	for _, role := range []struct {
		on   bool
		code string
	}{{r.Admin, "admin"}, {r.Tech, "tech"}, {r.Billing, "billing"}} {
		if role.on {
			words = append(words, i18n.Word(ctx, "contact.role", role.code))
		}
	}
	return joined(", ", words...)
}

func (m ContactPage) action() templ.SafeURL {
	if m.ID == 0 {
		return "/contacts/new"
	}
	return ContactRow{ID: m.ID}.href()
}

func (m ContactPage) heading(ctx context.Context) string {
	if m.ID == 0 {
		return i18n.T(ctx, "contact.new")
	}
	return i18n.T(ctx, "contact.edit")
}

// ExternalPage is /external: certificates that were bought elsewhere.
type ExternalPage struct{ Rows []ExternalRow }

// ExternalRow is one certificate from elsewhere.
type ExternalRow struct {
	ID         int64
	Domain     string // readable letters
	MoreNames  int
	Note       string // what the reseller calls it
	Validation string // dv, ov, ev
	Issuer     string // "" where it was noted by its name alone
	Serial     string
	NotAfter   time.Time // zero: not known
}

// NewExternalPage is /external/new; inputs pem, note.
type NewExternalPage struct {
	PEM, Note string
	Problems  Problems
}

func (r ExternalRow) at(path string) string { return "/external/" + strconv.FormatInt(r.ID, 10) + path }

// look is how near the end of a certificate is.
func (r ExternalRow) look(now time.Time) (kind, icon, code string) {
	switch {
	case r.NotAfter.IsZero():
		return "neutral", "circle-help", "unknown"
	case !now.Before(r.NotAfter):
		return "error", "circle-alert", "ended"
	case r.NotAfter.Sub(now) <= 30*24*time.Hour:
		return "warning", "calendar-clock", "soon"
	default:
		return "success", "check", "valid"
	}
}

func (r ExternalRow) removal(ctx context.Context) Confirmation {
	return Confirmation{ID: "remove-" + strconv.FormatInt(r.ID, 10), Title: i18n.T(ctx, "external.remove.title", "Name", r.Domain), Text: i18n.T(ctx, "external.remove.text"),
		Action: r.at("/remove"), Button: i18n.T(ctx, "external.remove"), Danger: true, Back: "/external"}
}
