package db_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"certbay/db"
	"certbay/db/certs"
)

func TestApproversAreTheFiveMailboxesUpToTheRegisteredDomain(t *testing.T) {
	for _, c := range []struct {
		name, choice, address string
		ok                    bool
	}{
		{"example.com", "", "admin@example.com", true},
		{"example.com", "postmaster", "postmaster@example.com", true},
		{"example.com", " WebMaster@Example.com ", "webmaster@example.com", true},
		{"a.shop.example.com.tr", "admin@a.shop.example.com.tr", "admin@a.shop.example.com.tr", true},
		{"a.shop.example.com.tr", "hostmaster@shop.example.com.tr", "hostmaster@shop.example.com.tr", true},
		{"a.shop.example.com.tr", "administrator@example.com.tr", "administrator@example.com.tr", true},
		{"*.example.com", "admin@example.com", "admin@example.com", true},
		{"*.shop.example.com", "", "admin@example.com", true},
		{"example.com", "info@example.com", "", false},
		{"example.com", "root", "", false},
		{"example.com", "admin+x@example.com", "", false},
	} {
		address, ok := db.ApproverEmail(c.name, c.choice)
		if ok != c.ok || ok && address != c.address {
			t.Errorf("%q for %s: %s, %v", c.choice, c.name, address, ok)
		}
	}
	// A host that may not approve is never written to.
	for _, c := range [][2]string{
		{"a.example.com.tr", "admin@com.tr"}, {"a.example.com", "admin@b.example.com"}, {"a.example.com", "admin@evil.com"},
		{"a.example.com", "admin@xa.example.com"}, {"example.com", "admin@sub.example.com"}, {"example.com", "admin@"},
		{"example.com", "admin@evil.com@example.com"}, {"example.com", "admin@notexample.com"},
	} {
		if address, ok := db.ApproverEmail(c[0], c[1]); ok && address != "admin@"+map[bool]string{true: "example.com.tr", false: "example.com"}[c[0] == "a.example.com.tr"] {
			t.Errorf("%q for %s may be written to as %s", c[1], c[0], address)
		}
	}
}

// validating is an order of two names, one a wildcard, that waits for its domain owner.
func validating(t *testing.T, method string) (shop, db.Order, int64) {
	t.Helper()
	s := openShop(t, 100_000)
	o := must[db.Order](t)(s.PlaceOrder(ctx, s.staff, s.reseller, db.NewOrder{ProductID: s.multi, Months: 12, Domain: "example.com", SANs: []string{"*.example.org"}}))
	if _, err := s.Configure(ctx, s.staff, s.reseller, o.ID, db.Configuration{CSR: csrFor(t, "example.com", "*.example.org"), Method: method}); err != nil {
		t.Fatal(err)
	}
	c := must[[]db.Certificate](t)(s.Certificates(ctx, o.ID))[0].ID
	must[db.Submission](t)(s.BeginSubmit(ctx, c))
	if err := s.AcceptSubmit(ctx, db.System, c, "up-1"); err != nil {
		t.Fatal(err)
	}
	return s, o, c
}

// told is what an upstream says of the two names by dns.
func told(value string) []db.UpstreamName {
	return []db.UpstreamName{
		{Name: "example.com", Method: "dns", Instruction: db.Instruction{RecordType: "CNAME", Host: "_x.example.com", Value: value}},
		{Name: "*.example.org", Method: "dns", Instruction: db.Instruction{RecordType: "CNAME", Host: "_x.example.org", Value: value}},
		{Name: "stranger.example.net", Method: "dns"},
	}
}

func TestAWildcardNameFallsBackToDNSWhereFilesWereChosen(t *testing.T) {
	for method, want := range map[string][2]string{"http": {"http", "dns"}, "https": {"https", "dns"}, "dns": {"dns", "dns"}, "email": {"email", "email"}, "": {"dns", "dns"}} {
		s, _, c := validating(t, method)
		names := must[[]db.DCV](t)(s.DCVs(ctx, c))
		if len(names) != 2 || names[0].Method != want[0] || names[1].Method != want[1] {
			t.Errorf("%q: %+v", method, names)
		}
	}
}

