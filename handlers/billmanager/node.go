package billmanager

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"strings"
)

// node is an element of an answer. It is written in the envelope that was asked for.
type node struct {
	name  string
	text  string
	attrs []attr
	nodes []*node
	many  bool // it may stand several times, so that JSON has a list even of one
}

type attr struct{ name, value string }

// doc makes the root of an answer.
func doc(function string) *node {
	return &node{name: "doc", attrs: []attr{{"lang", "en"}, {"func", function}}}
}

// add puts an element with a text below n.
func (n *node) add(name, text string) *node {
	child := &node{name: name, text: text}
	n.nodes = append(n.nodes, child)
	return child
}

// row puts one of several elements below n.
func (n *node) row(name string) *node {
	child := &node{name: name, many: true}
	n.nodes = append(n.nodes, child)
	return child
}

// ok says that something was done.
func (n *node) ok() *node {
	n.add("ok", "")
	return n
}

// out is an envelope.
type out string

const (
	outXML   out = "xml"
	outJSON  out = "json"
	outBJSON out = "bjson"
)

// encode writes a document and says its media type.
func (o out) encode(root *node) (kind, body string, err error) {
	switch o {
	case outJSON:
		body, err = encodeJSON(map[string]any{"doc": root.object()})
		return "application/json", body, err
	case outBJSON:
		body, err = encodeJSON(root.model())
		return "application/json", body, err
	}
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	e := xml.NewEncoder(&b)
	if err = root.tokens(e); err == nil {
		err = e.Close()
	}
	b.WriteByte('\n')
	return "text/xml", b.String(), err
}

func encodeJSON(v any) (string, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return b.String(), err
}

func (n *node) tokens(e *xml.Encoder) error {
	start := xml.StartElement{Name: xml.Name{Local: n.name}}
	for _, a := range n.attrs {
		start.Attr = append(start.Attr, xml.Attr{Name: xml.Name{Local: a.name}, Value: a.value})
	}
	if err := e.EncodeToken(start); err != nil {
		return err
	}
	if n.text != "" {
		// What XML can't hold becomes the mark of a character that was lost.
		if err := e.EncodeToken(xml.CharData(strings.ToValidUTF8(n.text, "\ufffd"))); err != nil {
			return err
		}
	}
	for _, child := range n.nodes {
		if err := child.tokens(e); err != nil {
			return err
		}
	}
	return e.EncodeToken(start.End())
}

// object is out=json: the text under "$", attributes under "$name".
func (n *node) object() map[string]any {
	o := map[string]any{}
	if n.text != "" {
		o["$"] = n.text
	}
	for _, a := range n.attrs {
		o["$"+a.name] = a.value
	}
	n.children(o, func(child *node) any { return child.object() })
	return o
}

// children collects the elements below n by their names.
func (n *node) children(o map[string]any, write func(*node) any) {
	for _, child := range n.nodes {
		switch before := o[child.name].(type) {
		case nil:
			if child.many {
				o[child.name] = []any{write(child)}
			} else {
				o[child.name] = write(child)
			}
		case []any:
			o[child.name] = append(before, write(child))
		default:
			o[child.name] = []any{before, write(child)}
		}
	}
}

// plain is out=bjson: an element that is only a text is that text.
func (n *node) plain() any {
	if n.name == "ok" && n.text == "" {
		return true
	}
	if len(n.nodes) == 0 && len(n.attrs) == 0 {
		return n.text
	}
	o := map[string]any{}
	if n.text != "" {
		o["$"] = n.text
	}
	for _, a := range n.attrs {
		o["$"+a.name] = a.value
	}
	n.children(o, func(child *node) any { return child.plain() })
	return o
}

// model is the document of out=bjson: ok and error stand beside the model.
func (n *node) model() map[string]any {
	inner, top := map[string]any{}, map[string]any{}
	n.children(inner, func(child *node) any { return child.plain() })
	for _, name := range []string{"ok", "error"} {
		if v, there := inner[name]; there {
			top[name] = v
			delete(inner, name)
		}
	}
	if _, refused := top["error"]; !refused || len(inner) > 0 {
		top["model"] = inner
	}
	return top
}

// failure is a document that says what is wrong.
func failure(function, kind, object, words string) *node {
	d := doc(function)
	e := d.add("error", "")
	e.attrs = []attr{{"type", kind}, {"object", object}, {"lang", "en"}}
	if object != "" {
		p := e.row("param")
		p.text, p.attrs = object, []attr{{"name", "object"}}
	}
	e.add("msg", words)
	return d
}

// decimal writes cents with two decimals.
func decimal(cents int64) string {
	sign := ""
	if cents < 0 {
		sign, cents = "-", -cents
	}
	return fmt.Sprintf("%s%d.%02d", sign, cents/100, cents%100)
}

func onOff(v bool) string {
	if v {
		return "on"
	}
	return "off"
}
