package ssl247

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"certbay/db/certs"
	"certbay/providers"
	"certbay/providers/ssl247/internal/api"
)

// Submit buys and completes in one call. Before it, what was bought already is looked for, and completed where it waits.
func (s *Shop) Submit(ctx context.Context, sub providers.Submission) (providers.Receipt, error) {
	order, err := s.examine(sub)
	if err != nil {
		return providers.Receipt{}, err
	}
	id, done, err := s.bought(ctx, sub)
	if err != nil {
		return providers.Receipt{}, providers.Unsent(err)
	}
	switch {
	case id == "":
		if id, done, err = s.buy(ctx, order); err == nil && !done {
			err = s.complete(ctx, id, order)
		}
	case !done:
		err = s.complete(ctx, id, order)
	}
	if err != nil {
		return providers.Receipt{}, err
	}
	return providers.Receipt{UpstreamID: id}, nil
}

// examine refuses what the dialect can't say.
func (s *Shop) examine(sub providers.Submission) (api.QuickOrder, error) {
	o := api.QuickOrder{ProductCode: sub.ProductCode, CSR: sub.CSR, Licenses: "1", Contacts: contacts(sub), Reference: sub.Reference, OnceKey: onceKey(sub)}
	switch {
	case sub.IP != "":
		return o, providers.Refuse("product", "this upstream sells no licences")
	case sub.ProductCode == "":
		return o, providers.Refuse("product", "there is no product without a code")
	case sub.Months < 12 || sub.Months%12 != 0:
		return o, providers.Refuse("months", fmt.Sprintf("this upstream sells whole years, not %d months", sub.Months))
	}
	o.Years = strconv.Itoa(sub.Months / 12)
	csr, err := certs.ParseCSR(sub.CSR)
	if err != nil {
		return o, providers.Refuse("csr", "the CSR can't be read")
	}
	names := slices.DeleteFunc(slices.Clone(sub.Names), func(c providers.DomainChoice) bool { return c.Name == "" })
	if len(names) == 0 {
		return o, nil // code signing
	}
	main := names[0]
	o.CommonName = main.Name
	if !slices.Contains(csr.Names, main.Name) {
		return o, providers.Refuse("csr", main.Name+" is not in the CSR")
	}
	if o.DVAuthMethod, err = wordOf(main.Method); err != nil {
		return o, err
	}
	o.ApproverEmail = approver(main)
	for _, n := range names {
		switch {
		case n.Method != main.Method:
			return o, providers.Refuse("method", "this upstream has one method for all names of a certificate")
		case strings.HasPrefix(n.Name, "*.") && n.Method == providers.MethodHTTP:
			return o, providers.Refuse("method", n.Name+" can't be validated by a file: wildcard names need dns or email")
		case n.Name != main.Name && !twin(main.Name, n.Name):
			o.Addon = append(o.Addon, api.FurtherName{Value: n.Name, ApproverEmail: approver(n)})
		}
	}
	return o, nil
}

func approver(c providers.DomainChoice) string {
	if c.Method != providers.MethodEmail {
		return ""
	}
	return c.Email
}

// twin reports whether other comes free with main: the same name with or without www, and a wildcard's base.
func twin(main, other string) bool {
	base := strings.TrimPrefix(main, "*.")
	return other == "www."+base || base == "www."+other || base != main && base == other
}

// contacts are left out where there is nobody to name: the account's default contacts are taken then.
func contacts(sub providers.Submission) *api.OrderContacts {
	if sub.Contact == (providers.Contact{}) && sub.Org == (providers.Organization{}) {
		return nil
	}
	p := api.Person{
		Organisation: sub.Org.Name, Department: sub.Org.Unit, Title: sub.Contact.Title, FirstName: sub.Contact.FirstName, LastName: sub.Contact.LastName,
		Email: sub.Contact.Email, Phone: cmp.Or(sub.Contact.Phone, sub.Org.Phone), Address1: sub.Org.Street, City: sub.Org.City, Postcode: sub.Org.PostalCode,
		Region: sub.Org.Province, Country: sub.Org.Country,
	}
	return &api.OrderContacts{
		Company:        api.Company{Category: sub.Org.Category, LegalName: sub.Org.Name, RegistrationNumber: sub.Org.RegistrationNumber, DUNS: sub.Org.DunsNumber},
		Administrative: p, Technical: p,
	}
}