func TestAWildcardNameRefusesFileValidation(t *testing.T) {
	s := openShop(t, 100_000)
	id := must[int64](t)(s.CreateProduct(ctx, db.System, db.Product{Brand: "X", Name: "Files only", Kind: db.KindWildcard, Validation: "dv", DomainType: "wildcard",
		DCVMethods: []string{"http"}, Terms: []db.Term{{Months: 12, ListCents: 100}}}, db.Offer{Upstream: "sandbox", ProductCode: "x"}))
	if err := s.SetGroupPrice(ctx, db.System, s.group, id, 12, 100); err != nil {
		t.Fatal(err)
	}
	o := must[db.Order](t)(s.PlaceOrder(ctx, s.staff, s.reseller, db.NewOrder{ProductID: id, Months: 12, Domain: "*.example.com"}))
	_, err := s.Configure(ctx, s.staff, s.reseller, o.ID, db.Configuration{CSR: csrFor(t, "*.example.com"), Method: "http"})
	var rejected *db.Rejected
	if !errors.As(err, &rejected) || rejected.Problems[0].Code != "method_not_offered" || rejected.Problems[0].Name != "*.example.com" {
		t.Fatal(err)
	}
}

func TestAnotherMethodOrInstructionResetsThePreCheck(t *testing.T) {
	for name, change := range map[string]func([]db.UpstreamName){
		"method": func(n []db.UpstreamName) {
			n[0].Method, n[0].Instruction = "http", db.Instruction{FileURL: "http://example.com/x", FileName: "x", FileContent: "y"}
		},
		"value":  func(n []db.UpstreamName) { n[0].Value = "w" },
		"mailto": func(n []db.UpstreamName) { n[0].Email = "postmaster@example.com" },
		"nothing": func(n []db.UpstreamName) {
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, _, c := validating(t, "dns")
			if err := s.RecordStatus(ctx, c, "", told("y")); err != nil {
				t.Fatal(err)
			}
			row := must[[]db.DCV](t)(s.DCVs(ctx, c))[0]
			if err := s.RecordCheck(ctx, row.ID, db.DCVWrong, json.RawMessage(`{"found":"z"}`)); err != nil {
				t.Fatal(err)
			}
			names := told("y")
			change(names)
			if err := s.RecordStatus(ctx, c, "", names); err != nil {
				t.Fatal(err)
			}
			after := must[[]db.DCV](t)(s.DCVs(ctx, c))
			kept := name == "nothing"
			if (after[0].State == db.DCVWrong) != kept || (len(after[0].Report) > 0) != kept || after[0].CheckedAt.IsZero() == kept {
				t.Errorf("%+v", after[0])
			}
			if after[0].Instruction != names[0].Instruction || after[0].Method != names[0].Method {
				t.Errorf("instruction %+v", after[0])
			}
			if len(after) != 2 {
				t.Errorf("%d names", len(after))
			}
		})
	}
}

func TestAVerifiedNameStaysVerified(t *testing.T) {
	s, o, c := validating(t, "dns")
	names := told("y")
	names[0].Verified = true
	for range 2 {
		if err := s.RecordStatus(ctx, c, "", names); err != nil {
			t.Fatal(err)
		}
	}
	names[0].Verified, names[0].Value = false, "w"
	if err := s.RecordStatus(ctx, c, "", names); err != nil {
		t.Fatal(err)
	}
	row := must[[]db.DCV](t)(s.DCVs(ctx, c))[0]
	if err := s.RecordCheck(ctx, row.ID, db.DCVWrong, nil); err != nil {
		t.Fatal(err)
	}
	row = must[[]db.DCV](t)(s.DCVs(ctx, c))[0]
	if row.State != db.DCVVerified || row.VerifiedAt.IsZero() {
		t.Fatalf("%+v", row)
	}
	verified := 0
	for _, e := range must[[]db.Event](t)(s.Events(ctx, o.ID)) {
		if e.Kind == "dcv_verified" {
			verified++
		}
	}
	if done, all, err := s.NamesProgress(ctx, o.ID); verified != 1 || done != 1 || all != 2 || err != nil {
		t.Fatalf("%d events, %d of %d names, %v", verified, done, all, err)
	}
}

