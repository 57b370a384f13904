package billmanager

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"certbay/db"
	"certbay/db/certs"
	"certbay/handlers/access"
	"certbay/views"
)

// said is the status of a refusal inside: HTTP 200 outside.
const said = http.StatusUnprocessableEntity

// refusal is how the dialect says no: the type and the object of an error, and a
// sentence.
type refusal struct {
	status       int
	kind, object string
	words        string
}

func (r *refusal) Error() string { return "billmanager: " + r.kind + " " + r.object }

// Refusals of this dialect's own.
var (
	errMethod     = &refusal{http.StatusMethodNotAllowed, "value", "method", "Functions are called by GET or POST"}
	errNoFunction = &refusal{said, "missed", "func", "There is no such function here"}
	errNoElement  = &refusal{said, "missed", "elid", "There is no such certificate in this account"}
	errNoTariff   = &refusal{said, "missed", "pricelist", "There is no such tariff in this account"}
	errNotFree    = &refusal{said, "exists", "remoteid", "Another order has this remoteid"}
	errTooLate    = &refusal{said, "delete", "issued", "The certificate was issued, or its order is in the middle of being placed: it can't be deleted"}
	errNotIssued  = &refusal{said, "reissue", "status", "The certificate was not issued, or its term is over: it can't be reissued"}
	errNoFile     = &refusal{said, "missed", "crt", "The certificate is not issued"}
	errNoBasket   = &refusal{said, "value", "skipbasket", "There is no basket here: an order is bought at once"}
	errNoSok      = &refusal{said, "value", "sok", "sok=ok is needed"}
	errNotStopped = &refusal{said, "status", "elid", "Certificates are never stopped here, so that none can be resumed"}
	errNoWait     = &refusal{said, "status", "elid", "The certificate waits for nothing"}
	errReadOnly   = &refusal{said, "access", "certificate.edit", "A certificate can't be changed; it can be reissued"}
)

// wrongField is a parameter that is missing or holds what it can't.
type wrongField struct{ name, text string }

func (e *wrongField) Error() string { return "billmanager: " + e.name + ": " + e.text }

// refusals is the only table from an error to the dialect's.
var refusals = []struct {
	err error
	refusal
}{
	{access.ErrNoKey, refusal{said, "auth", "badpassword", "A login is needed: authinfo=name:API key"}},
	{access.ErrUnknownKey, refusal{said, "auth", "badpassword", "Incorrect username or password"}},
	{access.ErrExpiredKey, refusal{said, "auth", "badpassword", "The API key has expired or was revoked"}},
	{access.ErrOff, refusal{said, "auth", "disabled", "Access for other systems is off for this account"}},
	{access.ErrAddress, refusal{said, "auth", "badip", "Access from this IP address is not allowed"}},
	{access.ErrTooLarge, refusal{http.StatusRequestEntityTooLarge, "value", "body", "The request is too large"}},
	{access.ErrContentType, refusal{http.StatusUnsupportedMediaType, "value", "body", "The body must be a form or JSON"}},
	{access.ErrUnreadable, refusal{http.StatusBadRequest, "value", "body", "The body can't be read"}},
	{access.ErrOnceKey, refusal{said, "value", "idempotency_key", "Idempotency-Key must be 1 to 255 plain characters"}},
	{access.ErrFields, refusal{http.StatusBadRequest, "value", "body", "The request can't be read"}},
	{db.ErrRunning, refusal{said, "busy", "idempotency_key", "The request with this Idempotency-Key is still being answered"}},
	{db.ErrReused, refusal{said, "value", "idempotency_key", "This Idempotency-Key was used for another request"}},
	{db.ErrSuspended, refusal{said, "auth", "disabled", "Access for other systems is off for this account"}},
	{db.ErrForbidden, refusal{said, "access", "pricelist", "The account is in no reseller group"}},
	{db.ErrNotFound, *errNoElement},
	{db.ErrNotSold, *errNoTariff},
	{db.ErrNoRate, refusal{said, "value", "pricelist", "The price of this tariff can't be told now"}},
	{db.ErrStale, refusal{said, "status", "elid", "The certificate changed meanwhile"}},
	{db.ErrDuplicate, refusal{said, "status", "elid", "The certificate changed meanwhile"}},
	{context.Canceled, refusal{http.StatusServiceUnavailable, "exception", "", "The request broke off"}},
	{context.DeadlineExceeded, refusal{http.StatusServiceUnavailable, "exception", "", "The request broke off"}},
}

