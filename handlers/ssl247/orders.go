package ssl247

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"certbay/db"
)

type orderedDetails struct {
	ID                string `json:"id"`
	ProductCode       string `json:"product_code"`
	ProductName       string `json:"product_name"`
	CommonName        string `json:"common_name"`
	ApproverEmail     string `json:"approver_email"`
	Licenses          string `json:"licenses"`
	Years             string `json:"years"`
	RemainingReissues string `json:"remaining_reissues"`
	Addons            addons `json:"Addons"`
	Status            coded  `json:"Status"`
	TermEndsAt        string `json:"term_ends_at"`
}

type ordered struct {
	OrderID           string         `json:"order_id"`
	OrderRef          string         `json:"order_ref"`
	EmailSubscription string         `json:"email_subscription"`
	Reference         string         `json:"reference"`
	Details           orderedDetails `json:"CertificateDetails"`
	Dates             dates
	Contacts          parties
}

func (c *call) orderedCertificate(o db.Order) (ordered, error) {
	s, err := c.standing(o)
	return ordered{OrderID: id(o.ID), OrderRef: id(o.ID), EmailSubscription: "0", Reference: o.Reference, Dates: s.dates(), Contacts: s.parties(),
		Details: orderedDetails{ID: id(o.ID), ProductCode: id(o.ProductID), ProductName: o.ProductName, CommonName: o.Domain, ApproverEmail: s.main().Email, Licenses: "1",
			Years: strconv.Itoa(max(1, o.Months/12)), RemainingReissues: "unlimited", Addons: s.addons(), Status: statusOf(o, c.Book.Now()), TermEndsAt: endOf(o.EndsAt)}}, err
}

// orderedCertificates is /orders/certificates/{status}.
func (c *call) orderedCertificates() (any, error) {
	status := strings.ToLower(c.path[0])
	if !statuses[status] {
		return nil, errNoStatus
	}
	p, err := c.page()
	if err != nil {
		return nil, err
	}
	answer := struct{ Certificate []ordered }{[]ordered{}}
	if status == "external" {
		list, err := c.foreignPage(&p)
		for _, x := range list {
			answer.Certificate = append(answer.Certificate, foreignOrder(x))
		}
		return answer, err
	}
	err = c.each(status, p, func(o db.Order) error {
		v, err := c.orderedCertificate(o)
		answer.Certificate = append(answer.Certificate, v)
		return err
	})
	return answer, err
}

// orders is /orders, the newest first: the page that limit and offset say, or those
// that carry a reference.
func (c *call) orders() (any, error) {
	p, err := c.page()
	if err != nil {
		return nil, err
	}
	answer := struct {
		Orders struct{ Certificate []ordered }
		Total  int
	}{}
	answer.Orders.Certificate = []ordered{}
	list, total, err := c.Book.OrdersPage(c.Ctx, c.Caller.ResellerID, db.OrderFilter{Reference: c.fields.text("reference"), Certificates: true}, p.offset, p.rows)
	if err != nil {
		return nil, err
	}
	answer.Total = total
	for _, o := range list {
		v, err := c.orderedCertificate(o)
		if err != nil {
			return nil, err
		}
		answer.Orders.Certificate = append(answer.Orders.Certificate, v)
	}
	return answer, nil
}

type orderAddon struct {
	ID    string `json:"id"`
	Type  string `json:"type"`
	Value string `json:"value"`
	Total string `json:"total"`
}

type orderDetails struct {
	Total             amount       `json:"total"`
	Quantity          int          `json:"quantity"`
	ProductCode       string       `json:"product_code"`
	ProductName       string       `json:"product_name"`
	CommonName        string       `json:"common_name"`
	ApproverEmail     string       `json:"approver_email"`
	Licenses          int          `json:"licenses"`
	Years             int          `json:"years"`
	OriginalOrderID   string       `json:"original_order_id"`
	CSR               string       `json:"csr"`
	X509              string       `json:"x509"`
	PKCS7             string       `json:"pkcs7"`
	Intermediate      string       `json:"intermediate"`
	Root              string       `json:"root"`
	RemainingReissues int          `json:"remaining_reissues"`
	Addons            []orderAddon `json:"Addons"`
	Status            coded        `json:"Status"`
}

type fullOrder struct {
	Certificate struct {
		ID      string       `json:"id"`
		OrderID string       `json:"order_id"`
		Label   string       `json:"label"`
		Details orderDetails `json:"CertificateDetails"`
	}
	PlacedWithAPI     string `json:"placed_with_api"`
	EmailSubscription string `json:"email_subscription"`
	PaymentRef        string `json:"payment_ref"`
	InvoiceID         string `json:"invoice_id"`
}

// reissues is what an order has left of them; the book counts none, and the document
// wants a number here.
const reissues = 99

