package access

import (
	"context"
	"errors"
	"time"

	"certbay/db"
)

// UpstreamRefused is a wish that was taken and then refused by the authority, in its
// own words.
type UpstreamRefused struct{ Words string }

func (e *UpstreamRefused) Error() string { return "access: refused by the authority" }

// Change writes a wish about an order of the caller's and waits for the outcome of its
// jobs. Errors: stale when the order does not stand where it could be done,
// *UpstreamRefused when the authority refused meanwhile, and those of the wish.
func (v *Visit) Change(orderID int64, stale error, patience time.Duration, wish func(context.Context) (jobs []int64, err error)) error {
	before, _, err := v.Book.Refusals(v.Ctx, orderID)
	if err != nil {
		return err
	}
	jobs, err := wish(v.Ctx)
	if errors.Is(err, db.ErrStale) {
		return stale
	}
	if err != nil {
		return err
	}
	if err := v.Gate.Await(v.Ctx, patience, jobs...); err != nil {
		return err
	}
	after, words, err := v.Book.Refusals(v.Ctx, orderID)
	if err == nil && after > before {
		return &UpstreamRefused{words}
	}
	return err
}

// Look asks for the upstream's word of an order of the caller's that is under way,
// and gives the order as it stands then, or when patience is over.
func (v *Visit) Look(orderID int64, patience time.Duration) (db.Order, error) {
	job, err := v.Book.AskNow(v.Ctx, v.Caller.ResellerID, orderID)
	if err != nil {
		return db.Order{}, err
	}
	if err := v.Gate.Await(v.Ctx, patience, job); err != nil {
		return db.Order{}, err
	}
	return v.Book.Order(v.Ctx, v.Caller.ResellerID, orderID)
}

// GiveBack cancels an order that came to nothing, and says whether it is so. What
// can't be cancelled now stands in the book as incomplete. It is done even when who
// asked has gone.
func (v *Visit) GiveBack(o db.Order, patience time.Duration) bool {
	ctx := context.WithoutCancel(v.Ctx)
	job, err := v.Book.CancelOrder(ctx, v.Caller.Actor(), o.ResellerID, o.ID)
	if err == nil {
		err = v.Gate.Await(ctx, patience, job)
	}
	if err != nil {
		v.Log.WarnContext(ctx, "an order that was refused could not be cancelled", "order", o.Number, "cause", err.Error())
		return false
	}
	now, err := v.Book.Order(ctx, o.ResellerID, o.ID)
	return err == nil && now.Status == db.StatusCancelled
}
