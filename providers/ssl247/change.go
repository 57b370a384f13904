package ssl247

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"certbay/db/certs"
	"certbay/providers"
	"certbay/providers/ssl247/internal/api"
)

// Cancel ends a certificate that was not issued; the dialect can't tell the reason.
func (s *Shop) Cancel(ctx context.Context, upstreamID, _ string) error {
	return s.end(ctx, upstreamID, providers.StateCancelled, s.api.Cancel)
}

// Revoke withdraws a certificate; the dialect can't tell the reason.
func (s *Shop) Revoke(ctx context.Context, upstreamID, _ string) error {
	return s.end(ctx, upstreamID, providers.StateRevoked, s.api.Revoke)
}

// end cancels or revokes; what is so already is taken for done.
func (s *Shop) end(ctx context.Context, upstreamID string, wanted providers.State, call func(context.Context, string) ([]api.Outcome, error)) error {
	if err := s.checkID(upstreamID); err != nil {
		return err
	}
	_, err := call(ctx, upstreamID)
	if !errors.Is(err, providers.ErrRefused) {
		return err
	}
	if c, look := s.api.Certificate(ctx, upstreamID); look == nil {
		if state, _ := s.state(word(c), c.Details.SerialNumber != ""); state == wanted {
			return nil
		}
	}
	return err
}

// Reissue asks for a further certificate; its names are those of the CSR.
func (s *Shop) Reissue(ctx context.Context, upstreamID string, sub providers.Submission) error {
	if err := s.checkID(upstreamID); err != nil {
		return err
	}
	csr, err := certs.ParseCSR(sub.CSR)
	if err != nil {
		return providers.Refuse("csr", "the CSR can't be read")
	}
	for _, n := range sub.Names {
		if n.Name != "" && !slices.Contains(csr.Names, n.Name) && !twin(sub.Names[0].Name, n.Name) {
			return providers.Refuse("csr", n.Name+" is not in the CSR, and this upstream takes the names of a reissue from there")
		}
	}
	if extra := beside(csr.Names, sub.Names); extra != "" {
		return providers.Refuse("csr", extra+" is in the CSR but not asked for, and this upstream takes the names of a reissue from there")
	}
	_, err = s.api.Reissue(ctx, upstreamID, api.Reissuance{NewCSR: sub.CSR, Hash: "SHA256"})
	return err
}

// Renew buys a new term, which spends, and completes its certificate.
func (s *Shop) Renew(ctx context.Context, upstreamID string, sub providers.Submission) (providers.Receipt, error) {
	if err := s.checkID(upstreamID); err != nil {
		return providers.Receipt{}, err
	}
	order, err := s.examine(sub)
	if err != nil {
		return providers.Receipt{}, err
	}
	before, err := s.api.Certificate(ctx, upstreamID)
	if err != nil {
		return providers.Receipt{}, providers.Unsent(err)
	}
	if state, err := s.state(word(before), before.Details.SerialNumber != ""); err != nil || state != providers.StateIssued {
		return providers.Receipt{}, providers.Refuse("", fmt.Sprintf("certificate %s is %s: only what was issued is renewed", upstreamID, word(before)))
	}
	id, done, err := s.bought(ctx, sub)
	if err != nil {
		return providers.Receipt{}, providers.Unsent(err)
	}
	if id == "" {
		id, _, err = s.api.Renew(ctx, upstreamID, api.Renewal{Years: order.Years, Reference: sub.Reference, OnceKey: onceKey(sub)})
		if err != nil {
			return providers.Receipt{}, err
		}
		if s.checkID(id) != nil {
			return providers.Receipt{}, fmt.Errorf("%s: certificate %s was renewed without an id: %w", s.name, upstreamID, providers.ErrUnsure)
		}
	}
	if !done {
		if err := s.complete(ctx, id, order); err != nil {
			return providers.Receipt{}, err
		}
	}
	return providers.Receipt{UpstreamID: id}, nil
}

// beside is the first of a CSR's names that nobody asked for, or empty; a twin is not looked at, and no name where the order
// has none.
func beside(names []string, asked []providers.DomainChoice) string {
	if len(asked) == 0 || asked[0].Name == "" {
		return ""
	}
	for _, name := range names {
		if !slices.ContainsFunc(asked, func(d providers.DomainChoice) bool { return d.Name == name || twin(d.Name, name) }) {
			return name
		}
	}
	return ""
}
