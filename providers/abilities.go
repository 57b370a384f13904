package providers

import "context"

// The abilities: small interfaces that an adapter implements when its upstream can do more than Provider. A caller asks with
// a type assertion; a button that the upstream can't honour is not shown.

// Finder looks an order up by our reference. It is what makes an unsure order sure again.
type Finder interface {
	// Find answers the upstream's id of the order placed under reference. Read; may be retried. ErrUnknown means, reliably,
	// that the upstream never got it: only then may the order be submitted again.
	Find(ctx context.Context, reference string) (upstreamID string, err error)
}

// DCVChanger changes how control of one name will be shown.
type DCVChanger interface {
	// ChangeDCV sets the method of one name; email is the approver for MethodEmail and empty otherwise. The new instruction
	// is read with Status. Repeating it is harmless. ErrRefused when method, name and product do not go together, or when
	// the name is verified already.
	ChangeDCV(ctx context.Context, upstreamID, name string, method Method, email string) error
}

// Resender sends the approval mail again.
type Resender interface {
	// Resend mails the approver of name once more. Each call sends a mail. ErrRefused when the name is not validated by mail.
	Resend(ctx context.Context, upstreamID, name string) error
}

// Rechecker asks the CA to look at domain control now rather than at its own pace.
type Rechecker interface {
	// Recheck may be repeated; an upstream that limits how often answers ErrUnavailable.
	Recheck(ctx context.Context, upstreamID string) error
}

// Canceler ends an order that has not been issued.
type Canceler interface {
	// Cancel gives reason to the upstream. Repeating it on a cancelled order succeeds. ErrRefused when it is too late.
	Cancel(ctx context.Context, upstreamID, reason string) error
}

// Reissuer issues a further certificate within the term of an issued order, free of charge.
type Reissuer interface {
	// Reissue takes CSR and Names (the others are ignored). While domain control of every name is still good the new
	// certificate may be there at once; otherwise Status says validation_pending with Reissuing set, and Certificate
	// goes on answering the certificate before. The identical request repeated while one is under way does nothing.
	Reissue(ctx context.Context, upstreamID string, s Submission) error
}

// Revoker withdraws an issued certificate for good.
type Revoker interface {
	// Revoke ends the order too. Repeating it on a revoked order succeeds. ErrRefused when nothing was issued.
	Revoke(ctx context.Context, upstreamID, reason string) error
}
