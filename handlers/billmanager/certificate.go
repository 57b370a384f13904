package billmanager

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"certbay/db"
	"certbay/db/certs"
)

// The item_status of a certificate.
const (
	requested = "3"
	enrolled  = "4"
	issued    = "5"
	failed    = "6"
)

// day writes a date, nothing while there is none.
func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}

// moment writes a point of time.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateTime)
}

// statusOf is how an order stands, in the dialect's number and in words.
func statusOf(o db.Order, reissuing bool) (number, words string) {
	switch o.Status {
	case db.StatusPending:
		if !o.Paid {
			return requested, "Waits for its payment"
		}
		return requested, "Waits for its CSR"
	case db.StatusPendingConfiguration:
		return failed, "Refused by the authority"
	case db.StatusProcessing:
		if o.Fulfilment == db.FulfilmentAccepted {
			return enrolled, "The authority works on it"
		}
		return requested, "Requested"
	case db.StatusValidationPending:
		return enrolled, "Waits for control of its names"
	case db.StatusCompleted:
		if reissuing {
			return enrolled, "Is being reissued"
		}
		return issued, "Issued"
	case db.StatusExpired:
		return issued, "Expired"
	}
	return failed, "Given up"
}

// row writes what the list and the form tell alike.
func row(n *node, o db.Order, reissuing bool) {
	number, words := statusOf(o, reissuing)
	if o.Message != "" {
		words += ": " + o.Message
	}
	n.add("createdate", day(o.CreatedAt))
	n.add("expiredate", day(o.EndsAt))
	n.add("status_msg", words)
	n.add("item_status", number)
	n.add("cost", decimal(o.PayableCents())+" "+currency+" / "+strconv.Itoa(o.Months)+" months")
	n.add("remoteid", o.Reference)
	n.add("cancelled", onOff(o.Status == db.StatusCancelled && o.CompletedAt.IsZero()))
	n.add("revoked", onOff(o.Status == db.StatusCancelled && !o.CompletedAt.IsZero()))
}

// A list has pageRows rows where the program names no number, and never more than
// mostRows; p_elems says how many there are.
const (
	pageRows = 500
	mostRows = 1000
)

// page is the part of a list that p_cnt and p_num, which begins at 1, ask for.
func (c *call) page() (offset, rows int) {
	rows = pageRows
	if size, err := strconv.Atoi(c.fields.text("p_cnt")); err == nil && size > 0 {
		rows = min(size, mostRows)
	}
	number, _ := strconv.Atoi(c.fields.text("p_num"))
	return min(max(number-1, 0), 1<<40) * rows, rows
}

