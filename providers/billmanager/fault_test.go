package billmanager_test

import (
	"errors"
	"strings"
	"testing"

	"certbay/providers"
	"certbay/providers/billmanager"
	"certbay/providers/providertest"
	"certbay/web/webtest"
)

// Whatever becomes of the answer, the shop has one order, and the reference finds it.
func TestAnOrderWhoseAnswerWasLostIsFoundAndNotBoughtAgain(t *testing.T) {
	y := openYard(t)
	for name, c := range map[string]struct {
		told bool
		fate webtest.Fate
	}{
		"the connection broke before": {false, webtest.LostBefore},
		"the connection broke after":  {true, webtest.LostAfter},
		"half an answer":              {true, webtest.HalfAfter},
		"HTML":                        {true, webtest.HTMLAfter},
		"nothing":                     {true, told(webtest.Says(200, ""))},
		"500":                         {true, webtest.FailsAfter},
		"502 before":                  {false, webtest.FailsBefore},
		"ok without an id":            {true, told(webtest.Says(200, "<doc><ok/></doc>"))},
	} {
		t.Run(name, func(t *testing.T) {
			before := y.Stands(t)
			domain := strings.ReplaceAll(strings.ToLower(name), " ", "-") + ".example"
			sub := providers.Submission{Reference: "fault-" + domain, ProductCode: code(y.single), Months: 12, CSR: providertest.CSR(t, domain),
				Names: []providers.DomainChoice{{Name: domain, Method: providers.MethodDNS}}}
			const order = "certificate.order.param"
			road, free := y.Road(t, "/billmgr", map[string][]webtest.Fate{order: {c.fate}}), y.Road(t, "/billmgr", nil)
			broken := y.shop(billmanager.Config{BaseURL: road.URL})
			r, err := broken.Submit(t.Context(), sub)
			if name == "ok without an id" {
				if err != nil || r.UpstreamID == "" {
					t.Fatal(err)
				}
			} else if !errors.Is(err, providers.ErrUnsure) || errors.Is(err, providers.ErrNotSent) || errors.Is(err, providers.ErrRefused) {
				t.Fatalf("%+v, %v", r, err)
			}
			whole := y.shop(billmanager.Config{BaseURL: free.URL})
			id, err := whole.Find(t.Context(), sub.Reference)
			if c.told != (err == nil) || !c.told && !errors.Is(err, providers.ErrUnknown) {
				t.Fatalf("%q, %v", id, err)
			}
			again, err := whole.Submit(t.Context(), sub)
			if err != nil || c.told && again.UpstreamID != id {
				t.Fatalf("%+v, %v, want %q", again, err, id)
			}
			if n, orders := y.Since(t, before), road.Carried(order)+free.Carried(order); n != (webtest.Stood{Living: 1, Spent: 1299}) || orders != 1 {
				t.Errorf("%d orders: %+v", orders, n)
			}
		})
	}
	if _, err := y.Book.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}

// told has the shop carry a call out before something else is said.
func told(then webtest.Fate) webtest.Fate {
	return func(c *webtest.Crossing) { c.Carry(); then(c) }
}

func TestAnAccountWithTwoFactorsIsRecognisedByTheConnectionTest(t *testing.T) {
	for _, answer := range []string{`<error type="auth" object="totp"><msg>Enter the code</msg></error>`, `<error type="auth" object="badauth"><msg>Two-factor authentication is on</msg></error>`} {
		s, _ := plain(t, map[string]string{"certificate": answer})
		if err := s.Probe(t.Context()); !errors.Is(err, providers.ErrCredentials) || !strings.Contains(err.Error(), "two-factor authentication") {
			t.Error(err)
		}
	}
}
