package db_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"certbay/db"
)

var licenceTamperings = []tampered{
	{"a renewal forgets its licence", "what is wanted of a licence names it, and nothing else names one", `order $RENEWAL wants "renew"`,
		`update orders set licence_id = null where id = $RENEWAL`},
	{"a renewal becomes a licence's own order", "what is wanted of a licence names it, and nothing else names one", `order $RENEWAL wants ""`,
		`update orders set wish = '' where id = $RENEWAL`},
	{"a certificate's order wants something", "what is wanted of a licence names it, and nothing else names one", `order $CERTIFICATE wants "core"`,
		`update orders set wish = 'core' where id = $CERTIFICATE`},
	{"a renewal is of a certificate", "what is wanted of a licence names a delivered licence of the same reseller", "order $RENEWAL of $CERTIFICATE",
		`update orders set licence_id = $CERTIFICATE where id = $RENEWAL`},
	{"a renewal is of a renewal", "what is wanted of a licence names a delivered licence of the same reseller", "order $WAITING of $RENEWAL",
		`update orders set licence_id = $RENEWAL where id = $WAITING`},
	{"a renewal is of a licence that was not delivered", "what is wanted of a licence names a delivered licence of the same reseller", "order $RENEWAL of $ORDERED",
		`update orders set licence_id = $ORDERED where id = $RENEWAL`},
	{"a renewal is of another reseller's licence", "what is wanted of a licence names a delivered licence of the same reseller", "order $RENEWAL of $FOREIGN",
		`update orders set licence_id = $FOREIGN where id = $RENEWAL`},
	{"a second change of a licence begins", "one change of a licence is under way at a time", "order $LICENCE has 2",
		`update orders set licence_id = $LICENCE, wish = 'renew', paid = true where id = $OPEN`},
	{"a change of a licence is to be paid later", "what was bought for a licence is paid", "order $LAPSED",
		`update orders set licence_id = $LICENCE, wish = 'renew' where id = $LAPSED`},
	{"a licence's end is taken back", "a licence runs at least as long as each of its renewals", "order $LICENCE ends before order $RENEWAL",
		`update orders set ends_at = completed_at where id = $LICENCE`},
	{"a renewal ends later than its licence", "a licence runs at least as long as each of its renewals", "order $LICENCE ends before order $RENEWAL",
		`update orders set ends_at = (select max(ends_at) from orders where id = $FOREIGN) where id = $RENEWAL`},
	{"a certificate is suspended", "only a delivered licence is suspended", "order $CERTIFICATE",
		`update orders set suspended = true where id = $CERTIFICATE`},
	{"a licence is suspended before it is delivered", "only a delivered licence is suspended", "order $ORDERED",
		`update orders set suspended = true where id = $ORDERED`},
	{"a renewal is suspended", "only a delivered licence is suspended", "order $RENEWAL",
		`update orders set suspended = true where id = $RENEWAL`},
}

func TestVerifyHoldsWhatWasBoughtForALicenceAgainstIt(t *testing.T) {
	p := openPlant(t)
	certificate, open := p.place(t, "shop.example.com"), p.place(t, "open.example.com")
	p.issue(t, certificate)
	l := p.deliver(t, 1, "203.0.113.10")
	renewal := must[db.Order](t)(p.RenewLicence(ctx, p.staff, p.reseller, l.ID, 1, db.WishForm{}))
	if err := p.RecordLicenceDone(ctx, p.handIn(t, renewal).ID); err != nil {
		t.Fatal(err)
	}
	waiting := must[db.Order](t)(p.RenewLicence(ctx, p.staff, p.reseller, l.ID, 12, db.WishForm{}))
	ordered := must[db.Order](t)(p.PlaceOrder(ctx, p.staff, p.reseller, db.NewOrder{ProductID: p.solo, Months: 1, Domain: "203.0.113.11"}))
	p.payLater(t)
	spent := p.balance(t)
	if err := p.AdjustCredit(ctx, p.staff, p.reseller, -spent, "spent", "spent"); err != nil {
		t.Fatal(err)
	}
	lapsed := p.placeUnpaid(t, p.single, "lapsed.example.com")
	if _, err := p.CancelOrder(ctx, p.staff, p.reseller, lapsed.ID); err != nil {
		t.Fatal(err)
	}
	other := p.shop
	other.reseller = must[db.Reseller](t)(p.CreateReseller(ctx, db.System, db.NewReseller{Name: "X", Company: "X Ltd", Email: "x@x.example", GroupID: p.group})).ID
	if err := p.AddCredit(ctx, db.System, other.reseller, 100_000, "opening", "opening"); err != nil {
		t.Fatal(err)
	}
	foreign := plant{other, p.solo, p.admin}.deliver(t, 12, "203.0.113.10")
	p.verify(t)
	names := strings.NewReplacer("$RENEWAL", fmt.Sprint(renewal.ID), "$CERTIFICATE", fmt.Sprint(certificate.ID), "$WAITING", fmt.Sprint(waiting.ID), "$ORDERED", fmt.Sprint(ordered.ID),
		"$FOREIGN", fmt.Sprint(foreign.ID), "$LICENCE", fmt.Sprint(l.ID), "$OPEN", fmt.Sprint(open.ID), "$LAPSED", fmt.Sprint(lapsed.ID))
	for _, c := range licenceTamperings {
		t.Run(c.how, func(t *testing.T) {
			err := p.VerifyTampered(ctx, names.Replace(c.query))
			var broken *db.Broken
			if !errors.As(err, &broken) || broken.Rule != c.rule || !strings.Contains(broken.Row, names.Replace(c.row)) {
				t.Fatalf("got %v, want %s: %s", err, c.rule, names.Replace(c.row))
			}
		})
	}
}
