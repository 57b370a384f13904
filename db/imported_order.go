package db

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"

	"certbay/db/certs"
)

// FoundOrder is what an upstream says of one of its orders when it is taken.
type FoundOrder struct {
	State      UpstreamStanding
	Message    string
	EndsAt     time.Time // of the term; zero where it is not told
	LicenceKey string
	IP         string
	Names      []UpstreamName // the main one first
	Issued     *Issued        // the newest certificate; nil: there is none, or it is not kept there
}

// TakeOrder takes a chosen row into the book: an order with its certificate, which
// moved no money here, has no invoice and is nobody's revenue. It counts in the
// states of its reseller's orders and as placed on the day that it was placed
// there, and never as sold. No mail and no webhook tells of it. What can't be taken
// is noted at the row, in words.
func (db *DB) TakeOrder(ctx context.Context, run ImportRun, row ImportRow, f FoundOrder) error {
	var id int64
	err := db.transact(ctx, func(t *tx) (err error) {
		known, err := knownOrders(ctx, t, run.Upstream, []string{row.Ref}, []ImportedOrder{row.Order})
		if err != nil {
			return err
		}
		if known[row.Ref] != 0 {
			return errRowStale
		}
		// The numbers first, as all who place take them.
		numbers, err := nextNumbers(ctx, t, "ORD")
		if err != nil {
			return err
		}
		p, err := one(ctx, t, scanProduct, `select `+productColumns+` from product p where p.id = $1`, row.WishProduct)
		if err != nil {
			return err
		}
		p.Terms, err = collect(ctx, t, func(s scanner) (m Term, err error) { return m, s.Scan(&m.Months) }, `select months from product_term where product_id = $1 order by months`, p.ID)
		if err != nil {
			return err
		}
		o, names, err := importedAs(t.now, p, row, f)
		if err != nil {
			return err
		}
		if err := notOurs(ctx, t, run, row, o); err != nil {
			return err
		}
		o.Number, o.PlacedBy = numbers["ORD"], run.By.Name
		if err := soleLicence(ctx, t, o); o.Status != StatusCancelled && o.Status != StatusExpired && err != nil {
			return err
		}
		offer, err := offerFor(ctx, t, run.Upstream, p.ID, row.Order.Code)
		if err != nil {
			return err
		}
		if id, err = insertImported(ctx, t, run, row, o, offer, names); err != nil {
			return err
		}
		o.ID = id
		if err := writeImported(ctx, t, run, row, o, f); err != nil {
			return err
		}
		if err := endRow(ctx, t, row, "taken", "", id); err != nil {
			return err
		}
		return audit(ctx, t, run.By, Change{Action: "order.import", Object: object("order", id), ResellerID: o.ResellerID,
			After: o.Number + " " + p.Name + " " + o.Domain + ": " + run.Upstream + " " + row.Ref + ", " + string(f.State)})
	})
	if err == nil {
		db.indexSoon(ctx, id)
	}
	return db.settleRow(ctx, row, err)
}

