package views

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
)

func sampleDCV() DCVPage {
	name := func(name, state string, checked, verified time.Time) DCVName {
		return DCVName{Name: name, Label: name, Method: "dns", State: state, CheckedAt: checked, VerifiedAt: verified}
	}
	cdn := name("cdn.ornek.com.tr", "wrong", testNow.Add(-20*time.Second), time.Time{})
	return DCVPage{
		OrderHead: sampleHead(),
		Names: []DCVName{
			name("shop.ornek.com.tr", "verified", testNow, testNow.Add(-3*time.Hour)),
			name("www.ornek.com.tr", "verified", testNow, testNow.Add(-3*time.Hour)),
			name("api.ornek.com.tr", "waiting", testNow, time.Time{}),
			cdn,
			{Name: "xn--maaza-ddb.ornek.com.tr", Label: "mağaza.ornek.com.tr", Method: "http", State: "waiting"},
		},
		Selected: DCVDetail{
			DCVName: cdn, Zone: "ornek.com.tr", Methods: []string{"dns", "http", "email"},
			Approvers:  []string{"admin@ornek.com.tr", "webmaster@ornek.com.tr"},
			RecordType: "CNAME", Host: "_37d0c93ee263ff9eeea799215a9c3225.cdn.ornek.com.tr",
			Value: "d30c576bf9eb30a75211cb799848ee5c.abfce3d8ee13212a57c9b7e42ef9baa2.sandbox-ca.test.",
			Report: &DCVReport{
				Verdict: "wrong", CheckedAt: testNow.Add(-20 * time.Second), Zone: "ornek.com.tr", Hints: []string{"stale_servers"},
				Answers: []DCVAnswer{
					{Server: "ns1.ornekdns.com", Verdict: "wrong", Found: []string{"8f14e45fceea167a5a36dedd4bea2543.comodoca.com."}},
					{Server: "ns2.ornekdns.com", Verdict: "right", Found: []string{"d30c576bf9eb30a75211cb799848ee5c.abfce3d8ee13212a57c9b7e42ef9baa2.sandbox-ca.test."}},
				},
			},
		},
		Every: 60,
	}
}

// selecting is the wizard on a name proven by another method.
func selecting(method string) DCVPage {
	m := sampleDCV()
	d := &m.Selected
	d.Method, d.State, d.Host, d.Value, d.Report = method, "waiting", "", "", nil
	if method == "email" {
		d.Email = "webmaster@ornek.com.tr"
	} else {
		d.FileURL = "http://cdn.ornek.com.tr/.well-known/pki-validation/37D0C93EE263FF9EEEA799215A9C3225.txt"
		d.FileName = "37D0C93EE263FF9EEEA799215A9C3225.txt"
		d.FileContent = "d30c576bf9eb30a75211cb799848ee5cabfce3d8ee13212a57c9b7e42ef9baa2\r\nsandbox-ca.test\r\nq1w2e3"
	}
	return m
}

func TestWizardShowsTheUpstreamsStringsVerbatim(t *testing.T) {
	m := sampleDCV()
	m.Selected.Value = `"<b>v=1 & more</b>"`
	inEachLanguage(t, DCV(testPage("owner"), m), func(t *testing.T, lang string, doc *goquery.Document) {
		var shown, copied []string
		doc.Find(".record-value").Each(func(_ int, s *goquery.Selection) { shown = append(shown, s.Text()) })
		doc.Find(".record [data-copy]").Each(func(_ int, s *goquery.Selection) { copied = append(copied, s.AttrOr("data-copy", "")) })
		if want := []string{m.Selected.Host, m.Selected.Value}; !slices.Equal(shown[:2], want) || !slices.Equal(copied, want) {
			t.Errorf("shows %q, copies %q, want %q", shown, copied, want)
		}
		if !strings.Contains(doc.Find("main").Text(), "_37d0c93ee263ff9eeea799215a9c3225.cdn ") && !strings.Contains(doc.Find("code").Text(), "_37d0c93ee263ff9eeea799215a9c3225.cdn") {
			t.Error("panels that add the zone are not thought of")
		}
		if doc.Find("#dcv-names .pill-success").Length() != 2 || doc.Find("#dcv-names a[aria-current]").AttrOr("href", "") != "/orders/342/dcv?name=cdn.ornek.com.tr" {
			t.Error("the task list is wrong")
		}
		if doc.Find(".answer").Length() != 2 || doc.Find(".answer .pill-error").Length() != 1 {
			t.Error("the answers of the name servers are wrong")
		}
		if doc.Find("main .btn-primary").Length() != 1 || doc.Find("form[action='/orders/342/dcv/check'] .btn-primary").Length() != 1 {
			t.Error("checking is the one primary action")
		}
		demo := doc.Find("form[action='/demo/publish']")
		if demo.Find("input[name=host]").AttrOr("value", "") != m.Selected.Host || demo.Find("input[name=value]").AttrOr("value", "") != m.Selected.Value {
			t.Error("the demo would publish something else")
		}
	})
}

