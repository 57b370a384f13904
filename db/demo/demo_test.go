package demo_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"testing"
	"time"

	"certbay/db"
	"certbay/db/certs"
	"certbay/db/dbtest"
	"certbay/db/demo"
)

// authority is a small CA that issues what it is asked for.
type authority struct {
	t     testing.TB
	cert  *x509.Certificate
	key   *ecdsa.PrivateKey
	seen  map[string]bool
	names map[string][]db.UpstreamName // of open orders, by id
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	root := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test CA"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().AddDate(-3, 0, 0), NotAfter: time.Now().AddDate(3, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, root, root, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	if root, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return &authority{t: t, cert: root, key: key, seen: map[string]bool{}, names: map[string][]db.UpstreamName{}}
}

// take refuses what no real upstream would take: a reference twice, names without a CSR.
func (a *authority) take(s db.Submission) (string, error) {
	switch {
	case s.Certificate.Reference == "" || a.seen[s.Certificate.Reference]:
		return "", fmt.Errorf("reference %q comes twice", s.Certificate.Reference)
	case s.Order.Kind == db.KindLicence && (s.Order.Domain == "" || s.Certificate.CSR != ""):
		return "", fmt.Errorf("licence %+v", s.Order)
	case (s.Order.Validation == "ov" || s.Order.Validation == "ev") && s.Contact.Organisation == "":
		return "", errors.New("no organisation to vet")
	}
	a.seen[s.Certificate.Reference] = true
	return "up-" + s.Certificate.Reference, nil
}

func (a *authority) issue(_ context.Context, s db.Submission, at time.Time) (string, db.Issued, error) {
	id, err := a.take(s)
	if err != nil || s.Order.Kind == db.KindLicence {
		return id, db.Issued{LicenceKey: "KEY-" + id}, err
	}
	csr, err := certs.ParseCSR(s.Certificate.CSR)
	if err != nil {
		return "", db.Issued{}, err
	}
	request, err := x509.ParseCertificateRequest(csr.DER)
	if err != nil {
		return "", db.Issued{}, err
	}
	until := at.AddDate(0, 0, certs.RequestDays(at, s.Order.Kind == db.KindCodeSigning))
	if end := at.AddDate(0, s.Order.Months, 0); end.Before(until) {
		until = end
	}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(int64(1000 + len(a.seen))), Subject: request.Subject, NotBefore: at, NotAfter: until}
	for _, n := range s.Names {
		leaf.DNSNames = append(leaf.DNSNames, n.Name)
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, a.cert, request.PublicKey, a.key)
	if err != nil {
		return "", db.Issued{}, err
	}
	block := func(der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	}
	return id, db.Issued{PEM: block(der), Chain: block(a.cert.Raw), Serial: hex.EncodeToString(leaf.SerialNumber.Bytes()), NotBefore: at, NotAfter: until}, nil
}

func (a *authority) submit(_ context.Context, s db.Submission) (string, []db.UpstreamName, error) {
	id, err := a.take(s)
	for _, n := range s.Names {
		a.names[id] = append(a.names[id], db.UpstreamName{Name: n.Name, Method: n.Method, Email: n.Email,
			Instruction: db.Instruction{RecordType: "CNAME", Host: "_x." + n.Name, Value: "y.test-ca.example."}})
	}
	return id, a.names[id], err
}

func (a *authority) prove(_ context.Context, id string, proven []db.UpstreamName) ([]db.UpstreamName, error) {
	if len(proven) == 0 || len(proven) >= len(a.names[id]) {
		return nil, fmt.Errorf("%d of %d names to prove", len(proven), len(a.names[id]))
	}
	for i := range proven {
		a.names[id][i].Verified, a.names[id][i].VerifiedAt = true, time.Now()
	}
	return a.names[id], nil
}

