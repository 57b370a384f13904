package ssl247

import (
	"context"
	"errors"

	"certbay/db"
	"certbay/db/certs"
	"certbay/handlers/access"
)

// placeQuickOrder is /order/certificate/place-quick-order: it buys and completes.
// Whatever can be found wrong is found before; what the authority refuses at once is
// given back.
func (c *call) placeQuickOrder() (any, error) {
	var config db.Configuration
	o, err := c.happenedOr(func() (db.Order, error) {
		n, err := c.wish(c.fields)
		if err == nil {
			err = c.checkBilling()
		}
		if err != nil {
			return db.Order{}, err
		}
		if config, err = c.quickConfiguration(&n); err != nil {
			return db.Order{}, err
		}
		if _, err := c.Book.CheckOrder(c.Ctx, c.Caller.ResellerID, n, config); err != nil {
			return db.Order{}, err
		}
		return c.Book.PlaceOrder(c.Ctx, c.Caller.Actor(), c.Caller.ResellerID, n)
	})
	if err != nil {
		return nil, err
	}
	if c.Happened() != 0 {
		if config, _, err = c.configuration(o.Domain); err != nil {
			return nil, err
		}
	}
	if o.Status == db.StatusPending {
		if err := c.configure(o, config); err != nil {
			if !errors.Is(err, errNotCompleted) && !errors.Is(err, context.Canceled) {
				c.GiveBack(o, patience)
			}
			return nil, err
		}
	}
	if o, err = c.Book.Order(c.Ctx, o.ResellerID, o.ID); err != nil {
		return nil, err
	}
	if o.Status == db.StatusPendingConfiguration && c.GiveBack(o, patience) {
		return nil, &access.UpstreamRefused{Words: o.Message}
	}
	return completed{o.ID, []completedCertificate{{ID: id(o.ID)}}}, nil
}

// quickConfiguration is the configuration of an order to be, which takes the further
// names over.
func (c *call) quickConfiguration(n *db.NewOrder) (db.Configuration, error) {
	domain := n.Domain
	if ascii, err := certs.NormalizeName(domain); err == nil {
		domain = ascii
	}
	config, names, err := c.configuration(domain)
	n.SANs = append(n.SANs, names...)
	return config, err
}
