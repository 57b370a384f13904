package db

import (
	"cmp"
	"context"
	"fmt"
)

// BillingAddress is where a reseller's invoices are mailed to.
type BillingAddress struct {
	Own   string // chosen for invoices; empty: the usual one
	Usual string
}

// To is the address in use.
func (a BillingAddress) To() string { return cmp.Or(a.Own, a.Usual) }

// BillingAddress reads where a reseller's invoices go.
func (db *DB) BillingAddress(ctx context.Context, resellerID int64) (BillingAddress, error) {
	return billingAddress(ctx, db.read, resellerID)
}

func billingAddress(ctx context.Context, q querier, resellerID int64) (a BillingAddress, err error) {
	err = q.QueryRowContext(ctx, `select billing_email, email from reseller where id = $1`, resellerID).Scan(&a.Own, &a.Usual)
	return a, driverError(err)
}

// SetBillingAddress chooses where a reseller's invoices go; empty is the usual
// address. ErrInvalid when it is no plain e-mail address.
func (db *DB) SetBillingAddress(ctx context.Context, by Actor, resellerID int64, email string) error {
	if email != "" && !ValidEmail(email) {
		return fmt.Errorf("billing address: %w", ErrInvalid)
	}
	return db.transact(ctx, func(t *tx) error {
		before, err := billingAddress(ctx, t, resellerID)
		if err != nil || before.Own == email {
			return err
		}
		if err := changed(ctx, t, `update reseller set billing_email = $1 where id = $2`, email, resellerID); err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "reseller.billing_email", Object: object("reseller", resellerID), ResellerID: resellerID,
			Before: before.Own, After: email})
	})
}

// MailInvoice queues a mail that carries an invoice of a reseller. The invoice is
// called sent once the mail is; how that goes never touches money. Errors:
// ErrNotFound, ErrDuplicate while a mail with it is on its way to that address.
func (db *DB) MailInvoice(ctx context.Context, by Actor, resellerID, invoiceID int64, m Mail) error {
	return db.transact(ctx, func(t *tx) error {
		// Held, so that of two requests at once the second sees the first one's mail.
		var number string
		err := t.QueryRowContext(ctx, `update invoice set status = status where id = $1 and reseller_id = $2 returning number`, invoiceID, resellerID).Scan(&number)
		if err != nil {
			return err
		}
		var waiting int
		err = t.QueryRowContext(ctx, `select count(*) from mail where invoice_id = $1 and state = 'queued' and recipient = $2`, invoiceID, m.To).Scan(&waiting)
		if err != nil {
			return err
		}
		if waiting > 0 {
			return fmt.Errorf("mail of %s: %w", number, ErrDuplicate)
		}
		if err := queueInvoiceMail(ctx, t, invoiceID, m); err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "invoice.mail", Object: object("invoice", invoiceID), ResellerID: resellerID, After: number + " to " + m.To})
	})
}

// invoiceSent notes on an invoice that a mail has carried it to its reader. Unpaid
// and cancelled ones keep saying so.
func invoiceSent(ctx context.Context, t *tx, mailID int64) error {
	_, err := t.ExecContext(ctx, `update invoice set status = 'sent' where status = 'paid' and id = (select invoice_id from mail where id = $1)`, mailID)
	return err
}

// InvoiceMails lists the newest mails that carried an invoice, newest first.
func (db *DB) InvoiceMails(ctx context.Context, invoiceID int64) ([]OutboxMail, error) {
	return collect(ctx, db.read, scanMail, `select `+mailColumns+` from mail where invoice_id = $1 order by id desc limit 10`, invoiceID)
}
