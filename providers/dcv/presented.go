package dcv

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"time"
)

var (
	// ErrNoHost says that a name leads to no address.
	ErrNoHost = errors.New("the name has no address")
	// ErrNoTLS says that what listens there speaks no TLS, or none that is spoken today.
	ErrNoTLS = errors.New("no TLS there")
)

// Presented connects to a name's web server on port 443 and answers the
// certificates it shows for that name, its own first, whatever they are worth. The
// addresses are tried in turn, and only public ones are connected to. Errors:
// ErrNoHost, ErrPrivateAddress, ErrNoTLS; any other says that nothing answered.
func (c *Checker) Presented(ctx context.Context, name string) ([]*x509.Certificate, error) {
	timeout := c.Timeout
	if timeout == 0 {
		timeout = 15 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	addrs, err := c.resolver().addresses(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoHost, err)
	}
	dialer := &net.Dialer{Timeout: 4 * time.Second, Control: c.guard}
	for _, a := range addrs[:min(len(addrs), maxAddresses)] {
		var conn net.Conn
		if conn, err = dialer.DialContext(ctx, "tcp", net.JoinHostPort(a.String(), c.port("443"))); err != nil {
			continue
		}
		var chain []*x509.Certificate
		if chain, err = presentedOn(ctx, conn, name); err == nil {
			return chain, nil
		}
	}
	return nil, err
}

// presentedOn shakes hands on a connection and closes it.
func presentedOn(ctx context.Context, conn net.Conn, name string) ([]*x509.Certificate, error) {
	defer conn.Close()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	// What it is worth is judged by who asked: a wrong certificate is an answer, too.
	client := tls.Client(conn, &tls.Config{ServerName: name, InsecureSkipVerify: true})
	if err := client.HandshakeContext(ctx); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoTLS, err)
	}
	chain := client.ConnectionState().PeerCertificates
	if len(chain) == 0 {
		return nil, ErrNoTLS
	}
	return chain, nil
}
