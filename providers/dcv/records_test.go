package dcv

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"certbay/providers"
)

func verdicts(r Report) []AnswerVerdict {
	var out []AnswerVerdict
	for _, a := range r.Answers {
		out = append(out, a.Verdict)
	}
	return out
}

func TestRecordVerdicts(t *testing.T) {
	const host = "_abc.example.com"
	right := host + ". 60 IN CNAME " + expectedTarget
	wrong := host + ". 60 IN CNAME something.else.test."
	cases := []struct {
		name    string
		arrange func(*world)
		expect  Expectation
		verdict Verdict
		answers []AnswerVerdict
		hints   []Hint
		found   string // in the first answer
		chain   string
	}{
		{"published on both servers", func(w *world) { w.add("ns1", right); w.add("ns2", right) },
			cname(host), VerdictFound, []AnswerVerdict{AnswerRight, AnswerRight}, nil, expectedTarget, strings.TrimSuffix(expectedTarget, ".")},
		{"case of names does not matter", func(w *world) {
			w.add("ns1", strings.ToUpper(host)+". 60 IN CNAME "+strings.ToUpper(expectedTarget))
			w.add("ns2", right)
		}, cname("_ABC.Example.com."), VerdictFound, []AnswerVerdict{AnswerRight, AnswerRight}, nil, "", ""},
		{"nothing there", func(w *world) {}, cname(host), VerdictMissing, []AnswerVerdict{AnswerMissing, AnswerMissing}, nil, "", ""},
		{"name exists without the record", func(w *world) { w.add("ns1", host+". 60 IN A 127.0.0.1"); w.add("ns2", host+". 60 IN A 127.0.0.1") },
			cname(host), VerdictMissing, []AnswerVerdict{AnswerMissing, AnswerMissing}, nil, "", ""},
		{"other value", func(w *world) { w.add("ns1", wrong); w.add("ns2", wrong) },
			cname(host), VerdictWrong, []AnswerVerdict{AnswerWrong, AnswerWrong}, nil, "something.else.test.", "something.else.test"},
		{"one of two servers is stale", func(w *world) { w.add("ns1", right) },
			cname(host), VerdictMissing, []AnswerVerdict{AnswerRight, AnswerMissing}, []Hint{HintStaleServers}, "", ""},
		{"one of two servers has an old value", func(w *world) { w.add("ns1", right); w.add("ns2", wrong) },
			cname(host), VerdictWrong, []AnswerVerdict{AnswerRight, AnswerWrong}, []Hint{HintStaleServers}, "", ""},
		{"a broken server beside a right one", func(w *world) { w.add("ns1", right); w.fail("ns2", host, dns.RcodeServerFailure) },
			cname(host), VerdictFound, []AnswerVerdict{AnswerRight, AnswerError}, nil, "", ""},
		{"both servers fail", func(w *world) {
			w.fail("ns1", host, dns.RcodeServerFailure)
			w.fail("ns2", host, dns.RcodeRefused)
		}, cname(host), VerdictUnreachable, []AnswerVerdict{AnswerError, AnswerError}, nil, "", ""},
		{"a server that does not know the zone", func(w *world) { w.add("ns2", right); w.lose("ns1", host) },
			cname(host), VerdictFound, []AnswerVerdict{AnswerError, AnswerRight}, nil, "", ""},
		{"a chain that ends at the value", func(w *world) {
			for _, s := range []string{"ns1", "ns2"} {
				w.add(s, host+". 60 IN CNAME dcv.helper.test.")
			}
			w.add("resolver", "dcv.helper.test. 60 IN CNAME "+expectedTarget)
		}, cname(host), VerdictFound, []AnswerVerdict{AnswerRight, AnswerRight}, nil, "dcv.helper.test.", "dcv.helper.test " + strings.TrimSuffix(expectedTarget, ".")},
		{"a chain in a circle", func(w *world) {
			for _, s := range []string{"ns1", "ns2"} {
				w.add(s, host+". 60 IN CNAME loop.helper.test.")
			}
			w.add("resolver", "loop.helper.test. 60 IN CNAME loop.helper.test.")
		}, cname(host), VerdictUnreachable, []AnswerVerdict{AnswerError, AnswerError}, nil, "", ""},
		{"text among others", func(w *world) {
			for _, s := range []string{"ns1", "ns2"} {
				w.add(s, `example.com. 60 IN TXT "v=spf1 -all"`, `example.com. 60 IN TXT "tok" "en"`)
			}
		}, txt("example.com", "token"), VerdictFound, []AnswerVerdict{AnswerRight, AnswerRight}, nil, "", ""},
		{"text behind a CNAME", func(w *world) {
			for _, s := range []string{"ns1", "ns2"} {
				w.add(s, host+". 60 IN CNAME text.helper.test.")
			}
			w.add("resolver", `text.helper.test. 60 IN TXT "token"`)
		}, txt(host, "token"), VerdictFound, []AnswerVerdict{AnswerRight, AnswerRight}, nil, "token", "text.helper.test"},
		{"text with the quotation marks of a panel", func(w *world) {
			for _, s := range []string{"ns1", "ns2"} {
				w.add(s, host+`. 60 IN TXT "\"token\""`)
			}
		}, txt(host, "token"), VerdictWrong, []AnswerVerdict{AnswerWrong, AnswerWrong}, []Hint{HintQuotedValue}, `"token"`, ""},
		{"the panel appended the zone again", func(w *world) {
			for _, s := range []string{"ns1", "ns2"} {
				w.add(s, host+".example.com. 60 IN CNAME "+expectedTarget)
			}
		}, cname(host), VerdictMissing, []AnswerVerdict{AnswerMissing, AnswerMissing}, []Hint{HintDoubledName}, "", ""},
		{"DNSSEC is broken although the record is right", func(w *world) {
			w.add("ns1", right)
			w.add("ns2", right)
			w.add("resolver", right)
			w.breakSignatures(host)
		}, cname(host), VerdictBogusDNSSEC, []AnswerVerdict{AnswerRight, AnswerRight}, nil, "", ""},
		{"domain that is not delegated", func(w *world) { w.add("resolver", "test. 60 IN NS ns1.dns.test.") }, cname("_abc.nowhere.test"), VerdictUnreachable, []AnswerVerdict{AnswerError}, nil, "", ""},
		{"deep name uses the zone above", func(w *world) {
			for _, s := range []string{"ns1", "ns2"} {
				w.add(s, "_abc.a.b.example.com. 60 IN CNAME "+expectedTarget)
			}
		}, cname("_abc.a.b.example.com"), VerdictFound, []AnswerVerdict{AnswerRight, AnswerRight}, nil, "", ""},
		{"long answer comes over TCP", func(w *world) {
			for _, s := range []string{"ns1", "ns2"} {
				w.add(s, host+`. 60 IN TXT "token"`)
			}
			for _, c := range "abcdef" {
				w.add("ns1", host+`. 60 IN TXT "`+strings.Repeat(string(c), 200)+`"`)
			}
		}, txt(host, "token"), VerdictFound, []AnswerVerdict{AnswerRight, AnswerRight}, nil, "", ""},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			tc.arrange(w)
			r := w.check(tc.expect)
			if r.Verdict != tc.verdict {
				t.Errorf("verdict %s, want %s: %+v", r.Verdict, tc.verdict, r.Answers)
			}
			if d := cmp.Diff(tc.answers, verdicts(r)); d != "" {
				t.Errorf("answers (-want +got):\n%s%+v", d, r.Answers)
			}
			if d := cmp.Diff(tc.hints, r.Hints); d != "" {
				t.Errorf("hints (-want +got):\n%s", d)
			}
			if tc.found != "" && (len(r.Answers[0].Found) == 0 || r.Answers[0].Found[0] != tc.found) {
				t.Errorf("found %q, want %q", r.Answers[0].Found, tc.found)
			}
			if tc.chain != "" && strings.Join(r.Chain, " ") != tc.chain {
				t.Errorf("chain %q, want %q", r.Chain, tc.chain)
			}
		})
	}
}

