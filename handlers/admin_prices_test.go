package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"certbay/db"
	"certbay/db/money"
	"certbay/web/webtest"
)

func (s shop) group(t testing.TB) int64 {
	t.Helper()
	return must[[]db.Group](t)(s.Book.Groups(t.Context()))[0].ID
}

func TestPagesOfPricesAreSeenBySupportAndChangedByAdmins(t *testing.T) {
	s := openShop(t)
	group := fmt.Sprintf("/admin/groups/%d", s.group(t))
	price := fmt.Sprintf("%s/products/%d", group, s.product)
	reseller := fmt.Sprintf("/admin/resellers/%d", s.buyer.ID)
	admin, support := s.SignedIn(t, db.RoleAdmin), s.SignedIn(t, db.RoleSupport)
	for _, path := range []string{"/admin/groups", group, "/admin/rates"} {
		if a := support.Get(path); a.Status != http.StatusOK || a.Document(t).Find("main form[method=post]").Length() != 0 {
			t.Errorf("%s as support: %d, or it offers a change", path, a.Status)
		}
		if a := s.SignedIn(t, db.RoleOwner).Get(path); a.Status != http.StatusForbidden {
			t.Errorf("%s as owner: %d", path, a.Status)
		}
	}
	for _, path := range []string{"/admin/groups", group, price, "/admin/rates", "/admin/resellers/new", reseller + "/edit", reseller + "/invite"} {
		if a := admin.Get(path); a.Status != http.StatusOK || a.Document(t).Find("main form[method=post]").Length() == 0 {
			t.Errorf("%s as admin: %d, or no form", path, a.Status)
		}
	}
	for _, path := range []string{price, group + "/name", "/admin/groups", "/admin/rates", "/admin/rates/import", "/admin/rates/age", "/admin/resellers/new", reseller + "/edit", reseller + "/invite"} {
		if a := support.Post(path, url.Values{"name": {"x"}}); a.Status != http.StatusForbidden {
			t.Errorf("POST %s as support: %d", path, a.Status)
		}
	}
	for _, path := range []string{"/admin/groups/999", "/admin/groups/x", group + "/products/999", "/admin/groups/999/products/1", "/admin/resellers/999/edit", "/admin/resellers/999/invite"} {
		if a := admin.Get(path); a.Status != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.Status)
		}
	}
}

func TestAnAdminSetsPricesAndNoneBelowCostWithoutAReason(t *testing.T) {
	s := openShop(t)
	admin := s.SignedIn(t, db.RoleAdmin)
	group := fmt.Sprintf("/admin/groups/%d", s.group(t))
	page := fmt.Sprintf("%s/products/%d", group, s.product)
	form := func(kind, value, reason string) url.Values {
		return url.Values{"kind-12": {kind}, "value-12": {value}, "reason-12": {reason}}
	}
	for name, f := range map[string]url.Values{"below cost": form("fixed", "8.99", " "), "no number": form("fixed", "12,99", ""), "empty": form("fixed", "", ""),
		"negative": form("fixed", "-1", ""), "huge": form("fixed", "1000000.01", ""), "negative margin": form("margin", "-5", ""), "huge margin": form("margin", "1001", ""), "kind": form("gift", "1", "")} {
		a := admin.Post(page, f)
		t.Run(name, func(t *testing.T) {
			rejected(t, a, "value-12")
			if got := a.Document(t).Find("[name=value-12]").AttrOr("value", ""); got != f.Get("value-12") {
				t.Errorf("shown again: %q", got)
			}
		})
	}
	if s.audited(t, "price.set") != 0 {
		t.Error("a refused price is in the audit")
	}
	done(t, admin, admin.Post(page, form("margin", "25", "")), group, "success")
	if p := must[db.Product](t)(s.Book.Product(t.Context(), s.buyer.ID, s.product)); p.Terms[0].GroupCents != 1125 {
		t.Errorf("cost 9.00 + 25 %% is %d", p.Terms[0].GroupCents)
	}
	if a := admin.Get(group); !strings.Contains(a.Body, "$11.25") || !strings.Contains(a.Body, "25%") {
		t.Errorf("the table shows neither price nor margin")
	}
	done(t, admin, admin.Post(page, form("fixed", "5.00", "to win them back")), group, "success")
	if a := admin.Get(group); !strings.Contains(a.Body, "to win them back") || !strings.Contains(a.Body, "Below cost") {
		t.Error("a price below cost does not say so")
	}
	done(t, admin, admin.Post(page, form("", "", "")), group, "success")
	if _, err := s.Book.Product(t.Context(), s.buyer.ID, s.product); err == nil {
		t.Error("still sold")
	}
	if s.audited(t, "price.set") != 3 {
		t.Errorf("%d lines in the audit", s.audited(t, "price.set"))
	}
}

