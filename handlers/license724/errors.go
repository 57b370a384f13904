package license724

import (
	"context"
	"errors"
	"net/http"

	"certbay/db"
	"certbay/handlers/access"
	"certbay/views"
)

// Refused is every answer that is no success.
type Refused struct {
	Success   bool   `json:"success"`
	Message   string `json:"message"`
	Code      string `json:"code"`            // a word for programs
	Field     string `json:"field,omitempty"` // the parameter that was wrong
	RequestID string `json:"request_id"`
}

// badParameter is a parameter that is missing or means nothing.
type badParameter struct {
	name   string
	status int
	key    string
}

func (e *badParameter) Error() string { return "license724: parameter " + e.name }

var (
	errNoEndpoint = errors.New("license724: no such endpoint")
	errMethod     = errors.New("license724: method")
	errNoLicence  = errors.New("license724: no such licence")
	errNoProduct  = errors.New("license724: no such product")
)

// refusals is the only table from an error to a status and a sentence.
var refusals = []struct {
	err    error
	status int
	code   string
	key    string
}{
	{errNoEndpoint, 404, "no_such_endpoint", "l724.error.endpoint"},
	{errMethod, 405, "method_not_allowed", "l724.error.method"},
	{errNoLicence, 404, "license_not_found", "l724.error.no_licence"},
	{errNoProduct, 404, "product_not_found", "l724.error.no_product"},
	{access.ErrFields, 400, "body", "l724.error.body"},
	{access.ErrNoKey, 401, "token_missing", "l724.error.no_token"},
	{access.ErrUnknownKey, 401, "token_unknown", "l724.error.token"},
	{access.ErrExpiredKey, 401, "token_expired", "l724.error.token_expired"},
	{access.ErrOff, 403, "api_off", "l724.error.off"},
	{db.ErrSuspended, 403, "api_off", "l724.error.off"},
	{access.ErrAddress, 403, "address_not_allowed", "l724.error.address"},
	{access.ErrTooLarge, 413, "body_too_large", "l724.error.too_large"},
	{access.ErrContentType, 415, "content_type", "l724.error.body"},
	{access.ErrUnreadable, 400, "body", "l724.error.body"},
	{access.ErrOnceKey, 400, "idempotency_key", "l724.error.once_key"},
	{db.ErrRunning, 409, "running", "l724.error.running"},
	{db.ErrReused, 422, "idempotency_reused", "l724.error.reused"},
	{db.ErrForbidden, 403, "no_group", "l724.error.no_group"},
	{db.ErrNoRate, 409, "no_price", "l724.error.no_price"},
	{db.ErrNotFound, 404, "not_found", "l724.error.no_licence"},
	{db.ErrStale, 409, "not_now", "l724.error.not_now"},
	{db.ErrDuplicate, 409, "not_now", "l724.error.not_now"},
	{context.Canceled, 503, "broken_off", "l724.error.broken_off"},
	{context.DeadlineExceeded, 503, "broken_off", "l724.error.broken_off"},
}

// Refusal turns an error into an answer, and sets the headers that go with it.
func (c *call) Refusal(err error) db.OnceAnswer {
	status, body := c.explain(err)
	body.RequestID = c.Reference
	return c.encode(status, body)
}

func (c *call) explain(err error) (int, Refused) {
	h := c.W.Header()
	var parameter *badParameter
	var scope *access.MissingScope
	var throttled *db.Throttled
	var short *db.InsufficientCredit
	var rejected *db.Rejected
	var upstream *access.UpstreamRefused
	switch {
	case errors.As(err, &parameter):
		return parameter.status, Refused{Code: "bad_parameter", Field: parameter.name, Message: parameter.name + ": " + c.t(parameter.key)}
	case errors.As(err, &scope):
		return http.StatusForbidden, Refused{Code: "scope_missing", Message: c.t("l724.error.scope", "Scope", string(scope.Scope))}
	case errors.As(err, &throttled):
		wait := c.RetryAfter(throttled)
		return http.StatusTooManyRequests, Refused{Code: "too_many_requests", Message: c.t("l724.error.too_many", "Seconds", wait)}
	case errors.As(err, &short):
		return http.StatusPaymentRequired, Refused{Code: "insufficient_credit", Field: "balance",
			Message: c.t("l724.error.credit", "Needed", credits(short.Needed).String(), "Available", credits(short.Available).String())}
	case errors.As(err, &upstream):
		return http.StatusUnprocessableEntity, Refused{Code: "refused", Message: upstream.Words}
	case errors.As(err, &rejected) && len(rejected.Problems) > 0:
		p := rejected.Problems[0]
		field := c.fieldName(p.Field)
		status := http.StatusUnprocessableEntity
		if p.Code == "licence_exists" {
			status = http.StatusConflict
		}
		return status, Refused{Code: p.Code, Field: field, Message: field + ": " + views.OrderProblem(p.Field, p.Code, p.Name, p.Max).Text(c.Ctx)}
	}
	for _, r := range refusals {
		if !errors.Is(err, r.err) {
			continue
		}
		switch r.status {
		case http.StatusUnauthorized:
			h.Set("WWW-Authenticate", `Bearer realm="reseller"`)
		case http.StatusMethodNotAllowed:
			h.Set("Allow", "GET, POST")
		}
		return r.status, Refused{Code: r.code, Message: c.t(r.key)}
	}
	c.Internal(err)
	return http.StatusInternalServerError, Refused{Code: "internal", Message: c.t("l724.error.internal", "Reference", c.Reference)}
}

// fieldName is the document's word for a field of the book.
func (c *call) fieldName(field string) string {
	switch field {
	case "months":
		return "billingcycle"
	case "domain":
		return "ip"
	case "ip":
		return "newip"
	case "product":
		if c.asked["new_type"] != "" {
			return "new_type"
		}
		return "type"
	}
	return field
}
