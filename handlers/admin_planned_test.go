package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"certbay/db"
)

func TestManyPricesAreChangedOnlyAsTheyWerePreviewed(t *testing.T) {
	s := openShop(t)
	admin := s.SignedIn(t, db.RoleAdmin)
	group := fmt.Sprintf("/admin/groups/%d", s.group(t))
	price := func() int64 {
		return must[db.Product](t)(s.Book.Product(t.Context(), s.buyer.ID, s.product)).Terms[0].GroupCents
	}
	out := admin.Get(group + "/prices.csv")
	if want := fmt.Sprintf("%d,PositiveSSL,12,fixed,12.99,\n", s.product); out.Status != http.StatusOK || !strings.HasSuffix(out.Body, want) {
		t.Fatalf("%d %q", out.Status, out.Body)
	}
	for how, form := range map[string]url.Values{"import": {"csv": {strings.Replace(out.Body, "12.99", "14.29", 1)}}, "bulk": {"percent": {"10"}, "brand": {"Sectigo"}}} {
		ok(t, s.Book.SetGroupPrice(t.Context(), db.System, s.group(t), s.product, 12, 1299))
		preview := admin.Post(group+"/"+how, form)
		if preview.Status != http.StatusOK || !strings.Contains(preview.Body, "$14.29") || price() != 1299 {
			t.Fatalf("%s: %d, price %d", how, preview.Status, price())
		}
		apply := url.Values{}
		for _, in := range preview.Document(t).Find("form.card-foot input").EachIter() {
			apply.Set(in.AttrOr("name", ""), in.AttrOr("value", ""))
		}
		ok(t, s.Book.SetGroupPrice(t.Context(), db.System, s.group(t), s.product, 12, 1300))
		if a := admin.Post(group+"/"+how, apply); a.Status != http.StatusConflict || price() != 1300 {
			t.Errorf("%s after another change: %d, price %d", how, a.Status, price())
		}
		ok(t, s.Book.SetGroupPrice(t.Context(), db.System, s.group(t), s.product, 12, 1299))
		done(t, admin, admin.Post(group+"/"+how, apply), group, "success")
		if price() != 1429 {
			t.Errorf("%s: price %d", how, price())
		}
	}
	if a := admin.Post(group+"/bulk", url.Values{"percent": {"-80"}}); !strings.Contains(a.Body, "Below cost") || a.Document(t).Find("form.card-foot").Length() != 0 {
		t.Errorf("below cost: %d", a.Status)
	}
	for _, csv := range []string{"", "1,x", fmt.Sprintf("%d,x,12,fixed,1,\n%d,x,12,fixed,2,", s.product, s.product), "x,x,12,fixed,1,"} {
		rejected(t, admin.Post(group+"/import", url.Values{"csv": {csv}}), "csv")
	}
	rejected(t, admin.Post(group+"/bulk", url.Values{"percent": {"many"}}), "percent")
	if a := s.SignedIn(t, db.RoleSupport).Post(group+"/bulk", url.Values{"percent": {"1"}}); a.Status != http.StatusForbidden {
		t.Errorf("support: %d", a.Status)
	}
}