// importedAs is an upstream's order as ours, with its further names. *Rejected:
// import_name (it says no name or address), import_certificate (issued, and the
// certificate is not to be had). Pure.
func importedAs(now time.Time, p Product, row ImportRow, f FoundOrder) (Order, []string, error) {
	o := Order{ResellerID: row.WishReseller, ProductID: p.ID, ProductName: p.Name, Kind: p.Kind, Validation: p.Validation,
		Status: StatusProcessing, Fulfilment: FulfilmentAccepted, Message: f.Message, Paid: true, Imported: true, CreatedAt: row.Order.PlacedAt, LicenceKey: f.LicenceKey, EndsAt: f.EndsAt}
	names := namesThere(p, row, f)
	if len(names) > 0 {
		o.Domain, names = names[0], names[1:]
	}
	if o.Domain == "" && p.Kind != KindCodeSigning {
		return o, nil, &Rejected{[]Problem{{Field: "name", Code: "import_name"}}}
	}
	for _, name := range names {
		if strings.HasPrefix(name, "*.") {
			o.WildcardSANCount++
		} else {
			o.SANCount++
		}
	}
	if o.EndsAt.IsZero() {
		o.EndsAt = row.Order.EndsAt
	}
	begun := row.Order.ValidFrom
	if f.Issued != nil && !f.Issued.NotBefore.IsZero() && (begun.IsZero() || f.Issued.NotBefore.Before(begun)) {
		begun = f.Issued.NotBefore
	}
	if o.CreatedAt.IsZero() || o.CreatedAt.After(now) {
		o.CreatedAt = now
		if !begun.IsZero() && begun.Before(now) {
			o.CreatedAt = begun
		}
	}
	o.CreatedAt = o.CreatedAt.UTC().Truncate(time.Microsecond)
	if begun.Before(o.CreatedAt) || begun.After(now) {
		begun = o.CreatedAt
	}
	o.Months = termOf(p, begun, o.EndsAt)
	switch f.State {
	case StandsProcessing:
		return o, names, nil
	case StandsValidating:
		o.Status = StatusValidationPending
		return o, names, nil
	case StandsIssued, StandsSuspended:
		o.CompletedAt, o.Suspended = begun, f.State == StandsSuspended
		if o.EndsAt.IsZero() {
			o.EndsAt = begun.AddDate(0, o.Months, 0)
		}
		if f.Issued != nil {
			o.CertificateUntil = f.Issued.NotAfter
		}
		if o.Status = StatusCompleted; !now.Before(o.EndsAt) {
			o.Status = StatusExpired
			return o, names, nil
		}
		if f.Issued == nil && p.Kind != KindLicence {
			return o, nil, &Rejected{[]Problem{{Field: "certificate", Code: "import_certificate"}}}
		}
		return o, names, nil
	}
	if o.Status = StatusCancelled; f.State == StandsRevoked {
		o.CompletedAt = begun
	}
	return o, names, nil
}

