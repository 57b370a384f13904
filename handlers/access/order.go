package access

import (
	"context"
	"time"

	"certbay/db"
)

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
