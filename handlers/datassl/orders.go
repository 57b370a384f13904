package datassl

import (
	"errors"

	"certbay/db"
	"certbay/db/certs"
)

// usualPeriod is the term of an order that does not say its own, in months.
const usualPeriod = 12

func order(o db.Order) Order {
	return Order{
		ID: o.ID, OrderNumber: o.Number, ProductID: o.ProductID, Product: o.ProductName, Brand: o.Brand, Type: string(o.Kind), ValidationType: o.Validation,
		Domain: o.Domain, Period: o.Months, SANCount: o.SANCount, SANWildcardCount: o.WildcardSANCount,
		BasePrice: Amount(o.BaseCents), SANTotal: Amount(o.SANCents), DiscountAmount: Amount(o.DiscountCents), Total: Amount(o.TotalCents),
		Tax: Amount(o.TaxCents), Payable: Amount(o.PayableCents()), Currency: currency,
		Status: string(o.Status), Reference: o.Reference, PaymentStatus: paymentStatus(o), CreatedAt: Moment{o.CreatedAt}, CompletedAt: Moment{o.CompletedAt},
		ExpiresAt: Moment{o.EndsAt}, ValidTill: Date{o.CertificateUntil},
	}
}

// paymentStatus is paid or unpaid; of an order that ended before it was delivered
// refunded or cancelled.
func paymentStatus(o db.Order) string {
	never := o.Status == db.StatusCancelled && o.CompletedAt.IsZero()
	switch {
	case never && o.Paid:
		return "refunded"
	case never:
		return "cancelled"
	case o.Paid:
		return "paid"
	}
	return "unpaid"
}

// listOrders is GET /orders.
func (c *call) listOrders() (any, error) {
	q, err := c.query()
	if err != nil {
		return nil, err
	}
	p := page(q)
	f := db.OrderFilter{Status: db.Status(q.Get("status")), Search: q.Get("domain"), Reference: q.Get("reference"), Lean: true, Page: p}
	all, told, err := c.Book.OrderCount(c.Ctx, c.Caller.ResellerID, f)
	if err != nil {
		return nil, err
	}
	f.Uncounted = told
	orders, total, err := c.Book.Orders(c.Ctx, c.Caller.ResellerID, f)
	if err != nil {
		return nil, err
	}
	if told {
		total = all
	}
	answer := OrderList{Success: ok(""), Orders: make([]Order, 0, len(orders)), Pagination: c.paginate(q, p, total)}
	for _, o := range orders {
		answer.Orders = append(answer.Orders, order(o))
	}
	return answer, nil
}

// getOrder is GET /orders/{id}.
func (c *call) getOrder() (any, error) {
	o, err := c.Book.Order(c.Ctx, c.Caller.ResellerID, c.id)
	if err != nil {
		return nil, err
	}
	detail := OrderDetail{Order: order(o), Names: []string{}, StatusNote: o.Message, LicenceKey: o.LicenceKey, Certificates: []OrderCertificate{}}
	if o.Domain != "" {
		detail.Names = append(detail.Names, o.Domain)
	}
	names, err := c.Book.Names(c.Ctx, o.ID)
	if err != nil {
		return nil, err
	}
	detail.Names = append(detail.Names, names...)
	invoice, err := c.Book.OrderInvoice(c.Ctx, o.ID)
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return nil, err
	}
	detail.InvoiceID, detail.InvoiceNumber = invoice.ID, invoice.Number
	list, err := c.Book.Certificates(c.Ctx, o.ID)
	if err != nil {
		return nil, err
	}
	for _, cert := range list {
		if o.Kind != db.KindLicence {
			detail.Certificates = append(detail.Certificates, OrderCertificate{Status: string(cert.State), Serial: cert.Serial,
				ValidFrom: Date{cert.NotBefore}, ValidTill: Date{cert.NotAfter}, CreatedAt: Moment{cert.CreatedAt}})
		}
	}
	return OrderAnswer{ok(""), detail}, nil
}

