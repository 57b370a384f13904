package ssl247

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"certbay/db"
	"certbay/db/certs"
	"certbay/handlers/access"
	"certbay/views"
)

// refused is how this dialect says no. The code is the HTTP status.
type refused struct {
	Response struct {
		Error struct {
			Code    string
			Message string
		}
		Date string
	}
}

// refusal is what is said of an error.
type refusal struct {
	status  int
	message string
}

func (r *refusal) Error() string { return "ssl247: " + r.message }

// Refusals of this dialect's own.
var (
	errNoMethod      = &refusal{http.StatusNotFound, "There is no such call"}
	errMethod        = &refusal{http.StatusMethodNotAllowed, "Every call is a POST"}
	errNoCertificate = &refusal{http.StatusNotFound, "Certificate not found"}
	errNoOrder       = &refusal{http.StatusNotFound, "Order not found"}
	errNoProduct     = &refusal{http.StatusNotFound, "Product not found"}
	errNoType        = &refusal{http.StatusNotFound, "Product type not found"}
	errNoUser        = &refusal{http.StatusNotFound, "User not found"}
	errNoContact     = &refusal{http.StatusNotFound, "Contact profile not found"}
	errNoInvoice     = &refusal{http.StatusNotFound, "Invoice not found"}
	errNotIssued     = &refusal{http.StatusNotFound, "The certificate is not issued"}
	errNoRoot        = &refusal{http.StatusNotFound, "The root certificate is not kept here; it is in the stores of browsers and systems"}
	errNoForm        = &refusal{http.StatusNotFound, "A certificate can be had as x509, pkcs7, intermediate, root or bundle"}
	errNoDownload    = &refusal{http.StatusNotFound, "An invoice can be had as url or pdf"}
	errNoStatus      = &refusal{http.StatusNotFound, "There is no such status"}
	errNotRevoked    = &refusal{http.StatusConflict, "Only a certificate that was issued and whose term runs can be revoked"}
	errTooLate       = &refusal{http.StatusConflict, "The certificate can't be cancelled any more: it was issued, or a submission is on its way"}
	errNotCompleted  = &refusal{http.StatusConflict, "The certificate does not wait for its completion"}
	errUnpaid        = &refusal{http.StatusConflict, "The order is not paid"}
	errNotReissued   = &refusal{http.StatusConflict, "The certificate can't be reissued: nothing was issued, or its term is over"}
	errNotRenewed    = &refusal{http.StatusConflict, "Only a certificate that was issued can be renewed"}
	errOneLine       = &refusal{http.StatusUnprocessableEntity, "order: one certificate is ordered at a time here"}
)

// wrongField is a field that is missing or holds what it can't.
type wrongField struct{ name, text string }

func (e *wrongField) Error() string { return "ssl247: " + e.name + " " + e.text }

// refusals is the only table from an error to a status and words.
var refusals = []struct {
	err error
	refusal
}{
	{access.ErrNoKey, refusal{401, "Authentication failed: u and k are needed"}},
	{access.ErrUnknownKey, refusal{401, "Authentication failed: unknown user or API key"}},
	{access.ErrExpiredKey, refusal{401, "Authentication failed: the API key has expired or was revoked"}},
	{access.ErrOff, refusal{403, "Access to this API is off"}},
	{access.ErrAddress, refusal{403, "Access from this IP address is not allowed"}},
	{access.ErrTooLarge, refusal{413, "The request is too large"}},
	{access.ErrContentType, refusal{415, "The body must be JSON or a form"}},
	{access.ErrUnreadable, refusal{400, "The body can't be read"}},
	{access.ErrOnceKey, refusal{400, "Idempotency-Key must be 1 to 255 plain characters"}},
	{access.ErrFields, refusal{400, "The body can't be read: a JSON object is needed"}},
	{db.ErrRunning, refusal{409, "The request with this Idempotency-Key is under way"}},
	{db.ErrReused, refusal{422, "This Idempotency-Key was used for another request"}},
	{db.ErrSuspended, refusal{403, "Access to this API is off"}},
	{db.ErrForbidden, refusal{403, "The account is in no reseller group"}},
	{db.ErrNotFound, refusal{404, "Certificate not found"}},
	{db.ErrNotSold, refusal{404, "Product not found"}},
	{db.ErrNoRate, refusal{409, "product_code: its price can't be told now"}},
	{db.ErrStale, refusal{409, "The order changed meanwhile; read how it stands again"}},
	{db.ErrDuplicate, refusal{409, "The order changed meanwhile; read how it stands again"}},
	{context.Canceled, refusal{503, "The request broke off"}},
	{context.DeadlineExceeded, refusal{503, "The request broke off"}},
}

