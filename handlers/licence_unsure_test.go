package handlers_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"certbay/db"
)

// licensed is a shop whose buyer has a licence that works.
func (s shop) licensed(t *testing.T) db.Order {
	t.Helper()
	ctx := t.Context()
	product := must[int64](t)(s.Book.CreateProduct(ctx, db.System, db.Product{Brand: "Plesk", Name: "Plesk Web Pro", Kind: db.KindLicence, DomainType: "ip",
		Terms: []db.Term{{Months: 1, ListCents: 5000}}}, db.Offer{Upstream: "sandbox", ProductCode: "plesk", CostCents: 900}))
	ok(t, s.Book.SetGroupPrice(ctx, db.System, s.buyer.GroupID, product, 1, 1000))
	o := must[db.Order](t)(s.Book.PlaceOrder(ctx, s.staff, s.buyer.ID, db.NewOrder{ProductID: product, Months: 1, Domain: "203.0.113.10"}))
	c := must[[]db.Certificate](t)(s.Book.Certificates(ctx, o.ID))[0]
	must[db.Submission](t)(s.Book.BeginSubmit(ctx, c.ID))
	ok(t, s.Book.AcceptSubmit(ctx, db.System, c.ID, "up-licence"))
	ok(t, s.Book.RecordIssued(ctx, c.ID, db.Issued{}, nil))
	return s.order(t, o.ID)
}

// unsureRenewal is a renewal whose call broke off.
func (s shop) unsureRenewal(t *testing.T, licence int64) int64 {
	t.Helper()
	ctx := t.Context()
	o := must[db.Order](t)(s.Book.RenewLicence(ctx, s.staff, s.buyer.ID, licence, 1, db.WishForm{}))
	c := must[[]db.Certificate](t)(s.Book.Certificates(ctx, o.ID))[0]
	must[db.Submission](t)(s.Book.BeginSubmit(ctx, c.ID))
	ok(t, s.Book.DoubtSubmit(ctx, c.ID, "connection reset"))
	return o.ID
}

func TestAdminSaysThatAnUnsureRenewalWasMadeAndNeedsNoIdForIt(t *testing.T) {
	s := openShop(t)
	admin := s.SignedIn(t, db.RoleAdmin)
	l := s.licensed(t)
	id := s.unsureRenewal(t, l.ID)
	page := fmt.Sprintf("/admin/orders/%d", id)
	a := admin.Get(page)
	for _, action := range []string{"/placed", "/resubmit", "/cancel"} {
		if a.Document(t).Find("main a[href='"+page+action+"'], main form[action='"+page+action+"']").Length() == 0 {
			t.Errorf("%s isn't offered", action)
		}
	}
	if a.Document(t).Find("main [name=upstream_id]").Length() != 0 || !strings.Contains(a.Body, "203.0.113.10") {
		t.Error("an id is asked for, which a renewal has not")
	}
	if a := admin.Get(page + "/placed"); a.Status != http.StatusOK {
		t.Errorf("the question: %d", a.Status)
	}
	done(t, admin, admin.Post(page+"/placed", nil), page, "success")
	if got := s.order(t, l.ID); !got.EndsAt.Equal(l.EndsAt.AddDate(0, 1, 0)) || s.order(t, id).Status != db.StatusCompleted {
		t.Errorf("it ends %s, before %s", got.EndsAt, l.EndsAt)
	}
	if a := admin.Post(page+"/placed", nil); a.Status != http.StatusConflict {
		t.Errorf("again: %d", a.Status)
	}
	if a := s.SignedIn(t, db.RoleSupport).Post(fmt.Sprintf("/admin/orders/%d/placed", s.unsureRenewal(t, l.ID)), nil); a.Status != http.StatusForbidden {
		t.Errorf("support decides: %d", a.Status)
	}
	s.verify(t)
}

func TestACustomersLinkShowsTheLicenceHoweverItIsAndWhateverWasBoughtForIt(t *testing.T) {
	s := openShop(t)
	ctx := t.Context()
	l := s.licensed(t)
	renewal := s.unsureRenewal(t, l.ID)
	ok(t, s.Book.RecordSuspended(ctx, s.staff, l.ID, true))
	for _, order := range []int64{l.ID, renewal} {
		token := must[string](t)(s.Book.CreateCustomerLink(ctx, s.staff, s.buyer.ID, order, "", 30, nil))
		b := s.Browser(t)
		a := b.Get("/c/" + token)
		a = b.Get(a.Location)
		for _, want := range []string{"Plesk Web Pro", "203.0.113.10", "Your licence is suspended"} {
			if a.Status != http.StatusOK || !strings.Contains(a.Body, want) {
				t.Errorf("order %d: %d without %q", order, a.Status, want)
			}
		}
	}
}
