package providers

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"regexp"
	"strings"
)

// Cause is why an upstream can't be worked with, as finely as a person needs to know to do something about it. Those of a
// Failure are its Trouble, except where a finer one is here.
type Cause string

const (
	CauseNone         Cause = ""              // it can
	CauseLogin        Cause = "login"         // it does not accept the login
	CauseSecondFactor Cause = "second_factor" // the account asks for a second factor, which no program can give
	CauseAddress      Cause = "address"       // it lets nobody in from where we call
	CauseDenied       Cause = "denied"        // it let us in and said no
	CauseUntrusted    Cause = "tls_untrusted" // its certificate is of its own making, or of a CA that nobody here trusts
	CauseExpired      Cause = "tls_expired"   // its certificate is over, or not begun: its, or one of the two clocks, is wrong
	CauseWrongName    Cause = "tls_name"      // its certificate is for another name
	CausePlain        Cause = "tls_plain"     // it speaks HTTP without TLS there
	CauseOther        Cause = "other"
)

// Diagnose says why a call failed (CauseNone when err is nil), and in whose words, which hold no secret.
func Diagnose(err error) (Cause, string) {
	if err == nil {
		return CauseNone, ""
	}
	var failure *Failure
	var refusal *Refusal
	switch {
	case errors.Is(err, ErrSecondFactor):
		return CauseSecondFactor, err.Error()
	case errors.Is(err, ErrAddress):
		return CauseAddress, err.Error()
	case errors.Is(err, ErrCredentials):
		return CauseLogin, err.Error()
	case errors.As(err, &refusal):
		return CauseDenied, refusal.Message
	case errors.Is(err, ErrUnknown): // an answer to a question that asked for nothing in particular
		return Cause(TroubleContent), err.Error()
	case errors.As(err, &failure):
		return failure.cause(), err.Error()
	}
	return CauseOther, err.Error()
}

// cause is the Trouble, that with TLS told apart.
func (f *Failure) cause() Cause {
	if f.Trouble == TroubleStatus && (f.Status == http.StatusNotFound || f.Status == http.StatusMethodNotAllowed) {
		return Cause(TroubleContent) // whatever answers, it is not this API
	}
	if f.Trouble != TroubleTLS {
		return Cause(f.Trouble)
	}
	var (
		unknown x509.UnknownAuthorityError
		name    x509.HostnameError
		invalid x509.CertificateInvalidError
		record  tls.RecordHeaderError
	)
	switch {
	case errors.As(f.Err, &name):
		return CauseWrongName
	case errors.As(f.Err, &invalid) && invalid.Reason == x509.Expired:
		return CauseExpired
	case errors.As(f.Err, &unknown), errors.As(f.Err, &invalid):
		return CauseUntrusted
	case errors.As(f.Err, &record), f.Err != nil && strings.Contains(f.Err.Error(), "server gave HTTP response to HTTPS client"): // net/http gives it no type
		return CausePlain
	}
	return Cause(TroubleTLS)
}

// aboutAddress knows sentences that refuse the address that a call comes from.
var aboutAddress = regexp.MustCompile(`(?i)\bIP\b.{0,40}\b(not (allowed|permitted|authori[sz]ed|whitelisted|in the (white|allow))|denied|blocked|forbidden|restricted|izin|izinli|yetkili)|\b(not (allowed|permitted|authori[sz]ed)|denied|blocked|forbidden|restrict\w*)\b.{0,40}\bIP\b|badip|\bIP\b.{0,30}(запрещ|не разреш)|(запрещ|не разреш).{0,30}\bIP\b`)

// AboutAddress says whether an upstream's words, or its code, refuse the address that a call comes from. Adapters ask it where
// their dialect has no code for that, so that ErrCredentials is ErrAddress too.
func AboutAddress(words string) bool { return aboutAddress.MatchString(words) }
