package billmanager

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"

	"certbay/db/certs"
	"certbay/db/money"
	"certbay/providers"
	"certbay/providers/billmanager/internal/api"
	"certbay/providers/internal/wire"
)

// Status reads the form of a certificate.
func (s *Shop) Status(ctx context.Context, upstreamID string) (providers.Status, error) {
	id, err := s.parseID(upstreamID)
	if err != nil {
		return providers.Status{}, err
	}
	c, err := s.api.Edit(ctx, id)
	if err != nil {
		return providers.Status{}, err
	}
	if c.ItemStatus == "" {
		// Where the form does not tell it, the list does.
		if c, err = s.fromList(ctx, c); err != nil {
			return providers.Status{}, err
		}
	}
	out := providers.Status{Message: c.StatusMsg.String(), TermEndsAt: c.Expires.Time}
	if out.Domains, err = s.domains(c); err != nil {
		return providers.Status{}, err
	}
	if out.State, err = s.state(c); err != nil {
		return providers.Status{}, fmt.Errorf("certificate %s: %w", upstreamID, err)
	}
	if out.State == providers.StateProcessing || out.State == providers.StateValidationPending {
		out.State = providers.StateProcessing
		for _, d := range out.Domains {
			if !d.Verified && c.ItemStatus == api.Enrolled {
				out.State = providers.StateValidationPending
			}
		}
		out.Reissuing = c.CRT != ""
	}
	return out, nil
}

// fromList fills in the status of a certificate from the list.
func (s *Shop) fromList(ctx context.Context, c api.Certificate) (api.Certificate, error) {
	list, err := s.api.List(ctx, c.RemoteID.String())
	if err != nil {
		return c, err
	}
	for _, row := range list {
		if row.ID == c.ID {
			c.ItemStatus, c.StatusMsg, c.Expires = row.ItemStatus, row.StatusMsg, row.Expires
			return c, nil
		}
	}
	return c, fmt.Errorf("%s: certificate %d is not in the list: %w", s.name, c.ID, providers.ErrUnknown)
}

// state translates an item_status.
func (s *Shop) state(c api.Certificate) (providers.State, error) {
	switch {
	case bool(c.Revoked):
		return providers.StateRevoked, nil
	case bool(c.Cancelled):
		return providers.StateCancelled, nil
	}
	switch c.ItemStatus {
	case api.Requested:
		return providers.StateProcessing, nil
	case api.Enrolled:
		return providers.StateValidationPending, nil
	case api.Issued:
		return providers.StateIssued, nil
	case api.Failed:
		return providers.StateRejected, nil
	}
	return "", fmt.Errorf("%s: item_status %q (%s) is not understood: %w", s.name, c.ItemStatus, c.StatusMsg, providers.ErrUnavailable)
}

// domains tells how each name stands: as the form's list says, or else by the fields for all of them.
func (s *Shop) domains(c api.Certificate) ([]providers.DomainStatus, error) {
	unknown := func(name, word any) error {
		return fmt.Errorf("%s: certificate %d: method %q of %s is not understood: %w", s.name, c.ID, word, name, providers.ErrUnavailable)
	}
	var list []providers.DomainStatus
	for _, v := range c.Validation {
		m, known := method(v.Method.String(), strings.HasPrefix(v.FileURL, "https:"))
		if !known {
			return nil, unknown(v.Domain, v.Method)
		}
		d := providers.DomainStatus{Name: strings.ToLower(v.Domain.String()), Method: m, Verified: bool(v.Verified), VerifiedAt: v.VerifiedAt.Time, Detail: v.Details}
		switch m {
		case providers.MethodEmail:
			d.Instruction.Email = v.Email.String()
		case providers.MethodDNS:
			d.Instruction = providers.Instruction{RecordType: strings.ToUpper(v.DNSType.String()), Host: v.DNSName.String(), Value: v.DNSValue}
		default:
			d.Instruction = providers.Instruction{FileURL: v.FileURL, FileName: v.FileName, FileContent: v.FileContent}
		}
		list = append(list, d)
	}
	if len(list) > 0 || c.CN == "" {
		return list, nil
	}
	m, known := method(c.ApproverMethod.String(), bool(c.HTTPS))
	if !known {
		return nil, unknown(c.CN, c.ApproverMethod)
	}
	for i, name := range append([]string{c.CN.String()}, c.AltName...) {
		d := providers.DomainStatus{Name: strings.ToLower(name), Method: m, Verified: c.ItemStatus == api.Issued}
		d.Instruction = instruction(c, i, strings.TrimPrefix(d.Name, "*."), m)
		list = append(list, d)
	}
	return list, nil
}

