package billmanager

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"certbay/db/certs"
	"certbay/providers"
	"certbay/providers/billmanager/internal/api"
)

// Submit orders. What was ordered under the reference before is answered, not ordered again.
func (s *Shop) Submit(ctx context.Context, sub providers.Submission) (providers.Receipt, error) {
	o, err := s.order(ctx, sub)
	if err != nil {
		return providers.Receipt{}, err
	}
	id, err := s.Find(ctx, sub.Reference)
	switch {
	case err == nil:
		return providers.Receipt{UpstreamID: id}, nil
	case !errors.Is(err, providers.ErrUnknown) && !errors.Is(err, providers.ErrUnsure):
		return providers.Receipt{}, providers.Unsent(err)
	}
	placed, err := s.api.Order(ctx, o)
	var missing *api.Missing
	if errors.As(err, &missing) {
		return providers.Receipt{}, providers.Refuse("product", missing.Words)
	}
	if err != nil {
		return providers.Receipt{}, err
	}
	if placed.ID > 0 {
		return providers.Receipt{UpstreamID: strconv.FormatInt(int64(placed.ID), 10)}, nil
	}
	// It said ok and no more: the reference knows.
	if id, err := s.Find(ctx, sub.Reference); err == nil {
		return providers.Receipt{UpstreamID: id}, nil
	}
	return providers.Receipt{}, fmt.Errorf("%s: the order was accepted without an id: %w", s.name, providers.ErrUnsure)
}

// order writes a submission in the dialect, and refuses what it can't say.
func (s *Shop) order(ctx context.Context, sub providers.Submission) (api.Order, error) {
	tariff, err := strconv.ParseInt(sub.ProductCode, 10, 64)
	switch {
	case err != nil || tariff < 1:
		return api.Order{}, providers.Refuse("product", fmt.Sprintf("there is no tariff %q", sub.ProductCode))
	case sub.IP != "":
		return api.Order{}, providers.Refuse("product", "this upstream sells certificates only")
	}
	csr, err := certs.ParseCSR(sub.CSR)
	if err != nil {
		return api.Order{}, providers.Refuse("csr", "the CSR can't be read")
	}
	o := api.Order{RemoteID: sub.Reference, Pricelist: tariff, Period: sub.Months, CrtType: api.Manual, CSR: csr.PEM, LikeAdmin: true}
	names := slices.DeleteFunc(slices.Clone(sub.Names), func(c providers.DomainChoice) bool { return c.Name == "" })
	if o.ApproverMethod, o.HTTPS, o.ApproverEmails, err = proof(names); err != nil {
		return o, err
	}
	o.CN = csr.CommonName
	for i, n := range names {
		if i == 0 {
			o.CN = n.Name
			continue
		}
		o.AltName = append(o.AltName, n.Name)
	}
	if len(names) > 0 && !slices.Contains(csr.Names, o.CN) {
		return o, providers.Refuse("csr", o.CN+" is not in the CSR")
	}
	country := s.country(ctx, sub.Org.Country)
	o.Country, o.ST, o.L, o.O, o.OU, o.Email = country, sub.Org.Province, sub.Org.City, sub.Org.Name, sub.Org.Unit, sub.Contact.Email
	o.Admin = api.Person{FirstName: sub.Contact.FirstName, LastName: sub.Contact.LastName, Title: sub.Contact.Title, Email: sub.Contact.Email,
		Phone: sub.Contact.Phone, PhoneCountry: country}
	o.Tech = o.Admin
	o.Org = api.Organization{Name: sub.Org.Name, Department: sub.Org.Unit, Address: sub.Org.Street, City: sub.Org.City, State: sub.Org.Province,
		Postcode: sub.Org.PostalCode, Country: country, Phone: sub.Org.Phone, PhoneCountry: country}
	return o, nil
}

