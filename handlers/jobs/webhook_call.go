package jobs

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"certbay/db"
)

// WebhookCalls are how endpoints are called. The zero value is for a shop: only
// the public internet is reached, whatever a name resolves to.
type WebhookCalls struct {
	Loopback bool          // a demo's endpoints may be on this machine
	Timeout  time.Duration // of a whole call; 0: 15 seconds
	Resolver *net.Resolver // nil: the system's
	Roots    *x509.CertPool
}

const (
	webhookTimeout = 15 * time.Second
	// What of an answer is read and kept, bytes.
	maxWebhookAnswer  = 16 << 10
	maxWebhookHeaders = 8 << 10
)

// errNotPublic refuses a connection.
var errNotPublic = errors.New("not a public address")

// client makes a client for one call. It dials no proxy and follows no redirect;
// the address is looked at as it is dialled, after the name was resolved, so that a
// name that changes its mind leads nowhere else.
func (o WebhookCalls) client() *http.Client {
	dialer := &net.Dialer{Timeout: 5 * time.Second, Resolver: o.Resolver, Control: o.control}
	return &http.Client{
		Timeout: cmp.Or(o.Timeout, webhookTimeout),
		Transport: &http.Transport{
			DialContext: dialer.DialContext, DisableKeepAlives: true, DisableCompression: true,
			TLSHandshakeTimeout: 5 * time.Second, MaxResponseHeaderBytes: 64 << 10, TLSClientConfig: &tls.Config{RootCAs: o.Roots},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func (o WebhookCalls) control(_, address string, _ syscall.RawConn) error {
	target, err := netip.ParseAddrPort(address)
	if err != nil {
		return errNotPublic
	}
	if db.PublicAddress(target.Addr()) || o.Loopback && target.Addr().Unmap().IsLoopback() {
		return nil
	}
	return errNotPublic
}

// call makes one try and says how it went; a 2xx status is a delivery, whatever
// comes behind it.
func (o WebhookCalls) call(ctx context.Context, now time.Time, d db.DueDelivery) db.Attempt {
	a := db.Attempt{At: now}
	request, err := signed(ctx, now, d)
	if err != nil {
		a.Error = err.Error()
		return a
	}
	a.RequestHeaders = headerText(request.Header)
	begin := time.Now()
	answer, err := o.client().Do(request)
	if err != nil {
		a.Duration, a.Error = time.Since(begin), callError(err)
		return a
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(answer.Body, maxWebhookAnswer+1)) // what came before it broke off is kept
	a.Duration, a.Status = time.Since(begin), answer.StatusCode
	a.Cut = len(body) > maxWebhookAnswer
	a.ResponseHeaders, a.ResponseBody = headerText(answer.Header), plainText(body, maxWebhookAnswer)
	if answer.StatusCode/100 != 2 {
		a.Error = fmt.Sprintf("answered %d %s", answer.StatusCode, http.StatusText(answer.StatusCode))
	}
	return a
}

// signed is the request of a try, as https://www.standardwebhooks.com has it: one
// signature per secret that is in use.
func signed(ctx context.Context, now time.Time, d db.DueDelivery) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, d.Webhook.URL, strings.NewReader(d.Body))
	if err != nil {
		return nil, errors.New("the address can't be read")
	}
	var signatures []string
	for _, secret := range d.Secrets {
		signer, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			return nil, errors.New("the secret can't be read")
		}
		signature, err := signer.Sign(d.Message, now, []byte(d.Body))
		if err != nil {
			return nil, errors.New("the message can't be signed")
		}
		signatures = append(signatures, signature)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "Certbay-Webhooks/1")
	request.Header.Set(standardwebhooks.HeaderWebhookID, d.Message)
	request.Header.Set(standardwebhooks.HeaderWebhookTimestamp, fmt.Sprint(now.Unix()))
	request.Header.Set(standardwebhooks.HeaderWebhookSignature, strings.Join(signatures, " "))
	return request, nil
}

// callError words why no answer came, without a word about this machine's network.
func callError(err error) string {
	var name *net.DNSError
	var unknown x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var timeout net.Error
	switch {
	case errors.Is(err, errNotPublic):
		return "refused: not a public address"
	case errors.As(err, &name) && name.IsNotFound:
		return "no such host"
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	case errors.As(err, &name):
		return "the host's name can't be resolved"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection was closed without an answer"
	case errors.As(err, &unknown):
		return "TLS: the certificate is signed by an unknown authority"
	case errors.As(err, &host):
		return "TLS: the certificate is for another host"
	case errors.As(err, &invalid):
		return "TLS: the certificate is not valid"
	}
	var record tls.RecordHeaderError
	var alert tls.AlertError
	if errors.As(err, &record) || errors.As(err, &alert) {
		return "TLS: the handshake failed"
	}
	return "the call failed"
}

// headerText writes headers as lines, sorted.
func headerText(h http.Header) string {
	var lines []string
	for name, values := range h {
		for _, v := range values {
			lines = append(lines, strings.ToLower(name)+": "+v)
		}
	}
	slices.Sort(lines)
	return plainText([]byte(strings.Join(lines, "\n")), maxWebhookHeaders)
}

// plainText is what can be kept of bytes of whatever kind: UTF-8 without NUL.
func plainText(b []byte, limit int) string {
	if len(b) > limit {
		b = b[:limit]
		for range utf8.UTFMax - 1 { // not within a letter
			if r, size := utf8.DecodeLastRune(b); r != utf8.RuneError || size != 1 {
				break
			}
			b = b[:len(b)-1]
		}
	}
	return strings.ReplaceAll(strings.ToValidUTF8(string(b), "\uFFFD"), "\x00", "\uFFFD")
}