// createOrder is POST /orders.
func (c *call) createOrder() (any, error) {
	r, err := read[CreateOrder](c)
	if err != nil {
		return nil, err
	}
	var o db.Order
	if id := c.Happened(); id != 0 {
		o, err = c.Book.Order(c.Ctx, c.Caller.ResellerID, id)
	} else {
		o, err = c.place(r)
	}
	if err != nil {
		return nil, err
	}
	invoice, err := c.Book.OrderInvoice(c.Ctx, o.ID)
	if err != nil {
		return nil, err
	}
	balance, _, err := c.Book.Wallet(c.Ctx, c.Caller.ResellerID)
	if err != nil {
		return nil, err
	}
	return OrderPlaced{
		Success: ok(c.t("apireply.order.placed")), OrderID: o.ID, OrderNumber: o.Number, Domain: o.Domain,
		BasePrice: Amount(o.BaseCents), SANTotal: Amount(o.SANCents), DiscountAmount: Amount(o.DiscountCents), Total: Amount(o.TotalCents),
		Status: string(o.Status), PaymentStatus: paymentStatus(o), CreditUsed: Amount(o.PayableCents()), NewBalance: Amount(balance),
		InvoiceNumber: invoice.Number, Tax: Amount(o.TaxCents), Period: o.Months, Currency: currency, Reference: o.Reference,
	}, nil
}

// place buys. What the names are is said with the CSR; here they are only counted.
func (c *call) place(r CreateOrder) (db.Order, error) {
	period := usualPeriod
	if r.Period.Set {
		period = r.Period.count()
	}
	o, err := c.Book.PlaceOrder(c.Ctx, c.Caller.Actor(), c.Caller.ResellerID, db.NewOrder{
		ProductID: r.ProductID.id(), Months: period, Domain: r.Domain.Value, SANCount: r.SANCount.count(), WildcardSANCount: r.SANWildcardCount.count(), Reference: r.Reference.Value,
	})
	if errors.Is(err, db.ErrNotFound) {
		return o, c.notInGroup(err, r.ProductID.id())
	}
	return o, err
}

// changeOrder is PUT /orders/{id}: it cancels.
func (c *call) changeOrder() (any, error) {
	if _, err := read[ChangeOrder](c); err != nil {
		return nil, err
	}
	if c.Happened() == 0 {
		job, err := c.Book.CancelOrderIn(c.Ctx, c.Caller.Actor(), c.Caller.ResellerID, c.id, db.StatusPending, db.StatusProcessing)
		if errors.Is(err, db.ErrStale) {
			return nil, errCancelTime
		}
		if err != nil {
			return nil, err
		}
		if err := c.Gate.Await(c.Ctx, patience, job); err != nil {
			return nil, err
		}
	}
	o, err := c.Book.Order(c.Ctx, c.Caller.ResellerID, c.id)
	if err != nil {
		return nil, err
	}
	balance, _, err := c.Book.Wallet(c.Ctx, c.Caller.ResellerID)
	if err != nil {
		return nil, err
	}
	answer := OrderCancelled{Success: ok(c.t("apireply.order.cancel_asked")), OrderID: o.ID, OrderNumber: o.Number, Status: string(o.Status), NewBalance: Amount(balance)}
	if o.Status == db.StatusCancelled {
		answer.Message = c.t("apireply.order.cancelled")
		if o.Paid {
			answer.RefundedAmount = Amount(o.PayableCents())
		}
	}
	return answer, nil
}

// decodeCSR is POST /csr/decode. Nothing of it is kept.
func (c *call) decodeCSR() (any, error) {
	r, err := read[DecodeCSR](c)
	if err != nil {
		return nil, err
	}
	csr, err := certs.ParseCSR(r.CSR.Value)
	if err != nil {
		return nil, err
	}
	return CSRAnswer{ok(""), CSR{
		Domain: csr.CommonName, Organization: csr.Organization, OrganizationalUnit: csr.OrganizationalUnit, City: csr.Locality, State: csr.Province,
		Country: csr.Country, Email: csr.Email, SAN: append([]string{}, csr.Names...), KeyType: csr.KeyType, KeySize: csr.KeyBits, Curve: csr.Curve,
		SignatureAlgorithm: csr.SignatureAlgorithm, MD5: csr.MD5, SHA1: csr.SHA1, SHA256: csr.SHA256,
	}}, nil
}
