package datassl

import (
	"net/http"
	"slices"
	"strings"

	"certbay/db"
)

// Operation is one line of the document: how it is asked for, and what answers.
type Operation struct {
	Method   string
	Path     string // below Prefix, without a slash at the end: "/orders/{id}"
	Name     string // unique, "createOrder"
	Scope    db.Scope
	TR, EN   string // one line on what it does
	Query    []Parameter
	Request  any   // a zero value of the body's type; nil: none
	Response any   // a zero value of the answer's type
	Errors   []int // statuses it may answer besides 200, those of every operation left out

	serve func(*call) (any, error)
}

// Parameter is a field of a query. Empty is as good as missing.
type Parameter struct {
	Name   string
	Number bool // a whole number from Min
	Min    int
	Words  []string // the only values there are; nil: any
	TR, EN string
}

// CommonErrors are the statuses every operation may answer.
var CommonErrors = []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests, http.StatusInternalServerError}

func (o Operation) hasID() bool { return strings.Contains(o.Path, "{") }

// idName is what the document calls the id in the path.
func (o Operation) idName() string {
	_, name, _ := strings.Cut(o.Path, "{")
	name, _, _ = strings.Cut(name, "}")
	return name
}

// Operations lists every operation, in the document's order.
func Operations() []Operation { return slices.Clone(operations) }

// notFound and wrongMethod are answers of the router.
type notFound struct{}

func (notFound) Error() string { return "datassl: no such operation" }

type wrongMethod struct{ allow []string }

func (wrongMethod) Error() string { return "datassl: method not supported here" }

// find is the operation for a method and a path below Prefix, with or without a
// slash at the end, and the path's id. A path that is written out is never read as
// an id.
func find(method, path string) (op *Operation, id string, err error) {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	parts := strings.Split(strings.TrimSuffix(strings.TrimPrefix(path, "/"), "/"), "/")
	for _, withID := range []bool{false, true} {
		var allow []string
		for i := range operations {
			o := &operations[i]
			at, ok := matches(o.Path, parts)
			if !ok || o.hasID() != withID {
				continue
			}
			if o.Method == method {
				return o, at, nil
			}
			allow = append(allow, o.Method)
			if o.Method == http.MethodGet {
				allow = append(allow, http.MethodHead)
			}
		}
		if allow != nil {
			return nil, "", wrongMethod{allow}
		}
	}
	return nil, "", notFound{}
}

func matches(pattern string, parts []string) (id string, ok bool) {
	rest := pattern[1:]
	for i, part := range parts {
		var want string
		more := false
		want, rest, more = strings.Cut(rest, "/")
		if strings.HasPrefix(want, "{") && part != "" {
			id = part
		} else if want != part {
			return "", false
		}
		if more != (i < len(parts)-1) {
			return "", false
		}
	}
	return id, true
}
