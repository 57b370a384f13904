package handlers_test

import (
	"net/http"
	"net/url"
	"testing"

	"certbay/db"
)

func TestAnAdminSwitchesTheAPIsOfAReseller(t *testing.T) {
	b := openBooks(t, "en")
	page := resellerHref(b.buyer.ID)
	on := url.Values{"dialect_gogetssl": {"1"}}
	if a := b.Browser(t).Post(page+"/dialects", on); a.Status != http.StatusSeeOther || a.Location == page {
		t.Errorf("not signed in: %d to %s", a.Status, a.Location)
	}
	for _, role := range []db.Role{db.RoleSupport, db.RoleOwner} {
		if a := b.SignedIn(t, role).Post(page+"/dialects", on); a.Status != http.StatusForbidden {
			t.Errorf("%s: %d", role, a.Status)
		}
	}
	speaks := func() bool {
		yes, err := b.Book.ResellerSpeaks(t.Context(), b.buyer.ID, "gogetssl")
		ok(t, err)
		return yes
	}
	if speaks() {
		t.Fatal("it is on before anybody switched it on")
	}
	admin := b.SignedIn(t, db.RoleAdmin)
	if a := admin.Post("/admin/resellers/999999/dialects", on); a.Status != http.StatusNotFound {
		t.Errorf("no such reseller: %d", a.Status)
	}
	checked := func() int {
		return admin.Get(page).Document(t).Find(`form[action$="/dialects"] input[name="dialect_gogetssl"][checked]`).Length()
	}
	for range 2 {
		if a := admin.Post(page+"/dialects", on); a.Status != http.StatusSeeOther || a.Location != page {
			t.Fatalf("%d to %s", a.Status, a.Location)
		}
		if !speaks() || checked() != 1 {
			t.Error("it is not on")
		}
	}
	rows, _, err := b.Book.AuditRows(t.Context(), db.AuditFilter{Action: "reseller.dialect"})
	ok(t, err)
	if len(rows) != 1 || rows[0].After != "gogetssl on" || rows[0].ActorKind != db.ByPerson {
		t.Errorf("%+v", rows)
	}
	admin.Post(page+"/dialects", url.Values{"dialect_unknown": {"1"}})
	if speaks() || checked() != 0 {
		t.Error("it is not off")
	}
}
