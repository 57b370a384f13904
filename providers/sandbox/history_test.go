package sandbox_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"certbay/db/certs"
	"certbay/providers"
	"certbay/providers/dcv"
	"certbay/providers/sandbox"
)

func TestHistoryFollowsTheRulesOfItsDay(t *testing.T) {
	w := open(t)
	w.pass(time.Until(time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)))
	old := time.Date(2025, 12, 1, 9, 30, 0, 0, time.UTC)
	recent := time.Date(2026, 9, 1, 9, 30, 0, 0, time.UTC)
	first := order(t, "sectigo-positivessl", "example.com")
	first.Months = 24
	short := order(t, "sectigo-instantssl", "short.example.com") // twelve months: the term ends before the certificate may
	again := first
	again.CSR = order(t, "", "example.com").CSR
	out, err := w.ca.IssueAt(t.Context(),
		sandbox.Past{Submission: first, NotBefore: old},
		sandbox.Past{Submission: order(t, "digicert-secure-site", "example.org"), NotBefore: recent},
		sandbox.Past{Submission: providers.Submission{Reference: "l1", ProductCode: "cpanel-solo", Months: 1, IP: "203.0.113.1"}, NotBefore: recent},
		sandbox.Past{Submission: again, NotBefore: recent},
		sandbox.Past{Submission: short, NotBefore: old},
		sandbox.Past{Submission: short, NotBefore: recent},
	)
	if err != nil {
		t.Fatal(err)
	}
	for i, days := range map[int]int{0: 397, 1: 199, 3: 199, 4: 365} {
		c := out[i].Certificate
		if got := c.NotAfter.Add(time.Second).Sub(c.NotBefore); got != time.Duration(days)*24*time.Hour {
			t.Errorf("%d: valid for %s, want %d days", i, got, days)
		}
		if err := certs.VerifyChain(c.Leaf, c.Chain, c.NotBefore.Add(time.Hour)); err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
	if end := out[5].Certificate.NotAfter.Add(time.Second); !end.Equal(old.AddDate(1, 0, 0)) {
		t.Errorf("a reissue ends %s, with the term at the latest", end)
	}
	if err := w.ca.Reissue(t.Context(), out[5].UpstreamID, providers.Submission{}); err != nil {
		t.Fatal(err)
	}
	if c, err := w.ca.Certificate(t.Context(), out[5].UpstreamID); err != nil || c.Serial == out[5].Certificate.Serial {
		t.Errorf("an organisation that was vetted is not vetted again for a reissue: %v", err)
	}
	if st, err := w.ca.Status(t.Context(), out[2].UpstreamID); err != nil || !st.TermEndsAt.Equal(recent.AddDate(0, 1, 0)) {
		t.Errorf("a licence of %s for a month ends %s, %v", recent, st.TermEndsAt, err)
	}
	if out[3].UpstreamID != out[0].UpstreamID {
		t.Error("the same reference is a reissue of the same order")
	}
	if st := w.status(out[2].UpstreamID); st.LicenceKey == "" {
		t.Errorf("%+v", st)
	}
	st := w.status(out[0].UpstreamID)
	if st.State != providers.StateIssued || !st.Domains[0].VerifiedAt.Equal(recent) {
		t.Errorf("%+v", st)
	}
	if c, err := w.ca.Certificate(t.Context(), out[0].UpstreamID); err != nil || c != out[3].Certificate {
		t.Errorf("remembered another certificate: %v", err)
	}
	if id, err := w.ca.Find(t.Context(), first.Reference); err != nil || id != out[0].UpstreamID {
		t.Error(id, err)
	}
	if err := w.ca.Revoke(t.Context(), out[1].UpstreamID, "test"); err != nil {
		t.Error(err)
	}
}