func TestWizardOfEachMethod(t *testing.T) {
	for _, c := range []struct {
		method string
		copies int
	}{{"http", 3}, {"https", 3}, {"email", 0}} {
		m := selecting(c.method)
		m.Selected.Methods = []string{"dns", c.method}
		inEachLanguage(t, DCV(testPage("technical"), m), func(t *testing.T, lang string, doc *goquery.Document) {
			if got := doc.Find(".record [data-copy]").Length(); got != c.copies {
				t.Errorf("%d values can be copied, want %d", got, c.copies)
			}
			if got := doc.Find("form[action='/orders/342/dcv/resend']").Length() == 1; got != (c.method == "email") {
				t.Errorf("%s: resend is offered: %v", c.method, got)
			}
			if got := doc.Find("a[href='/orders/342/dcv/file?name=cdn.ornek.com.tr']").Length() == 1; got == (c.method == "email") {
				t.Errorf("%s: the file is offered: %v", c.method, got)
			}
			if got := doc.Find("input[name=method][checked]").AttrOr("value", ""); got != c.method {
				t.Errorf("method %q is chosen", got)
			}
		})
	}
}

func TestOnlyAllowedMethodsAreOffered(t *testing.T) {
	m := sampleDCV()
	m.Selected.Methods = []string{"dns", "email"}
	doc := checkPage(t, renderIn(t, "en", DCV(testPage("owner"), m)))
	var offered []string
	doc.Find("input[name=method][type=radio]").Each(func(_ int, s *goquery.Selection) { offered = append(offered, s.AttrOr("value", "")) })
	if !slices.Equal(offered, []string{"dns", "email"}) {
		t.Errorf("offered: %v", offered)
	}
}

func TestEveryVerdictHasWordsOfItsOwn(t *testing.T) {
	seen := map[string]string{}
	for _, verdict := range []string{"found", "wrong", "missing", "unreachable", "dnssec_bogus", "waiting"} {
		report := DCVReport{Verdict: verdict, CheckedAt: testNow, Hints: []string{"doubled_name", "quoted_value", "byte_order", "a_new_one"}, Chain: []string{"a.example", "b.example"},
			Answers: []DCVAnswer{{Server: "ns1.example", Verdict: "error", Error: "i/o timeout"}, {Server: "ns2.example", Verdict: "missing"}}}
		for _, lang := range []string{"en", "tr"} {
			doc := checkFragment(t, renderIn(t, lang, dcvReport(report)))
			title := lang + doc.Find(".flash-title").Text()
			if seen[title] != "" {
				t.Errorf("%s and %s are both %q", verdict, seen[title], title)
			}
			seen[title] = verdict
		}
	}
}

func TestPartlyPublishedIsSaidAsSuch(t *testing.T) {
	doc := checkPage(t, renderIn(t, "en", DCV(testPage("owner"), sampleDCV())))
	if got := doc.Find("#dcv-state .flash-title").Text(); got != "1 of 2 servers does not have it yet" {
		t.Errorf("it says %q", got)
	}
}

