package jobs_test

import (
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"certbay/db"
	"certbay/providers"
	"certbay/providers/providertest"
)

// asked is the sandbox CA as an upstream without a list: each order is asked for.
type asked struct {
	providers.Provider
	providers.Finder
	providers.Revoker
	providers.Canceler
}

// ways are the two ways in which an upstream can be compared with.
func ways(t *testing.T, test func(*testing.T, *yard)) {
	for name, bend := range map[string]func(*yard){
		"by its list": func(*yard) {},
		"one by one": func(y *yard) {
			y.worker.Upstreams.(providers.Registry)["sandbox"] = asked{y.ca, y.ca, y.ca, y.ca}
		},
	} {
		t.Run(name, func(t *testing.T) {
			y := openYard(t)
			bend(y)
			test(t, y)
		})
	}
}

// reconcile lets a whole comparison with the sandbox CA go through, and answers
// what is open after it.
func (y *yard) reconcile() []db.Drift {
	y.t.Helper()
	if err := y.book.EnsureReconciliation(ctx, "sandbox", y.book.Now()); err != nil {
		y.t.Fatal(err)
	}
	before := y.lastReconciled()
	if at := y.book.Now(); !before.IsZero() {
		y.book.Now = func() time.Time { return at.Add(25 * time.Hour) }
	}
	for range 80 {
		y.work(1)
		if y.lastReconciled().After(before) {
			list, _, err := y.book.Drifts(ctx, db.DriftsOpen, db.Page{})
			if err != nil {
				y.t.Fatal(err)
			}
			return list
		}
	}
	y.t.Fatal("the comparison does not end")
	return nil
}

func (y *yard) lastReconciled() time.Time {
	y.t.Helper()
	list, err := y.book.Reconciliations(ctx)
	if err != nil || len(list) != 1 {
		y.t.Fatalf("%+v %v", list, err)
	}
	return list[0].EndedAt
}

// tamper changes the CA's memory behind everybody's back.
func (y *yard) tamper(query string, args ...any) {
	y.t.Helper()
	memory, err := sql.Open("sqlite", "file:"+y.memory+"?_pragma=busy_timeout(5000)&_pragma=foreign_keys(0)")
	if err != nil {
		y.t.Fatal(err)
	}
	defer memory.Close()
	r, err := memory.Exec(query, args...)
	if err != nil {
		y.t.Fatal(err)
	}
	if n, _ := r.RowsAffected(); n == 0 {
		y.t.Fatalf("nothing was changed: %s", query)
	}
}

// row is the number by which the CA keeps an order.
func row(upstreamID string) int64 {
	n, _ := strconv.ParseInt(strings.TrimPrefix(upstreamID, "sb-"), 10, 64)
	return n - 100_000
}

// only is the one difference that is open.
func only(t *testing.T, list []db.Drift, what db.DriftKind) db.Drift {
	t.Helper()
	if len(list) != 1 || list[0].What != what {
		t.Fatalf("found %+v, want one of %s", list, what)
	}
	return list[0]
}

func (y *yard) takeTheirs(d db.Drift) {
	y.t.Helper()
	if _, err := y.book.TakeTheirs(ctx, y.by, d.ID); err != nil {
		y.t.Fatalf("take theirs of %s: %v", d.What, err)
	}
	y.work(1)
}

func (y *yard) verified() {
	y.t.Helper()
	if _, err := y.book.Verify(ctx); err != nil {
		y.t.Fatal(err)
	}
}

// atPeace checks that nothing is open any more, also after another look.
func (y *yard) atPeace() {
	y.t.Helper()
	if list := y.reconcile(); len(list) != 0 {
		y.t.Fatalf("still open: %+v", list)
	}
	y.verified()
}

func (y *yard) balance() int64 {
	y.t.Helper()
	n, _, err := y.book.Wallet(ctx, y.reseller)
	if err != nil {
		y.t.Fatal(err)
	}
	return n
}

