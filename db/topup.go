package db

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"
)

// TopUpState is where a top-up request stands.
type TopUpState string

const (
	TopUpPending   TopUpState = "pending"   // the operator's move
	TopUpApproved  TopUpState = "approved"  // its amount is on the wallet
	TopUpRefused   TopUpState = "refused"   // nothing moved
	TopUpWithdrawn TopUpState = "withdrawn" // by the reseller; nothing moved
)

const (
	MaxTopUp         = 100_000_000 // USD cents of one request
	MaxBankReference = 100         // characters
	MaxTopUpNote     = 500         // characters
	maxPendingTopUps = 10          // of one reseller
)

// ErrManyTopUps is the answer to a reseller whose requests pile up undecided.
var ErrManyTopUps = errors.New("too many top-ups wait to be decided")

// TopUp is a reseller's word that it has transferred money, and what an admin
// made of it. Amounts are USD cents.
type TopUp struct {
	ID            int64
	ResellerID    int64
	ResellerName  string
	Cents         int64
	BankReference string // as the bank's statement shows it
	State         TopUpState
	Note          string // of who decided, for the reseller to read
	AskedBy       string
	AskerEmail    string // the person's, else the reseller's
	AskerLang     string // "" when the asker has chosen none
	MediaType     string // of the receipt: MediaPDF, MediaJPEG, MediaPNG
	Size          int64  // of the receipt, in bytes
	At            time.Time
	DecidedBy     string // an admin, or who withdrew it; "" while pending
	DecidedAt     time.Time
}

// HasReceipt says whether the receipt is still kept; a withdrawn request's is not.
func (u TopUp) HasReceipt() bool { return u.State != TopUpWithdrawn }

// NewTopUp is a request to be. FormToken makes a form that is sent twice one request.
type NewTopUp struct {
	Cents         int64
	BankReference string
	Receipt       []byte
	FormToken     string
}

// TopUpMails words the mails that tell of a request or of its decision. It runs
// inside the transaction and touches nothing.
type TopUpMails func(TopUp) []Mail

const (
	topUpColumns = `u.id, u.reseller_id, r.name, u.amount_cents, u.bank_reference, u.state, u.note, u.asked_by, coalesce(p.email, r.email), coalesce(p.lang, ''),
		u.media_type, u.size_bytes, u.created_at, u.decided_by, u.decided_at`
	topUpTables = `topup u join reseller r on r.id = u.reseller_id left join person p on p.id = u.person_id`
)

func scanTopUp(s scanner) (u TopUp, err error) {
	err = s.Scan(&u.ID, &u.ResellerID, &u.ResellerName, &u.Cents, &u.BankReference, &u.State, &u.Note, &u.AskedBy, &u.AskerEmail, &u.AskerLang,
		&u.MediaType, &u.Size, moment{&u.At}, &u.DecidedBy, moment{&u.DecidedAt})
	return u, err
}

func topUpByID(ctx context.Context, q querier, id int64) (TopUp, error) {
	return one(ctx, q, scanTopUp, `select `+topUpColumns+` from `+topUpTables+` where u.id = $1`, id)
}

// AskTopUp keeps a request with its receipt; no money moves. The receipt lies in
// the book itself, not in a folder: several processes on one PostgreSQL share it,
// and a backup is whole. ErrInvalid (the amount or the reference), the errors of
// ReceiptType, ErrSuspended, ErrManyTopUps, and ErrDuplicate when the form was
// sent before.
func (db *DB) AskTopUp(ctx context.Context, by Actor, resellerID int64, n NewTopUp, mails TopUpMails) (TopUp, error) {
	if n.Cents <= 0 || n.Cents > MaxTopUp {
		return TopUp{}, fmt.Errorf("amount: %w", ErrInvalid)
	}
	if n.BankReference == "" || utf8.RuneCountInString(n.BankReference) > MaxBankReference {
		return TopUp{}, fmt.Errorf("bank reference: %w", ErrInvalid)
	}
	media, err := ReceiptType(n.Receipt)
	if err != nil {
		return TopUp{}, err
	}
	var asker, token any
	if by.Kind == ByPerson && by.ID != 0 {
		asker = by.ID
	}
	if n.FormToken != "" {
		token = n.FormToken
	}
	var made TopUp
	err = db.transact(ctx, func(t *tx) error {
		if err := mayBuy(ctx, t, resellerID); err != nil {
			return err
		}
		id, err := insert(ctx, t, `insert into topup (reseller_id, amount_cents, bank_reference, state, person_id, asked_by, form_token, media_type, size_bytes, created_at)
			values ($1, $2, $3, 'pending', $4, $5, $6, $7, $8, $9) returning id`,
			resellerID, n.Cents, n.BankReference, asker, by.Name, token, media, len(n.Receipt), t.now)
		if err != nil {
			return err
		}
		var pending int
		if err := t.QueryRowContext(ctx, `select count(*) from topup where reseller_id = $1 and state = 'pending'`, resellerID).Scan(&pending); err != nil {
			return err
		}
		if pending > maxPendingTopUps {
			return ErrManyTopUps
		}
		if _, err := t.ExecContext(ctx, `insert into topup_receipt (topup_id, content) values ($1, $2)`, id, n.Receipt); err != nil {
			return err
		}
		if made, err = topUpByID(ctx, t, id); err != nil {
			return err
		}
		if err := queueMails(ctx, t, mails(made)); err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "topup.ask", Object: object("topup", id), ResellerID: resellerID,
			After: cents2(n.Cents) + " USD: " + n.BankReference})
	})
	if err != nil {
		return TopUp{}, err
	}
	return made, nil
}

