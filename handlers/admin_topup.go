package handlers

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/db/money"
	"certbay/views"
	"certbay/views/i18n"
)

var topUpStates = []db.TopUpState{db.TopUpPending, db.TopUpApproved, db.TopUpRefused, db.TopUpWithdrawn}

func adminTopUpPath(id int64) string { return "/admin/top-ups/" + strconv.FormatInt(id, 10) }

// AdminTopUps is GET /admin/top-ups?state=.
func (h *Handlers) AdminTopUps(c echo.Context) error {
	ctx := c.Request().Context()
	m := views.AdminTopUpsPage{State: c.QueryParam("state")}
	if !slices.Contains(topUpStates, db.TopUpState(m.State)) {
		m.State = ""
	}
	page, pager := pageOf(c, "/admin/top-ups")
	list, total, err := h.Book.TopUps(ctx, db.TopUpFilter{State: db.TopUpState(m.State), Page: page})
	if err != nil {
		return err
	}
	if _, m.Pending, err = h.Book.TopUps(ctx, db.TopUpFilter{State: db.TopUpPending, Page: db.Page{Limit: 1}}); err != nil {
		return err
	}
	pager.Total = total
	m.Pager, m.Rows = pager, topUpRows(list)
	return show(h, c, http.StatusOK, views.AdminTopUps, m)
}

// anyTopUp finds the request of the address, whosever it is.
func (h *Handlers) anyTopUp(c echo.Context) (db.TopUp, error) {
	id, err := idParam(c, "id")
	if err != nil {
		return db.TopUp{}, err
	}
	return h.Book.AnyTopUp(c.Request().Context(), id)
}

// AdminTopUp is GET /admin/top-ups/:id.
func (h *Handlers) AdminTopUp(c echo.Context) error {
	u, err := h.anyTopUp(c)
	if err != nil {
		return err
	}
	return h.showAdminTopUp(c, http.StatusOK, u, "", nil)
}

func (h *Handlers) showAdminTopUp(c echo.Context, status int, u db.TopUp, typed string, problems views.Problems) error {
	balance, _, err := h.Book.Wallet(c.Request().Context(), u.ResellerID)
	if err != nil {
		return err
	}
	return show(h, c, status, views.AdminTopUp, views.AdminTopUpPage{TopUpRow: topUpRow(u), AskedBy: u.AskedBy, MediaType: u.MediaType, Size: u.Size,
		Balance: money.USD(balance), DecidedBy: u.DecidedBy, DecidedAt: u.DecidedAt, Typed: typed, Problems: problems})
}

// AdminTopUpReceipt is GET /admin/top-ups/:id/receipt.
func (h *Handlers) AdminTopUpReceipt(c echo.Context) error {
	u, err := h.anyTopUp(c)
	if err != nil {
		return err
	}
	return h.sendReceipt(c, u)
}

// AdminApproveTopUp is POST /admin/top-ups/:id/approve with note: the transfer has
// arrived, its amount goes to the wallet, once.
func (h *Handlers) AdminApproveTopUp(c echo.Context) error { return h.decideTopUp(c, true) }

// AdminRefuseTopUp is POST /admin/top-ups/:id/refuse with note; nothing moves.
func (h *Handlers) AdminRefuseTopUp(c echo.Context) error { return h.decideTopUp(c, false) }

func (h *Handlers) decideTopUp(c echo.Context, approve bool) error {
	ctx := c.Request().Context()
	u, err := h.anyTopUp(c)
	if err != nil {
		return err
	}
	note := strings.TrimSpace(c.FormValue("note"))
	if key := reasonProblem(note); key == "form.toolong" || key != "" && !approve {
		return h.showAdminTopUp(c, http.StatusUnprocessableEntity, u, note, views.Problems{{Field: "note", Key: key}})
	}
	mails, err := h.topUpMails(ctx)
	if err != nil {
		return err
	}
	decide, words := h.Book.RefuseTopUp, "topup.refused.done"
	if approve {
		decide, words = h.Book.ApproveTopUp, "topup.approved.done"
	}
	err = decide(ctx, actor(c), u.ID, note, mails)
	if errors.Is(err, db.ErrStale) {
		return informed(c, adminTopUpPath(u.ID), i18n.T(ctx, "topup.once"))
	}
	if err != nil {
		return err
	}
	return done(c, adminTopUpPath(u.ID), i18n.T(ctx, words, "Amount", i18n.Money(ctx, money.USD(u.Cents)), "Reseller", u.ResellerName))
}
