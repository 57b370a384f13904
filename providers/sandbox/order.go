package sandbox

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"certbay/db/certs"
	"certbay/providers"
)

// order is a row of the CA's memory with what is being certified for it.
type order struct {
	id          int64
	product     providers.Product
	months      int
	state       providers.State
	message     string
	contact     providers.Contact
	org         providers.Organization
	ip          string
	licenceKey  string
	suspended   bool
	vettedAt    time.Time
	termEndsAt  time.Time
	request     *request // the open one, otherwise the newest; nil for licences
	certificate bool     // at least one was issued
}

type request struct {
	id       int64
	csr      string
	secret   string
	open     bool
	lookedAt time.Time
	names    []name
}

type name struct {
	position int
	providers.DomainChoice
	verifiedAt time.Time
	mailedAt   time.Time
	detail     string
}

func (r *request) find(n string) (name, bool) {
	for _, have := range r.names {
		if have.Name == n {
			return have, true
		}
	}
	return name{}, false
}

func (r *request) verified() bool {
	for _, n := range r.names {
		if n.verifiedAt.IsZero() {
			return false
		}
	}
	return true
}

// querier is a database or a transaction.
type querier interface {
	QueryRowContext(context.Context, string, ...any) *sql.Row
	QueryContext(context.Context, string, ...any) (*sql.Rows, error)
	ExecContext(context.Context, string, ...any) (sql.Result, error)
}

const idPrefix = "sb-"

func upstreamID(id int64) string { return idPrefix + strconv.FormatInt(100_000+id, 10) }

// parseID is the inverse of upstreamID; what was never an id of ours is unknown.
func parseID(s string) (int64, error) {
	digits, ok := strings.CutPrefix(s, idPrefix)
	n, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil || upstreamID(n-100_000) != s {
		return 0, unknown(s)
	}
	return n - 100_000, nil
}

func unknown(what string) error {
	return fmt.Errorf("sandbox: order %q: %w", what, providers.ErrUnknown)
}

// Submit places an order. The same Reference again answers the order it placed before, whatever else the submission says.
func (ca *CA) Submit(ctx context.Context, s providers.Submission) (providers.Receipt, error) {
	if !referenceForm.MatchString(s.Reference) {
		return providers.Receipt{}, providers.Refuse("reference", "a reference of 1 to 64 letters, digits, - and _ is needed")
	}
	id, err := ca.Find(ctx, s.Reference)
	if err == nil {
		return providers.Receipt{UpstreamID: id, Message: "order was placed before"}, nil
	}
	if !errors.Is(err, providers.ErrUnknown) {
		return providers.Receipt{}, err
	}
	w, err := ca.examine(s)
	if err != nil {
		return providers.Receipt{}, err
	}
	err = ca.tx(ctx, func(tx *sql.Tx) error {
		n, fresh, err := ca.insertOrder(ctx, tx, s.Reference, w)
		if err != nil {
			return err
		}
		id = upstreamID(n)
		if !fresh || w.product.Type == providers.TypeLicence {
			return nil
		}
		_, err = ca.insertRequest(ctx, tx, n, w.csr.PEM, w.names, nil, ca.now())
		return err
	})
	if err != nil {
		return providers.Receipt{}, err
	}
	return ca.begin(ctx, id), nil
}

// begin does the first work on an order that stands; what fails of it is done again by Status.
func (ca *CA) begin(ctx context.Context, id string) providers.Receipt {
	if n, err := parseID(id); err == nil && ca.sendDue(ctx, n) == nil {
		ca.advance(ctx, n)
	}
	return providers.Receipt{UpstreamID: id, Message: "order accepted"}
}

// Find answers the id of the order placed under a reference.
func (ca *CA) Find(ctx context.Context, reference string) (string, error) {
	var id int64
	err := ca.db.QueryRowContext(ctx, `select id from upstream_order where reference = $1`, reference).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", unknown(reference)
	}
	if err != nil {
		return "", failed(ctx, err)
	}
	return upstreamID(id), nil
}

