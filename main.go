// Certbay is the web portal of a certificate and software-licence reseller: one
// binary, one book. This file is wiring only: flags and environment, the book,
// the upstreams, the server.
package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"certbay/db"
	"certbay/providers"
	"certbay/providers/billmanager"
	"certbay/providers/datassl"
	"certbay/providers/dcv"
	"certbay/providers/gogetssl"
	"certbay/providers/license724"
	"certbay/providers/sandbox"
	"certbay/providers/ssl247"
	"certbay/web"
	"certbay/web/command"
	"certbay/web/demo"
)

// kinds are the upstream systems that a shop can buy from.
var kinds = []providers.Kind{
	billmanager.Kind,
	datassl.Kind,
	gogetssl.Kind,
	license724.Kind,
	ssl247.Kind,
}

type program struct {
	Serve   serveCommand    `cmd:"" help:"Run the portal."`
	Demo    demoCommand     `cmd:"" help:"Run a seeded demo shop with a pretend internet. Nothing in it is sold or trusted."`
	Migrate command.Migrate `cmd:"" help:"Bring the book's schema up to date (serve does it too)."`
	Admin   struct {
		Create command.CreateAdmin `cmd:"" help:"Make an administrator. The password is read from CERTBAY_PASSWORD or the first line of standard input."`
	} `cmd:"" help:"Administrators."`
	Verify    command.Verify    `cmd:"" help:"Check every rule of the book; names the first broken row and exits 1."`
	Rebuild   command.Rebuild   `cmd:"" name:"rebuild-stats" help:"Compute the statistics anew from the orders and the ledger, should verify find them wrong."`
	Backup    command.Backup    `cmd:"" help:"Write a consistent copy of a SQLite book while it is in use."`
	RotateKey command.RotateKey `cmd:"" help:"Seal every secret of the book anew with another key. Portals that have the book open must be started anew with it."`
	Version   command.Version   `cmd:"" help:"Print the version."`
}

// httpFlags say where and how the portal is reached.
type httpFlags struct {
	Addr           string         `help:"Address to listen on." default:"127.0.0.1:8080"`
	BaseURL        string         `help:"How people open the portal, https://shop.example. Default: http:// and the address." placeholder:"URL"`
	TLSCert        string         `help:"PEM file of the portal's own certificate chain." type:"path" placeholder:"FILE"`
	TLSKey         string         `help:"PEM file of its key." type:"path" placeholder:"FILE"`
	TLSAuto        string         `help:"Obtain the portal's own certificate over ACME; your e-mail address for the CA." placeholder:"E-MAIL"`
	TrustedProxies []netip.Prefix `help:"Networks of reverse proxies whose X-Forwarded-For is believed." placeholder:"CIDR"`
	MetricsAddr    string         `help:"Serve /metrics on this address of its own." placeholder:"ADDR"`
	MetricsToken   string         `help:"Serve /metrics on the portal to whoever shows this bearer token." placeholder:"TOKEN"`
	LogFormat      string         `help:"text or json." enum:"text,json" default:"text"`
	JobLease       time.Duration  `help:"How long a job belongs to a worker that may have died." default:"1m"`
}

type serveCommand struct {
	command.Book
	command.Key
	httpFlags
	SMTP     string `help:"Mail server: smtp://[user:password@]host[:port] or smtps://…. Without it mails wait in the outbox." placeholder:"URL"`
	MailFrom string `help:"Sender of the portal's mails." default:"certbay@localhost"`
	Sandbox  bool   `help:"Offer the sandbox CA as an upstream: for trying out, trusted by nobody."`
	Resolver string `help:"DNS server (host:port) to look at domain control with. Default: the system's." placeholder:"ADDR"`
}

