package sandbox_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"certbay/db/certs"
	"certbay/providers"
	"certbay/providers/dcv"
	"certbay/providers/pretend"
	"certbay/providers/sandbox"
)

func TestVettingBeginsAfterDomainControlAndTakesItsTime(t *testing.T) {
	w := open(t)
	id := w.submit(order(t, "sectigo-instantssl", "example.com"))
	w.pass(time.Hour)
	if st := w.status(id); st.State != providers.StateValidationPending || st.Message != "waiting for domain control" {
		t.Fatalf("%+v", st)
	}
	w.publishAll(id)
	if st := w.status(id); st.State != providers.StateProcessing || st.Message != "organisation vetting" || !st.Domains[0].Verified {
		t.Fatalf("%+v", st)
	}
	w.pass(59 * time.Second)
	if st := w.status(id); st.State != providers.StateProcessing {
		t.Fatalf("too early: %+v", st)
	}
	w.pass(2 * time.Second)
	if st := w.status(id); st.State != providers.StateIssued {
		t.Fatalf("%+v", st)
	}
}

func TestStatusLooksOnlyEverySoOftenAndRecheckAtOnce(t *testing.T) {
	w := open(t, func(o *sandbox.Options) { o.CheckEvery = time.Minute })
	id := w.submit(order(t, "sectigo-positivessl", "example.com"))
	d := w.status(id).Domains[0] // looks, sees nothing
	if !strings.Contains(d.Detail, "nothing there") {
		t.Errorf("detail %q", d.Detail)
	}
	w.publish(t, d.Instruction, d.Name)
	if st := w.status(id); st.State != providers.StateValidationPending {
		t.Fatalf("looked again within a minute: %+v", st)
	}
	w.pass(61 * time.Second)
	if st := w.status(id); st.State != providers.StateIssued || st.Domains[0].Detail != "" {
		t.Fatalf("%+v", st)
	}
	id = w.submit(order(t, "sectigo-positivessl", "example.net"))
	w.publishAll(id)
	if err := w.ca.Recheck(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if st := w.status(id); st.State != providers.StateIssued {
		t.Fatalf("%+v", st)
	}
}

func TestRecordAtOneOfTwoNameServersIsNotEnough(t *testing.T) {
	w := open(t)
	id := w.submit(order(t, "sectigo-positivessl", "example.com"))
	i := w.status(id).Domains[0].Instruction
	r := pretend.Record{Host: i.Host, Type: i.RecordType, Value: i.Value, Only: pretend.NS1}
	if err := w.net.PublishRecord(r); err != nil {
		t.Fatal(err)
	}
	if st := w.status(id); st.State != providers.StateValidationPending || !strings.Contains(st.Domains[0].Detail, "ns2") {
		t.Fatalf("%+v", st)
	}
}

func TestChangedMethodIsLookedAtWithoutWaiting(t *testing.T) {
	w := open(t, func(o *sandbox.Options) { o.CheckEvery = time.Hour })
	s := order(t, "sectigo-positivessl", "example.com")
	s.Names[0].Method = providers.MethodHTTP
	id := w.submit(s)
	file := w.status(id).Domains[0].Instruction // looks, sees nothing
	if err := w.ca.ChangeDCV(t.Context(), id, "example.com", providers.MethodDNS, ""); err != nil {
		t.Fatal(err)
	}
	csr, err := certs.ParseCSR(s.CSR)
	if err != nil {
		t.Fatal(err)
	}
	secret := file.FileContent[strings.LastIndex(file.FileContent, "\n")+1:]
	w.publish(t, providers.Instruction{RecordType: "CNAME", Host: "_" + csr.MD5 + ".example.com",
		Value: csr.SHA256[:32] + "." + csr.SHA256[32:] + "." + secret + ".sandbox-ca.test."}, "example.com")
	if st := w.status(id); st.State != providers.StateIssued {
		t.Fatalf("%+v", st)
	}
}

func TestMethodChangedDuringALookIsNotVerifiedByIt(t *testing.T) {
	var w *world
	var id string
	armed := false
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	slow := &dns.Server{PacketConn: udp, Handler: dns.HandlerFunc(func(rw dns.ResponseWriter, q *dns.Msg) {
		if armed {
			armed = false
			if err := w.ca.ChangeDCV(context.Background(), id, "example.com", providers.MethodHTTP, ""); err != nil {
				t.Error(err)
			}
		}
		if a, err := dns.Exchange(q, w.net.DNSAddr()); err == nil {
			rw.WriteMsg(a)
		}
	})}
	go slow.ActivateAndServe()
	t.Cleanup(func() { udp.Close() })
	w = open(t, func(o *sandbox.Options) {
		c := *o.Checker
		c.Resolver = &dcv.Resolver{Addr: udp.LocalAddr().String()}
		o.Checker = &c
	})
	id = w.submit(order(t, "sectigo-positivessl", "example.com"))
	w.publishAll(id)
	armed = true
	if err := w.ca.Recheck(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if st := w.status(id); st.State != providers.StateValidationPending || st.Domains[0].Method != providers.MethodHTTP {
		t.Fatalf("%+v", st)
	}
}

func TestReissueReliesOnFreshProofAndNotOnOld(t *testing.T) {
	w := open(t)
	id, first := w.buy(order(t, "sectigo-positivessl", "example.com"))
	if err := w.ca.Reissue(t.Context(), id, providers.Submission{}); err != nil { // everything as before
		t.Fatal(err)
	}
	second, err := w.ca.Certificate(t.Context(), id)
	if err != nil || second.Serial == first.Serial {
		t.Fatalf("%v %s", err, second.Serial)
	}
	for _, d := range w.status(id).Domains {
		w.net.RemoveRecord(pretend.Record{Host: d.Instruction.Host, Type: d.Instruction.RecordType, Value: d.Instruction.Value})
	}
	w.pass(201 * 24 * time.Hour)
	if err := w.ca.Reissue(t.Context(), id, providers.Submission{}); err != nil {
		t.Fatal(err)
	}
	if st := w.status(id); !st.Reissuing || st.State != providers.StateValidationPending {
		t.Fatalf("old proof was relied on: %+v", st)
	}
	w.publishAll(id)
	if st := w.status(id); st.State != providers.StateIssued || st.Reissuing {
		t.Fatalf("%+v", st)
	}
	third, err := w.ca.Certificate(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if end := leaf(t, first).NotBefore.AddDate(1, 0, 0); leaf(t, third).NotAfter.After(end) {
		t.Errorf("outlives the term: %s > %s", third.NotAfter, end)
	}
	w.pass(200 * 24 * time.Hour)
	if err := w.ca.Reissue(t.Context(), id, providers.Submission{}); !errors.Is(err, providers.ErrRefused) {
		t.Errorf("after the term: %v", err)
	}
}

func TestReissueThatComesTooLateLeavesTheCertificate(t *testing.T) {
	w := open(t)
	id, first := w.buy(order(t, "sectigo-positivessl-multi-domain", "example.com"))
	if err := w.ca.Reissue(t.Context(), id, order(t, "", "example.com", "example.net")); err != nil {
		t.Fatal(err)
	}
	w.pass(366 * 24 * time.Hour)
	w.publishAll(id)
	if st := w.status(id); st.State != providers.StateIssued || st.Reissuing {
		t.Fatalf("%+v", st)
	}
	if c, err := w.ca.Certificate(t.Context(), id); err != nil || c.Serial != first.Serial {
		t.Error(err, c.Serial)
	}
}

func TestManyAtOnceMakeOneOrderAndOneCertificate(t *testing.T) {
	w := open(t)
	s := order(t, "sectigo-positivessl", "example.com")
	ids := make([]string, 16)
	var wait sync.WaitGroup
	for i := range ids {
		wait.Go(func() {
			r, err := w.ca.Submit(t.Context(), s)
			if err != nil {
				t.Error(err)
			}
			ids[i] = r.UpstreamID
		})
	}
	wait.Wait()
	if slices.Sort(ids); ids[0] != ids[15] {
		t.Fatal(ids)
	}
	w.publishAll(ids[0])
	serials := make([]string, 16)
	for i := range serials {
		wait.Go(func() {
			if err := w.ca.Recheck(t.Context(), ids[0]); err != nil {
				t.Error(err)
			}
			c, err := w.ca.Certificate(t.Context(), ids[0])
			if err != nil {
				t.Error(err)
			}
			serials[i] = c.Serial
		})
	}
	wait.Wait()
	if slices.Sort(serials); serials[0] != serials[15] || serials[0] == "" {
		t.Fatal(serials)
	}
}
