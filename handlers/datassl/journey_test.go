package datassl_test

import (
	"fmt"
	"strings"
	"testing"

	"certbay/db"
	"certbay/db/certs"
	"certbay/providers/providertest"
)

// The figures of the document: list 49.99, group 12.99, two names at 7.99.
func TestPlacingAnOrderCostsWhatTheDocumentSays(t *testing.T) {
	s := openShop(t)
	a := s.ok(s.post("/orders", fields{"product_id": s.multi, "domain": "example.com", "period": 12, "san_count": 2, "san_wildcard_count": 0}))
	for field, want := range map[string]string{"message": "Sipariş başarıyla oluşturuldu", "base_price": "49.99", "san_total": "15.98", "discount_amount": "37.00",
		"total": "28.97", "credit_used": "28.97", "new_balance": "1221.03", "status": "pending", "payment_status": "paid", "domain": "example.com"} {
		if got := a.text(field); got != want {
			t.Errorf("%s is %s, not %s", field, got, want)
		}
	}
	if !strings.HasPrefix(a.text("order_number"), "ORD-") || !strings.HasPrefix(a.text("invoice_number"), "INV-") {
		t.Error(a.raw)
	}
	if s.Balance(s.Reseller.ID) != 122_103 {
		t.Errorf("the wallet holds %d", s.Balance(s.Reseller.ID))
	}
	// The sample programs pay once more: nothing moves.
	p := s.ok(s.post("/credits", fields{"order_id": a.id("order_id")}))
	if p.text("amount_paid") != "28.97" || p.text("new_balance") != "1221.03" || p.text("message") != "Ödeme başarıyla alındı" || s.Balance(s.Reseller.ID) != 122_103 {
		t.Error(p.raw)
	}
	c := s.ok(s.get("/credits?limit=1"))
	if c.text("transactions", 0, "description") != "Sipariş ödemesi: "+a.text("order_number") || c.text("transactions", 0, "amount") != "-28.97" ||
		c.text("transactions", 0, "type") != "debit" || c.text("transactions", 0, "balance_after") != "1221.03" || c.text("pagination", "total") != "2" {
		t.Error(c.raw)
	}
	if link := c.header.Get("Link"); link != "<"+s.URL+`/api/reseller/credits?limit=1&offset=1>; rel="next"` {
		t.Errorf("Link: %s", link)
	}
}

func TestAnOrderGoesAllTheWayToItsCertificateAndIsReissued(t *testing.T) {
	s := openShop(t)
	id := s.order(s.Key, "way.example")
	if a := s.get(fmt.Sprintf("/certificate/%d/download", id)); a.status != 404 {
		t.Errorf("%d %s", a.status, a.raw)
	}
	a := s.ok(s.post("/ssl/configure", fields{"order_id": fmt.Sprint(id), "csr": providertest.CSR(t, "way.example"), "dcv_method": "http"}))
	if a.text("ssl", "status") != "validation_pending" || !strings.Contains(a.text("ssl", "validation", 0, "http", "url"), "/.well-known/pki-validation/") {
		t.Fatal(a.raw)
	}
	s.refused(s.post("/ssl/resend-validation", fields{"order_id": id}), 409, "no_validation_pending")
	a = s.ok(s.post("/ssl/change-dcv", fields{"order_id": id, "dcv_method": "email", "approver_email": "admin@way.example"}))
	if a.text("ssl", "validation", 0, "email", "approver_email") != "admin@way.example" || a.text("ssl", "dcv_method") != "email" {
		t.Fatal(a.raw)
	}
	s.ok(s.post("/ssl/resend-validation", fields{"order_id": id}))
	s.publish(s.ok(s.post("/ssl/change-dcv", fields{"order_id": id, "dcv_method": "dns"})))
	a = s.ok(s.get(fmt.Sprintf("/ssl/%d/", id)))
	if a.text("ssl", "status") != "completed" || a.at("ssl", "has_certificate") != true || a.at("ssl", "last_checked_at") == nil {
		t.Fatalf("the certificate that is ready is not saved: %s", a.raw)
	}
	c := s.ok(s.get(fmt.Sprintf("/certificate/%d", id)))
	if c.at("certificate", "has_certificate") != true || c.at("certificate", "has_ca_bundle") != true || c.at("certificate", "is_expired") != false || c.id("certificate", "days_remaining") < 190 {
		t.Error(c.raw)
	}
	first := s.ok(s.get(fmt.Sprintf("/certificate/%d/download", id)))
	if _, err := certs.Describe(first.text("certificate", "certificate_pem")); err != nil || first.text("certificate", "private_key_note") != "Private key sipariş oluşturulurken size iletilmiştir." {
		t.Error(err, first.raw)
	}
	before := s.Balance(s.Reseller.ID)
	// With a new key; control of the name was shown lately.
	a = s.ok(s.post("/ssl/reissue", fields{"order_id": id, "csr": providertest.CSR(t, "way.example")}))
	if a.text("ssl", "status") != "completed" || a.at("ssl", "reissuing") != false {
		t.Fatal(a.raw)
	}
	second := s.ok(s.get(fmt.Sprintf("/certificate/%d/download", id)))
	if second.text("certificate", "certificate_pem") == first.text("certificate", "certificate_pem") {
		t.Error("a reissue is another certificate")
	}
	if s.Balance(s.Reseller.ID) != before {
		t.Error("a reissue costs nothing")
	}
	d := s.ok(s.get(fmt.Sprintf("/orders/%d", id)))
	if n := len(d.at("order", "certificates").([]any)); n != 2 || d.text("order", "certificates", 0, "status") != "issued" {
		t.Error(d.raw)
	}
	s.refused(s.post("/ssl/configure", fields{"order_id": id, "csr": providertest.CSR(t, "way.example")}), 409, "not_configurable")
	s.refused(s.ask(s.Key, "PUT", fmt.Sprint("/orders/", id), fields{"action": "cancel"}), 409, "not_cancellable")
	if _, err := s.Book.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	rows, _, err := s.Book.AuditRows(t.Context(), db.AuditFilter{Object: fmt.Sprint("order ", id)})
	if err != nil {
		t.Fatal(err)
	}
	byKey := 0
	for _, r := range rows {
		if r.ActorKind == db.ByKey && r.ActorName == "Panel" && r.IP != "" {
			byKey++
		}
	}
	if byKey < 5 {
		t.Errorf("%d of %d audit rows name the key", byKey, len(rows))
	}
}

