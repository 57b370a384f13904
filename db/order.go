package db

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Status is where an order stands for its reseller; the words of the DATASSL API.
type Status string

const (
	StatusPending              Status = "pending"               // the reseller's move: configure
	StatusPendingConfiguration Status = "pending_configuration" // the reseller's move: the upstream wants a correction
	StatusProcessing           Status = "processing"            // ours or the upstream's move
	StatusValidationPending    Status = "validation_pending"    // the domain owner's move, or the CA's vetting
	StatusCompleted            Status = "completed"             // nobody's; active until the term ends
	StatusCancelled            Status = "cancelled"
	StatusExpired              Status = "expired"
)

// Statuses lists every status, in the order of an order's life.
var Statuses = []Status{StatusPending, StatusPendingConfiguration, StatusProcessing, StatusValidationPending,
	StatusCompleted, StatusCancelled, StatusExpired}

// moves is the table of allowed moves: from → to.
var moves = map[Status][]Status{
	StatusPending:              {StatusProcessing, StatusCancelled},
	StatusPendingConfiguration: {StatusProcessing, StatusCancelled},
	StatusProcessing:           {StatusValidationPending, StatusPendingConfiguration, StatusCompleted, StatusCancelled},
	StatusValidationPending:    {StatusCompleted, StatusPendingConfiguration, StatusCancelled},
	StatusCompleted:            {StatusExpired, StatusCancelled},
}

// CanMove says whether an order may go from one status to another.
func (s Status) CanMove(to Status) bool { return slices.Contains(moves[s], to) }

// Fulfilment is how the order's wish stands upstream.
type Fulfilment string

const (
	FulfilmentNone       Fulfilment = "none"       // nothing asked for yet
	FulfilmentQueued     Fulfilment = "queued"     // the job is in the book
	FulfilmentSubmitting Fulfilment = "submitting" // the upstream call may be on its way
	FulfilmentUnsure     Fulfilment = "unsure"     // it broke off in between: never sent again blindly
	FulfilmentAccepted   Fulfilment = "accepted"
	FulfilmentRefused    Fulfilment = "refused"
)

// Order is one purchase of a term. Amounts are USD cents, times UTC.
type Order struct {
	ID               int64
	Number           string // ORD-2026-0042
	ResellerID       int64
	ResellerName     string
	ResellerEmail    string
	ProductID        int64
	ProductName      string
	Brand            string
	Kind             ProductKind
	Validation       string
	Months           int
	Domain           string // ASCII; an IP address for licences; empty for code signing
	SANCount         int
	WildcardSANCount int
	BaseCents        int64
	SANCents         int64
	DiscountCents    int64
	TotalCents       int64
	TaxCents         int64
	CostCents        int64
	Status           Status
	Fulfilment       Fulfilment
	Message          string // the upstream's last words
	CustomerName     string
	CustomerEmail    string
	Note             string
	PlacedBy         string
	CreatedAt        time.Time
	CompletedAt      time.Time // first issuance; the term runs from here
	EndsAt           time.Time // end of the term; zero until completed
	CertificateUntil time.Time // end of the newest issued certificate; zero while none
	UpstreamSeenAt   time.Time
	LicenceKey       string
	Paid             bool   // false: placed to be paid later, see PayOrder
	Reference        string // what the reseller's program calls it; not unique
	Vetting          bool   // every name is proven; the CA looks at the company

	LicenceID int64 // the order whose licence this one renews or changes; 0 for every other
	Wish      Wish  // what of it
	Suspended bool  // a licence that does not work until it is let work again
}

// PayableCents is what the order debited: total plus tax.
func (o Order) PayableCents() int64 { return o.TotalCents + o.TaxCents }

// Places is how many names the certificate of the order may hold.
func (o Order) Places(p Product) int {
	return 1 + max(o.SANCount, p.SANIncluded) + max(o.WildcardSANCount, p.WildcardSANIncluded)
}