func TestABookThatAgreesWithItsUpstreamHasNoDifferences(t *testing.T) {
	ways(t, func(t *testing.T, y *yard) {
		y.delivered("a.ornek.com.tr")
		y.order("b.ornek.com.tr", "dns")
		y.work(1)
		y.atPeace()
		if _, n, err := y.book.Drifts(ctx, db.DriftsStrangers, db.Page{}); err != nil || n != 0 {
			t.Errorf("%d strangers, %v", n, err)
		}
	})
}

func TestWhatWasRevokedThereEndsHereWithoutARefundWhenAPersonSaysSo(t *testing.T) {
	ways(t, func(t *testing.T, y *yard) {
		o := y.delivered("revoked.ornek.com.tr")
		c, _ := y.proof(o.ID)
		if err := y.ca.Revoke(ctx, c.UpstreamID, "key compromise"); err != nil {
			t.Fatal(err)
		}
		before := y.balance()
		d := only(t, y.reconcile(), db.DriftStatus)
		if d.Theirs != "revoked" || d.Ours != "active" || d.OrderID != o.ID || d.Number != o.Number {
			t.Errorf("%+v", d)
		}
		if got := y.now(o.ID); got.Status != db.StatusCompleted {
			t.Fatalf("the order is %s before anybody decided", got.Status)
		}
		y.takeTheirs(d)
		if got, c := y.now(o.ID), y.certificates(o)[0]; got.Status != db.StatusCancelled || c.State != db.CertificateRevoked || y.balance() != before {
			t.Errorf("%s, certificate %s, balance %d of %d", got.Status, c.State, y.balance(), before)
		}
		if _, err := y.book.TakeTheirs(ctx, y.by, d.ID); !errors.Is(err, db.ErrStale) {
			t.Errorf("twice: %v", err)
		}
		y.atPeace()
	})
}

func TestACertificateReissuedThereIsFetchedBesideTheOneBefore(t *testing.T) {
	ways(t, func(t *testing.T, y *yard) {
		o := y.delivered("again.ornek.com.tr")
		c, _ := y.proof(o.ID)
		time.Sleep(1100 * time.Millisecond) // the CA dates its certificates by the second
		err := y.ca.Reissue(ctx, c.UpstreamID, providers.Submission{CSR: providertest.CSR(t, "again.ornek.com.tr"),
			Names: []providers.DomainChoice{{Name: "again.ornek.com.tr", Method: providers.MethodDNS}}})
		if err != nil {
			t.Fatal(err)
		}
		there, err := y.ca.Certificate(ctx, c.UpstreamID)
		if err != nil || there.Serial == c.Serial {
			t.Fatalf("the CA did not reissue: %v", err)
		}
		d := only(t, y.reconcile(), db.DriftSerial)
		y.takeTheirs(d)
		list := y.certificates(o)
		if len(list) != 2 || list[0].Serial != there.Serial || list[0].State != db.CertificateIssued || list[0].PEM != there.Leaf || list[1].Serial != c.Serial {
			t.Fatalf("%+v", list)
		}
		y.atPeace()
	})
}

func TestAnOrderUnderAnotherIDThereIsFoundAndFollowed(t *testing.T) {
	ways(t, func(t *testing.T, y *yard) {
		o := y.delivered("moved.ornek.com.tr")
		c, _ := y.proof(o.ID)
		y.tamper(`update upstream_order set id = 900 where id = $1`, row(c.UpstreamID))
		y.tamper(`update request set order_id = 900 where order_id = $1`, row(c.UpstreamID))
		y.tamper(`update certificate set order_id = 900 where order_id = $1`, row(c.UpstreamID))
		d := only(t, y.reconcile(), db.DriftID)
		if d.Ours != c.UpstreamID || d.Theirs != "sb-100900" {
			t.Fatalf("%+v", d)
		}
		y.takeTheirs(d)
		if got, _ := y.proof(o.ID); got.UpstreamID != "sb-100900" {
			t.Errorf("the book follows %s", got.UpstreamID)
		}
		y.atPeace()
	})
}

func (y *yard) forget(c db.Certificate) {
	y.t.Helper()
	y.tamper(`delete from name where request_id in (select id from request where order_id = $1)`, row(c.UpstreamID))
	y.tamper(`delete from request where order_id = $1`, row(c.UpstreamID))
	y.tamper(`delete from upstream_order where id = $1`, row(c.UpstreamID))
}

