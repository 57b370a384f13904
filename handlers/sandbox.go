package handlers

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/db/certs"
	"certbay/views"
)

// ApproveForm is GET /sandbox/approve/:token. It only asks, because mail scanners
// open links.
func (h *Handlers) ApproveForm(c echo.Context) error {
	if h.Approver == nil {
		return db.ErrNotFound
	}
	token := c.Param("token")
	name, err := h.Approver.ApprovalName(c.Request().Context(), token)
	if err != nil {
		return h.approvalGone(c, err)
	}
	return show(h, c, http.StatusOK, views.SandboxApprove, views.SandboxApprovePage{State: "ask", Token: token, Name: certs.UnicodeName(name)})
}

// Approve is POST /sandbox/approve/:token.
func (h *Handlers) Approve(c echo.Context) error {
	if h.Approver == nil {
		return db.ErrNotFound
	}
	ctx := c.Request().Context()
	name, err := h.Approver.Approve(ctx, c.Param("token"))
	if name == "" && err != nil {
		return h.approvalGone(c, err)
	}
	if err != nil {
		// The word is taken; what follows from it is tried again when the CA is asked next.
		h.Log.WarnContext(ctx, "sandbox: after an approval", "cause", err.Error())
	}
	return show(h, c, http.StatusOK, views.SandboxApprove, views.SandboxApprovePage{State: "done", Name: certs.UnicodeName(name)})
}

func (h *Handlers) approvalGone(c echo.Context, err error) error {
	if !errors.Is(err, db.ErrGone) {
		return err
	}
	return show(h, c, http.StatusGone, views.SandboxApprove, views.SandboxApprovePage{State: "gone"})
}
