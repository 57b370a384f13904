package views

import (
	"context"
	"strings"
	"testing"
	"time"

	"certbay/views/i18n"
	"github.com/PuerkitoBio/goquery"
)

func sampleDownload(server string) DownloadPage {
	head := sampleHead()
	head.Status, head.EndsAt, head.CertificateUntil = "completed", testNow.AddDate(1, 0, 0), testNow.AddDate(0, 6, 17)
	return DownloadPage{
		OrderHead: head, Base: "/orders/342", Server: server, FileName: "shop.ornek.com.tr", Serial: "3a1f0c77d2b94e6a8c15e0aa71b5d3f90c2e4417",
		Names: []string{"shop.ornek.com.tr", "www.ornek.com.tr", "mağaza.ornek.com.tr"}, NotBefore: testNow, NotAfter: testNow.AddDate(0, 6, 17),
	}
}

func TestDownloadOffersEveryServerAndFile(t *testing.T) {
	for _, server := range append([]string{""}, Servers...) {
		inEachLanguage(t, Download(testPage("viewer"), sampleDownload(server)), func(t *testing.T, lang string, doc *goquery.Document) {
			want := server
			if want == "" {
				want = "nginx"
			}
			if got := doc.Find(".choice-tile[aria-current]").AttrOr("href", ""); got != "/orders/342/download?server="+want+"#files" {
				t.Errorf("chosen is %s", got)
			}
			if doc.Find(".choice-tile").Length() != len(Servers) || doc.Find("ol.instructions li").Length() != installSteps {
				t.Error("a server or a line is missing")
			}
			if doc.Find("main .btn-primary").AttrOr("href", "") != "/orders/342/download/zip?server="+want {
				t.Error("the zip is not the primary action")
			}
			for _, file := range []string{"certificate", "fullchain", "bundle"} {
				if doc.Find("a[href='/orders/342/download/"+file+"']").Length() != 1 {
					t.Errorf("%s is missing", file)
				}
			}
		})
	}
}

func TestDownloadOfCodeSigningAsksForNoServer(t *testing.T) {
	m := sampleDownload("")
	m.Kind, m.Domain, m.FileName, m.Names = "code-signing", "", "certificate", nil
	inEachLanguage(t, Download(testPage("owner"), m), func(t *testing.T, lang string, doc *goquery.Document) {
		if doc.Find(".choice-tile, ol.instructions").Length() > 0 || doc.Find("main .btn-primary").Length() != 1 {
			t.Error("code is not signed by a web server")
		}
	})
}

func TestInstructionsOfTheArchiveAreComplete(t *testing.T) {
	for _, lang := range i18n.Languages {
		ctx := i18n.With(context.Background(), i18n.Locale{Lang: lang, Zone: time.UTC})
		seen := map[string]string{}
		for _, server := range Servers {
			text := InstallText(ctx, server, "_wildcard.bulut.dev")
			if strings.Contains(text, "`") || strings.Contains(text, "install.") || strings.Contains(text, "{{") {
				t.Errorf("%s %s is not plain text:\n%s", lang, server, text)
			}
			for _, want := range []string{"5. ", "fullchain.pem", "certificate.pem", "ca-bundle.pem"} {
				if !strings.Contains(text, want) {
					t.Errorf("%s %s does not speak of %q", lang, server, want)
				}
			}
			if seen[text] != "" {
				t.Errorf("%s: %s and %s are told the same", lang, server, seen[text])
			}
			seen[text] = server
		}
		if InstallText(ctx, "../../etc", "a.com") != InstallText(ctx, "other", "a.com") {
			t.Error("an unknown server is not told the general way")
		}
	}
}

func sampleCustomer(state string) CustomerPage {
	m := CustomerPage{State: state, Base: "/c/order/7", Seller: hostile, Domain: "kitap.com.tr", MoreNames: 0, Product: "PositiveSSL"}
	switch state {
	case "licence":
		m.Domain, m.LicenceKey = "203.0.113.10", "CPNL-0000-4711"
	case "ready":
		m.Files = sampleDownload("apache")
		m.Files.Base, m.Files.FileName = m.Base, "kitap.com.tr"
	case "validate":
		m.CheckedAt = testNow.Add(-time.Minute)
		verified := sampleDCV().Selected
		verified.State, verified.Label = "verified", "www.kitap.com.tr"
		m.Names = []DCVDetail{sampleDCV().Selected, selecting("http").Selected, selecting("email").Selected, verified}
	}
	return m
}

func TestCustomerPageInEachState(t *testing.T) {
	p := testPage("owner") // a signed-in person opens a customer's link too
	titles := map[string]bool{}
	for _, state := range []string{"waiting", "validate", "vetting", "processing", "ready", "licence", "cancelled", "expired", "unheard_of"} {
		t.Run(state, func(t *testing.T) {
			inEachLanguage(t, Customer(p, sampleCustomer(state)), func(t *testing.T, lang string, doc *goquery.Document) {
				if doc.Find("nav.sidenav, .balance, a[href^='/orders']").Length() > 0 {
					t.Error("the reseller's portal shows through")
				}
				if got := doc.Find("form[action='/c/order/7/check']").Length() == 1; got != (state == "validate") {
					t.Errorf("check now is offered: %v", got)
				}
				if state == "validate" && doc.Find(".record").Length() != 3 {
					t.Errorf("%d instructions for 3 open names", doc.Find(".record").Length())
				}
				if got := doc.Find("a[href='/c/order/7/download/zip?server=apache']").Length() == 1; got != (state == "ready") {
					t.Errorf("the files are offered: %v", got)
				}
				if state == "ready" && doc.Find("a.choice-tile[href='/c/order/7?server=iis#files']").Length() != 1 {
					t.Error("another server can't be chosen")
				}
				if got := strings.Contains(doc.Find(".record").Text(), "CPNL-0000-4711"); got != (state == "licence") {
					t.Errorf("the licence key is shown: %v", got)
				}
				titles[lang+doc.Find(".page-head .pill").Text()] = true
			})
		})
	}
	if len(titles) != 14 {
		t.Errorf("%d pills for 7 states in 2 languages", len(titles))
	}
}

func TestClosedLinksRevealNothing(t *testing.T) {
	p := testPage("owner")
	seen := map[string]bool{}
	for _, c := range []struct {
		name string
		page func(Page) string
	}{
		{"expired", func(p Page) string { return renderIn(t, "en", CustomerExpired(p)) }},
		{"revoked", func(p Page) string { return renderIn(t, "en", CustomerRevoked(p)) }},
		{"unknown", func(p Page) string { return renderIn(t, "en", CustomerUnknown(p)) }},
	} {
		doc := checkPage(t, c.page(p))
		text := squash(doc.Find("main").Text())
		if doc.Find("main a, main form, nav.sidenav").Length() > 0 || strings.Contains(doc.Text(), p.Viewer.Company) || strings.Contains(doc.Text(), p.Viewer.Name) {
			t.Errorf("%s reveals something: %s", c.name, text)
		}
		if seen[text] {
			t.Errorf("%s is not told apart", c.name)
		}
		seen[text] = true
	}
	inEachLanguage(t, CustomerExpired(p), nil)
	inEachLanguage(t, CustomerRevoked(p), nil)
	inEachLanguage(t, CustomerUnknown(p), nil)
}
