package handlers

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/db/money"
	"certbay/views"
	"certbay/views/i18n"
)

const importsPath = "/admin/upstreams/import"

func importPath(id int64) string { return importsPath + "/" + strconv.FormatInt(id, 10) }

// Imports is GET /admin/upstreams/import?upstream=.
func (h *Handlers) Imports(c echo.Context) error {
	ctx := c.Request().Context()
	m := views.ImportsPage{Upstream: c.QueryParam("upstream")}
	for _, k := range db.ProductKinds {
		m.Kinds = append(m.Kinds, string(k))
	}
	var err error
	if m.Upstreams, err = h.Upstreams.Names(ctx); err != nil {
		return err
	}
	for _, name := range m.Upstreams {
		can, err := h.Upstreams.Can(ctx, name, "orders")
		if err != nil {
			return err
		}
		if can {
			m.Listers = append(m.Listers, name)
		}
	}
	page, pager := pageOf(c, importsPath)
	runs, total, err := h.Book.ImportRuns(ctx, page)
	if err != nil {
		return err
	}
	m.Pager = pager
	m.Pager.Total = total
	for _, r := range runs {
		m.Rows = append(m.Rows, views.ImportRunRow{ID: r.ID, Upstream: r.Upstream, What: string(r.What), Kind: string(r.Kind), State: string(r.State), Nightly: r.Nightly,
			Compared: r.Compared, Gone: r.Gone, Below: r.Below, By: r.By.Name, At: r.CreatedAt})
	}
	return show(h, c, http.StatusOK, views.Imports, m)
}

// StartImport is POST /admin/upstreams/import what, upstream, kind.
func (h *Handlers) StartImport(c echo.Context) error {
	ctx := c.Request().Context()
	upstream := c.FormValue("upstream")
	names, err := h.Upstreams.Names(ctx)
	if err != nil {
		return err
	}
	if !slices.Contains(names, upstream) {
		return db.ErrInvalid
	}
	what := db.ImportWhat(c.FormValue("what"))
	kind := db.ProductKind("")
	if what == db.ImportProducts {
		kind = db.ProductKind(c.FormValue("kind"))
	} else if can, err := h.Upstreams.Can(ctx, upstream, "orders"); err != nil || !can {
		return errors.Join(err, db.ErrInvalid)
	}
	id, err := h.Book.StartImport(ctx, actor(c), upstream, what, kind)
	if errors.Is(err, db.ErrStale) {
		flash(c, "info", i18n.T(ctx, "import.busy"))
		return seeOther(c, importsPath)
	}
	if err != nil {
		return err
	}
	return seeOther(c, importPath(id))
}

func (h *Handlers) importRun(c echo.Context) (db.ImportRun, db.RowCounts, error) {
	id, err := idParam(c, "id")
	if err != nil {
		return db.ImportRun{}, db.RowCounts{}, err
	}
	run, err := h.Book.ImportRun(c.Request().Context(), id)
	if err != nil {
		return run, db.RowCounts{}, err
	}
	counts, err := h.Book.ImportCounts(c.Request().Context(), id)
	return run, counts, err
}

func importProgress(run db.ImportRun, n db.RowCounts) views.ImportProgress {
	return views.ImportProgress{ID: run.ID, What: string(run.What), State: string(run.State), Read: run.Compared, Total: run.Total,
		Wanted: n.Wanted, Taken: n.Taken, Stale: n.Stale, Unwilling: n.Refused}
}

// ImportState is GET /admin/upstreams/import/:id/state: how far it is. When nothing
// goes on any more it sends the browser to the whole page.
func (h *Handlers) ImportState(c echo.Context) error {
	run, counts, err := h.importRun(c)
	if err != nil {
		return err
	}
	m := importProgress(run, counts)
	if !m.Live() {
		c.Response().Header().Set("HX-Redirect", importPath(run.ID))
	}
	return fragment(c, http.StatusOK, views.ImportState(m))
}

// Import is GET /admin/upstreams/import/:id?view=&page=.
func (h *Handlers) Import(c echo.Context) error {
	run, counts, err := h.importRun(c)
	if err != nil {
		return err
	}
	return h.showImport(c, http.StatusOK, run, counts, nil)
}

// showImport draws a page of a run; adjust may put back what was typed.
func (h *Handlers) showImport(c echo.Context, status int, run db.ImportRun, counts db.RowCounts, adjust func(*views.ImportPage)) error {
	m, err := h.importModel(c, run, counts)
	if err != nil {
		return err
	}
	if adjust != nil {
		adjust(&m)
	}
	return show(h, c, status, views.Import, m, func(p *views.Page) {
		if m.Live() {
			p.Refresh = 3
		}
	})
}

