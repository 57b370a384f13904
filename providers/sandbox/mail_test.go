package sandbox_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"certbay/providers"
	"certbay/providers/sandbox"
)

func TestApprovalLinkAsksFirstAndCountsOnce(t *testing.T) {
	w := open(t)
	s := order(t, "sectigo-positivessl", "example.com", "www.example.com")
	for i := range s.Names {
		s.Names[i].Method, s.Names[i].Email = providers.MethodEmail, "Admin@example.com"
	}
	id := w.submit(s)
	w.status(id)
	if n := len(w.mails("admin@example.com")); n != 1 {
		t.Fatalf("%d mails for a domain and its www", n)
	}
	token := w.token("admin@example.com")
	for range 2 {
		if name, err := w.ca.ApprovalName(t.Context(), token); err != nil || name != "example.com" {
			t.Fatal(name, err)
		}
	}
	if st := w.status(id); st.State != providers.StateValidationPending {
		t.Fatalf("looking at the link approved it: %+v", st)
	}
	if _, err := w.ca.Approve(t.Context(), "guess"); !errors.Is(err, providers.ErrUnknown) {
		t.Errorf("a guess: %v", err)
	}
	for range 2 {
		if name, err := w.ca.Approve(t.Context(), token); err != nil || name != "example.com" {
			t.Fatal(name, err)
		}
	}
	if st := w.status(id); st.State != providers.StateIssued {
		t.Fatalf("%+v", st)
	}
}

func TestApproverSpeaksOnlyForTheDomainOfTheMail(t *testing.T) {
	w := open(t)
	s := order(t, "sectigo-positivessl-multi-domain", "example.com", "example.net", "shop.example.com")
	for i, email := range []string{"admin@example.com", "admin@example.net", "admin@example.com"} {
		s.Names[i].Method, s.Names[i].Email = providers.MethodEmail, email
	}
	id := w.submit(s)
	token := w.token("admin@example.com") // of the newest mail, about shop
	if name, err := w.ca.Approve(t.Context(), token); err != nil || name != "shop.example.com" {
		t.Fatal(name, err)
	}
	if st := w.status(id); st.Domains[0].Verified || st.Domains[1].Verified || !st.Domains[2].Verified {
		t.Errorf("%+v", st.Domains)
	}
}

func TestApprovalLinkDiesWithItsPurpose(t *testing.T) {
	w := open(t)
	mailed := func(name string) (id, token string) {
		s := order(t, "sectigo-positivessl", name)
		s.Names[0].Method, s.Names[0].Email = providers.MethodEmail, "admin@"+name
		return w.submit(s), w.token("admin@" + name)
	}
	dead := func(what, id, token string) {
		t.Helper()
		if _, err := w.ca.Approve(t.Context(), token); !errors.Is(err, providers.ErrUnknown) {
			t.Errorf("%s: approve: %v", what, err)
		}
		if _, err := w.ca.ApprovalName(t.Context(), token); !errors.Is(err, providers.ErrUnknown) {
			t.Errorf("%s: name: %v", what, err)
		}
		if st := w.status(id); st.State == providers.StateIssued {
			t.Errorf("%s: issued", what)
		}
	}
	id, token := mailed("a.com")
	if err := w.ca.Cancel(t.Context(), id, "test"); err != nil {
		t.Fatal(err)
	}
	dead("cancelled", id, token)
	id, token = mailed("b.com")
	if err := w.ca.ChangeDCV(t.Context(), id, "b.com", providers.MethodDNS, ""); err != nil {
		t.Fatal(err)
	}
	dead("other method", id, token)
	id, token = mailed("c.com")
	if err := w.ca.ChangeDCV(t.Context(), id, "c.com", providers.MethodEmail, "postmaster@c.com"); err != nil {
		t.Fatal(err)
	}
	dead("other approver", id, token)
	id, token = mailed("d.com")
	w.pass(31 * 24 * time.Hour)
	dead("old", id, token)
}

func TestOnlyTheFiveMailboxesOfTheDomainMayApprove(t *testing.T) {
	w := open(t)
	for email, ok := range map[string]bool{
		"admin@shop.example.com.tr": true, "administrator@example.com.tr": true, "webmaster@example.com.tr": true,
		"hostmaster@example.com.tr": true, "PostMaster@Example.com.tr": true,
		"ceo@example.com.tr": false, "admin@com.tr": false, "admin@tr": false, "admin@example.com": false, "admin@evil-example.com.tr": false,
		"admin@www.shop.example.com.tr": false, "admin": false, "": false, "admin@evil.com@example.com.tr": false,
	} {
		s := order(t, "sectigo-positivessl", "shop.example.com.tr")
		s.Names[0].Method, s.Names[0].Email = providers.MethodEmail, email
		_, err := w.ca.Submit(t.Context(), s)
		if ok && err != nil || !ok && !errors.Is(err, providers.ErrRefused) {
			t.Errorf("%q: %v", email, err)
		}
	}
}

func TestMailThatCanNotBeSentIsSentLater(t *testing.T) {
	down := true
	w := open(t, func(o *sandbox.Options) {
		send := o.Mail
		o.Mail = func(ctx context.Context, to, subject, body string) error {
			if down {
				return errors.New("mail server is down")
			}
			return send(ctx, to, subject, body)
		}
	})
	s := order(t, "sectigo-positivessl", "example.com")
	s.Names[0].Method, s.Names[0].Email = providers.MethodEmail, "admin@example.com"
	id := w.submit(s)
	if err := w.ca.Resend(t.Context(), id, "example.com"); !errors.Is(err, providers.ErrUnavailable) {
		t.Errorf("resend while down: %v", err)
	}
	w.status(id)
	down = false
	w.status(id)
	w.status(id)
	if n := len(w.mails("admin@example.com")); n != 1 {
		t.Fatalf("%d mails", n)
	}
	if _, err := w.ca.Approve(t.Context(), w.token("admin@example.com")); err != nil {
		t.Fatal(err)
	}
}

func TestWithoutMailThereIsNoEmailValidation(t *testing.T) {
	w := open(t, func(o *sandbox.Options) { o.Mail = nil })
	list, err := w.ca.Products(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range list {
		if slices.Contains(p.Methods, providers.MethodEmail) {
			t.Errorf("%s offers email", p.Code)
		}
	}
	s := order(t, "sectigo-positivessl", "example.com")
	s.Names[0].Method, s.Names[0].Email = providers.MethodEmail, "admin@example.com"
	if _, err := w.ca.Submit(t.Context(), s); !errors.Is(err, providers.ErrRefused) {
		t.Error(err)
	}
}
