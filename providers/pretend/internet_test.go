package pretend

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/smtp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"certbay/providers"
	"certbay/providers/dcv"
)

func start(t *testing.T) *Internet {
	t.Helper()
	n, err := Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	return n
}

func ask(t *testing.T, network, server, name string, qtype uint16, recursive bool) *dns.Msg {
	t.Helper()
	q := new(dns.Msg).SetQuestion(dns.Fqdn(name), qtype)
	q.RecursionDesired = recursive
	a, _, err := (&dns.Client{Net: network}).Exchange(q, server)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestEveryDomainExistsAndIsAZone(t *testing.T) {
	n := start(t)
	for _, network := range []string{"udp", "tcp"} {
		a := ask(t, network, n.DNSAddr(), "www.Example.com.tr", dns.TypeA, true)
		if len(a.Answer) != 1 || a.Answer[0].(*dns.A).A.String() != "127.0.0.1" {
			t.Errorf("%s: %v", network, a)
		}
		if a := ask(t, network, n.DNSAddr(), "example.com.tr", dns.TypeNS, true); len(a.Answer) != len(n.zones.servers) {
			t.Errorf("%s: %v", network, a)
		}
		if a := ask(t, network, n.DNSAddr(), "www.example.com.tr", dns.TypeNS, true); len(a.Answer) != 0 || a.Rcode != dns.RcodeSuccess {
			t.Errorf("%s: a host is no zone: %v", network, a)
		}
	}
	if a := ask(t, "udp", n.DNSAddr(), "_abc.example.com", dns.TypeTXT, true); a.Rcode != dns.RcodeNameError || len(a.Ns) != 1 {
		t.Errorf("nothing is published at a service label: %v", a)
	}
}

func TestPublishedRecordIsFoundAndRemovedRecordIsNot(t *testing.T) {
	n := start(t)
	e := dcv.Expectation{Name: "example.com", Method: providers.MethodDNS,
		Instruction: providers.Instruction{RecordType: "CNAME", Host: "_abc.example.com", Value: "x.y.sandbox-ca.test."}}
	verdict := func() dcv.Verdict { return n.Checker(nil).Check(t.Context(), e).Verdict }
	publish := func(value, only string) {
		t.Helper()
		if err := n.PublishRecord(Record{Host: "_ABC.example.com.", Type: "cname", Value: value, Only: only}); err != nil {
			t.Fatal(err)
		}
	}
	if v := verdict(); v != dcv.VerdictMissing {
		t.Errorf("before: %s", v)
	}
	publish("wrong.test", "")
	if v := verdict(); v != dcv.VerdictWrong {
		t.Errorf("wrong value: %s", v)
	}
	publish("x.y.sandbox-ca.test", "")
	publish("x.y.sandbox-ca.test", "")
	if v := verdict(); v != dcv.VerdictFound {
		t.Errorf("right value: %s", v)
	}
	want := []Record{{Host: "_abc.example.com", Type: "CNAME", Value: "x.y.sandbox-ca.test."}}
	if d := cmp.Diff(want, n.Records()); d != "" {
		t.Errorf("a host has one CNAME (-want +got):\n%s", d)
	}
	n.RemoveRecord(want[0])
	if v := verdict(); v != dcv.VerdictMissing || len(n.Records()) != 0 {
		t.Errorf("removed: %s %v", v, n.Records())
	}
}

func TestRecordAtOneNameServerOnly(t *testing.T) {
	n := start(t)
	if len(n.zones.servers) < 2 {
		t.Skip("this system has only 127.0.0.1 on loopback")
	}
	e := dcv.Expectation{Name: "example.com", Method: providers.MethodDNS,
		Instruction: providers.Instruction{RecordType: "TXT", Host: "_dnsauth.example.com", Value: `to"k\en`}}
	r := Record{Host: "_dnsauth.example.com", Type: "TXT", Value: `to"k\en`, Only: NS2}
	if err := n.PublishRecord(r); err != nil {
		t.Fatal(err)
	}
	report := n.Checker(nil).Check(t.Context(), e)
	if report.Verdict != dcv.VerdictMissing || !cmp.Equal(report.Hints, []dcv.Hint{dcv.HintStaleServers}) {
		t.Errorf("%+v", report)
	}
	r.Only = NS1
	if err := n.PublishRecord(r); err != nil {
		t.Fatal(err)
	}
	if report := n.Checker(nil).Check(t.Context(), e); report.Verdict != dcv.VerdictFound {
		t.Errorf("%+v", report)
	}
}

func TestReplacingACNAMEAtOneServerLeavesTheOtherAlone(t *testing.T) {
	n := start(t)
	for _, r := range []Record{
		{Host: "a.example.com", Type: "CNAME", Value: "old.test."},
		{Host: "a.example.com", Type: "CNAME", Value: "new.test.", Only: NS1},
	} {
		if err := n.PublishRecord(r); err != nil {
			t.Fatal(err)
		}
	}
	want := []Record{
		{Host: "a.example.com", Type: "CNAME", Value: "old.test.", Only: NS2},
		{Host: "a.example.com", Type: "CNAME", Value: "new.test.", Only: NS1},
	}
	if d := cmp.Diff(want, n.Records()); d != "" {
		t.Error(d)
	}
}

func TestResolverFollowsPublishedCNAMEs(t *testing.T) {
	n := start(t)
	n.PublishRecord(Record{Host: "_a.example.com", Type: "CNAME", Value: "_b.example.net"})
	n.PublishRecord(Record{Host: "_b.example.net", Type: "TXT", Value: strings.Repeat("x", 300)})
	a := ask(t, "tcp", n.DNSAddr(), "_a.example.com", dns.TypeTXT, true)
	if len(a.Answer) != 2 || a.Rcode != dns.RcodeSuccess || len(a.Answer[1].(*dns.TXT).Txt) != 2 {
		t.Errorf("%v", a)
	}
	n.PublishRecord(Record{Host: "loop.example.com", Type: "CNAME", Value: "loop.example.com"})
	ask(t, "tcp", n.DNSAddr(), "loop.example.com", dns.TypeA, true) // ends
}

func TestBadRecordsAndFilesAreRefused(t *testing.T) {
	n := start(t)
	for _, r := range []Record{
		{}, {Host: "example.com", Type: "MX", Value: "x"}, {Host: "example.com", Type: "TXT"}, {Type: "TXT", Value: "x"},
		{Host: strings.Repeat("a", 70) + ".com", Type: "TXT", Value: "x"}, {Host: "example.com", Type: "TXT", Value: strings.Repeat("x", maxValue+1)},
		{Host: "example.com", Type: "CNAME", Value: "a..b"}, {Host: "example.com", Type: "TXT", Value: "x", Only: "ns3"},
	} {
		if err := n.PublishRecord(r); err != ErrBadRecord {
			t.Errorf("%+v: %v", r, err)
		}
	}
	for _, f := range []File{{}, {Host: "example.com", Path: "x"}, {Path: "/x"}, {Host: "example.com", Path: "/", Content: strings.Repeat("x", maxContent+1)}} {
		if err := n.PublishFile(f); err != ErrBadFile {
			t.Errorf("%+v: %v", f, err)
		}
	}
}

func TestCollectionsAreBounded(t *testing.T) {
	n := start(t)
	for i := range maxRecords + 10 {
		n.PublishRecord(Record{Host: fmt.Sprintf("r%d.example.com", i), Type: "TXT", Value: "x"})
		n.PublishFile(File{Host: fmt.Sprintf("r%d.example.com", i), Path: "/x"})
	}
	if len(n.Records()) != maxRecords || n.Records()[0].Host != "r10.example.com" {
		t.Error(len(n.Records()), n.Records()[0])
	}
	if len(n.Files()) != maxFiles || n.Files()[0].Host != "r10.example.com" {
		t.Error(len(n.Files()), n.Files()[0])
	}
	for range maxMails + 5 {
		n.mailbox.add(Mail{Subject: "x"})
	}
	if m := n.Mails(); len(m) != maxMails || m[0].ID != maxMails+5 {
		t.Error(len(m), m[0].ID)
	}
	for range 100 {
		n.mailbox.add(Mail{Text: strings.Repeat("x", maxMail)})
	}
	if n.mailbox.bytes > maxMailbox || len(n.Mails()) < 10 {
		t.Error(n.mailbox.bytes, len(n.Mails()))
	}
}

func TestFilesAreServedByHostAndPath(t *testing.T) {
	n := start(t)
	f := File{Host: "Example.com", Path: "/.well-known/pki-validation/A.txt", Content: "a\r\nb"}
	if err := n.PublishFile(f); err != nil {
		t.Fatal(err)
	}
	client := func(port int) *http.Client {
		return &http.Client{Transport: &http.Transport{
			DisableKeepAlives: true,
			TLSClientConfig:   &tls.Config{InsecureSkipVerify: true},
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
			},
		}}
	}
	get := func(url string, port int) (int, string) {
		t.Helper()
		resp, err := client(port).Get(url)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, string(b)
	}
	if code, body := get("http://example.com"+f.Path, n.HTTPPort()); code != 200 || body != f.Content {
		t.Error(code, body)
	}
	if code, body := get("https://example.com"+f.Path, n.HTTPSPort()); code != 200 || body != f.Content {
		t.Error(code, body)
	}
	if code, _ := get("http://other.com"+f.Path, n.HTTPPort()); code != 404 {
		t.Error("another host has its own files:", code)
	}
	n.RemoveFile("example.com", f.Path)
	if code, _ := get("http://example.com"+f.Path, n.HTTPPort()); code != 404 {
		t.Error("removed file:", code)
	}
}