// Refusal turns an error into an answer, and sets the headers that go with it.
func (c *call) Refusal(err error) db.OnceAnswer {
	status, words := c.explain(err)
	var body refused
	body.Response.Error.Code, body.Response.Error.Message, body.Response.Date = strconv.Itoa(status), words, stamp(c.Book.Now())
	return c.encode(status, body)
}

func (c *call) explain(err error) (status int, words string) {
	var own *refusal
	var scope *access.MissingScope
	var throttled *db.Throttled
	var short *db.InsufficientCredit
	var field *wrongField
	var weak *db.WeakPassword
	var csr *certs.CSRError
	var rejected *db.Rejected
	var upstream *access.UpstreamRefused
	switch {
	case errors.As(err, &own):
		return own.status, own.message
	case errors.As(err, &scope):
		return http.StatusForbidden, "This API key may not do that: it lacks the scope " + string(scope.Scope)
	case errors.As(err, &throttled):
		wait := c.RetryAfter(throttled)
		return http.StatusTooManyRequests, fmt.Sprintf("Too many requests: try again in %d seconds", wait)
	case errors.As(err, &short):
		return http.StatusPaymentRequired, fmt.Sprintf("Insufficient deposit: %s USD is needed, %s USD is available", decimal(short.Needed), decimal(short.Available))
	case errors.As(err, &field):
		return http.StatusUnprocessableEntity, field.name + ": " + field.text
	case errors.As(err, &weak):
		return http.StatusUnprocessableEntity, "password: it is too easy to guess"
	case errors.As(err, &csr):
		return http.StatusUnprocessableEntity, c.csrField() + ": " + csrText(c.Ctx, csr)
	case errors.As(err, &rejected):
		return http.StatusUnprocessableEntity, c.rejections(rejected)
	case errors.As(err, &upstream):
		return http.StatusUnprocessableEntity, "Refused by the certificate authority: " + upstream.Words
	}
	for _, r := range refusals {
		if errors.Is(err, r.err) {
			if r.err == db.ErrRunning {
				c.W.Header().Set("Retry-After", "1")
			}
			return r.status, r.message
		}
	}
	if errors.Is(err, db.ErrInvalid) {
		return http.StatusUnprocessableEntity, "A field is missing or holds what it can't"
	}
	c.Internal(err)
	return http.StatusInternalServerError, "Internal error, reference " + c.Reference
}

// csrField is what the operation calls its CSR.
func (c *call) csrField() string {
	if strings.HasSuffix(c.op.path, "/reissue") {
		return "new_csr"
	}
	return "csr"
}

// fieldNames are the dialect's words for the book's fields.
var fieldNames = map[string]string{
	"product": "product_code", "months": "years", "domain": "common_name", "sans": "sans", "wildcard_sans": "sans", "method": "dv_auth_method", "email": "approver_email",
	"organisation": "Contacts.Company.organisation_legal_name", "street": "Contacts.Administrative.address_1", "city": "Contacts.Administrative.city",
	"province": "Contacts.Administrative.region", "postal_code": "Contacts.Administrative.postcode", "country": "Contacts.Administrative.country",
	"phone": "Contacts.Administrative.phone", "first_name": "Contacts.Administrative.firstname", "last_name": "Contacts.Administrative.lastname",
	"title": "Contacts.Administrative.title", "contact_email": "Contacts.Administrative.email",
}

// rejections are what the book would not take, one after the other.
func (c *call) rejections(rejected *db.Rejected) string {
	var list []string
	for _, p := range rejected.Problems {
		name, known := fieldNames[p.Field]
		if !known {
			name = p.Field
		}
		list = append(list, name+": "+views.OrderProblem(p.Field, p.Code, p.Name, p.Max).Text(c.Ctx))
	}
	return strings.Join(list, "; ")
}

// csrText is what is wrong with a CSR.
func csrText(ctx context.Context, e *certs.CSRError) string {
	return views.CSRProblem("csr", views.CSRFault{Code: string(e.Code), Expected: certs.UnicodeName(e.Expected), Found: strings.Join(e.Found, ", "), Name: e.Name,
		Algorithm: e.Algorithm, Curve: e.Curve, KeyType: e.KeyType, Bits: e.Bits, Min: e.Min, Max: e.Max, Count: e.Count}).Text(ctx)
}
