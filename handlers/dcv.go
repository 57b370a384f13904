package handlers

import (
	"cmp"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"path"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/db/certs"
	"certbay/views"
	"certbay/views/i18n"
)

// report is a pre-check as the book keeps it (providers/dcv's JSON).
type report struct {
	Verdict   string    `json:"verdict"`
	CheckedAt time.Time `json:"checked_at"`
	Zone      string    `json:"zone"`
	Answers   []struct {
		Server  string   `json:"server"`
		Verdict string   `json:"verdict"`
		Found   []string `json:"found"`
		Error   string   `json:"error"`
	} `json:"answers"`
	Chain []string `json:"chain"`
	Hints []string `json:"hints"`
}

func dcvReport(raw json.RawMessage) *views.DCVReport {
	var r report
	if len(raw) == 0 || json.Unmarshal(raw, &r) != nil {
		return nil
	}
	v := &views.DCVReport{Verdict: r.Verdict, CheckedAt: r.CheckedAt, Zone: r.Zone, Chain: r.Chain, Hints: r.Hints}
	for _, a := range r.Answers {
		v.Answers = append(v.Answers, views.DCVAnswer{Server: a.Server, Verdict: a.Verdict, Found: a.Found, Error: a.Error})
	}
	return v
}

func dcvName(d db.DCV) views.DCVName {
	return views.DCVName{Name: d.Name, Label: certs.UnicodeName(d.Name), Method: d.Method, State: string(d.State), CheckedAt: d.CheckedAt, VerifiedAt: d.VerifiedAt}
}

// dcvDetail is one name with what its owner has to publish; p says which methods it may have.
func dcvDetail(d db.DCV, p db.Product) views.DCVDetail {
	methods := offered(p.MethodsFor(d.Name))
	v := views.DCVDetail{
		DCVName: dcvName(d), Zone: certs.UnicodeName(certs.BaseDomain(d.Name)), Methods: methods, Email: d.Email,
		RecordType: d.RecordType, Host: d.Host, Value: d.Value, FileURL: d.FileURL, FileName: d.FileName, FileContent: d.FileContent,
		Report: dcvReport(d.Report),
	}
	if slices.Contains(methods, "email") {
		v.Approvers = approverAddresses(d.Name)
	}
	return v
}

// proofs are the names of an order's newest certificate and its product.
func (h *Handlers) proofs(c echo.Context, o db.Order) ([]db.DCV, db.Product, error) {
	ctx := c.Request().Context()
	p, err := h.Book.OrderedProduct(ctx, o.ProductID)
	if err != nil {
		return nil, p, err
	}
	list, err := h.Book.Certificates(ctx, o.ID)
	if err != nil || len(list) == 0 {
		return nil, p, err
	}
	// A refused or withdrawn request asks nothing of anybody any more.
	at := max(0, slices.IndexFunc(list, func(c db.Certificate) bool {
		return c.State == db.CertificateRequested || c.State == db.CertificateIssued || c.State == db.CertificateRevoked
	}))
	rows, err := h.Book.DCVs(ctx, list[at].ID)
	return rows, p, err
}

// underway says whether a completed order waits for a further certificate.
func (h *Handlers) underway(c echo.Context, o db.Order) (bool, error) {
	if o.Status != db.StatusCompleted {
		return false, nil
	}
	waiting, err := h.Book.Reissuing(c.Request().Context(), []int64{o.ID})
	return waiting[o.ID], err
}

// lookEvery is how often the page asks how the names stand, in seconds.
const lookEvery = 15

func (h *Handlers) dcvModel(c echo.Context, o db.Order, selected string) (views.DCVPage, error) {
	rows, p, err := h.proofs(c, o)
	if err != nil {
		return views.DCVPage{}, err
	}
	if len(rows) == 0 {
		return views.DCVPage{}, db.ErrNotFound
	}
	m := views.DCVPage{OrderHead: orderHead(o), Every: lookEvery}
	if m.Reissuing, err = h.underway(c, o); err != nil {
		return m, err
	}
	at := slices.IndexFunc(rows, func(d db.DCV) bool { return d.Name == selected })
	if selected != "" && at < 0 {
		return m, db.ErrNotFound
	}
	if at < 0 {
		at = max(0, slices.IndexFunc(rows, func(d db.DCV) bool { return d.State != db.DCVVerified }))
	}
	for _, d := range rows {
		m.Names = append(m.Names, dcvName(d))
	}
	m.Selected = dcvDetail(rows[at], p)
	changes, err := h.able(c, o.ID, ToChangeDCV)
	if err != nil {
		return m, err
	}
	resends, err := h.able(c, o.ID, ToResend)
	m.NoChange, m.NoResend = !changes, !resends
	return m, err
}