// onceKey is the reference and a mark of what is wished for: another book that buys on the same account may count its references
// alike, and must not be answered with our order.
func onceKey(sub providers.Submission) string {
	sum := sha256.Sum256([]byte(sub.ProductCode + "\n" + sub.CSR))
	return sub.Reference + "-" + hex.EncodeToString(sum[:8])
}

// bought finds the certificate of an earlier attempt: the one that was rejected, or one under our reference. done says that it is
// completed as well. "" is none.
func (s *Shop) bought(ctx context.Context, sub providers.Submission) (id string, done bool, err error) {
	if sub.Earlier != "" {
		if id, err = s.earlier(ctx, sub.Earlier); id != "" || err != nil {
			return id, false, err
		}
	}
	o, err := s.find(ctx, sub.Reference)
	switch {
	case err == nil:
		return o.Details.ID.String(), !waits(wordOr(o.Details.Status)), nil
	case errors.Is(err, providers.ErrUnknown), errors.Is(err, providers.ErrUnsure):
		return "", false, nil
	}
	return "", false, err
}

// earlier looks at a certificate that was rejected: its id while it waits for a correction, "" when it is over. One that went on
// without us is a person's to judge: buying another would pay twice, and it may be for another key.
func (s *Shop) earlier(ctx context.Context, upstreamID string) (string, error) {
	if s.checkID(upstreamID) != nil {
		return "", nil
	}
	c, err := s.api.Certificate(ctx, upstreamID)
	switch {
	case errors.Is(err, providers.ErrUnknown):
		return "", nil
	case err != nil:
		return "", err
	case waits(word(c)):
		return upstreamID, nil
	case over(word(c)):
		return "", nil
	}
	return "", fmt.Errorf("%s: certificate %s was rejected before, and is %s now: %w", s.name, upstreamID, word(c), providers.ErrUnsure)
}

// find looks for a living order by our reference. ErrUnknown: there surely is none; ErrUnsure: the shop keeps no references.
func (s *Shop) find(ctx context.Context, reference string) (api.OrderedCertificate, error) {
	list, err := s.api.Orders(ctx, api.OrderFilter{Reference: reference, Limit: listPage})
	if err != nil {
		return api.OrderedCertificate{}, err
	}
	foreign := false
	for _, o := range list.Orders.Certificate {
		switch {
		case o.Reference == nil || o.Reference.String() != reference:
			foreign = true // the filter is not known here
		case !over(wordOr(o.Details.Status)) || !o.Dates.Issuance.IsZero():
			return o, nil
		}
	}
	if foreign {
		return api.OrderedCertificate{}, fmt.Errorf("%s: reference %s: this shop keeps no references: %w", s.name, reference, providers.ErrUnsure)
	}
	return api.OrderedCertificate{}, fmt.Errorf("%s: reference %s: %w", s.name, reference, providers.ErrUnknown)
}

// Find answers the certificate of a reference once it is completed: what is only bought is Submit's to go on with.
func (s *Shop) Find(ctx context.Context, reference string) (string, error) {
	o, err := s.find(ctx, reference)
	if err != nil {
		return "", err
	}
	if waits(wordOr(o.Details.Status)) {
		return "", fmt.Errorf("%s: reference %s: certificate %s is bought and not completed: %w", s.name, reference, o.Details.ID, providers.ErrUnknown)
	}
	return o.Details.ID.String(), nil
}

// generations is how often a certificate may be bought and cancelled again under one reference.
const generations = 5

