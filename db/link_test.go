package db_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"certbay/db"
)

// linked is a shop with an order and a link to it that lives for a week.
func linked(t *testing.T) (s shop, o db.Order, link db.CustomerLink, token string) {
	t.Helper()
	s = openShop(t, 10_000)
	s.at(s.DB.Now(), 0)
	o = s.place(t, "example.com")
	token = must[string](t)(s.CreateCustomerLink(ctx, s.staff, s.reseller, o.ID, "ali@example.com", 7, nil))
	return s, o, must[[]db.CustomerLink](t)(s.CustomerLinks(ctx, s.reseller, o.ID))[0], token
}

func TestALinkOpensItsOrderForAVisitAndIsAudited(t *testing.T) {
	s, o, link, token := linked(t)
	opened, visit, err := s.OpenCustomerLink(ctx, token, "192.0.2.7")
	if err != nil || opened.OrderID != o.ID {
		t.Fatalf("%+v, %v", opened, err)
	}
	if _, seen, err := s.CustomerOrder(ctx, link.ID, visit); err != nil || seen.ID != o.ID {
		t.Fatalf("%+v, %v", seen, err)
	}
	if used := must[[]db.CustomerLink](t)(s.CustomerLinks(ctx, s.reseller, o.ID))[0].LastUsedAt; used.IsZero() {
		t.Error("the use is not noted")
	}
	rows, n, err := s.AuditRows(ctx, db.AuditFilter{Action: "link.use"})
	if err != nil || n != 1 || rows[0].ActorKind != db.ByCustomer || rows[0].IP != "192.0.2.7" || rows[0].ResellerID != s.reseller {
		t.Fatalf("audit %+v, %v", rows, err)
	}
	s.verify(t)
}

func TestLinksThatDoNotOpen(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(t *testing.T, s shop, o db.Order, link db.CustomerLink) error
		token func(string) string
		want  error
	}{
		"expired": {spoil: func(t *testing.T, s shop, o db.Order, link db.CustomerLink) error {
			s.at(link.ExpiresAt, 0)
			return nil
		}, want: db.ErrGone},
		"a second before its end": {spoil: func(t *testing.T, s shop, o db.Order, link db.CustomerLink) error {
			s.at(link.ExpiresAt, -1)
			return nil
		}},
		"revoked": {spoil: func(t *testing.T, s shop, o db.Order, link db.CustomerLink) error {
			return s.RevokeCustomerLink(ctx, s.staff, s.reseller, o.ID, link.ID)
		}, want: db.ErrGone},
		"unknown":   {token: func(string) string { return "nothing like a token" }, want: db.ErrNotFound},
		"empty":     {token: func(string) string { return "" }, want: db.ErrNotFound},
		"shortened": {token: func(token string) string { return token[1:] }, want: db.ErrNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			s, o, link, token := linked(t)
			_, visit, err := s.OpenCustomerLink(ctx, token, "192.0.2.7")
			if err != nil {
				t.Fatal(err)
			}
			if c.spoil != nil {
				if err := c.spoil(t, s, o, link); err != nil {
					t.Fatal(err)
				}
			}
			if c.token != nil {
				token = c.token(token)
			}
			if got, again, err := s.OpenCustomerLink(ctx, token, "192.0.2.7"); !errors.Is(err, c.want) || err != nil && (got.OrderID != 0 && errors.Is(err, db.ErrNotFound) || again != "") {
				t.Errorf("opening: %+v, %v", got, err)
			}
			if c.want == db.ErrGone {
				if _, o, err := s.CustomerOrder(ctx, link.ID, visit); !errors.Is(err, db.ErrGone) || o.ID != 0 {
					t.Errorf("the visit before: %+v, %v", o, err)
				}
			}
		})
	}
}

func TestAVisitIsOfOneLinkAndEnds(t *testing.T) {
	s, o, link, token := linked(t)
	_, visit, err := s.OpenCustomerLink(ctx, token, "192.0.2.7")
	if err != nil {
		t.Fatal(err)
	}
	other := must[string](t)(s.CreateCustomerLink(ctx, s.staff, s.reseller, o.ID, "", 7, nil))
	foreign, _, err := s.OpenCustomerLink(ctx, other, "192.0.2.7")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		link  int64
		visit string
	}{"of another link": {foreign.ID, visit}, "made up": {link.ID, "x"}, "none": {link.ID, ""}, "the link's token": {link.ID, token}} {
		if _, seen, err := s.CustomerOrder(ctx, c.link, c.visit); !errors.Is(err, db.ErrNotFound) || seen.ID != 0 {
			t.Errorf("visit %s: %+v, %v", name, seen, err)
		}
	}
	s.at(s.Now().Add(db.VisitLife), 0)
	if _, _, err := s.CustomerOrder(ctx, link.ID, visit); !errors.Is(err, db.ErrGone) {
		t.Errorf("after its end: %v", err)
	}
}

