// Package billmanager buys certificates from a BILLmanager: ispmanager's own, a hoster's, or another Certbay that serves the
// dialect.
//
// An order is one call with its CSR, and names one method of domain control for all its names. Certificates are found by the
// reference we give them (remoteid), by what the list or the forms tell of it; where they tell nothing, Find says
// providers.ErrUnsure. What has to be published is documented for DNS only (auth_dnstxt_value for domains_list); a BILLmanager
// that tells more in a list named validation is read too. There is no call to change the method, to send a mail again, to renew, to
// revoke or to ask for the balance in the documents, so these abilities are not here.
package billmanager

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"certbay/providers"
	"certbay/providers/billmanager/internal/api"
	"certbay/providers/internal/wire"
)

// Config is an account at a BILLmanager. It should be used by nothing else, and must not ask for a second factor.
type Config struct {
	Name     string // in errors; empty: "billmanager"
	BaseURL  string // with or without /billmgr, /manager/billmgr
	User     string
	Password string
	Session  bool   // log in once and show the session's id, instead of authinfo with each call
	Out      string // the envelope asked for: "xml", "json" or "bjson"; empty: "xml"
	Project  string // the provider whose tariffs are imported; empty: the account's

	Timeout   time.Duration     // for one answer; 0 = 30 s
	Log       *slog.Logger      // of each exchange, at debug level; nil: none
	Transport http.RoundTripper // nil: the usual
}

// Shop is the upstream. Safe for concurrent use.
type Shop struct {
	api     *api.Client
	name    string
	project string

	mu        sync.Mutex
	countries map[string]string // by ISO code, as orders name them; nil until asked for
}

var (
	_ providers.Provider    = (*Shop)(nil)
	_ providers.Finder      = (*Shop)(nil)
	_ providers.Canceler    = (*Shop)(nil)
	_ providers.Reissuer    = (*Shop)(nil)
	_ providers.OrderLister = (*Shop)(nil)
	_ providers.Prober      = (*Shop)(nil)
	_ providers.Meter       = (*Shop)(nil)
)

// New makes a Shop; nothing is called yet. The error says what is wrong with the configuration.
func New(c Config) (*Shop, error) {
	s := &Shop{name: c.Name, project: c.Project}
	if s.name == "" {
		s.name = "billmanager"
	}
	switch out := api.Out(c.Out); {
	case strings.TrimSpace(c.User) == "" || strings.TrimSpace(c.Password) == "":
		return nil, fmt.Errorf("%s: an account and its password are needed", s.name)
	case strings.Contains(c.User, ":"):
		return nil, fmt.Errorf("%s: the account's name can't hold a colon", s.name)
	case out != "" && out != api.XML && out != api.JSON && out != api.BJSON:
		return nil, fmt.Errorf("%s: answers come as xml, json or bjson, not as %q", s.name, c.Out)
	}
	var err error
	s.api, err = api.New(wire.Config{Name: s.name, BaseURL: c.BaseURL, Timeout: c.Timeout, Log: c.Log, Transport: c.Transport},
		api.Login{User: strings.TrimSpace(c.User), Password: strings.TrimSpace(c.Password), Session: c.Session}, api.Out(c.Out))
	return s, err
}

// Probe reads the certificates of the account.
func (s *Shop) Probe(ctx context.Context) error {
	_, err := s.api.List(ctx, probeReference)
	return err
}

// probeReference is one that no order has, so that the list is short.
const probeReference = "connection-test"

// Line tells how the connection is.
func (s *Shop) Line() providers.Line {
	return providers.Line{Circuit: s.api.Wire().Circuit(), Skew: s.api.Wire().Skew()}
}

// parseID reads a certificate's id; what was never one is unknown.
func (s *Shop) parseID(upstreamID string) (int64, error) {
	n, err := strconv.ParseInt(upstreamID, 10, 64)
	if err != nil || n < 1 || strconv.FormatInt(n, 10) != upstreamID {
		return 0, fmt.Errorf("%s: certificate %q: %w", s.name, upstreamID, providers.ErrUnknown)
	}
	return n, nil
}

// country is what orders call a country: the BILLmanager's own number, or the ISO code where it tells none.
func (s *Shop) country(ctx context.Context, iso string) string {
	if iso == "" {
		return ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.countries == nil {
		list, err := s.api.Countries(ctx)
		if err != nil {
			return iso
		}
		s.countries = map[string]string{}
		for _, c := range list {
			s.countries[strings.ToUpper(c.ISO.String())] = strconv.FormatInt(int64(c.ID), 10)
		}
	}
	if number, ok := s.countries[strings.ToUpper(iso)]; ok {
		return number
	}
	return iso
}
