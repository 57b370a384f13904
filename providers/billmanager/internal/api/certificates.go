package api

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"certbay/providers/internal/wire"
)

// The item_status of a certificate.
const (
	Requested = "3" // asked for, not yet with the authority
	Enrolled  = "4" // the authority has it
	Issued    = "5"
	Failed    = "6"
)

// The approver_method of an order: how control of its names is shown.
const (
	ByEmail = "auth_email"
	ByFile  = "auth_file"
	ByDNS   = "auth_dnstxt"
)

// Certificate is one certificate of the account: of the list, or its form. What a BILLmanager does not tell is empty.
type Certificate struct {
	ID         wire.Int
	CN         wire.Text
	Pricelist  wire.Text // the tariff's name in the list, its id in the form
	Created    wire.Date
	Expires    wire.Date // the end of what was bought
	StatusMsg  wire.Text
	ItemStatus wire.Text
	Cost       wire.Text // an amount, in some places with its currency and period

	RemoteID      wire.Text // ours
	HasRemoteID   bool      // that it is told at all
	PricelistID   wire.Int
	PricelistName wire.Text
	Cancelled     wire.Bool // why a certificate failed, where it is told
	Revoked       wire.Bool

	// Of the form.
	AltName        []string
	Period         wire.Int
	CSR            wire.Text
	CRT            wire.Text // PEM, or a ZIP in base64
	ApproverMethod wire.Text
	HTTPS          wire.Bool // the file is looked for by HTTPS
	ApproverEmails []string  // in the order of the names
	DNSNames       []string  // auth_dnstxt: names for which DNSValue is to be published
	DNSValue       wire.Text
	FileName       wire.Text
	FileContent    wire.Text
	Validation     []Validation
}

// Validation is how one name stands, where a BILLmanager tells each by itself.
type Validation struct {
	Domain, Method, Email          wire.Text
	DNSType, DNSName               wire.Text
	DNSValue, FileURL              string
	FileName, FileContent, Details string
	Verified                       wire.Bool
	VerifiedAt                     wire.Date
}

// names are those in altname and its like.
func names(s string) []string {
	if strings.TrimSpace(s) == "" {
		return nil
	}
	return strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == ',' || r == '\n' || r == '\r' || r == '\t' })
}

func certificate(n *Node) (Certificate, error) {
	var v Certificate
	r := &reader{n: n}
	r.read("id", &v.ID)
	r.read("CN", &v.CN)
	r.read("pricelist", &v.Pricelist)
	r.read("createdate", &v.Created)
	r.read("expiredate", &v.Expires)
	r.read("status_msg", &v.StatusMsg)
	r.read("item_status", &v.ItemStatus)
	r.read("cost", &v.Cost)
	r.read("remoteid", &v.RemoteID)
	r.read("pricelist_id", &v.PricelistID)
	r.read("pricelist_name", &v.PricelistName)
	r.read("cancelled", &v.Cancelled)
	r.read("revoked", &v.Revoked)
	r.read("period", &v.Period)
	r.read("csr", &v.CSR)
	r.read("crt", &v.CRT)
	r.read("approver_method", &v.ApproverMethod)
	r.read("auth_file_protocol", &v.HTTPS)
	r.read("auth_dnstxt_value", &v.DNSValue)
	r.read("auth_file_name", &v.FileName)
	r.read("auth_file_content", &v.FileContent)
	v.HasRemoteID = n.Has("remoteid")
	v.AltName, v.DNSNames = names(n.Get("altname")), names(n.Get("domains_list"))
	if v.ID == 0 {
		r.read("elid", &v.ID)
	}
	for i := 1; n.Has("approver_email_" + strconv.Itoa(i)); i++ {
		v.ApproverEmails = append(v.ApproverEmails, n.Get("approver_email_"+strconv.Itoa(i)))
	}
	if len(v.ApproverEmails) == 0 {
		v.ApproverEmails = names(n.Get("approver_email"))
	}
	for _, elem := range n.List("validation") {
		d := Validation{DNSValue: elem.Get("dns_value"), FileURL: elem.Get("file_url"), FileName: elem.Get("file_name"), FileContent: elem.Get("file_content"), Details: elem.Get("details")}
		s := &reader{n: elem}
		s.read("domain", &d.Domain)
		s.read("method", &d.Method)
		s.read("approver_email", &d.Email)
		s.read("dns_type", &d.DNSType)
		s.read("dns_name", &d.DNSName)
		s.read("verified", &d.Verified)
		s.read("verified_at", &d.VerifiedAt)
		if s.err != nil && r.err == nil {
			r.err = s.err
		}
		v.Validation = append(v.Validation, d)
	}
	return v, r.err
}

// List reads the certificates of the account. remoteID, when it is not empty, asks for those with it; a BILLmanager that can't
// filter by it answers all.
//
// SSL certificates (certificate), "Function: certificate"
func (c *Client) List(ctx context.Context, remoteID string) ([]Certificate, error) {
	form := url.Values{}
	if remoteID != "" {
		form.Set("remoteid", remoteID)
	}
	doc, err := c.read(ctx, "certificate", form)
	if err != nil {
		return nil, err
	}
	list := []Certificate{}
	for _, elem := range doc.All("elem") {
		v, err := certificate(elem)
		if err != nil {
			return nil, unread("certificate", err)
		}
		list = append(list, v)
	}
	return list, nil
}

// Edit reads the form of one certificate.
//
// SSL certificates (certificate), "Function: certificate.edit"; the names of its fields are not documented.
func (c *Client) Edit(ctx context.Context, elid int64) (Certificate, error) {
	doc, err := c.read(ctx, "certificate.edit", element(elid))
	if err != nil {
		return Certificate{}, err
	}
	v, err := certificate(doc)
	if err != nil {
		return v, unread("certificate.edit", err)
	}
	if v.ID == 0 {
		v.ID = wire.Int(elid)
	}
	return v, nil
}

// File reads the certificate as it is downloaded: PEM or a ZIP, as the BILLmanager packs it.
//
// SSL certificates (certificate), "Function: certificate.file"; its answer is not documented.
func (c *Client) File(ctx context.Context, elid int64) ([]byte, error) {
	return c.download(ctx, "certificate.file", element(elid))
}

func element(elid int64) url.Values { return url.Values{"elid": {strconv.FormatInt(elid, 10)}} }

// Delete gives a certificate up.
//
// Seed 002, "Deleting a certificate": certificate.delete
func (c *Client) Delete(ctx context.Context, elid int64) error {
	_, err := c.change(ctx, "certificate.delete", element(elid))
	return err
}

// Retry restarts the processing of a certificate.
//
// SSL certificates (certificate), "Function: certificate.retry" (access level admin)
func (c *Client) Retry(ctx context.Context, elid int64) error {
	_, err := c.change(ctx, "certificate.retry", element(elid))
	return err
}

// Resume takes up a certificate that was stopped.
//
// SSL certificates (certificate), "Function: certificate.resume" (access level admin)
func (c *Client) Resume(ctx context.Context, elid int64) error {
	_, err := c.change(ctx, "certificate.resume", element(elid))
	return err
}

// Sync has the BILLmanager ask the authority how a certificate stands.
//
// SSL certificates (certificate), "Function: certificate.sync" (access level admin)
func (c *Client) Sync(ctx context.Context, elid int64) error {
	_, err := c.change(ctx, "certificate.sync", element(elid))
	return err
}