func TestChangingTheMethodOfNames(t *testing.T) {
	s, o, c := validating(t, "dns")
	change := func(name, method, email string) ([]int64, error) {
		return s.ChangeDCV(ctx, s.staff, s.reseller, o.ID, name, method, email)
	}
	if _, err := change("", "http", ""); !errors.Is(err, db.ErrStale) {
		t.Fatalf("before the upstream told the names: %v", err)
	}
	names := told("y")
	names[0].Verified = true
	if err := s.RecordStatus(ctx, c, "", names); err != nil {
		t.Fatal(err)
	}
	if jobs, err := change("", "dns", ""); err != nil || len(jobs) != 0 {
		t.Errorf("nothing to change: jobs %v, %v", jobs, err)
	}
	if jobs, err := change("*.example.org", "email", "hostmaster"); err != nil || len(jobs) != 1 {
		t.Errorf("one name: jobs %v, %v", jobs, err)
	}
	if jobs, err := change("example.com", "http", ""); err != nil || len(jobs) != 0 {
		t.Errorf("a verified name: jobs %v, %v", jobs, err)
	}
	if _, err := change("stranger.example.net", "dns", ""); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("a name of nobody: %v", err)
	}
	var rejected *db.Rejected
	for _, c := range [][2]string{{"fax", ""}, {"email", "info"}} {
		if _, err := change("*.example.org", c[0], c[1]); !errors.As(err, &rejected) {
			t.Errorf("%v: %v", c, err)
		}
	}
	kinds := []string{}
	for _, e := range must[[]db.Event](t)(s.Events(ctx, o.ID)) {
		kinds = append(kinds, e.Kind)
	}
	if !slices.Contains(kinds, "dcv_change") {
		t.Errorf("events %v", kinds)
	}
}

func TestTheNewestWishOfAMethodCounts(t *testing.T) {
	s, o, c := validating(t, "dns")
	if err := s.RecordStatus(ctx, c, "", told("x")); err != nil {
		t.Fatal(err)
	}
	for _, method := range []string{"http", "https", "dns", "http"} {
		must[[]int64](t)(s.ChangeDCV(ctx, s.staff, s.reseller, o.ID, "example.com", method, ""))
		jobs, n, err := s.Jobs(ctx, db.JobFilter{Kind: db.JobDCV})
		if err != nil || n != 1 || !strings.Contains(jobs[0].Payload, `"`+method+`"`) {
			t.Fatalf("after the wish for %s: %+v, %v", method, jobs, err)
		}
	}
}

func TestApprovalMailsAreBounded(t *testing.T) {
	s, o, c := validating(t, "email")
	if err := s.RecordStatus(ctx, c, "", nil); err != nil {
		t.Fatal(err)
	}
	var throttled *db.Throttled
	for i := range 11 {
		_, err := s.ResendDCV(ctx, s.staff, s.reseller, o.ID, "example.com")
		if errors.As(err, &throttled) != (i == 10) {
			t.Fatalf("mail %d: %v", i+1, err)
		}
	}
	now := s.Now()
	s.at(now, 3601)
	must[int64](t)(s.ResendDCV(ctx, s.staff, s.reseller, o.ID, "example.com"))
}

func TestOneLookAtATime(t *testing.T) {
	s, o, c := validating(t, "dns")
	if err := s.RecordStatus(ctx, c, "", told("y")); err != nil {
		t.Fatal(err)
	}
	first := must[int64](t)(s.CheckNow(ctx, s.reseller, o.ID))
	if again := must[int64](t)(s.CheckNow(ctx, s.reseller, o.ID)); again != first {
		t.Fatalf("jobs %d and %d", first, again)
	}
}

func TestAnApproverAtAStrangeDomainIsRefused(t *testing.T) {
	s := openShop(t, 10_000)
	o := s.place(t, "shop.example.com")
	for email, ok := range map[string]bool{"admin@example.com": true, "admin@shop.example.com": true, "postmaster": true, "": true, "admin@evil.com": false, "admin@com": false} {
		_, err := s.Configure(ctx, s.staff, s.reseller, o.ID, db.Configuration{CSR: csrFor(t, "other.example.com"), Method: "email", Email: email})
		var bad *certs.CSRError
		if !errors.As(err, &bad) {
			t.Fatalf("a CSR for another name: %v", err)
		}
		_, err = s.Configure(ctx, s.staff, s.reseller, s.place(t, "shop.example.com").ID, db.Configuration{CSR: csrFor(t, "shop.example.com"), Method: "email", Email: email})
		if rejected := errors.Is(err, db.ErrInvalid); rejected == ok {
			t.Errorf("%q: %v", email, err)
		}
	}
}

func TestSearchFindsANameInForeignLetters(t *testing.T) {
	s := openShop(t, 10_000)
	s.place(t, "mağaza.com")
	for _, search := range []string{"mağaza.com", "MAĞAZA.com", "mağaza", "xn--maaza"} {
		if _, n, err := s.Orders(ctx, s.reseller, db.OrderFilter{Search: search}); err != nil || n != 1 {
			t.Errorf("%q finds %d, %v", search, n, err)
		}
	}
}