func TestAnOrderUnknownThereIsPaidBackWhereNothingWasDelivered(t *testing.T) {
	ways(t, func(t *testing.T, y *yard) {
		o := y.order("lost.ornek.com.tr", "dns")
		y.work(1)
		c, _ := y.proof(o.ID)
		y.forget(c)
		d := only(t, y.reconcile(), db.DriftUnknown)
		y.takeTheirs(d)
		if got := y.now(o.ID); got.Status != db.StatusCancelled || y.balance() != 100000 {
			t.Errorf("%s, balance %d", got.Status, y.balance())
		}
		y.atPeace()
	})
}

func TestOtherDatesAndNamesThereAreTaken(t *testing.T) {
	for _, c := range []struct {
		what   db.DriftKind
		tamper string
		arg    any
		check  func(o db.Order, c db.Certificate) bool
	}{
		{db.DriftTerm, `update upstream_order set term_ends_at = $2 where id = $1`, time.Date(2031, 5, 1, 0, 0, 0, 0, time.UTC).UnixMilli(),
			func(o db.Order, _ db.Certificate) bool { return o.EndsAt.Format(time.DateOnly) == "2031-05-01" }},
		{db.DriftValidity, `update certificate set not_after = $2 where order_id = $1`, time.Date(2031, 5, 1, 8, 0, 0, 0, time.UTC).UnixMilli(),
			func(o db.Order, c db.Certificate) bool {
				return o.CertificateUntil.Format(time.DateOnly) == "2031-05-01" && c.NotAfter.Equal(o.CertificateUntil)
			}},
		{db.DriftDomain, `update name set name = $2 where request_id in (select id from request where order_id = $1)`, "other.ornek.com.tr",
			func(o db.Order, _ db.Certificate) bool { return o.Domain == "other.ornek.com.tr" }},
	} {
		t.Run(string(c.what), func(t *testing.T) {
			ways(t, func(t *testing.T, y *yard) {
				o := y.delivered("dates.ornek.com.tr")
				before, _ := y.proof(o.ID)
				y.tamper(c.tamper, row(before.UpstreamID), c.arg)
				d := only(t, y.reconcile(), c.what)
				y.takeTheirs(d)
				after, _ := y.proof(o.ID)
				if got := y.now(o.ID); !c.check(got, after) {
					t.Errorf("%+v, ends %s, until %s", d, got.EndsAt, got.CertificateUntil)
				}
				y.atPeace()
			})
		})
	}
}

func TestWhatAPersonKeptIsNotSpokenOfUntilItChangesAgain(t *testing.T) {
	ways(t, func(t *testing.T, y *yard) {
		o := y.delivered("kept.ornek.com.tr")
		c, _ := y.proof(o.ID)
		end := func(year int) {
			y.tamper(`update upstream_order set term_ends_at = $2 where id = $1`, row(c.UpstreamID), time.Date(year, 5, 1, 0, 0, 0, 0, time.UTC).UnixMilli())
		}
		end(2031)
		d := only(t, y.reconcile(), db.DriftTerm)
		if err := y.book.KeepOurs(ctx, y.by, d.ID); err != nil {
			t.Fatal(err)
		}
		y.atPeace()
		end(2032)
		again := only(t, y.reconcile(), db.DriftTerm)
		if again.ID != d.ID || !strings.HasPrefix(again.Theirs, "2032") {
			t.Errorf("%+v", again)
		}
		y.tamper(`update upstream_order set term_ends_at = $2 where id = $1`, row(c.UpstreamID), y.now(o.ID).EndsAt.UnixMilli())
		y.atPeace()
		settled, _, err := y.book.Drifts(ctx, db.DriftsSettled, db.Page{})
		if err != nil || len(settled) != 1 || settled[0].How != db.DriftGone {
			t.Errorf("%+v %v", settled, err)
		}
	})
}