func TestStateFragmentPollsOnlyWhileSomethingCanChange(t *testing.T) {
	for _, c := range []struct {
		status  string
		vetting bool
		polls   bool
		link    string
	}{
		{"validation_pending", false, true, ""},
		{"validation_pending", true, true, ""},
		{"completed", false, false, "/orders/342/download"},
		{"cancelled", false, false, "/orders/342"},
	} {
		m := sampleDCV()
		m.Status, m.Vetting = c.status, c.vetting
		for _, lang := range []string{"en", "tr"} {
			doc := checkFragment(t, renderIn(t, lang, DCVState(testPage("owner"), m)))
			address, polls := doc.Find("#dcv-state").Attr("hx-get")
			if polls != c.polls || polls && address != "/orders/342/dcv/state?name=cdn.ornek.com.tr" {
				t.Errorf("%s: polls %v %q", c.status, polls, address)
			}
			if doc.Find("#dcv-names[hx-swap-oob]").Length() != 1 {
				t.Error("the list of names does not come along")
			}
			if c.link != "" && doc.Find("#dcv-state a[href='"+c.link+"']").Length() != 1 {
				t.Errorf("%s: no way on to %s", c.status, c.link)
			}
		}
		inEachLanguage(t, DCV(testPage("viewer"), m), func(t *testing.T, lang string, doc *goquery.Document) {
			if doc.Find("main form").FilterFunction(func(_ int, s *goquery.Selection) bool { return s.AttrOr("action", "") != "/demo/publish" }).Length() > 0 {
				t.Error("a viewer can change something")
			}
		})
	}
}

func TestVerifiedNameLeadsToTheNext(t *testing.T) {
	m := sampleDCV()
	m.Selected = DCVDetail{DCVName: m.Names[0], Methods: []string{"dns"}}
	inEachLanguage(t, DCV(testPage("owner"), m), func(t *testing.T, lang string, doc *goquery.Document) {
		if doc.Find("#dcv-state a[href='/orders/342/dcv?name=api.ornek.com.tr']").Length() != 1 || doc.Find(".record").Length() != 0 {
			t.Error("a verified name does not lead on")
		}
	})
	m.Problems = Problems{OrderProblem("method", "method_not_offered", "*.a.com", 0), OrderProblem("email", "approver_not_allowed", "a.com", 0)}
	m.Selected.State = "waiting"
	m.Selected.Approvers = []string{"admin@ornek.com.tr"}
	m.Selected.Methods = []string{"dns", "email"}
	inEachLanguage(t, DCV(testPage("owner"), m), nil)
}