const (
	orderColumns = `o.id, o.number, o.reseller_id, r.company, r.email, o.product_id, p.name, p.brand, p.kind, p.validation, o.months, o.domain,
		o.san_count, o.wildcard_san_count, o.base_cents, o.san_cents, o.discount_cents, o.total_cents, o.tax_cents, o.cost_cents,
		o.status, o.fulfilment, o.message, o.customer_name, o.customer_email, o.note, o.placed_by, o.created_at, o.completed_at, o.ends_at,
		o.certificate_until, o.upstream_seen_at, o.licence_key, o.paid, o.vetting, o.reference,
		coalesce(o.licence_id, 0), o.wish, o.suspended`
	orderTables = `orders o join product p on p.id = o.product_id join reseller r on r.id = o.reseller_id`
)

func scanOrder(s scanner) (o Order, err error) {
	err = s.Scan(&o.ID, &o.Number, &o.ResellerID, &o.ResellerName, &o.ResellerEmail, &o.ProductID, &o.ProductName, &o.Brand, &o.Kind, &o.Validation, &o.Months, &o.Domain,
		&o.SANCount, &o.WildcardSANCount, &o.BaseCents, &o.SANCents, &o.DiscountCents, &o.TotalCents, &o.TaxCents, &o.CostCents,
		&o.Status, &o.Fulfilment, &o.Message, &o.CustomerName, &o.CustomerEmail, &o.Note, &o.PlacedBy, moment{&o.CreatedAt}, moment{&o.CompletedAt}, moment{&o.EndsAt},
		moment{&o.CertificateUntil}, moment{&o.UpstreamSeenAt}, &o.LicenceKey, &o.Paid, &o.Vetting, &o.Reference,
		&o.LicenceID, &o.Wish, &o.Suspended)
	return o, err
}

// Order finds a reseller's order; ErrNotFound for any other reseller's.
func (db *DB) Order(ctx context.Context, resellerID, id int64) (Order, error) {
	return one(ctx, db.read, scanOrder, `select `+orderColumns+` from `+orderTables+` where o.id = $1 and o.reseller_id = $2`, id, resellerID)
}

// AnyOrder finds an order of any reseller; for the operator and the worker.
func (db *DB) AnyOrder(ctx context.Context, id int64) (Order, error) {
	return anyOrder(ctx, db.read, id)
}

func anyOrder(ctx context.Context, q querier, id int64) (Order, error) {
	return one(ctx, q, scanOrder, `select `+orderColumns+` from `+orderTables+` where o.id = $1`, id)
}

// Draft is an order as it would be placed: tidied, with its product and price.
type Draft struct {
	NewOrder
	Product   Product
	Term      Term
	TaxRateBP int64
	Quote     Quote

	seller, buyer Party
	licence       licenceWish // zero unless it is about a licence that another order bought
}

// Draft checks what a reseller asks for and prices it. Errors: *Rejected,
// ErrNotFound (product not sold to this reseller), ErrForbidden (no group),
// ErrNoRate (its price can't be told now). The
// draft is filled as far as possible beside a *Rejected.
func (db *DB) Draft(ctx context.Context, resellerID int64, n NewOrder) (Draft, error) {
	return db.draft(ctx, db.read, resellerID, n)
}

func (db *DB) draft(ctx context.Context, q querier, resellerID int64, n NewOrder) (Draft, error) {
	p, err := db.product(ctx, q, resellerID, n.ProductID)
	if err != nil {
		return Draft{}, err
	}
	seller, buyer, err := parties(ctx, q, resellerID)
	if err != nil {
		return Draft{}, err
	}
	tidy, problems := n.check(p)
	d := Draft{NewOrder: tidy, Product: p, TaxRateBP: buyer.taxRateBP, seller: seller, buyer: buyer}
	if term, ok := p.Term(n.Months); ok {
		d.Term = term
		// More names than the product takes are refused below; their price would mean nothing.
		d.Quote = p.Price(term, min(tidy.SANCount, p.SANMax), min(tidy.WildcardSANCount, p.WildcardSANMax), d.TaxRateBP)
	}
	more, err := renewalProblems(ctx, q, db.now(), resellerID, tidy)
	if err != nil {
		return d, err
	}
	if problems = append(problems, more...); len(problems) > 0 {
		return d, &Rejected{problems}
	}
	return d, nil
}

