package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"certbay/views"
)

// dialectPaths is where each API lives below the base URL.
var dialectPaths = map[string]string{"datassl": apiPath, "gogetssl": "/api", "ssl247": "/api/v3", "billmanager": "/billmgr", "license724": "/v1"}

// Dialects is GET /integrations/dialects: which APIs a reseller's programs may speak, how
// they sign in, and a call of each to try.
func (h *Handlers) Dialects(c echo.Context) error {
	ctx := c.Request().Context()
	r, err := h.Book.Reseller(ctx, person(c).ResellerID)
	if err != nil {
		return err
	}
	switches, err := h.dialectsOf(ctx, r.ID)
	if err != nil {
		return err
	}
	m := views.DialectsPage{IntegrationTabs: h.integrationTabs(c), Allowed: r.APIAllowed, Enabled: r.APIEnabled}
	for _, d := range append([]views.DialectSwitch{{Name: "datassl", On: true}}, switches...) {
		m.Dialects = append(m.Dialects, views.Dialect{DialectSwitch: d, BaseURL: h.BaseURL + dialectPaths[d.Name], User: person(c).Email})
	}
	return show(h, c, http.StatusOK, views.Dialects, m)
}
