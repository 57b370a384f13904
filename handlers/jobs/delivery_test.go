package jobs_test

import (
	"context"
	"testing"

	"certbay/db"
	"certbay/providers"
)

// mixedUp delivers a certificate that was made for somebody else's key.
type mixedUp struct {
	*moody
	other string // the upstream order it takes the certificate of
}

func (m mixedUp) Certificate(ctx context.Context, upstreamID string) (providers.Certificate, error) {
	if m.other == "" {
		return providers.Certificate{}, nil
	}
	return m.moody.Certificate(ctx, m.other)
}

func TestACertificateForAnotherKeyIsNotSettled(t *testing.T) {
	y := openYard(t)
	first := y.order("first.ornek.com.tr", "dns")
	y.work(1)
	y.prove(first)
	theirs, _ := y.proof(first.ID)
	for name, other := range map[string]string{"another's": theirs.UpstreamID, "none": ""} {
		y.worker.Upstreams.(providers.Registry)["sandbox"] = mixedUp{y.ca, other}
		o := y.order("second.ornek.com.tr", "dns")
		y.work(1)
		y.prove(o)
		if got := y.now(o.ID); got.Status == db.StatusCompleted {
			t.Errorf("%s: the order is %s", name, got.Status)
		}
		y.worker.Upstreams.(providers.Registry)["sandbox"] = y.ca
		y.work(2)
		if got := y.now(o.ID); got.Status != db.StatusCompleted {
			t.Errorf("%s: the order is %s once the right one came", name, got.Status)
		}
		y.sound(o)
	}
}
