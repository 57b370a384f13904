package ssl247

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"certbay/db/certs"
	"certbay/providers"
	"certbay/providers/ssl247/internal/api"
)

// Status reads how a certificate stands. One that was bought and waits to be completed is rejected in the vocabulary's words: the
// next submission completes it (providers.Submission.Earlier).
func (s *Shop) Status(ctx context.Context, upstreamID string) (providers.Status, error) {
	if err := s.checkID(upstreamID); err != nil {
		return providers.Status{}, err
	}
	c, err := s.api.Certificate(ctx, upstreamID)
	if err != nil {
		return providers.Status{}, err
	}
	out := providers.Status{Message: c.Details.StatusMinor.Description.String(), TermEndsAt: c.Details.TermEndsAt.Time}
	if out.Domains, err = s.domains(c); err != nil {
		return out, err
	}
	if out.State, err = s.state(word(c), c.Details.SerialNumber != ""); err != nil {
		return providers.Status{}, fmt.Errorf("certificate %s: %w", upstreamID, err)
	}
	if out.State == providers.StateRejected && out.Message == "" {
		out.Message = word(c)
	}
	out.Reissuing = out.State == providers.StateIssued && strings.EqualFold(c.Details.StatusMinor.Code.String(), "Reissue")
	if out.State == providers.StateProcessing && normal(word(c)) == normal(api.Pending) || out.Reissuing {
		out.State = providers.StateProcessing
		for _, d := range out.Domains {
			if !d.Verified {
				out.State = providers.StateValidationPending
			}
		}
	}
	return out, nil
}

// word is the certificate's status: of its details, or beside them.
func word(c api.Certificate) string {
	for _, w := range []api.Word{c.Details.Status, c.Status} {
		if w.Code != "" {
			return wordOr(w)
		}
	}
	return wordOr(c.Details.Status)
}

// wordOr is a code that the document names, or else what it is said to mean.
func wordOr(w api.Word) string {
	if _, known := states[normal(w.Code.String())]; !known {
		if _, known = states[normal(w.Description.String())]; known {
			return w.Description.String()
		}
	}
	return w.Code.String()
}

// normal is a word as the table below has it.
func normal(word string) string {
	return strings.NewReplacer(" ", "", "_", "", "-", "").Replace(strings.ToLower(strings.TrimSpace(word)))
}

// states translates the document's words; the second is for a certificate that was never issued.
var states = map[string][2]providers.State{
	"incomplete":           {providers.StateRejected, providers.StateRejected}, // bought, and to be completed
	"stock":                {providers.StateRejected, providers.StateRejected}, // the same
	"pending":              {providers.StateProcessing, providers.StateProcessing},
	"readytoreview":        {providers.StateProcessing, providers.StateProcessing},
	"temporarycertificate": {providers.StateProcessing, providers.StateProcessing}, // until the vetting is done
	"issued":               {providers.StateIssued, providers.StateIssued},
	"expiring":             {providers.StateIssued, providers.StateIssued},
	"subscription":         {providers.StateIssued, providers.StateProcessing},
	"external":             {providers.StateIssued, providers.StateIssued},
	"expired":              {providers.StateIssued, providers.StateCancelled},
	"deactivated":          {providers.StateRevoked, providers.StateCancelled},
	"cancelled":            {providers.StateRevoked, providers.StateCancelled},
	"archived":             {providers.StateRevoked, providers.StateCancelled},
}

func (s *Shop) state(word string, issued bool) (providers.State, error) {
	pair, ok := states[normal(word)]
	if !ok {
		return "", fmt.Errorf("%s: status %q is not understood: %w", s.name, word, providers.ErrUnavailable)
	}
	if issued {
		return pair[0], nil
	}
	return pair[1], nil
}

// waits says that a certificate was bought and waits to be completed.
func waits(word string) bool { w := normal(word); return w == "incomplete" || w == "stock" }

// over says that a certificate came to nothing.
func over(word string) bool {
	pair := states[normal(word)]
	return pair[1] == providers.StateCancelled
}

// domains are the names with what has to be published: as the shop lists them, or from the document's fields, which speak of one.
func (s *Shop) domains(c api.Certificate) ([]providers.DomainStatus, error) {
	if len(c.Details.Validation) == 0 {
		return s.domain(c)
	}
	var list []providers.DomainStatus
	for _, v := range c.Details.Validation {
		d := providers.DomainStatus{Name: v.Domain.String(), Verified: bool(v.Verified), VerifiedAt: v.VerifiedAt.Time}
		var ok bool
		if d.Method, ok = methodOf[normal(v.Method.String())]; !ok {
			return nil, fmt.Errorf("%s: certificate %s: method %q of %s is not understood: %w", s.name, c.ID, v.Method, d.Name, providers.ErrUnavailable)
		}
		switch d.Method {
		case providers.MethodDNS:
			d.Instruction = providers.Instruction{RecordType: v.RecordType.String(), Host: v.Host, Value: v.Value}
		case providers.MethodEmail:
			d.Instruction = providers.Instruction{Email: v.ApproverEmail.String()}
		default:
			if strings.HasPrefix(v.FileURL, "https://") {
				d.Method = providers.MethodHTTPS
			}
			d.Instruction = providers.Instruction{FileURL: v.FileURL, FileName: v.FileName, FileContent: v.FileContents}
		}
		list = append(list, d)
	}
	return list, nil
}

