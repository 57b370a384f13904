// Package web is the house around a request: the server, the site map
// (routes.go), what every request passes through (middleware.go), and what a
// person reads when something goes wrong (errors.go).
package web

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
	_ "time/tzdata" // people choose a time zone on machines that have none installed

	"certbay/db"
	"certbay/handlers"
	"certbay/handlers/access"
	"certbay/handlers/datassl"
	"certbay/providers"
	"certbay/static"
	"certbay/views"
	"certbay/web/session"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"
)

// Config is what a Server needs to know.
type Config struct {
	Book *db.DB
	// BaseURL is where people open the portal, https://shop.example; when it is
	// https, cookies are Secure and browsers are told to stay on HTTPS.
	BaseURL string
	Log     *slog.Logger // nil: slog.Default()

	// TrustedProxies may say in X-Forwarded-For who is behind them.
	TrustedProxies []netip.Prefix
	// MetricsToken opens /metrics to whoever shows it as a bearer token; when it
	// is empty the portal itself has no /metrics.
	MetricsToken string

	// APILimit is how often a program may ask with one key; zero: access.DefaultLimit.
	APILimit access.Limit

	Demo         bool // says on every page that this is a demo
	DemoInternet bool // the pretend internet is mounted at /demo
	Sandbox      bool // certificates come from the sandbox CA

	// Kinds are the types of upstream that an admin can set up accounts at.
	Kinds []providers.Kind
	// Upstreams are there beside those that the book has accounts of.
	Upstreams providers.Registry
	// LoopbackWebhooks lets webhooks be called on this machine and without TLS: for
	// a demo. Everybody else's reach only the public internet.
	LoopbackWebhooks bool

	API              *handlers.TriedAPI // what the console of the API asks; nil: there is no console
	Approver         handlers.Approver  // the sandbox CA; nil without it
	Internet         handlers.Internet  // nil without a pretend internet
	DemoLogins       []views.DemoLogin
	DemoCustomerLink string
}

// Server is the portal. Make one with New.
type Server struct {
	Config
	handlers *handlers.Handlers
	sessions *session.Store
	desk     *Desk
	https    bool
	origin   *http.CrossOriginProtection
	changes  *limiter
	metrics  *metrics
	gate     *access.Gate
	api      http.Handler // the DATASSL reseller API
	dialects []dialect    // the other APIs
	stopping atomic.Bool
	handler  http.Handler
}

// New makes a server over an open book. It fails on a base URL that is none.
func New(config Config) (*Server, error) {
	base, err := url.Parse(config.BaseURL)
	if err != nil || base.Host == "" || (base.Scheme != "http" && base.Scheme != "https") || strings.Trim(base.Path, "/") != "" {
		return nil, errors.New("base URL: want http://host or https://host, got " + config.BaseURL)
	}
	config.BaseURL = base.Scheme + "://" + base.Host
	config.Log = cmp.Or(config.Log, slog.Default())
	s := &Server{Config: config, https: base.Scheme == "https", desk: NewDesk(config.Book, config.Kinds, config.Upstreams, config.Log)}
	s.handlers = &handlers.Handlers{
		Book: config.Book, BaseURL: config.BaseURL, Log: config.Log,
		Assets: views.Assets{CSS: static.Path("app.css"), JS: static.Path("app.js"), CSRMaker: static.Path("csr.js"), Font: static.Path("inter.woff2"), Favicon: static.Path("favicon.svg")},
		Demo:   config.Demo, DemoInternet: config.DemoInternet, Sandbox: config.Sandbox,
		Upstreams: s.desk, LoopbackWebhooks: config.LoopbackWebhooks, API: config.API,
		Approver: approverOf(config.Approver), Internet: config.Internet, DemoLogins: config.DemoLogins, DemoCustomerLink: config.DemoCustomerLink,
	}
	s.handlers.Reference = func(lang string) views.APIDocsPage { return datassl.Docs(lang, config.BaseURL, config.APILimit) }
	s.sessions = session.NewStore(sessionRows{config.Book}, s.https, func() time.Time { return config.Book.Now() })
	s.origin = http.NewCrossOriginProtection()
	if err := s.origin.AddTrustedOrigin(config.BaseURL); err != nil {
		return nil, err
	}
	s.changes = newLimiter(rate.Limit(10), 120)
	s.metrics = newMetrics(config.Book)
	s.api = s.newAPI()
	s.handlers.API = cmp.Or(config.API, s.triedAPI())
	s.dialects = s.newDialects()
	s.handler = s.withAPI(s.mux())
	return s, nil
}

// Handler answers every request of the portal.
func (s *Server) Handler() http.Handler { return s.handler }

// mux puts what machines ask beside the pages, which pass through more.
func (s *Server) mux() http.Handler {
	mux := http.NewServeMux()
	mux.Handle(static.Prefix, static.Handler())
	mux.HandleFunc("GET /healthz", s.healthy)
	mux.HandleFunc("GET /readyz", s.ready)
	if s.MetricsToken != "" {
		mux.Handle("GET /metrics", s.withToken(s.MetricsHandler()))
	}
	mux.Handle("/", s.pages(s.routes()))
	return mux
}

// pages is a site map behind the middleware.
func (s *Server) pages(routes []route) http.Handler {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.IPExtractor = s.ipExtractor()
	e.HTTPErrorHandler = func(err error, c echo.Context) { s.answerError(c, err) }
	e.Use(s.middleware()...)
	for _, r := range routes {
		h := s.guard(r.who, r.handler)
		e.Add(r.method, r.path, h)
		if r.method == http.MethodGet {
			e.HEAD(r.path, h)
		}
	}
	return e
}

func (s *Server) ipExtractor() echo.IPExtractor {
	if len(s.TrustedProxies) == 0 {
		return echo.ExtractIPDirect()
	}
	options := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range s.TrustedProxies {
		options = append(options, echo.TrustIPRange(&net.IPNet{IP: p.Masked().Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}))
	}
	return echo.ExtractIPFromXFFHeader(options...)
}

// stopPatience is how long requests have to finish when the server stops.
const stopPatience = 30 * time.Second

// Run answers on the listener until ctx ends; then it takes no new connections
// and returns when the requests under way are answered.
func (s *Server) Run(ctx context.Context, l net.Listener) error {
	return serve(ctx, l, s.handler, s.Log, func() { s.stopping.Store(true) })
}

// RunMetrics answers /metrics, to everybody, on a listener of its own.
func (s *Server) RunMetrics(ctx context.Context, l net.Listener) error {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", s.MetricsHandler())
	return serve(ctx, l, mux, s.Log, func() {})
}

func serve(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger, stopping func()) error {
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       120 * time.Second,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		stopping()
		patience, cancel := context.WithTimeout(context.Background(), stopPatience)
		defer cancel()
		err := server.Shutdown(patience)
		if err != nil {
			server.Close()
		}
		stopped <- err
	})
	err := server.Serve(l)
	if stop() || !errors.Is(err, http.ErrServerClosed) {
		return err // it broke by itself
	}
	return <-stopped
}
