package datassl_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"certbay/db"
)

// The examples of the document (testdata): every field that they show is in the
// answer, where they show it, written the way they write it. Further fields are ours.
func TestAnswersLookAsTheDocumentShowsThem(t *testing.T) {
	s := openShop(t)
	id := s.issued(s.Key, "example.com")
	placed := s.post("/orders", fields{"product_id": s.multi, "domain": "example.com", "san_count": 2})
	poor := db.Reseller{}
	for name, a := range map[string]answer{
		"listProducts":        s.get("/products?brand=Sectigo&type=ssl&validation=dv"),
		"createOrder":         placed,
		"listInvoices":        s.get("/invoices"),
		"listCredits":         s.get("/credits"),
		"payOrder":            s.post("/credits", fields{"order_id": id}),
		"getCertificate":      s.get(fmt.Sprint("/certificate/", id)),
		"downloadCertificate": s.get(fmt.Sprintf("/certificate/%d/download", id)),
		"getStats":            s.get("/stats"),
		"getAccount":          s.get("/account"),
		"error":               s.ask(s.newPoor(&poor, 1000), "POST", "/orders", fields{"product_id": s.multi, "domain": "example.com", "san_count": 2}),
	} {
		example := readExample(t, name)
		if name == "error" {
			if a.status != 402 || a.text("error") != "Yetersiz bakiye. Gerekli: $28.97 Mevcut: $10.00" {
				t.Errorf("%d %s", a.status, a.raw)
			}
		} else {
			s.ok(a)
		}
		compare(t, name, example, a.body)
	}
	if s.Balance(poor.ID) != 1000 || s.count(poor.ID) != 0 {
		t.Error("who was refused paid")
	}
}

// newPoor is a reseller in the group with so much credit.
func (s *shop) newPoor(r *db.Reseller, cents int64) string {
	s.t.Helper()
	var err error
	*r, err = s.Book.CreateReseller(s.t.Context(), db.System, db.NewReseller{Name: "Poor", Company: "Poor Ltd", Email: "info@poor.example", GroupID: s.Gold, APIEnabled: true})
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.Book.AddCredit(s.t.Context(), db.System, r.ID, cents, "poor", "opening credit"); err != nil {
		s.t.Fatal(err)
	}
	return s.NewKey(r.ID, db.NewAPIKey{Name: "Panel", Scopes: db.Scopes})
}

func readExample(t *testing.T, name string) map[string]any {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var example map[string]any
	if err := decoder.Decode(&example); err != nil {
		t.Fatal(err)
	}
	return example
}

// written are the ways the document writes a text.
var written = []*regexp.Regexp{
	regexp.MustCompile(`^\d{4}-\d\d-\d\d$`),
	regexp.MustCompile(`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$`),
	regexp.MustCompile(`^ORD-\d{4}-\d{4}$`),
	regexp.MustCompile(`^INV-\d{4}-\d{4}$`),
	regexp.MustCompile(`^\$\d{1,3}(,\d{3})*$`),
	regexp.MustCompile(`(?s)^-----BEGIN CERTIFICATE-----\n.*-----END CERTIFICATE-----\n?$`),
	regexp.MustCompile(`^Sipariş ödemesi: `),
}

// sentences are to be there letter by letter.
var sentences = map[string]bool{"message": true, "note": true, "private_key_note": true, "error": true}

func compare(t *testing.T, at string, want, got any) {
	t.Helper()
	switch want := want.(type) {
	case map[string]any:
		have, ok := got.(map[string]any)
		if !ok {
			t.Errorf("%s is %v, not an object", at, got)
			return
		}
		for field, value := range want {
			if _, there := have[field]; !there {
				t.Errorf("%s.%s is missing", at, field)
				continue
			}
			if sentences[field] && have[field] != value {
				t.Errorf("%s.%s says %q, not %q", at, field, have[field], value)
			}
			compare(t, at+"."+field, value, have[field])
		}
	case []any:
		have, ok := got.([]any)
		if !ok || len(have) == 0 {
			t.Errorf("%s is %v, not a list of something", at, got)
			return
		}
		for i := range have {
			compare(t, fmt.Sprintf("%s[%d]", at, i), want[0], have[i])
		}
	case json.Number:
		have, ok := got.(json.Number)
		_, decimals, _ := strings.Cut(want.String(), ".")
		_, has, _ := strings.Cut(have.String(), ".")
		if !ok || len(has) != len(decimals) {
			t.Errorf("%s is %v, not written as %v", at, got, want)
		}
	case string:
		have, ok := got.(string)
		if !ok {
			t.Errorf("%s is %v, not a text", at, got)
			return
		}
		if strings.Contains(at, "transactions") && strings.HasSuffix(at, "description") {
			return // each kind has its own
		}
		for _, form := range written {
			if form.MatchString(want) && !form.MatchString(have) {
				t.Errorf("%s is %q, not written as %q", at, have, want)
			}
		}
	default:
		if fmt.Sprintf("%T", want) != fmt.Sprintf("%T", got) {
			t.Errorf("%s is %v, not as %v", at, got, want)
		}
	}
}