func TestMarkedTextIsTakenApart(t *testing.T) {
	for text, want := range map[string][]span{
		"":                     nil,
		"plain":                {{"plain", ""}},
		"a `b` c":              {{"a ", ""}, {"b", "code"}, {" c", ""}},
		"**x** at **y**:":      {{"x", "strong"}, {" at ", ""}, {"y", "strong"}, {":", ""}},
		"open ` stays":         {{"open ` stays", ""}},
		"*.a.com and `*.b`":    {{"*", ""}, {".a.com and ", ""}, {"*.b", "code"}},
		"`**` is two of these": {{"**", "code"}, {" is two of these", ""}},
	} {
		if got := spans(text); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if got := unmarked("put `a.pem` **now**"); got != "put a.pem now" {
		t.Errorf("unmarked: %q", got)
	}
}

func sampleConfigure() ConfigurePage {
	head := sampleHead()
	head.Status, head.Fulfilment = "pending", "none"
	return ConfigurePage{
		OrderHead: head, Names: []string{"shop.ornek.com.tr", "www.ornek.com.tr"}, Places: 3,
		CSRNames: []string{"shop.ornek.com.tr", "www.ornek.com.tr"}, KeyFile: "shop.ornek.com.tr.key",
		Methods: []string{"dns", "http", "https", "email"}, Approvers: []string{"admin", "webmaster@ornek.com.tr"},
	}
}

func TestConfigureKeepsWhatWasTyped(t *testing.T) {
	m := sampleConfigure()
	m.NeedsOrganisation = true
	m.Form = ConfigureForm{CSR: "-----BEGIN </textarea><script>x</script>", Method: "email", Email: "webmaster@ornek.com.tr", Organisation: hostile,
		Street: "Atatürk Cd. 1", City: "İzmir", Country: "tr", Phone: "+90", FirstName: "Ayşe", LastName: "Demir", ContactEmail: "no"}
	m.Problems = Problems{CSRProblem("csr", CSRFault{Code: "weak_rsa", Bits: 1024, Min: 2048}), OrderProblem("country", "bad_country", "", 0), OrderProblem("contact_email", "bad_email", "no", 0), OrderProblem("phone", "required", "", 0)}
	m.Decoded = &CSRPreview{CommonName: "shop.ornek.com.tr", Names: []string{"shop.ornek.com.tr"}, KeyType: "RSA", KeyBits: 1024, Organisation: hostile, City: "İzmir", Country: "TR"}
	m.Message = "CSR refused: " + hostile
	inEachLanguage(t, Configure(testPage("owner"), m), func(t *testing.T, lang string, doc *goquery.Document) {
		if got := doc.Find("textarea[name=csr]").Text(); got != m.Form.CSR {
			t.Errorf("the CSR came back as %q", got)
		}
		for name, want := range map[string]string{"organisation": hostile, "street": "Atatürk Cd. 1", "city": "İzmir", "country": "tr", "phone": "+90", "first_name": "Ayşe", "last_name": "Demir", "contact_email": "no"} {
			if got := doc.Find("#"+FieldID(name)).AttrOr("value", ""); got != want {
				t.Errorf("%s came back as %q", name, got)
			}
		}
		if doc.Find("input[name=method][checked]").AttrOr("value", "") != "email" || doc.Find("select[name=email] option[selected]").AttrOr("value", "") != "webmaster@ornek.com.tr" {
			t.Error("the method was forgotten")
		}
		if got := doc.Find(".field-error").Length(); got != 4 {
			t.Errorf("%d problems stand beside fields, want 4", got)
		}
	})
}

func TestConfigureAsksOnlyWhatTheProductNeeds(t *testing.T) {
	signing := sampleConfigure()
	signing.Kind, signing.Domain, signing.MoreNames, signing.Names, signing.Places = "code-signing", "", 0, nil, 0
	signing.NeedsOrganisation, signing.Deliveries = true, []string{"own_token", "shipped_token", "hsm"}
	for _, c := range []struct {
		name                         string
		page                         ConfigurePage
		method, delivery, registered bool
	}{
		{"dv", sampleConfigure(), true, false, false},
		{"code signing", signing, false, true, true},
	} {
		inEachLanguage(t, Configure(testPage("owner"), c.page), func(t *testing.T, lang string, doc *goquery.Document) {
			for selector, want := range map[string]bool{"input[name=method]": c.method, "input[name=delivery]": c.delivery, "input[name=organisation]": c.registered} {
				if got := doc.Find(selector).Length() > 0; got != want {
					t.Errorf("%s asks for %s: %v", c.name, selector, got)
				}
			}
			if c.method && doc.Find("input[name=method][checked]").AttrOr("value", "") != "dns" {
				t.Error("dns is not the default")
			}
			if doc.Find("option[value=rsa-2048]").Length() == 0 != c.delivery {
				t.Error("code signing takes no RSA 2048")
			}
		})
	}
}

func TestKeyMakerHoldsTheContractOfItsScript(t *testing.T) {
	doc := checkPage(t, renderIn(t, "tr", Configure(testPage("owner"), sampleConfigure())))
	maker := doc.Find("form [data-csr-maker][hidden]")
	for _, data := range []string{"names", "file", "busy", "done", "failed", "unsupported", "unsaved"} {
		if maker.AttrOr("data-"+data, "") == "" {
			t.Errorf("data-%s is missing", data)
		}
	}
	for _, part := range []string{"select[name=csr_key_type]", "button[type=button][data-csr-make]", "[data-csr-status][role=status]", "[data-csr-key][hidden] a[data-csr-save]"} {
		if maker.Find(part).Length() != 1 {
			t.Errorf("%s is missing", part)
		}
	}
	if maker.Find("input, textarea").Length() > 0 {
		t.Error("something in the maker could send the key")
	}
	if doc.Find("script[src='/static/csr.js']").Length() != 1 {
		t.Error("the script is not loaded")
	}
}