// seeded is a book after the seed; prove says whether the upstream can be shown names.
func seeded(t *testing.T, prove bool) (*db.DB, demo.Result) {
	t.Helper()
	ctx := t.Context()
	book, err := db.OpenForSeeding(ctx, dbtest.Target(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { book.Close() })
	a := newAuthority(t)
	began := time.Now()
	o := demo.Options{Issue: a.issue, Submit: a.submit}
	if prove {
		o.Prove = a.prove
	}
	result, err := demo.Seed(ctx, book, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("seeded in %v", time.Since(began).Round(time.Millisecond))
	return book, result
}

// One seed is looked at from every side, because it takes a second or two.
func TestDemoShop(t *testing.T) {
	book, result := seeded(t, true)
	ctx := t.Context()
	t.Run("book is sound", func(t *testing.T) {
		v, err := book.Verify(ctx)
		if err != nil || v.Orders != 300 {
			t.Fatalf("%+v, %v", v, err)
		}
	})
	t.Run("clock is put back", func(t *testing.T) {
		if away := time.Since(book.Now()).Abs(); away > time.Minute {
			t.Fatalf("the clock is %v away", away)
		}
	})
	t.Run("transfers wait to be decided, others were", func(t *testing.T) {
		for state, atLeast := range map[db.TopUpState]int{db.TopUpPending: 2, db.TopUpApproved: 5} {
			list, n, err := book.TopUps(ctx, db.TopUpFilter{State: state})
			if err != nil || n < atLeast || state == db.TopUpPending && n != atLeast {
				t.Fatalf("%s: %d requests, %v", state, n, err)
			}
			content, err := book.TopUpReceipt(ctx, list[0])
			if media, _ := db.ReceiptType(content); err != nil || media != db.MediaPDF {
				t.Errorf("%s: a receipt of %d bytes, %q, %v", state, len(content), media, err)
			}
		}
	})
	t.Run("a second seed is refused", func(t *testing.T) {
		if _, err := demo.Seed(ctx, book, demo.Options{}); !errors.Is(err, demo.ErrNotEmpty) {
			t.Fatal(err)
		}
	})
	t.Run("orders of every status and view", func(t *testing.T) {
		want := map[db.Status]int{db.StatusPending: 13, db.StatusPendingConfiguration: 6, db.StatusProcessing: 3, db.StatusValidationPending: 20,
			db.StatusCompleted: 202, db.StatusCancelled: 32, db.StatusExpired: 24}
		for _, status := range db.Statuses {
			_, n, err := book.AllOrders(ctx, db.OrderFilter{Status: status})
			if err != nil || n != want[status] {
				t.Errorf("%s: %d orders, %v", status, n, err)
			}
		}
		for view, atLeast := range map[db.OrderView]int{db.ViewExpiring: 10, db.ViewReview: 9} {
			if _, n, err := book.AllOrders(ctx, db.OrderFilter{View: view}); err != nil || n < atLeast {
				t.Errorf("%s: %d orders, %v", view, n, err)
			}
		}
		first, _, err := book.AllOrders(ctx, db.OrderFilter{Sort: "ordered", Page: db.Page{Limit: 1}})
		if err != nil || time.Since(first[0].CreatedAt) < 300*24*time.Hour {
			t.Errorf("the first order is of %v, %v", first[0].CreatedAt, err)
		}
	})
	t.Run("every order stands as its time says", func(t *testing.T) {
		now := time.Now()
		for offset := 0; offset < 300; offset += 200 {
			orders, _, err := book.AllOrders(ctx, db.OrderFilter{Page: db.Page{Limit: 200, Offset: offset}})
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range orders {
				checkOrder(t, book, o, now)
			}
		}
	})
	t.Run("31 products of seven brands", func(t *testing.T) {
		products, err := book.Products(ctx, result.Resellers[0].ID, db.ProductFilter{})
		if err != nil || len(products) != 31 || len(demo.ProductCodes()) != 31 {
			t.Fatalf("%d products, %v", len(products), err)
		}
		brands, err := book.Brands(ctx, result.Resellers[0].ID)
		if err != nil || len(brands) != 7 {
			t.Fatalf("brands %v, %v", brands, err)
		}
		for _, p := range products {
			if p.DescriptionTR == "" || p.DescriptionEN == "" || len(p.Terms) < 2 {
				t.Errorf("%s lacks words or terms", p.Name)
			}
			for _, term := range p.Terms {
				if term.GroupCents <= 0 || term.GroupCents >= term.ListCents {
					t.Errorf("%s, %d months: list %d, group %d", p.Name, term.Months, term.ListCents, term.GroupCents)
				}
			}
		}
		fewer, err := book.Products(ctx, result.Resellers[2].ID, db.ProductFilter{})
		if err != nil || len(fewer) >= 31 {
			t.Fatalf("the other group buys %d products, %v", len(fewer), err)
		}
		dearer, _ := fewer[0].Term(12)
		for _, p := range products {
			if cheaper, _ := p.Term(12); p.ID == fewer[0].ID && cheaper.GroupCents >= dearer.GroupCents {
				t.Errorf("%s costs %d and %d", p.Name, cheaper.GroupCents, dearer.GroupCents)
			}
		}
	})
	t.Run("everyone can sign in", func(t *testing.T) {
		logins := []demo.Login{result.Admin, result.Support}
		roles := map[db.Role]int{}
		for _, r := range result.Resellers {
			logins = append(logins, r.Staff...)
			if r.Owner().Role != db.RoleOwner {
				t.Errorf("%s: the first login is %s", r.Name, r.Owner().Role)
			}
			key, err := book.APIKeyBySecret(ctx, r.APIKey)
			if err != nil || key.ResellerID != r.ID {
				t.Errorf("%s: key %+v, %v", r.Name, key, err)
			}
		}
		for _, l := range logins {
			p, err := book.SignIn(ctx, l.Email, l.Password, "192.0.2.1")
			if err != nil || p.Role != l.Role {
				t.Errorf("%s: %+v, %v", l.Email, p, err)
			}
			roles[p.Role]++
		}
		for _, role := range []db.Role{db.RoleOwner, db.RoleBilling, db.RoleTechnical, db.RoleViewer} {
			if roles[role] != 3 {
				t.Errorf("%d of role %s", roles[role], role)
			}
		}
		if roles[db.RoleAdmin] != 1 || roles[db.RoleSupport] != 1 {
			t.Errorf("roles %v", roles)
		}
	})
	t.Run("programs of the first reseller may speak every dialect", func(t *testing.T) {
		for _, dialect := range demo.Dialects[1:] {
			if yes, err := book.ResellerSpeaks(ctx, result.Resellers[0].ID, dialect); err != nil || !yes {
				t.Errorf("%s: %v, %v", dialect, yes, err)
			}
		}
	})
	t.Run("wallets are never overdrawn", func(t *testing.T) {
		for i, r := range result.Resellers {
			var lowest int64
			for offset := 0; ; offset += 200 {
				entries, n, err := book.Statement(ctx, r.ID, db.Page{Limit: 200, Offset: offset})
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range entries {
					lowest = min(lowest, e.BalanceAfter)
				}
				if offset+200 >= n {
					break
				}
			}
			balance, _, err := book.Wallet(ctx, r.ID)
			t.Logf("%s ends with %d cents", r.Name, balance)
			if err != nil || balance <= 0 || lowest < -5000 || i < 2 && lowest < 0 {
				t.Errorf("%s: balance %d, lowest %d, %v", r.Name, balance, lowest, err)
			}
		}
	})
	t.Run("link opens a delivered order of the first reseller", func(t *testing.T) {
		link, _, err := book.OpenCustomerLink(ctx, result.CustomerLink, "192.0.2.1")
		if err != nil || link.ResellerID != result.Resellers[0].ID {
			t.Fatalf("%+v, %v", link, err)
		}
		if _, err := book.IssuedCertificate(ctx, link.OrderID); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("worker finds the open orders and one failed mail", func(t *testing.T) {
		o, err := book.Overview(ctx)
		if err != nil || o.FailedMails != 1 || o.FailedJobs != 4 {
			t.Fatalf("%+v, %v", o, err)
		}
		polls, n, err := book.Jobs(ctx, db.JobFilter{Kind: db.JobPoll, Page: db.Page{Limit: 200}})
		if err != nil || n != 20 {
			t.Fatalf("%d polls, %v", n, err)
		}
		for _, job := range polls {
			if away := time.Until(job.RunAt).Abs(); away > time.Minute {
				t.Errorf("poll is due in %v", away)
			}
		}
		if _, n, err := book.Jobs(ctx, db.JobFilter{}); err != nil || n != 24 {
			t.Fatalf("%d jobs, %v", n, err)
		}
	})
}

func checkOrder(t *testing.T, book *db.DB, o db.Order, now time.Time) {
	t.Helper()
	ctx := t.Context()
	events, err := book.Events(ctx, o.ID)
	if err != nil || len(events) == 0 {
		t.Fatalf("%s: events %v, %v", o.Number, events, err)
	}
	for i := 1; i < len(events); i++ {
		if events[i].At.Before(events[i-1].At) || events[i].At.After(now) {
			t.Errorf("%s: event %s of %v follows one of %v", o.Number, events[i].Kind, events[i].At, events[i-1].At)
		}
	}
	if o.Status == db.StatusCompleted && !o.EndsAt.After(now) || o.Status == db.StatusExpired && o.EndsAt.After(now) {
		t.Errorf("%s is %s and ends at %v", o.Number, o.Status, o.EndsAt)
	}
	if o.CompletedAt.IsZero() {
		return
	}
	c, err := book.IssuedCertificate(ctx, o.ID)
	if err != nil {
		t.Fatalf("%s: %v", o.Number, err)
	}
	if o.Kind == db.KindLicence {
		if o.LicenceKey == "" {
			t.Errorf("%s has no licence key", o.Number)
		}
		return
	}
	block, _ := pem.Decode([]byte(c.PEM))
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err != nil || o.Domain != "" && leaf.DNSNames[0] != o.Domain || leaf.NotBefore.Before(o.CreatedAt.Truncate(time.Second)) {
		t.Errorf("%s for %s: certificate of %v for %v, %v", o.Number, o.Domain, leaf.NotBefore, leaf.DNSNames, err)
	}
	dcvs, err := book.DCVs(ctx, c.ID)
	if err != nil || len(dcvs) != len(leaf.DNSNames) {
		t.Errorf("%s: %d names proven, %d certified, %v", o.Number, len(dcvs), len(leaf.DNSNames), err)
	}
	for _, d := range dcvs {
		if d.State != db.DCVVerified {
			t.Errorf("%s: %s is %s", o.Number, d.Name, d.State)
		}
	}
}