// insertOrder makes the order's row; fresh is false when the reference has one already.
func (ca *CA) insertOrder(ctx context.Context, q querier, reference string, w wish) (id int64, fresh bool, err error) {
	contact, err := json.Marshal(w.contact)
	if err != nil {
		return 0, false, err
	}
	org, err := json.Marshal(w.org)
	if err != nil {
		return 0, false, err
	}
	state, licence := providers.StateValidationPending, ""
	switch {
	case w.product.Type == providers.TypeLicence:
		state, licence = providers.StateIssued, strings.ToUpper(rand.Text())
	case len(w.names) == 0:
		state = providers.StateProcessing
	}
	err = q.QueryRowContext(ctx, `insert into upstream_order
			(reference, product, months, state, message, contact, org, ip, licence_key, created_at)
			values ($1, $2, $3, $4, '', $5, $6, $7, $8, $9) on conflict (reference) do nothing returning id`,
		reference, w.product.Code, w.months, string(state), string(contact), string(org), w.ip, licence, millis(ca.now())).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		err = q.QueryRowContext(ctx, `select id from upstream_order where reference = $1`, reference).Scan(&id)
		return id, false, err
	}
	if err == nil && w.ip != "" {
		_, err = q.ExecContext(ctx, `insert into licence (order_id, product, ip, ends_at) values ($1, $2, $3, $4)`,
			id, w.product.Code, w.ip, millis(ca.now().AddDate(0, w.months, 0)))
	}
	return id, true, err
}

// insertRequest opens what is to be certified. evidence holds when a name was verified before.
func (ca *CA) insertRequest(ctx context.Context, q querier, orderID int64, csr string, names []providers.DomainChoice,
	evidence map[string]time.Time, at time.Time) (id int64, err error) {
	secret := strings.ToLower(rand.Text())[:20]
	err = q.QueryRowContext(ctx, `insert into request (order_id, csr, secret, state, created_at) values ($1, $2, $3, 'open', $4) returning id`,
		orderID, csr, secret, millis(at)).Scan(&id)
	if err != nil {
		return 0, err
	}
	for i, c := range names {
		_, err = q.ExecContext(ctx, `insert into name (request_id, position, name, method, email, verified_at) values ($1, $2, $3, $4, $5, $6)`,
			id, i, c.Name, string(c.Method), c.Email, millis(evidence[c.Name]))
		if err != nil {
			return 0, err
		}
	}
	return id, nil
}

// load reads an order.
func (ca *CA) load(ctx context.Context, q querier, id int64) (*order, error) {
	o := &order{id: id}
	var product, state, contact, org string
	var vetted, ends int64
	err := q.QueryRowContext(ctx, `select coalesce(l.product, o.product), months, state, message, contact, org, coalesce(l.ip, o.ip), licence_key,
			vetted_at, coalesce(l.ends_at, term_ends_at), coalesce(l.suspended, 0), exists (select 1 from certificate c where c.order_id = o.id)
			from upstream_order o left join licence l on l.order_id = o.id where o.id = $1`, id).
		Scan(&product, &o.months, &state, &o.message, &contact, &org, &o.ip, &o.licenceKey, &vetted, &ends, &o.suspended, &o.certificate)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, unknown(upstreamID(id))
	}
	if err != nil {
		return nil, err
	}
	o.state, o.vettedAt, o.termEndsAt = providers.State(state), moment(vetted), moment(ends)
	if err := errors.Join(json.Unmarshal([]byte(contact), &o.contact), json.Unmarshal([]byte(org), &o.org)); err != nil {
		return nil, err
	}
	var ok bool
	if o.product, ok = ca.product(product); !ok {
		return nil, fmt.Errorf("product %q of order %s is not sold any more", product, upstreamID(id))
	}
	if o.request, err = loadRequest(ctx, q, id); err != nil {
		return nil, err
	}
	return o, nil
}

