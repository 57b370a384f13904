package gogetssl

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"certbay/db/certs"
	"certbay/providers"
	"certbay/providers/gogetssl/internal/api"
)

// anyServer is the webserver_type of "other", and unlimited the server_count of every licence.
const (
	anyServer = -1
	unlimited = -1
)

// Submit places an order. One that was paid before and waits for a correction is cancelled first.
func (r *Reseller) Submit(ctx context.Context, sub providers.Submission) (providers.Receipt, error) {
	o, err := translate(sub)
	if err != nil {
		return providers.Receipt{}, err
	}
	if err := r.giveUp(ctx, sub.Earlier); err != nil {
		return providers.Receipt{}, err
	}
	placed, err := r.api.AddSSLOrder(ctx, o)
	return r.receipt(placed, err)
}

// Renew places a renewal of an issued order; the upstream knows which by its product and domain.
func (r *Reseller) Renew(ctx context.Context, upstreamID string, sub providers.Submission) (providers.Receipt, error) {
	before, err := r.Status(ctx, upstreamID)
	if err != nil {
		return providers.Receipt{}, providers.Unsent(err)
	}
	if before.State != providers.StateIssued {
		return providers.Receipt{}, providers.Refuse("", "order "+upstreamID+" has no certificate to be renewed")
	}
	o, err := translate(sub)
	if err != nil {
		return providers.Receipt{}, err
	}
	if err := r.giveUp(ctx, sub.Earlier); err != nil {
		return providers.Receipt{}, err
	}
	placed, err := r.api.AddSSLRenewOrder(ctx, o)
	return r.receipt(placed, err)
}

func (r *Reseller) receipt(placed api.Placed, err error) (providers.Receipt, error) {
	var m *api.Missing
	switch {
	case errors.As(err, &m): // an order that is about to be placed can't be missing
		return providers.Receipt{}, providers.Refuse("", m.Words)
	case err != nil:
		return providers.Receipt{}, err
	case placed.OrderID < 1:
		return providers.Receipt{}, fmt.Errorf("%s: the order was accepted without an id: %w", r.name, providers.ErrUnsure)
	}
	return providers.Receipt{UpstreamID: strconv.FormatInt(int64(placed.OrderID), 10), Message: placed.Message.String()}, nil
}

// giveUp cancels an earlier order of the same wish that is paid and incomplete, so that it is not paid twice. What was rejected or
// cancelled is not the buyer's any more.
func (r *Reseller) giveUp(ctx context.Context, earlier string) error {
	if earlier == "" {
		return nil
	}
	id, o, err := r.order(ctx, earlier)
	switch {
	case errors.Is(err, providers.ErrUnknown):
		return nil
	case err != nil:
		return providers.Unsent(err)
	case o.Status != api.Incomplete:
		return nil
	}
	err = r.api.CancelSSLOrder(ctx, id, "replaced by a corrected order")
	var refusal *providers.Refusal
	if errors.As(err, &refusal) {
		return &providers.Refusal{Message: fmt.Sprintf("order %d waits there, paid, and can't be cancelled: %s", id, refusal.Message), UpstreamID: earlier}
	}
	var f *providers.Failure
	if errors.As(err, &f) {
		return providers.Unsent(err) // nothing was ordered, and cancelling may be repeated
	}
	return err
}

// translate refuses what the dialect can't say, or what would be ordered otherwise than it was meant.
func translate(sub providers.Submission) (api.NewOrder, error) {
	product, err := strconv.ParseInt(sub.ProductCode, 10, 64)
	if err != nil || product < 1 || sub.IP != "" {
		return api.NewOrder{}, providers.Refuse("product", fmt.Sprintf("there is no product %q", sub.ProductCode))
	}
	o := api.NewOrder{ProductID: product, Period: sub.Months, CSR: sub.CSR, ServerCount: unlimited, WebServerType: anyServer, SignatureHash: "SHA2",
		UniqueCode: uniqueCode(sub.Reference), OnceKey: sub.Reference}
	if o.DCVMethod, o.ApproverEmail, o.Names, err = choices(sub); err != nil {
		return o, err
	}
	o.Admin = api.Person{FirstName: sub.Contact.FirstName, LastName: sub.Contact.LastName, Title: sub.Contact.Title, Email: sub.Contact.Email, Phone: sub.Contact.Phone,
		Organization: sub.Org.Name, AddressLine1: sub.Org.Street, City: sub.Org.City, Country: sub.Org.Country, PostalCode: sub.Org.PostalCode, Region: sub.Org.Province}
	o.Tech = o.Admin
	o.Org = api.Organization{Name: sub.Org.Name, Division: sub.Org.Unit, DUNS: sub.Org.DunsNumber, AddressLine1: sub.Org.Street, City: sub.Org.City, Country: sub.Org.Country,
		Phone: sub.Org.Phone, PostalCode: sub.Org.PostalCode, Region: sub.Org.Province}
	return o, nil
}