// What a poll would take over as well is no difference: it is taken.
func TestWhatWasIssuedMeanwhileIsTakenAndNoDifference(t *testing.T) {
	ways(t, func(t *testing.T, y *yard) {
		o := y.order("meanwhile.ornek.com.tr", "dns")
		y.work(1)
		c, _ := y.proof(o.ID)
		if job, err := y.book.ClaimJob(ctx, time.Minute); err == nil { // the poll is given up
			if err := y.book.FailJob(ctx, job, "gave up"); err != nil {
				t.Fatal(err)
			}
		}
		y.tamper(`update name set verified_at = $2 where request_id in (select id from request where order_id = $1)`, row(c.UpstreamID), time.Now().UnixMilli())
		if err := y.ca.Recheck(ctx, c.UpstreamID); err != nil {
			t.Fatal(err)
		}
		y.atPeace()
		if got := y.now(o.ID); got.Status != db.StatusCompleted {
			t.Errorf("%s", got.Status)
		}
	})
}

func TestALicenceStoppedThereStopsHereWhenAPersonSaysSo(t *testing.T) {
	p := openPlant(t)
	p.worker.Upstreams.(providers.Registry)["sandbox"] = p.ca
	p.reconcile()
	c := p.certificates(p.licence)[0]
	if err := p.ca.SuspendLicence(ctx, providers.Licence{UpstreamID: c.UpstreamID}); err != nil {
		t.Fatal(err)
	}
	if err := p.ca.ChangeIP(ctx, providers.Licence{UpstreamID: c.UpstreamID}, "203.0.113.99"); err != nil {
		t.Fatal(err)
	}
	list := p.reconcile()
	if len(list) != 2 {
		t.Fatalf("%+v", list)
	}
	for _, d := range list {
		p.takeTheirs(d)
	}
	if got := p.now(p.licence.ID); !got.Suspended || got.Domain != "203.0.113.99" {
		t.Errorf("suspended %v at %s", got.Suspended, got.Domain)
	}
	p.atPeace()
}

func TestAnOrderThatWasDecidedNeverPlacedAndIsThereIsCancelledThere(t *testing.T) {
	for _, leave := range []bool{false, true} {
		t.Run(fmt.Sprintf("left alone %v", leave), func(t *testing.T) {
			y := openYard(t)
			y.worker.Upstreams.(providers.Registry)["sandbox"] = noLookup{y.ca, y.ca, y.ca}
			y.ca.after = func() error { return errors.New("timeout") }
			o := y.order("never.ornek.com.tr", "dns")
			y.work(2)
			if _, err := y.book.DecideCancel(ctx, y.by, o.ID, "not there"); err != nil {
				t.Fatal(err)
			}
			d := only(t, y.reconcile(), db.DriftOrphan)
			if d.OrderID != o.ID {
				t.Errorf("%+v", d)
			}
			if leave {
				if err := y.book.KeepOurs(ctx, y.by, d.ID); err != nil {
					t.Fatal(err)
				}
			} else {
				y.takeTheirs(d)
			}
			st, err := y.ca.Status(ctx, d.UpstreamID)
			if err != nil || (st.State == providers.StateCancelled) == leave {
				t.Errorf("there it is %s, %v", st.State, err)
			}
			y.atPeace()
		})
	}
}

// A certificate that was issued for somebody else's key is never taken.
func TestACertificateForAnotherKeyWaitsForAPerson(t *testing.T) {
	ways(t, func(t *testing.T, y *yard) {
		o := y.order("key.ornek.com.tr", "dns")
		y.work(1)
		c, _ := y.proof(o.ID)
		y.tamper(`update request set csr = $2 where order_id = $1`, row(c.UpstreamID), providertest.CSR(t, "key.ornek.com.tr"))
		y.tamper(`update name set verified_at = $2 where request_id in (select id from request where order_id = $1)`, row(c.UpstreamID), time.Now().UnixMilli())
		if err := y.ca.Recheck(ctx, c.UpstreamID); err != nil {
			t.Fatal(err)
		}
		d := only(t, y.reconcile(), db.DriftIssued)
		if d.Note == "" {
			t.Error("nobody says why")
		}
		y.takeTheirs(d)
		got, err := y.book.Drift(ctx, d.ID)
		if err != nil || !got.SettledAt.IsZero() || got.Busy || y.now(o.ID).Status == db.StatusCompleted {
			t.Errorf("%+v %v, order %s", got, err, y.now(o.ID).Status)
		}
	})
}