// buy places a quick order. A shop that knows the key answers an order that was placed under it before; where that was cancelled
// since, the next key is tried.
func (s *Shop) buy(ctx context.Context, o api.QuickOrder) (id string, done bool, err error) {
	key := o.OnceKey
	for n := 2; ; n++ {
		placed, err := s.api.PlaceQuickOrder(ctx, o)
		if err != nil {
			return s.afterRefusal(ctx, o.Reference, err)
		}
		if len(placed.Certificate) == 0 || s.checkID(placed.Certificate[0].ID.String()) != nil {
			return "", false, fmt.Errorf("%s: order %d was placed without a certificate's id: %w", s.name, placed.OrderRef, providers.ErrUnsure)
		}
		id := placed.Certificate[0].ID.String()
		if !placed.Replayed {
			return id, true, nil
		}
		c, err := s.api.Certificate(ctx, id)
		switch {
		case err != nil:
			return "", false, dangling(id, "was placed", err)
		case !over(word(c)):
			return id, !waits(word(c)), nil
		case n > generations:
			return "", false, fmt.Errorf("%s: the orders of reference %s were all cancelled: %w", s.name, o.Reference, providers.ErrUnsure)
		}
		o.OnceKey = fmt.Sprintf("%s-%d", key, n)
	}
}

// cleanup is how long an order that was paid is seen to after its caller has gone.
const cleanup = 20 * time.Second

// afterRefusal looks whether a quick order that was refused was bought all the same, and gives it back where that can be done.
func (s *Shop) afterRefusal(ctx context.Context, reference string, cause error) (id string, done bool, err error) {
	var m *api.Missing
	if errors.As(cause, &m) {
		cause = providers.Refuse("product", m.Words)
	}
	var r *providers.Refusal
	if !errors.As(cause, &r) {
		return "", false, cause
	}
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanup)
	defer cancel()
	o, look := s.find(after, reference)
	switch {
	case errors.Is(look, providers.ErrUnknown), errors.Is(look, providers.ErrUnsure):
		return "", false, cause
	case look != nil:
		return "", false, fmt.Errorf("%s: reference %s was refused, and may have been bought: %w: %v", s.name, reference, providers.ErrUnsure, cause)
	case !waits(wordOr(o.Details.Status)):
		return o.Details.ID.String(), true, nil // it went on after all; Status tells how it stands
	}
	return "", false, s.giveBack(after, o.Details.ID.String(), r)
}

// giveBack cancels what was bought and can't be completed, or names it.
func (s *Shop) giveBack(ctx context.Context, id string, r *providers.Refusal) error {
	if _, err := s.api.Cancel(ctx, id); err == nil {
		return r
	}
	return &providers.Refusal{Field: r.Field, Message: r.Message, UpstreamID: id}
}

// complete hands in the CSR of a certificate that is paid. When that fails it finds out what became of it, and gives it back where
// that can be done.
func (s *Shop) complete(ctx context.Context, id string, o api.QuickOrder) error {
	f := api.Completion{CertificateID: id, CommonName: o.CommonName, CSR: o.CSR, DVAuthMethod: o.DVAuthMethod, ApproverEmail: o.ApproverEmail, Addon: o.Addon, Contacts: o.Contacts}
	_, err := s.api.Complete(ctx, f)
	if err == nil {
		return nil
	}
	// The money is spent: what follows is done although the caller may have given up.
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanup)
	defer cancel()
	c, look := s.api.Certificate(after, id)
	if look != nil {
		return dangling(id, "was bought", err)
	}
	var r *providers.Refusal
	refused := errors.As(err, &r)
	if waits(word(c)) && !refused && ctx.Err() == nil {
		// It surely was not completed, and completing spends nothing.
		if _, err = s.api.Complete(ctx, f); err == nil {
			return nil
		}
		if c, look = s.api.Certificate(after, id); look != nil {
			return dangling(id, "was bought", err)
		}
		refused = errors.As(err, &r)
	}
	switch {
	case !waits(word(c)):
		return nil // it was completed after all; Status tells how it stands
	case refused:
		return s.giveBack(after, id, r)
	}
	return dangling(id, "was bought and not completed", err)
}

// dangling is providers.ErrUnsure and nothing else: what a later call failed with must not be taken for the fate of the order.
func dangling(id, what string, err error) error {
	return fmt.Errorf("certificate %s %s: %w: %v", id, what, providers.ErrUnsure, err)
}
