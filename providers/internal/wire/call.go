package wire

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Call is one request and what is to become of its answer.
type Call struct {
	Method string
	Path   string // joined to the base URL; escape what you put into it with url.PathEscape
	Query  url.Values
	Header http.Header
	Body   Body // nil: none

	// Read says that the call changes nothing upstream, and so may be sent again. The default is the safe side.
	Read bool

	// Into is decoded from the answer by As, whatever the HTTP status, since many upstreams say what is wrong in the same
	// envelope. nil: the body is not looked at.
	Into any
	As   Format

	// Judge says what a decoded answer means: nil to take it, or an error of the vocabulary with the upstream's words. It is
	// asked for every answer below 500 that could be decoded, except 429. Without it, or when it returns nil, only 2xx is
	// taken and 401 is providers.ErrCredentials.
	Judge func(Answer) error
}

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
	Skew   time.Duration // how far the upstream's clock is ahead of ours; 0 when it did not tell the time
}

// OK reports a 2xx.
func (a Answer) OK() bool { return a.Status >= 200 && a.Status < 300 }

// Format is what an answer is written in.
type Format int

const (
	AsJSON Format = iota // into any pointer encoding/json takes
	AsXML                // into any pointer encoding/xml takes
	AsRaw                // into a *[]byte
)

// Body is what a request carries.
type Body func() (contentType string, body []byte, err error)

// JSON carries v.
func JSON(v any) Body {
	return func() (string, []byte, error) {
		b, err := json.Marshal(v)
		return "application/json", b, err
	}
}

// Form carries values as application/x-www-form-urlencoded.
func Form(v url.Values) Body {
	return func() (string, []byte, error) {
		return "application/x-www-form-urlencoded", []byte(v.Encode()), nil
	}
}

// Part is one field of a multipart form; with a FileName it is a file.
type Part struct {
	Name, FileName string
	Content        []byte
}

// Multipart carries parts as multipart/form-data, in their order.
func Multipart(parts ...Part) Body {
	return func() (string, []byte, error) {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		for _, p := range parts {
			make := func() (interface{ Write([]byte) (int, error) }, error) { return w.CreateFormField(p.Name) }
			if p.FileName != "" {
				make = func() (interface{ Write([]byte) (int, error) }, error) { return w.CreateFormFile(p.Name, p.FileName) }
			}
			f, err := make()
			if err != nil {
				return "", nil, err
			}
			if _, err := f.Write(p.Content); err != nil {
				return "", nil, err
			}
		}
		err := w.Close()
		return w.FormDataContentType(), b.Bytes(), err
	}
}

// XML carries v with an XML declaration.
func XML(v any) Body {
	return func() (string, []byte, error) {
		b, err := xml.Marshal(v)
		return "application/xml", append([]byte(xml.Header), b...), err
	}
}

// request is a Call made ready to be sent.
type request struct {
	Call
	name        string // "POST /orders", for people
	url         *url.URL
	contentType string
	body        []byte
}

func (cl *Client) prepare(c Call) (request, error) {
	r := request{Call: c, name: c.Method + " " + cl.secrets.text(c.Path)}
	if c.Body != nil {
		var err error
		if r.contentType, r.body, err = c.Body(); err != nil {
			return r, fmt.Errorf("%s: %s: writing the request: %w", cl.c.Name, r.name, err)
		}
	}
	u, err := url.Parse(cl.base.String() + "/" + strings.TrimLeft(c.Path, "/"))
	if err != nil || u.Host != cl.base.Host {
		return r, fmt.Errorf("%s: %s: not a path", cl.c.Name, r.name)
	}
	if len(c.Query) > 0 {
		u.RawQuery = c.Query.Encode()
	}
	r.url = u
	return r, nil
}
