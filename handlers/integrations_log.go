package handlers

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/views"
)

const requestsShown = 25 // on a page of the log

// APIRequests is GET /integrations/requests?key=&class=&before=&after=.
func (h *Handlers) APIRequests(c echo.Context) error {
	ctx, reseller := c.Request().Context(), person(c).ResellerID
	m := views.RequestsPage{IntegrationTabs: h.integrationTabs(c), Days: db.APILogDays, Path: "/integrations/requests", Query: url.Values{}}
	f := db.APIRequestFilter{KeyID: rowParam(c, "key"), Before: rowParam(c, "before"), After: rowParam(c, "after"), Limit: requestsShown}
	if class := c.QueryParam("class"); class == "2" || class == "4" || class == "5" {
		m.Class, f.Class = class, int(class[0]-'0')
		m.Query.Set("class", class)
	}
	if f.Before != 0 {
		f.After = 0
	}
	keys, err := h.Book.APIKeys(ctx, reseller)
	if err != nil {
		return err
	}
	for _, k := range keys {
		if row, now := keyRow(k, h.Book.Now()), h.Book.Now(); row.State == "expired" && old(row.ExpiresAt, now) || row.State == "revoked" && old(row.RevokedAt, now) {
			continue // its last request is no longer in the log
		}
		m.Keys = append(m.Keys, views.Option{Value: strconv.FormatInt(k.ID, 10), Text: k.Name + " (" + k.Prefix + "…)"})
	}
	if !slices.ContainsFunc(keys, func(k db.APIKey) bool { return k.ID == f.KeyID }) {
		f.KeyID = 0 // none of theirs: doesn't filter
	} else {
		m.Key = strconv.FormatInt(f.KeyID, 10)
		m.Query.Set("key", m.Key)
	}
	rows, more, err := h.Book.APIRequests(ctx, reseller, f)
	if err != nil {
		return err
	}
	for _, r := range rows {
		m.Rows = append(m.Rows, views.RequestRow{At: r.At, Method: r.Method, Path: r.Path, Status: r.Status, Took: r.Took, Key: r.KeyName, Prefix: r.KeyPrefix, IP: r.IP})
	}
	if len(rows) > 0 {
		if f.Before != 0 || f.After != 0 && more {
			m.Newer = rows[0].ID
		}
		if f.After != 0 || more {
			m.Older = rows[len(rows)-1].ID
		}
	}
	return show(h, c, http.StatusOK, views.Requests, m)
}

// old says whether what ended then is in the log no more.
func old(ended, now time.Time) bool { return ended.Before(now.AddDate(0, 0, -db.APILogDays)) }

// rowParam is the id of a row in the query, 0 for none and for nonsense.
func rowParam(c echo.Context, name string) int64 {
	id, _ := strconv.ParseInt(c.QueryParam(name), 10, 64)
	return max(0, id)
}
