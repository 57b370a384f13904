package handlers

import (
	"cmp"
	"context"

	"certbay/db"
	"certbay/db/certs"
	"certbay/views/i18n"
)

// mailContext is what a mail is worded in: the language of its reader, Turkish for
// one who has chosen none ("").
func mailContext(lang string) context.Context {
	return i18n.With(context.Background(), i18n.Locale{Lang: cmp.Or(lang, "tr")})
}

// IssuedMail tells a reseller that an order's certificate (or licence) is there.
func (h *Handlers) IssuedMail(o db.Order) db.Mail {
	ctx := mailContext("")
	return db.Mail{To: o.ResellerEmail,
		Subject: i18n.T(ctx, "mail.issued.subject", "Domain", orderTitle(o)),
		Body: i18n.T(ctx, "mail.issued.body", "Domain", orderTitle(o), "Product", o.ProductName, "Number", o.Number,
			"Link", h.BaseURL+orderPath(o.ID, ""))}
}

// ExternalMail tells a reseller that a certificate which it bought elsewhere ends.
func (h *Handlers) ExternalMail(x db.ExternalCertificate, days int, to string) db.Mail {
	ctx := mailContext("")
	name := certs.UnicodeName(x.CommonName)
	return db.Mail{To: to, Subject: i18n.T(ctx, "mail.external.subject", "Domain", name, "Days", i18n.Days(ctx, days)),
		Body: i18n.T(ctx, "mail.external.body", "Domain", name, "Days", i18n.Days(ctx, days), "End", i18n.Date(ctx, x.NotAfter), "Serial", x.Serial,
			"Link", h.BaseURL+"/orders/new")}
}
