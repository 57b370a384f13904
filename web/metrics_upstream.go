package web

import (
	"context"
	"time"

	"certbay/db"

	"github.com/prometheus/client_golang/prometheus"
)

// upstreamStates reads how upstreams stand when it is asked.
type upstreamStates struct{ book *db.DB }

var (
	upstreamBalanceDesc = prometheus.NewDesc("certbay_upstream_spendable", "What new orders at an upstream can be paid from, as it told last.", []string{"upstream", "currency"}, nil)
	upstreamCallsDesc   = prometheus.NewDesc("certbay_upstream_calls_24h", "Calls of an upstream in the last 24 hours, by outcome: ok, failed.", []string{"upstream", "outcome"}, nil)
	upstreamSeenDesc    = prometheus.NewDesc("certbay_upstream_last_success_seconds", "When an upstream answered last, as Unix time.", []string{"upstream"}, nil)
)

func (u upstreamStates) Describe(ch chan<- *prometheus.Desc) {
	ch <- upstreamBalanceDesc
	ch <- upstreamCallsDesc
	ch <- upstreamSeenDesc
}

func (u upstreamStates) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	balances, err := u.book.UpstreamBalances(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(upstreamBalanceDesc, err)
	}
	for name, b := range balances {
		ch <- prometheus.MustNewConstMetric(upstreamBalanceDesc, prometheus.GaugeValue, float64(b.Spendable())/100, name, b.Currency)
	}
	calls, err := u.book.CallsSince(ctx, u.book.Now().Add(-24*time.Hour))
	if err != nil {
		ch <- prometheus.NewInvalidMetric(upstreamCallsDesc, err)
	}
	for name, c := range calls {
		ch <- prometheus.MustNewConstMetric(upstreamCallsDesc, prometheus.GaugeValue, float64(c.Calls-c.Failures), name, "ok")
		ch <- prometheus.MustNewConstMetric(upstreamCallsDesc, prometheus.GaugeValue, float64(c.Failures), name, "failed")
	}
	healths, err := u.book.Healths(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(upstreamSeenDesc, err)
	}
	for _, h := range healths {
		if !h.LastSuccessAt.IsZero() {
			ch <- prometheus.MustNewConstMetric(upstreamSeenDesc, prometheus.GaugeValue, float64(h.LastSuccessAt.Unix()), h.Upstream)
		}
	}
}
