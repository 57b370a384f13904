package access

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
)

var (
	// ErrTooLarge says that a body is longer than the limit.
	ErrTooLarge = errors.New("access: body too large")
	// ErrContentType says that a body is of a type (or an encoding) that is not read here.
	ErrContentType = errors.New("access: content type")
	// ErrUnreadable says that a body broke off.
	ErrUnreadable = errors.New("access: body broke off")
)

// ReadBody reads a request's body of at most limit bytes. types are the media
// types it may have ("application/json"; a +json suffix counts as that); a body
// that does not say its type is taken as the first of them. Errors: ErrTooLarge,
// ErrContentType, ErrUnreadable.
func ReadBody(w http.ResponseWriter, r *http.Request, limit int64, types ...string) ([]byte, error) {
	if r.ContentLength > limit {
		return nil, ErrTooLarge
	}
	if coding := r.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return nil, ErrContentType
	}
	if said := r.Header.Get("Content-Type"); said != "" {
		kind, params, err := mime.ParseMediaType(said)
		if err != nil {
			return nil, ErrContentType
		}
		if _, suffix, ok := strings.Cut(kind, "+"); ok {
			kind = "application/" + suffix
		}
		charset := params["charset"]
		if !slices.Contains(types, kind) || charset != "" && !strings.EqualFold(charset, "utf-8") && !strings.EqualFold(charset, "us-ascii") {
			return nil, ErrContentType
		}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, ErrTooLarge
	case err != nil:
		return nil, ErrUnreadable
	}
	return body, nil
}
