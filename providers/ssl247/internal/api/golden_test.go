package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"certbay/providers"
	"certbay/providers/internal/wire"
	"certbay/providers/ssl247/internal/api"
)

func file(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// serve answers each request with a recorded answer and gives what was asked as a .request file has it.
func serve(t *testing.T, l api.Login, status int, answer []byte) (*api.Client, func() (line string, body []byte)) {
	t.Helper()
	var line string
	var body []byte
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		line = r.Method + " " + strings.TrimPrefix(r.URL.RequestURI(), "/api/v3")
		body, _ = io.ReadAll(r.Body)
		if r.Header.Get("Content-Type") != "application/json" || r.Header.Get("Accept") != "application/json" {
			t.Errorf("%s: header %v", line, r.Header)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write(answer)
	}))
	t.Cleanup(s.Close)
	c, err := api.New(wire.Config{Name: "ssl247", BaseURL: s.URL + "/api/v3/", Retries: -1}, l)
	if err != nil {
		t.Fatal(err)
	}
	return c, func() (string, []byte) { return line, body }
}

// fill puts the document's placeholders into every field, but not into those that it does not have.
func fill[T any](keep ...string) T {
	var into T
	place(reflect.ValueOf(&into).Elem(), keep)
	return into
}

func place(v reflect.Value, keep []string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("string")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int:
		v.SetInt(1)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		place(v.Elem(), keep)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		place(v.Index(0), keep)
	case reflect.Struct:
		for i := range v.NumField() {
			name, option, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			if name == "-" || option == "omitempty" && v.Field(i).Kind() != reflect.Pointer && !slices.Contains(keep, name) {
				continue
			}
			place(v.Field(i), keep)
		}
	}
}

type ask = func(context.Context, *api.Client) (any, error)

const (
	product = "com-ent-ssl-pro-wildcard"
	domain  = "ssl247.co.uk"
)

