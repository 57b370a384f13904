package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

func TestNobodySeesWhatBelongsToAnotherReseller(t *testing.T) {
	owners := []login{shop.access.Reseller, shop.access.OtherReseller}
	var visitors []*visitor
	var things [][]string
	for _, who := range owners {
		v := visit(t, shop).signIn(who)
		visitors = append(visitors, v)
		things = append(things, []string{v.first("/orders?view=active", "/orders/"), v.first("/invoices", "/invoices/")})
	}
	for i, v := range visitors {
		for _, own := range things[i] {
			if a := v.get(own); a.status != http.StatusOK {
				t.Errorf("%s answers its owner %d", own, a.status)
			}
		}
		order, invoice := things[1-i][0], things[1-i][1]
		for _, path := range []string{order, invoice, order + "/configure", order + "/dcv", order + "/dcv/state", order + "/download",
			order + "/download/zip", order + "/download/certificate", order + "/cancel", "/orders/999999", "/invoices/999999"} {
			if a := v.get(path); a.status != http.StatusNotFound {
				t.Errorf("GET %s answers %s %d", path, owners[i].Email, a.status)
			}
		}
		for _, path := range []string{"/configure", "/dcv/check", "/dcv/method", "/dcv/resend", "/cancel", "/links", "/links/revoke"} {
			if a := v.post(order+path, "name", "x", "link", "1", "csr", "x", "days", "7"); a.status != http.StatusNotFound {
				t.Errorf("POST %s answers %s %d", order+path, owners[i].Email, a.status)
			}
		}
	}
}

func TestRolesThatBuyNothingAreRefused(t *testing.T) {
	buyer := visit(t, shop).signIn(shop.access.Reseller)
	order, product := buyer.first("/orders?view=active", "/orders/"), buyer.product("Sectigo PositiveSSL")
	for _, role := range []string{"viewer", "billing"} {
		v := visit(t, shop).signIn(shop.access.of(role, shop.access.Reseller.Company))
		for _, path := range []string{"/orders", "/catalog", order} {
			if a := v.get(path); a.status != http.StatusOK || strings.Contains(a.body, "/orders/new") {
				t.Errorf("%s: %s answers %d, or leads to ordering", role, path, a.status)
			}
		}
		if a := v.get("/orders/new?product=" + product); a.status != http.StatusForbidden {
			t.Errorf("%s: the order form answers %d", role, a.status)
		}
		for _, path := range []string{"/orders", "/orders/check", order + "/configure", order + "/cancel", order + "/links"} {
			if a := v.post(path, "product", product, "months", "12", "domain", "rol.ornek.com.tr", "form_token", "x"); a.status != http.StatusForbidden {
				t.Errorf("%s: POST %s answers %d", role, path, a.status)
			}
		}
		if a := v.get("/admin"); a.status != http.StatusForbidden {
			t.Errorf("%s: /admin answers %d", role, a.status)
		}
	}
	technical := visit(t, shop).signIn(shop.access.of("technical", shop.access.Reseller.Company))
	if a := technical.get("/invoices"); a.status != http.StatusForbidden {
		t.Errorf("technical staff: /invoices answers %d", a.status)
	}
}

// first is the first link on a page that begins with prefix and a number.
func (v *visitor) first(page, prefix string) string {
	v.t.Helper()
	found := ""
	v.get(page).document(v.t).Find("main a[href^='" + prefix + "']").EachWithBreak(func(_ int, a *goquery.Selection) bool {
		href := a.AttrOr("href", "")
		if rest := href[len(prefix):]; rest != "" && strings.Trim(rest, "0123456789") == "" {
			found = href
		}
		return found == ""
	})
	if found == "" {
		v.t.Fatalf("%s has no link to %sN", page, prefix)
	}
	return found
}
