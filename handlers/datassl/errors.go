package datassl

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

// refusal is what is said of an error: a status, a word for programs and the key
// of a sentence.
type refusal struct {
	status int
	code   string
	key    string
	args   []any
}

func (r *refusal) Error() string { return "datassl: " + r.code }

// Refusals of this dialect's own.
var (
	errNotInGroup   = &refusal{status: http.StatusForbidden, code: "product_not_in_group", key: "apireply.error.not_in_group"}
	errCancelTime   = &refusal{status: http.StatusConflict, code: "not_cancellable", key: "apireply.error.cancel_time"}
	errNotPayable   = &refusal{status: http.StatusConflict, code: "not_payable", key: "apireply.error.not_payable"}
	errNotConfig    = &refusal{status: http.StatusConflict, code: "not_configurable", key: "apireply.error.not_configurable"}
	errUnpaid       = &refusal{status: http.StatusConflict, code: "unpaid", key: "apireply.error.unpaid"}
	errNotPending   = &refusal{status: http.StatusConflict, code: "no_validation_pending", key: "apireply.error.no_validation"}
	errNotReissue   = &refusal{status: http.StatusConflict, code: "not_reissuable", key: "apireply.error.not_reissuable"}
	errNotIssued    = &refusal{status: http.StatusNotFound, code: "not_issued", key: "apireply.error.not_issued"}
	errNoSuchDomain = &refusal{status: http.StatusNotFound, code: "domain_not_found", key: "apireply.error.no_such_name"}
)

// refusals is the only table from an error to a status and a sentence.
var refusals = []struct {
	err error
	refusal
}{
	{notFound{}, refusal{404, "no_such_endpoint", "apireply.error.no_endpoint", nil}},
	{access.ErrNoKey, refusal{401, "key_missing", "apireply.error.key_missing", nil}},
	{access.ErrUnknownKey, refusal{401, "key_unknown", "apireply.error.key_unknown", nil}},
	{access.ErrExpiredKey, refusal{401, "key_expired", "apireply.error.key_expired", nil}},
	{access.ErrOff, refusal{401, "api_off", "apireply.error.api_off", nil}},
	{access.ErrAddress, refusal{401, "address_not_allowed", "apireply.error.address", nil}},
	{access.ErrTooLarge, refusal{413, "body_too_large", "apireply.error.too_large", []any{"Max", maxBody >> 10}}},
	{access.ErrContentType, refusal{415, "content_type", "apireply.error.content_type", nil}},
	{access.ErrUnreadable, refusal{400, "body", "apireply.error.body", nil}},
	{access.ErrOnceKey, refusal{400, "idempotency_key", "apireply.error.once_key", nil}},
	{errBody, refusal{400, "body", "apireply.error.body", nil}},
	{db.ErrRunning, refusal{409, "idempotency_running", "apireply.error.running", nil}},
	{db.ErrReused, refusal{422, "idempotency_reused", "apireply.error.reused", nil}},
	{db.ErrSuspended, refusal{401, "api_off", "apireply.error.api_off", nil}},
	{db.ErrForbidden, refusal{403, "no_group", "apireply.error.no_group", nil}},
	{db.ErrNotFound, refusal{404, "not_found", "apireply.error.not_found", nil}},
	{db.ErrNotSold, refusal{404, "not_found", "apireply.error.not_found", nil}},
	{db.ErrNoRate, refusal{409, "no_rate", "apireply.error.no_rate", nil}},
	{db.ErrStale, refusal{409, "changed_meanwhile", "apireply.error.stale", nil}},
	{db.ErrDuplicate, refusal{409, "changed_meanwhile", "apireply.error.stale", nil}},
	{context.Canceled, refusal{503, "broken_off", "apireply.error.broken_off", nil}},
	{context.DeadlineExceeded, refusal{503, "broken_off", "apireply.error.broken_off", nil}},
}

// Refusal turns an error into an answer, and sets the headers that go with it.
func (c *call) Refusal(err error) db.OnceAnswer {
	status, body := c.explain(err)
	body.RequestID = c.Reference
	if wantsProblem(c.R) {
		return c.encode(status, "application/problem+json", ProblemDetails{Type: "about:blank", Title: http.StatusText(status), Status: status,
			Detail: body.Error, Refused: body})
	}
	return c.encode(status, "application/json", body)
}