func TestAMissingRateIsAPageForResellersAndAnAlarmForTheOperator(t *testing.T) {
	s := openShop(t)
	ctx := t.Context()
	euro := must[int64](t)(s.Book.CreateProduct(ctx, db.System, db.Product{Brand: "Certum", Name: "Commercial", Kind: db.KindSSL, Validation: "dv", DomainType: "single",
		DCVMethods: []string{"dns"}, Terms: []db.Term{{Months: 12, ListCents: 4999}}}, db.Offer{Upstream: "sandbox", ProductCode: "single", CostCents: 1000, Currency: money.CurrencyEUR}))
	ok(t, s.Book.SetPrices(ctx, db.System, s.group(t), []db.PriceChange{{ProductID: euro, Months: 12, Rule: db.PriceRule{Kind: db.MarginPrice, MarginBP: 1000}}}))
	ok(t, s.Book.UpdateReseller(ctx, db.System, s.Reseller.ID, db.NewReseller{Name: "Liman", Company: "Liman Ltd", Email: "info@liman.example", GroupID: s.group(t)}))
	owner, admin := s.SignedIn(t, db.RoleOwner), s.SignedIn(t, db.RoleAdmin)
	order := url.Values{"product": {fmt.Sprint(euro)}, "months": {"12"}, "domain": {"a.example.com"}, "form_token": {"t"}}
	for name, a := range map[string]webtest.Answer{"product": owner.Get(fmt.Sprintf("/products/%d", euro)), "form": owner.Get(fmt.Sprintf("/orders/new?product=%d", euro)), "place": owner.Post("/orders", order)} {
		if a.Status != http.StatusConflict || a.Title(t) != "Price not available now" {
			t.Errorf("%s: %d %q", name, a.Status, a.Title(t))
		}
	}
	if a := owner.Get("/catalog"); a.Status != http.StatusOK || !strings.Contains(a.Body, "Price not available now") {
		t.Errorf("the catalog: %d", a.Status)
	}
	const alarm = "No usable exchange rate for EUR: 1 product"
	if a := admin.Get("/admin"); !strings.Contains(a.Body, alarm) {
		t.Error("no alarm")
	}
	today := time.Now().UTC().Format(time.DateOnly)
	rate := url.Values{"currency": {"EUR"}, "day": {today}, "rate": {"1.0855"}, "source": {"ECB"}}
	for field, bad := range map[string]string{"currency": "USD", "day": "2999-01-01", "rate": "0", "source": " "} {
		wrong := url.Values{}
		for k, v := range rate {
			wrong[k] = v
		}
		wrong.Set(field, bad)
		rejected(t, admin.Post("/admin/rates", wrong), field)
	}
	done(t, admin, admin.Post("/admin/rates", rate), "/admin/rates", "success")
	if a := owner.Get(fmt.Sprintf("/products/%d", euro)); a.Status != http.StatusOK || !strings.Contains(a.Body, "$11.95") { // 10.86 + 10 %
		t.Errorf("with a rate: %d", a.Status)
	}
	if a := admin.Get("/admin"); strings.Contains(a.Body, alarm) {
		t.Error("the alarm stays")
	}
}

func TestRatesAreImportedWholeOrNotAtAll(t *testing.T) {
	s := openShop(t)
	admin := s.SignedIn(t, db.RoleAdmin)
	for text, line := range map[string]string{"EUR,2026-01-02,1.08,ECB\nGBP,2026-01-02,x,ECB": "Line 2", "EUR,2026-01-02,1.08": "Line 1",
		"currency,day,rate,source\n\nEUR,2026-01-02,1.08,\"ECB": "Line 3", "USD,2026-01-02,1,ECB": "Line 1"} {
		a := admin.Post("/admin/rates/import", url.Values{"csv": {text}})
		rejected(t, a, "csv")
		if !strings.Contains(a.Body, line) {
			t.Errorf("%q does not name %s", text, line)
		}
	}
	rejected(t, admin.Post("/admin/rates/import", url.Values{"csv": {" \n"}}), "csv")
	rejected(t, admin.Post("/admin/rates/age", url.Values{"days": {"0"}}), "days")
	rejected(t, admin.Post("/admin/rates/age", url.Values{"days": {"a week"}}), "days")
	if _, n, _ := s.Book.Rates(t.Context(), db.Page{}); n != 0 {
		t.Fatalf("%d rates", n)
	}
	preview := admin.Post("/admin/rates/import", url.Values{"csv": {"currency,day,rate,source\nEUR,2026-01-02,1.08,ECB\nTRY, 2026-01-02, 0.0241, TCMB\n"}})
	if _, n, _ := s.Book.Rates(t.Context(), db.Page{}); preview.Status != http.StatusOK || n != 0 {
		t.Fatalf("the preview: %d, %d rates", preview.Status, n)
	}
	done(t, admin, admin.Post("/admin/rates/import", shownForm(t, preview)), "/admin/rates", "success")
	done(t, admin, admin.Post("/admin/rates/age", url.Values{"days": {"30"}}), "/admin/rates", "success")
	if _, n, _ := s.Book.Rates(t.Context(), db.Page{}); n != 2 {
		t.Errorf("%d rates", n)
	}
}

