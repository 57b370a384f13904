package jobs_test

import (
	"context"
	"fmt"
	"testing"

	"certbay/db"
	"certbay/providers"
	"certbay/providers/providertest"
)

// reluctant is the sandbox CA that fails reissues in the given ways before it
// does them; after says that it did the work before it failed.
type reluctant struct {
	*moody
	fails []error
	after bool
	asked int
}

func (r *reluctant) Reissue(ctx context.Context, id string, s providers.Submission) error {
	r.asked++
	if len(r.fails) == 0 {
		return r.CA.Reissue(ctx, id, s)
	}
	err := r.fails[0]
	r.fails = r.fails[1:]
	if r.after {
		if err := r.CA.Reissue(ctx, id, s); err != nil {
			return err
		}
	}
	return err
}

// delivered is an order with its certificate.
func (y *yard) delivered(domain string) db.Order {
	y.t.Helper()
	o := y.order(domain, "dns")
	y.work(1)
	y.prove(o)
	if got := y.now(o.ID); got.Status != db.StatusCompleted {
		y.t.Fatalf("order is %s", got.Status)
	}
	return o
}

func (y *yard) certificates(o db.Order) []db.Certificate {
	y.t.Helper()
	list, err := y.book.Certificates(ctx, o.ID)
	if err != nil {
		y.t.Fatal(err)
	}
	return list
}

func TestAReissueGoesOnWhereItBrokeOff(t *testing.T) {
	for _, after := range []bool{false, true} {
		t.Run(fmt.Sprintf("after the upstream had it %v", after), func(t *testing.T) {
			y := openYard(t)
			o := y.delivered("again.ornek.com.tr")
			upstream := &reluctant{moody: y.ca, fails: []error{providers.ErrUnavailable, fmt.Errorf("reset by peer")}, after: after}
			y.worker.Upstreams.(providers.Registry)["sandbox"] = upstream
			if _, err := y.book.Reissue(ctx, y.by, y.reseller, o.ID, db.Configuration{CSR: providertest.CSR(t, "again.ornek.com.tr")}); err != nil {
				t.Fatal(err)
			}
			y.work(4)
			list := y.certificates(o)
			if len(list) != 2 || list[0].State != db.CertificateIssued || list[0].UpstreamID != list[1].UpstreamID || list[0].Serial == list[1].Serial || upstream.asked != 3 {
				t.Fatalf("asked %d times: %+v", upstream.asked, list)
			}
			if _, err := y.book.Verify(ctx); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestARefusedReissueLeavesTheCertificateBefore(t *testing.T) {
	y := openYard(t)
	o := y.delivered("stays.ornek.com.tr")
	y.worker.Upstreams.(providers.Registry)["sandbox"] = &reluctant{moody: y.ca, fails: []error{providers.Refuse("csr", "this key is known to be weak")}}
	if _, err := y.book.Reissue(ctx, y.by, y.reseller, o.ID, db.Configuration{CSR: providertest.CSR(t, "stays.ornek.com.tr")}); err != nil {
		t.Fatal(err)
	}
	y.work(2)
	got, list := y.now(o.ID), y.certificates(o)
	if got.Status != db.StatusCompleted || got.Message != "this key is known to be weak" || list[0].State != db.CertificateRefused || list[1].State != db.CertificateIssued {
		t.Errorf("%s %q %s %s", got.Status, got.Message, list[0].State, list[1].State)
	}
	if _, err := y.book.Verify(ctx); err != nil {
		t.Error(err)
	}
}

func TestANewerReissueReplacesOneThatIsUnderWay(t *testing.T) {
	y := openYard(t)
	o := y.delivered("twice.ornek.com.tr")
	for range 2 { // the first is not even asked for
		if _, err := y.book.Reissue(ctx, y.by, y.reseller, o.ID, db.Configuration{CSR: providertest.CSR(t, "twice.ornek.com.tr")}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := y.book.Verify(ctx); err != nil {
		t.Error(err)
	}
	y.work(2)
	list := y.certificates(o)
	if len(list) != 3 || list[0].State != db.CertificateIssued || list[1].State != db.CertificateCancelled || list[2].State != db.CertificateIssued {
		t.Fatalf("%+v", list)
	}
	if _, err := y.book.Verify(ctx); err != nil {
		t.Error(err)
	}
}

// Who is not its reseller, or has nothing yet, reissues nothing.
func TestOnlyADeliveredOrderOfOnesOwnIsReissued(t *testing.T) {
	y := openYard(t)
	csr := providertest.CSR(t, "own.ornek.com.tr")
	fresh := y.order("own.ornek.com.tr", "dns")
	if _, err := y.book.Reissue(ctx, y.by, y.reseller, fresh.ID, db.Configuration{CSR: csr}); err != db.ErrStale {
		t.Errorf("nothing was issued: %v", err)
	}
	o := y.delivered("own2.ornek.com.tr")
	if _, err := y.book.Reissue(ctx, y.by, y.reseller+1, o.ID, db.Configuration{}); err != db.ErrNotFound {
		t.Errorf("another's: %v", err)
	}
	if _, err := y.book.Reissue(ctx, y.by, y.reseller, o.ID, db.Configuration{CSR: csr}); err == nil {
		t.Error("a CSR for another name was taken")
	}
}