// calls are the 43 of the document, each with its request and answer in testdata: the document's examples, with a value of its own
// in each place of an answer.
var calls = map[string]ask{
	"account":   func(x context.Context, c *api.Client) (any, error) { return c.Account(x) },
	"people":    func(x context.Context, c *api.Client) (any, error) { return c.People(x) },
	"deposit":   func(x context.Context, c *api.Client) (any, error) { return c.Deposit(x) },
	"allowance": func(x context.Context, c *api.Client) (any, error) { return c.MonthlyAllowance(x) },
	"user":      func(x context.Context, c *api.Client) (any, error) { return c.User(x, "42") },
	"user_add": func(x context.Context, c *api.Client) (any, error) {
		return c.AddUser(x, fill[api.UserFields](), "string")
	},
	"user_edit": func(x context.Context, c *api.Client) (any, error) {
		return c.EditUser(x, "42", fill[api.UserFields](), "string")
	},
	"contact": func(x context.Context, c *api.Client) (any, error) { return c.ContactProfile(x, "42") },
	"contact_add": func(x context.Context, c *api.Client) (any, error) {
		return c.AddContactProfile(x, fill[api.ContactFields]())
	},
	"contact_edit": func(x context.Context, c *api.Client) (any, error) {
		return c.EditContactProfile(x, "42", fill[api.ContactFields]())
	},

	"certificates":    func(x context.Context, c *api.Client) (any, error) { return c.Certificates(x) },
	"certificates_by": func(x context.Context, c *api.Client) (any, error) { return c.CertificatesBy(x, api.Issued) },
	"approver_emails": func(x context.Context, c *api.Client) (any, error) { return c.ApproverEmails(x, product, domain) },
	"check_name":      func(x context.Context, c *api.Client) (any, error) { return c.CheckCommonName(x, product, domain) },
	"check_san": func(x context.Context, c *api.Client) (any, error) {
		return c.CheckSAN(x, product, domain, "sub-domain."+domain)
	},
	"certificate": func(x context.Context, c *api.Client) (any, error) { return c.Certificate(x, "42") },
	"download":    func(x context.Context, c *api.Client) (any, error) { return c.Download(x, "42", api.Intermediate) },
	"health":      func(x context.Context, c *api.Client) (any, error) { return c.RequestHealthCheck(x, "42") },
	"renew": func(x context.Context, c *api.Client) (any, error) {
		id, _, err := c.Renew(x, "42", fill[api.Renewal]())
		return id, err
	},
	"reissue":    func(x context.Context, c *api.Client) (any, error) { return c.Reissue(x, "42", fill[api.Reissuance]()) },
	"ordered_by": func(x context.Context, c *api.Client) (any, error) { return c.OrderedCertificatesBy(x, api.Issued) },
	"cancel":     func(x context.Context, c *api.Client) (any, error) { return c.Cancel(x, "42") },
	"revoke":     func(x context.Context, c *api.Client) (any, error) { return c.Revoke(x, "42") },
	"import": func(x context.Context, c *api.Client) (any, error) {
		return c.ImportExternal(x, fill[api.ExternalCertificate]())
	},

	"validate": func(x context.Context, c *api.Client) (any, error) { return c.Validate(x, fill[api.NewOrder]()) },
	"place":    func(x context.Context, c *api.Client) (any, error) { return c.PlaceOrder(x, fill[api.NewOrder]()) },
	"complete": func(x context.Context, c *api.Client) (any, error) { return c.Complete(x, fill[api.Completion]("id")) },
	"quick": func(x context.Context, c *api.Client) (any, error) {
		return c.PlaceQuickOrder(x, fill[api.QuickOrder]("department"))
	},

	"product_types": func(x context.Context, c *api.Client) (any, error) { return c.ProductTypes(x) },
	"products":      func(x context.Context, c *api.Client) (any, error) { return c.Products(x, "ssl") },
	"product":       func(x context.Context, c *api.Client) (any, error) { return c.Product(x, product) },
	"requirements":  func(x context.Context, c *api.Client) (any, error) { return c.ProductRequirements(x, product) },
	"addons":        func(x context.Context, c *api.Client) (any, error) { return c.ProductAddons(x, product) },
	"prices":        func(x context.Context, c *api.Client) (any, error) { return c.ProductPrices(x, product) },
	"orders":        func(x context.Context, c *api.Client) (any, error) { return c.Orders(x, api.OrderFilter{}) },
	"order":         func(x context.Context, c *api.Client) (any, error) { return c.Order(x, "17") },
	"invoice":       func(x context.Context, c *api.Client) (any, error) { return c.Invoice(x, "78", api.InvoiceURL) },

	"countries":         func(x context.Context, c *api.Client) (any, error) { return c.Countries(x) },
	"titles":            func(x context.Context, c *api.Client) (any, error) { return c.UserTitles(x) },
	"states":            func(x context.Context, c *api.Client) (any, error) { return c.USStates(x) },
	"internal_products": func(x context.Context, c *api.Client) (any, error) { return c.InternalProducts(x) },
	"external_products": func(x context.Context, c *api.Client) (any, error) { return c.ExternalProducts(x) },
	"websites":          func(x context.Context, c *api.Client) (any, error) { return c.Websites(x) },
}

