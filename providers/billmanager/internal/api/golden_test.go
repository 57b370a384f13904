package api_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"certbay/providers"
	"certbay/providers/billmanager/internal/api"
	"certbay/providers/internal/wire"
)

func file(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// serve answers every call alike and keeps what was asked.
func serve(t *testing.T, status int, answer []byte, out api.Out, session bool) (*api.Client, func() map[string]string) {
	t.Helper()
	var asked map[string]string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != "POST" || r.URL.Path != "/manager/billmgr" || r.URL.RawQuery != "" {
			t.Errorf("%s %s", r.Method, r.URL)
		}
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		asked = map[string]string{}
		for name := range r.PostForm {
			asked[name] = r.PostForm.Get(name)
		}
		w.WriteHeader(status)
		_, _ = w.Write(answer)
	}))
	t.Cleanup(s.Close)
	c, err := api.New(wire.Config{Name: "billmanager", BaseURL: s.URL + "/manager/billmgr", Retries: -1}, api.Login{User: "user", Password: "passwd", Session: session}, out)
	if err != nil {
		t.Fatal(err)
	}
	return c, func() map[string]string { return asked }
}

// line reads a call as the document writes it, without any encoding.
func line(b []byte) map[string]string {
	values := map[string]string{}
	for pair := range strings.SplitSeq(strings.TrimSpace(string(b)), "&") {
		name, value, _ := strings.Cut(pair, "=")
		values[name] = value
	}
	return values
}

var emails = []string{"{main domain confirmation email}", "{additional domain confirmation email}"}

func day(y int, m time.Month, d int, clock ...int) wire.Date {
	c := append(clock, 0, 0)
	return wire.Date{Time: time.Date(y, m, d, c[0], c[1], 0, 0, time.UTC)}
}

func cents(n int64) wire.Cents { return wire.Cents{Minor: n, Given: true} }

var listed = []api.Certificate{
	{ID: 42, CN: "example.com", Pricelist: "PositiveSSL", Created: day(2026, 2, 14), Expires: day(2027, 2, 14), StatusMsg: "Issued", ItemStatus: api.Issued,
		Cost: "12.99 USD / Year", RemoteID: "ORD-1", HasRemoteID: true},
	{ID: 43, CN: "shop.example.com", Pricelist: "PositiveSSL", Created: day(2026, 2, 15), StatusMsg: "Enrolled", ItemStatus: api.Enrolled, Cost: "12.99"},
}

var person = api.Person{FirstName: "Test", LastName: "Test", Title: "Test", Email: "test@test.com", Phone: "+7 (111) 111-11-11", PhoneCountry: "182"}

