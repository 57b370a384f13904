package e2e

import (
	"strings"
	"testing"
)

func TestAdminSeesAnOrderWithItsMoneyEventsAndUpstream(t *testing.T) {
	const domain = "gorunur.ornek.com.tr"
	b := signedIn(t, shop.access.Reseller)
	order := b.buy("Sectigo PositiveSSL", 12, "domain", domain)
	b.send(request(t, ecdsaKey(t), domain))

	admin := signedIn(t, shop.access.Admin)
	admin.open("/admin")
	admin.look(200, "admin")
	admin.shows("main", domain)
	admin.press("main a[href='/admin" + order + "']")
	admin.shows("main", domain, "datassl", "CSR sent", "Wallet", "Held", shop.access.Reseller.Company)
	admin.look(200, "admin-order")

	b.open(order + "/dcv")
	b.prove()
	admin.open("/admin" + order)
	admin.shows("main", "Certificate issued", "Revenue")
}

func TestAdminDecidesWhatNobodyElseCan(t *testing.T) {
	admin := signedIn(t, shop.access.Admin)
	admin.open("/admin/orders?view=review")
	admin.look(200, "admin-review")
	// The first reseller's stays unsure: its pages are looked at.
	admin.press("main tbody tr:has-text('Finding out'):has-text('Boğaziçi Veri') a")
	admin.shows("main", "Was it placed or not?")
	admin.look(200, "admin-unsure")
	address := admin.path()
	admin.press(button("Mark as placed"))
	admin.look(422, "admin-placed-empty")

	admin.open(address + "/cancel")
	admin.look(200, "admin-cancel")
	admin.press(button("Cancel and refund"))
	admin.look(422, "admin-cancel-empty")
	admin.fill("reason", "The upstream never got it, said their support.")
	admin.press(button("Cancel and refund"))
	if admin.path() != address {
		t.Errorf("after the decision the page is %s: %s", admin.path(), admin.text("main"))
	}
	admin.shows("main", "is back on the balance")
}

func TestAdminAddsCreditOnce(t *testing.T) {
	admin := signedIn(t, shop.access.Admin)
	admin.open("/admin/resellers")
	admin.look(200, "admin-resellers")
	admin.press("main tbody a:text-is('Boğaziçi Veri')")
	admin.look(200, "admin-reseller")
	before := admin.text("main .cols-3")
	admin.fill("amount", "a lot")
	admin.fill("reason", "")
	admin.press(button("Add credit"))
	admin.look(422, "admin-credit-wrong")
	admin.fill("amount", "12.34")
	admin.fill("reason", "Goodwill")
	admin.press(button("Add credit"))
	admin.shows("main", "$12.34 added")
	if admin.text("main .cols-3") == before {
		t.Error("the balance stays as it was")
	}
	admin.open("/admin/audit")
	admin.shows("main", "Goodwill")
	admin.look(200, "admin-audit")
}

func TestSupportSeesAllAndMovesNoMoney(t *testing.T) {
	s := signedIn(t, shop.access.Support)
	for path, name := range map[string]string{"/admin": "support", "/admin/orders": "support-orders", "/admin/jobs": "support-jobs", "/admin/mail": "support-mail"} {
		s.open(path)
		s.look(200, name)
	}
	s.open("/admin/resellers")
	s.press("main tbody a")
	if s.has("main [name=amount]") {
		t.Error("support may add credit")
	}
	reseller := s.path()
	s.open("/admin/orders?view=review")
	s.press("main tbody a")
	for _, words := range []string{"Cancel and refund", "Mark as placed", "Send again"} {
		if s.has(button(words)) {
			t.Errorf("support is offered %q", words)
		}
	}
	v := visit(t, shop).signIn(shop.access.Support)
	order := s.path()
	for _, path := range []string{reseller + "/credit", order + "/cancel", order + "/placed", order + "/resubmit"} {
		if a := v.post(path, "amount", "1", "reason", "because", "form_token", "x"); a.status != 403 {
			t.Errorf("%s answers support %d", path, a.status)
		}
	}
	s.open(order + "/cancel")
	s.look(403, "forbidden")
	if strings.Contains(s.text("main"), "Error 403") == false {
		t.Errorf("the page of a 403 has no reference: %s", s.text("main"))
	}
}
