package dcv

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/miekg/dns"
)

const (
	maxAddresses = 4        // of the web server, each is asked
	maxHops      = 10       // redirects followed
	maxBody      = 16 << 10 // a validation file has some hundred bytes
	maxShown     = 300      // bytes of what was found that are kept for the report
)

// checkFile fetches the file from every address of the web server.
func (c *Checker) checkFile(ctx context.Context, e Expectation, r *Report) {
	r.Expected = e.Instruction.FileContent
	r.Where = e.Instruction.FileURL
	fail := func(err error) {
		r.Verdict = VerdictUnreachable
		r.Answers = []Answer{{Verdict: AnswerError, Error: err.Error()}}
	}
	u, err := fileURL(e.Instruction.FileURL)
	if err != nil {
		fail(err)
		return
	}
	addrs, err := c.resolver().addresses(ctx, u.Hostname())
	if err != nil {
		fail(err)
		if c.bogus(ctx, u.Hostname(), dns.TypeA) {
			r.Verdict = VerdictBogusDNSSEC
		}
		return
	}
	addrs = addrs[:min(len(addrs), maxAddresses)]
	r.Answers = make([]Answer, len(addrs))
	hops := make([][]string, len(addrs))
	var wait sync.WaitGroup
	for i, a := range addrs {
		wait.Go(func() { r.Answers[i], hops[i] = c.fetch(ctx, u, a, e.Instruction.FileContent) })
	}
	wait.Wait()
	r.Verdict = sum(r.Answers)
	for _, h := range hops {
		if len(h) > len(r.Chain) {
			r.Chain = h
		}
	}
	for _, a := range r.Answers {
		for _, f := range a.Found {
			if strings.HasPrefix(f, "\ufeff") {
				r.hint(HintByteOrder)
			}
		}
	}
}

func fileURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil {
		return nil, errors.New("unreadable address")
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" {
		return nil, fmt.Errorf("%q is not an http address", cut(s))
	}
	if p := u.Port(); p != "" && p != "80" && p != "443" {
		return nil, fmt.Errorf("port %s: only 80 and 443 are looked at", p)
	}
	u.User = nil
	return u, nil
}

// fetch gets the file from one address of the first host, and wherever that redirects.
func (c *Checker) fetch(ctx context.Context, u *url.URL, at netip.Addr, want string) (a Answer, hops []string) {
	a = Answer{Server: at.String(), Verdict: AnswerError}
	client := c.client(u.Hostname(), at)
	defer client.CloseIdleConnections()
	for range maxHops + 1 {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
		if err != nil {
			a.Error = err.Error()
			return a, hops
		}
		req.Header.Set("User-Agent", "certbay-dcv/1")
		req.Header.Set("Accept", "text/plain, */*;q=0.5")
		resp, err := client.Do(req)
		if err != nil {
			a.Error = explain(err)
			return a, append(hops, "- "+u.String())
		}
		hops = append(hops, strconv.Itoa(resp.StatusCode)+" "+u.String())
		if !redirects(resp.StatusCode) {
			judge(&a, resp, want)
			resp.Body.Close()
			return a, hops
		}
		resp.Body.Close()
		next, err := resp.Location()
		if err == nil {
			next, err = fileURL(next.String())
		}
		if err != nil {
			a.Error = "redirect: " + err.Error()
			return a, hops
		}
		u = next
	}
	a.Error = "too many redirects"
	return a, hops
}

// redirects holds the codes a CA may follow (BR 3.2.2.4.18).
func redirects(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

func judge(a *Answer, resp *http.Response, want string) {
	switch {
	case resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusGone:
		a.Verdict, a.Error = AnswerMissing, resp.Status
		return
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		a.Error = resp.Status
		return
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err != nil {
		a.Error = explain(err)
		return
	}
	a.Found = []string{cut(string(body))}
	switch {
	case len(body) > maxBody:
		a.Verdict, a.Error = AnswerWrong, fmt.Sprintf("longer than %d bytes", maxBody)
	case lines(string(body)) == lines(want):
		a.Verdict = AnswerRight
	default:
		a.Verdict = AnswerWrong
	}
}

// lines makes line ends alike and drops the final one: editors and panels change both.
func lines(s string) string {
	return strings.TrimRight(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
}

// client connects to pinned for host, and resolves every other name itself; each connection passes the guard. Certificates are
// not verified: the domain may have none yet, and the file's content is the proof.
func (c *Checker) client(host string, pinned netip.Addr) *http.Client {
	dialer := &net.Dialer{Timeout: 5 * time.Second, Control: c.guard}
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		name, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		addrs := []netip.Addr{pinned}
		if !strings.EqualFold(name, host) {
			if addrs, err = c.resolver().addresses(ctx, name); err != nil {
				return nil, err
			}
		}
		for _, a := range addrs[:min(len(addrs), maxAddresses)] {
			var conn net.Conn
			if conn, err = dialer.DialContext(ctx, network, net.JoinHostPort(a.String(), c.port(port))); err == nil {
				return conn, nil
			}
		}
		return nil, err
	}
	return &http.Client{
		Timeout:       10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:            dial,
			TLSClientConfig:        &tls.Config{InsecureSkipVerify: true},
			TLSHandshakeTimeout:    5 * time.Second,
			ResponseHeaderTimeout:  5 * time.Second,
			MaxResponseHeaderBytes: 32 << 10,
			DisableKeepAlives:      true,
			DisableCompression:     true,
		},
	}
}

func (c *Checker) port(p string) string {
	switch {
	case p == "80" && c.HTTPPort != 0:
		return strconv.Itoa(c.HTTPPort)
	case p == "443" && c.HTTPSPort != 0:
		return strconv.Itoa(c.HTTPSPort)
	}
	return p
}

// explain drops the URL that net/http puts before what went wrong.
func explain(err error) string {
	var ue *url.Error
	if errors.As(err, &ue) {
		if ue.Timeout() {
			return "no answer in time"
		}
		err = ue.Err
	}
	return err.Error()
}

// cut keeps what a page can show.
func cut(s string) string {
	if len(s) > maxShown {
		s = s[:maxShown] + "…"
	}
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\ufffd")
	}
	return s
}