// functions are those of the documents, each with its call and the same answer in every envelope. ours are parameters of the call
// that the document's example leaves out: its text names them.
var functions = []struct {
	request, answer string
	call            func(context.Context, *api.Client) (any, error)
	want            any
	ours            map[string]string
}{
	{"auth", "auth", func(x context.Context, c *api.Client) (any, error) { return c.Auth(x) }, "4c3b2a190817", nil},
	{"pricelist", "pricelist", func(x context.Context, c *api.Client) (any, error) { return c.Pricelists(x, "3") }, []api.Pricelist{
		{ID: 3033, Name: "Sectigo PositiveSSL", IntName: "DV", ItemType: "certificate", Currency: "EUR",
			Price: []api.Period{{Type: "month", Length: 12, Cost: cents(1299)}, {Type: "month", Length: 24, Cost: cents(2300)}}},
		{ID: 27648, Name: "PositiveSSL Multi Domain", IntName: "DV_MULTIDOMAIN", Price: []api.Period{{Type: "month", Length: 12, Cost: cents(4999)}},
			Addons: []api.Addon{{IntName: "domain_count", Included: 2, Max: 50, Price: []api.Period{{Type: "month", Length: 12, Cost: cents(799)}}}}},
	}, nil},
	{"csr", "csr", func(x context.Context, c *api.Client) (any, error) {
		return c.OrderCSR(x, api.CSRRequest{Pricelist: 3033, Period: 12, Subject: api.Subject{CN: "example.com", Country: "182", ST: "REGION", L: "CITY", O: "ORGANIZATION", OU: "ORG_UNIT", Email: "test@test.com"}})
	}, api.KeyPair{CSR: "-----BEGIN CERTIFICATE REQUEST-----", Key: "-----BEGIN PRIVATE KEY-----"}, nil},
	{"order", "placed", func(x context.Context, c *api.Client) (any, error) {
		return c.Order(x, api.Order{RemoteID: "{ID service}", Pricelist: 115, Period: 12, CrtType: api.Generate,
			Subject:        api.Subject{CN: "example.com", Country: "182", ST: "Moscow", L: "Moscow", O: "Moscow"},
			ApproverMethod: api.ByEmail, ApproverEmails: []string{"admin@example.com"}, Admin: person, Tech: person, LikeAdmin: true,
			Org: api.Organization{Name: "Test", Department: "1", Address: "1", City: "Moscow", State: "Moscow", Postcode: "1111111", Country: "182",
				Phone: "+7 (111) 111-11-11", PhoneCountry: "182"}})
	}, api.Placed{ID: 42}, map[string]string{"sok": "ok", "skipbasket": "on"}},
	{"list", "list", func(x context.Context, c *api.Client) (any, error) { return c.List(x, "ORD-1") }, listed, nil},
	{"edit", "edit", func(x context.Context, c *api.Client) (any, error) { return c.Edit(x, 42) }, api.Certificate{
		ID: 42, CN: "example.com", AltName: []string{"shop.example.com", "mail.example.com"}, RemoteID: "ORD-1", HasRemoteID: true, Pricelist: "115", Period: 12, CSR: "CSR",
		ItemStatus: api.Enrolled, ApproverMethod: api.ByDNS, DNSValue: "token-1", DNSNames: []string{"example.com", "example.com"},
		Validation: []api.Validation{{Domain: "example.com", Method: api.ByDNS, DNSType: "CNAME", DNSName: "_1.example.com", DNSValue: "2.ca.test", Verified: true, VerifiedAt: day(2026, 2, 14, 10, 30)}},
	}, nil},
	{"file", "file", func(x context.Context, c *api.Client) (any, error) { return c.File(x, 42) }, []byte("PEM"), nil},
	{"country", "country", func(x context.Context, c *api.Client) (any, error) { return c.Countries(x) }, []api.Country{{ID: 182, ISO: "RU", Name: "Russia"}}, nil},
	{"reissue", "edit", func(x context.Context, c *api.Client) (any, error) { return nil, c.ReissueForm(x, 42) }, nil, nil},
	{"reissue_old", "ok", func(x context.Context, c *api.Client) (any, error) {
		return nil, c.ReissueStep2(x, api.Reissue{ID: 42, CrtType: api.OldRequest, ApproverMethod: api.ByEmail, ApproverEmails: emails})
	}, nil, nil},
	{"reissue_csr", "ok", func(x context.Context, c *api.Client) (any, error) {
		return nil, c.ReissueStep2(x, api.Reissue{ID: 42, CrtType: api.Manual, CSR: "{urlencoded CSR}", ApproverMethod: api.ByEmail, ApproverEmails: emails})
	}, nil, nil},
	{"reissue_names", "ok", func(x context.Context, c *api.Client) (any, error) {
		return nil, c.ReissueStep2(x, api.Reissue{ID: 42, CrtType: api.NewNames, AltName: []string{"shop.example.com", "mail.example.com"}, ApproverMethod: api.ByEmail, ApproverEmails: emails})
	}, nil, nil},
	{"delete", "ok", func(x context.Context, c *api.Client) (any, error) { return nil, c.Delete(x, 42) }, nil, nil},
	{"retry", "ok", func(x context.Context, c *api.Client) (any, error) { return nil, c.Retry(x, 42) }, nil, nil},
	{"resume", "ok", func(x context.Context, c *api.Client) (any, error) { return nil, c.Resume(x, 42) }, nil, nil},
	{"sync", "ok", func(x context.Context, c *api.Client) (any, error) { return nil, c.Sync(x, 42) }, nil, nil},
}

