package license724

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strconv"

	"certbay/providers"
	"certbay/providers/license724/internal/api"
)

// Submit buys a licence.
func (h *House) Submit(ctx context.Context, s providers.Submission) (providers.Receipt, error) {
	switch {
	case s.CSR != "" || len(s.Names) > 0:
		return providers.Receipt{}, providers.Refuse("product", "only software licences are sold here")
	case s.ProductCode == "":
		return providers.Receipt{}, providers.Refuse("product", "no product was named")
	}
	ip, err := address(s.IP)
	if err != nil {
		return providers.Receipt{}, err
	}
	a, err := h.api.Create(ctx, api.Purchase{Place: api.Place{Type: s.ProductCode, IP: ip}, BillingCycle: s.Months, OnceKey: s.Reference})
	if err != nil {
		return providers.Receipt{}, noSuchProduct(err)
	}
	if a.LicenseID < 1 {
		return providers.Receipt{}, fmt.Errorf("%s: %w: %w", h.name, errNoID, providers.ErrUnsure)
	}
	receipt := providers.Receipt{UpstreamID: strconv.FormatInt(int64(a.LicenseID), 10), Message: string(a.Message)}
	h.remember(receipt.UpstreamID, a.LicenseKey.String())
	return receipt, nil
}

// RenewLicence buys a further term.
func (h *House) RenewLicence(ctx context.Context, l providers.Licence, months int) error {
	_, err := h.api.Renew(ctx, api.Purchase{Place: place(l), BillingCycle: months})
	return err
}

// SuspendLicence stops a licence.
func (h *House) SuspendLicence(ctx context.Context, l providers.Licence) error {
	_, err := h.api.Suspend(ctx, place(l))
	return err
}

// UnsuspendLicence lets it work again.
func (h *House) UnsuspendLicence(ctx context.Context, l providers.Licence) error {
	_, err := h.api.Unsuspend(ctx, place(l))
	return err
}

// ChangeIP moves a licence.
func (h *House) ChangeIP(ctx context.Context, l providers.Licence, ip string) error {
	to, err := address(ip)
	if err != nil {
		return err
	}
	_, err = h.api.ChangeIP(ctx, api.Move{Place: place(l), NewIP: to})
	return err
}

// ChangeCore turns a licence into another product.
func (h *House) ChangeCore(ctx context.Context, l providers.Licence, productCode string) error {
	_, err := h.api.ChangeCore(ctx, api.CoreChange{Place: place(l), NewType: productCode})
	return err
}

// place is a licence in the dialect's words; its id is not among them.
func place(l providers.Licence) api.Place { return api.Place{Type: l.ProductCode, IP: l.IP} }

func address(s string) (string, error) {
	ip, err := netip.ParseAddr(s)
	if err != nil || ip.Zone() != "" {
		return "", providers.Refuse("ip", fmt.Sprintf("%q is not an IP address", s))
	}
	return ip.String(), nil
}

// noSuchProduct makes of "unknown", where there was nothing yet that could be unknown, that the product is not sold.
func noSuchProduct(err error) error {
	var m *api.Missing
	if errors.As(err, &m) {
		return providers.Refuse("product", m.Words)
	}
	return err
}
