package e2e

import "testing"

// An import of what an upstream has, in both languages, with every page on the way.
func TestAdminImportsTheProductsAndOrdersOfAnUpstream(t *testing.T) {
	admin := signedIn(t, shop.access.Admin)
	admin.open("/admin/products")
	admin.press("main a[href='/admin/upstreams/import']")
	admin.look(200, "admin-imports")
	admin.selectOption("main form:has(input[value='products']) select[name=upstream]", "sandbox")
	admin.press("main form:has(input[value='products']) button[type=submit]")
	admin.at(200, "Products of sandbox")
	admin.shows("main .filter-chips", "Changed", "New", "As before")
	run := admin.path()
	for _, view := range []string{"changed", "new", "gone", "same"} {
		admin.open(run + "?view=" + view)
		admin.look(200, "admin-import-"+view)
	}
	admin.open("/admin/upstreams/import")
	admin.selectOption("main form:has(input[value='orders']) select[name=upstream]", "sandbox")
	admin.press("main form:has(input[value='orders']) button[type=submit]")
	admin.at(200, "Orders at sandbox")
	admin.shows("main .filter-chips", "Known")
	run = admin.path()
	for _, view := range []string{"new", "known"} {
		admin.open(run + "?view=" + view)
		admin.look(200, "admin-import-orders-"+view)
	}
	admin.open("/admin/upstreams/import")
	admin.shows("main tbody", "Products of sandbox", "Orders at sandbox")
	admin.look(200, "admin-imports-read")

	turkish := signedIn(t, shop.access.Admin, inTurkish)
	turkish.open("/admin/upstreams/import")
	turkish.look(200, "admin-imports")
	turkish.press("main tbody a")
	turkish.look(200, "admin-import")
}