func loadRequest(ctx context.Context, q querier, orderID int64) (*request, error) {
	r := &request{}
	var state string
	var looked int64
	err := q.QueryRowContext(ctx, `select id, csr, secret, state, looked_at from request where order_id = $1 and state <> 'dropped'
		order by id desc limit 1`, orderID).Scan(&r.id, &r.csr, &r.secret, &state, &looked)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r.open, r.lookedAt = state == "open", moment(looked)
	rows, err := q.QueryContext(ctx, `select position, name, method, email, verified_at, mailed_at, detail from name
		where request_id = $1 order by position`, r.id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var n name
		var method string
		var verified, mailed int64
		if err := rows.Scan(&n.position, &n.Name, &method, &n.Email, &verified, &mailed, &n.detail); err != nil {
			return nil, err
		}
		n.Method, n.verifiedAt, n.mailedAt = providers.Method(method), moment(verified), moment(mailed)
		r.names = append(r.names, n)
	}
	return r, rows.Err()
}

// publish makes the instruction for one name: in Sectigo's form, or in the TXT and fileauth.txt form of the other brands.
func (o *order) publish(n name, csr *certs.CSR) providers.Instruction {
	txt, secret := txtFamily(o.product.Brand), o.request.secret
	switch n.Method {
	case providers.MethodDNS:
		domain := o.request.domain(n)
		if txt {
			return providers.Instruction{RecordType: "TXT", Host: "_dnsauth." + domain, Value: secret}
		}
		return providers.Instruction{
			RecordType: "CNAME",
			Host:       "_" + csr.MD5 + "." + domain,
			Value:      csr.SHA256[:32] + "." + csr.SHA256[32:] + "." + secret + "." + suffix + ".",
		}
	case providers.MethodHTTP, providers.MethodHTTPS:
		file, content := strings.ToUpper(csr.MD5)+".txt", strings.ToUpper(csr.SHA256)+"\r\n"+suffix+"\r\n"+secret
		if txt {
			file, content = "fileauth.txt", secret
		}
		return providers.Instruction{
			FileURL:     string(n.Method) + "://" + n.Name + "/.well-known/pki-validation/" + file,
			FileName:    file,
			FileContent: content,
		}
	}
	return providers.Instruction{Email: n.Email}
}

// suffix is where the CNAMEs of this CA point to.
const suffix = "sandbox-ca.test"

// domain is the name at which control of n is shown by DNS or mail: a wildcard's base, and for www.x the x, where that is
// being certified too.
func (r *request) domain(n name) string {
	d := strings.TrimPrefix(n.Name, "*.")
	if parent, ok := strings.CutPrefix(d, "www."); ok {
		if _, both := r.find(parent); both {
			return parent
		}
	}
	return d
}

// Certificate answers the newest certificate of an order.
func (ca *CA) Certificate(ctx context.Context, upstreamID string) (providers.Certificate, error) {
	id, err := parseID(upstreamID)
	if err != nil {
		return providers.Certificate{}, err
	}
	if _, err := ca.load(ctx, ca.db, id); err != nil {
		return providers.Certificate{}, failed(ctx, err)
	}
	c := providers.Certificate{Chain: ca.chain}
	var from, to int64
	err = ca.db.QueryRowContext(ctx, `select leaf, serial, not_before, not_after from certificate where order_id = $1 order by id desc limit 1`, id).
		Scan(&c.Leaf, &c.Serial, &from, &to)
	if errors.Is(err, sql.ErrNoRows) {
		return providers.Certificate{}, fmt.Errorf("sandbox: order %s has no certificate: %w", upstreamID, providers.ErrNotReady)
	}
	if err != nil {
		return providers.Certificate{}, failed(ctx, err)
	}
	c.NotBefore, c.NotAfter = moment(from), moment(to)
	return c, nil
}
