package handlers

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/views"
	"certbay/views/i18n"
)

// External is GET /external: certificates that were bought elsewhere.
func (h *Handlers) External(c echo.Context) error {
	list, err := h.Book.ExternalCertificates(c.Request().Context(), person(c).ResellerID)
	if err != nil {
		return err
	}
	return show(h, c, http.StatusOK, views.External, views.ExternalPage{Rows: externalRows(list)})
}

func externalRows(list []db.ExternalCertificate) (rows []views.ExternalRow) {
	for _, x := range list {
		rows = append(rows, externalRow(x))
	}
	return rows
}

func externalRow(x db.ExternalCertificate) views.ExternalRow {
	names := unicodeNames(append([]string{x.CommonName}, x.Names...)[:1])
	return views.ExternalRow{ID: x.ID, Domain: names[0], MoreNames: max(0, len(x.Names)-1), Note: x.ExternalProduct, Validation: x.Validation, Issuer: x.Issuer, Serial: x.Serial, NotAfter: x.NotAfter}
}

// NewExternalForm is GET /external/new.
func (h *Handlers) NewExternalForm(c echo.Context) error {
	return show(h, c, http.StatusOK, views.NewExternal, views.NewExternalPage{})
}

// NewExternal is POST /external/new with pem, note.
func (h *Handlers) NewExternal(c echo.Context) error {
	ctx := c.Request().Context()
	m := views.NewExternalPage{PEM: c.FormValue("pem"), Note: c.FormValue("note")}
	id, err := h.Book.AddExternalCertificate(ctx, actor(c), person(c).ResellerID, m.PEM, m.Note)
	var rejected *db.Rejected
	if errors.As(err, &rejected) {
		for _, p := range rejected.Problems {
			if p.Code == "pem_key" {
				m.PEM = "" // a key is not shown again, not even to who pasted it
			}
		}
		m.Problems = orderProblems(rejected)
		return show(h, c, http.StatusUnprocessableEntity, views.NewExternal, m)
	}
	if err != nil {
		return err
	}
	x, err := h.Book.ExternalCertificate(ctx, person(c).ResellerID, id)
	if err != nil {
		return err
	}
	return done(c, "/external", i18n.T(ctx, "external.added", "Name", externalRow(x).Domain))
}

// ownExternal finds the certificate from elsewhere of the request among the reseller's.
func (h *Handlers) ownExternal(c echo.Context) (db.ExternalCertificate, error) {
	id, err := idParam(c, "id")
	if err != nil {
		return db.ExternalCertificate{}, err
	}
	return h.Book.ExternalCertificate(c.Request().Context(), person(c).ResellerID, id)
}

// RemoveExternalForm is GET /external/:id/remove: the question, where no dialog asked it.
func (h *Handlers) RemoveExternalForm(c echo.Context) error {
	x, err := h.ownExternal(c)
	if err != nil {
		return err
	}
	return show(h, c, http.StatusOK, views.RemoveExternal, externalRow(x))
}

// RemoveExternal is POST /external/:id/remove.
func (h *Handlers) RemoveExternal(c echo.Context) error {
	ctx := c.Request().Context()
	x, err := h.ownExternal(c)
	if err != nil {
		return err
	}
	if err := h.Book.RemoveExternalCertificate(ctx, actor(c), x.ResellerID, x.ID); err != nil {
		return err
	}
	return done(c, "/external", i18n.T(ctx, "external.removed", "Name", externalRow(x).Domain))
}
