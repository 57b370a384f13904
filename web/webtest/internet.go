package webtest

import (
	"net"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"certbay/providers"
	"certbay/providers/pretend"
)

// Publish does what a domain owner is asked to.
func (s *Shop) Publish(t *testing.T, i providers.Instruction, _ string) {
	t.Helper()
	var err error
	switch {
	case i.RecordType != "":
		err = s.Internet.PublishRecord(pretend.Record{Host: i.Host, Type: i.RecordType, Value: i.Value})
	case i.FileURL != "":
		_, rest, _ := strings.Cut(i.FileURL, "://")
		host, path, _ := strings.Cut(rest, "/")
		err = s.Internet.PublishFile(pretend.File{Host: host, Path: "/" + path, Content: i.FileContent})
	default:
		t.Fatalf("nothing to publish: %+v", i)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Mails are those that arrived at an address.
func (s *Shop) Mails(email string) []pretend.Mail {
	return slices.DeleteFunc(s.Internet.Mails(), func(m pretend.Mail) bool { return !slices.Contains(m.To, email) })
}

// MailCount counts them.
func (s *Shop) MailCount(email string) int { return len(s.Mails(email)) }

var approval = regexp.MustCompile(`/sandbox/approve/([A-Z2-7]+)`)

// Approve follows the link of the CA's mail to an approver, which may be on its way yet.
func (s *Shop) Approve(t *testing.T, email string) {
	t.Helper()
	var found []string
	for end := time.Now().Add(5 * time.Second); found == nil && time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if mails := s.Mails(email); len(mails) > 0 {
			found = approval.FindStringSubmatch(mails[0].Text)
		}
	}
	if found == nil {
		t.Fatalf("no link in a mail to %s", email)
	}
	if _, err := s.CA.Approve(t.Context(), found[1]); err != nil {
		t.Fatal(err)
	}
}

// Nowhere is an address where nobody listens, "http://127.0.0.1:…".
func Nowhere(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	return "http://" + l.Addr().String()
}
