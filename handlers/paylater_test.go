package handlers_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"certbay/db"
)

func TestAnOrderIsPlacedUnpaidWhereAnAdminAllowsItAndPaidOnce(t *testing.T) {
	b := openBooks(t, "en")
	ctx, owner, admin := t.Context(), b.SignedInAs(t, b.buyers[db.RoleOwner]), b.SignedIn(t, db.RoleAdmin)
	balance, _, err := b.Book.Wallet(ctx, b.buyer.ID)
	ok(t, err)
	ok(t, b.Book.AdjustCredit(ctx, db.System, b.buyer.ID, -balance, "empty", "emptied"))
	form := url.Values{"product": {strconv.FormatInt(b.multi, 10)}, "months": {"12"}, "domain": {"example.com"}, "form_token": {"one"}}
	if a := owner.Post("/orders", form); a.Status != http.StatusPaymentRequired || strings.Contains(a.Body, `name="unpaid"`) {
		t.Fatalf("without leave: %d", a.Status)
	}
	setting := resellerHref(b.buyer.ID) + "/pay-later"
	if a := admin.Post(setting, url.Values{"pay_later": {"1"}}); a.Status != http.StatusSeeOther {
		t.Fatalf("setting: %d", a.Status)
	}
	a := owner.Post("/orders", form)
	if a.Status != http.StatusPaymentRequired || a.Document(t).Find(`form[action="/orders"] input[name="unpaid"]`).Length() != 1 {
		t.Fatalf("not offered: %d", a.Status)
	}
	form.Set("unpaid", "1")
	placed := owner.Post("/orders", form)
	if placed.Status != http.StatusSeeOther {
		t.Fatalf("placing: %d", placed.Status)
	}
	if page := owner.Get(placed.Location); !strings.Contains(page.Body, "Waiting for payment") || page.Document(t).Find(`form[action$="/pay"]`).Length() != 1 {
		t.Error("the order's page has no way to pay")
	}
	if a := owner.Get(placed.Location + "/configure"); a.Status != http.StatusSeeOther {
		t.Errorf("configured unpaid: %d", a.Status)
	}
	if home := owner.Get("/"); !strings.Contains(home.Body, "example.com waits for its payment") {
		t.Error("home does not say so")
	}
	if a := owner.Post(placed.Location+"/pay", nil); a.Status != http.StatusPaymentRequired {
		t.Fatalf("paid without credit: %d", a.Status)
	}
	if a := b.SignedInAs(t, b.Outsider).Post(placed.Location+"/pay", nil); a.Status != http.StatusNotFound {
		t.Fatalf("another reseller pays: %d", a.Status)
	}
	ok(t, b.Book.AddCredit(ctx, db.System, b.buyer.ID, 10_000_000, "again", "transfer"))
	for range 2 {
		if a := owner.Post(placed.Location+"/pay", nil); a.Status != http.StatusSeeOther {
			t.Fatalf("paying: %d", a.Status)
		}
	}
	if _, err := b.Book.Verify(ctx); err != nil {
		t.Fatal(err)
	}
}

func resellerHref(id int64) string { return "/admin/resellers/" + strconv.FormatInt(id, 10) }