func TestEveryCallAsksAsTheDocumentShows(t *testing.T) {
	if len(calls) != 43 {
		t.Fatalf("%d calls of 43", len(calls))
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			line, body, _ := strings.Cut(string(file(t, name+".request")), "\n")
			var want map[string]any
			if err := json.Unmarshal([]byte(body), &want); err != nil {
				t.Fatal(err)
			}
			login := api.Login{User: want["u"].(string), Password: want["p"].(string), Key: want["k"].(string)}
			c, asked := serve(t, login, 200, file(t, name+".json"))
			if _, err := call(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			gotLine, gotBody := asked()
			if gotLine != line {
				t.Errorf("%s, want %s", gotLine, line)
			}
			var got map[string]any
			if err := json.Unmarshal(gotBody, &got); err != nil {
				t.Fatalf("%v in %s", err, gotBody)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// leaves gathers every text and number of a JSON value, keys that are addresses included, and counts what is true.
func leaves(v any, out *[]string) (yes int) {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			if strings.Contains(k, "@") {
				*out = append(*out, k)
				continue
			}
			if k != "Given" {
				yes += leaves(x, out)
			}
		}
	case []any:
		for _, x := range v {
			yes += leaves(x, out)
		}
	case string:
		*out = append(*out, v)
	case json.Number:
		*out = append(*out, v.String())
	case bool:
		if v {
			yes++
		}
	}
	return yes
}

func decoded(t *testing.T, b []byte) (v any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// cents is an amount as wire.Cents has it, "" for what is none.
func cents(s string) string {
	whole, decimals, _ := strings.Cut(s, ".")
	n, err := strconv.Atoi(whole + (decimals + "00")[:2])
	if err != nil {
		return ""
	}
	return strconv.Itoa(n)
}

func TestNothingOfTheDocumentsAnswersIsPassedOver(t *testing.T) {
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			answer := file(t, name+".json")
			c, _ := serve(t, api.Login{User: "u", Key: "k"}, 200, answer)
			got, err := call(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			raw, err := json.Marshal(got)
			if err != nil {
				t.Fatal(err)
			}
			var want, have []string
			wantYes := leaves(decoded(t, answer).(map[string]any)["Data"], &want)
			haveYes := leaves(decoded(t, raw), &have)
			if len(want) == 0 {
				t.Fatal("the answer is empty")
			}
			for _, w := range want {
				if !slices.ContainsFunc(have, func(h string) bool {
					return h == w || h != "" && h == cents(w) || strings.HasPrefix(h, w+"T") || strings.HasPrefix(h, "{") && strings.Contains(h, strconv.Quote(w))
				}) {
					t.Errorf("%s was not read into %s", w, raw)
				}
			}
			if haveYes < wantYes {
				t.Errorf("%d yes of %d were read into %s", haveYes, wantYes, raw)
			}
		})
	}
}

func TestAPIUserSendsNoPassword(t *testing.T) {
	c, asked := serve(t, api.Login{User: "api@example.com", Key: "secret_key_x123+?"}, 200, file(t, "account.json"))
	if _, err := c.Account(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, body := asked(); string(body) != `{"u":"api@example.com","k":"secret_key_x123+?"}` {
		t.Errorf("%s", body)
	}
}

func refusal(code, message string) []byte {
	return fmt.Appendf(nil, `{"Response":{"Error":{"Code":%q,"Message":%q},"Date":"2026-11-20 10:00:00"}}`, code, message)
}

func TestRefusalsBecomeTheVocabularysErrors(t *testing.T) {
	for _, tc := range []struct {
		status  int
		answer  []byte
		is      error
		field   string
		words   string
		trouble providers.Trouble
	}{
		{402, file(t, "error.json"), providers.ErrRefused, "balance", "Insufficient deposit", ""},
		{200, file(t, "error.json"), providers.ErrRefused, "balance", "Insufficient deposit", ""},
		{200, refusal("E_FUNDS", "Insufficient deposit"), providers.ErrRefused, "balance", "Insufficient deposit", ""},
		{400, refusal("400", "csr: the key is too short"), providers.ErrRefused, "csr", "csr: the key is too short", ""},
		{200, refusal("1007", "years: not sold"), providers.ErrRefused, "months", "years: not sold", ""},
		{422, refusal("422", "Contacts.Administrative.email: missing"), providers.ErrRefused, "contact", "Contacts.Administrative.email: missing", ""},
		{422, refusal("422", "Contacts.Company.organisation_legal_name: missing"), providers.ErrRefused, "org", "Contacts.Company.organisation_legal_name: missing", ""},
		{409, refusal("409", "It can't be cancelled any more"), providers.ErrRefused, "", "It can't be cancelled any more", ""},
		{200, []byte(`{"StatusCode":"400","StatusDescription":"product_code: unknown","Date":"","Data":[]}`), providers.ErrRefused, "product", "product_code: unknown", ""},
		{401, refusal("401", "Unknown API key"), providers.ErrCredentials, "", "Unknown API key", ""},
		{403, refusal("403", "Not from this address"), providers.ErrCredentials, "", "Not from this address", ""},
		{200, refusal("AUTH", "Invalid API key"), providers.ErrCredentials, "", "Invalid API key", ""},
		{200, refusal("", "Authentication failed"), providers.ErrCredentials, "", "Authentication failed", ""},
		{404, refusal("404", "Certificate not found"), providers.ErrUnknown, "", "Certificate not found", ""},
		{200, refusal("X1", "Certificate not found"), providers.ErrUnknown, "", "Certificate not found", ""},
		{404, []byte(`<html><title>404</title></html>`), providers.ErrUnavailable, "", "404", providers.TroubleContent},
		{409, refusal("409", "The same request is under way"), providers.ErrUnsure, "", "under way", providers.TroubleBusy},
		{429, refusal("429", "Too many requests"), providers.ErrNotSent, "", "Too many requests", providers.TroubleBusy},
		{200, refusal("429", "Too many requests"), providers.ErrNotSent, "", "Too many requests", providers.TroubleBusy},
		{500, refusal("500", "Internal error"), providers.ErrUnsure, "", "Internal error", providers.TroubleStatus},
		{200, refusal("500", "Internal error"), providers.ErrUnsure, "", "Internal error", providers.TroubleStatus},
		{200, []byte(`{"StatusCode":"7","StatusDescription":"Perhaps","Data":{}}`), providers.ErrUnsure, "", `"7" is not understood: Perhaps`, providers.TroubleContent},
		{200, []byte(`{}`), providers.ErrUnsure, "", "neither success", providers.TroubleContent},
		{200, []byte(`[]`), providers.ErrUnsure, "", "not the JSON that was expected", providers.TroubleContent},
		{200, []byte(`{"StatusCode":"200","Data":"Placed"}`), providers.ErrUnsure, "", "not the JSON that was expected", providers.TroubleContent},
	} {
		c, _ := serve(t, api.Login{User: "u", Key: "k"}, tc.status, tc.answer)
		_, err := c.PlaceQuickOrder(t.Context(), api.QuickOrder{ProductCode: product, CommonName: domain})
		if !errors.Is(err, tc.is) || !strings.Contains(err.Error(), tc.words) || !strings.HasPrefix(err.Error(), "ssl247: POST /order/certificate/place-quick-order: ") {
			t.Errorf("%d %s: %v", tc.status, tc.answer, err)
		}
		var r *providers.Refusal
		if errors.As(err, &r) && (r.Field != tc.field || r.Message != tc.words) || (r != nil) != (tc.is == providers.ErrRefused) {
			t.Errorf("%d %s: %+v", tc.status, tc.answer, r)
		}
		var f *providers.Failure
		if errors.As(err, &f) != (tc.trouble != "") || f != nil && (f.Trouble != tc.trouble || f.Upstream != "ssl247") {
			t.Errorf("%d %s: %+v", tc.status, tc.answer, f)
		}
	}
}

func TestListsOfAnOpenFormAreReadInEachForm(t *testing.T) {
	for answer, want := range map[string]api.Entries{
		`"GB"`:                       {{Name: "GB"}},
		`["Mr","Ms"]`:                {{Name: "Mr"}, {Name: "Ms"}},
		`{"GB":"United Kingdom"}`:    {{"GB", "United Kingdom"}},
		`[{"id":7,"name":"EV SSL"}]`: {{"7", "EV SSL"}},
		`[{"code":"TR","name":"Türkiye"},{"iso":"FR","title":"France"}]`: {{"TR", "Türkiye"}, {"FR", "France"}},
		`[]`:   nil,
		`null`: nil,
	} {
		c, _ := serve(t, api.Login{User: "u", Key: "k"}, 200, []byte(`{"StatusCode":200,"StatusDescription":"OK","Data":`+answer+`}`))
		got, err := c.Countries(t.Context())
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", answer, err, diff)
		}
	}
	for _, answer := range []string{`[{"admin@a.com":"admin@a.com"},{"webmaster@a.com":""}]`, `["admin@a.com","webmaster@a.com"]`, `{"admin@a.com":1,"webmaster@a.com":1}`} {
		c, _ := serve(t, api.Login{User: "u", Key: "k"}, 200, []byte(`{"StatusCode":"OK","Data":`+answer+`}`))
		if got, err := c.ApproverEmails(t.Context(), product, "a.com"); err != nil || !slices.Equal(got, []string{"admin@a.com", "webmaster@a.com"}) {
			t.Errorf("%s: %q %v", answer, got, err)
		}
	}
}

// What is sent is nobody else's to see, whatever the shop says back.
func TestTheLoginIsInNoError(t *testing.T) {
	login := api.Login{User: "api@example.com", Password: "SecretPassword123!", Key: "secret_key_x123+?"}
	c, _ := serve(t, login, 400, refusal("400", `bad request {"p":"SecretPassword123!","k":"secret_key_x123+?"}`))
	_, err := c.Account(t.Context())
	if err == nil || strings.Contains(err.Error(), login.Password) || strings.Contains(err.Error(), login.Key) {
		t.Errorf("%v", err)
	}
}
