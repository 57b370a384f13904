package gogetssl

import (
	"errors"
	"strconv"
	"strings"

	"certbay/db"
)

// orderRow is what a list tells of an order.
type orderRow struct {
	OrderID           int64  `json:"order_id"`
	InternalID        string `json:"internal_id"`
	PartnerOrderID    int64  `json:"partner_order_id"`
	UniqueCode        string `json:"unique_code"` // as the order was placed with; beside the document
	ProductID         int64  `json:"product_id"`
	Status            string `json:"status"`
	StatusDescription string `json:"status_description"`
	Domain            string `json:"domain"`
	SSLPeriod         int    `json:"ssl_period"`
	ValidityPeriod    int    `json:"validity_period"`
	SSLPrice          price  `json:"ssl_price"`
	Begin             day    `json:"begin_date"`
	End               day    `json:"end_date"`
	ValidTill         day    `json:"valid_till"`
	TimeStamp         int64  `json:"time_stamp"`
}

// standing is what getOrderStatus tells. Begin and End are of the term, ValidFrom
// and ValidTill of the certificate.
type standing struct {
	success
	orderRow
	ValidFrom        day    `json:"valid_from"`
	Domains          string `json:"domains"`
	TotalDomains     int    `json:"total_domains"`
	CSR              string `json:"csr_code"`
	Certificate      string `json:"crt_code"`
	CA               string `json:"ca_code"`
	Approver         proof  `json:"approver_method"`
	ApproverEmail    string `json:"approver_email"`
	ApproverEmails   string `json:"approver_emails"`
	DCVMethod        string `json:"dcv_method"`
	DCVStatus        int    `json:"dcv_status"`
	SAN              []san  `json:"san"`
	SingleSANCount   int    `json:"single_san_count"`
	WildcardSANCount int    `json:"wildcard_san_count"`
	ServerCount      int    `json:"server_count"`
	WebServerType    int    `json:"webserver_type"`
	Reissue          flag   `json:"reissue"`
	ReissueNow       flag   `json:"reissue_now"`
	Renew            flag   `json:"renew"`
	ManualCheck      word   `json:"manual_check"`
	PreSigning       word   `json:"pre_signing"`
	AdminFirstName   string `json:"admin_firstname"`
	AdminLastName    string `json:"admin_lastname"`
	AdminTitle       string `json:"admin_title"`
	AdminEmail       string `json:"admin_email"`
	AdminPhone       string `json:"admin_phone"`
	TechFirstName    string `json:"tech_firstname"`
	TechLastName     string `json:"tech_lastname"`
	TechTitle        string `json:"tech_title"`
	TechEmail        string `json:"tech_email"`
	TechPhone        string `json:"tech_phone"`
	OrgName          string `json:"org_name"`
	OrgAddress       string `json:"org_addressline1"`
	OrgCity          string `json:"org_city"`
	OrgCountry       string `json:"org_country"`
	OrgPostalCode    string `json:"org_postalcode"`
	OrgRegion        string `json:"org_region"`
	OrgPhone         string `json:"org_phone"`
}

// statusWords are the dialect's for the book's. An order that the authority sent
// back is incomplete: it is paid, and can be cancelled here or corrected on the page.
var statusWords = map[db.Status]string{
	db.StatusPending: "new_order", db.StatusPendingConfiguration: "incomplete", db.StatusProcessing: "processing", db.StatusValidationPending: "processing",
	db.StatusCompleted: "active", db.StatusCancelled: "cancelled", db.StatusExpired: "expired",
}

func statusOf(o db.Order, reissuing bool) string {
	switch {
	case o.Status == db.StatusPending && !o.Paid:
		return "unpaid"
	case o.Status == db.StatusCompleted && reissuing:
		return "reissue"
	}
	return statusWords[o.Status]
}

func rowOf(o db.Order, status string) orderRow {
	return orderRow{OrderID: o.ID, InternalID: o.Number, UniqueCode: o.Reference, ProductID: o.ProductID, Status: status, StatusDescription: o.Message, Domain: o.Domain, SSLPeriod: o.Months,
		ValidityPeriod: o.Months, SSLPrice: price(o.TotalCents), Begin: day{o.CompletedAt}, End: day{o.EndsAt}, ValidTill: day{o.CertificateUntil}, TimeStamp: o.CreatedAt.Unix()}
}

// orderStatus is getOrderStatus: what is under way is asked for upstream, and a
// certificate that is ready is saved.
func (c *call) orderStatus() (any, error) {
	o, err := c.sslOrder(c.id)
	if err != nil {
		return nil, err
	}
	if o, err = c.Look(o.ID, lookPatience); err != nil {
		return nil, err
	}
	return c.standing(o)
}

