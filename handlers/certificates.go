package handlers

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/views"
)

// ownCertificate finds one of an order's certificates that was issued, whatever became
// of it since.
func (h *Handlers) ownCertificate(c echo.Context) (db.Order, db.Certificate, error) {
	o, err := h.ownOrder(c)
	if err != nil {
		return o, db.Certificate{}, err
	}
	id, err := idParam(c, "certificate")
	if err != nil {
		return o, db.Certificate{}, err
	}
	list, err := h.Book.Certificates(c.Request().Context(), o.ID)
	if err != nil {
		return o, db.Certificate{}, err
	}
	at := slices.IndexFunc(list, func(cert db.Certificate) bool { return cert.ID == id && cert.PEM != "" })
	if at < 0 {
		return o, db.Certificate{}, db.ErrNotFound
	}
	return o, list[at], nil
}

// Certificate is GET /orders/:id/certificates/:certificate?server=: one of several that
// an order had.
func (h *Handlers) Certificate(c echo.Context) error {
	o, cert, err := h.ownCertificate(c)
	if err != nil {
		return err
	}
	m, err := describeDownload(o, cert, c.QueryParam("server"), certificatePath(o.ID, cert.ID))
	if err != nil {
		return err
	}
	m.State = string(cert.State)
	return show(h, c, http.StatusOK, views.Download, m)
}

// CertificateFile is GET /orders/:id/certificates/:certificate/download/:file.
func (h *Handlers) CertificateFile(c echo.Context) error {
	o, cert, err := h.ownCertificate(c)
	if err != nil {
		return err
	}
	return h.sendFileOf(c, o, cert)
}

func certificatePath(order, certificate int64) string {
	return orderPath(order, "/certificates/"+strconv.FormatInt(certificate, 10))
}