func TestHistoryIsAllOrNothingAndNeverInTheFuture(t *testing.T) {
	w := open(t)
	good := order(t, "sectigo-positivessl", "example.com")
	bad := order(t, "sectigo-positivessl", "example.com")
	bad.CSR = "nonsense"
	for _, p := range []sandbox.Past{
		{Submission: bad, NotBefore: w.now().Add(-time.Hour)},
		{Submission: order(t, "sectigo-positivessl", "example.com"), NotBefore: w.now().Add(time.Hour)},
	} {
		if _, err := w.ca.IssueAt(t.Context(), sandbox.Past{Submission: good, NotBefore: w.now().Add(-time.Hour)}, p); err == nil {
			t.Error("accepted")
		}
		if _, err := w.ca.Find(t.Context(), good.Reference); !errors.Is(err, providers.ErrUnknown) {
			t.Errorf("half of it is remembered: %v", err)
		}
	}
}

// history300 is what the demo's seed asks for.
func history300(t testing.TB, now time.Time) []sandbox.Past {
	var past []sandbox.Past
	for i := range 300 {
		name := fmt.Sprintf("shop%d.example.com", i)
		past = append(past, sandbox.Past{Submission: order(t, "sectigo-positivessl", name, "www."+name), NotBefore: now.AddDate(0, 0, -i-1)})
	}
	return past
}

func BenchmarkOpenAndHistoryOf300(b *testing.B) {
	past := history300(b, time.Now())
	for b.Loop() {
		path := b.TempDir() + "/sandbox.db"
		ca, err := sandbox.Open(b.Context(), sandbox.Options{Path: path, Checker: &dcv.Checker{}})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := ca.IssueAt(b.Context(), past...); err != nil {
			b.Fatal(err)
		}
		ca.Close()
		info, err := os.Stat(path)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(info.Size())/300, "file-bytes/order")
	}
}

const killEnv = "CERTBAY_SANDBOX_KILL_TEST"

// TestKilledCAForgetsNothingItSaid kills a CA that accepts orders and issues as fast as it can, without warning, and asks what
// is left whether everything it told its buyer is there.
func TestKilledCAForgetsNothingItSaid(t *testing.T) {
	if path := os.Getenv(killEnv); path != "" {
		sellUntilKilled(t, path)
		return
	}
	w := open(t)
	w.ca.Close()
	for round := range 3 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilledCAForgetsNothingItSaid$", "-test.v")
		cmd.Env = append(os.Environ(), killEnv+"="+w.o.Path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		said := map[string]string{} // reference -> id, or id -> serial
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			what, rest, _ := strings.Cut(lines.Text(), " ")
			if key, value, ok := strings.Cut(rest, " "); ok && (what == "accepted" || what == "issued") {
				said[key] = value
			}
			if len(said) == 20+10*round {
				cmd.Process.Signal(syscall.SIGKILL)
			}
		}
		cmd.Wait()
		if len(said) < 20 {
			t.Fatalf("round %d: the child said only %d things", round, len(said))
		}
		w.reopen()
		for key, value := range said {
			if strings.HasPrefix(key, "sb-") {
				c, err := w.ca.Certificate(t.Context(), key)
				if err != nil || c.Serial != value {
					t.Errorf("certificate of %s: %v", key, err)
				}
				if st := w.status(key); st.State != providers.StateIssued {
					t.Errorf("%s: %s", key, st.State)
				}
				continue
			}
			if id, err := w.ca.Find(t.Context(), key); err != nil || id != value {
				t.Errorf("order %s: %q %v", key, id, err)
			}
		}
		w.ca.Close()
	}
}

func sellUntilKilled(t *testing.T, path string) {
	w := open(t, func(o *sandbox.Options) { o.Path = path })
	for i := range 10_000 {
		s := order(t, "sectigo-positivessl", fmt.Sprintf("k%d.example.com", i))
		id := w.submit(s)
		fmt.Printf("accepted %s %s\n", s.Reference, id)
		w.publishAll(id)
		if st := w.status(id); st.State != providers.StateIssued {
			t.Fatalf("%+v", st)
		}
		c, err := w.ca.Certificate(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("issued %s %s\n", id, c.Serial)
	}
}
