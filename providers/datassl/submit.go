package datassl

import (
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
	"certbay/providers/datassl/internal/api"
)

// Submit buys and configures. Its order is: look for what was bought already, buy, configure; what can be found wrong is found
// before money is spent.
func (s *Shop) Submit(ctx context.Context, sub providers.Submission) (providers.Receipt, error) {
	order, err := s.examine(ctx, sub)
	if err != nil {
		return providers.Receipt{}, err
	}
	id, done, err := s.bought(ctx, sub)
	if err != nil {
		return providers.Receipt{}, providers.Unsent(err)
	}
	if id == 0 {
		if id, done, err = s.buy(ctx, order); err != nil {
			return providers.Receipt{}, err
		}
	}
	receipt := providers.Receipt{UpstreamID: strconv.FormatInt(id, 10)}
	if done || sub.IP != "" {
		return receipt, nil
	}
	if err := s.configure(ctx, id, sub); err != nil {
		return providers.Receipt{}, err
	}
	return receipt, nil
}

// examine refuses what the dialect can't say, and what the shop finds wrong with the CSR.
func (s *Shop) examine(ctx context.Context, sub providers.Submission) (api.NewOrder, error) {
	product, err := strconv.ParseInt(sub.ProductCode, 10, 64)
	if err != nil || product < 1 {
		return api.NewOrder{}, providers.Refuse("product", fmt.Sprintf("there is no product %q", sub.ProductCode))
	}
	order := api.NewOrder{ProductID: product, Period: sub.Months, Reference: sub.Reference, OnceKey: onceKey(sub)}
	if sub.IP != "" {
		order.Domain = sub.IP
		return order, nil
	}
	if _, err := s.api.DecodeCSR(ctx, sub.CSR); err != nil {
		var r *providers.Refusal
		if errors.As(err, &r) {
			return order, providers.Refuse("csr", r.Message)
		}
		return order, providers.Unsent(err)
	}
	names := slices.DeleteFunc(slices.Clone(sub.Names), func(c providers.DomainChoice) bool { return c.Name == "" })
	if len(names) == 0 {
		return order, nil // code signing
	}
	csr, err := certs.ParseCSR(sub.CSR)
	if err != nil {
		return order, providers.Refuse("csr", "the CSR can't be read")
	}
	order.Domain = names[0].Name
	for i, n := range names {
		if err := possible(n); err != nil {
			return order, err
		}
		switch {
		case !slices.Contains(csr.Names, n.Name) && !(i > 0 && twin(order.Domain, n.Name)):
			return order, providers.Refuse("csr", n.Name+" is not in the CSR, and this upstream takes the names from there")
		case i == 0 || twin(order.Domain, n.Name):
		case strings.HasPrefix(n.Name, "*."):
			order.SANWildcardCount++
		default:
			order.SANCount++
		}
	}
	return order, nil
}

// onceKey is the reference and a mark of what is wished for: another book that buys on the same account may count its references
// alike, and must not be answered with our order.
func onceKey(sub providers.Submission) string {
	sum := sha256.Sum256([]byte(sub.ProductCode + "\n" + sub.IP + "\n" + sub.CSR))
	return sub.Reference + "-" + hex.EncodeToString(sum[:8])
}

// possible refuses methods that no shop can honour, and that some would quietly replace by another.
func possible(c providers.DomainChoice) error {
	switch {
	case !c.Method.Valid():
		return providers.Refuse("method", fmt.Sprintf("there is no method %q", c.Method))
	case strings.HasPrefix(c.Name, "*.") && (c.Method == providers.MethodHTTP || c.Method == providers.MethodHTTPS):
		return providers.Refuse("method", c.Name+" can't be validated by a file: wildcard names need dns or email")
	}
	return nil
}

// twin reports whether other comes free with main: the same name with or without www, and a wildcard's base.
func twin(main, other string) bool {
	base := strings.TrimPrefix(main, "*.")
	return other == "www."+base || base == "www."+other || base != main && base == other
}

