package gogetssl

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"certbay/db/certs"
	"certbay/providers"
	"certbay/providers/gogetssl/internal/api"
)

// Status reads how an order stands.
func (r *Reseller) Status(ctx context.Context, upstreamID string) (providers.Status, error) {
	_, o, err := r.order(ctx, upstreamID)
	if err != nil {
		return providers.Status{}, err
	}
	out := providers.Status{Message: o.StatusDescription.String(), TermEndsAt: o.End.Time}
	if out.State, out.Reissuing, err = r.state(o); err != nil {
		return out, err
	}
	if out.Domains, err = r.domains(o, out.State == providers.StateIssued); err != nil {
		return out, err
	}
	if out.State == providers.StateRejected && out.Message == "" {
		out.Message = o.Status.String()
	}
	waits := slices.ContainsFunc(out.Domains, func(d providers.DomainStatus) bool { return !d.Verified && !d.Instruction.Empty() })
	if out.State == providers.StateProcessing && waits {
		out.State = providers.StateValidationPending
	}
	return out, nil
}

func (r *Reseller) order(ctx context.Context, upstreamID string) (int64, api.Order, error) {
	id, err := r.parseID(upstreamID)
	if err != nil {
		return 0, api.Order{}, err
	}
	o, err := r.api.OrderStatus(ctx, id)
	return id, o, err
}

// state translates the document's words. An order that is incomplete was paid and waits for a correction that the API has no call
// for: it is rejected, and cancelled before another is placed in its stead (see Submit).
func (r *Reseller) state(o api.Order) (state providers.State, reissuing bool, err error) {
	issued := strings.TrimSpace(o.Certificate) != ""
	switch o.Status.String() {
	case api.Active:
		if !issued {
			return providers.StateProcessing, false, nil
		}
		return providers.StateIssued, false, nil
	case api.Reissuing:
		return providers.StateProcessing, true, nil
	case api.Processing, api.Pending, api.NewOrdered, api.Unpaid:
		return providers.StateProcessing, o.ReissueNow != 0, nil
	case api.Rejected, api.Incomplete:
		return providers.StateRejected, false, nil
	case api.Cancelled:
		if issued {
			return providers.StateRevoked, false, nil
		}
		return providers.StateCancelled, false, nil
	case api.Expired:
		if issued {
			return providers.StateIssued, false, nil
		}
		return providers.StateCancelled, false, nil
	}
	return "", false, fmt.Errorf("%s: order %d: status %q is not understood: %w", r.name, o.OrderID, o.Status, providers.ErrUnavailable)
}

// domains are the main name and the additional ones. The dialect does not tell when control was seen: once there is a certificate,
// at the latest when that began.
func (r *Reseller) domains(o api.Order, issued bool) ([]providers.DomainStatus, error) {
	if o.Domain == "" {
		return nil, nil
	}
	main, err := r.domain(o, o.Domain.String(), o.DCVMethod.String(), o.ApproverMethod, o.ApproverEmail.String())
	if err != nil {
		return nil, err
	}
	main.Verified = o.DCVStatus == api.DCVValidated
	list := []providers.DomainStatus{main}
	for _, s := range o.SAN {
		if strings.EqualFold(s.Name.String(), main.Name) {
			continue
		}
		d, err := r.domain(o, s.Name.String(), s.Method.String(), s.Validation, "")
		if err != nil {
			return nil, err
		}
		d.Verified, d.Detail = s.Status == api.DCVValidated, s.StatusDescription.String()
		list = append(list, d)
	}
	for i := range list {
		if list[i].Verified = list[i].Verified || issued; list[i].Verified && issued {
			list[i].VerifiedAt = o.ValidFrom.Time
		}
	}
	return list, nil
}

