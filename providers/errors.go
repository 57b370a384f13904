package providers

import "errors"

// The errors an adapter answers with; test with errors.Is.
var (
	// ErrRefused: the upstream understood and said no; nothing was changed there, but see Refusal.UpstreamID. The words are in
	// the *Refusal.
	ErrRefused = errors.New("refused by the upstream")

	// ErrUnavailable: no usable answer (down, slow, too many requests, nonsense). Reads may be tried again later; a call that
	// changes something may nevertheless have been carried out, unless the error is ErrNotSent too. The *Failure says more.
	ErrUnavailable = errors.New("upstream unavailable")

	// ErrNotSent: the upstream surely did not carry the call out: it was never sent, or turned away unread. It may be made again.
	ErrNotSent = errors.New("the upstream was not reached")

	// ErrUnsure: the upstream may have carried the call out. One that spends is never made again before that is known: by
	// Finder, or by a person. Finder itself answers it where the upstream's records can't tell.
	ErrUnsure = errors.New("the upstream may have carried it out")

	// ErrCredentials: the upstream does not accept our login; nothing was changed there. A person must act.
	ErrCredentials = errors.New("upstream does not accept the credentials")

	// ErrSecondFactor: beside ErrCredentials where the upstream says that the account asks for a second factor.
	ErrSecondFactor = errors.New("the upstream wants a second factor")

	// ErrAddress: beside ErrCredentials where the upstream says that it lets nobody in from our address.
	ErrAddress = errors.New("the upstream does not let our address in")

	// ErrUnknown: the upstream has no such order.
	ErrUnknown = errors.New("unknown to the upstream")

	// ErrNotReady: the order exists, what was asked for does not exist yet (or never will, once the state is final).
	ErrNotReady = errors.New("not ready upstream")
)

// Refusal is ErrRefused with the upstream's own words, which are shown to a person as they came.
type Refusal struct {
	Message string
	// Field names what was wrong, where the upstream tells: "csr", "names", "method", "email", "product", "months",
	// "contact", "org", "ip", "reference", "balance" (our money there is not enough); empty otherwise.
	Field string

	// UpstreamID is set when Submit was refused and yet left an order upstream that waits, paid, for a corrected submission;
	// that one has it as Submission.Earlier. Empty: nothing was ordered.
	UpstreamID string
}

func (r *Refusal) Error() string { return "refused by the upstream: " + r.Message }

// Is makes errors.Is(err, ErrRefused) true.
func (r *Refusal) Is(target error) bool { return target == ErrRefused }

// Refuse makes a *Refusal.
func Refuse(field, message string) error { return &Refusal{Field: field, Message: message} }