// PlaceOrder buys: order, debit wallet → held, invoice, event, audit and, where
// nothing has to be configured, the job, in one transaction. Errors: those of
// Draft, *InsufficientCredit, ErrSuspended, ErrInvalid (the FormToken), ErrForbidden
// (Unpaid without leave), *PriceChanged (it is no longer what was Quoted). The
// same FormToken answers the order it placed before.
func (db *DB) PlaceOrder(ctx context.Context, by Actor, resellerID int64, n NewOrder) (Order, error) {
	if len(n.FormToken) > maxFormToken {
		return Order{}, fmt.Errorf("form token: %w", ErrInvalid)
	}
	if n.FormToken != "" {
		if before, err := db.orderByToken(ctx, resellerID, n.FormToken); !errors.Is(err, ErrNotFound) {
			return before, err
		}
	}
	var placed Order
	err := db.transact(ctx, func(t *tx) error {
		d, err := db.draft(ctx, t, resellerID, n)
		if err != nil {
			return err
		}
		if err := d.asQuoted(); err != nil {
			return err
		}
		placed, err = db.place(ctx, t, by, resellerID, d)
		return err
	})
	if errors.Is(err, ErrDuplicate) && n.FormToken != "" {
		return db.orderByToken(ctx, resellerID, n.FormToken)
	}
	if err == nil {
		db.At("order_committed")
		db.indexSoon(ctx, placed.ID)
	}
	return placed, err
}

func (db *DB) orderByToken(ctx context.Context, resellerID int64, token string) (Order, error) {
	return one(ctx, db.read, scanOrder, `select `+orderColumns+` from `+orderTables+` where o.reseller_id = $1 and o.form_token = $2`, resellerID, token)
}

func (db *DB) place(ctx context.Context, t *tx, by Actor, resellerID int64, d Draft) (Order, error) {
	if d.buyer.suspended {
		return Order{}, ErrSuspended
	}
	// The numbers before the wallet, as all who place take them.
	numbers, err := nextNumbers(ctx, t, "ORD", "INV")
	if err != nil {
		return Order{}, err
	}
	later, err := paysLater(ctx, t, resellerID, d)
	if err != nil {
		return Order{}, err
	}
	o := d.order(resellerID)
	o.Number, o.PlacedBy, o.CreatedAt, o.Paid = numbers["ORD"], by.Name, t.now, !later
	if o.Kind == KindLicence && o.Paid {
		o.Fulfilment, o.Status = FulfilmentQueued, StatusProcessing
	}
	if o.ID, err = insertOrder(ctx, t, o, d); err != nil {
		return Order{}, err
	}
	countNew(t, o)
	if o.Paid {
		if err := debit(ctx, t, o); err != nil {
			return Order{}, err
		}
	}
	if err := soleLicence(ctx, t, o); err != nil { // after the debit, which waits for the reseller's other orders
		return Order{}, err
	}
	if err := linkRenewal(ctx, t, o, d.Renews); err != nil {
		return Order{}, err
	}
	if err := writeInvoice(ctx, t, numbers["INV"], o, d); err != nil {
		return Order{}, err
	}
	if err := tellOrderCreated(ctx, t, o); err != nil {
		return Order{}, err
	}
	if err := event(ctx, t, by, Event{OrderID: o.ID, Kind: placedKind(later), To: o.Status, Detail: cents2(d.Quote.Payable) + " USD"}); err != nil {
		return Order{}, err
	}
	if o.Kind == KindLicence && o.Paid {
		if _, err := requestCertificate(ctx, t, o, ""); err != nil {
			return Order{}, err
		}
	}
	return o, audit(ctx, t, by, Change{Action: "order.place", Object: object("order", o.ID), ResellerID: resellerID,
		After: o.Number + " " + o.ProductName + " " + o.Domain + " " + cents2(d.Quote.Payable) + " USD"})
}

// order is the draft as the order that waits for its configuration.
func (d Draft) order(resellerID int64) Order {
	return Order{
		ResellerID: resellerID, ResellerName: d.buyer.Company, ResellerEmail: d.buyer.Email,
		ProductID: d.Product.ID, ProductName: d.Product.Name, Brand: d.Product.Brand, Kind: d.Product.Kind, Validation: d.Product.Validation,
		Months: d.Months, Domain: d.Domain, SANCount: d.SANCount, WildcardSANCount: d.WildcardSANCount,
		BaseCents: d.Quote.Base, SANCents: d.Quote.SANTotal, DiscountCents: d.Quote.Discount, TotalCents: d.Quote.Total, TaxCents: d.Quote.Tax,
		CostCents: d.Term.cost.cents, Status: StatusPending, Fulfilment: FulfilmentNone,
		CustomerName: d.CustomerName, CustomerEmail: d.CustomerEmail, Note: d.Note, Reference: d.Reference,
		LicenceID: d.licence.order, Wish: d.licence.wish,
	}
}

