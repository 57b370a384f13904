package handlers

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/views"
)

// awaitLicence waits for the supplier's answer to a licence that was just paid for;
// there is nothing to be done for it meanwhile.
func (h *Handlers) awaitLicence(c echo.Context, o db.Order) error {
	if o.Kind != db.KindLicence {
		return nil
	}
	job, err := h.Book.SubmitJob(c.Request().Context(), o.ID)
	if err != nil {
		return err
	}
	return h.await(c, job)
}

// correctLicence is POST /orders/:id/configure of a licence that its upstream
// refused, with domain: it is asked for again.
func (h *Handlers) correctLicence(c echo.Context, o db.Order) error {
	address := c.FormValue("domain")
	job, err := h.Book.CorrectLicence(c.Request().Context(), actor(c), o.ResellerID, o.ID, address)
	var rejected *db.Rejected
	if errors.As(err, &rejected) {
		return h.showCorrectLicence(c, http.StatusUnprocessableEntity, o, address, rejected)
	}
	if err != nil {
		return err
	}
	if err := h.await(c, job); err != nil {
		return err
	}
	return seeOther(c, orderPath(o.ID, ""))
}

func (h *Handlers) showCorrectLicence(c echo.Context, status int, o db.Order, address string, rejected *db.Rejected) error {
	return show(h, c, status, views.CorrectLicence, views.CorrectLicencePage{
		OrderHead: orderHead(o), Message: o.Message, Address: address, Problems: orderProblems(rejected)})
}
