package gogetssl

import (
	"context"
	"errors"
	"slices"

	"certbay/providers"
	"certbay/providers/gogetssl/internal/api"
)

// ChangeDCV changes the method of a name.
func (r *Reseller) ChangeDCV(ctx context.Context, upstreamID, name string, method providers.Method, email string) error {
	id, err := r.parseID(upstreamID)
	if err != nil {
		return err
	}
	if err := possible(providers.DomainChoice{Name: name, Method: method, Email: email}); err != nil {
		return err
	}
	_, err = r.api.ChangeValidationMethod(ctx, id, name, word(method, email))
	return err
}

// Resend mails the approver of a name.
func (r *Reseller) Resend(ctx context.Context, upstreamID, name string) error {
	id, err := r.parseID(upstreamID)
	if err != nil {
		return err
	}
	_, err = r.api.Resend(ctx, id, name)
	return err
}

// Recheck has every name looked at that waits for a record or a file.
func (r *Reseller) Recheck(ctx context.Context, upstreamID string) error {
	id, err := r.parseID(upstreamID)
	if err != nil {
		return err
	}
	st, err := r.Status(ctx, upstreamID)
	if err != nil {
		return providers.Unsent(err)
	}
	for _, d := range st.Domains {
		if d.Verified || d.Method == providers.MethodEmail || st.State.Final() {
			continue
		}
		// One that was seen since can't be looked at again.
		if _, err := r.api.Revalidate(ctx, id, d.Name); err != nil && !errors.Is(err, providers.ErrRefused) {
			return err
		}
	}
	return nil
}

// Cancel asks for an order to be cancelled.
func (r *Reseller) Cancel(ctx context.Context, upstreamID, reason string) error {
	id, err := r.parseID(upstreamID)
	if err != nil {
		return err
	}
	err = r.api.CancelSSLOrder(ctx, id, reason)
	if !errors.Is(err, providers.ErrRefused) {
		return err
	}
	if o, look := r.api.OrderStatus(ctx, id); look == nil && o.Status == api.Cancelled {
		return nil // it was cancelled before
	}
	return err
}

// Reissue asks for a further certificate.
func (r *Reseller) Reissue(ctx context.Context, upstreamID string, sub providers.Submission) error {
	id, err := r.parseID(upstreamID)
	if err != nil {
		return err
	}
	q := api.Reissue{OrderID: id, CSR: sub.CSR, WebServerType: anyServer, SignatureHash: "SHA2"}
	if q.DCVMethod, q.ApproverEmail, q.Names, err = choices(sub); err != nil {
		return r.orUnknown(ctx, id, err)
	}
	if slices.Contains([]string{"", string(providers.MethodEmail)}, q.DCVMethod) && q.ApproverEmail == "" {
		return providers.Refuse("email", "an approver is needed")
	}
	_, err = r.api.ReissueSSLOrder(ctx, q)
	return err
}

// orUnknown is a refusal of ours, unless there is no such order.
func (r *Reseller) orUnknown(ctx context.Context, id int64, refusal error) error {
	if _, err := r.api.OrderStatus(ctx, id); errors.Is(err, providers.ErrUnknown) {
		return err
	}
	return refusal
}
