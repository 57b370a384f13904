package db_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"certbay/db"
	"certbay/db/certs"
)

func (s shop) imported(t *testing.T, name string) int64 {
	t.Helper()
	return must[int64](t)(s.ImportExternal(ctx, s.staff, s.reseller, db.ExternalCertificate{CommonName: name, Validation: "dv", ExternalProduct: "DigiCert"}))
}

// lookedAt records that a look at an external certificate found one that ends at an instant.
func (s shop) lookedAt(t *testing.T, external int64, serial string, end time.Time) {
	t.Helper()
	if _, err := s.AskExternalInstallation(ctx, s.reseller, external); err != nil {
		t.Fatal(err)
	}
	i := must[db.Installation](t)(s.ExternalInstallation(ctx, s.reseller, external))
	i.Installed = certs.Installed{Serial: serial, NotAfter: end, Same: true, NameMatches: true, InTime: true, ChainComplete: true}
	if err := s.RecordInstallation(ctx, i, func(x db.ExternalCertificate, days int, to string) db.Mail {
		return db.Mail{To: to, Subject: fmt.Sprintf("%s %d", x.CommonName, days), Body: "x"}
	}); err != nil {
		t.Fatal(err)
	}
}

func TestACertificateFromElsewhereIsWarnedOfOnEachDayOnce(t *testing.T) {
	s := openShop(t, 1000)
	begin := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	s.at(begin, 0)
	x := s.imported(t, "old.example.net")
	end := begin.AddDate(0, 0, 40)
	var told []string
	for _, c := range []struct {
		day    int
		serial string
		end    time.Time
		want   string // the mail of that day
	}{
		{0, "aa", end, ""}, {10, "aa", end, "old.example.net 30"}, {11, "aa", end, ""}, {26, "aa", end, "old.example.net 14"}, {27, "aa", end, ""},
		{39, "aa", end, "old.example.net 1"}, // the seventh day passed while nobody looked
		{39, "aa", end, ""}, {41, "aa", end, ""},
		{42, "bb", begin.AddDate(0, 0, 42+90), ""},
		{42 + 83, "bb", begin.AddDate(0, 0, 42+90), "old.example.net 7"}, // renewed there: warned of anew
	} {
		s.at(begin.AddDate(0, 0, c.day), 0)
		s.lookedAt(t, x, c.serial, c.end)
		if c.want != "" {
			told = append(told, c.want)
		}
		mails, _, err := s.Outbox(ctx, "", db.Page{})
		if err != nil || len(mails) != len(told) {
			t.Fatalf("day %d: %d mails, want %d: %v", c.day, len(mails), len(told), err)
		}
		if len(told) > 0 && mails[0].Subject != told[len(told)-1] {
			t.Errorf("day %d: %s", c.day, mails[0].Subject)
		}
	}
	if got := must[db.ExternalCertificate](t)(s.ExternalCertificate(ctx, s.reseller, x)); got.Serial != "bb" || got.Warned != 7 {
		t.Errorf("%+v", got)
	}
}

func TestCertificatesFromElsewhereAreLookedAtByTheClock(t *testing.T) {
	s := openShop(t, 1000)
	begin := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	s.at(begin, 0)
	far, near := s.imported(t, "far.example.net"), s.imported(t, "*.near.example.net")
	s.lookedAt(t, far, "aa", begin.AddDate(1, 0, 0))
	s.lookedAt(t, near, "bb", begin.AddDate(0, 0, 20))
	looks := func() (n int) {
		for {
			j, err := s.ClaimJobIn(ctx, db.LaneWebhook, time.Minute)
			if errors.Is(err, db.ErrNotFound) {
				return n
			}
			if err != nil || j.Kind != db.JobInstallation {
				t.Fatalf("%s, %v", j.Kind, err)
			}
			if err := s.FinishJob(ctx, j); err != nil {
				t.Fatal(err)
			}
			n++
		}
	}
	if n := looks(); n != 2 {
		t.Fatalf("%d looks that were asked for", n)
	}
	for _, c := range []struct{ day, want int }{{0, 2}, {0, 0}, {1, 1}, {2, 1}, {7, 2}, {7, 0}} {
		s.at(begin.AddDate(0, 0, c.day), 0)
		if err := s.WatchExternal(ctx); err != nil {
			t.Fatal(err)
		}
		if n := looks(); n != c.want {
			t.Errorf("day %d: %d looks, want %d", c.day, n, c.want)
		}
	}
	if i := must[db.Installation](t)(s.ExternalInstallation(ctx, s.reseller, near)); i.Host != "near.example.net" {
		t.Errorf("looked at %s", i.Host)
	}
}

func TestAnInstallationIsLookedAtOnceAtATime(t *testing.T) {
	s := openShop(t, 100_000)
	x := s.imported(t, "old.example.net")
	first := must[int64](t)(s.AskExternalInstallation(ctx, s.reseller, x))
	if again := must[int64](t)(s.AskExternalInstallation(ctx, s.reseller, x)); again != first {
		t.Errorf("a second look %d beside %d", again, first)
	}
	if _, err := s.AskExternalInstallation(ctx, s.reseller+1, x); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("another reseller: %v", err)
	}
	o := s.place(t, "shop.example.com")
	if _, err := s.AskInstallation(ctx, s.reseller, o.ID); !errors.Is(err, db.ErrStale) {
		t.Errorf("nothing issued: %v", err)
	}
	if _, err := s.AskInstallation(ctx, s.reseller+1, o.ID); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("another reseller's order: %v", err)
	}
	if _, err := s.Installation(ctx, s.reseller, o.ID); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("never looked at: %v", err)
	}
}