// importView is the state of rows that is shown: the one that is asked for, or the
// first that has any.
func importView(run db.ImportRun, counts db.RowCounts, asked string) db.RowState {
	states := db.RowStates[run.What]
	if slices.Contains(states, db.RowState(asked)) {
		return db.RowState(asked)
	}
	for _, s := range states {
		if counts.States[s] > 0 {
			return s
		}
	}
	return states[0]
}

func (h *Handlers) importModel(c echo.Context, run db.ImportRun, counts db.RowCounts) (views.ImportPage, error) {
	ctx := c.Request().Context()
	m := views.ImportPage{ImportProgress: importProgress(run, counts), Upstream: run.Upstream, Kind: string(run.Kind), Nightly: run.Nightly, At: run.CreatedAt, By: run.By.Name,
		Error: run.Error, Alarm: run.Alarm != "" && run.Nightly && run.SeenAt.IsZero(), Gone: run.Gone, Below: run.Below, Markup: "30"}
	if run.State != db.ImportReady {
		return m, nil
	}
	view := importView(run, counts, c.FormValue("view"))
	m.View = string(view)
	for _, s := range db.RowStates[run.What] {
		m.Views = append(m.Views, views.Chip{Text: i18n.Word(ctx, "import.view", string(s)), Href: importPath(run.ID) + "?view=" + string(s), Count: counts.States[s], Active: s == view})
	}
	page, pager := pageOf(c, importPath(run.ID))
	if number, _ := strconv.Atoi(c.FormValue("page")); number > 1 {
		page.Offset, pager.Page = (min(number, deepest)-1)*perPage, min(number, deepest)
	}
	pager.Query = url.Values{"view": {m.View}}
	rows, total, err := h.Book.ImportRows(ctx, run, view, page)
	if err != nil {
		return m, err
	}
	m.Pager = pager
	m.Pager.Total = total
	if total > perPage && (view == db.RowChanged || view == db.RowNew) {
		m.Every = counts.States[view]
	}
	if run.What == db.ImportOrders {
		return m, h.addImportOrders(ctx, &m, rows)
	}
	return m, h.addImportProducts(ctx, &m, run, rows)
}

// DismissImport is POST /admin/upstreams/import/:id/dismiss.
func (h *Handlers) DismissImport(c echo.Context) error {
	id, err := idParam(c, "id")
	if err != nil {
		return err
	}
	if err := h.Book.DismissImport(c.Request().Context(), actor(c), id); err != nil {
		return err
	}
	return done(c, importPath(id), i18n.T(c.Request().Context(), "import.dismissed"))
}

// importAlarms say what the readings of last night found.
func (h *Handlers) importAlarms(c echo.Context) ([]views.Alarm, error) {
	list, err := h.Book.ImportAlarms(c.Request().Context())
	var alarms []views.Alarm
	for _, a := range list {
		if a.Below > 0 {
			alarms = append(alarms, views.Alarm{Code: "import_below", Name: a.Upstream, Count: a.Below, ID: a.RunID})
		}
		if a.Gone > 0 {
			alarms = append(alarms, views.Alarm{Code: "import_gone", Name: a.Upstream, Count: a.Gone, ID: a.RunID})
		}
	}
	return alarms, err
}

// ImportMail tells an administrator what the reading of a night found.
func (h *Handlers) ImportMail(r db.ImportRun, to db.Person) db.Mail {
	ctx := mailContext(to.Lang)
	var found []string
	if r.Below > 0 {
		found = append(found, "- "+i18n.N(ctx, "import.alarm.below", r.Below))
	}
	if r.Gone > 0 {
		found = append(found, "- "+i18n.N(ctx, "import.alarm.gone", r.Gone))
	}
	return db.Mail{To: to.Email, Subject: i18n.T(ctx, "mail.import.subject", "Name", r.Upstream),
		Body: i18n.T(ctx, "mail.import.body", "Name", r.Upstream, "Found", strings.Join(found, "\n"), "Link", h.BaseURL+importPath(r.ID))}
}

// reasonOf takes the words of a row apart: a code and what it is about.
func reasonOf(words string) (code, name string) {
	code, name, _ = strings.Cut(words, ":")
	if strings.Contains(code, " ") {
		return words, ""
	}
	return code, name
}

// rowResult is how a chosen row stands.
func rowResult(r db.ImportRow) string {
	if r.Result == "" && r.Wish != "" {
		return "wanted"
	}
	return r.Result
}

func inCurrency(cents int64, currency string) money.Money {
	return money.New(cents, money.Currency(currency))
}