func (r *Reseller) domain(o api.Order, name, method string, p api.Proof, email string) (providers.DomainStatus, error) {
	d := providers.DomainStatus{Name: strings.ToLower(name), Method: providers.Method(strings.ToLower(method))}
	if strings.Contains(method, "@") { // the approver stands for the method in some answers
		d.Method, email = providers.MethodEmail, method
	}
	file := p.HTTP
	switch d.Method {
	case providers.MethodEmail:
		d.Instruction.Email = cmp.Or(p.Email, email)
	case providers.MethodHTTPS:
		if p.HTTPS != nil {
			file = p.HTTPS
		}
		fallthrough
	case providers.MethodHTTP:
		if file != nil {
			d.Instruction = providers.Instruction{FileURL: file.Link, FileName: file.FileName, FileContent: file.Content}
		}
	case providers.MethodDNS:
		if p.DNS == nil || strings.TrimSpace(p.DNS.Record) == "" {
			break
		}
		host, kind, value, ok := p.DNS.Parse()
		if !ok {
			return d, fmt.Errorf("%s: order %d: record %q of %s is not understood: %w", r.name, o.OrderID, p.DNS.Record, name, providers.ErrUnavailable)
		}
		d.Instruction = providers.Instruction{RecordType: kind, Host: host, Value: value}
	case "":
	default:
		return d, fmt.Errorf("%s: order %d: method %q of %s is not understood: %w", r.name, o.OrderID, method, name, providers.ErrUnavailable)
	}
	return d, nil
}

// Certificate reads the newest certificate.
func (r *Reseller) Certificate(ctx context.Context, upstreamID string) (providers.Certificate, error) {
	_, o, err := r.order(ctx, upstreamID)
	if err != nil {
		return providers.Certificate{}, err
	}
	if strings.TrimSpace(o.Certificate) == "" {
		return providers.Certificate{}, fmt.Errorf("%s: order %s has no certificate: %w", r.name, upstreamID, providers.ErrNotReady)
	}
	list, err := certs.ParseCertificates(o.Certificate)
	if err != nil || len(list) == 0 {
		return providers.Certificate{}, fmt.Errorf("%s: order %s: the certificate can't be read: %w", r.name, upstreamID, providers.ErrUnavailable)
	}
	chain, err := certs.ParseCertificates(o.CA)
	if err != nil && strings.TrimSpace(o.CA) != "" {
		return providers.Certificate{}, fmt.Errorf("%s: order %s: the CA certificates can't be read: %w", r.name, upstreamID, providers.ErrUnavailable)
	}
	return providers.CertificateOf(list[0], append(list[1:], chain...)...), nil
}

// listPage is how many orders are read at once.
const listPage = 100

// Orders lists every order of the account. Rows without a status are looked up, all of a page at once.
func (r *Reseller) Orders(ctx context.Context, cursor string) ([]providers.Order, string, error) {
	offset, err := providers.Offset(cursor)
	if err != nil {
		return nil, "", err
	}
	page, err := r.api.AllSSLOrders(ctx, listPage, offset)
	if err != nil {
		return nil, "", err
	}
	var bare []int64
	for _, o := range page.Orders {
		if o.Status == "" {
			bare = append(bare, int64(o.OrderID))
		}
	}
	if len(bare) > 0 {
		list, err := r.api.Statuses(ctx, bare...)
		if err != nil {
			return nil, "", err
		}
		for i := range page.Orders {
			for _, s := range list {
				if o := &page.Orders[i]; o.Status == "" && o.OrderID == s.OrderID {
					o.Status, o.End = s.Status, s.Expires
				}
			}
		}
	}
	list := make([]providers.Order, 0, len(page.Orders))
	for _, o := range page.Orders {
		list = append(list, r.summary(o))
	}
	next := offset + len(list)
	if len(list) == 0 || page.Count == 0 && len(list) < listPage || page.Count > 0 && next >= int(page.Count) {
		return list, "", nil
	}
	return list, strconv.Itoa(next), nil
}

func (r *Reseller) summary(o api.Order) providers.Order {
	out := providers.Order{
		UpstreamID: strconv.FormatInt(int64(o.OrderID), 10), Domain: strings.ToLower(o.Domain.String()), Word: o.Status.String(), PlacedAt: o.TimeStamp.Time,
		TermEndsAt: o.End.Time, ValidFrom: o.ValidFrom.Time, ValidTill: o.ValidTill.Time,
	}
	if o.ProductID != 0 {
		out.ProductCode = strconv.FormatInt(int64(o.ProductID), 10)
	}
	r.mu.Lock()
	in := r.currency
	r.mu.Unlock()
	if o.SSLPrice.Given && in != "" {
		out.Cost = o.SSLPrice.Money(in)
	}
	if !o.ValidTill.IsZero() {
		o.Certificate = "issued" // the list does not carry it
	}
	// A word that is not understood is the list's reader's to show.
	out.State, _, _ = r.state(o)
	return out
}