// ApproveTopUp puts the amount of a pending request on its reseller's wallet.
// ErrStale when it is not pending any more, so that money moves once however
// many admins click; ErrNotFound, ErrInvalid (the note).
func (db *DB) ApproveTopUp(ctx context.Context, by Actor, id int64, note string, mails TopUpMails) error {
	return db.decideTopUp(ctx, by, id, TopUpApproved, note, mails)
}

// RefuseTopUp turns a pending request down for a reason the reseller reads;
// nothing moves. Errors are those of ApproveTopUp.
func (db *DB) RefuseTopUp(ctx context.Context, by Actor, id int64, note string, mails TopUpMails) error {
	if note == "" {
		return fmt.Errorf("note: %w", ErrInvalid)
	}
	return db.decideTopUp(ctx, by, id, TopUpRefused, note, mails)
}

func (db *DB) decideTopUp(ctx context.Context, by Actor, id int64, to TopUpState, note string, mails TopUpMails) error {
	if utf8.RuneCountInString(note) > MaxTopUpNote {
		return fmt.Errorf("note: %w", ErrInvalid)
	}
	return db.transact(ctx, func(t *tx) error {
		u, err := settleTopUp(ctx, t, by, id, to, note)
		if err != nil {
			return err
		}
		action := "topup.refuse"
		if to == TopUpApproved {
			action = "topup.approve"
			err := post(ctx, t, posting{ref: fmt.Sprint("topup_request:", u.ID), kind: "topup", reseller: u.ResellerID, memo: u.BankReference,
				legs: []leg{{Wallet, u.Cents}, {TopUpSource, -u.Cents}}})
			if err != nil {
				return err
			}
		}
		if err := queueMails(ctx, t, mails(u)); err != nil {
			return err
		}
		after := cents2(u.Cents) + " USD: " + u.BankReference
		if note != "" {
			after += " (" + note + ")"
		}
		return audit(ctx, t, by, Change{Action: action, Object: object("topup", id), ResellerID: u.ResellerID, Before: string(TopUpPending), After: after})
	})
}

// WithdrawTopUp takes a reseller's own pending request back and forgets its
// receipt. ErrStale when it is decided; ErrNotFound for any other reseller's.
func (db *DB) WithdrawTopUp(ctx context.Context, by Actor, resellerID, id int64) error {
	return db.transact(ctx, func(t *tx) error {
		u, err := topUpByID(ctx, t, id)
		if err != nil {
			return err
		}
		if u.ResellerID != resellerID {
			return ErrNotFound
		}
		if _, err := settleTopUp(ctx, t, by, id, TopUpWithdrawn, ""); err != nil {
			return err
		}
		if err := changed(ctx, t, `delete from topup_receipt where topup_id = $1`, id); err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "topup.withdraw", Object: object("topup", id), ResellerID: resellerID,
			Before: string(TopUpPending), After: cents2(u.Cents) + " USD: " + u.BankReference})
	})
}

// settleTopUp takes a request out of pending and answers it as it is now.
func settleTopUp(ctx context.Context, t *tx, by Actor, id int64, to TopUpState, note string) (TopUp, error) {
	err := changed(ctx, t, `update topup set state = $1, note = $2, decided_by = $3, decided_at = $4 where id = $5 and state = 'pending'`,
		to, note, by.Name, t.now, id)
	if err != nil && !errors.Is(err, ErrStale) {
		return TopUp{}, err
	}
	u, missing := topUpByID(ctx, t, id)
	if missing != nil {
		return TopUp{}, missing
	}
	return u, err
}

// TopUp finds a reseller's request; ErrNotFound for any other reseller's.
func (db *DB) TopUp(ctx context.Context, resellerID, id int64) (TopUp, error) {
	return one(ctx, db.read, scanTopUp, `select `+topUpColumns+` from `+topUpTables+` where u.id = $1 and u.reseller_id = $2`, id, resellerID)
}

// AnyTopUp finds a request of any reseller; operator only.
func (db *DB) AnyTopUp(ctx context.Context, id int64) (TopUp, error) {
	return topUpByID(ctx, db.read, id)
}

// TopUpReceipt reads the file of a request that TopUp or AnyTopUp has answered;
// ErrNotFound once it was withdrawn.
func (db *DB) TopUpReceipt(ctx context.Context, u TopUp) (content []byte, err error) {
	err = db.read.QueryRowContext(ctx, `select content from topup_receipt where topup_id = $1`, u.ID).Scan(&content)
	return content, driverError(err)
}

// TopUpFilter narrows a list of requests; zero fields don't filter.
type TopUpFilter struct {
	ResellerID int64
	State      TopUpState
	Page
}

// TopUps lists requests, newest first, with the number of matching ones.
func (db *DB) TopUps(ctx context.Context, f TopUpFilter) ([]TopUp, int, error) {
	where, args := conditions{about: "topup u"}, []any{}
	where.add(&args, f.ResellerID != 0, "u.reseller_id = ?", f.ResellerID)
	where.add(&args, f.State != "", "u.state = ?", f.State)
	return list(ctx, db.read, scanTopUp, topUpColumns, topUpTables, where, args, "u.id desc", f.Page)
}
