package views

import (
	"net/url"
	"testing"

	"certbay/views/i18n"
	"context"
	"github.com/PuerkitoBio/goquery"
	"strings"
)

func TestOrderLookSaysTheReviewStateFirst(t *testing.T) {
	for _, c := range []struct{ status, fulfilment, kind, key string }{
		{"processing", "unsure", "warning", "status.unsure"},
		{"processing", "refused", "error", "status.refused"},
		{"processing", "queued", "info", "status.processing"},
		{"cancelled", "refused", "neutral", "status.cancelled"},
		{"completed", "accepted", "success", "status.completed"},
		{"validation_pending", "accepted", "warning", "status.validation_pending"},
	} {
		look := OrderLook(c.status, c.fulfilment)
		if look.Kind != c.kind || look.Key != c.key {
			t.Errorf("%s/%s looks %s %s, want %s %s", c.status, c.fulfilment, look.Kind, look.Key, c.kind, c.key)
		}
	}
}

func TestPagerKeepsTheFilters(t *testing.T) {
	p := Pager{Page: 2, PerPage: 25, Total: 60, Path: "/orders", Query: url.Values{"q": {"örnek"}, "page": {"2"}}}
	if p.Pages() != 3 {
		t.Errorf("%d pages, want 3", p.Pages())
	}
	doc := checkFragment(t, renderIn(t, "en", Pagination(p)))
	for rel, want := range map[string]string{"prev": "/orders?q=%C3%B6rnek", "next": "/orders?page=3&q=%C3%B6rnek"} {
		if got := doc.Find("a[rel="+rel+"]").AttrOr("href", ""); got != want {
			t.Errorf("%s leads to %q, want %q", rel, got, want)
		}
	}
	if text := squash(doc.Find(".num").Text()); text != "26–50 of 60" {
		t.Errorf("range says %q", text)
	}
}

func TestPagerOfOnePageHasNoLinks(t *testing.T) {
	doc := checkFragment(t, renderIn(t, "en", Pagination(Pager{Page: 1, PerPage: 25, Total: 7, Path: "/orders"})))
	if doc.Find("a").Length() != 0 || !strings.Contains(doc.Text(), "1–7 of 7") {
		t.Errorf("got %q", squash(doc.Text()))
	}
}

func TestSortTurnsOnTheSecondClick(t *testing.T) {
	s := Sort{Key: "total", Path: "/orders", Query: url.Values{"q": {"x"}, "page": {"4"}}}
	if got := string(s.href("total")); got != "/orders?dir=desc&q=x&sort=total" {
		t.Errorf("same column leads to %q", got)
	}
	if got := string(s.href("domain")); got != "/orders?dir=asc&q=x&sort=domain" {
		t.Errorf("other column leads to %q", got)
	}
	if s.aria("total") != "ascending" || s.aria("domain") != "none" {
		t.Error("aria-sort is wrong")
	}
}

func TestFieldTiesItsNotesToTheInput(t *testing.T) {
	field := Field(Input{Name: "domain", Label: "Domain", Hint: "like example.com", Error: "fill this in", Value: `"><script>`})
	doc := checkFragment(t, renderIn(t, "en", field))
	input := doc.Find("input")
	if got := input.AttrOr("aria-describedby", ""); got != "f-domain-hint f-domain-error" {
		t.Errorf("described by %q", got)
	}
	if input.AttrOr("aria-invalid", "") != "true" || input.AttrOr("value", "") != `"><script>` {
		t.Error("the rejected value or its mark is lost")
	}
}

func TestErrorSummaryLinksToTheFields(t *testing.T) {
	problems := Problems{{Field: "domain", Key: "form.required"}, {Key: "form.invalid"}}
	html := renderIn(t, "en", ErrorSummary(problems))
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(html))
	if err != nil {
		t.Fatal(err)
	}
	if got := doc.Find("a").AttrOr("href", ""); got != "#f-domain" {
		t.Errorf("first problem leads to %q", got)
	}
	if doc.Find("li").Length() != 2 {
		t.Error("a problem is missing")
	}
	if got := problems.Of(context.Background(), "domain"); got != i18n.T(context.Background(), "form.required") {
		t.Errorf("field says %q", got)
	}
}

func TestShellShowsEachRoleItsOwnNavigation(t *testing.T) {
	for role, want := range map[string][]string{
		"owner":   {"/", "/catalog", "/orders", "/licences", "/external", "/invoices", "/credits", "/stats", "/contacts", "/integrations", "/settings", "/demo"},
		"support": {"/admin", "/admin/orders", "/admin/resellers", "/admin/groups", "/admin/products", "/admin/upstreams", "/admin/top-ups", "/admin/ledger", "/admin/stats", "/admin/jobs", "/admin/mail", "/admin/audit", "/settings", "/demo"},
	} {
		doc := checkFragment(t, renderIn(t, "en", Layout(testPage(role))))
		var got []string
		doc.Find(".sidenav a.sidenav-link").Each(func(_ int, s *goquery.Selection) { got = append(got, s.AttrOr("href", "")) })
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%s sees %v, want %v", role, got, want)
		}
		balance := doc.Find("a.balance").Length()
		if (balance == 1) != (role == "owner") {
			t.Errorf("%s sees %d balances", role, balance)
		}
	}
}

func TestConfirmationAsksTheSameWithAndWithoutJavaScript(t *testing.T) {
	c := Confirmation{ID: "cancel", Title: "Cancel order ORD-1?", Text: "You get $12.99 back.", Action: "/orders/1/cancel", Fields: []Hidden{{"form_token", "t"}}, Button: "Cancel and refund", Danger: true, Back: "/orders/1"}
	inEachLanguage(t, ConfirmPage(testPage("owner"), c), func(t *testing.T, lang string, doc *goquery.Document) {
		if doc.Find("main form[action='/orders/1/cancel'] input[name=form_token]").Length() != 1 {
			t.Error("the page's form is incomplete")
		}
	})
	doc := checkFragment(t, renderIn(t, "en", ConfirmButton(c, "/orders/1/cancel", "Cancel order", "ban")))
	if doc.Find("dialog#cancel form[action='/orders/1/cancel']").Length() != 1 || doc.Find("a[data-dialog=cancel][href='/orders/1/cancel']").Length() != 1 {
		t.Error("the button or its dialog is incomplete")
	}
}
