package db

import (
	"context"
	"slices"
	"strings"
)

// subscription is an endpoint that wants to hear.
type subscription struct {
	id     int64
	events []string
}

// emit writes what the reseller's webhooks are to be told, and the jobs that tell
// it, in the transaction of the event itself: it is told exactly when it happened.
func emit(ctx context.Context, t *tx, resellerID int64, data WebhookData) error {
	list, err := subscriptions(ctx, t, resellerID)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(slices.Clone(list), func(s subscription) bool { return !slices.Contains(s.events, string(data.event())) })
	if len(list) == 0 {
		return nil
	}
	body, err := message(t.now, data)
	if err != nil {
		return err
	}
	name := newMessageID()
	for _, s := range list {
		if _, err := writeDelivery(ctx, t, s.id, name, data.event(), body); err != nil {
			return err
		}
	}
	return nil
}

func writeDelivery(ctx context.Context, t *tx, webhookID int64, name string, event WebhookEvent, body string) (int64, error) {
	id, err := insert(ctx, t, `insert into webhook_delivery (webhook_id, message, event, body, state, next_at, created_at) values ($1, $2, $3, $4, 'waiting', $5, $5) returning id`,
		webhookID, name, event, body, t.now)
	if err != nil {
		return 0, err
	}
	_, err = enqueue(ctx, t, JobWebhook, id, nil, t.now)
	return id, err
}

// subscriptions are the reseller's endpoints as this transaction found them.
func subscriptions(ctx context.Context, t *tx, resellerID int64) ([]subscription, error) {
	if list, known := t.webhooks[resellerID]; known {
		return list, nil
	}
	list, err := collect(ctx, t, func(s scanner) (w subscription, err error) {
		var words string
		err = s.Scan(&w.id, &words)
		w.events = strings.Fields(words)
		return w, err
	}, `select id, events from webhook where reseller_id = $1 and enabled order by id`, resellerID)
	if err != nil {
		return nil, err
	}
	if t.webhooks == nil {
		t.webhooks = map[int64][]subscription{}
	}
	t.webhooks[resellerID] = list
	return list, nil
}

// tellOrderCreated tells of an order that was just placed.
func tellOrderCreated(ctx context.Context, t *tx, o Order) error {
	return emit(ctx, t, o.ResellerID, OrderCreatedData{OrderID: o.ID, OrderNumber: o.Number, ProductID: o.ProductID, Domain: o.Domain, Period: o.Months,
		Status: o.Status, Paid: o.Paid, Total: Cents(o.TotalCents), Tax: Cents(o.TaxCents), Currency: "USD"})
}

// tellStatusChanged tells of an order's move.
func tellStatusChanged(ctx context.Context, t *tx, orderID int64, from, to Status) error {
	d := OrderStatusChangedData{OrderID: orderID, PreviousStatus: from, Status: to}
	var reseller int64
	if err := t.QueryRowContext(ctx, `select reseller_id, number, domain from orders where id = $1`, orderID).Scan(&reseller, &d.OrderNumber, &d.Domain); err != nil {
		return err
	}
	return emit(ctx, t, reseller, d)
}

// tellIssued tells of a certificate; a licence's key is no certificate.
func tellIssued(ctx context.Context, t *tx, o Order, c Certificate, i Issued) error {
	if i.PEM == "" {
		return nil
	}
	return emit(ctx, t, o.ResellerID, CertificateIssuedData{OrderID: o.ID, OrderNumber: o.Number, CertificateID: c.ID, Domain: o.Domain,
		Serial: i.Serial, NotBefore: i.NotBefore.UTC(), NotAfter: i.NotAfter.UTC()})
}

// tellDCV tells which names of a certificate are yet to be proven, and how.
func tellDCV(ctx context.Context, t *tx, o Order, certificateID int64) error {
	if list, err := subscriptions(ctx, t, o.ResellerID); err != nil || len(list) == 0 {
		return err
	}
	names, err := collect(ctx, t, func(s scanner) (n DCVName, err error) { return n, s.Scan(&n.Name, &n.Method) },
		`select name, method from dcv where certificate_id = $1 and state <> 'verified' order by id`, certificateID)
	if err != nil || len(names) == 0 {
		return err
	}
	return emit(ctx, t, o.ResellerID, DCVRequiredData{OrderID: o.ID, OrderNumber: o.Number, CertificateID: certificateID, Domain: o.Domain, Names: names})
}
