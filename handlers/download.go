package handlers

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/db/certs"
	"certbay/views"
)

// downloadModel describes an issued certificate's files; base is the page they hang below.
func (h *Handlers) downloadModel(c echo.Context, o db.Order, base string) (views.DownloadPage, error) {
	cert, err := h.Book.IssuedCertificate(c.Request().Context(), o.ID)
	if err != nil {
		return views.DownloadPage{}, err
	}
	return describeDownload(o, cert, c.QueryParam("server"), base)
}

// describeDownload describes the files of one of an order's certificates for a server.
func describeDownload(o db.Order, cert db.Certificate, server, base string) (views.DownloadPage, error) {
	m := views.DownloadPage{OrderHead: orderHead(o), Base: base, Server: server}
	if !slices.Contains(views.Servers, m.Server) {
		m.Server = views.Servers[0]
	}
	info, err := certs.Describe(cert.PEM)
	if err != nil {
		return m, err
	}
	m.Serial, m.NotBefore, m.NotAfter = cert.Serial, cert.NotBefore, cert.NotAfter
	for _, name := range info.Names {
		m.Names = append(m.Names, certs.UnicodeName(name))
	}
	m.FileName = fileName(o, "")
	return m, nil
}

// fileName names a file of an order after its domain.
func fileName(o db.Order, extension string) string {
	return certs.FileName(cmp.Or(o.Domain, strings.ToLower(o.Number)), extension)
}

// Download is GET /orders/:id/download?server=.
func (h *Handlers) Download(c echo.Context) error {
	o, err := h.ownOrder(c)
	if err != nil {
		return err
	}
	m, err := h.downloadModel(c, o, orderPath(o.ID, ""))
	if err != nil {
		return err
	}
	if m.Installation, err = h.installationCard(c.Request().Context(), person(c), o); err != nil {
		return err
	}
	return show(h, c, http.StatusOK, views.Download, m)
}

// DownloadFile is GET /orders/:id/download/:file.
func (h *Handlers) DownloadFile(c echo.Context) error {
	o, err := h.ownOrder(c)
	if err != nil {
		return err
	}
	return h.sendFile(c, o)
}

// sendFile answers with one of an issued certificate's files: zip, certificate,
// fullchain or bundle.
func (h *Handlers) sendFile(c echo.Context, o db.Order) error {
	cert, err := h.Book.IssuedCertificate(c.Request().Context(), o.ID)
	if err != nil {
		return err
	}
	return h.sendFileOf(c, o, cert)
}

// sendFileOf is sendFile for one of an order's certificates.
func (h *Handlers) sendFileOf(c echo.Context, o db.Order, cert db.Certificate) error {
	full := certs.FullChain(cert.PEM, cert.Chain)
	switch c.Param("file") {
	case "zip":
		return h.sendZip(c, o, cert, full)
	case "certificate":
		return attach(c, o, "pem", "application/x-pem-file", []byte(cert.PEM))
	case "fullchain":
		return attach(c, o, "fullchain.pem", "application/x-pem-file", []byte(full))
	case "bundle":
		return attach(c, o, "ca-bundle.pem", "application/x-pem-file", []byte(cert.Chain))
	}
	return db.ErrNotFound
}

func (h *Handlers) sendZip(c echo.Context, o db.Order, cert db.Certificate, full string) error {
	server := c.QueryParam("server")
	if !slices.Contains(views.Servers, server) {
		server = views.Servers[0]
	}
	archive, err := certs.Zip([]certs.File{
		{Name: "certificate.pem", Content: []byte(cert.PEM)},
		{Name: "fullchain.pem", Content: []byte(full)},
		{Name: "ca-bundle.pem", Content: []byte(cert.Chain)},
		{Name: "README.txt", Content: []byte(views.InstallText(c.Request().Context(), server, fileName(o, "")))},
	}, cert.IssuedAt)
	if err != nil {
		return err
	}
	return attach(c, o, "zip", "application/zip", archive)
}

// attach answers with a file to be saved, never opened in place.
func attach(c echo.Context, o db.Order, extension, contentType string, content []byte) error {
	c.Response().Header().Set(echo.HeaderContentDisposition, `attachment; filename="`+fileName(o, extension)+`"`)
	return c.Blob(http.StatusOK, contentType, content)
}
