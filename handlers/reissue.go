package handlers

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/db/certs"
	"certbay/views"
	"certbay/views/i18n"
)

// sameCSR is the choice to keep the key and the CSR of the certificate before.
const sameCSR = "same"

// reissuable says whether a further certificate may be asked for within an order's
// term: something was issued, and the term runs.
func (h *Handlers) reissuable(o db.Order) bool {
	return o.Kind != db.KindLicence && o.Status == db.StatusCompleted && h.Book.Now().Before(o.EndsAt)
}

// reissuing is the certificate of a completed order that is under way; ok is false
// where none is. list are the order's, newest first.
func reissuing(o db.Order, list []db.Certificate) (c db.Certificate, ok bool) {
	if o.Status != db.StatusCompleted || len(list) == 0 || list[0].State != db.CertificateRequested {
		return c, false
	}
	return list[0], true
}

// ReissueForm is GET /orders/:id/reissue.
func (h *Handlers) ReissueForm(c echo.Context) error {
	o, err := h.ownOrder(c)
	if err != nil {
		return err
	}
	before, names, err := h.reissueFrom(c, o)
	if err != nil {
		return err
	}
	return h.showReissue(c, http.StatusOK, o, before, views.ReissueForm{Names: strings.Join(unicodeNames(names), "\n")}, nil, "")
}

// reissueFrom is the certificate that an order has, and its names beside the domain.
// db.ErrStale where there is nothing to reissue.
func (h *Handlers) reissueFrom(c echo.Context, o db.Order) (db.Certificate, []string, error) {
	ctx := c.Request().Context()
	if !h.reissuable(o) {
		return db.Certificate{}, nil, db.ErrStale
	}
	before, err := h.Book.IssuedCertificate(ctx, o.ID)
	if errors.Is(err, db.ErrNotFound) {
		err = db.ErrStale
	}
	if err != nil {
		return before, nil, err
	}
	names, err := h.namesOn(c, o, before)
	return before, names, err
}

// namesOn are the names of a certificate beside its order's domain, ASCII.
func (h *Handlers) namesOn(c echo.Context, o db.Order, cert db.Certificate) ([]string, error) {
	rows, err := h.Book.DCVs(c.Request().Context(), cert.ID)
	var names []string
	for _, d := range rows {
		if d.Name != o.Domain {
			names = append(names, d.Name)
		}
	}
	return names, err
}

func unicodeNames(names []string) []string {
	var list []string
	for _, name := range names {
		list = append(list, certs.UnicodeName(name))
	}
	return list
}

// namePlaces is how many names beside the domain an order has paid for or included.
func namePlaces(o db.Order, p db.Product) (plain, wildcards int) {
	return max(o.SANCount, p.SANIncluded), max(o.WildcardSANCount, p.WildcardSANIncluded)
}

// Reissue is POST /orders/:id/reissue: a further certificate within the term, free of
// charge, for the names that were paid for.
func (h *Handlers) Reissue(c echo.Context) error {
	ctx := c.Request().Context()
	o, err := h.ownOrder(c)
	if err != nil {
		return err
	}
	before, _, err := h.reissueFrom(c, o)
	if err != nil {
		return err
	}
	f := views.ReissueForm{Choice: c.FormValue("csr_choice"), CSR: c.FormValue("csr"), Names: c.FormValue("sans"), Method: c.FormValue("method"), Email: c.FormValue("email")}
	config := db.Configuration{CSR: f.CSR, Method: f.Method, Email: f.Email}
	if f.Choice == sameCSR {
		config.CSR = ""
	} else if strings.TrimSpace(f.CSR) == "" {
		return h.showReissue(c, http.StatusUnprocessableEntity, o, before, f, views.Problems{views.CSRProblem("csr", views.CSRFault{Code: string(certs.CSREmpty)})}, "")
	}
	p, err := h.Book.OrderedProduct(ctx, o.ProductID)
	if err != nil {
		return err
	}
	if plain, wildcards := namePlaces(o, p); p.HasDomain() && plain+wildcards > 0 {
		var problems views.Problems
		if config.SANs, problems = tidyNames(f.Names, o.Domain); problems != nil {
			return h.showReissue(c, http.StatusUnprocessableEntity, o, before, f, problems, "")
		}
		config.OnlySANs = true
	}
	refused, _, err := h.Book.Refusals(c.Request().Context(), o.ID)
	if err != nil {
		return err
	}
	job, err := h.Book.Reissue(ctx, actor(c), o.ResellerID, o.ID, config)
	var bad *certs.CSRError
	var rejected *db.Rejected
	switch {
	case errors.As(err, &bad):
		if bad.Code == certs.CSRIsPrivateKey {
			f.CSR = "" // a key is not shown again, not even to who pasted it
		}
		return h.showReissue(c, http.StatusUnprocessableEntity, o, before, f, views.Problems{csrProblem(bad)}, "")
	case errors.As(err, &rejected):
		for i, problem := range rejected.Problems {
			if problem.Field == "wildcard_sans" {
				rejected.Problems[i].Field = "sans" // both are in one field here
			}
		}
		return h.showReissue(c, http.StatusUnprocessableEntity, o, before, f, orderProblems(rejected), "")
	case err != nil:
		return err
	}
	if err := h.await(c, job); err != nil {
		return err
	}
	if now, words, err := h.Book.Refusals(c.Request().Context(), o.ID); err != nil {
		return err
	} else if now > refused {
		return h.showReissue(c, http.StatusUnprocessableEntity, o, before, f, nil, words)
	}
	return h.afterReissue(c, o.ID)
}

