package views

import (
	"context"
	"strings"

	"certbay/views/i18n"
	"github.com/a-h/templ"
)

// Problem is what is wrong with one field of a rejected form. Key is an i18n key such
// as "form.required" or "csr.problem.weak_rsa", Args its pairs (see i18n.T). A Field
// that is empty is about the form as a whole.
type Problem struct {
	Field string
	Key   string
	Args  []any
	Count int // of a text with plural forms; 0 for any other
}

// Problems are all of a form's, in the order of its fields. nil is a form without any.
type Problems []Problem

// Of is the translated text about one field, or "".
func (ps Problems) Of(ctx context.Context, field string) string {
	for _, p := range ps {
		if p.Field == field {
			return p.Text(ctx)
		}
	}
	return ""
}

// Text is the problem in the reader's language.
func (p Problem) Text(ctx context.Context) string {
	if p.Count > 0 {
		return i18n.N(ctx, p.Key, p.Count, p.Args...)
	}
	return i18n.T(ctx, p.Key, p.Args...)
}

// FieldID is the id of the input called name; labels, hints and the error summary use it.
func FieldID(name string) string {
	return "f-" + strings.NewReplacer("[", "-", "]", "", ".", "-", "*", "any").Replace(name)
}

// Input is one labelled field of a form. Label, Hint and Error are translated.
type Input struct {
	Name         string
	Label        string
	Hint         string
	Error        string
	Value        string
	Type         string // HTML input type; "" is text
	Autocomplete string // HTML autocomplete token
	Optional     bool   // says "optional" beside the label; otherwise required
	Mono         bool   // written in the fixed-width face: names, codes, PEM
	Rows         int    // TextArea only
	Attrs        templ.Attributes
}

// describedBy names the elements that explain an input to a screen reader.
func describedBy(name, hint, problem string) string {
	var ids []string
	if hint != "" {
		ids = append(ids, FieldID(name)+"-hint")
	}
	if problem != "" {
		ids = append(ids, FieldID(name)+"-error")
	}
	return strings.Join(ids, " ")
}

// inputState are the attributes that tie an input to its hint and error.
func inputState(name, hint, problem string, required bool) templ.Attributes {
	attrs := templ.Attributes{}
	if by := describedBy(name, hint, problem); by != "" {
		attrs["aria-describedby"] = by
	}
	if problem != "" {
		attrs["aria-invalid"] = "true"
	}
	if required {
		attrs["aria-required"] = "true"
	}
	return attrs
}

// Option is one entry of a Select.
type Option struct {
	Value, Text string
}

// Picker is a labelled select.
type Picker struct {
	Name    string
	ID      string // "" : FieldID(Name); for a second field of that name on a page
	Label   string
	Hint    string
	Error   string
	Value   string
	Options []Option
	Attrs   templ.Attributes
}

func (f Picker) id() string {
	if f.ID != "" {
		return f.ID
	}
	return FieldID(f.Name)
}

// RadioCards is a group of radio buttons drawn as cards.
type RadioCards struct {
	Name    string
	Legend  string
	Hint    string
	Error   string
	Value   string
	Cards   []RadioCard
	Stacked bool             // one card per line, for cards with a text
	Attrs   templ.Attributes // on every input
}

// RadioCard is one choice: a title, an optional line under it, an optional aside (a price).
type RadioCard struct {
	Value, Title, Text, Aside string
	Disabled                  bool
}

// Hidden is one hidden field.
type Hidden struct {
	Name, Value string
}

// Confirmation asks once before something that can't be undone: it names the thing
// and the consequence. The same struct draws a dialog and, without JavaScript, a page.
type Confirmation struct {
	ID     string // of the <dialog>
	Title  string
	Text   string
	Action string // where the form is posted
	Fields []Hidden
	Button string // names the deed: "Cancel and refund $12.99"
	Danger bool
	Back   string // ConfirmPage only: where "Cancel" leads
}
