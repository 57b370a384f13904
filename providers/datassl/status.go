package datassl

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"certbay/db/certs"
	"certbay/providers"
	"certbay/providers/datassl/internal/api"
)

// Status reads how an order stands. One that is paid and waits for its configuration is rejected in the vocabulary's words: the
// next submission corrects it (providers.Submission.Earlier).
func (s *Shop) Status(ctx context.Context, upstreamID string) (providers.Status, error) {
	id, err := s.parseID(upstreamID)
	if err != nil {
		return providers.Status{}, err
	}
	v, err := s.api.SSL(ctx, id)
	if err != nil {
		return providers.Status{}, err
	}
	out := providers.Status{Message: v.StatusNote.String(), Reissuing: bool(v.Reissuing)}
	if out.Domains, err = s.domains(v); err != nil {
		return providers.Status{}, err
	}
	if out.State, err = s.state(v.Status.String(), bool(v.HasCertificate)); err != nil {
		return providers.Status{}, fmt.Errorf("order %s: %w", upstreamID, err)
	}
	if out.State == providers.StateRejected && out.Message == "" {
		out.Message = v.Status.String()
	}
	if v.Status != api.Completed && v.Status != api.Expired {
		return out, nil
	}
	// The end of the term, and the key of a licence, are in the order only.
	o, err := s.api.Order(ctx, id)
	if err != nil {
		return providers.Status{}, err
	}
	out.TermEndsAt, out.LicenceKey = o.ExpiresAt.Time, o.LicenceKey.String()
	switch {
	case providers.Type(o.Type) == providers.TypeLicence:
		out.IP = o.Domain.String()
	case v.Status == api.Completed && !bool(v.HasCertificate):
		out.State = providers.StateProcessing
	case out.Reissuing:
		out.State = providers.StateProcessing
		for _, d := range out.Domains {
			if !d.Verified {
				out.State = providers.StateValidationPending
			}
		}
	}
	return out, nil
}

// state translates the document's words.
func (s *Shop) state(word string, certificate bool) (providers.State, error) {
	switch word {
	case api.Processing:
		return providers.StateProcessing, nil
	case api.ValidationPending:
		return providers.StateValidationPending, nil
	case api.Pending, api.PendingConfiguration:
		return providers.StateRejected, nil
	case api.Completed:
		return providers.StateIssued, nil
	case api.Expired:
		if certificate {
			return providers.StateIssued, nil
		}
		return providers.StateCancelled, nil
	case api.Cancelled:
		if certificate {
			return providers.StateRevoked, nil
		}
		return providers.StateCancelled, nil
	}
	return "", fmt.Errorf("%s: status %q is not understood: %w", s.name, word, providers.ErrUnavailable)
}

func (s *Shop) domains(v api.SSL) ([]providers.DomainStatus, error) {
	var list []providers.DomainStatus
	for _, n := range v.Validation {
		d := providers.DomainStatus{Name: n.Domain.String(), Method: providers.Method(n.DCVMethod), Detail: n.Detail.String()}
		switch d.Method {
		case providers.MethodDNS:
			d.Instruction = providers.Instruction{RecordType: n.DNS.Type.String(), Host: n.DNS.Host, Value: n.DNS.Value}
		case providers.MethodHTTP, providers.MethodHTTPS:
			d.Instruction = providers.Instruction{FileURL: n.HTTP.URL, FileName: n.HTTP.FileName, FileContent: n.HTTP.Content}
		case providers.MethodEmail:
			d.Instruction = providers.Instruction{Email: n.Email.ApproverEmail.String()}
		default:
			return nil, fmt.Errorf("%s: order %d: method %q of %s is not understood: %w", s.name, v.OrderID, n.DCVMethod, d.Name, providers.ErrUnavailable)
		}
		switch n.Status {
		case "validated":
			d.Verified, d.VerifiedAt = true, n.VerifiedAt.Time
			if d.VerifiedAt.IsZero() {
				d.VerifiedAt = n.CheckedAt.Time
			}
		case "pending", "failed", "":
		default:
			return nil, fmt.Errorf("%s: order %d: validation %q of %s is not understood: %w", s.name, v.OrderID, n.Status, d.Name, providers.ErrUnavailable)
		}
		list = append(list, d)
	}
	return list, nil
}

// Certificate reads the newest certificate.
func (s *Shop) Certificate(ctx context.Context, upstreamID string) (providers.Certificate, error) {
	id, err := s.parseID(upstreamID)
	if err != nil {
		return providers.Certificate{}, err
	}
	f, err := s.api.Download(ctx, id)
	if errors.Is(err, providers.ErrUnknown) {
		// No such order, or no certificate yet: the order knows.
		if _, err := s.api.Certificate(ctx, id); err != nil {
			return providers.Certificate{}, err
		}
		return providers.Certificate{}, fmt.Errorf("%s: order %s has no certificate: %w", s.name, upstreamID, providers.ErrNotReady)
	}
	if err != nil {
		return providers.Certificate{}, err
	}
	list, err := certs.ParseCertificates(f.CertificatePEM)
	if err != nil || len(list) == 0 {
		return providers.Certificate{}, fmt.Errorf("%s: order %s: the certificate can't be read: %w", s.name, upstreamID, providers.ErrUnavailable)
	}
	chain, err := certs.ParseCertificates(f.CABundle)
	if err != nil && f.CABundle != "" {
		return providers.Certificate{}, fmt.Errorf("%s: order %s: the CA bundle can't be read: %w", s.name, upstreamID, providers.ErrUnavailable)
	}
	return providers.CertificateOf(list[0], append(list[1:], chain...)...), nil
}

// listPage is the largest page the document allows.
const listPage = 100

// Orders lists every order of the account.
func (s *Shop) Orders(ctx context.Context, cursor string) ([]providers.Order, string, error) {
	offset, err := providers.Offset(cursor)
	if err != nil {
		return nil, "", err
	}
	a, err := s.api.Orders(ctx, api.OrderFilter{Page: api.Page{Limit: listPage, Offset: offset}})
	if err != nil {
		return nil, "", err
	}
	list := make([]providers.Order, 0, len(a.Orders))
	for _, o := range a.Orders {
		list = append(list, s.summary(o))
	}
	next := offset + len(list)
	if len(list) == 0 || next >= int(a.Pagination.Total) {
		return list, "", nil
	}
	return list, strconv.Itoa(next), nil
}

func (s *Shop) summary(o api.Order) providers.Order {
	out := providers.Order{
		UpstreamID: strconv.FormatInt(int64(o.ID), 10), ProductName: o.Product.String(), Domain: o.Domain.String(), Word: o.Status.String(),
		PlacedAt: o.CreatedAt.Time, TermEndsAt: o.ExpiresAt.Time, ValidTill: o.ValidTill.Time, Cost: o.Total.Money("USD"),
	}
	if o.ProductID != 0 {
		out.ProductCode = strconv.FormatInt(int64(o.ProductID), 10)
	}
	if o.Reference != nil {
		out.Reference = o.Reference.String()
	}
	if providers.Type(o.Type) == providers.TypeLicence {
		out.Domain, out.IP = "", o.Domain.String()
	}
	// A word that is not understood is the list's reader's to show.
	out.State, _ = s.state(o.Status.String(), !o.ValidTill.IsZero())
	return out
}