// certificates is func=certificate: the certificates of the account, the newest
// first; those with a remoteid where one is given. p_cnt and p_num cut pages.
func (c *call) certificates() (*node, error) {
	d := doc(c.fn.name)
	offset, rows := c.page()
	filter := db.OrderFilter{Reference: c.fields.text("remoteid"), Search: c.fields.text("CN"), Certificates: true}
	orders, total, err := c.Book.OrdersPage(c.Ctx, c.Caller.ResellerID, filter, offset, rows)
	if err != nil {
		return nil, err
	}
	d.add("p_elems", strconv.Itoa(total))
	var ids []int64
	for _, o := range orders {
		ids = append(ids, o.ID)
	}
	reissuing, err := c.Book.Reissuing(c.Ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, o := range orders {
		e := d.row("elem")
		e.add("id", strconv.FormatInt(o.ID, 10))
		e.add("CN", o.Domain)
		e.add("pricelist", o.ProductName)
		e.add("pricelist_id", strconv.FormatInt(o.ProductID, 10))
		row(e, o, reissuing[o.ID])
	}
	return d, nil
}

// element is the certificate that elid names; errNoElement for a licence.
func (c *call) element() (db.Order, error) {
	ids, err := c.fields.elids()
	if err != nil {
		return db.Order{}, err
	}
	if len(ids) > 1 {
		return db.Order{}, &wrongField{"elid", "One certificate is looked at at a time"}
	}
	return c.certificate(ids[0])
}

func (c *call) certificate(id int64) (db.Order, error) {
	o, err := c.Book.Order(c.Ctx, c.Caller.ResellerID, id)
	if err == nil && o.Kind == db.KindLicence {
		err = errNoElement
	}
	return o, err
}

// edit is func=certificate.edit: what is under way is asked for upstream, and a
// certificate that is ready is saved.
func (c *call) edit() (*node, error) {
	if c.fields.on("sok") {
		return nil, errReadOnly
	}
	o, err := c.element()
	if err != nil {
		return nil, err
	}
	if o, err = c.Look(o.ID, lookPatience); err != nil {
		return nil, err
	}
	return c.form(o)
}

// form writes an order with its newest certificates.
func (c *call) form(o db.Order) (*node, error) {
	list, err := c.Book.Certificates(c.Ctx, o.ID)
	if err != nil {
		return nil, err
	}
	var newest, good db.Certificate // the one that counts, and the one that was issued
	for _, cert := range list {
		if newest.ID == 0 && (cert.State == db.CertificateRequested || cert.State == db.CertificateIssued) {
			newest = cert
		}
		if good.ID == 0 && cert.State == db.CertificateIssued && cert.PEM != "" {
			good = cert
		}
	}
	if newest.ID == 0 && len(list) > 0 {
		newest = list[0] // given up, or refused
	}
	names, err := c.Book.Names(c.Ctx, o.ID)
	if err != nil {
		return nil, err
	}
	rows, err := c.Book.DCVs(c.Ctx, newest.ID)
	if err != nil {
		return nil, err
	}
	if len(rows) > 1 {
		names = nil
		for _, r := range rows[1:] {
			names = append(names, r.Name)
		}
	}
	d := doc(c.fn.name)
	id := strconv.FormatInt(o.ID, 10)
	d.add("elid", id)
	d.add("id", id)
	d.add("CN", o.Domain)
	d.add("altname", strings.Join(names, " "))
	d.add("pricelist", strconv.FormatInt(o.ProductID, 10))
	d.add("pricelist_name", o.ProductName)
	d.add("period", strconv.Itoa(o.Months))
	row(d, o, good.ID != 0 && newest.State == db.CertificateRequested)
	d.add("csr", newest.CSR)
	if good.ID != 0 {
		d.add("crt", certs.FullChain(good.PEM, good.Chain))
		d.add("crt_begin", moment(good.NotBefore))
		d.add("crt_end", moment(good.NotAfter))
		d.add("serial", good.Serial)
	}
	proofs(d, rows)
	return d, nil
}

// proofs writes what has to be published: for the domain in fields of the form, for
// each name in a list.
func proofs(d *node, rows []db.DCV) {
	if len(rows) == 0 {
		return
	}
	first := rows[0]
	d.add("approver_method", methodWord(first.Method))
	d.add("auth_file_protocol", onOff(first.Method == "https"))
	var hosts []string
	for i, r := range rows {
		if r.Method == "email" {
			d.add("approver_email_"+strconv.Itoa(i+1), r.Email)
		}
		if r.Host != "" {
			hosts = append(hosts, r.Host)
		}
	}
	d.add("domains_list", strings.Join(hosts, ","))
	d.add("auth_dnstxt_value", first.Value)
	d.add("auth_file_name", first.FileName)
	d.add("auth_file_content", first.FileContent)
	list := d.row("list")
	list.attrs = []attr{{"name", "validation"}}
	for _, r := range rows {
		e := list.row("elem")
		e.add("domain", r.Name)
		e.add("method", methodWord(r.Method))
		e.add("approver_email", r.Email)
		e.add("dns_type", r.RecordType)
		e.add("dns_name", r.Host)
		e.add("dns_value", r.Value)
		e.add("file_url", r.FileURL)
		e.add("file_name", r.FileName)
		e.add("file_content", r.FileContent)
		e.add("verified", onOff(r.State == db.DCVVerified))
		e.add("verified_at", moment(r.VerifiedAt))
	}
}

// fileNode is the name of an answer that is a file.
const fileNode = "file"

// file is func=certificate.file: the certificate and its chain in PEM.
func (c *call) file() (*node, error) {
	o, err := c.element()
	if err != nil {
		return nil, err
	}
	cert, err := c.Book.IssuedCertificate(c.Ctx, o.ID)
	if errors.Is(err, db.ErrNotFound) || err == nil && cert.PEM == "" {
		return nil, errNoFile
	}
	if err != nil {
		return nil, err
	}
	name := certs.FileName(o.Domain, "crt")
	return &node{name: fileNode, text: certs.FullChain(cert.PEM, cert.Chain), attrs: []attr{{"name", name}}}, nil
}
