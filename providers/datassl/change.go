package datassl

import (
	"context"
	"errors"
	"slices"
	"strings"

	"certbay/db/certs"
	"certbay/providers"
	"certbay/providers/datassl/internal/api"
)

// ChangeDCV changes the method of a name. Of an order with several names it names the one; a shop that keeps to the document then
// changes all.
func (s *Shop) ChangeDCV(ctx context.Context, upstreamID, name string, method providers.Method, email string) error {
	id, err := s.parseID(upstreamID)
	if err != nil {
		return err
	}
	if err := possible(providers.DomainChoice{Name: name, Method: method}); err != nil {
		return err
	}
	d := api.DCVChange{OrderID: id, DCVMethod: string(method), Domain: name}
	if method == providers.MethodEmail {
		d.ApproverEmail = email
	}
	_, err = s.api.ChangeDCV(ctx, d)
	return s.aboutName(err, name)
}

// aboutName turns "no such domain in this order" into a refusal; a missing order stays unknown.
func (s *Shop) aboutName(err error, name string) error {
	var m *api.Missing
	if errors.As(err, &m) && m.Code == "domain_not_found" {
		return providers.Refuse("names", m.Words)
	}
	return err
}

// Resend mails every approver of the order who has not answered.
func (s *Shop) Resend(ctx context.Context, upstreamID, _ string) error {
	id, err := s.parseID(upstreamID)
	if err != nil {
		return err
	}
	_, err = s.api.ResendValidation(ctx, id)
	return err
}

// Cancel ends an order that is pending or processing; the dialect can't tell the reason.
func (s *Shop) Cancel(ctx context.Context, upstreamID, _ string) error {
	id, err := s.parseID(upstreamID)
	if err != nil {
		return err
	}
	_, err = s.api.CancelOrder(ctx, id)
	if !errors.Is(err, providers.ErrRefused) {
		return err
	}
	if v, look := s.api.SSL(ctx, id); look == nil && v.Status == api.Cancelled && !bool(v.HasCertificate) {
		return nil // it was cancelled before
	}
	return err
}

// Reissue asks for a further certificate; its names are those of the CSR.
func (s *Shop) Reissue(ctx context.Context, upstreamID string, sub providers.Submission) error {
	id, err := s.parseID(upstreamID)
	if err != nil {
		return err
	}
	r := api.Reissuance{OrderID: id, CSR: sub.CSR}
	if len(sub.Names) > 0 {
		r.DCVMethod, r.ApproverEmail = string(sub.Names[0].Method), sub.Names[0].Email
		if csr, err := certs.ParseCSR(sub.CSR); err == nil {
			if extra := beside(csr.Names, sub.Names); extra != "" {
				return providers.Refuse("csr", extra+" is in the CSR but not asked for, and this upstream takes the names from there")
			}
			for _, n := range sub.Names {
				if n.Name != "" && !slices.Contains(csr.Names, n.Name) && !twin(strings.ToLower(sub.Names[0].Name), n.Name) {
					return providers.Refuse("csr", n.Name+" is not in the CSR, and this upstream takes the names from there")
				}
			}
		}
	}
	_, err = s.api.Reissue(ctx, r)
	return err
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
