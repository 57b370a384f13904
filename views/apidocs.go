package views

import (
	"strconv"
	"strings"
)

// APIDocsPage is /docs/api: how programs talk to the portal. It is filled from the
// table that the API answers by, in the reader's language.
type APIDocsPage struct {
	BaseURL       string // https://shop.example/api/reseller
	Description   string // address of the OpenAPI description in the reader's language
	Requests      int    // that a key may make…
	Seconds       int    // …in so many seconds
	RefusalStatus int
	Refusal       string // an example, indented JSON
	Refusals      []int  // statuses that refuse
	Scopes        []APIScope
	Groups        []APIGroup
	Objects       []APIObject
	Paging        string // an example of a Link header
	Webhooks      WebhookDocsPage
}

// APIScope is what a key may do, and the operations it opens.
type APIScope struct {
	Scope      string
	Operations []APIRef
}

// APIRef names an operation.
type APIRef struct{ Name, Method, Path string }

// APIGroup is a chapter of operations; Tag is its code.
type APIGroup struct {
	Tag        string
	Operations []APIOperation
}

// APIOperation is one endpoint. Texts are in the reader's language and may mark code
// with backticks; examples are indented JSON.
type APIOperation struct {
	APIRef
	Summary, Note, Scope string
	Parameters           []APIField // of path and query
	Body                 []APIField
	Answer               []APIField
	Curl                 string
	AnswerExample        string
	Refusals             []int
}

// APIObject is an object that answers are made of.
type APIObject struct {
	Name   string
	Fields []APIField
}

// APIField is a parameter or a field.
type APIField struct {
	Name     string
	Kind     string // integer, number, string, boolean, object, "object[]", "string | null" …
	Object   string // the object's name where Kind is object or object[]
	Text     string
	Words    []string // the only values there are
	Required bool
}

// shownWords are the values of a field without the empty one.
func (f APIField) shownWords() (shown []string) {
	for _, w := range f.Words {
		if w != "" {
			shown = append(shown, w)
		}
	}
	return shown
}

// shownKind names the object of a field instead of calling it one: Order, Order[].
func (f APIField) shownKind() string { return strings.Replace(f.Kind, "object", f.Object, 1) }

func statusText(status int) string { return strconv.Itoa(status) }