// bought finds the order of an earlier attempt: the one that was rejected, or one under our reference. done says that it is
// configured as well. 0 is none.
func (s *Shop) bought(ctx context.Context, sub providers.Submission) (id int64, done bool, err error) {
	if sub.Earlier != "" {
		if id, err = s.earlier(ctx, sub.Earlier); id != 0 || err != nil {
			return id, false, err
		}
	}
	o, err := s.find(ctx, sub.Reference)
	switch {
	case err == nil:
		return int64(o.ID), !waits(o.Status.String()), nil
	case errors.Is(err, providers.ErrUnknown), errors.Is(err, providers.ErrUnsure):
		return 0, false, nil
	}
	return 0, false, err
}

// earlier looks at an order that was rejected: its id while it waits for a correction, 0 when it is over. One that went on
// without us is a person's to judge: buying another would pay twice, and it may be for another key.
func (s *Shop) earlier(ctx context.Context, upstreamID string) (int64, error) {
	id, err := s.parseID(upstreamID)
	if err != nil {
		return 0, nil
	}
	v, err := s.api.SSL(ctx, id)
	switch {
	case errors.Is(err, providers.ErrUnknown):
		return 0, nil
	case err != nil:
		return 0, err
	case waits(v.Status.String()):
		return id, nil
	case v.Status == api.Cancelled, v.Status == api.Expired:
		return 0, nil
	}
	return 0, fmt.Errorf("%s: order %d was rejected before, and is %s now: %w", s.name, id, v.Status, providers.ErrUnsure)
}

// waits says that an order waits for its configuration.
func waits(status string) bool { return status == api.Pending || status == api.PendingConfiguration }

// find looks for a living order by our reference. ErrUnknown: there surely is none; ErrUnsure: the shop keeps no references.
func (s *Shop) find(ctx context.Context, reference string) (api.Order, error) {
	list, err := s.api.Orders(ctx, api.OrderFilter{Reference: reference, Page: api.Page{Limit: listPage}})
	if err != nil {
		return api.Order{}, err
	}
	foreign := false
	for _, o := range list.Orders {
		switch {
		case o.Reference == nil || o.Reference.String() != reference:
			foreign = true // the filter is not known here
		case o.Status != api.Cancelled:
			return o, nil
		}
	}
	if foreign {
		return api.Order{}, fmt.Errorf("%s: reference %s: this shop keeps no references: %w", s.name, reference, providers.ErrUnsure)
	}
	return api.Order{}, fmt.Errorf("%s: reference %s: %w", s.name, reference, providers.ErrUnknown)
}

// Find answers the order of a reference once it is configured: what is only paid is Submit's to go on with.
func (s *Shop) Find(ctx context.Context, reference string) (string, error) {
	o, err := s.find(ctx, reference)
	if err != nil {
		return "", err
	}
	if o.Status == api.Pending && providers.Type(o.Type) != providers.TypeLicence {
		return "", fmt.Errorf("%s: reference %s: order %d is paid and not configured: %w", s.name, reference, o.ID, providers.ErrUnknown)
	}
	return strconv.FormatInt(int64(o.ID), 10), nil
}

// generations is how often an order may be bought and cancelled again under one reference.
const generations = 5

// buy places the order. A shop that knows the key answers an order that was placed under it before; where that was cancelled
// since, the next key is tried.
func (s *Shop) buy(ctx context.Context, order api.NewOrder) (id int64, done bool, err error) {
	key := order.OnceKey
	for n := 2; ; n++ {
		placed, err := s.api.CreateOrder(ctx, order)
		if errors.Is(err, providers.ErrUnknown) {
			var m *api.Missing
			if errors.As(err, &m) {
				return 0, false, providers.Refuse("product", m.Words)
			}
		}
		if err != nil {
			return 0, false, err
		}
		id := int64(placed.OrderID)
		if id < 1 {
			return 0, false, fmt.Errorf("%s: the order was accepted without an id: %w", s.name, providers.ErrUnsure)
		}
		if !placed.Replayed {
			return id, false, nil
		}
		v, err := s.api.SSL(ctx, id)
		switch {
		case err != nil:
			return 0, false, dangling(id, "was placed", err)
		case v.Status != api.Cancelled:
			return id, !waits(v.Status.String()), nil
		case n > generations:
			return 0, false, fmt.Errorf("%s: the orders of reference %s were all cancelled: %w", s.name, order.Reference, providers.ErrUnsure)
		}
		order.OnceKey = fmt.Sprintf("%s-%d", key, n)
	}
}