// A reissue for names whose control is not fresh waits for their owners, and the
// certificate before stays.
func TestAReissueForAFurtherNameWaitsForItsOwner(t *testing.T) {
	s := openShop(t)
	id := s.ok(s.post("/orders", fields{"product_id": s.multi, "domain": "first.example", "san_count": 1})).id("order_id")
	s.publish(s.ok(s.post("/ssl/configure", fields{"order_id": id, "csr": providertest.CSR(t, "first.example"), "dcv_method": "dns"})))
	if a := s.ok(s.get(fmt.Sprint("/ssl/", id))); a.text("ssl", "status") != "completed" {
		t.Fatal(a.raw)
	}
	a := s.ok(s.post("/ssl/reissue", fields{"order_id": id, "csr": providertest.CSR(t, "first.example", "second.example"), "dcv_method": "dns"}))
	if a.at("ssl", "reissuing") != true || a.at("ssl", "has_certificate") != true || a.text("ssl", "status") != "completed" {
		t.Fatal(a.raw)
	}
	if a.text("ssl", "validation", 1, "domain") != "second.example" || a.text("ssl", "validation", 1, "status") != "pending" {
		t.Fatal(a.raw)
	}
	s.publish(a)
	a = s.ok(s.get(fmt.Sprint("/ssl/", id)))
	if a.at("ssl", "reissuing") != false || a.text("ssl", "validation", 1, "status") != "validated" {
		t.Error(a.raw)
	}
}

func TestCancellingGivesTheMoneyBackOnce(t *testing.T) {
	s := openShop(t)
	before := s.Balance(s.Reseller.ID)
	id := s.order(s.Key, "gone.example")
	a := s.ok(s.ask(s.Key, "PUT", fmt.Sprint("/orders/", id), fields{"action": "cancel"}))
	if a.text("status") != "cancelled" || a.text("refunded_amount") != "12.99" || a.text("new_balance") != "1250.00" || s.Balance(s.Reseller.ID) != before {
		t.Error(a.raw)
	}
	s.refused(s.ask(s.Key, "PUT", fmt.Sprint("/orders/", id), fields{"action": "cancel"}), 409, "not_cancellable")
	s.refused(s.post("/credits", fields{"order_id": id}), 409, "not_payable")
	if s.ok(s.get(fmt.Sprint("/orders/", id))).text("order", "payment_status") != "refunded" {
		t.Error("a cancelled order was refunded")
	}
}

func TestAnOrderThatWaitsForItsPaymentIsPaidByCredits(t *testing.T) {
	s := openShop(t)
	ctx := t.Context()
	if err := s.Book.SetPayLater(ctx, db.System, s.Reseller.ID, true); err != nil {
		t.Fatal(err)
	}
	if err := s.Book.AdjustCredit(ctx, db.System, s.Reseller.ID, -125_000, "taken", "taken back"); err != nil {
		t.Fatal(err)
	}
	o := must[db.Order](t)(s.Book.PlaceOrder(ctx, db.System, s.Reseller.ID, db.NewOrder{ProductID: s.single, Months: 12, Domain: "later.example", Unpaid: true}))
	s.refused(s.post("/ssl/configure", fields{"order_id": o.ID, "csr": providertest.CSR(t, "later.example")}), 409, "unpaid")
	a := s.refused(s.post("/credits", fields{"order_id": o.ID}), 402, "insufficient_credit")
	if a.text("error") != "Yetersiz bakiye. Gerekli: $12.99 Mevcut: $0.00" {
		t.Error(a.raw)
	}
	if err := s.Book.AddCredit(ctx, db.System, s.Reseller.ID, 2000, "again", "again"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if p := s.ok(s.post("/credits", fields{"order_id": o.ID})); p.text("amount_paid") != "12.99" || p.text("new_balance") != "7.01" {
			t.Error(p.raw)
		}
	}
}
