package handlers

import (
	"errors"

	"github.com/labstack/echo/v4"

	"certbay/db"
)

// What an upstream may be able to do with an order that it has, in the adapters' words.
// A certificate is renewed by an order of its own, which asks no upstream for more than
// any order does.
const (
	ToChangeDCV = "change_dcv"
	ToResend    = "resend"
	ToReissue   = "reissue"
	ToRevoke    = "revoke"
	ToCancel    = "cancel"
	ToLicence   = "licence" // renew, suspend, let work again, move, turn into another
)

// ErrUnable is answered where an order's upstream can't do what is asked of it.
var ErrUnable = errors.New("the upstream of this order can't do that")

// able says whether what is asked of an order can be honoured: its upstream can do it,
// or no upstream has the order yet. It is the one rule behind the buttons, which are not
// there where it says no, and behind Needs.
func (h *Handlers) able(c echo.Context, orderID int64, ability string) (bool, error) {
	list, err := h.ableOf(c, []int64{orderID}, ability)
	return list[orderID], err
}

// ableOf is able for several orders.
func (h *Handlers) ableOf(c echo.Context, orderIDs []int64, ability string) (map[int64]bool, error) {
	ctx := c.Request().Context()
	upstreams, err := h.Book.UpstreamsOf(ctx, orderIDs)
	if err != nil {
		return nil, err
	}
	can, list := map[string]bool{"": true}, map[int64]bool{}
	for _, id := range orderIDs {
		name := upstreams[id]
		if _, asked := can[name]; !asked {
			if can[name], err = h.Upstreams.Can(ctx, name, ability); err != nil {
				return nil, err
			}
		}
		list[id] = can[name]
	}
	return list, nil
}

// Needs lets a page about a reseller's own order (:id) through where the order's upstream
// has an ability, and answers ErrUnable where it has not.
func (h *Handlers) Needs(ability string, page echo.HandlerFunc) echo.HandlerFunc {
	return h.needs(ability, h.ownOrder, page)
}

// NeedsOfAny is Needs for the operator, whose order may be any reseller's.
func (h *Handlers) NeedsOfAny(ability string, page echo.HandlerFunc) echo.HandlerFunc {
	return h.needs(ability, h.anyOrder, page)
}

func (h *Handlers) needs(ability string, find func(echo.Context) (db.Order, error), page echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		o, err := find(c)
		if err != nil {
			return err
		}
		able, err := h.able(c, o.ID, ability)
		if err != nil {
			return err
		}
		if !able {
			return ErrUnable
		}
		return page(c)
	}
}
