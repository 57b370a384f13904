package datassl

import (
	"reflect"
	"slices"
	"strings"
	"time"
)

// Schemas and examples are made of the very structs that are read and written, so
// that neither can say what the API doesn't.

var (
	typeAmount  = reflect.TypeFor[Amount]()
	typePercent = reflect.TypeFor[Percent]()
	typeMoment  = reflect.TypeFor[Moment]()
	typeDate    = reflect.TypeFor[Date]()
	typeNumber  = reflect.TypeFor[Number]()
	typeText    = reflect.TypeFor[Text]()
	typeYears   = reflect.TypeFor[Years]()
	typeTime    = reflect.TypeFor[time.Time]()
)

// member is a field of a body: what the document says of it and how it is written.
type member struct {
	field
	Name     string // in JSON
	Key      string // of fields
	Index    []int
	Type     reflect.Type
	Required bool
	Optional bool // may be missing from an answer
	request  bool
}

// members lists the fields of a struct in the order of its JSON, embedded ones with it.
func members(t reflect.Type) (found []member) {
	request := false
	for i := range t.NumField() {
		request = request || t.Field(i).Type == typeNumber || t.Field(i).Type == typeText
	}
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			for _, m := range members(f.Type) {
				m.Index = append([]int{i}, m.Index...)
				found = append(found, m)
			}
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		m := member{Name: name, Key: name, Index: []int{i}, Type: f.Type, request: request, Optional: options == "omitempty", Required: f.Tag.Get("need") == "true"}
		if own := t.Name() + "." + name; fieldKnown(own) {
			m.Key = own
		}
		m.field = fields[m.Key]
		if words := strings.Fields(f.Tag.Get("words")); len(words) > 0 {
			m.Words = words
		}
		if !request {
			m.Required = !m.Optional
		}
		found = append(found, m)
	}
	return found
}

func fieldKnown(key string) bool { _, ok := fields[key]; return ok }

// kind is the type of a field as a reader of the document sees it: integer, number,
// string, boolean, object, or a list of one of them; null where it may be.
func (m member) kind() string { return kindOf(m.Type) }

func kindOf(t reflect.Type) string {
	switch t {
	case typeAmount, typePercent:
		return "number"
	case typeMoment, typeDate:
		return "string | null"
	case typeTime, typeText:
		return "string"
	case typeNumber:
		return "integer"
	}
	switch t.Kind() {
	case reflect.Bool:
		return "boolean"
	case reflect.String:
		return "string"
	case reflect.Int, reflect.Int64:
		return "integer"
	case reflect.Slice:
		return kindOf(t.Elem()) + "[]"
	case reflect.Pointer:
		return kindOf(t.Elem())
	case reflect.Map, reflect.Struct:
		return "object"
	}
	panic("datassl: no schema for " + t.String())
}

// collector gathers the schemas of structs by their names.
type collector struct {
	lang    string
	schemas map[string]*schema
}

// of is the schema of a type; a struct's is a reference.
func (c *collector) of(t reflect.Type) *schema {
	switch t {
	case typeAmount:
		return &schema{Type: types{"number"}}
	case typePercent:
		return &schema{Type: types{"number"}}
	case typeMoment:
		return &schema{Type: types{"string", "null"}, Pattern: `^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$`}
	case typeDate:
		return &schema{Type: types{"string", "null"}, Format: "date"}
	case typeTime:
		return &schema{Type: types{"string"}, Format: "date-time"}
	case typeYears:
		return &schema{Type: types{"object"}, PropertyNames: &schema{Pattern: `^\d+$`}, AdditionalProperties: &schema{Type: types{"number"}}}
	}
	switch t.Kind() {
	case reflect.Slice:
		return &schema{Type: types{"array"}, Items: c.of(t.Elem())}
	case reflect.Pointer:
		return c.of(t.Elem())
	case reflect.Struct:
		if t != typeNumber && t != typeText {
			c.add(t)
			return &schema{Ref: "#/components/schemas/" + t.Name()}
		}
	}
	return &schema{Type: types{kindOf(t)}}
}

func (c *collector) add(t reflect.Type) {
	if c.schemas[t.Name()] != nil {
		return
	}
	s := &schema{Type: types{"object"}, Properties: &properties{}}
	c.schemas[t.Name()] = s
	for _, m := range members(t) {
		p := c.of(m.Type)
		p.Description = m.in(c.lang)
		for _, word := range m.Words {
			p.Enum = append(p.Enum, word)
		}
		if m.Name == "success" {
			p.Const = m.Example
		}
		if p.Ref == "" && p.Items == nil && m.Example != nil {
			if _, translated := m.Example.(sentence); !translated {
				p.Examples = []any{exampleOf(c.lang, m.Type, m.Example).Interface()}
			}
		}
		s.Properties.add(m.Name, p)
		if m.Required {
			s.Required = append(s.Required, m.Name)
		}
	}
}

// in is what is said of the field in a language.
func (f field) in(lang string) string {
	if lang == "tr" {
		return f.TR
	}
	return f.EN
}

// left are fields that no example shows beside the others.
var left = []string{"Validation.email", "http", "licence_key", "curve", "ChangeDCV.domain", "delivery", "admin_first_name", "admin_last_name", "admin_title",
	"admin_email", "admin_phone", "org_name", "org_address", "org_city", "org_state", "org_postal_code", "org_country", "message", "error", "code", "fields", "request_id"}

// example is a value of a type with the examples of its fields.
func example(lang string, t reflect.Type) reflect.Value {
	v := reflect.New(t).Elem()
	for _, m := range members(t) {
		if slices.Contains(left, m.Key) || m.Key == "approver_email" && t.Name() != "MailProof" {
			continue
		}
		at := v.FieldByIndex(m.Index)
		inner := m.Type
		switch inner.Kind() {
		case reflect.Slice, reflect.Pointer:
			inner = inner.Elem()
		}
		switch {
		case m.Example != nil:
			at.Set(exampleOf(lang, m.Type, m.Example))
		case inner.Kind() != reflect.Struct:
			// A test says that it has no example; an answer is not to be lost for it.
		case m.Type.Kind() == reflect.Slice:
			at.Set(reflect.Append(at, example(lang, inner)))
		case m.Type.Kind() == reflect.Pointer:
			at.Set(reflect.New(inner))
			at.Elem().Set(example(lang, inner))
		default:
			at.Set(example(lang, inner))
		}
	}
	return v
}

// exampleOf is an example of the table as a value of the field's type.
func exampleOf(lang string, t reflect.Type, value any) reflect.Value {
	if s, ok := value.(sentence); ok {
		value = s.in(lang)
	}
	text, _ := value.(string)
	n, _ := value.(int)
	switch t {
	case typeMoment:
		at, _ := time.Parse(time.DateTime, text)
		return reflect.ValueOf(Moment{at})
	case typeDate:
		at, _ := time.Parse(time.DateOnly, text)
		return reflect.ValueOf(Date{at})
	case typeNumber:
		return reflect.ValueOf(Number{Value: int64(n), Set: true})
	case typeText:
		return reflect.ValueOf(Text{Value: text})
	}
	return reflect.ValueOf(value).Convert(t)
}