// sslOrder is an order that this dialect can speak of.
func (c *call) sslOrder(id int64) (db.Order, error) {
	o, err := c.Book.Order(c.Ctx, c.Caller.ResellerID, id)
	if err == nil && (o.Kind == db.KindLicence || o.Kind == db.KindCodeSigning) {
		err = errNoOrder
	}
	return o, err
}

// standing is how an order stands, with what has to be published for the newest of
// its certificates.
func (c *call) standing(o db.Order) (standing, error) {
	s := standing{success: ok, SAN: []san{}, SingleSANCount: o.SANCount, WildcardSANCount: o.WildcardSANCount, ServerCount: -1, WebServerType: -1,
		ManualCheck: word(o.Vetting), Renew: flag(strings.HasPrefix(o.Note, renewed))}
	list, err := c.Book.Certificates(c.Ctx, o.ID)
	if err != nil {
		return s, err
	}
	var issued, newest db.Certificate
	issues := 0
	for _, cert := range list {
		if cert.State == db.CertificateIssued || cert.State == db.CertificateRevoked {
			if issues++; issues == 1 {
				issued = cert
			}
		}
		if newest.ID == 0 && cert.State != db.CertificateRefused && (cert.State != db.CertificateCancelled || o.Status == db.StatusCancelled) {
			newest = cert
		}
	}
	reissuing := issued.ID != 0 && newest.State == db.CertificateRequested
	s.orderRow = rowOf(o, statusOf(o, reissuing))
	s.Reissue, s.ReissueNow, s.PartnerOrderID = flag(reissuing || issues > 1), flag(reissuing), newest.ID
	s.CSR, s.Certificate, s.CA = newest.CSR, issued.PEM, issued.Chain
	if issued.PEM != "" {
		s.ValidFrom, s.ValidTill = day{issued.NotBefore}, day{issued.NotAfter}
	}
	if newest.ID == 0 {
		return s, s.ordered(c, o)
	}
	sub, err := c.Book.SubmissionOf(c.Ctx, newest.ID)
	if err != nil {
		return s, err
	}
	s.people(sub.Contact)
	s.names(o.Domain, sub.Names)
	return s, nil
}

// ordered fills in the names as they were ordered, while nothing is asked of the
// authority for them.
func (s *standing) ordered(c *call, o db.Order) error {
	names, err := c.Book.Names(c.Ctx, o.ID)
	all := []string{o.Domain}
	for _, name := range names {
		if name != o.Domain {
			all = append(all, name)
			s.SAN = append(s.SAN, san{Name: name, Status: "0", StatusDescription: statusText[0]})
		}
	}
	s.Domains, s.TotalDomains = strings.Join(all, ","), len(all)
	return err
}

func (s *standing) people(p db.Contact) {
	s.AdminFirstName, s.AdminLastName, s.AdminTitle, s.AdminEmail, s.AdminPhone = p.FirstName, p.LastName, p.Title, p.Email, p.Phone
	s.TechFirstName, s.TechLastName, s.TechTitle, s.TechEmail, s.TechPhone = p.FirstName, p.LastName, p.Title, p.Email, p.Phone
	s.OrgName, s.OrgAddress, s.OrgCity, s.OrgCountry, s.OrgPostalCode, s.OrgRegion, s.OrgPhone = p.Organisation, p.Street, p.City, p.Country, p.PostalCode, p.Province, p.Phone
}

// names fills in the domain and the names beside it.
func (s *standing) names(domain string, rows []db.DCV) {
	all, approvers := []string{domain}, []string{}
	for _, d := range rows {
		status := 0
		switch {
		case d.State == db.DCVVerified:
			status = 2
		case d.Host != "" || d.FileURL != "" || d.Method == "email":
			status = 1
		}
		if d.Name == domain {
			s.Approver, s.ApproverEmail, s.DCVMethod, s.DCVStatus = proofOf(d), d.Email, d.Method, status
			continue
		}
		all = append(all, d.Name)
		approver := d.Method
		if d.Method == "email" {
			approver = d.Email
		}
		approvers = append(approvers, approver)
		s.SAN = append(s.SAN, san{Name: d.Name, Status: strconv.Itoa(status), StatusDescription: statusText[status], Method: d.Method, Validation: proofOf(d)})
	}
	s.Domains, s.TotalDomains, s.ApproverEmails = strings.Join(all, ","), len(all), strings.Join(approvers, ",")
}

var statusText = []string{"Not set", "Processing", "Validated"}

// proofOf is what shows control of a name, verbatim. A CNAME is one line with single
// spaces; a TXT record is written as in a zone file.
func proofOf(d db.DCV) (p proof) {
	f := &file{d.FileURL, d.FileName, d.FileContent}
	switch {
	case d.Method == "email":
		p.Email = d.Email
	case d.Host != "" && d.RecordType == "TXT":
		p.DNS = &record{d.Host + `   IN   TXT   "` + d.Value + `"`}
	case d.Host != "":
		p.DNS = &record{d.Host + " " + d.RecordType + " " + d.Value}
	case d.FileURL != "" && d.Method == "https":
		p.HTTPS = f
	case d.FileURL != "":
		p.HTTP = f
	}
	return p
}