func TestMailIsReadable(t *testing.T) {
	n := start(t)
	raw := strings.Join([]string{
		"From: Certbay <noreply@certbay.test>",
		"To: admin@example.com",
		"Subject: =?UTF-8?q?Do=C4=9Frulama?=",
		"MIME-Version: 1.0",
		`Content-Type: multipart/alternative; boundary="b"`,
		"", "--b", "Content-Type: text/plain; charset=UTF-8", "Content-Transfer-Encoding: quoted-printable",
		"", "=C5=9Fifre", "--b", "Content-Type: text/html; charset=UTF-8", "Content-Transfer-Encoding: base64",
		"", "PGI+a2FsxLFuPC9iPg==", "--b--", "",
	}, "\r\n")
	for range 2 {
		if err := smtp.SendMail(n.SMTPAddr(), nil, "noreply@certbay.test", []string{"admin@example.com", "b@example.com"}, []byte(raw)); err != nil {
			t.Fatal(err)
		}
	}
	mails := n.Mails()
	if len(mails) != 2 || mails[0].ID <= mails[1].ID {
		t.Fatalf("newest first: %+v", mails)
	}
	m, ok := n.Mail(mails[1].ID)
	if !ok || m.ReceivedAt.IsZero() {
		t.Fatal(m, ok)
	}
	want := Mail{ID: m.ID, From: "noreply@certbay.test", To: []string{"admin@example.com", "b@example.com"},
		Subject: "Doğrulama", Text: "şifre", HTML: "<b>kalın</b>", ReceivedAt: m.ReceivedAt}
	if d := cmp.Diff(want, m); d != "" {
		t.Error(d)
	}
	if _, ok := n.Mail(99); ok {
		t.Error("mail 99 was never sent")
	}
}

func TestMessageThatIsNoMailIsShownAsItCame(t *testing.T) {
	if m := read([]byte("no header at all")); m.Text != "no header at all" {
		t.Errorf("%+v", m)
	}
}

func TestEndOfContextClosesTheInternet(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	n, err := Start(ctx)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	for range 200 {
		conn, err := net.Dial("tcp", n.SMTPAddr())
		if err != nil {
			return
		}
		conn.Close()
	}
	n.Close()
	if _, err := net.Dial("tcp", n.SMTPAddr()); err == nil {
		t.Error("still listening")
	}
}
