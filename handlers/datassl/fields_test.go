package datassl

import (
	"reflect"
	"slices"
	"testing"
)

func TestEveryFieldIsDescribedAndEveryDescriptionIsOfAField(t *testing.T) {
	used := map[string]bool{}
	seen := map[reflect.Type]bool{}
	var walk func(reflect.Type)
	walk = func(at reflect.Type) {
		for at.Kind() == reflect.Slice || at.Kind() == reflect.Pointer {
			at = at.Elem()
		}
		switch at {
		case typeMoment, typeDate, typeNumber, typeText:
			return
		}
		if at.Kind() != reflect.Struct || seen[at] {
			return
		}
		seen[at] = true
		for _, m := range members(at) {
			used[m.Key] = true
			if m.TR == "" || m.EN == "" || m.TR == m.EN {
				t.Errorf("%s.%s is not described", at.Name(), m.Name)
			}
			refusal := slices.Contains([]string{"Refused", "FieldError", "ProblemDetails"}, at.Name()) // refusalExamples has theirs
			if m.Example == nil && !refusal && !slices.Contains(left, m.Key) && innerOf(m.Type) == nil {
				t.Errorf("%s.%s has no example", at.Name(), m.Name)
			}
			walk(m.Type)
		}
	}
	walk(reflect.TypeFor[Refused]())
	walk(reflect.TypeFor[ProblemDetails]())
	words, queries := map[string]bool{}, map[string]bool{}
	for _, o := range operations {
		walk(reflect.TypeOf(o.Response))
		if o.Request != nil {
			walk(reflect.TypeOf(o.Request))
		}
		if o.hasID() {
			words[o.word()] = true
		}
		for _, p := range o.Query {
			queries[p.Name] = true
			if _, ok := queryExamples[p.Name]; !ok || p.TR == "" || p.EN == "" {
				t.Errorf("%s: parameter %s is not described", o.Name, p.Name)
			}
		}
		for _, status := range o.Statuses() {
			if _, ok := RefusalExample("en", status); !ok {
				t.Errorf("%s: no refusal shows %d", o.Name, status)
			}
		}
	}
	for key := range fields {
		if !used[key] {
			t.Errorf("%s is described and no field", key)
		}
	}
	for name := range pathIDs {
		if !words[name] {
			t.Errorf("%s has no id", name)
		}
	}
	for name := range queryExamples {
		if !queries[name] {
			t.Errorf("%s is no parameter", name)
		}
	}
	names := map[string]bool{}
	for _, o := range operations {
		names[o.Name] = true
	}
	for name, note := range notes {
		if !names[name] || note.TR == "" || note.EN == "" {
			t.Errorf("note of %s", name)
		}
	}
	for name := range messages {
		if !names[name] {
			t.Errorf("message of %s", name)
		}
	}
	t.Logf("%d types, %d descriptions", len(seen), len(used))
}