func insertOrder(ctx context.Context, t *tx, o Order, d Draft) (int64, error) {
	var token any
	if d.FormToken != "" {
		token = d.FormToken
	}
	id, err := insert(ctx, t, `insert into orders (number, reseller_id, product_id, offer_id, months, domain, san_count, wildcard_san_count,
			base_cents, san_cents, discount_cents, total_cents, tax_cents, cost_cents, status, fulfilment,
			customer_name, customer_email, note, form_token, placed_by, created_at, rate_id, paid, reference, licence_id, wish)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27) returning id`,
		o.Number, o.ResellerID, o.ProductID, d.Term.cost.offer, o.Months, o.Domain, o.SANCount, o.WildcardSANCount,
		o.BaseCents, o.SANCents, o.DiscountCents, o.TotalCents, o.TaxCents, o.CostCents, o.Status, o.Fulfilment,
		o.CustomerName, o.CustomerEmail, o.Note, token, o.PlacedBy, o.CreatedAt, idOrNull(d.Term.cost.rate.ID), o.Paid, o.Reference,
		idOrNull(o.LicenceID), o.Wish)
	if err != nil {
		return 0, err
	}
	for i, name := range d.SANs {
		if _, err := t.ExecContext(ctx, `insert into order_name (order_id, position, name) values ($1, $2, $3)`, id, i, name); err != nil {
			return 0, err
		}
	}
	return id, nil
}

// move changes an order's status by compare-and-set and writes the event.
// ErrStale when the order is not (any more) in that status.
func move(ctx context.Context, t *tx, by Actor, orderID int64, from, to Status, kind, detail string) error {
	if !from.CanMove(to) {
		return ErrStale
	}
	err := countChange(ctx, t, func(c *counted) { c.status = from },
		`update orders set status = $1 where id = $2 and status = $3 returning `+countedColumns, to, orderID, from)
	if err != nil {
		return err
	}
	if err := tellStatusChanged(ctx, t, orderID, from, to); err != nil {
		return err
	}
	return event(ctx, t, by, Event{OrderID: orderID, Kind: kind, From: from, To: to, Detail: detail})
}

// fulfil changes an order's fulfilment by compare-and-set.
func fulfil(ctx context.Context, t *tx, orderID int64, from, to Fulfilment) error {
	return changed(ctx, t, `update orders set fulfilment = $1 where id = $2 and fulfilment = $3`, to, orderID, from)
}

// Names lists the additional names that were ordered, in their order.
func (db *DB) Names(ctx context.Context, orderID int64) ([]string, error) {
	return orderNames(ctx, db.read, orderID)
}

func orderNames(ctx context.Context, q querier, orderID int64) ([]string, error) {
	return collect(ctx, q, func(s scanner) (n string, err error) { return n, s.Scan(&n) },
		`select name from order_name where order_id = $1 order by position`, orderID)
}

// Event is a step in an order's life.
type Event struct {
	OrderID int64
	Kind    string // placed, configured, accepted, refused, unsure, dcv_verified, issued, cancelled …
	From    Status
	To      Status
	Detail  string
	Actor   string
	At      time.Time
}

func event(ctx context.Context, t *tx, by Actor, e Event) error {
	_, err := t.ExecContext(ctx, `insert into order_event (order_id, kind, from_status, to_status, detail, actor, at) values ($1, $2, $3, $4, $5, $6, $7)`,
		e.OrderID, e.Kind, e.From, e.To, e.Detail, by.Name, t.now)
	return err
}

// Events lists the steps of an order, oldest first.
func (db *DB) Events(ctx context.Context, orderID int64) ([]Event, error) {
	return collect(ctx, db.read, func(s scanner) (e Event, err error) {
		return e, s.Scan(&e.OrderID, &e.Kind, &e.From, &e.To, &e.Detail, &e.Actor, moment{&e.At})
	}, `select order_id, kind, from_status, to_status, detail, actor, at from order_event where order_id = $1 order by id`, orderID)
}
