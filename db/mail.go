package db

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Mail is a message to send: plain text, UTF-8.
type Mail struct {
	To      string `json:"to"`
	Subject string `json:"subject"`
	Body    string `json:"body"`

	Attachments []Attachment `json:"attachments,omitempty"`
}

// Attachment is a file that a mail carries.
type Attachment struct {
	Name    string `json:"name"`
	Type    string `json:"type"` // application/pdf
	Content []byte `json:"content"`
}

// MailState is where a message stands.
type MailState string

const (
	MailQueued MailState = "queued"
	MailSent   MailState = "sent"
	MailFailed MailState = "failed"
)

// OutboxMail is a message as the outbox lists it. Its body is kept only until it
// is sent, because it may carry a one-time link.
type OutboxMail struct {
	ID        int64
	To        string
	Subject   string
	State     MailState
	Error     string
	CreatedAt time.Time
	SentAt    time.Time
}

// queueMail writes a message and the job that sends it, in the transaction of
// the change it tells about. Sending never holds that change up.
func queueMail(ctx context.Context, t *tx, m Mail) error { return queueInvoiceMail(ctx, t, 0, m) }

func queueMails(ctx context.Context, t *tx, mails []Mail) error {
	for _, m := range mails {
		if err := queueMail(ctx, t, m); err != nil {
			return err
		}
	}
	return nil
}

// tellAdmins queues a mail to every administrator, worded for each.
func tellAdmins(ctx context.Context, t *tx, word func(to Person) Mail) error {
	people, err := admins(ctx, t)
	if err != nil {
		return err
	}
	for _, p := range people {
		if err := queueMail(ctx, t, word(p)); err != nil {
			return err
		}
	}
	return nil
}

// Admins lists the administrators who may sign in: whom the house writes to.
func (db *DB) Admins(ctx context.Context) ([]Person, error) { return admins(ctx, db.read) }

func admins(ctx context.Context, q querier) ([]Person, error) {
	return collect(ctx, q, func(s scanner) (p Person, err error) { return p, s.Scan(&p.ID, &p.Name, &p.Email, &p.Lang) },
		`select id, name, email, lang from person where role = 'admin' and status = 'active' order by id`)
}

// queueInvoiceMail is queueMail for a message that carries an invoice; 0 is none.
func queueInvoiceMail(ctx context.Context, t *tx, invoiceID int64, m Mail) error {
	id, err := insert(ctx, t, `insert into mail (recipient, subject, state, created_at, invoice_id) values ($1, $2, 'queued', $3, $4) returning id`,
		m.To, m.Subject, t.now, idOrNull(invoiceID))
	if err != nil {
		return err
	}
	_, err = enqueue(ctx, t, JobMail, id, m, t.now)
	return err
}

// QueueMail queues a message that belongs to no other change.
func (db *DB) QueueMail(ctx context.Context, m Mail) error {
	return db.transact(ctx, func(t *tx) error { return queueMail(ctx, t, m) })
}

// MailOf reads the message that a mail job carries.
func MailOf(j Job) (Mail, error) {
	var m Mail
	if err := json.Unmarshal([]byte(j.Payload), &m); err != nil {
		return m, fmt.Errorf("mail job %d: %w", j.ID, err)
	}
	return m, nil
}

// RecordMail notes how sending went; an empty cause means sent.
func (db *DB) RecordMail(ctx context.Context, id int64, cause string, final bool) error {
	return db.transact(ctx, func(t *tx) error {
		switch {
		case cause == "":
			if err := changed(ctx, t, `update mail set state = 'sent', error = '', sent_at = $1 where id = $2`, t.now, id); err != nil {
				return err
			}
			return invoiceSent(ctx, t, id)
		case final:
			return changed(ctx, t, `update mail set state = 'failed', error = $1 where id = $2`, cause, id)
		default:
			return changed(ctx, t, `update mail set error = $1 where id = $2`, cause, id)
		}
	})
}

// ResendMail makes a message's job due again; ErrNotFound when its body is gone
// because it was sent, ErrStale while it is being sent.
func (db *DB) ResendMail(ctx context.Context, by Actor, id int64) error {
	return db.transact(ctx, func(t *tx) error {
		var job int64
		if err := t.QueryRowContext(ctx, `select id from job where kind = $1 and subject_id = $2`, JobMail, id).Scan(&job); err != nil {
			return err
		}
		if err := runNow(ctx, t, job); err != nil {
			return err
		}
		if err := changed(ctx, t, `update mail set state = 'queued' where id = $1`, id); err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "mail.resend", Object: object("mail", id)})
	})
}

// Outbox lists messages, newest first; an empty or unknown state is every state.
func (db *DB) Outbox(ctx context.Context, state MailState, p Page) ([]OutboxMail, int, error) {
	where := conditions{}
	switch state {
	// Said in the query itself, so that the few that are not sent are found by their index.
	case MailQueued, MailFailed, MailSent:
		where.parts = []string{"state = '" + string(state) + "'"}
	}
	return list(ctx, db.read, scanMail, mailColumns, "mail", where, nil, "id desc", p)
}

const mailColumns = `id, recipient, subject, state, error, created_at, sent_at`

func scanMail(s scanner) (m OutboxMail, err error) {
	err = s.Scan(&m.ID, &m.To, &m.Subject, &m.State, &m.Error, moment{&m.CreatedAt}, moment{&m.SentAt})
	return m, err
}
