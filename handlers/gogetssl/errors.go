package gogetssl

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

// Refused is how this dialect says no.
type Refused struct {
	Error       bool   `json:"error"`
	Success     bool   `json:"success"`
	Message     string `json:"message"`
	Description string `json:"description,omitempty"`
}

// refusal is what is said of an error. Status 422 is HTTP 200 outside.
type refusal struct {
	status               int
	message, description string
}

func (r *refusal) Error() string { return "gogetssl: " + r.message }

const said = http.StatusUnprocessableEntity

// Refusals of this dialect's own.
var (
	errNoMethod  = &refusal{http.StatusNotFound, "Unknown method", ""}
	errLogin     = &refusal{said, "Authorization error", "Username or password is wrong"}
	errNoOrder   = &refusal{said, "Order not found", "There is no such order in this account"}
	errNoProduct = &refusal{said, "Product not found", "There is no such product in this account"}
	errNoFamily  = &refusal{said, "Unknown family", "Web servers are listed for 1 (Sectigo) and 2 (DigiCert)"}
	errNoLEI     = &refusal{said, "Not sold here", "Legal entity identifiers are not sold here"}
	errNoSANs    = &refusal{said, "Not sold here", "More names can't be bought for an order that was placed; name all of them as it is placed"}
	errTooLate   = &refusal{said, "The order can't be cancelled", "It was issued, or its cancellation was refused by the authority"}
	errNotIssued = &refusal{said, "The order can't be reissued", "Nothing was issued, or its term is over"}
	errNoDCV     = &refusal{said, "Nothing waits for validation", "No name of the order waits for its owner in this way"}
	errNoMail    = &refusal{said, "Nothing waits for an e-mail", "No name of the order is validated by e-mail and waits for it"}
	errNoRenewal = &refusal{said, "Nothing to renew", "There is no active order of this product for the domain of the CSR"}
)

// wrongField is a parameter that is missing or holds what it can't.
type wrongField struct{ name, text string }

func (e *wrongField) Error() string { return "gogetssl: " + e.name + " " + e.text }

// refusals is the only table from an error to a status and words.
var refusals = []struct {
	err error
	refusal
}{
	{access.ErrNoKey, refusal{403, "Auth key is not valid", "auth_key is required"}},
	{access.ErrUnknownKey, refusal{403, "Auth key is not valid", ""}},
	{access.ErrExpiredKey, refusal{403, "Auth key is not valid", "It has expired or was revoked"}},
	{access.ErrOff, refusal{403, "Access to the API is off", ""}},
	{access.ErrAddress, refusal{403, "Access from this IP address is not allowed", ""}},
	{access.ErrTooLarge, refusal{413, "The request is too large", ""}},
	{access.ErrContentType, refusal{415, "The body must be a form or JSON", ""}},
	{access.ErrUnreadable, refusal{400, "The body can't be read", ""}},
	{access.ErrOnceKey, refusal{400, "Idempotency-Key must be 1 to 255 plain characters", ""}},
	{access.ErrFields, refusal{400, "The request can't be read", ""}},
	{db.ErrRunning, refusal{409, "The request with this Idempotency-Key is still being answered", ""}},
	{db.ErrReused, refusal{said, "This Idempotency-Key was used for another request", ""}},
	{db.ErrSuspended, refusal{403, "Access to the API is off", ""}},
	{db.ErrForbidden, refusal{said, "No products", "The account is in no reseller group"}},
	{db.ErrNotFound, refusal{said, "Order not found", "There is no such order in this account"}},
	{db.ErrNotSold, refusal{said, "Product not found", "There is no such product in this account"}},
	{db.ErrNoRate, refusal{said, "The price of this product can't be told now", ""}},
	{db.ErrStale, refusal{said, "The order changed meanwhile", "Read how it stands again"}},
	{db.ErrDuplicate, refusal{said, "The order changed meanwhile", "Read how it stands again"}},
	{context.Canceled, refusal{503, "The request broke off", ""}},
	{context.DeadlineExceeded, refusal{503, "The request broke off", ""}},
}

// Refusal turns an error into an answer, and sets the headers that go with it.
func (c *call) Refusal(err error) db.OnceAnswer {
	status, body := c.explain(err)
	body.Error = true
	return c.encode(status, body)
}

func (c *call) explain(err error) (int, Refused) {
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
		return own.status, Refused{Message: own.message, Description: own.description}
	case errors.As(err, &scope):
		return http.StatusForbidden, Refused{Message: "This API key may not do that", Description: "It lacks the scope " + string(scope.Scope)}
	case errors.As(err, &throttled):
		wait := c.RetryAfter(throttled)
		return http.StatusTooManyRequests, Refused{Message: "Too many requests", Description: fmt.Sprintf("Try again in %d seconds", wait)}
	case errors.As(err, &short):
		return said, Refused{Message: "Not enough balance", Description: fmt.Sprintf("Needed: %s USD, available: %s USD", decimal(short.Needed), decimal(short.Available))}
	case errors.As(err, &field):
		return said, Refused{Message: "Wrong parameter", Description: field.name + ": " + field.text}
	case errors.As(err, &csr):
		return said, Refused{Message: "Wrong CSR", Description: csrText(c.Ctx, csr)}
	case errors.As(err, &rejected):
		return said, Refused{Message: "Wrong parameter", Description: c.rejections(rejected)}
	case errors.As(err, &upstream):
		return said, Refused{Message: "Refused by the certificate authority", Description: upstream.Words}
	}
	for _, r := range refusals {
		if errors.Is(err, r.err) {
			if r.status == http.StatusConflict {
				c.W.Header().Set("Retry-After", "1")
			}
			return r.status, Refused{Message: r.message, Description: r.description}
		}
	}
	if errors.Is(err, db.ErrInvalid) {
		return said, Refused{Message: "Wrong parameter"}
	}
	c.Internal(err)
	return http.StatusInternalServerError, Refused{Message: "Internal error", Description: "Reference " + c.Reference}
}

// fieldNames are the dialect's words for the book's fields.
var fieldNames = map[string]string{
	"product": "product_id", "months": "period", "domain": "csr", "sans": "dns_names", "wildcard_sans": "dns_names", "method": "dcv_method", "email": "approver_email",
	"organisation": "org_name", "street": "org_addressline1", "city": "org_city", "province": "org_region", "postal_code": "org_postalcode", "country": "org_country",
	"phone": "org_phone", "first_name": "admin_firstname", "last_name": "admin_lastname", "title": "admin_title", "contact_email": "admin_email",
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