// cleanup is how long an order that was paid is seen to after its caller has gone.
const cleanup = 20 * time.Second

// configure hands in the CSR of an order that is paid. When that fails it finds out what became of the order, and gives it back
// where that can be done.
func (s *Shop) configure(ctx context.Context, id int64, sub providers.Submission) error {
	f := configuration(id, sub)
	_, err := s.api.Configure(ctx, f)
	if err == nil {
		s.otherMethods(ctx, id, sub)
		return nil
	}
	// The money is spent: what follows is done although the caller may have given up.
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanup)
	defer cancel()
	v, look := s.api.SSL(after, id)
	if look != nil {
		return dangling(id, "was placed", err)
	}
	if v.Status == api.Pending && !errors.Is(err, providers.ErrRefused) && ctx.Err() == nil {
		// It surely was not configured, and configuring spends nothing.
		if _, err = s.api.Configure(ctx, f); err == nil {
			s.otherMethods(ctx, id, sub)
			return nil
		}
		if v, look = s.api.SSL(after, id); look != nil {
			return dangling(id, "was placed", err)
		}
	}
	var r *providers.Refusal
	refused := errors.As(err, &r)
	switch {
	case !waits(v.Status.String()):
		return nil // it was configured after all; Status tells how it stands
	case v.Status == api.Pending:
		if _, cancelled := s.api.CancelOrder(after, id); cancelled == nil {
			if refused {
				return err
			}
			return fmt.Errorf("order %d was placed and cancelled: %w: %w", id, providers.ErrNotSent, cause(err))
		}
	}
	if refused {
		return &providers.Refusal{Field: r.Field, Message: r.Message, UpstreamID: strconv.FormatInt(id, 10)}
	}
	return dangling(id, "was placed and not configured", err)
}

// dangling is providers.ErrUnsure and nothing else: what a later call failed with must not be taken for the fate of the order.
func dangling(id int64, what string, err error) error {
	return fmt.Errorf("order %d %s: %w: %v", id, what, providers.ErrUnsure, err)
}

// cause is an error without what it says about having arrived.
func cause(err error) error {
	var f *providers.Failure
	if errors.As(err, &f) {
		out := *f
		out.Reached = false
		return &out
	}
	return err
}

func configuration(id int64, sub providers.Submission) api.Configuration {
	f := api.Configuration{
		OrderID: id, CSR: sub.CSR,
		AdminFirstName: sub.Contact.FirstName, AdminLastName: sub.Contact.LastName, AdminTitle: sub.Contact.Title, AdminEmail: sub.Contact.Email,
		AdminPhone: sub.Contact.Phone, OrgName: sub.Org.Name, OrgAddress: sub.Org.Street, OrgCity: sub.Org.City, OrgState: sub.Org.Province,
		OrgPostalCode: sub.Org.PostalCode, OrgCountry: sub.Org.Country,
		Delivery: sub.Delivery,
	}
	if len(sub.Names) > 0 {
		f.DCVMethod, f.ApproverEmail = string(sub.Names[0].Method), sub.Names[0].Email
	}
	return f
}

// otherMethods sets what the names after the first are validated by, where that differs. The order stands whether it succeeds or
// not: Status says by what each name is validated, and it can be changed again.
func (s *Shop) otherMethods(ctx context.Context, id int64, sub providers.Submission) {
	for _, n := range sub.Names[min(1, len(sub.Names)):] {
		if n.Method != sub.Names[0].Method || n.Email != sub.Names[0].Email {
			_, _ = s.api.ChangeDCV(ctx, api.DCVChange{OrderID: id, DCVMethod: string(n.Method), ApproverEmail: n.Email, Domain: n.Name})
		}
	}
}
