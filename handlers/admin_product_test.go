package handlers_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"certbay/db"
	"certbay/web/webtest"
)

func sheetForm() url.Values {
	return url.Values{"brand": {"Sectigo"}, "name": {"EssentialSSL"}, "kind": {"ssl"}, "validation": {"dv"}, "domain_type": {"single"}, "warranty": {"10000"},
		"dcv-dns": {"1"}, "active": {"1"}, "months-0": {"12"}, "list-0": {"49.99"}, "months-1": {"24"}, "list-1": {"89.99"}, "san-1": {"5"},
		"offer-0": {"0"}, "upstream-0": {"sandbox"}, "code-0": {"single"}, "cost-0": {"9.00"}, "currency-0": {"USD"}, "rank-0": {"1"}, "open-0": {"1"}}
}

// shownForm is the form of a page as a browser would send it.
func shownForm(t testing.TB, a webtest.Answer) url.Values {
	t.Helper()
	form := url.Values{}
	doc := a.Document(t)
	for _, s := range doc.Find("main form input, main form select, main form textarea").EachIter() {
		name, value := s.AttrOr("name", ""), s.AttrOr("value", "")
		if s.Is("select") {
			value = s.Find("option[selected]").AttrOr("value", "")
		}
		if s.Is("textarea") {
			value = s.Text()
		}
		if _, checked := s.Attr("checked"); s.AttrOr("type", "") == "checkbox" && !checked {
			continue
		}
		form.Set(name, value)
	}
	return form
}

func TestProductsAreSeenBySupportAndChangedByAdmins(t *testing.T) {
	s := openShop(t)
	page := fmt.Sprintf("/admin/products/%d", s.product)
	support, admin := s.SignedIn(t, db.RoleSupport), s.SignedIn(t, db.RoleAdmin)
	for _, path := range []string{"/admin/products", page} {
		if a := support.Get(path); a.Status != http.StatusOK || !strings.Contains(a.Body, "PositiveSSL") || a.Document(t).Find("main form, main a[href$='/new']").Length() != 0 {
			t.Errorf("%s as support: %d, or it offers a change", path, a.Status)
		}
		if a := s.SignedIn(t, db.RoleOwner).Get(path); a.Status != http.StatusForbidden {
			t.Errorf("%s as owner: %d", path, a.Status)
		}
	}
	for _, path := range []string{"/admin/products/new", page} {
		if a := support.Post(path, sheetForm()); a.Status != http.StatusForbidden {
			t.Errorf("POST %s as support: %d", path, a.Status)
		}
	}
	for _, path := range []string{"/admin/products/999", "/admin/products/x"} {
		if a := admin.Get(path); a.Status != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.Status)
		}
	}
}

func TestAProductIsRejectedBesideItsFields(t *testing.T) {
	s := openShop(t)
	admin := s.SignedIn(t, db.RoleAdmin)
	edit := fmt.Sprintf("/admin/products/%d", s.product)
	for field, bad := range map[string]string{"brand": " ", "name": "", "kind": "gift", "validation": "", "domain_type": "", "warranty": "much", "san_max": "1.5",
		"san_included": "1", "months-0": "x", "months-1": "12", "list-0": "", "list-1": "-1", "san-1": "5,00", "code-0": "", "cost-0": "free", "currency-0": "JPY", "rank-0": "0", "upstream-0": "", "dcv-dns": ""} {
		for _, path := range []string{"/admin/products/new", edit} {
			wrong := maps.Clone(sheetForm())
			wrong.Set(field, bad)
			t.Run(field, func(t *testing.T) { rejected(t, admin.Post(path, wrong), field) })
		}
	}
	taken := sheetForm()
	taken.Set("name", "PositiveSSL")
	rejected(t, admin.Post("/admin/products/new", taken), "name")
	if s.audited(t, "product.") != 0 {
		t.Error("a refused product is in the audit")
	}
}

func TestAnAdminAddsAProductAndChangesIt(t *testing.T) {
	s := openShop(t)
	admin := s.SignedIn(t, db.RoleAdmin)
	a := admin.Post("/admin/products/new", sheetForm())
	done(t, admin, a, a.Location, "success")
	form := shownForm(t, admin.Get(a.Location))
	for name, want := range sheetForm() {
		if got := form.Get(name); name != "offer-0" && got != want[0] && got != want[0]+".00" {
			t.Errorf("%s is shown as %q, was %q", name, got, want[0])
		}
	}
	done(t, admin, admin.Post(a.Location, form), a.Location, "success")
	if n := s.audited(t, "product."); n != 1 {
		t.Errorf("%d lines in the audit; saving what was shown is no change", n)
	}
	form.Set("months-0", "")
	form.Set("cost-0", "8.00")
	form.Del("active")
	done(t, admin, admin.Post(a.Location, form), a.Location, "success")
	if n := s.audited(t, "product.update"); n != 1 {
		t.Errorf("%d changes in the audit", n)
	}
	if again := admin.Post(a.Location, form); again.Status != http.StatusConflict {
		t.Errorf("what somebody else changed meanwhile: %d", again.Status)
	}
	var id int64
	fmt.Sscanf(a.Location, "/admin/products/%d", &id)
	got := must[db.ProductSheet](t)(s.Book.ProductSheet(t.Context(), id))
	if got.Active || len(got.Terms) != 1 || got.Terms[0].Months != 24 || got.Terms[0].SANCents != 500 || len(got.Offers) != 1 || got.Offers[0].CostCents != 800 {
		t.Errorf("saved %+v", got)
	}
}

func TestAnOrderedProductKeepsItsKind(t *testing.T) {
	s := openShop(t)
	s.configured(t, "a.example.com")
	admin := s.SignedIn(t, db.RoleAdmin)
	page := fmt.Sprintf("/admin/products/%d", s.product)
	form := shownForm(t, admin.Get(page))
	form.Set("kind", "multi-domain")
	rejected(t, admin.Post(page, form), "kind")
}
