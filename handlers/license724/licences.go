package license724

import (
	"context"
	"errors"
	"net/http"
	"time"

	"certbay/db"
	"certbay/handlers/access"
)

// patience is how long a request waits for the supplier; the wish goes on in the
// book after that.
const patience = 8 * time.Second

// licence finds what the request is about by its type and address.
func (c *call) licence() (db.Order, catalog, error) {
	ip, err := c.asked.address("ip")
	if err != nil {
		return db.Order{}, catalog{}, err
	}
	all, err := c.catalog()
	if err != nil {
		return db.Order{}, all, err
	}
	list, err := c.Book.LicencesAt(c.Ctx, c.Caller.ResellerID, ip)
	if err != nil {
		return db.Order{}, all, err
	}
	for _, l := range list {
		if all.named(l.ProductID, c.asked["type"]) {
			return l, all, nil
		}
	}
	return db.Order{}, all, errNoLicence
}

// create is /licenses/create.
func (c *call) create() (any, error) {
	id := c.Happened()
	if id == 0 {
		o, err := c.place()
		if err != nil {
			return nil, err
		}
		id = o.ID
	}
	return c.bought(id, "l724.done.created", "l724.doing.created")
}

func (c *call) place() (db.Order, error) {
	ip, err := c.asked.address("ip")
	if err != nil {
		return db.Order{}, err
	}
	months, err := c.asked.cycles()
	if err != nil {
		return db.Order{}, err
	}
	all, err := c.catalog()
	if err != nil {
		return db.Order{}, err
	}
	p, ok := all.find(c.asked["type"])
	if !ok {
		return db.Order{}, &badParameter{name: "type", status: http.StatusUnprocessableEntity, key: "l724.error.no_product"}
	}
	return c.Book.PlaceOrder(c.Ctx, c.Caller.Actor(), c.Caller.ResellerID, db.NewOrder{ProductID: p.ID, Months: months, Domain: ip})
}

// renew is /licenses/renew.
func (c *call) renew() (any, error) {
	id := c.Happened()
	if id == 0 {
		months, err := c.asked.cycles()
		if err != nil {
			return nil, err
		}
		l, _, err := c.licence()
		if err != nil {
			return nil, err
		}
		o, err := c.Book.RenewLicence(c.Ctx, c.Caller.Actor(), c.Caller.ResellerID, l.ID, months, db.WishForm{})
		if err != nil {
			return nil, err
		}
		id = o.ID
	}
	return c.bought(id, "l724.done.renewed", "l724.doing.renewed")
}

// changeCore is /licenses/change-core.
func (c *call) changeCore() (any, error) {
	id := c.Happened()
	if id == 0 {
		l, all, err := c.licence()
		if err != nil {
			return nil, err
		}
		p, ok := all.find(c.asked["new_type"])
		if !ok {
			return nil, &badParameter{name: "new_type", status: http.StatusUnprocessableEntity, key: "l724.error.no_product"}
		}
		o, err := c.Book.ChangeCore(c.Ctx, c.Caller.Actor(), c.Caller.ResellerID, l.ID, p.ID, db.WishForm{})
		if err != nil {
			return nil, err
		}
		id = o.ID
	}
	return c.bought(id, "l724.done.core", "l724.doing.core")
}

// bought waits for what an order bought and says how it stands.
func (c *call) bought(orderID int64, done, doing string) (any, error) {
	job, err := c.Book.SubmitJob(c.Ctx, orderID)
	if err != nil {
		return nil, err
	}
	if err := c.Gate.Await(c.Ctx, patience, job); err != nil {
		return nil, err
	}
	o, err := c.Book.Order(c.Ctx, c.Caller.ResellerID, orderID)
	if err != nil {
		return nil, err
	}
	l := o
	if o.LicenceID != 0 {
		if l, err = c.Book.Order(c.Ctx, c.Caller.ResellerID, o.LicenceID); err != nil {
			return nil, err
		}
	}
	switch o.Status {
	case db.StatusCompleted, db.StatusExpired:
		return c.stands(l, c.t(done), false), nil
	case db.StatusPendingConfiguration:
		// On its page a refused order waits to be corrected; a program that is told "refused" has its
		// money back, and the place is free for another try.
		_, err := c.Book.CancelOrderIn(c.Ctx, c.Caller.Actor(), c.Caller.ResellerID, orderID, db.StatusPendingConfiguration)
		if errors.Is(err, db.ErrStale) {
			return c.stands(l, c.t(doing), true), nil // somebody has corrected it just now
		}
		if err != nil {
			return nil, err
		}
		return nil, &access.UpstreamRefused{Words: o.Message}
	case db.StatusCancelled:
		return nil, &access.UpstreamRefused{Words: o.Message}
	}
	return c.stands(l, c.t(doing), true), nil
}

func (c *call) stands(l db.Order, words string, processing bool) Done {
	d := Done{Success: true, Message: words, LicenseID: l.ID, Status: "active", LicenseKey: l.LicenceKey}
	switch {
	case processing:
		d.Status = "processing"
	case l.Suspended:
		d.Status = "suspended"
	}
	if !l.EndsAt.IsZero() {
		d.ExpiresAt = l.EndsAt.UTC().Format(time.DateTime)
	}
	return d
}

// suspend is /licenses/suspend.
func (c *call) suspend() (any, error) {
	return c.change(c.Book.SuspendLicence, func(l db.Order) bool { return l.Suspended }, "l724.done.suspended", "l724.doing.suspended")
}

// unsuspend is /licenses/unsuspend.
func (c *call) unsuspend() (any, error) {
	return c.change(c.Book.UnsuspendLicence, func(l db.Order) bool { return !l.Suspended }, "l724.done.unsuspended", "l724.doing.unsuspended")
}

// changeIP is /licenses/change-ip.
func (c *call) changeIP() (any, error) {
	to, err := c.asked.address("newip")
	if err != nil {
		return nil, err
	}
	ask := func(ctx context.Context, by db.Actor, reseller, order int64) (int64, error) {
		return c.Book.MoveLicence(ctx, by, reseller, order, to)
	}
	return c.change(ask, func(l db.Order) bool { return l.Domain == to }, "l724.done.moved", "l724.doing.moved")
}

// change asks for something that costs nothing, waits for it and says how it stands.
func (c *call) change(ask func(ctx context.Context, by db.Actor, reseller, order int64) (int64, error), so func(db.Order) bool, done, doing string) (any, error) {
	id := c.Happened()
	if id == 0 {
		l, _, err := c.licence()
		if err != nil {
			return nil, err
		}
		id = l.ID
		job, err := ask(c.Ctx, c.Caller.Actor(), c.Caller.ResellerID, id)
		if err != nil {
			return nil, err
		}
		if err := c.Gate.Await(c.Ctx, patience, job); err != nil {
			return nil, err
		}
	}
	l, err := c.Book.Order(c.Ctx, c.Caller.ResellerID, id)
	switch {
	case err != nil:
		return nil, err
	case so(l):
		return c.stands(l, c.t(done), false), nil
	case l.Message != "":
		return nil, &access.UpstreamRefused{Words: l.Message}
	}
	return c.stands(l, c.t(doing), true), nil
}