func TestGroupsAreMadeAndRenamed(t *testing.T) {
	s := openShop(t)
	admin := s.SignedIn(t, db.RoleAdmin)
	group := fmt.Sprintf("/admin/groups/%d", s.group(t))
	for _, name := range []string{"", "Gold", strings.Repeat("x", 101)} {
		rejected(t, admin.Post("/admin/groups", url.Values{"name": {name}}), "name")
	}
	made := admin.Post("/admin/groups", url.Values{"name": {" Silver "}})
	done(t, admin, made, made.Location, "success")
	if a := admin.Get(made.Location); a.Title(t) != "Silver" {
		t.Errorf("%s is %q", made.Location, a.Title(t))
	}
	rejected(t, admin.Post(group+"/name", url.Values{"name": {"Silver"}}), "name")
	done(t, admin, admin.Post(group+"/name", url.Values{"name": {"Platinum"}}), group, "success")
	if s.audited(t, "group.") != 2 {
		t.Errorf("%d lines in the audit", s.audited(t, "group."))
	}
}

var invitation = regexp.MustCompile(`/reset-password/\S+`)

// A shop that was just opened has nobody to sell to: an admin makes a reseller, moves
// it into a group and invites its owner, who chooses a password and buys.
func TestANewResellersOwnerIsInvitedAndComesIn(t *testing.T) {
	s := openShop(t)
	ctx := t.Context()
	admin := s.SignedIn(t, db.RoleAdmin)
	good := url.Values{"name": {"Yeni"}, "company": {"Yeni Ltd. Şti."}, "email": {"info@yeni.example"}, "country": {"TR"}, "tax": {"20"}}
	for field, bad := range map[string]string{"name": " ", "company": "", "email": "nobody", "country": "Turkey", "tax": "101", "city": strings.Repeat("x", 201), "group": "x"} {
		wrong := url.Values{}
		for k, v := range good {
			wrong[k] = v
		}
		wrong.Set(field, bad)
		rejected(t, admin.Post("/admin/resellers/new", wrong), field)
	}
	a := admin.Post("/admin/resellers/new", good)
	if a.Status != http.StatusSeeOther || !strings.HasSuffix(a.Location, "/invite") {
		t.Fatalf("%d to %q", a.Status, a.Location)
	}
	invite, page := a.Location, strings.TrimSuffix(a.Location, "/invite")
	admin.Get(invite) // takes the message
	good.Set("group", fmt.Sprint(s.group(t)))
	done(t, admin, admin.Post(page+"/edit", good), page, "success")
	rejected(t, admin.Post(invite, url.Values{"name": {""}, "email": {"deniz@yeni.example"}}), "name")
	rejected(t, admin.Post(invite, url.Values{"name": {"Deniz"}, "email": {"owner@liman.example"}}), "email")
	var links []string
	for range 2 { // the first mail got lost
		done(t, admin, admin.Post(invite, url.Values{"name": {"Deniz"}, "email": {"Deniz@yeni.example"}}), page, "success")
		job := must[db.Job](t)(s.Book.ClaimJob(ctx, time.Minute))
		mail := must[db.Mail](t)(db.MailOf(job))
		if mail.To != "deniz@yeni.example" {
			t.Fatalf("mailed to %q", mail.To)
		}
		links = append(links, invitation.FindString(mail.Body))
		ok(t, s.Book.FinishJob(ctx, job))
	}
	deniz := s.Browser(t)
	if a := deniz.Get(links[0]); a.Status != http.StatusGone {
		t.Errorf("the link of the first invitation: %d", a.Status)
	}
	s.Later(6 * 24 * time.Hour)
	if a := deniz.Post(links[1], url.Values{"new": {webtest.Password}}); a.Status != http.StatusSeeOther {
		t.Fatalf("choosing a password: %d", a.Status)
	}
	if a := deniz.Get(links[1]); a.Status != http.StatusGone {
		t.Errorf("the link again: %d", a.Status)
	}
	if a := deniz.SignIn("deniz@yeni.example", webtest.Password); a.Status != http.StatusSeeOther {
		t.Fatalf("sign in: %d", a.Status)
	}
	if a := deniz.Get("/catalog"); a.Status != http.StatusOK || !strings.Contains(a.Body, "PositiveSSL") {
		t.Errorf("the catalog: %d", a.Status)
	}
	admin = s.SignedIn(t, db.RoleAdmin)
	rejected(t, admin.Post(invite, url.Values{"name": {"Deniz"}, "email": {"deniz@yeni.example"}}), "email")
	if s.audited(t, "person.invite") != 2 || s.audited(t, "reseller.update") != 1 {
		t.Errorf("audit: %d invitations, %d updates", s.audited(t, "person.invite"), s.audited(t, "reseller.update"))
	}
	s.verify(t)
}