func TestEveryFunctionAsksAndReadsAsTheDocumentsShowInEachEnvelope(t *testing.T) {
	for _, f := range functions {
		for _, out := range []api.Out{api.XML, api.JSON, api.BJSON} {
			t.Run(f.request+"."+string(out), func(t *testing.T) {
				c, asked := serve(t, 200, file(t, f.answer+"."+string(out)), out, false)
				got, err := f.call(t.Context(), c)
				if err != nil {
					t.Fatal(err)
				}
				want := line(file(t, f.request+".request"))
				want["out"] = string(out)
				if f.request != "auth" {
					want["authinfo"] = "user:passwd"
				}
				for name, value := range f.ours {
					want[name] = value
				}
				if diff := cmp.Diff(want, asked()); diff != "" {
					t.Error(diff)
				}
				if diff := cmp.Diff(f.want, got); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

func TestRefusalsBecomeTheVocabularysErrors(t *testing.T) {
	xml := func(kind, object, msg string) string {
		return `<doc><error type="` + kind + `" object="` + object + `"><param/><msg>` + msg + `</msg></error></doc>`
	}
	for _, tc := range []struct {
		status  int
		answer  string
		is      error
		field   string
		words   string
		trouble providers.Trouble
	}{
		{200, string(file(t, "badpassword.xml")), providers.ErrCredentials, "", "Incorrect username or password", ""},
		{200, string(file(t, "badpassword.json")), providers.ErrCredentials, "", "Incorrect username or password", ""},
		{200, string(file(t, "badpassword.bjson")), providers.ErrCredentials, "", "Incorrect username or password", ""},
		{403, xml("auth", "badip", "Access from this IP address is not allowed"), providers.ErrCredentials, "", "Access from this IP address is not allowed", ""},
		{200, xml("auth", "totp", "Enter the code"), providers.ErrCredentials, "", "the account has two-factor authentication", ""},
		{200, `<doc func="totp.confirm"><qrcode/></doc>`, providers.ErrCredentials, "", "the account has two-factor authentication", ""},
		{200, xml("access", "certificate.order.param", "Access denied"), providers.ErrCredentials, "", "Access denied", ""},
		{200, xml("missed", "elid", "No such certificate"), providers.ErrUnknown, "", "No such certificate", ""},
		{200, xml("missed", "pricelist", "No such tariff"), providers.ErrRefused, "product", "No such tariff", ""},
		{200, xml("missed", "func", "No such function"), providers.ErrNotSent, "", "No such function", providers.TroubleContent},
		{200, xml("value", "csr", "Invalid CSR"), providers.ErrRefused, "csr", "Invalid CSR", ""},
		{200, xml("value", "CN", "Invalid name"), providers.ErrRefused, "names", "Invalid name", ""},
		{200, xml("value", "approver_email_2", "Not an approver"), providers.ErrRefused, "email", "Not an approver", ""},
		{200, xml("value", "adm_phone", "Invalid phone"), providers.ErrRefused, "contact", "Invalid phone", ""},
		{200, xml("value", "org_name", "Needed"), providers.ErrRefused, "org", "Needed", ""},
		{200, xml("money", "balance", "Not enough money"), providers.ErrRefused, "balance", "Not enough money", ""},
		{200, xml("exists", "", "Already there"), providers.ErrRefused, "", "Already there", ""},
		{200, `<doc><error type="fire" object="house"/></doc>`, providers.ErrRefused, "", "fire house", ""},
		{200, `{"error":{"msg":"Something is wrong"}}`, providers.ErrRefused, "", "Something is wrong", ""},
		{200, `<doc><elid>42</elid></doc>`, providers.ErrUnsure, "", "neither ok", providers.TroubleContent},
		{200, `<html><title>Welcome</title></html>`, providers.ErrUnsure, "", "", providers.TroubleContent},
		{200, `<doc><ok`, providers.ErrUnsure, "", "not the XML", providers.TroubleContent},
		{200, `{"doc":{"ok"`, providers.ErrUnsure, "", "not the JSON", providers.TroubleContent},
		{200, ``, providers.ErrUnsure, "", "an empty answer", providers.TroubleContent},
		{404, `<html><title>Not here</title></html>`, providers.ErrNotSent, "", "Not here", providers.TroubleStatus},
		{429, ``, providers.ErrNotSent, "", "", providers.TroubleBusy},
		{502, `<html><title>Bad gateway</title></html>`, providers.ErrUnsure, "", "Bad gateway", providers.TroubleStatus},
	} {
		c, _ := serve(t, tc.status, []byte(tc.answer), api.XML, false)
		_, err := c.Order(t.Context(), api.Order{Pricelist: 115, Period: 12})
		if !errors.Is(err, tc.is) || !strings.Contains(err.Error(), tc.words) || !strings.HasPrefix(err.Error(), "billmanager: POST billmgr: ") {
			t.Errorf("%d %s: %v", tc.status, tc.answer, err)
		}
		var r *providers.Refusal
		if errors.As(err, &r) && (r.Field != tc.field || r.Message != tc.words) || (r != nil) != (tc.is == providers.ErrRefused) {
			t.Errorf("%d %s: %+v", tc.status, tc.answer, r)
		}
		var f *providers.Failure
		if errors.As(err, &f) != (tc.trouble != "") || f != nil && f.Trouble != tc.trouble {
			t.Errorf("%d %s: %+v", tc.status, tc.answer, f)
		}
	}
}

func TestNoAnswerIsTooDeepToRefuse(t *testing.T) {
	for _, answer := range []string{strings.Repeat("<doc>", 5000), `{"doc":` + strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5001)} {
		c, _ := serve(t, 200, []byte(answer), api.XML, false)
		if _, err := c.List(t.Context(), ""); !errors.Is(err, providers.ErrUnavailable) {
			t.Errorf("%.20s…: %v", answer, err)
		}
	}
}

// A session is begun once, shown with each call, and begun again when it is over.
func TestASessionIsBegunAgainWhenItIsOver(t *testing.T) {
	begun, over := 0, false
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.FormValue("func") {
		case "auth":
			begun++
			_, _ = io.WriteString(w, `<doc><auth id="session-`+string(rune('0'+begun))+`"/></doc>`)
		default:
			if r.FormValue("authinfo") != "" || over && r.FormValue("auth") != "session-2" {
				_, _ = io.WriteString(w, `<doc><error type="auth" object="session"><msg>Session expired</msg></error></doc>`)
				return
			}
			_, _ = io.WriteString(w, `<doc><ok/></doc>`)
		}
	}))
	t.Cleanup(s.Close)
	c, err := api.New(wire.Config{Name: "billmanager", BaseURL: s.URL}, api.Login{User: "user", Password: "passwd", Session: true}, "")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := c.Delete(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
	}
	over = true
	if err := c.Delete(t.Context(), 1); err != nil || begun != 2 {
		t.Errorf("begun %d times: %v", begun, err)
	}
}

func TestAFileIsReadAsItIsPacked(t *testing.T) {
	for answer, want := range map[string]string{"-----BEGIN CERTIFICATE-----": "-----BEGIN CERTIFICATE-----", "PK\x03\x04": "PK\x03\x04", "<doc><content>PEM</content></doc>": "PEM", "<doc/>": ""} {
		c, _ := serve(t, 200, []byte(answer), api.XML, false)
		if got, err := c.File(t.Context(), 42); err != nil || string(got) != want {
			t.Errorf("%q: %q, %v", answer, got, err)
		}
	}
	c, _ := serve(t, 200, file(t, "badpassword.xml"), api.XML, false)
	if _, err := c.File(t.Context(), 42); !errors.Is(err, providers.ErrCredentials) {
		t.Error(err)
	}
}

func TestErrorsTellNoPassword(t *testing.T) {
	answer := []byte(`<doc><error type="auth"><msg>user:passwd of authinfo=user:passwd is wrong</msg></error></doc>`)
	c, _ := serve(t, 200, answer, api.XML, false)
	if _, err := c.List(t.Context(), ""); err == nil || strings.Contains(err.Error(), "passwd") {
		t.Error(err)
	}
}
