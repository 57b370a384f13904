package license724_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// sample runs one of the document's own programs against the shop and reads what it prints.
func (s *shop) sample(t *testing.T, name string) answer {
	t.Helper()
	source := string(must[[]byte](t)(os.ReadFile(filepath.Join("testdata", name))))
	source = strings.NewReplacer("https://api.724license.com", s.URL, "API_ANAHTARINIZ", s.Key).Replace(source)
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	program := map[string]string{".sh": "sh", ".php": "php", ".mjs": "node", ".py": "python3"}[filepath.Ext(name)]
	if _, err := exec.LookPath(program); err != nil {
		t.Skip(program + " is not installed")
	}
	if program == "python3" && exec.Command(program, "-c", "import requests").Run() != nil {
		t.Skip("the requests library is not installed")
	}
	if program == "php" && exec.Command(program, "-r", "exit(function_exists('curl_init') ? 0 : 1);").Run() != nil {
		t.Skip("the curl extension of PHP is not installed")
	}
	run := exec.CommandContext(t.Context(), program, file)
	var words strings.Builder
	run.Stderr = &words
	out, err := run.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, words.String())
	}
	a := answer{status: 200, raw: string(out)}
	if err := json.Unmarshal(out, &a.body); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	return a
}

// within says where got lacks something that the document shows: a field, its type, or the words and prices themselves.
func within(t *testing.T, at string, want, got any) {
	t.Helper()
	switch want := want.(type) {
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok {
			t.Errorf("%s: %v is no object", at, got)
		}
		for name, v := range want {
			if _, there := object[name]; !there {
				t.Errorf("%s.%s is missing in %v", at, name, got)
				continue
			}
			within(t, at+"."+name, v, object[name])
		}
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) < len(want) {
			t.Errorf("%s: %v is no such list", at, got)
			return
		}
		for _, w := range want { // in whatever order
			code := w.(map[string]any)["code"]
			i := slices.IndexFunc(list, func(v any) bool { return v.(map[string]any)["code"] == code })
			within(t, at+"[]", w, list[max(i, 0)])
		}
	case float64:
		// What the document counts and numbers by example is another number here.
		if free := strings.HasSuffix(at, ".license_id") || strings.HasSuffix(at, ".balance") || strings.HasSuffix(at, ".count"); reflect.TypeOf(got) != reflect.TypeOf(want) || !free && got != any(want) {
			t.Errorf("%s: %v, want %v", at, got, want)
		}
	default:
		if want != got {
			t.Errorf("%s: %v, want %v", at, got, want)
		}
	}
}

// The calls of the document, as its curl lines have them, each answered as it shows.
func TestTheDocumentsCurlLinesWork(t *testing.T) {
	for _, way := range []string{"get", "post"} {
		t.Run(way, func(t *testing.T) {
			s := openShop(t)
			s.buy(s.Key, "litespeed", "203.0.113.10")
			for _, name := range []string{"products", "product", "balance", "create", "renew", "suspend", "unsuspend", "change_core", "change_ip"} {
				got := s.sample(t, name+"_"+way+".sh")
				var want any
				if err := json.Unmarshal(must[[]byte](t)(os.ReadFile(filepath.Join("testdata", name+".json"))), &want); err != nil {
					t.Fatal(err)
				}
				within(t, name, want, any(got.body))
			}
		})
	}
}

func TestTheDocumentsProgramsBuyALicence(t *testing.T) {
	for _, name := range []string{"create.php", "create.mjs", "create.py"} {
		t.Run(name, func(t *testing.T) {
			s := openShop(t)
			a := s.sample(t, name)
			list, err := s.Book.LicencesAt(t.Context(), s.Reseller.ID, "203.0.113.10")
			if err != nil || len(list) != 1 || a.text("message") != "Lisans işlemi tamamlandı." || a.body["license_id"] != float64(list[0].ID) {
				t.Errorf("%s: %+v, %v", a.raw, list, err)
			}
		})
	}
}
