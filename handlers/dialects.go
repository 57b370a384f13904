package handlers

import (
	"context"

	"github.com/labstack/echo/v4"

	"certbay/views"
	"certbay/views/i18n"
)

// dialects are the APIs beside DATASSL's that can be switched on for a reseller, by
// the names the book has for them.
var dialects = []string{"gogetssl", "billmanager", "ssl247", "license724"}

func (h *Handlers) dialectsOf(ctx context.Context, resellerID int64) (list []views.DialectSwitch, err error) {
	for _, name := range dialects {
		on, err := h.Book.ResellerSpeaks(ctx, resellerID, name)
		if err != nil {
			return nil, err
		}
		list = append(list, views.DialectSwitch{Name: name, On: on})
	}
	return list, nil
}

// AdminDialects is POST /admin/resellers/:id/dialects with dialect_<name> for each
// that is to be on.
func (h *Handlers) AdminDialects(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := idParam(c, "id")
	if err != nil {
		return err
	}
	if _, err := h.Book.Reseller(ctx, id); err != nil {
		return err
	}
	now, err := h.dialectsOf(ctx, id)
	if err != nil {
		return err
	}
	for _, d := range now {
		if on := c.FormValue("dialect_"+d.Name) != ""; on != d.On {
			if err := h.Book.SetResellerDialect(ctx, actor(c), id, d.Name, on); err != nil {
				return err
			}
		}
	}
	return done(c, adminResellerPath(id), i18n.T(ctx, "dialects.saved"))
}