// record is a whole record in one text: "_abc.example.com. CNAME def.example.net." or "name IN TXT "value"".
var record = regexp.MustCompile(`(?i)^\s*(\S+)\s+(?:\d+\s+)?(?:IN\s+)?(CNAME|TXT)\s+"?(.*?)"?\s*$`)

// domain is the main name of a certificate whose shop keeps to the document. That control was shown is known once it is issued.
func (s *Shop) domain(c api.Certificate) ([]providers.DomainStatus, error) {
	name, method := strings.ToLower(c.Details.CommonName.String()), c.Details.DVAuthMethod.String()
	if method == "" || name == "" {
		return nil, nil // not completed, or nothing to show
	}
	d := providers.DomainStatus{Name: name, Verified: c.Details.SerialNumber != "", VerifiedAt: c.Dates.Issuance.Time}
	var ok bool
	if d.Method, ok = methodOf[normal(method)]; !ok {
		return nil, fmt.Errorf("%s: certificate %s: dv_auth_method %q is not understood: %w", s.name, c.ID, method, providers.ErrUnavailable)
	}
	bare := strings.TrimPrefix(name, "*.")
	switch text := c.Details.DNSAuthString; d.Method {
	case providers.MethodEmail:
		d.Instruction.Email = c.Details.ApproverEmail.String()
	case providers.MethodDNS:
		if text == "" {
			text = c.Details.GeneralAuthString.String()
		}
		if found := record.FindStringSubmatch(text); found != nil {
			d.Instruction = providers.Instruction{Host: found[1], RecordType: strings.ToUpper(found[2]), Value: found[3]}
		} else if text != "" {
			d.Instruction = providers.Instruction{Host: bare, RecordType: "TXT", Value: text}
		}
	default:
		path := strings.TrimPrefix(c.Details.FileAuthName, "/")
		if path == "" {
			break
		}
		if !strings.Contains(path, "/") {
			path = ".well-known/pki-validation/" + path
		}
		d.Instruction = providers.Instruction{FileURL: "http://" + bare + "/" + path, FileName: path[strings.LastIndex(path, "/")+1:], FileContent: c.Details.FileAuthContents}
	}
	return []providers.DomainStatus{d}, nil
}

// Certificate reads the newest certificate and what it hangs on.
func (s *Shop) Certificate(ctx context.Context, upstreamID string) (providers.Certificate, error) {
	if err := s.checkID(upstreamID); err != nil {
		return providers.Certificate{}, err
	}
	leaf, err := s.api.Download(ctx, upstreamID, api.X509)
	if errors.Is(err, providers.ErrUnknown) || errors.Is(err, providers.ErrRefused) || err == nil && leaf == "" {
		// No such certificate, or none issued yet: its record knows.
		if _, err := s.api.Certificate(ctx, upstreamID); err != nil {
			return providers.Certificate{}, err
		}
		return providers.Certificate{}, fmt.Errorf("%s: certificate %s is not issued: %w", s.name, upstreamID, providers.ErrNotReady)
	}
	if err != nil {
		return providers.Certificate{}, err
	}
	list, err := certs.ParseCertificates(leaf)
	if err != nil || len(list) == 0 {
		return providers.Certificate{}, fmt.Errorf("%s: certificate %s can't be read: %w", s.name, upstreamID, providers.ErrUnavailable)
	}
	bundle, err := s.api.Download(ctx, upstreamID, api.Bundle)
	if err != nil {
		return providers.Certificate{}, err
	}
	chain, err := certs.ParseCertificates(bundle)
	if err != nil && bundle != "" {
		return providers.Certificate{}, fmt.Errorf("%s: certificate %s: the bundle can't be read: %w", s.name, upstreamID, providers.ErrUnavailable)
	}
	out := providers.CertificateOf(list[0])
	for _, c := range append(list[1:], chain...) { // some bundles begin with the certificate itself
		if pem := certs.EncodeCertificates(c); !c.Equal(list[0]) && !strings.Contains(out.Chain, pem) {
			out.Chain += pem
		}
	}
	return out, nil
}

// listPage is how many orders are asked for at once.
const listPage = 200

// Orders lists every order of the account. A shop that keeps to the document answers all at once.
func (s *Shop) Orders(ctx context.Context, cursor string) ([]providers.Order, string, error) {
	offset, err := providers.Offset(cursor)
	if err != nil {
		return nil, "", err
	}
	a, err := s.api.Orders(ctx, api.OrderFilter{Limit: listPage, Offset: offset})
	if err != nil {
		return nil, "", err
	}
	list := make([]providers.Order, 0, len(a.Orders.Certificate))
	for _, o := range a.Orders.Certificate {
		list = append(list, s.summary(o))
	}
	next := offset + len(list)
	if a.Total == nil || len(list) == 0 || next >= int(*a.Total) {
		return list, "", nil
	}
	return list, strconv.Itoa(next), nil
}

func (s *Shop) summary(o api.OrderedCertificate) providers.Order {
	w := wordOr(o.Details.Status)
	out := providers.Order{
		UpstreamID: o.Details.ID.String(), ProductCode: o.Details.ProductCode.String(), ProductName: o.Details.ProductName.String(), Domain: o.Details.CommonName.String(),
		Word: w, PlacedAt: o.Dates.Order.Time, ValidFrom: o.Dates.Issuance.Time, ValidTill: o.Dates.Expiry.Time, TermEndsAt: o.Details.TermEndsAt.Time,
	}
	if o.Reference != nil {
		out.Reference = o.Reference.String()
	}
	// A word that is not understood is the list's reader's to show.
	out.State, _ = s.state(w, !o.Dates.Issuance.IsZero())
	return out
}
