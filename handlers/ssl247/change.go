package ssl247

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"certbay/db"
	"certbay/db/certs"
)

type outcome struct {
	Message string `json:"message"`
	Status  string `json:"status"`
	Details string `json:"details"`
}

// awaiting writes a wish about an order and waits for what becomes of it; what the
// authority refused meanwhile is an error. stale is said when the order does not
// stand where it could be done.
func (c *call) awaiting(o db.Order, stale error, wish func(context.Context) (jobID int64, err error)) error {
	return c.Change(o.ID, stale, patience, func(ctx context.Context) ([]int64, error) {
		job, err := wish(ctx)
		return []int64{job}, err
	})
}

// cancel is /certificate/{id}/cancel. The money comes back at once, or when the
// authority has confirmed. Asking again for what is cancelled succeeds.
func (c *call) cancel() (any, error) {
	o, err := c.ownCertificate(c.path[0])
	if err != nil {
		return nil, err
	}
	if o.Status != db.StatusCancelled && c.Happened() == 0 {
		err := c.awaiting(o, errTooLate, func(ctx context.Context) (int64, error) {
			return c.Book.CancelOrder(ctx, c.Caller.Actor(), o.ResellerID, o.ID)
		})
		if err != nil {
			return nil, err
		}
	}
	if o, err = c.Book.Order(c.Ctx, o.ResellerID, o.ID); err != nil {
		return nil, err
	}
	answer := outcome{"The certificate is cancelled", statusOf(o, c.Book.Now()).Code, decimal(o.PayableCents()) + " " + currency + " came back to the deposit"}
	if o.Status != db.StatusCancelled {
		answer.Message, answer.Details = "The authority is asked to cancel the certificate", ""
	}
	return []outcome{answer}, nil
}

// revoke is /certificate/{id}/revoke: for good, and without a refund. Asking again for
// what is revoked succeeds.
func (c *call) revoke() (any, error) {
	o, err := c.ownCertificate(c.path[0])
	if err != nil {
		return nil, err
	}
	if c.Happened() == 0 {
		err := c.awaiting(o, errNotRevoked, func(ctx context.Context) (int64, error) {
			return c.Book.Revoke(ctx, c.Caller.Actor(), o.ResellerID, o.ID, cmp.Or(c.fields.text("reason"), "unspecified"))
		})
		if err != nil {
			return nil, err
		}
	}
	if o, err = c.Book.Order(c.Ctx, o.ResellerID, o.ID); err != nil {
		return nil, err
	}
	answer := outcome{"The certificate is revoked", statusOf(o, c.Book.Now()).Code, ""}
	if o.Status != db.StatusCancelled {
		answer.Message = "The authority is asked to revoke the certificate"
	}
	return []outcome{answer}, nil
}

// reissue is /certificate/{id}/reissue: a further certificate within the term, for
// the names of the new CSR. Every certificate is signed with SHA-256 or better, so
// hash is passed over.
func (c *call) reissue() (any, error) {
	o, err := c.ownCertificate(c.path[0])
	if err != nil {
		return nil, err
	}
	if c.Happened() == 0 {
		csr := c.fields.text("new_csr")
		if csr == "" {
			return nil, &wrongField{"new_csr", "is needed"}
		}
		config := db.Configuration{CSR: csr, SANs: namesIn(csr, o.Domain)}
		err := c.awaiting(o, errNotReissued, func(ctx context.Context) (int64, error) {
			return c.Book.Reissue(ctx, c.Caller.Actor(), o.ResellerID, o.ID, config)
		})
		if err != nil {
			return nil, err
		}
	}
	s, err := c.standing(o)
	if err != nil {
		return nil, err
	}
	answer := struct {
		Status  string `json:"status"`
		Message string `json:"message"`
	}{pending, "The reissue is under way"}
	if !s.reissuing() {
		answer.Status, answer.Message = issued, "The certificate is reissued"
	}
	return answer, nil
}

// namesIn are none where a CSR names more than the domain, so that the certificate
// gets those; nil where it does not, so that those that were ordered stay.
func namesIn(text, domain string) []string {
	csr, err := certs.ParseCSR(text)
	if err == nil && slices.ContainsFunc(csr.Names, func(n string) bool {
		bare := strings.TrimPrefix(strings.TrimPrefix(domain, "*."), "www.")
		return n != domain && n != bare && n != "www."+bare
	}) {
		return []string{}
	}
	return nil
}

// renew is /certificate/{original_certificate_id}/renew: an order of its own for the
// same product and names, which waits for its CSR.
func (c *call) renew() (any, error) {
	before, err := c.ownCertificate(c.path[0])
	if err != nil {
		return nil, err
	}
	if before.Status != db.StatusCompleted && before.Status != db.StatusExpired {
		return nil, errNotRenewed
	}
	o, err := c.happenedOr(func() (db.Order, error) {
		term, err := c.fields.number("years", 1, max(1, before.Months/12))
		if err != nil {
			return db.Order{}, err
		}
		if _, err := c.sold(id(before.ProductID)); err != nil {
			return db.Order{}, err
		}
		s, err := c.standing(before)
		if err != nil {
			return db.Order{}, err
		}
		n := db.NewOrder{ProductID: before.ProductID, Months: 12 * min(term, 1000), Domain: before.Domain, SANCount: before.SANCount, WildcardSANCount: before.WildcardSANCount,
			Note: renewed + before.Number, Reference: c.fields.text("reference"), CustomerName: before.CustomerName, CustomerEmail: before.CustomerEmail}
		if before.Renewable(c.Book.Now()) {
			n.Renews = before.ID
		}
		if n.SANCount+n.WildcardSANCount > 0 {
			n.SANs = s.entered
		}
		return c.Book.PlaceOrder(c.Ctx, c.Caller.Actor(), before.ResellerID, n)
	})
	return struct {
		CertificateID string `json:"certificate_id"`
	}{id(o.ID)}, err
}
