package views

import "strings"

// span is a piece of a text that marks code with `…` and weight with **…**.
type span struct {
	Text string
	Mark string // "", "code" or "strong"
}

// spans takes a marked text apart. A mark that is not closed is plain text.
func spans(text string) []span {
	var found []span
	add := func(text, mark string) {
		if text != "" {
			found = append(found, span{text, mark})
		}
	}
	for text != "" {
		i := strings.IndexAny(text, "`*")
		if i < 0 {
			break
		}
		mark, sign := "code", "`"
		if strings.HasPrefix(text[i:], "**") {
			mark, sign = "strong", "**"
		} else if text[i] == '*' {
			add(text[:i+1], "")
			text = text[i+1:]
			continue
		}
		inner, rest, closed := strings.Cut(text[i+len(sign):], sign)
		if !closed {
			break
		}
		add(text[:i], "")
		add(inner, mark)
		text = rest
	}
	add(text, "")
	return found
}

// unmarked is a marked text as plain text.
func unmarked(text string) string {
	var b strings.Builder
	for _, s := range spans(text) {
		b.WriteString(s.Text)
	}
	return b.String()
}