// instruction is what the form says of all names at once, for the one at place i.
func instruction(c api.Certificate, i int, name string, m providers.Method) providers.Instruction {
	switch m {
	case providers.MethodEmail:
		if i < len(c.ApproverEmails) {
			return providers.Instruction{Email: c.ApproverEmails[i]}
		}
	case providers.MethodDNS:
		if c.DNSValue == "" {
			break
		}
		host := name
		if i < len(c.DNSNames) {
			host = c.DNSNames[i]
		}
		return providers.Instruction{RecordType: "TXT", Host: host, Value: c.DNSValue.String()}
	default:
		if c.FileName == "" {
			break
		}
		return providers.Instruction{FileURL: string(m) + "://" + name + "/.well-known/pki-validation/" + c.FileName.String(),
			FileName: c.FileName.String(), FileContent: c.FileContent.String()}
	}
	return providers.Instruction{}
}

// Certificate reads the newest certificate: from the form, or else the file.
func (s *Shop) Certificate(ctx context.Context, upstreamID string) (providers.Certificate, error) {
	id, err := s.parseID(upstreamID)
	if err != nil {
		return providers.Certificate{}, err
	}
	c, err := s.api.Edit(ctx, id)
	if err != nil {
		return providers.Certificate{}, err
	}
	content := []byte(c.CRT)
	if len(content) == 0 && c.ItemStatus == api.Issued {
		if content, err = s.api.File(ctx, id); err != nil {
			return providers.Certificate{}, err
		}
	}
	if len(content) == 0 {
		return providers.Certificate{}, fmt.Errorf("%s: certificate %s is not issued: %w", s.name, upstreamID, providers.ErrNotReady)
	}
	chain, err := unpack(content)
	if err != nil {
		return providers.Certificate{}, fmt.Errorf("%s: certificate %s can't be read (%w): %w", s.name, upstreamID, err, providers.ErrUnavailable)
	}
	return providers.CertificateOf(chain[0], chain[1:]...), nil
}

// unpack reads certificates, leaf first, out of PEM or of a ZIP, which may come in base64.
func unpack(content []byte) ([]*x509.Certificate, error) {
	if plain, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(string(content)), "")); err == nil && bytes.HasPrefix(plain, []byte("PK")) {
		content = plain
	}
	text := string(content)
	if bytes.HasPrefix(content, []byte("PK")) {
		var err error
		if text, err = inflate(content); err != nil {
			return nil, err
		}
	}
	list, err := certs.ParseCertificates(text)
	if err != nil {
		return nil, err
	}
	return certs.OrderChain(list)
}

// inflated bounds what is read out of a ZIP.
const inflated = 1 << 20

// inflate joins the certificates in a ZIP.
func inflate(content []byte) (string, error) {
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return "", err
	}
	var text strings.Builder
	for _, f := range archive.File {
		if ext := strings.ToLower(path.Ext(f.Name)); ext != ".crt" && ext != ".pem" && ext != ".cer" && ext != ".ca-bundle" {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return "", err
		}
		b, err := io.ReadAll(io.LimitReader(r, inflated))
		r.Close()
		if err != nil {
			return "", err
		}
		if bytes.Contains(b, []byte("BEGIN CERTIFICATE")) && text.Len() < inflated {
			text.Write(b)
			text.WriteByte('\n')
		}
	}
	return text.String(), nil
}

// Orders lists the certificates of the account, all at once.
func (s *Shop) Orders(ctx context.Context, cursor string) ([]providers.Order, string, error) {
	if cursor != "" {
		return nil, "", providers.Refuse("", "this is no place in the list: "+cursor)
	}
	list, err := s.api.List(ctx, "")
	if err != nil {
		return nil, "", err
	}
	out := make([]providers.Order, 0, len(list))
	for _, c := range list {
		o := providers.Order{UpstreamID: strconv.FormatInt(int64(c.ID), 10), Reference: c.RemoteID.String(), ProductName: c.Pricelist.String(), Domain: c.CN.String(),
			Word: c.ItemStatus.String(), PlacedAt: c.Created.Time, TermEndsAt: c.Expires.Time}
		if c.PricelistID > 0 {
			o.ProductCode = strconv.FormatInt(int64(c.PricelistID), 10)
		}
		o.Cost = cost(c.Cost.String())
		if c.StatusMsg != "" {
			o.Word += " " + c.StatusMsg.String()
		}
		// A word that is not understood is the list's reader's to show.
		if o.State, _ = s.state(c); o.State == providers.StateValidationPending {
			o.State = providers.StateProcessing // the list does not tell whose move it is
		}
		out = append(out, o)
	}
	return out, "", nil
}

// cost reads an amount that says its currency; without one, or in another form, none is told.
func cost(text string) money.Money {
	amount, currency := wire.Cents{}, money.Currency("")
	for _, word := range strings.Fields(strings.ReplaceAll(text, "/", " ")) {
		if c, err := money.ParseCurrency(strings.ToUpper(word)); err == nil && currency == "" {
			currency = c
		} else if !amount.Given {
			if amount.UnmarshalText([]byte(word)) != nil {
				amount = wire.Cents{}
			}
		}
	}
	if !amount.Given || currency == "" {
		return money.Money{}
	}
	return amount.Money(currency)
}