// namesThere are an order's names, the main one first; a licence has its address.
func namesThere(p Product, row ImportRow, f FoundOrder) (names []string) {
	add := func(name string) {
		if p.Kind != KindLicence {
			tidy, err := certs.NormalizeName(name)
			if err != nil {
				return
			}
			name = tidy
		}
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if p.Kind == KindLicence {
		if add(f.IP); len(names) == 0 {
			add(row.Order.IP)
		}
		return names
	}
	if p.Kind == KindCodeSigning {
		return nil
	}
	add(row.Order.Domain)
	for _, n := range f.Names {
		add(n.Name)
	}
	return names
}

// termOf is the term of a product that comes nearest to a stretch of time; the
// shortest one where its end is not told.
func termOf(p Product, from, till time.Time) int {
	if till.IsZero() || !till.After(from) {
		if len(p.Terms) > 0 {
			return p.Terms[0].Months
		}
		return 12
	}
	const month = 365 * 24 * time.Hour / 12
	months := min(max(int((till.Sub(from)+month/2)/month), 1), MaxTermMonths)
	best := months
	for i, t := range p.Terms {
		if i == 0 || abs(t.Months-months) < abs(best-months) {
			best = t.Months
		}
	}
	return best
}

func abs(n int) int { return max(n, -n) }

// offerFor is the offer of a product at an upstream; where there is none, one that
// is closed: what was bought there is reissued and renewed there.
func offerFor(ctx context.Context, t *tx, upstream string, product int64, code string) (int64, error) {
	if _, err := t.ExecContext(ctx, `insert into offer (product_id, upstream, product_code, cost_cents, currency, rank, active) values ($1, $2, $3, 0, 'USD', $4, false) on conflict (product_id, upstream) do nothing`,
		product, upstream, code, MaxRank); err != nil {
		return 0, err
	}
	return one(ctx, t, func(s scanner) (id int64, err error) { return id, s.Scan(&id) }, `select id from offer where product_id = $1 and upstream = $2`, product, upstream)
}

func insertImported(ctx context.Context, t *tx, run ImportRun, row ImportRow, o Order, offer int64, names []string) (int64, error) {
	id, err := insert(ctx, t, `insert into orders (number, reseller_id, product_id, offer_id, months, domain, san_count, wildcard_san_count,
			base_cents, san_cents, discount_cents, total_cents, tax_cents, cost_cents, status, fulfilment, message, placed_by, created_at, completed_at, ends_at,
			certificate_until, upstream_seen_at, licence_key, paid, suspended, imported)
		values ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0, 0, 0, 0, 0, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, true, $19, true) returning id`,
		o.Number, o.ResellerID, o.ProductID, offer, o.Months, o.Domain, o.SANCount, o.WildcardSANCount, o.Status, o.Fulfilment, o.Message, o.PlacedBy, o.CreatedAt,
		orNull(o.CompletedAt), orNull(o.EndsAt), orNull(o.CertificateUntil), t.now, o.LicenceKey, o.Suspended)
	if err != nil {
		return 0, err
	}
	err = changed(ctx, t, `insert into imported_order (upstream, upstream_id, order_id, at) values ($1, $2, $3, $4) on conflict do nothing`, run.Upstream, row.Ref, id, t.now)
	if err != nil {
		return 0, fmt.Errorf("upstream order %s: %w", row.Ref, err)
	}
	for i, name := range names {
		if _, err := t.ExecContext(ctx, `insert into order_name (order_id, position, name) values ($1, $2, $3)`, id, i, name); err != nil {
			return 0, err
		}
	}
	return id, nil
}

// writeImported writes an order's certificate, steps and figures.
func writeImported(ctx context.Context, t *tx, run ImportRun, row ImportRow, o Order, f FoundOrder) error {
	state, issued := CertificateCancelled, Issued{}
	switch {
	case f.Issued != nil:
		state, issued = CertificateIssued, *f.Issued
	case o.Status == StatusCompleted:
		state = CertificateIssued // a licence
	case o.Status != StatusExpired && o.Status != StatusCancelled:
		state = CertificateRequested
	}
	if f.State == StandsRevoked {
		state = CertificateRevoked
	}
	id, err := insert(ctx, t, `insert into certificate (order_id, reference, upstream, upstream_id, csr, state, serial, not_before, not_after, pem, chain, created_at, issued_at, warn_at)
		values ($1, $2, $3, $4, '', $5, $6, $7, $8, $9, $10, $11, $12, $13) returning id`,
		o.ID, fmt.Sprintf("%s-1-%s", o.Number, strings.ToLower(rand.Text()[:8])), run.Upstream, row.Ref, state, issued.Serial, orNull(issued.NotBefore), orNull(issued.NotAfter),
		issued.PEM, issued.Chain, o.CreatedAt, orNull(o.CompletedAt), firstWarning(issued.NotAfter))
	if err != nil {
		return err
	}
	for _, n := range f.Names {
		if !slices.Contains(DCVMethods, n.Method) {
			continue
		}
		standing, at := DCVWaiting, any(nil)
		if n.Verified || state == CertificateIssued {
			standing, at = DCVVerified, orNull(n.VerifiedAt)
		}
		i := n.Instruction
		if _, err := t.ExecContext(ctx, `insert into dcv (certificate_id, name, method, email, state, record_type, host, value, file_url, file_name, file_content, verified_at)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict do nothing`,
			id, n.Name, n.Method, n.Email, standing, i.RecordType, i.Host, i.Value, i.FileURL, i.FileName, i.FileContent, at); err != nil {
			return err
		}
	}
	if state == CertificateRequested {
		if err := ensureJob(ctx, t, JobPoll, id, t.now); err != nil {
			return err
		}
	}
	t.count(counted{reseller: o.ResellerID, product: o.ProductID, placedAt: o.CreatedAt, status: o.Status, paid: true, imported: true,
		delivered: !o.CompletedAt.IsZero(), until: o.CertificateUntil}, 1)
	return event(ctx, t, run.By, Event{OrderID: o.ID, Kind: "imported", To: o.Status, Detail: run.Upstream + " " + row.Ref})
}

// endImported ends an order that was placed elsewhere and that its upstream ended
// undelivered. Nothing was paid for it here, so nothing is refunded, and it is never
// placed again: that would buy a certificate which nobody has paid for.
func endImported(ctx context.Context, t *tx, by Actor, o Order, words string) error {
	if err := move(ctx, t, by, o.ID, o.Status, StatusCancelled, "cancelled", words); err != nil {
		return err
	}
	if _, err := t.ExecContext(ctx, `update orders set message = $1 where id = $2`, words, o.ID); err != nil {
		return err
	}
	for _, query := range []string{
		`update certificate set state = 'cancelled' where order_id = $1 and state = 'requested'`,
		`delete from job where kind in ('poll', 'check') and subject_id in (select id from certificate where order_id = $1)`,
		`delete from job where kind = 'cancel' and subject_id = $1`,
	} {
		if _, err := t.ExecContext(ctx, query, o.ID); err != nil {
			return err
		}
	}
	return audit(ctx, t, by, Change{Action: "order.cancel", Object: object("order", o.ID), ResellerID: o.ResellerID, Before: string(o.Status), After: words})
}