// order is /orders/{order-id}, by the id, which is order_ref too, or by the number on
// the invoice.
func (c *call) order() (any, error) {
	o, err := c.orderOf(c.path[0])
	if err != nil {
		return nil, err
	}
	s, err := c.standing(o)
	if err != nil {
		return nil, err
	}
	var v fullOrder
	v.Certificate.ID, v.Certificate.OrderID, v.Certificate.Label = id(o.ID), id(o.ID), o.ProductName
	d := orderDetails{Total: amount(o.TotalCents), Quantity: 1, ProductCode: id(o.ProductID), ProductName: o.ProductName, CommonName: o.Domain, ApproverEmail: s.main().Email,
		Licenses: 1, Years: max(1, o.Months/12), CSR: s.newest.CSR, X509: s.issued.PEM, RemainingReissues: reissues, Addons: []orderAddon{}, Status: statusOf(o, c.Book.Now())}
	if s.issued.PEM != "" {
		for form, into := range map[string]*string{"pkcs7": &d.PKCS7, "intermediate": &d.Intermediate, "root": &d.Root} {
			if *into, err = formOf(s.issued, form); err != nil && !errors.Is(err, errNoRoot) {
				return nil, err
			}
		}
	}
	if number, ok := strings.CutPrefix(o.Note, renewed); ok {
		if before, err := c.orderOf(number); err == nil {
			d.OriginalOrderID = id(before.ID)
		}
	}
	for _, a := range s.addons().Addon {
		d.Addons = append(d.Addons, orderAddon{ID: a.ID, Type: a.Type, Value: a.Value})
	}
	v.Certificate.Details = d
	i, err := c.Book.OrderInvoice(c.Ctx, o.ID)
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return nil, err
	}
	v.PlacedWithAPI, v.EmailSubscription, v.PaymentRef, v.InvoiceID = o.PlacedBy, "0", o.Number, id(i.ID)
	return struct{ Orders []fullOrder }{[]fullOrder{v}}, nil
}

// orderOf is an order by its id or its number.
func (c *call) orderOf(text string) (db.Order, error) {
	o, err := c.ownCertificate(text)
	if !errors.Is(err, errNoCertificate) {
		return o, err
	}
	if strings.Contains(text, "-") {
		list, _, err := c.Book.Orders(c.Ctx, c.Caller.ResellerID, db.OrderFilter{Search: text, Page: db.Page{Limit: 20}})
		if err != nil {
			return o, err
		}
		for _, found := range list {
			if strings.EqualFold(found.Number, text) && found.Kind != db.KindLicence {
				return found, nil
			}
		}
	}
	return o, errNoOrder
}

// invoice is /orders/invoice/{invoice-id}/{download}: the address of the invoice's
// page, or the PDF in base64.
func (c *call) invoice() (any, error) {
	n, err := strconv.ParseInt(c.path[0], 10, 64)
	if err != nil || n < 1 {
		return nil, errNoInvoice
	}
	i, err := c.Book.Invoice(c.Ctx, c.Caller.ResellerID, n)
	if errors.Is(err, db.ErrNotFound) {
		return nil, errNoInvoice
	}
	if err != nil {
		return nil, err
	}
	answer := struct {
		Invoice string `json:"invoice"`
	}{fmt.Sprintf("%s/invoices/%d", c.baseURL, i.ID)}
	switch strings.ToLower(c.path[1]) {
	case "url", "0", "false":
		return answer, nil
	case "pdf", "download", "base64", "1", "true":
	default:
		return nil, errNoDownload
	}
	pdf, err := c.drawPDF(c.Ctx, c.Caller.ResellerID, i.ID)
	answer.Invoice = base64.StdEncoding.EncodeToString(pdf)
	return answer, err
}

type logEntry struct {
	ID                 string `json:"id"`
	WebsiteID          string `json:"website_id"`
	AccountID          string `json:"account_id"`
	OrderID            string `json:"order_id"`
	InvoiceID          string `json:"invoice_id"`
	UserID             string `json:"user_id"`
	PaymentID          string `json:"payment_id"`
	CertificateID      string `json:"certificate_id"`
	CodeSigningID      string `json:"code_signing_id"`
	DomainNameID       string `json:"domain_name_id"`
	HackAvertDomainID  string `json:"hack_avert_domain_id"`
	ProtectedBrandID   string `json:"protected_brand_id"`
	PersonalSigningID  string `json:"personal_signing_id"`
	PDFSigningID       string `json:"pdf_signing_id"`
	IntySubscriptionID string `json:"inty_subscription_id"`
	TicketID           string `json:"ticket_id"`
	EventID            string `json:"event_id"`
	ContractID         string `json:"contract_id"`
	SubscriptionID     string `json:"subscription_id"`
	TokenLedgerID      string `json:"token_ledger_id"`
	URL                string `json:"url"`
	Admin              string `json:"admin"`
	Error              string `json:"error"`
	Details            string `json:"details"`
	IPAddress          string `json:"ip_address"`
	Source             string `json:"source"`
	Created            string `json:"created"`
}

// logs are the steps of an order. What the shop has none of is empty.
func (c *call) logs(o db.Order) ([]logEntry, error) {
	events, err := c.Book.Events(c.Ctx, o.ID)
	list := []logEntry{}
	for i, e := range events {
		e = e.ForReseller()
		entry := logEntry{ID: strconv.Itoa(i + 1), AccountID: id(o.ResellerID), OrderID: id(o.ID), CertificateID: id(o.ID), Admin: "0", Error: "0",
			Details: strings.TrimSpace(e.Kind + " " + e.Detail), Source: e.Actor, Created: stamp(e.At)}
		if strings.Contains(e.Kind, "refused") {
			entry.Error = "1"
		}
		list = append(list, entry)
	}
	return list, err
}