func (s serveCommand) Run(ctx context.Context) error {
	log := s.logger()
	listener, base, err := s.listen()
	if err != nil {
		return err
	}
	defer listener.Close()
	book, err := s.Open(ctx)
	if err != nil {
		return err
	}
	defer book.Close()
	if err := book.Unlock(ctx, s.Source(s.Data)); err != nil {
		return err
	}
	checker := &dcv.Checker{}
	if s.Resolver != "" {
		checker.Resolver = &dcv.Resolver{Addr: s.Resolver}
	}
	h := house{http: s.httpFlags, data: s.Data, listener: listener,
		config: web.Config{Book: book, BaseURL: base, Log: log, Sandbox: s.Sandbox, Kinds: kinds, Upstreams: providers.Registry{}},
		work:   web.WorkerConfig{Checker: checker, SMTP: s.SMTP, MailFrom: s.MailFrom},
	}
	if s.Sandbox {
		ca, err := sandbox.Open(ctx, sandbox.Options{Path: filepath.Join(s.Data, "sandbox.db"), Checker: checker, BaseURL: base, Mail: queueMail(book)})
		if err != nil {
			return err
		}
		defer ca.Close()
		h.config.Upstreams["sandbox"] = ca
		h.config.Approver = ca
	}
	return h.run(ctx, func() error {
		log.Info("listening", "url", base)
		token, err := book.SetupToken(ctx)
		if errors.Is(err, db.ErrGone) {
			return nil // an administrator exists
		}
		if err != nil {
			return err
		}
		fmt.Printf("\nMake the first administrator here (works once):\n\n    %s/setup/%s\n\n", base, token)
		return nil
	})
}

type demoCommand struct {
	Data     string        `help:"Folder of the demo; remove it to start anew." type:"path" default:"certbay-demo" placeholder:"DIR"`
	Database string        `help:"Its book: a SQLite file or a postgres:// URL. Default: book.db in the folder." placeholder:"BOOK"`
	Vetting  time.Duration `help:"How long the sandbox CA takes over the company of an OV or EV order." default:"30s"`
	Upstream string        `help:"Address of the upstream shop, which the demo's shop buys from." name:"upstream-addr" default:"127.0.0.1:0" placeholder:"ADDR"`
	FailAt   string        `help:"Die by SIGKILL at this fail point, for crash tests." hidden:""`
	httpFlags
}

func (d demoCommand) Run(ctx context.Context) error {
	listener, base, err := d.listen()
	if err != nil {
		return err
	}
	defer listener.Close()
	supplier, err := net.Listen("tcp", d.Upstream)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", d.Upstream, err)
	}
	defer supplier.Close()
	target := command.Book{Data: d.Data, Database: d.Database}.Target()
	shop, err := demo.Open(ctx, demo.Options{Data: d.Data, Database: target, BaseURL: base, Kinds: kinds, Log: d.logger(), Vetting: d.Vetting,
		SupplierURL: "http://" + supplier.Addr().String()})
	if err != nil {
		return err
	}
	defer shop.Close()
	shop.Web.Kinds = kinds
	if d.FailAt != "" {
		shop.Web.Book.FailPoint = func(name string) {
			if name == d.FailAt {
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
				select {} // the signal is on its way
			}
		}
	}
	upstream := house{http: httpFlags{JobLease: d.JobLease}, data: d.Data, listener: supplier, config: shop.Supplier.Web, work: shop.Supplier.Work}
	h := house{http: d.httpFlags, data: d.Data, listener: listener, config: shop.Web, work: shop.Work}
	return upstream.during(ctx, func(ctx context.Context) error {
		return h.run(ctx, func() error { return shop.Announce(os.Stdout) })
	})
}

// queueMail sends the sandbox CA's mails the way of all mails.
func queueMail(book *db.DB) func(ctx context.Context, to, subject, body string) error {
	return func(ctx context.Context, to, subject, body string) error {
		return book.QueueMail(ctx, db.Mail{To: to, Subject: subject, Body: body})
	}
}

func (f httpFlags) logger() *slog.Logger {
	if f.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, nil))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, nil))
}

// listen opens the portal's address and says how people reach it.
func (f httpFlags) listen() (net.Listener, string, error) {
	if err := f.check(); err != nil {
		return nil, "", err
	}
	listener, err := net.Listen("tcp", f.Addr)
	if err != nil {
		return nil, "", fmt.Errorf("listen on %s: %w", f.Addr, err)
	}
	scheme := "http"
	if f.TLSCert != "" {
		scheme = "https"
	}
	return listener, cmp.Or(strings.TrimRight(f.BaseURL, "/"), scheme+"://"+listener.Addr().String()), nil
}

