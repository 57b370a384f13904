// Package pretend is the internet of the demo: a DNS server, a web server and a mail server on loopback, whose zones and files
// a visitor edits with a button and whose mailbox anybody in the demo may read. The sandbox CA and the pre-check ask it over
// the real protocols. Nothing is kept on disk, and every collection is bounded: when it is full, the oldest goes.
//
// Every domain exists in it: each host has the address 127.0.0.1, each registrable domain is a zone of its own, and two name
// servers, ns1 and ns2.pretend-dns.test, answer for all of them. A record may be published at only one of the two.
package pretend

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/miekg/dns"

	"certbay/providers/dcv"
)

// Internet is one running pretend internet. Safe for concurrent use.
type Internet struct {
	zones   zones
	files   files
	mailbox mailbox

	dnsPort   int
	httpPort  int
	httpsPort int
	smtpAddr  string

	closers []func() error
	close   sync.Once
	closed  error
}

// Start listens on free loopback ports. The internet ends with Close, or when ctx does.
func Start(ctx context.Context) (*Internet, error) {
	n := &Internet{}
	for _, listen := range []func() error{n.listenDNS, n.listenHTTP, n.listenHTTPS, n.listenSMTP} {
		if err := listen(); err != nil {
			n.Close()
			return nil, fmt.Errorf("pretend internet: %w", err)
		}
	}
	context.AfterFunc(ctx, func() { n.Close() })
	return n, nil
}

// Close ends all servers. Repeating it is harmless.
func (n *Internet) Close() error {
	n.close.Do(func() {
		for _, c := range n.closers {
			if err := c(); err != nil && !errors.Is(err, net.ErrClosed) {
				n.closed = errors.Join(n.closed, err)
			}
		}
	})
	return n.closed
}

// DNSAddr is host:port of the resolver, UDP and TCP.
func (n *Internet) DNSAddr() string {
	return net.JoinHostPort(nameServers[0].addr, strconv.Itoa(n.dnsPort))
}

// HTTPPort is where the web server of all hosts listens on 127.0.0.1.
func (n *Internet) HTTPPort() int { return n.httpPort }

// HTTPSPort is where it speaks TLS, with a certificate nobody trusts.
func (n *Internet) HTTPSPort() int { return n.httpsPort }

// SMTPAddr is host:port of the mail server that takes everything for everybody, without TLS and login.
func (n *Internet) SMTPAddr() string { return n.smtpAddr }

// Checker looks at this internet instead of the real one. now may be nil.
func (n *Internet) Checker(now func() time.Time) *dcv.Checker {
	return &dcv.Checker{
		Resolver:     &dcv.Resolver{Addr: n.DNSAddr()},
		DNSPort:      n.dnsPort,
		HTTPPort:     n.httpPort,
		HTTPSPort:    n.httpsPort,
		AllowPrivate: true,
		Timeout:      5 * time.Second,
		Now:          now,
	}
}

// listenDNS binds one port on the addresses of both name servers, UDP and TCP. Where the system has only 127.0.0.1 on
// loopback, there is one name server.
func (n *Internet) listenDNS() error {
	var failed error
	for range 50 {
		var udp []net.PacketConn
		var tcp []net.Listener
		port := "0"
		failed = nil
		for i, ns := range nameServers {
			p, err := net.ListenPacket("udp", net.JoinHostPort(ns.addr, port))
			if err != nil {
				if i > 0 && !addressExists(ns.addr) {
					continue
				}
				failed = err
				break
			}
			udp = append(udp, p)
			port = strconv.Itoa(p.LocalAddr().(*net.UDPAddr).Port)
			l, err := net.Listen("tcp", net.JoinHostPort(ns.addr, port))
			if err != nil {
				failed = err
				break
			}
			tcp = append(tcp, l)
		}
		if failed != nil {
			for _, p := range udp {
				p.Close()
			}
			for _, l := range tcp {
				l.Close()
			}
			continue
		}
		n.dnsPort, _ = strconv.Atoi(port)
		n.zones.servers = nameServers[:len(udp)]
		for i := range udp {
			h := n.zones.handler(nameServers[i].name)
			for _, s := range []*dns.Server{{PacketConn: udp[i], Handler: h}, {Listener: tcp[i], Handler: h}} {
				n.serveDNS(s)
			}
		}
		return nil
	}
	return failed
}

func (n *Internet) serveDNS(s *dns.Server) {
	started := make(chan struct{})
	s.NotifyStartedFunc = func() { close(started) }
	go s.ActivateAndServe()
	<-started
	n.closers = append(n.closers, s.Shutdown)
}

func addressExists(addr string) bool {
	l, err := net.Listen("tcp", net.JoinHostPort(addr, "0"))
	if err != nil {
		return false
	}
	l.Close()
	return true
}

func (n *Internet) listenHTTP() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	n.httpPort = l.Addr().(*net.TCPAddr).Port
	s := n.httpServer()
	go s.Serve(l)
	n.closers = append(n.closers, l.Close, s.Close)
	return nil
}

func (n *Internet) listenHTTPS() error {
	config, err := untrusted()
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	n.httpsPort = l.Addr().(*net.TCPAddr).Port
	s := n.httpServer()
	s.TLSConfig = config
	go s.ServeTLS(l, "", "")
	n.closers = append(n.closers, s.Close)
	return nil
}

func (n *Internet) httpServer() *http.Server {
	return &http.Server{
		Handler:           &n.files,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      10 * time.Second,
		IdleTimeout:       30 * time.Second,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          quiet,
	}
}

func (n *Internet) listenSMTP() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	n.smtpAddr = l.Addr().String()
	s := smtp.NewServer(&n.mailbox)
	s.Domain = "pretend-mail.test"
	s.MaxMessageBytes = maxMail
	s.MaxRecipients = 50
	s.ReadTimeout = 10 * time.Second
	s.WriteTimeout = 10 * time.Second
	s.EnableSMTPUTF8 = true
	s.ErrorLog = quiet
	go s.Serve(l)
	n.closers = append(n.closers, l.Close, s.Close)
	return nil
}
