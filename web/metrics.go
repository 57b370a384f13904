package web

import (
	"cmp"
	"context"
	"crypto/subtle"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"certbay/db"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

type metrics struct {
	registry   *prometheus.Registry
	requests   *prometheus.HistogramVec
	cspReports prometheus.Counter
	jobs       *prometheus.CounterVec
}

func newMetrics(book *db.DB) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "certbay_http_request_seconds", Help: "How long requests took, by route.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"method", "route", "status"}),
		cspReports: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "certbay_csp_reports_total", Help: "Violations of the content security policy that browsers reported.",
		}),
	}
	m.jobs = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "certbay_jobs_run_total", Help: "Jobs that ran, by kind and outcome: done, later, failed.",
	}, []string{"kind", "outcome"})
	lost := prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "certbay_api_requests_unlogged_total", Help: "Requests to the API that are missing in its log because the book did not keep up.",
	}, func() float64 { return float64(book.APIRequestsLost()) })
	m.registry.MustRegister(m.requests, m.cspReports, m.jobs, jobCounts{book}, upstreamStates{book}, lost,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) job(kind db.JobKind, outcome string) {
	m.jobs.WithLabelValues(string(kind), outcome).Inc()
}

// jobCounts reads how many jobs there are when it is asked.
type jobCounts struct{ book *db.DB }

var jobsDesc = prometheus.NewDesc("certbay_jobs", "Jobs in the book, by state: waiting, or failed and left to a person.", []string{"state"}, nil)

func (j jobCounts) Describe(ch chan<- *prometheus.Desc) { ch <- jobsDesc }

func (j jobCounts) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	all, failed, err := j.book.JobCounts(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(jobsDesc, err)
		return
	}
	ch <- prometheus.MustNewConstMetric(jobsDesc, prometheus.GaugeValue, float64(all-failed), "waiting")
	ch <- prometheus.MustNewConstMetric(jobsDesc, prometheus.GaugeValue, float64(failed), "failed")
}

// MetricsHandler answers what Prometheus asks.
func (s *Server) MetricsHandler() http.Handler {
	return promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
}

// withToken lets in who shows the bearer token.
func (s *Server) withToken(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shown, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok || subtle.ConstantTimeCompare([]byte(shown), []byte(s.MetricsToken)) != 1 {
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "unauthorized", http.StatusUnauthorized)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// healthy says that the process runs.
func (s *Server) healthy(w http.ResponseWriter, _ *http.Request) { plainAnswer(w, http.StatusOK, "ok") }

// ready says whether requests will be answered: the book is there, and the
// server is not stopping.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	switch err := s.Book.Ping(ctx); {
	case s.stopping.Load():
		plainAnswer(w, http.StatusServiceUnavailable, "stopping")
	case err != nil:
		s.Log.WarnContext(ctx, "not ready", "cause", err.Error())
		plainAnswer(w, http.StatusServiceUnavailable, "the book does not answer")
	default:
		plainAnswer(w, http.StatusOK, "ready")
	}
}

func plainAnswer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// The client went away: there is nobody to tell.
	_, _ = io.WriteString(w, text+"\n")
}

// maxReport bounds how much of a browser's report is read.
const maxReport = 16 << 10

// report is what is kept of a browser's report. The page's address is not: it may
// carry a token.
type report struct {
	Body struct {
		Directive string `json:"effective-directive"`
		Violated  string `json:"violated-directive"` // what older browsers say instead
		Blocked   string `json:"blocked-uri"`
		Source    string `json:"source-file"`
		Line      int    `json:"line-number"`
	} `json:"csp-report"`
}

// cspReport counts and logs what a browser refused to load or run.
func (s *Server) cspReport(c echo.Context) error {
	var r report
	if err := json.NewDecoder(io.LimitReader(c.Request().Body, maxReport)).Decode(&r); err != nil {
		return echo.ErrBadRequest
	}
	s.metrics.cspReports.Inc()
	s.Log.WarnContext(c.Request().Context(), "content security policy violated", "directive", shortened(cmp.Or(r.Body.Directive, r.Body.Violated)),
		"blocked", origin(r.Body.Blocked), "source", origin(r.Body.Source), "line", r.Body.Line, "request", referenceOf(c))
	return c.NoContent(http.StatusNoContent)
}

// origin is an address without what may be secret in it: its scheme and host, or
// the word that browsers write instead ("inline", "eval").
func origin(address string) string {
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return "?"
	case u.Scheme == "" && !strings.Contains(u.Path, "/"):
		return shortened(u.Path)
	case u.Scheme == "":
		return "?"
	}
	return shortened(u.Scheme + "://" + u.Host)
}

// shortened keeps a stranger's text from filling the log.
func shortened(text string) string {
	if len(text) > 100 {
		text = text[:100]
	}
	return strings.ToValidUTF8(text, "?")
}
