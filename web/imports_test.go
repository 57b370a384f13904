package web_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

// rooms is who may import whom: the first line whose pattern fits a package
// (as path.Match, without the module's name) says all it may import of ours.
// echo and the templates are named because not every room may use them.
var rooms = []struct {
	room string
	may  []string
}{
	{".", []string{"db", "db/*", "providers", "providers/*", "web", "web/demo", "handlers/*"}},

	{"db", []string{"db/money", "db/certs"}},
	{"db/money", nil},
	{"db/certs", nil},
	{"db/dbtest", []string{"db"}},
	{"db/demo", []string{"db", "db/money", "db/certs"}},

	{"providers", []string{"db/money", "db/certs"}},
	{"providers/internal/*", []string{"db/money", "db/certs", "providers"}},
	{"providers/providertest", []string{"providers", "providers/dcv", "db/money", "db/certs"}},
	// Go itself keeps an adapter's internal rooms from its siblings.
	{"providers/*", []string{"providers", "providers/internal/*", "providers/*/internal/*", "providers/dcv", "db/money", "db/certs"}},
	{"providers/*/internal/*", []string{"providers", "providers/internal/*", "db/money", "db/certs"}},

	{"views", []string{"views/i18n", "db/money"}},
	{"views/i18n", []string{"db/money"}},
	{"views/invoicepdf", []string{"views", "views/i18n", "db/money"}},

	{"handlers", []string{"db", "db/money", "db/certs", "views", "views/i18n", "views/invoicepdf", "web/session", "echo"}},
	{"handlers/jobs", []string{"db", "db/money", "db/certs", "providers", "providers/dcv"}},
	{"handlers/access", []string{"db"}},
	{"handlers/*", []string{"handlers/access", "db", "db/money", "db/certs", "views", "views/i18n", "web/session", "echo"}},

	{"web/session", []string{"echo"}},
	{"web/demo", []string{"web", "handlers", "handlers/jobs", "views", "db", "db/demo", "providers", "providers/pretend", "providers/sandbox"}}, // wiring, as main
	{"web/webtest", []string{"db", "db/dbtest", "web", "providers", "providers/sandbox"}},
	{"web", []string{"handlers", "handlers/*", "web/session", "views", "views/i18n", "static", "db", "providers", "providers/dcv", "echo"}},

	{"static", nil},
	{"e2e", []string{"db", "db/*"}},
}

func TestRoomsImportOnlyDownward(t *testing.T) {
	for name, imports := range packages(t) {
		i := slices.IndexFunc(rooms, func(r struct {
			room string
			may  []string
		}) bool {
			return fits(r.room, name)
		})
		if i < 0 {
			t.Errorf("%s is in no room of the table", name)
			continue
		}
		for _, imported := range imports {
			if !slices.ContainsFunc(rooms[i].may, func(pattern string) bool { return fits(pattern, imported) }) {
				t.Errorf("%s imports %s", name, imported)
			}
		}
	}
}

// No adapter knows another, whatever its room's line says.
func TestAdaptersDontKnowEachOther(t *testing.T) {
	shared := []string{"providers/dcv", "providers/providertest"}
	for name, imports := range packages(t) {
		if !fits("providers/*", name) || slices.Contains(shared, name) {
			continue
		}
		for _, imported := range imports {
			if fits("providers/*", imported) && imported != "providers/dcv" {
				t.Errorf("%s imports its sibling %s", name, imported)
			}
		}
	}
}

func TestTheTableRefusesWhatItShould(t *testing.T) {
	for _, c := range [][2]string{{"views", "db"}, {"handlers", "providers"}, {"handlers/jobs", "views"}, {"handlers/jobs", "echo"},
		{"providers/sandbox", "db"}, {"web/session", "db"}, {"db", "web"}, {"db/money", "db/certs"}} {
		for _, r := range rooms {
			if !fits(r.room, c[0]) {
				continue
			}
			if slices.ContainsFunc(r.may, func(pattern string) bool { return fits(pattern, c[1]) }) {
				t.Errorf("%s may import %s", c[0], c[1])
			}
			break
		}
	}
}

func fits(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return err == nil && ok
}

// packages maps each package to what it imports of ours, and to "echo" when it
// imports that. Tests may import what they like.
func packages(t *testing.T) map[string][]string {
	t.Helper()
	list := exec.Command("go", "list", "-e", "-json=ImportPath,Imports", "./...")
	list.Dir = ".."
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]string{}
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		name := ours(p.ImportPath)
		found[name] = nil
		for _, i := range p.Imports {
			if strings.HasPrefix(i, "github.com/labstack/echo/") {
				found[name] = append(found[name], "echo")
			} else if own := ours(i); own != "" {
				found[name] = append(found[name], own)
			}
		}
		found[name] = slices.Compact(found[name])
	}
	if len(found) < 8 {
		t.Fatalf("only %d packages found", len(found))
	}
	return found
}

// ours is a package's path without the module's name; "" for others' packages.
func ours(importPath string) string {
	if importPath == "certbay" {
		return "."
	}
	name, ok := strings.CutPrefix(importPath, "certbay/")
	if !ok {
		return ""
	}
	return name
}