func TestWildcardNameIsLookedForBesideItsBase(t *testing.T) {
	w := newWorld(t)
	for _, s := range []string{"ns1", "ns2"} {
		w.add(s, "_xx.example.com. 60 IN CNAME "+expectedTarget)
	}
	e := cname("_xx.example.com")
	e.Name = "*.example.com"
	if r := w.check(e); r.Verdict != VerdictFound || r.Zone != "example.com" {
		t.Errorf("%+v", r)
	}
}

func TestWrongRecordThenRightOne(t *testing.T) {
	w := newWorld(t)
	wrong := "_abc.example.com. 60 IN CNAME old.test."
	for _, s := range []string{"ns1", "ns2"} {
		w.add(s, wrong)
	}
	if r := w.check(cname("_abc.example.com")); r.Verdict != VerdictWrong {
		t.Fatalf("%+v", r)
	}
	for _, s := range []string{"ns1", "ns2"} {
		w.remove(s, wrong)
		w.add(s, "_abc.example.com. 60 IN CNAME "+expectedTarget)
	}
	if r := w.check(cname("_abc.example.com")); r.Verdict != VerdictFound {
		t.Fatalf("%+v", r)
	}
}

func TestSilentNameServerEndsInTimeAndTheOtherCounts(t *testing.T) {
	w := newWorld(t)
	w.checker.Timeout = time.Second
	w.silence("ns2")
	w.add("ns1", "_abc.example.com. 60 IN CNAME "+expectedTarget)
	start := time.Now()
	r := w.check(cname("_abc.example.com"))
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("took %v", took)
	}
	if d := cmp.Diff([]AnswerVerdict{AnswerRight, AnswerError}, verdicts(r)); d != "" || r.Verdict != VerdictFound {
		t.Errorf("%s %s\n%+v", r.Verdict, d, r.Answers)
	}
}