func (c *call) explain(err error) (int, Refused) {
	h := c.W.Header()
	var own *refusal
	var method wrongMethod
	var scope *access.MissingScope
	var throttled *db.Throttled
	var short *db.InsufficientCredit
	var one *badParameter
	var several badParameters
	var csr *certs.CSRError
	var rejected *db.Rejected
	var upstream *access.UpstreamRefused
	switch {
	case errors.As(err, &own):
		return own.status, Refused{Code: own.code, Error: c.t(own.key, own.args...)}
	case errors.As(err, &method):
		h.Set("Allow", strings.Join(method.allow, ", "))
		return http.StatusMethodNotAllowed, Refused{Code: "method_not_allowed", Error: c.t("apireply.error.method", "Allow", strings.Join(method.allow, ", "))}
	case errors.As(err, &scope):
		return http.StatusForbidden, Refused{Code: "scope_missing", Error: c.t("apireply.error.scope", "Scope", string(scope.Scope))}
	case errors.As(err, &throttled):
		wait := c.RetryAfter(throttled)
		return http.StatusTooManyRequests, Refused{Code: "too_many_requests", Error: c.t("apireply.error.too_many", "Seconds", wait)}
	case errors.As(err, &short):
		return http.StatusPaymentRequired, Refused{Code: "insufficient_credit",
			Error: c.t("apireply.error.credit", "Needed", dollars(short.Needed), "Available", dollars(short.Available))}
	case errors.As(err, &one):
		return c.explainParameters(badParameters{one})
	case errors.As(err, &several):
		return c.explainParameters(several)
	case errors.As(err, &csr):
		return http.StatusUnprocessableEntity, oneField("csr_"+string(csr.Code), "csr", csrText(c.Ctx, csr))
	case errors.As(err, &rejected):
		return c.explainRejected(rejected)
	case errors.As(err, &upstream):
		return http.StatusUnprocessableEntity, Refused{Code: "refused_by_authority", Error: c.t("apireply.error.upstream", "Words", upstream.Words)}
	}
	for _, r := range refusals {
		if !errors.Is(err, r.err) {
			continue
		}
		switch {
		case r.status == http.StatusUnauthorized:
			h.Set("WWW-Authenticate", `Bearer realm="reseller"`)
		case r.code == "idempotency_running":
			h.Set("Retry-After", "1")
		}
		return r.status, Refused{Code: r.code, Error: c.t(r.key, r.args...)}
	}
	if errors.Is(err, db.ErrInvalid) {
		return http.StatusBadRequest, Refused{Code: "invalid", Error: c.t("apireply.error.body")}
	}
	c.Internal(err)
	return http.StatusInternalServerError, Refused{Code: "internal", Error: c.t("apireply.error.internal", "Reference", c.Reference)}
}

func oneField(code, field, text string) Refused {
	return Refused{Code: code, Error: field + ": " + text, Fields: []FieldError{{Field: field, Message: text}}}
}

func (c *call) explainParameters(bad badParameters) (int, Refused) {
	body := Refused{Code: "bad_parameter"}
	for _, p := range bad {
		body.Fields = append(body.Fields, FieldError{Field: p.Name, Message: c.t(p.Key, p.Args...)})
	}
	body.Error = body.Fields[0].Field + ": " + body.Fields[0].Message
	return http.StatusBadRequest, body
}

// fieldNames are the document's words, and ours in its manner, for the book's fields.
var fieldNames = map[string]string{
	"product": "product_id", "months": "period", "sans": "san_count", "wildcard_sans": "san_wildcard_count", "method": "dcv_method", "email": "approver_email",
	"organisation": "org_name", "street": "org_address", "city": "org_city", "province": "org_state", "postal_code": "org_postal_code", "country": "org_country",
	"phone": "admin_phone", "first_name": "admin_first_name", "last_name": "admin_last_name", "title": "admin_title", "contact_email": "admin_email",
}

// explainRejected lists what the book would not take. A domain that is missing is
// a missing parameter, which the document calls 400.
func (c *call) explainRejected(rejected *db.Rejected) (int, Refused) {
	status, body := http.StatusUnprocessableEntity, Refused{}
	for i, p := range rejected.Problems {
		field, known := fieldNames[p.Field]
		if !known {
			field = p.Field
		}
		text := views.OrderProblem(p.Field, p.Code, p.Name, p.Max).Text(c.Ctx)
		missing := p.Code == "required" || p.Code == "name_empty"
		if missing {
			text = c.t("apireply.parameter.missing")
		}
		body.Fields = append(body.Fields, FieldError{Field: field, Message: text})
		if i == 0 {
			body.Code, body.Error = p.Code, fmt.Sprintf("%s: %s", field, text)
			if missing {
				status, body.Code = http.StatusBadRequest, "bad_parameter"
			}
		}
	}
	return status, body
}

// csrText is what is wrong with a CSR.
func csrText(ctx context.Context, e *certs.CSRError) string {
	return views.CSRProblem("csr", views.CSRFault{Code: string(e.Code), Expected: certs.UnicodeName(e.Expected), Found: strings.Join(e.Found, ", "), Name: e.Name,
		Algorithm: e.Algorithm, Curve: e.Curve, KeyType: e.KeyType, Bits: e.Bits, Min: e.Min, Max: e.Max, Count: e.Count}).Text(ctx)
}

// wantsProblem says whether a program asks for RFC 9457.
func wantsProblem(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept"), ",") {
		kind, _, _ := strings.Cut(part, ";")
		if strings.EqualFold(strings.TrimSpace(kind), "application/problem+json") {
			return true
		}
	}
	return false
}