// mostIDs bounds what is asked for at once.
const mostIDs = 500

// statuses is getOrdersStatuses: of those ids that are orders here.
func (c *call) statuses() (any, error) {
	type row struct {
		OrderID int64  `json:"order_id"`
		Status  string `json:"status"`
		Expires day    `json:"expires"`
	}
	answer := struct {
		success
		Certificates []row `json:"certificates"`
	}{ok, []row{}}
	words := c.fields.list("cids")
	if len(words) == 0 {
		words = c.fields.list("certificate_id")
	}
	if len(words) == 0 || len(words) > mostIDs {
		return nil, &wrongField{"cids", "must be 1 to " + strconv.Itoa(mostIDs) + " ids of orders, separated by commas"}
	}
	var orders []db.Order
	for _, w := range words {
		id, err := strconv.ParseInt(w, 10, 64)
		if err != nil {
			return nil, &wrongField{"cids", "is no id of an order: " + w}
		}
		o, err := c.sslOrder(id)
		if errors.Is(err, db.ErrNotFound) || errors.Is(err, errNoOrder) {
			continue
		}
		if err != nil {
			return nil, err
		}
		orders = append(orders, o)
	}
	rows, err := c.rows(orders)
	for _, r := range rows {
		answer.Certificates = append(answer.Certificates, row{r.OrderID, r.Status, r.End})
	}
	return answer, err
}

// rows are orders as lists tell them, without those that this dialect can't speak of.
func (c *call) rows(orders []db.Order) ([]orderRow, error) {
	var completed []int64
	for _, o := range orders {
		if o.Status == db.StatusCompleted {
			completed = append(completed, o.ID)
		}
	}
	reissuing, err := c.Book.Reissuing(c.Ctx, completed)
	rows := []orderRow{}
	for _, o := range orders {
		if o.Kind != db.KindLicence && o.Kind != db.KindCodeSigning {
			rows = append(rows, rowOf(o, statusOf(o, reissuing[o.ID])))
		}
	}
	return rows, err
}

type orderList struct {
	success
	Orders []orderRow `json:"orders"`
	Limit  int        `json:"limit"`
	Offset int        `json:"offset"`
	Count  int        `json:"count"`
}

// allOrders is getAllSSLOrders, the newest first.
func (c *call) allOrders() (any, error) { return c.orderList(db.OrderFilter{}) }

// ordersBy is GET /orders/?status=.
func (c *call) ordersBy() (any, error) {
	filter := db.OrderFilter{}
	switch s := strings.ToLower(c.fields.text("status")); s {
	case "":
	case "active":
		filter.Status = db.StatusCompleted
	case "expired":
		filter.Status = db.StatusExpired
	case "rejected": // no order stays so here: what is refused is given back
		return orderList{success: ok, Orders: []orderRow{}}, nil
	case "processing":
		filter.View = db.ViewWaiting
	default:
		return nil, &wrongField{"status", "must be one of active, expired, processing, rejected: " + s}
	}
	return c.orderList(filter)
}

// orderList is a page of orders. Those that this dialect can't speak of are counted,
// so that pages stay where they are, and left out.
func (c *call) orderList(filter db.OrderFilter) (orderList, error) {
	answer := orderList{success: ok, Orders: []orderRow{}}
	p, err := c.page()
	if err != nil {
		return answer, err
	}
	filter.Certificates = true
	list, total, err := c.Book.OrdersPage(c.Ctx, c.Caller.ResellerID, filter, p.Offset, p.Limit)
	if err != nil {
		return answer, err
	}
	answer.Limit, answer.Offset, answer.Count = p.Limit, p.Offset, total
	answer.Orders, err = c.rows(list)
	return answer, err
}

// unpaidOrders is getUnpaidOrders: those that were placed to be paid later.
func (c *call) unpaidOrders() (any, error) {
	type row struct {
		ID       int64  `json:"id"`
		Total    price  `json:"total_price"`
		Currency string `json:"currency"`
		Date     day    `json:"date"`
	}
	answer := struct {
		success
		Orders []row `json:"orders"`
	}{ok, []row{}}
	list, _, err := c.Book.OrdersPage(c.Ctx, c.Caller.ResellerID, db.OrderFilter{Status: db.StatusPending}, 0, mostRows)
	for _, o := range list {
		if !o.Paid {
			answer.Orders = append(answer.Orders, row{o.ID, price(o.PayableCents()), currency, day{o.CreatedAt}})
		}
	}
	return answer, err
}