// DCV is GET /orders/:id/dcv?name=.
func (h *Handlers) DCV(c echo.Context) error {
	o, err := h.ownOrder(c)
	if err != nil {
		return err
	}
	switch o.Status {
	case db.StatusPending, db.StatusPendingConfiguration:
		return seeOther(c, orderPath(o.ID, "/configure"))
	case db.StatusProcessing, db.StatusCancelled:
		return seeOther(c, orderPath(o.ID, ""))
	}
	m, err := h.dcvModel(c, o, c.QueryParam("name"))
	if err != nil {
		return err
	}
	return show(h, c, http.StatusOK, views.DCV, m)
}

// DCVState is GET /orders/:id/dcv/state?name=: the part of the wizard that changes by itself.
func (h *Handlers) DCVState(c echo.Context) error {
	o, err := h.ownOrder(c)
	if err != nil {
		return err
	}
	m, err := h.dcvModel(c, o, c.QueryParam("name"))
	if err != nil {
		return err
	}
	p, err := h.page(c)
	if err != nil {
		return err
	}
	return fragment(c, http.StatusOK, views.DCVState(p, m))
}

// CheckDCV is POST /orders/:id/dcv/check with name: looks now, here and upstream.
func (h *Handlers) CheckDCV(c echo.Context) error {
	o, err := h.ownOrder(c)
	if err != nil {
		return err
	}
	job, err := h.Book.CheckNow(c.Request().Context(), o.ResellerID, o.ID)
	if err != nil && (!errors.Is(err, db.ErrStale) || o.Status != db.StatusCompleted) {
		return err
	}
	if err := h.await(c, job); err != nil {
		return err
	}
	if o, err = h.ownOrder(c); err != nil {
		return err
	}
	underway, err := h.underway(c, o)
	if err != nil {
		return err
	}
	if o.Status == db.StatusCompleted && !underway {
		return done(c, orderPath(o.ID, "/download"), i18n.T(c.Request().Context(), "dcv.issued.flash"))
	}
	rows, _, err := h.proofs(c, o)
	if err != nil {
		return err
	}
	name := c.FormValue("name")
	if slices.ContainsFunc(rows, func(d db.DCV) bool { return d.Name == name && d.State == db.DCVVerified }) {
		// On to the next name that waits.
		return done(c, dcvPath(o.ID, ""), i18n.T(c.Request().Context(), "dcv.verified.flash", "Name", certs.UnicodeName(name)))
	}
	return seeOther(c, dcvPath(o.ID, name))
}

// DCVFile is GET /orders/:id/dcv/file?name=: the file that a web server has to
// serve, byte for byte as the CA wants it.
func (h *Handlers) DCVFile(c echo.Context) error {
	o, err := h.ownOrder(c)
	if err != nil {
		return err
	}
	rows, _, err := h.proofs(c, o)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(rows, func(d db.DCV) bool { return d.Name == c.QueryParam("name") && d.FileName != "" })
	if at < 0 {
		return db.ErrNotFound
	}
	disposition := mime.FormatMediaType("attachment", map[string]string{"filename": path.Base(rows[at].FileName)})
	c.Response().Header().Set(echo.HeaderContentDisposition, disposition)
	return c.Blob(http.StatusOK, echo.MIMETextPlainCharsetUTF8, []byte(rows[at].FileContent))
}

// ChangeDCV is POST /orders/:id/dcv/method with name, method, email; no name is all names.
func (h *Handlers) ChangeDCV(c echo.Context) error {
	ctx := c.Request().Context()
	o, err := h.ownOrder(c)
	if err != nil {
		return err
	}
	name, method, email := c.FormValue("name"), c.FormValue("method"), c.FormValue("email")
	jobs, err := h.Book.ChangeDCV(ctx, actor(c), o.ResellerID, o.ID, name, method, email)
	var rejected *db.Rejected
	if errors.As(err, &rejected) {
		m, err := h.dcvModel(c, o, name)
		if err != nil {
			return err
		}
		m.Problems = orderProblems(rejected)
		return show(h, c, http.StatusUnprocessableEntity, views.DCV, m)
	}
	if err != nil {
		return err
	}
	if err := h.await(c, jobs...); err != nil {
		return err
	}
	if len(jobs) > 0 {
		if err := flash(c, "success", i18n.T(ctx, "dcv.method.changed")); err != nil {
			return err
		}
	}
	return seeOther(c, dcvPath(o.ID, cmp.Or(name, c.FormValue("selected"))))
}

// ResendDCV is POST /orders/:id/dcv/resend with name.
func (h *Handlers) ResendDCV(c echo.Context) error {
	ctx := c.Request().Context()
	o, err := h.ownOrder(c)
	if err != nil {
		return err
	}
	name := c.FormValue("name")
	job, err := h.Book.ResendDCV(ctx, actor(c), o.ResellerID, o.ID, name)
	if err != nil {
		return err
	}
	if err := h.await(c, job); err != nil {
		return err
	}
	return done(c, dcvPath(o.ID, name), i18n.T(ctx, "dcv.resent"))
}

func dcvPath(order int64, name string) string {
	address := orderPath(order, "/dcv")
	if name == "" {
		return address
	}
	return address + "?" + url.Values{"name": {name}}.Encode()
}
