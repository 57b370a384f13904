package sandbox_test

import (
	"context"
	"fmt"
	"net/smtp"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"certbay/providers"
	"certbay/providers/pretend"
	"certbay/providers/providertest"
	"certbay/providers/sandbox"
)

// world is a sandbox CA on a pretend internet, with a clock that can be moved.
type world struct {
	t   *testing.T
	ca  *sandbox.CA
	net *pretend.Internet
	o   sandbox.Options

	mu    sync.Mutex
	ahead time.Duration
}

func open(t *testing.T, change ...func(*sandbox.Options)) *world {
	t.Helper()
	n, err := pretend.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, net: n}
	w.o = sandbox.Options{
		Path:       filepath.Join(t.TempDir(), "sandbox.db"),
		Checker:    n.Checker(w.now),
		BaseURL:    "https://portal.test/",
		Now:        w.now,
		CheckEvery: -1,
		Vetting:    time.Minute,
		Mail: func(_ context.Context, to, subject, body string) error {
			msg := fmt.Sprintf("From: ca@sandbox-ca.test\r\nTo: %s\r\nSubject: %s\r\n\r\n%s", to, subject, strings.ReplaceAll(body, "\n", "\r\n"))
			return smtp.SendMail(n.SMTPAddr(), nil, "ca@sandbox-ca.test", []string{to}, []byte(msg))
		},
	}
	for _, f := range change {
		f(&w.o)
	}
	t.Cleanup(func() {
		w.ca.Close()
		n.Close()
	})
	w.reopen()
	return w
}

// reopen is what a restart of the process does to the CA.
func (w *world) reopen() {
	w.t.Helper()
	if w.ca != nil {
		w.ca.Close()
	}
	ca, err := sandbox.Open(w.t.Context(), w.o)
	if err != nil {
		w.t.Fatal(err)
	}
	w.ca = ca
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Now().Add(w.ahead)
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ahead += d
}

func (w *world) publish(t *testing.T, i providers.Instruction, _ string) {
	t.Helper()
	var err error
	switch {
	case i.RecordType != "":
		err = w.net.PublishRecord(pretend.Record{Host: i.Host, Type: i.RecordType, Value: i.Value})
	case i.FileURL != "":
		_, rest, _ := strings.Cut(i.FileURL, "://")
		host, path, _ := strings.Cut(rest, "/")
		err = w.net.PublishFile(pretend.File{Host: host, Path: "/" + path, Content: i.FileContent})
	default:
		t.Fatalf("nothing to publish: %+v", i)
	}
	if err != nil {
		t.Fatal(err)
	}
}

var link = regexp.MustCompile(`https://portal\.test/sandbox/approve/([A-Z2-7]+)`)

func (w *world) mails(email string) []pretend.Mail {
	return slices.DeleteFunc(w.net.Mails(), func(m pretend.Mail) bool { return !slices.Contains(m.To, email) })
}

// token is that of the newest mail to an approver.
func (w *world) token(email string) string {
	w.t.Helper()
	mails := w.mails(email)
	if len(mails) == 0 {
		w.t.Fatalf("no mail to %s", email)
	}
	found := link.FindStringSubmatch(mails[0].Text)
	if found == nil {
		w.t.Fatalf("no link in %q", mails[0].Text)
	}
	return found[1]
}

func TestProviderExamination(t *testing.T) {
	providertest.Run(t, func(t *testing.T) providertest.Env {
		w := open(t)
		return providertest.Env{
			Provider:      w.ca,
			DVSingle:      "sectigo-positivessl",
			DVMultiDomain: "sectigo-positivessl-multi-domain",
			DVWildcard:    "sectigo-positivessl-wildcard",
			Licence:       "cpanel-solo", LicenceMonths: 1,
			Publish: w.publish,
			Mails:   func(email string) int { return len(w.mails(email)) },
			Approve: func(t *testing.T, email string) {
				if _, err := w.ca.Approve(t.Context(), w.token(email)); err != nil {
					t.Fatal(err)
				}
			},
		}
	})
}

// The brands with TXT records and fileauth.txt sit the same examination.
func TestProviderExaminationOfTheTXTFamily(t *testing.T) {
	providertest.Run(t, func(t *testing.T) providertest.Env {
		w := open(t)
		return providertest.Env{
			Provider:   w.ca,
			DVSingle:   "thawte-ssl123",
			DVWildcard: "geotrust-quickssl-premium-wildcard",
			Publish:    w.publish,
		}
	})
}
