package jobs_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"testing"
	"time"

	"certbay/db"
	"certbay/providers"
	"certbay/providers/pretend"
)

// elsewhere places an order at the sandbox that the book knows nothing of.
func (y *yard) elsewhere(code, domain, ip string) string {
	y.t.Helper()
	s := providers.Submission{Reference: fmt.Sprintf("old-%s-%d", code, time.Now().UnixNano()), ProductCode: code, Months: 12, IP: ip}
	if ip == "" {
		key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: domain}, DNSNames: []string{domain}}, key)
		if err != nil {
			y.t.Fatal(err)
		}
		s.CSR = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
		s.Names = []providers.DomainChoice{{Name: domain, Method: providers.MethodDNS}}
	}
	r, err := y.ca.CA.Submit(ctx, s)
	if err != nil {
		y.t.Fatal(err)
	}
	return r.UpstreamID
}

// show publishes what an order of the sandbox asks for, and has it look.
func (y *yard) show(id string) {
	y.t.Helper()
	status, err := y.ca.Status(ctx, id)
	if err != nil {
		y.t.Fatal(err)
	}
	for _, d := range status.Domains {
		if err := y.net.PublishRecord(pretend.Record{Host: d.Instruction.Host, Type: d.Instruction.RecordType, Value: d.Instruction.Value}); err != nil {
			y.t.Fatal(err)
		}
	}
	if err := y.ca.Recheck(ctx, id); err != nil {
		y.t.Fatal(err)
	}
}

func TestOrdersPlacedElsewhereEnterTheBookOnceAndWithoutMoney(t *testing.T) {
	y := openYard(t)
	ours := y.order("ours.example.com", "dns")
	y.settle()
	issued, waiting, ended := y.elsewhere("sectigo-positivessl", "issued.example.com", ""), y.elsewhere("sectigo-positivessl", "waiting.example.com", ""), y.elsewhere("sectigo-positivessl", "ended.example.com", "")
	y.show(issued)
	if err := y.ca.Cancel(ctx, ended, "no longer"); err != nil {
		t.Fatal(err)
	}
	balance, _, _ := y.book.Wallet(ctx, y.reseller)
	run, rows := y.read(db.ImportOrders, "")
	byRef := map[string]db.ImportRow{}
	for _, r := range rows {
		byRef[r.Ref] = r
	}
	if run.State != db.ImportReady || len(rows) != 4 || byRef[issued].State != db.RowNew || byRef[issued].ProductID != y.product {
		t.Fatalf("%+v %+v", run, rows)
	}
	known := 0
	for _, r := range rows {
		if r.State == db.RowKnown && r.OrderID == ours.ID {
			known++
		}
	}
	if known != 1 {
		t.Errorf("our own order is not known: %+v", rows)
	}
	if err := y.book.TakeEveryOrder(ctx, y.by, run.ID, y.reseller); err != nil {
		t.Fatal(err)
	}
	_, mails, _ := y.book.Outbox(ctx, "", db.Page{})
	y.settle()
	y.verify()
	if now, _, _ := y.book.Wallet(ctx, y.reseller); now != balance {
		t.Errorf("an import moved %d", now-balance)
	}
	if _, after, _ := y.book.Outbox(ctx, "", db.Page{}); after != mails {
		t.Error("an import wrote mails")
	}
	got := map[string]db.Order{}
	for _, r := range y.rows(run) {
		if r.Result != "taken" && r.State == db.RowNew {
			t.Fatalf("%+v", r)
		}
		o, err := y.book.Order(ctx, y.reseller, r.OrderID)
		if err != nil {
			t.Fatal(err)
		}
		got[r.Ref] = o
	}
	if o := got[issued]; o.Status != db.StatusCompleted || !o.Imported || o.Domain != "issued.example.com" || o.TotalCents != 0 || o.CertificateUntil.IsZero() || o.EndsAt.Before(y.book.Now()) {
		t.Errorf("%+v", o)
	}
	if c, err := y.book.IssuedCertificate(ctx, got[issued].ID); err != nil || c.PEM == "" || c.UpstreamID != issued {
		t.Errorf("%+v %v", c, err)
	}
	if o := got[waiting]; o.Status != db.StatusValidationPending {
		t.Errorf("%+v", o)
	}
	if o := got[ended]; o.Status != db.StatusCancelled {
		t.Errorf("%+v", o)
	}

	// What waited goes on like any other, and is nobody's revenue.
	y.show(waiting)
	job, err := y.book.LookNow(ctx, y.by, got[waiting].ID)
	if err != nil || job == 0 {
		t.Fatal(err)
	}
	y.settle()
	if o, _ := y.book.AnyOrder(ctx, got[waiting].ID); o.Status != db.StatusCompleted {
		t.Errorf("%+v", o)
	}
	y.verify()

	// Again: nothing is new, and nothing doubles.
	run, rows = y.read(db.ImportOrders, "")
	for _, r := range rows {
		if r.State != db.RowKnown {
			t.Errorf("%+v", r)
		}
	}
	if err := y.book.TakeEveryOrder(ctx, y.by, run.ID, y.reseller); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("%v", err)
	}

	// Its certificate can be replaced with a new key, as any other.
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: "issued.example.com"}}, must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)))
	if err != nil {
		t.Fatal(err)
	}
	before, _ := y.book.IssuedCertificate(ctx, got[issued].ID)
	if _, err := y.book.Reissue(ctx, y.by, y.reseller, got[issued].ID, db.Configuration{CSR: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})), Method: "dns"}); err != nil {
		t.Fatal(err)
	}
	y.settle()
	if after, err := y.book.IssuedCertificate(ctx, got[issued].ID); err != nil || after.Serial == before.Serial || after.PEM == "" {
		t.Errorf("not reissued: %+v %v", after.Serial, err)
	}
	y.verify()
}