// choices are the methods of all names. The main one is the CSR's, and has to be ours.
func choices(sub providers.Submission) (method, email string, others api.Names, err error) {
	names := slices.DeleteFunc(slices.Clone(sub.Names), func(c providers.DomainChoice) bool { return c.Name == "" })
	csr, err := certs.ParseCSR(sub.CSR)
	if err != nil {
		return "", "", others, providers.Refuse("csr", "the CSR can't be used: "+err.Error())
	}
	if len(names) == 0 {
		return "", "", others, nil
	}
	if len(csr.Names) == 0 || csr.Names[0] != names[0].Name {
		return "", "", others, providers.Refuse("csr", "the common name of the CSR is "+csr.CommonName+", not "+names[0].Name)
	}
	// The CA adds a name's twin for nothing, and a product for one name takes no list; beside other names it is listed.
	alone := !slices.ContainsFunc(names[1:], func(n providers.DomainChoice) bool { return !twin(names[0].Name, n.Name) })
	for i, n := range names {
		if err := possible(n); err != nil {
			return "", "", others, err
		}
		if i == 0 {
			method, email = string(n.Method), n.Email
			continue
		}
		if alone && slices.Contains(csr.Names, n.Name) {
			continue
		}
		others.DNSNames = append(others.DNSNames, n.Name)
		others.ApproverEmails = append(others.ApproverEmails, word(n.Method, n.Email))
	}
	return method, email, others, nil
}

// twin reports whether other comes free with main: the same name with or without www, and a wildcard's base.
func twin(main, other string) bool {
	base := strings.TrimPrefix(main, "*.")
	return other == "www."+base || base == "www."+other || base != main && base == other
}

// word is a method as the dialect writes it where an approver may stand too.
func word(m providers.Method, email string) string {
	if m == providers.MethodEmail {
		return email
	}
	return string(m)
}

// possible refuses methods that nobody can honour.
func possible(c providers.DomainChoice) error {
	switch {
	case !c.Method.Valid():
		return providers.Refuse("method", fmt.Sprintf("there is no method %q", c.Method))
	case strings.HasPrefix(c.Name, "*.") && (c.Method == providers.MethodHTTP || c.Method == providers.MethodHTTPS):
		return providers.Refuse("method", c.Name+" can't be validated by a file: wildcard names need dns or email")
	case c.Method == providers.MethodEmail && !strings.Contains(c.Email, "@"):
		return providers.Refuse("email", "an approver is needed for "+c.Name)
	}
	return nil
}

// newest is how many orders Find looks at: what is looked for was placed a moment ago.
const newest = 20

// Find looks for an order that carries the code of a reference: where the list tells codes in the list, else in what has to be
// published for the newest orders.
func (r *Reseller) Find(ctx context.Context, reference string) (string, error) {
	code := uniqueCode(reference)
	var ids []int64
	silent := 0
	for offset := 0; ; {
		page, err := r.api.AllSSLOrders(ctx, listPage, offset)
		if err != nil {
			return "", err
		}
		for _, o := range page.Orders {
			ids = append(ids, int64(o.OrderID))
			switch {
			case o.UniqueCode == nil:
				silent++
			case carries(o, code) && o.Status != api.Cancelled && o.Status != api.Rejected:
				return strconv.FormatInt(int64(o.OrderID), 10), nil
			}
		}
		offset += len(page.Orders)
		if len(page.Orders) == 0 || offset >= int(page.Count) && (page.Count > 0 || len(page.Orders) < listPage) {
			break
		}
	}
	if silent == 0 && len(ids) > 0 {
		return "", fmt.Errorf("%s: reference %s: none of the orders has the code made of it: %w", r.name, reference, providers.ErrUnknown)
	}
	slices.SortFunc(ids, func(a, b int64) int { return int(b - a) })
	for _, id := range ids[:min(len(ids), newest)] {
		o, err := r.api.OrderStatus(ctx, id)
		if errors.Is(err, providers.ErrUnknown) {
			continue
		}
		if err != nil {
			return "", err
		}
		if carries(o, code) && o.Status != api.Cancelled && o.Status != api.Rejected {
			return strconv.FormatInt(id, 10), nil
		}
	}
	return "", fmt.Errorf("%s: reference %s: the code made of it is in none of the newest orders, but not every order shows its code: %w", r.name, reference, providers.ErrUnsure)
}

// carries says whether a code is told of an order, or in what has to be published for it.
func carries(o api.Order, code string) bool {
	if o.UniqueCode != nil && strings.EqualFold(o.UniqueCode.String(), code) {
		return true
	}
	proofs := []api.Proof{o.ApproverMethod}
	for _, s := range o.SAN {
		proofs = append(proofs, s.Validation)
	}
	code = strings.ToLower(code)
	return slices.ContainsFunc(proofs, func(p api.Proof) bool {
		return p.HTTP != nil && strings.Contains(strings.ToLower(p.HTTP.Content), code) || p.HTTPS != nil && strings.Contains(strings.ToLower(p.HTTPS.Content), code) ||
			p.DNS != nil && strings.Contains(strings.ToLower(p.DNS.Record), code)
	})
}