func TestCheckEndsSoonAfterItsContext(t *testing.T) {
	w := newWorld(t)
	w.silence("resolver")
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	start := time.Now()
	w.checker.Check(ctx, cname("_abc.example.com"))
	if took := time.Since(start); took > time.Second {
		t.Errorf("took %v", took)
	}
}

func TestPrivateNameServersAreNotAsked(t *testing.T) {
	w := newWorld(t)
	w.checker.AllowPrivate = false
	r := w.check(cname("_abc.example.com"))
	if r.Verdict != VerdictUnreachable {
		t.Errorf("verdict %s", r.Verdict)
	}
	for _, a := range r.Answers {
		if !strings.Contains(a.Error, ErrPrivateAddress.Error()) {
			t.Errorf("%s: %q", a.Server, a.Error)
		}
	}
}

func TestEmailCanNotBeLookedAt(t *testing.T) {
	r := (&Checker{}).Check(context.Background(), Expectation{Name: "example.com", Method: providers.MethodEmail})
	if r.Verdict != VerdictWaiting || r.CheckedAt.IsZero() {
		t.Errorf("%+v", r)
	}
}

func TestUnusableInstructionIsAVerdict(t *testing.T) {
	for _, i := range []providers.Instruction{{}, {RecordType: "MX", Host: "example.com"}, {RecordType: "TXT", Host: strings.Repeat("a", 64) + ".example.com"}} {
		r := (&Checker{}).Check(context.Background(), Expectation{Method: providers.MethodDNS, Instruction: i})
		if r.Verdict != VerdictUnreachable {
			t.Errorf("%+v: %s", i, r.Verdict)
		}
	}
}