func TestImportedOrderThatTheUpstreamEndsIsNeverPlacedAgain(t *testing.T) {
	y := openYard(t)
	id := y.elsewhere("sectigo-positivessl", "waiting.example.com", "")
	run, _ := y.read(db.ImportOrders, "")
	if err := y.book.TakeEveryOrder(ctx, y.by, run.ID, y.reseller); err != nil {
		t.Fatal(err)
	}
	y.settle()
	o := y.rows(run)[0].OrderID
	if err := y.ca.Cancel(ctx, id, "no longer"); err != nil {
		t.Fatal(err)
	}
	if _, err := y.book.LookNow(ctx, y.by, o); err != nil {
		t.Fatal(err)
	}
	y.settle()
	if got, _ := y.book.AnyOrder(ctx, o); got.Status != db.StatusCancelled {
		t.Errorf("%+v", got)
	}
	y.verify()
}

func TestImportedOrderIsCancelledThereAndNothingIsRefunded(t *testing.T) {
	y := openYard(t)
	id := y.elsewhere("sectigo-positivessl", "waiting.example.com", "")
	run, _ := y.read(db.ImportOrders, "")
	if err := y.book.TakeEveryOrder(ctx, y.by, run.ID, y.reseller); err != nil {
		t.Fatal(err)
	}
	y.settle()
	balance, _, _ := y.book.Wallet(ctx, y.reseller)
	if _, err := y.book.CancelOrder(ctx, y.by, y.reseller, y.rows(run)[0].OrderID); err != nil {
		t.Fatal(err)
	}
	y.settle()
	if s, err := y.ca.Status(ctx, id); err != nil || s.State != providers.StateCancelled {
		t.Errorf("%+v %v", s, err)
	}
	if now, _, _ := y.book.Wallet(ctx, y.reseller); now != balance {
		t.Errorf("refunded %d", now-balance)
	}
	y.verify()
}

func TestLicencePlacedElsewhereIsTakenWithItsAddress(t *testing.T) {
	y := openYard(t)
	cpanel, err := y.book.CreateProduct(ctx, db.System, db.Product{Brand: "cPanel", Name: "cPanel Solo", Kind: db.KindLicence, DomainType: "ip", Terms: []db.Term{{Months: 1, ListCents: 2000}, {Months: 12, ListCents: 20000}}},
		db.Offer{Upstream: "sandbox", ProductCode: "cpanel-solo", CostCents: 19188})
	if err != nil {
		t.Fatal(err)
	}
	y.elsewhere("cpanel-solo", "", "203.0.113.7")
	run, _ := y.read(db.ImportOrders, "")
	if err := y.book.TakeEveryOrder(ctx, y.by, run.ID, y.reseller); err != nil {
		t.Fatal(err)
	}
	y.settle()
	list, err := y.book.LicencesAt(ctx, y.reseller, "203.0.113.7")
	if err != nil || len(list) != 1 || list[0].ProductID != cpanel || list[0].Status != db.StatusCompleted {
		t.Fatalf("%+v %v %+v", list, err, y.rows(run))
	}
	y.verify()
}
