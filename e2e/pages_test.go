package e2e

import "testing"

// The pages that no journey looks at, in English.
func TestEveryOtherPageHolds(t *testing.T) {
	b := signedIn(t, shop.access.Reseller)
	for _, p := range []struct{ path, name string }{
		{"/settings", "settings"}, {"/credits", "credits"}, {"/invoices", "invoices"}, {"/orders?view=needs_me", "orders-needs-me"},
		{"/stats?days=90", "stats-90"},
	} {
		b.open(p.path)
		b.look(200, p.name)
	}
	b.open("/licences?state=active")
	b.look(200, "licences")
	b.press("main tbody a")
	b.look(200, "licence")
	b.press(button("Review the renewal"))
	b.look(200, "licence-renew")
	b.open("/invoices")
	b.press("main tbody a[href^='/invoices/']")
	b.look(200, "invoice")
	for _, status := range []string{"pending", "pending_configuration", "processing", "validation_pending", "completed", "cancelled", "expired"} {
		b.open("/orders?status=" + status)
		b.press("main tbody a")
		b.look(200, "order-any-"+status)
	}
	b.open("/orders?status=pending_configuration")
	b.press("main tbody a")
	b.press(button("Correct the CSR"))
	b.look(200, "configure-again")
	b.open("/nothing/here")
	b.look(404, "notfound")
	b.open("/sign-out")
	b.look(405, "notallowed")
}

// Every page once more in Turkish.
func TestEveryPageHoldsInTurkish(t *testing.T) {
	guest := open(t, inTurkish)
	for path, name := range map[string]string{"/sign-in": "signin", "/forgot-password": "forgot", "/demo": "demo", "/docs/api": "apidocs"} {
		guest.open(path)
		guest.look(200, name)
	}
	guest.open(shop.access.CustomerLink)
	guest.look(200, "customer-ready")

	b := signedIn(t, shop.access.OtherReseller, inTurkish)
	for _, p := range []struct{ path, name string }{
		{"/", "home"}, {"/catalog", "catalog"}, {"/orders", "orders"}, {"/licences", "licences"}, {"/invoices", "invoices"}, {"/credits", "credits"}, {"/settings", "settings"},
		{"/credit-notes", "creditnotes"}, {"/credits/top-ups/new", "topup-new"}, {"/invoices/address", "invoice-address"}, {"/stats?days=365", "stats"},
	} {
		b.open(p.path)
		b.look(200, p.name)
	}
	b.lookAtIntegrations()
	b.open("/invoices")
	b.press("main tbody a[href^='/invoices/']")
	b.look(200, "invoice")
	b.open("/licences?state=active")
	b.press("main tbody a")
	b.look(200, "licence")
	b.press("main form[action$='/renew'] button")
	b.look(200, "licence-renew")
	b.open("/catalog")
	b.press("main tbody a:text-is('Sectigo PositiveSSL Multi-Domain')")
	b.look(200, "product")
	b.press("main tbody a")
	b.look(200, "neworder")
	b.fill("domain", "turkce.ornek.com.tr")
	b.press("main form[action='/orders/check'] button[type=submit]")
	b.look(200, "checkorder")
	b.press("main form[action='/orders'] .btn-primary")
	b.look(200, "configure")
	order := orderOf(b.path())
	b.fill("csr", request(t, ecdsaKey(t), "turkce.ornek.com.tr"))
	b.press("main form[action$='/configure'] .btn-primary")
	if b.path() == order {
		b.open(order + "/dcv")
	}
	b.look(200, "dcv")
	b.open(order)
	b.look(200, "order")

	admin := signedIn(t, shop.access.Admin, inTurkish)
	for _, p := range []struct{ path, name string }{
		{"/admin", "admin"}, {"/admin/orders", "admin-orders"}, {"/admin" + order, "admin-order"}, {"/admin/resellers", "admin-resellers"},
		{"/admin/drift", "admin-drift"},
		{"/admin/jobs", "admin-jobs"}, {"/admin/mail", "admin-mail"}, {"/admin/audit", "admin-audit"},
	} {
		admin.open(p.path)
		admin.look(200, p.name)
	}
	admin.lookAtMoney()
}

// The operator's pages of money, in English.
func TestEveryPageOfMoneyHolds(t *testing.T) {
	signedIn(t, shop.access.Admin).lookAtMoney()
	b := signedIn(t, shop.access.Reseller)
	for _, p := range []struct{ path, name string }{
		{"/credit-notes", "creditnotes"}, {"/credits/top-ups/new", "topup-new"}, {"/invoices/address", "invoice-address"}, {"/credits?kind=topup", "credits-topups"},
	} {
		b.open(p.path)
		b.look(200, p.name)
	}
	b.open("/credit-notes")
	b.press("main tbody a[href^='/credit-notes/']")
	b.look(200, "creditnote")
}

func (b *tab) lookAtMoney() {
	for _, p := range []struct{ path, name string }{
		{"/admin/top-ups", "admin-topups"}, {"/admin/ledger", "admin-ledger"}, {"/admin/ledger?view=margins", "admin-margins"}, {"/admin/stats?days=7", "admin-stats"},
		{"/admin/groups", "admin-groups"}, {"/admin/rates", "admin-rates"}, {"/admin/resellers/new", "admin-reseller-new"},
		{"/admin/products", "admin-products"}, {"/admin/products/new", "admin-product-new"},
		{"/admin/groups/1/import", "admin-prices-import"}, {"/admin/groups/1/bulk", "admin-prices-bulk"},
	} {
		b.open(p.path)
		b.look(200, p.name)
	}
	for _, p := range []struct{ list, link, name string }{
		{"/admin/top-ups", "main tbody a[href^='/admin/top-ups/']", "admin-topup"},
		{"/admin/groups", "main a[href^='/admin/groups/']", "admin-group"},
		{"/admin/resellers", "main tbody a[href^='/admin/resellers/']", "admin-reseller"},
		{"/admin/products", "main tbody a[href^='/admin/products/']", "admin-product"},
	} {
		b.open(p.list)
		b.press(p.link)
		b.look(200, p.name)
	}
}