// proof is the one method for all names, and the approver of each.
func proof(names []providers.DomainChoice) (word string, https bool, emails []string, err error) {
	if len(names) == 0 {
		return api.ByEmail, false, nil, nil // code signing
	}
	first := names[0].Method
	for _, n := range names {
		switch {
		case !n.Method.Valid():
			return "", false, nil, providers.Refuse("method", fmt.Sprintf("there is no method %q", n.Method))
		case strings.HasPrefix(n.Name, "*.") && (n.Method == providers.MethodHTTP || n.Method == providers.MethodHTTPS):
			return "", false, nil, providers.Refuse("method", n.Name+" can't be validated by a file: wildcard names need dns or email")
		case n.Method != first:
			return "", false, nil, providers.Refuse("method", "this upstream has one method for all names of an order")
		}
		emails = append(emails, n.Email)
	}
	word, https = approver(first)
	if first != providers.MethodEmail {
		emails = nil
	}
	return word, https, emails, nil
}

// formsRead is how many forms are opened in search of a reference that the list does not tell.
const formsRead = 25

// Find looks for the certificate with our reference in the list, and where that does not tell references, in the forms of the
// newest. ErrUnsure when neither tells, or when there are more than can be looked at.
func (s *Shop) Find(ctx context.Context, reference string) (string, error) {
	list, err := s.api.List(ctx, reference)
	if err != nil {
		return "", err
	}
	slices.SortFunc(list, func(a, b api.Certificate) int { return int(b.ID - a.ID) }) // the newest first
	var silent []api.Certificate
	for _, c := range list {
		switch {
		case !c.HasRemoteID:
			silent = append(silent, c)
		case c.RemoteID.String() == reference && !bool(c.Cancelled):
			return strconv.FormatInt(int64(c.ID), 10), nil
		}
	}
	for i, c := range silent {
		if i == formsRead {
			return "", fmt.Errorf("%s: reference %s: too many certificates to look at each: %w", s.name, reference, providers.ErrUnsure)
		}
		form, err := s.api.Edit(ctx, int64(c.ID))
		switch {
		case errors.Is(err, providers.ErrUnknown):
		case err != nil:
			return "", err
		case !form.HasRemoteID:
			return "", fmt.Errorf("%s: reference %s: this BILLmanager does not tell references: %w", s.name, reference, providers.ErrUnsure)
		case form.RemoteID.String() == reference && !bool(form.Cancelled):
			return strconv.FormatInt(int64(c.ID), 10), nil
		}
	}
	return "", fmt.Errorf("%s: reference %s: %w", s.name, reference, providers.ErrUnknown)
}

// Cancel gives up a certificate that was not issued. One that was is not given up: the dialect has one call for both.
func (s *Shop) Cancel(ctx context.Context, upstreamID, _ string) error {
	id, err := s.parseID(upstreamID)
	if err != nil {
		return err
	}
	c, err := s.api.Edit(ctx, id)
	switch {
	case err != nil:
		return providers.Unsent(err)
	case bool(c.Cancelled):
		return nil
	case c.ItemStatus == api.Issued || c.CRT != "" || bool(c.Revoked):
		return providers.Refuse("", "the certificate was issued")
	}
	return s.api.Delete(ctx, id)
}

// Reissue sends the new CSR with the additional names; without a CSR only the names change, or nothing at all.
func (s *Shop) Reissue(ctx context.Context, upstreamID string, sub providers.Submission) error {
	id, err := s.parseID(upstreamID)
	if err != nil {
		return err
	}
	r := api.Reissue{ID: id, CrtType: api.Manual, CSR: sub.CSR}
	if r.ApproverMethod, r.HTTPS, r.ApproverEmails, err = proof(sub.Names); err != nil {
		return err
	}
	for _, n := range sub.Names[min(1, len(sub.Names)):] {
		r.AltName = append(r.AltName, n.Name)
	}
	switch {
	case strings.TrimSpace(sub.CSR) != "":
	case len(sub.Names) > 0:
		r.CrtType = api.NewNames
	default:
		r.CrtType = api.OldRequest
	}
	return s.api.ReissueStep2(ctx, r)
}
