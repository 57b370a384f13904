package db_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"certbay/db"
)

// requestReset asks for a link and returns the token that was mailed, or "".
func (o *office) requestReset(t *testing.T, email string) string {
	t.Helper()
	var token string
	err := o.RequestPasswordReset(t.Context(), email, testIP, func(p db.Person, secret string) (string, string) {
		token = secret
		return "New password", "Open /reset-password/" + secret
	})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestResetLinkIsMailedOnceWorksOnceAndEndsEverySession(t *testing.T) {
	o := openOffice(t)
	o.newSession(t, "s1")
	token := o.requestReset(t, " DENIZ@liman.example")
	mails, n, err := o.Outbox(t.Context(), db.MailQueued, db.Page{})
	if err != nil || n != 1 || mails[0].To != o.owner.Email || mails[0].Subject != "New password" {
		t.Fatalf("outbox %+v, %v", mails, err)
	}
	if p, err := o.PasswordReset(t.Context(), token); err != nil || p.ID != o.owner.ID {
		t.Fatalf("link is for %+v, %v", p, err)
	}
	if _, err := o.ResetPassword(t.Context(), token, "short", testIP); !errors.Is(err, db.ErrWeakPassword) {
		t.Fatalf("weak: %v", err)
	}
	if _, err := o.ResetPassword(t.Context(), token, otherPassword, testIP); err != nil {
		t.Fatal(err)
	}
	if list, _ := o.SessionsOf(t.Context(), o.owner.ID); len(list) != 0 {
		t.Errorf("sessions left: %+v", list)
	}
	if _, err := o.SignIn(t.Context(), o.owner.Email, otherPassword, testIP); err != nil {
		t.Errorf("new password: %v", err)
	}
	if _, err := o.ResetPassword(t.Context(), token, goodPassword, testIP); !errors.Is(err, db.ErrGone) {
		t.Errorf("second use: %v", err)
	}
	if strings.Contains(o.auditText(t), token) {
		t.Error("the token is in the audit")
	}
}

func TestResetLinkRacesOneWins(t *testing.T) {
	o := openOffice(t)
	token := o.requestReset(t, o.owner.Email)
	results := make(chan error, 6)
	for range cap(results) {
		go func() {
			_, err := o.ResetPassword(t.Context(), token, otherPassword, testIP)
			results <- err
		}()
	}
	won := 0
	for range cap(results) {
		if err := <-results; err == nil {
			won++
		} else if !errors.Is(err, db.ErrGone) {
			t.Error(err)
		}
	}
	if won != 1 {
		t.Errorf("%d won", won)
	}
}

func TestResetLinkDiesAfterHalfAnHourAndWithItsSibling(t *testing.T) {
	o := openOffice(t)
	first, second := o.requestReset(t, o.owner.Email), o.requestReset(t, o.owner.Email)
	if _, err := o.ResetPassword(t.Context(), second, otherPassword, testIP); err != nil {
		t.Fatal(err)
	}
	if _, err := o.PasswordReset(t.Context(), first); !errors.Is(err, db.ErrGone) {
		t.Errorf("sibling of a used link: %v", err)
	}
	third := o.requestReset(t, o.owner.Email)
	o.later(db.PasswordResetLife)
	if _, err := o.ResetPassword(t.Context(), third, goodPassword, testIP); !errors.Is(err, db.ErrGone) {
		t.Errorf("expired link: %v", err)
	}
}

func TestAskingForALinkTellsNothingAboutTheAccount(t *testing.T) {
	o := openOffice(t)
	if err := o.SetPersonStatus(t.Context(), db.System, o.owner.ID, db.Suspended); err != nil {
		t.Fatal(err)
	}
	for _, email := range []string{"nobody@liman.example", o.owner.Email} {
		start := time.Now()
		if token := o.requestReset(t, email); token != "" {
			t.Errorf("%s: a link was made", email)
		}
		if took := time.Since(start); took < 250*time.Millisecond {
			t.Errorf("%s answered after %v", email, took)
		}
		o.requestReset(t, email)
		o.requestReset(t, email)
		err := o.RequestPasswordReset(t.Context(), email, testIP, nil)
		if !errors.As(err, new(*db.Throttled)) {
			t.Errorf("%s, fourth time in an hour: %v", email, err)
		}
	}
	if _, n, _ := o.Outbox(t.Context(), "", db.Page{}); n != 0 {
		t.Errorf("%d mails", n)
	}
}
