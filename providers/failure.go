package providers

import (
	"errors"
	"fmt"
	"time"
)

// Trouble is what sort of thing went wrong with a call; a person is told what to do about it in these words' translation.
type Trouble string

const (
	TroubleHost     Trouble = "host"      // no such host, or no way to it
	TroubleRefused  Trouble = "refused"   // nobody listens there
	TroubleTLS      Trouble = "tls"       // no TLS, or a certificate that is not to be trusted
	TroubleTimeout  Trouble = "timeout"   // no answer in time
	TroubleBroken   Trouble = "broken"    // the connection ended in the middle
	TroubleRedirect Trouble = "redirect"  // it wants us elsewhere: the base URL is wrong
	TroubleContent  Trouble = "content"   // an answer in another form than the upstream's documents say: HTML, half of it, nothing
	TroubleTooLarge Trouble = "too_large" // an answer longer than any that is expected
	TroubleBusy     Trouble = "busy"      // too many requests; RetryAfter says when, where the upstream does
	TroubleStatus   Trouble = "status"    // the upstream says that it failed
	TroubleCircuit  Trouble = "circuit"   // not tried: it failed so often just now
	TroubleStopped  Trouble = "stopped"   // the caller gave up
)

// Failure is a call that brought no usable answer. It is ErrUnavailable, and for a call that changes something also ErrNotSent
// or ErrUnsure. Its text holds no secret.
type Failure struct {
	Upstream string // as the adapter is called
	Call     string // "POST /orders"
	Trouble  Trouble
	Changes  bool // the call was to change something upstream
	Reached  bool // it may have been carried out; means nothing unless Changes

	Status     int           // of HTTP; 0 when there was none
	RetryAfter time.Duration // how long the upstream asks us to wait; 0 when it did not say
	Detail     string        // what was seen, in the words of whoever noticed
	Err        error         // may be nil
}

func (f *Failure) Error() string {
	s := f.Upstream + ": " + f.Call + ": "
	if f.Status != 0 {
		s += fmt.Sprintf("HTTP %d: ", f.Status)
	}
	s += f.Detail
	switch {
	case f.Changes && f.Reached:
		s += " (it may have been carried out)"
	case f.Changes:
		s += " (nothing was carried out)"
	}
	return s
}

// Unwrap gives the cause, which for a caller that gave up wraps its context's error.
func (f *Failure) Unwrap() error { return f.Err }

// Is makes errors.Is true for what the failure means.
func (f *Failure) Is(target error) bool {
	switch target {
	case ErrUnavailable:
		return true
	case ErrUnsure:
		return f.Changes && f.Reached
	case ErrNotSent:
		return f.Changes && !f.Reached
	}
	return false
}

// Unsent makes of a *Failure of a read, before anything was spent, that nothing was carried out. Other errors stay as they are.
func Unsent(err error) error {
	var f *Failure
	if !errors.As(err, &f) {
		return err
	}
	out := *f
	out.Changes, out.Reached = true, false
	return &out
}