// afterReissue leads to what a reissue waits for, or to its files.
func (h *Handlers) afterReissue(c echo.Context, id int64) error {
	ctx := c.Request().Context()
	o, err := h.ownOrder(c)
	if err != nil {
		return err
	}
	list, err := h.Book.Certificates(ctx, id)
	if err != nil {
		return err
	}
	next, underway := reissuing(o, list)
	if !underway {
		return done(c, orderPath(id, "/download"), i18n.T(ctx, "reissue.issued"))
	}
	rows, err := h.Book.DCVs(ctx, next.ID)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(rows, func(d db.DCV) bool { return d.State != db.DCVVerified }) {
		return done(c, orderPath(id, "/dcv"), i18n.T(ctx, "reissue.prove"))
	}
	return done(c, orderPath(id, ""), i18n.T(ctx, "reissue.asked"))
}

// tidyNames reads names beside a domain, each once, in the form the book keeps.
func tidyNames(text, domain string) ([]string, views.Problems) {
	names, problems := []string{}, views.Problems(nil)
	for _, typed := range splitNames(text) {
		name, err := certs.NormalizeName(typed)
		var bad *certs.NameError
		switch {
		case errors.As(err, &bad):
			problems = append(problems, views.OrderProblem("sans", "name_"+string(bad.Code), bad.Name, 0))
		case name != domain && !slices.Contains(names, name):
			names = append(names, name)
		}
	}
	return names, problems
}

func (h *Handlers) showReissue(c echo.Context, status int, o db.Order, before db.Certificate, f views.ReissueForm, problems views.Problems, refused string) error {
	ctx := c.Request().Context()
	p, err := h.Book.OrderedProduct(ctx, o.ProductID)
	if err != nil {
		return err
	}
	list, err := h.Book.Certificates(ctx, o.ID)
	if err != nil {
		return err
	}
	m := views.ReissuePage{Form: f, Refused: refused}
	m.ConfigurePage = views.ConfigurePage{OrderHead: orderHead(o), Form: views.ConfigureForm{CSR: f.CSR, Method: f.Method, Email: f.Email}, Problems: problems}
	_, m.Underway = reissuing(o, list)
	if csr, err := certs.ParseCSR(before.CSR); err == nil {
		m.Before = csrPreview(csr)
	}
	if p.HasDomain() {
		names, err := h.namesOn(c, o, before)
		if err != nil {
			return err
		}
		m.Methods = offered(p.DCVMethods)
		m.CSRNames = append([]string{o.Domain}, names...)
		m.Names = unicodeNames(m.CSRNames)
		m.Approvers = approversFor(m.CSRNames)
		m.KeyFile = certs.FileName(o.Domain, "key")
		m.Plain, m.Wildcards = namePlaces(o, p)
	}
	if csr, err := certs.ParseCSR(f.CSR); err == nil {
		m.Decoded = csrPreview(csr)
	}
	return show(h, c, status, views.Reissue, m)
}
