package e2e

import (
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

func TestTheDocumentationOfTheAPIHoldsAndItsMenuLeads(t *testing.T) {
	b := open(t)
	b.open("/docs/api")
	b.look(http.StatusOK, "apidocs")
	must(t, b.Locator(".docs-menu a[href='#createOrder']").Click())
	if !strings.HasSuffix(b.URL(), "#createOrder") || !b.has("#createOrder h3") {
		t.Error(b.URL())
	}
	b.resize(phone)
	if b.has(".docs-menu") {
		t.Error("the menu of wide screens is on a phone")
	}
	must(t, b.Locator(".docs-menu-phone > summary").Click())
	must(t, b.Locator(".docs-menu-phone a[href='#downloadCertificate']").Click())
	top, err := b.Evaluate(`() => document.getElementById("downloadCertificate").getBoundingClientRect().top`)
	must(t, err)
	if at, ok := top.(float64); !ok && top.(int) > 900 || ok && at > 900 {
		t.Errorf("the chapter is at %v px after its link was followed", top)
	}
	b.resize(wide)
}

// What the documentation shows can be pasted into a shell.
func TestTheCurlLinesOfTheDocumentationRun(t *testing.T) {
	if fails("--version")("curl") {
		t.Skip("curl is missing")
	}
	p := documentShop(t)
	n := 0
	visit(t, p).get("/docs/api").document(t).Find("section pre").Each(func(_ int, pre *goquery.Selection) {
		command := pre.Text()
		if !strings.HasPrefix(command, "curl ") {
			return
		}
		n++
		// 12345 and 78 are nobody's here, and the CSR is cut short.
		command = strings.ReplaceAll(command, documentKey, p.access.Reseller.APIKey) + " --silent --show-error --write-out '\n%{http_code}'"
		out, err := exec.Command("bash", "-c", command).Output()
		text := string(out)
		if err != nil {
			t.Errorf("%s: %v", command, err)
		}
		good := strings.HasSuffix(text, "\n200") && strings.Contains(text, `"success":true`)
		unknown := strings.Contains(command, "12345") && strings.Contains(text, `"code":"not_found"`) || strings.Contains(command, "/invoices/78") && strings.HasSuffix(text, "\n404")
		if !good && !unknown && !strings.Contains(text, `"code":"csr_`) {
			t.Errorf("%s\n%s", command, text)
		}
	})
	if n != 22 {
		t.Errorf("%d curl lines", n)
	}
}
