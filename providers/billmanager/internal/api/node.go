package api

import (
	"bytes"
	"encoding"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Node is an element of an answer, whichever of the three envelopes it came in: XML, out=json (texts under "$", attributes under
// "$name") or out=bjson (plain values below "model"). Its methods may be called on nil.
type Node struct {
	Name  string
	Text  string
	Attr  map[string]string
	Nodes []*Node
}

// deepest is how far elements may lie in one another.
const deepest = 64

var errForm = errors.New("neither a BILLmanager document in XML nor one in JSON")

// Parse reads a document. The root of what it answers is the XML's doc, the JSON's doc or the bjson's model.
func Parse(body []byte) (*Node, error) {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
	switch {
	case len(body) == 0:
		return nil, errors.New("an empty answer")
	case body[0] == '<':
		return parseXML(body)
	case body[0] == '{':
		return parseJSON(body)
	}
	return nil, errForm
}

func parseXML(body []byte) (*Node, error) {
	d := xml.NewDecoder(bytes.NewReader(body))
	root := &Node{}
	open := []*Node{root}
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("not the XML that was expected (%w)", err)
		}
		at := open[len(open)-1]
		switch token := token.(type) {
		case xml.StartElement:
			n := &Node{Name: token.Name.Local}
			for _, a := range token.Attr {
				n.set(a.Name.Local, a.Value)
			}
			at.Nodes = append(at.Nodes, n)
			if open = append(open, n); len(open) > deepest {
				return nil, errForm
			}
		case xml.CharData:
			at.Text += string(token)
		case xml.EndElement:
			at.Text = strings.TrimSpace(at.Text)
			open = open[:len(open)-1]
		}
	}
	if len(root.Nodes) != 1 || root.Nodes[0].Name != "doc" {
		return nil, errForm
	}
	return root.Nodes[0], nil
}

func (n *Node) set(name, value string) {
	if n.Attr == nil {
		n.Attr = map[string]string{}
	}
	n.Attr[name] = value
}

func parseJSON(body []byte) (*Node, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var top map[string]any
	if err := d.Decode(&top); err != nil {
		return nil, fmt.Errorf("not the JSON that was expected (%w)", err)
	}
	root := &Node{Name: "doc"}
	known := false
	for _, name := range []string{"doc", "model"} {
		if inner, ok := top[name].(map[string]any); ok {
			known = true
			if err := root.fill(inner, 1); err != nil {
				return nil, err
			}
		}
		delete(top, name)
	}
	// out=bjson says ok and error beside the model, or instead of it.
	for _, name := range []string{"ok", "error", "id"} {
		if v, ok := top[name]; ok {
			known = true
			if err := root.add(name, v, 1); err != nil {
				return nil, err
			}
		}
	}
	if !known {
		return nil, errForm
	}
	return root, nil
}

func (n *Node) fill(object map[string]any, depth int) error {
	names := make([]string, 0, len(object))
	for name := range object {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		v := object[name]
		switch {
		case name == "$":
			n.Text = strings.TrimSpace(text(v))
		case strings.HasPrefix(name, "$"):
			n.set(name[1:], text(v))
		default:
			if err := n.add(name, v, depth); err != nil {
				return err
			}
		}
	}
	return nil
}

func (n *Node) add(name string, v any, depth int) error {
	if depth > deepest {
		return errForm
	}
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			if err := n.add(name, one, depth+1); err != nil {
				return err
			}
		}
		return nil
	case map[string]any:
		child := &Node{Name: name}
		n.Nodes = append(n.Nodes, child)
		return child.fill(v, depth+1)
	case nil:
		n.Nodes = append(n.Nodes, &Node{Name: name})
		return nil
	case bool:
		if name == "ok" && !v {
			return nil
		}
	}
	n.Nodes = append(n.Nodes, &Node{Name: name, Text: strings.TrimSpace(text(v))})
	return nil
}

// text is a JSON scalar's text; true is "on", as in forms.
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case bool:
		if v {
			return "on"
		}
		return "off"
	case string:
		return v
	}
	return fmt.Sprint(v)
}

// One is the first element of a name, nil where there is none.
func (n *Node) One(name string) *Node {
	if n == nil {
		return nil
	}
	for _, child := range n.Nodes {
		if child.Name == name {
			return child
		}
	}
	return nil
}

// All are the elements of a name.
func (n *Node) All(name string) (list []*Node) {
	if n == nil {
		return nil
	}
	for _, child := range n.Nodes {
		if child.Name == name {
			list = append(list, child)
		}
	}
	return list
}

// List are the elem of the list with a name in a form.
func (n *Node) List(name string) (elems []*Node) {
	for _, l := range n.All("list") {
		if l.Get("name") == name {
			elems = append(elems, l.All("elem")...)
		}
	}
	return elems
}

// Has says whether there is an element or an attribute of a name.
func (n *Node) Has(name string) bool {
	if n == nil {
		return false
	}
	_, attr := n.Attr[name]
	return attr || n.One(name) != nil
}

// Get is the text of an element, or else an attribute.
func (n *Node) Get(name string) string {
	if n == nil {
		return ""
	}
	if child := n.One(name); child != nil {
		return child.Text
	}
	return n.Attr[name]
}

// reader reads elements into typed fields and keeps the first thing that it could not read.
type reader struct {
	n   *Node
	err error
}

func (r *reader) read(name string, into encoding.TextUnmarshaler) {
	if err := into.UnmarshalText([]byte(r.n.Get(name))); err != nil && r.err == nil {
		r.err = fmt.Errorf("%s: %w", name, err)
	}
}
