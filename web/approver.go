package web

import (
	"context"
	"errors"

	"certbay/db"
	"certbay/handlers"
	"certbay/providers"
)

// approverOf takes the sandbox CA for the pages: a token it does not know is gone.
// There is none without a CA.
func approverOf(ca handlers.Approver) handlers.Approver {
	if ca == nil {
		return nil
	}
	return approver{ca}
}

type approver struct{ ca handlers.Approver }

func (a approver) ApprovalName(ctx context.Context, token string) (string, error) {
	name, err := a.ca.ApprovalName(ctx, token)
	return name, gone(err)
}

func (a approver) Approve(ctx context.Context, token string) (string, error) {
	name, err := a.ca.Approve(ctx, token)
	return name, gone(err)
}

func gone(err error) error {
	if errors.Is(err, providers.ErrUnknown) {
		return db.ErrGone
	}
	return err
}