// check refuses settings that contradict each other.
func (f httpFlags) check() error {
	switch {
	case (f.TLSCert == "") != (f.TLSKey == ""):
		return errors.New("--tls-cert and --tls-key belong together")
	case f.TLSCert != "" && f.TLSAuto != "":
		return errors.New("--tls-auto and --tls-cert exclude each other")
	case f.TLSCert != "" && strings.HasPrefix(f.BaseURL, "http://"):
		return errors.New("--tls-cert needs --base-url https://HOST: with http:// cookies would not be kept to encrypted connections")
	case f.JobLease < time.Second:
		return errors.New("--job-lease is at least 1s: a job that outlives its lease is done by two at once")
	case f.TLSAuto != "" && !strings.HasPrefix(f.BaseURL, "https://"):
		return errors.New("--tls-auto needs --base-url https://HOST, the host to obtain a certificate for")
	case f.BaseURL == "":
		return nil
	}
	u, err := url.Parse(f.BaseURL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("--base-url %q is not an http:// or https:// address", f.BaseURL)
	}
	return nil
}

// tls is how the portal's own listener is encrypted; nil for plain HTTP.
func (f httpFlags) tls(ctx context.Context, base, data string) (*tls.Config, error) {
	switch {
	case f.TLSCert != "":
		return web.FileTLS(f.TLSCert, f.TLSKey)
	case f.TLSAuto != "":
		u, err := url.Parse(base)
		if err != nil {
			return nil, err
		}
		return web.AutoTLS(ctx, u.Hostname(), f.TLSAuto, filepath.Join(data, "acme"))
	}
	return nil, nil
}

// house is a portal ready to run: its server and its worker.
type house struct {
	http     httpFlags
	data     string
	listener net.Listener
	config   web.Config
	work     web.WorkerConfig
}

// run serves and works until ctx ends; listening is called once the portal answers.
func (h house) run(ctx context.Context, listening func() error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	h.config.TrustedProxies, h.config.MetricsToken = h.http.TrustedProxies, h.http.MetricsToken
	h.work.Lease = h.http.JobLease
	secure, err := h.http.tls(ctx, h.config.BaseURL, h.data)
	if err != nil {
		return err
	}
	server, err := web.New(h.config)
	if err != nil {
		return err
	}
	if secure != nil {
		h.listener = tls.NewListener(h.listener, secure)
	}
	tasks := []func() error{
		func() error { return server.Run(ctx, h.listener) },
		func() error { return server.Work(ctx, h.work) },
	}
	if h.http.MetricsAddr != "" {
		metrics, err := net.Listen("tcp", h.http.MetricsAddr)
		if err != nil {
			return fmt.Errorf("listen on %s: %w", h.http.MetricsAddr, err)
		}
		tasks = append(tasks, func() error { return server.RunMetrics(ctx, metrics) })
	}
	if err := listening(); err != nil {
		return err
	}
	errs := make([]error, len(tasks))
	var group sync.WaitGroup
	for i, task := range tasks {
		group.Go(func() {
			errs[i] = task()
			cancel() // one that ends takes the house down
		})
	}
	group.Wait()
	return errors.Join(errs...)
}

// during runs the house for as long as another one needs it, which ends first; when
// this one breaks off, so does the other.
func (h house) during(ctx context.Context, other func(ctx context.Context) error) error {
	needed, gone := context.WithCancel(ctx)
	defer gone()
	open, closeDown := context.WithCancel(context.WithoutCancel(ctx))
	defer closeDown()
	broken := make(chan error, 1)
	go func() {
		broken <- h.run(open, func() error { return nil })
		gone()
	}()
	err := other(needed)
	closeDown()
	return errors.Join(err, <-broken)
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var p program
	chosen := kong.Parse(&p, kong.Name("certbay"), kong.DefaultEnvars("CERTBAY"), kong.UsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Description("The portal of a certificate and software-licence reseller. Every flag is also an environment variable, CERTBAY_…"),
		kong.Vars{"data": "certbay-data"}, kong.BindTo(ctx, (*context.Context)(nil)))
	if err := chosen.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "certbay:", strings.Join(strings.Fields(err.Error()), " ")) // one line, whatever the library wrote
		os.Exit(1)
	}
}
