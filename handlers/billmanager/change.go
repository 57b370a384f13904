package billmanager

import (
	"context"
	"errors"
	"slices"
	"strings"

	"certbay/db"
)

// each does something with every certificate that elid names, and stops at the first
// that refuses.
func (c *call) each(do func(db.Order) error) (*node, error) {
	ids, err := c.fields.elids()
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		o, err := c.certificate(id)
		if err != nil {
			return nil, err
		}
		if err := do(o); err != nil {
			return nil, err
		}
	}
	return doc(c.fn.name).ok(), nil
}

// delete is func=certificate.delete: an order that was not issued is cancelled, and
// its money comes back at once, or when the authority has confirmed. One that is
// cancelled stays so.
func (c *call) delete() (*node, error) {
	return c.each(func(o db.Order) error {
		if o.Status == db.StatusCancelled && o.CompletedAt.IsZero() {
			return nil
		}
		return c.Change(o.ID, errTooLate, patience, func(ctx context.Context) ([]int64, error) {
			job, err := c.Book.CancelOrder(ctx, c.Caller.Actor(), o.ResellerID, o.ID)
			return []int64{job}, err
		})
	})
}

// retry is func=certificate.retry: the mails to approvers are sent once more, or
// where none is waited for, the names are looked at.
func (c *call) retry() (*node, error) {
	return c.each(func(o db.Order) error {
		err := c.Change(o.ID, db.ErrStale, patience, func(ctx context.Context) ([]int64, error) {
			return c.Book.ResendAllDCV(ctx, c.Caller.Actor(), o.ResellerID, o.ID)
		})
		if !errors.Is(err, db.ErrStale) {
			return err
		}
		return c.Change(o.ID, errNoWait, patience, func(ctx context.Context) ([]int64, error) {
			job, err := c.Book.CheckNow(ctx, o.ResellerID, o.ID)
			return []int64{job}, err
		})
	})
}

// sync is func=certificate.sync: the authority is asked how a certificate stands.
func (c *call) sync() (*node, error) {
	return c.each(func(o db.Order) error {
		job, err := c.Book.AskNow(c.Ctx, o.ResellerID, o.ID)
		if err != nil {
			return err
		}
		return c.Gate.Await(c.Ctx, patience, job)
	})
}

// resume is func=certificate.resume.
func (c *call) resume() (*node, error) {
	return c.each(func(db.Order) error { return errNotStopped })
}

// reissuable finds the certificate of elid where it can be reissued.
func (c *call) reissuable() (db.Order, error) {
	o, err := c.element()
	if err != nil {
		return o, err
	}
	if _, err := c.Book.IssuedCertificate(c.Ctx, o.ID); errors.Is(err, db.ErrNotFound) || err == nil && o.Status != db.StatusCompleted {
		return o, errNotIssued
	} else if err != nil {
		return o, err
	}
	return o, nil
}

// reissueForm is func=certificate.reissue: the form before the second step.
func (c *call) reissueForm() (*node, error) {
	o, err := c.reissuable()
	if err != nil {
		return nil, err
	}
	return c.form(o)
}

// reissue is func=certificate.reissue.step2. Of crt_type oldrequest keeps the CSR
// and the names, manual brings a CSR, with altname beside it other names as well,
// and altname brings other names.
func (c *call) reissue() (*node, error) {
	if err := c.submitted(); err != nil {
		return nil, err
	}
	o, err := c.reissuable()
	if err != nil {
		return nil, err
	}
	config, err := c.reissued(o)
	if err != nil {
		return nil, err
	}
	if c.Happened() == 0 {
		err = c.Change(o.ID, errNotIssued, patience, func(ctx context.Context) ([]int64, error) {
			job, err := c.Book.Reissue(ctx, c.Caller.Actor(), o.ResellerID, o.ID, config)
			return []int64{job}, err
		})
	}
	return doc(c.fn.name).ok(), err
}

// reissued reads what a reissue is to change. Without a method each name is proven
// as it was before.
func (c *call) reissued(o db.Order) (config db.Configuration, err error) {
	names, err := c.altnames()
	if err != nil {
		return config, err
	}
	names = slices.DeleteFunc(names, func(name string) bool { return name == o.Domain })
	if len(names) > 0 {
		config.SANs = names
	}
	switch strings.ToLower(c.fields.text("crt_type")) {
	case "oldrequest":
		config.SANs = nil
	case "manual", "":
		if config.CSR = c.fields.text("csr"); config.CSR == "" {
			return config, &wrongField{"csr", "The parameter is required"}
		}
	case "altname":
		if len(names) == 0 {
			return config, &wrongField{"altname", "The parameter is required"}
		}
		config.OnlySANs = true
	default:
		return config, &wrongField{"crt_type", "oldrequest, manual or altname is needed"}
	}
	if c.fields.text("approver_method") == "" && c.fields.first("approver_email", "approver_email_1") == "" {
		return config, nil
	}
	if names == nil || config.SANs == nil {
		if names, err = c.Book.Names(c.Ctx, o.ID); err != nil {
			return config, err
		}
	}
	return config, c.prove(&config, append([]string{o.Domain}, names...))
}