// Refusal turns an error into an answer, and sets the headers that go with it.
func (c *call) Refusal(err error) db.OnceAnswer {
	r := c.explain(err)
	name := ""
	if c.fn != nil {
		name = c.fn.name
	}
	return c.encode(r.status, failure(name, r.kind, r.object, r.words))
}

func (c *call) explain(err error) refusal {
	var own *refusal
	var scope *access.MissingScope
	var throttled *db.Throttled
	var short *db.InsufficientCredit
	var field *wrongField
	var csr *certs.CSRError
	var rejected *db.Rejected
	var upstream *access.UpstreamRefused
	switch {
	case errors.As(err, &own):
		if own == errMethod {
			c.W.Header().Set("Allow", "GET, POST")
		}
		return *own
	case errors.As(err, &scope):
		return refusal{said, "access", c.fn.name, "The API key lacks the scope " + string(scope.Scope)}
	case errors.As(err, &throttled):
		wait := c.RetryAfter(throttled)
		return refusal{http.StatusTooManyRequests, "busy", "limit", fmt.Sprintf("Too many requests: try again in %d seconds", wait)}
	case errors.As(err, &short):
		return refusal{said, "money", "balance", fmt.Sprintf("Not enough money: %s USD needed, %s USD available", decimal(short.Needed), decimal(short.Available))}
	case errors.As(err, &field):
		return refusal{said, "value", field.name, field.text}
	case errors.As(err, &csr):
		return refusal{said, "value", "csr", csrText(c.Ctx, csr)}
	case errors.As(err, &rejected):
		return c.rejections(rejected)
	case errors.As(err, &upstream):
		return refusal{said, "ca", "refused", upstream.Words}
	}
	for _, r := range refusals {
		if errors.Is(err, r.err) {
			return r.refusal
		}
	}
	if errors.Is(err, db.ErrInvalid) {
		return refusal{said, "value", "", "A parameter has a wrong value"}
	}
	c.Internal(err)
	return refusal{http.StatusInternalServerError, "exception", "", "Internal error. Reference " + c.Reference}
}

// fieldNames are the dialect's words for the book's fields.
var fieldNames = map[string]string{
	"product": "pricelist", "months": "period", "domain": "CN", "sans": "altname", "wildcard_sans": "altname", "method": "approver_method", "email": "approver_email_1",
	"reference": "remoteid", "organisation": "org_name", "street": "org_address", "city": "org_city", "province": "org_state", "postal_code": "org_postcode",
	"country": "org_country", "phone": "org_phone", "first_name": "adm_fname", "last_name": "adm_lname", "title": "adm_jtitle", "contact_email": "adm_email",
}

// rejections are what the book would not take; the first names the object.
func (c *call) rejections(rejected *db.Rejected) refusal {
	var list []string
	object := ""
	for _, p := range rejected.Problems {
		name, known := fieldNames[p.Field]
		if !known {
			name = p.Field
		}
		if object == "" {
			object = name
		}
		list = append(list, name+": "+views.OrderProblem(p.Field, p.Code, p.Name, p.Max).Text(c.Ctx))
	}
	return refusal{said, "value", object, strings.Join(list, "; ")}
}

// csrText is what is wrong with a CSR.
func csrText(ctx context.Context, e *certs.CSRError) string {
	return views.CSRProblem("csr", views.CSRFault{Code: string(e.Code), Expected: certs.UnicodeName(e.Expected), Found: strings.Join(e.Found, ", "), Name: e.Name,
		Algorithm: e.Algorithm, Curve: e.Curve, KeyType: e.KeyType, Bits: e.Bits, Min: e.Min, Max: e.Max, Count: e.Count}).Text(ctx)
}
