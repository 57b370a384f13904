package e2e

import (
	"strings"
	"testing"
)

func TestALicenceIsOrderedRenewedMovedStoppedAndChanged(t *testing.T) {
	const first, second, mail = "203.0.113.21", "203.0.113.22", "sunucu@ornek.com.tr"
	b := signedIn(t, shop.access.Reseller)
	b.open("/licences")
	before := b.balance()
	b.press(button("Order a licence"))
	b.press("main a:text-is('LiteSpeed 1-CPU')")
	b.press("main a:text-is('1 month')")
	b.fill("domain", first)
	b.press(button("Check the order"))
	b.press(button("Place order"))
	b.shows("main", "Renew or change the licence")
	b.press(button("Renew or change the licence"))
	b.look(200, "licence-bought")
	licence, ordered := b.path(), b.balance()
	ends := func() string { return b.text("main .kv div:has(dt:text-is('Ends')) dd") }
	end := ends()
	if ordered == before {
		t.Errorf("the balance is still %s", before)
	}

	b.press(button("Review the renewal"))
	b.at(200, "Renew the licence on "+first)
	b.look(200, "licence-renew-ask")
	price := strings.TrimPrefix(b.text(button("Renew for")), "Renew for ")
	b.press(button("Renew for"))
	b.shows("main", "renewed for "+price)
	b.look(200, "licence-renewed")
	if ends() == end || b.balance() == ordered {
		t.Errorf("it ends %s, after %s; the balance went from %s to %s", ends(), end, ordered, b.balance())
	}
	b.press("main a:has-text('Renewal · ORD-')")
	b.look(200, "order-renewal")
	b.press("main a:has-text('Invoice INV-')")
	b.shows("main", "Renewal · "+first)

	b.open(licence)
	for _, wrong := range []string{"sunucu", first} {
		b.fill("ip", wrong)
		b.press(button("Review the move"))
		b.at(422, first)
		if b.value("ip") != wrong {
			t.Errorf("%q is lost", wrong)
		}
	}
	b.look(422, "licence-move-refused")
	b.fill("ip", second)
	b.press(button("Review the move"))
	b.shows("main", "stops working on "+first)
	b.look(200, "licence-move-ask")
	b.press(button("Move to " + second))
	b.at(200, second)

	b.press(button("Suspend"))
	b.look(200, "licence-suspend-ask")
	b.press(button("Suspend " + second))
	b.shows("main", "This licence is suspended")
	b.look(200, "licence-suspended")
	b.press("main a:has-text('ORD-')")
	b.look(200, "order-licence-suspended")
	b.fill("email", mail)
	b.press(button("Create link"))
	link, err := b.Locator("main [data-copy*='/c/']").First().GetAttribute("data-copy")
	must(t, err)
	c := open(t)
	c.open(link)
	c.shows("main", "Your licence is suspended", second, "LiteSpeed 1-CPU")
	c.look(200, "customer-licence-suspended")

	b.open("/licences?state=suspended")
	b.look(200, "licences-suspended")
	b.press("main tbody a:text-is('" + second + "')")
	b.press(button("Activate again"))
	b.shows("main", "is active again")
	c.open(c.path())
	c.look(200, "customer-licence")

	paid := b.balance()
	targets, err := b.Locator("main select[name=product] option").AllInnerTexts()
	must(t, err)
	if len(targets) != 2 || !strings.HasPrefix(targets[0], "LiteSpeed 2-CPU") || !strings.HasPrefix(targets[1], "LiteSpeed 4-CPU") {
		t.Errorf("it can become %q", targets)
	}
	b.press(button("Review the change"))
	b.look(200, "licence-core-ask")
	b.press(button("Change for $"))
	b.at(200, "LiteSpeed 2-CPU · "+second)
	if b.balance() == paid {
		t.Error("the change cost nothing")
	}
	b.look(200, "licence-changed")
	b.open("/licences?q=" + second)
	b.shows("main tbody", "LiteSpeed 2-CPU")
	if n := b.count("main tbody tr"); n != 1 {
		t.Errorf("%d licences at %s", n, second)
	}
	b.open("/licences?q=" + first)
	b.look(200, "licences-nomatch")

	admin := signedIn(t, shop.access.Admin)
	admin.open("/admin/audit?action=licence.")
	admin.shows("main tbody", "licence.renewed", "licence.moved", "licence.suspended", "licence.unsuspended", "licence.core")
}
