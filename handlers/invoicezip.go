package handlers

import (
	"archive/zip"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/views"
	"certbay/views/i18n"
)

const month = "2006-01"

// invoiceFilter reads status, from and to (months on the reader's calendar, both
// included) of a query or a form; anything unknown there doesn't filter.
func invoiceFilter(ctx context.Context, value func(string) string) (db.InvoiceFilter, views.InvoiceChoice) {
	var f db.InvoiceFilter
	var chosen views.InvoiceChoice
	if status := db.InvoiceStatus(value("status")); slices.Contains(invoiceStatuses, status) {
		f.Status, chosen.Status = status, string(status)
	}
	zone := i18n.From(ctx).Zone
	if from, err := time.ParseInLocation(month, value("from"), zone); err == nil {
		f.From, chosen.From = from, value("from")
	}
	if to, err := time.ParseInLocation(month, value("to"), zone); err == nil {
		f.Until, chosen.To = to.AddDate(0, 1, 0), value("to")
	}
	return f, chosen
}

// AskInvoiceZip is POST /invoices/zip status, from, to: one zip of what the list shows.
func (h *Handlers) AskInvoiceZip(c echo.Context) error {
	ctx := c.Request().Context()
	f, chosen := invoiceFilter(ctx, c.FormValue)
	locale := i18n.From(ctx)
	id, err := h.Book.AskInvoiceZip(ctx, person(c).ResellerID, f, locale.Lang, locale.Zone.String())
	back := "/invoices?" + url.Values{"status": {chosen.Status}, "from": {chosen.From}, "to": {chosen.To}}.Encode()
	var many *db.TooMany
	switch {
	case errors.As(err, &many):
		flash(c, "error", i18n.N(ctx, "zip.toomany", many.Count, "Most", i18n.Number(ctx, db.MaxZip)))
		return seeOther(c, back)
	case errors.Is(err, db.ErrNotFound):
		flash(c, "error", i18n.T(ctx, "zip.nothing"))
		return seeOther(c, back)
	case err != nil:
		return err
	}
	return seeOther(c, "/invoices/zip/"+strconv.FormatInt(id, 10))
}

func (h *Handlers) ownZip(c echo.Context) (db.InvoiceZip, error) {
	id, err := idParam(c, "id")
	if err != nil {
		return db.InvoiceZip{}, err
	}
	return h.Book.InvoiceZip(c.Request().Context(), person(c).ResellerID, id)
}

func zipPage(z db.InvoiceZip) views.InvoiceZipPage {
	return views.InvoiceZipPage{ID: z.ID, Files: z.Files, Drawn: z.Drawn, Ready: z.Ready(), Failed: z.Failed, Until: z.ExpiresAt}
}

// InvoiceZip is GET /invoices/zip/:id: how far the zip is.
func (h *Handlers) InvoiceZip(c echo.Context) error {
	z, err := h.ownZip(c)
	if err != nil {
		return err
	}
	m := zipPage(z)
	return show(h, c, http.StatusOK, views.InvoiceZip, m, func(p *views.Page) {
		if m.Live() {
			p.Refresh = 3
		}
	})
}

// InvoiceZipState is GET /invoices/zip/:id/state: the part of the page that changes.
func (h *Handlers) InvoiceZipState(c echo.Context) error {
	z, err := h.ownZip(c)
	if err != nil {
		return err
	}
	return fragment(c, http.StatusOK, views.InvoiceZipState(zipPage(z)))
}

// InvoiceZipFile is GET /invoices/zip/:id/file; 409 until every PDF is drawn.
func (h *Handlers) InvoiceZipFile(c echo.Context) error {
	z, err := h.ownZip(c)
	if err != nil {
		return err
	}
	if !z.Ready() {
		return db.ErrStale
	}
	c.Response().Header().Set(echo.HeaderContentDisposition, `attachment; filename="invoices-`+z.CreatedAt.Format(time.DateOnly)+`.zip"`)
	c.Response().Header().Set(echo.HeaderContentType, "application/zip")
	c.Response().WriteHeader(http.StatusOK)
	w := zip.NewWriter(c.Response())
	err = h.Book.EachZipFile(c.Request().Context(), z.ID, func(f db.ZipFile) error {
		// A PDF is compressed already.
		entry, err := w.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Store, Modified: z.CreatedAt})
		if err != nil {
			return err
		}
		_, err = entry.Write(f.Content)
		return err
	})
	if err != nil {
		return err // the zip lacks its end, so nobody takes it for whole
	}
	return w.Close()
}

// ZipPDF draws an invoice for a zip, for a reader of that language and time zone.
func (h *Handlers) ZipPDF(ctx context.Context, i db.Invoice, lang, zone string) ([]byte, error) {
	location, err := time.LoadLocation(zone)
	if err != nil {
		location = time.UTC
	}
	ctx = i18n.With(ctx, i18n.Locale{Lang: lang, Zone: location})
	m, err := h.invoicePage(ctx, i)
	if err != nil {
		return nil, err
	}
	return h.invoicePDF(ctx, m)
}