func TestLinksOfOthersAreNotFound(t *testing.T) {
	s, o, link, token := linked(t)
	other := must[db.Reseller](t)(s.CreateReseller(ctx, db.System, db.NewReseller{Name: "Other", Company: "Other", Email: "o@other.com", GroupID: s.group}))
	second := s.place(t, "second.example.com")
	if err := s.RevokeCustomerLink(ctx, s.staff, other.ID, o.ID, link.ID); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("another reseller revokes: %v", err)
	}
	if err := s.RevokeCustomerLink(ctx, s.staff, s.reseller, second.ID, link.ID); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("revoked under another order: %v", err)
	}
	if links := must[[]db.CustomerLink](t)(s.CustomerLinks(ctx, other.ID, o.ID)); len(links) != 0 {
		t.Errorf("another reseller sees %+v", links)
	}
	if _, _, err := s.OpenCustomerLink(ctx, token, ""); err != nil {
		t.Errorf("the link ended: %v", err)
	}
	if err := s.RevokeCustomerLink(ctx, s.staff, s.reseller, o.ID, link.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.RevokeCustomerLink(ctx, s.staff, s.reseller, o.ID, link.ID); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("revoked twice: %v", err)
	}
}

func TestNobodyIsFloodedWithLinks(t *testing.T) {
	s := openShop(t, 10_000)
	o := s.place(t, "example.com")
	tell := func(string, time.Time) db.Mail { return db.Mail{To: "x", Subject: "x"} }
	send := func(email string) error {
		_, err := s.CreateCustomerLink(ctx, s.staff, s.reseller, o.ID, email, 7, tell)
		return err
	}
	var throttled *db.Throttled
	for i, email := range []string{"a@example.com", "A@example.com", "a@example.com", "a@EXAMPLE.com", "a@example.com", "a@example.com",
		"a@example.com", "a@example.com", "a@example.com", "a@example.com", "a@example.com"} {
		if err := send(email); errors.As(err, &throttled) != (i == 10) {
			t.Fatalf("mail %d: %v", i+1, err)
		}
	}
	if err := send("b@example.com"); err != nil {
		t.Errorf("somebody else: %v", err)
	}
	if err := send(""); err != nil {
		t.Errorf("a link without a mail: %v", err)
	}
	if _, n, err := s.Outbox(ctx, "", db.Page{}); err != nil || n != 11 {
		t.Errorf("%d mails, %v", n, err)
	}
}

func TestALinkIsMailedWithItsChange(t *testing.T) {
	s, o, _, _ := linked(t)
	tell := func(token string, expires time.Time) db.Mail {
		return db.Mail{To: "ali@example.com", Subject: "Sertifikanız", Body: token}
	}
	token := must[string](t)(s.CreateCustomerLink(ctx, s.staff, s.reseller, o.ID, "ali@example.com", 1, tell))
	jobs, n, err := s.Jobs(ctx, db.JobFilter{Kind: db.JobMail})
	if err != nil || n != 1 {
		t.Fatalf("%d mails, %v", n, err)
	}
	if m := must[db.Mail](t)(db.MailOf(jobs[0])); m.Body != token {
		t.Fatalf("mail %+v", m)
	}
	for days, want := range map[int]bool{-1: false, 0: false, 1: true, db.MaxLinkDays: true, db.MaxLinkDays + 1: false} {
		if _, err := s.CreateCustomerLink(ctx, s.staff, s.reseller, o.ID, "", days, nil); (err == nil) != want || err != nil && !errors.Is(err, db.ErrInvalid) {
			t.Errorf("a link of %d days: %v", days, err)
		}
	}
	if _, err := s.CreateCustomerLink(ctx, s.staff, s.reseller, o.ID, "not an address", 7, nil); !errors.Is(err, db.ErrInvalid) {
		t.Errorf("a bad address: %v", err)
	}
	kinds := []string{}
	for _, e := range must[[]db.Event](t)(s.Events(ctx, o.ID)) {
		kinds = append(kinds, e.Kind)
	}
	if !slices.Contains(kinds, "link_created") {
		t.Errorf("events %v", kinds)
	}
}
