package billmanager_test

import (
	"context"
	"net"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"certbay/db"
	"certbay/handlers/access"
	served "certbay/handlers/billmanager"
	"certbay/providers"
	"certbay/providers/billmanager"
	"certbay/providers/dcv"
	"certbay/providers/pretend"
	"certbay/providers/providertest"
	"certbay/providers/sandbox"
	"certbay/web"
	"certbay/web/webtest"
)

// yard is a running Certbay that serves the dialect, with the sandbox CA behind it, and a reseller with a key.
type yard struct {
	*webtest.Site
	t        *testing.T
	internet *pretend.Internet
	ca       *sandbox.CA
	key      string

	single, multi, wildcard int64
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func openYard(t *testing.T) *yard {
	t.Helper()
	y := &yard{t: t}
	y.internet = must[*pretend.Internet](t)(pretend.Start(t.Context()))
	t.Cleanup(func() { y.internet.Close() })
	y.Site = webtest.Open(t, func(c *web.Config) { c.APILimit = access.Limit{Requests: 100_000, Window: time.Minute} })
	checker := y.internet.Checker(nil)
	y.ca = must[*sandbox.CA](t)(sandbox.Open(t.Context(), sandbox.Options{Path: filepath.Join(t.TempDir(), "ca.db"), Checker: checker, Vetting: -1, CheckEvery: -1,
		BaseURL: "https://ca.test",
		Mail: func(ctx context.Context, to, subject, body string) error {
			return y.Book.QueueMail(ctx, db.Mail{To: to, Subject: subject, Body: body})
		}}))
	t.Cleanup(func() { y.ca.Close() })
	y.work(checker)
	y.fill()
	return y
}

func (y *yard) work(checker *dcv.Checker) {
	work, stop := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() {
		err := y.Server.Work(work, web.WorkerConfig{Upstreams: providers.Registry{"sandbox": y.ca}, Checker: checker,
			SMTP: "smtp://" + y.internet.SMTPAddr(), MailFrom: "shop@shop.example"})
		if err != nil {
			y.t.Error(err)
		}
	})
	y.t.Cleanup(func() { stop(); done.Wait() })
}

func (y *yard) fill() {
	t, ctx := y.t, y.t.Context()
	group := must[int64](t)(y.Book.CreateGroup(ctx, db.System, "Gold"))
	err := y.Book.UpdateReseller(ctx, db.System, y.Reseller.ID, db.NewReseller{Name: y.Reseller.Name, Company: y.Reseller.Company, Email: y.Reseller.Email, GroupID: group, APIEnabled: true})
	if err == nil {
		err = y.Book.SetAPIEnabled(ctx, db.System, y.Reseller.ID, true)
	}
	if err == nil {
		err = y.Book.AddCredit(ctx, db.System, y.Reseller.ID, 10_000_000, "opening", "opening credit")
	}
	if err == nil {
		err = y.Book.SetResellerDialect(ctx, db.System, y.Reseller.ID, served.Dialect, true)
	}
	if err == nil {
		_, y.key, err = y.Book.CreateAPIKey(ctx, db.System, y.Reseller.ID, db.NewAPIKey{Name: "buyer", Scopes: db.Scopes})
	}
	if err != nil {
		t.Fatal(err)
	}
	add := func(p db.Product, code string) int64 {
		p.Brand = "Sectigo"
		id := must[int64](t)(y.Book.CreateProduct(ctx, db.System, p, db.Offer{Upstream: "sandbox", ProductCode: code, CostCents: 100}))
		for _, term := range p.Terms {
			if err := y.Book.SetGroupPrice(ctx, db.System, group, id, term.Months, 1299); err != nil {
				t.Fatal(err)
			}
		}
		return id
	}
	all := []string{"email", "http", "https", "dns"}
	year := []db.Term{{Months: 12, ListCents: 4999, SANCents: 799, WildcardSANCents: 4999}}
	plain := []db.Term{{Months: 12, ListCents: 4999}, {Months: 24, ListCents: 8999}}
	y.single = add(db.Product{Name: "PositiveSSL", Kind: db.KindSSL, Validation: "dv", DomainType: "single", DCVMethods: all, WarrantyCents: 5_000_000, Terms: plain}, "sectigo-positivessl")
	y.multi = add(db.Product{Name: "PositiveSSL Multi-Domain", Kind: db.KindMultiDomain, Validation: "dv", DomainType: "multi", DCVMethods: all, SANMax: 50, WildcardSANMax: 5,
		Terms: year}, "sectigo-positivessl-multi-domain")
	y.wildcard = add(db.Product{Name: "PositiveSSL Wildcard", Kind: db.KindWildcard, Validation: "dv", DomainType: "wildcard", DCVMethods: all, Terms: plain}, "sectigo-positivessl-wildcard")
}

func (y *yard) shop(c billmanager.Config) *billmanager.Shop {
	y.t.Helper()
	c.User = "info@liman.example"
	if c.Password == "" {
		c.Password = y.key
	}
	if c.BaseURL == "" {
		c.BaseURL = y.URL
	}
	return must[*billmanager.Shop](y.t)(billmanager.New(c))
}

// nowhere is an address where nobody listens.
func nowhere(t *testing.T) string {
	t.Helper()
	l := must[net.Listener](t)(net.Listen("tcp", "127.0.0.1:0"))
	l.Close()
	return "http://" + l.Addr().String() + "/billmgr"
}

func (y *yard) publish(t *testing.T, i providers.Instruction, _ string) {
	t.Helper()
	var err error
	switch {
	case i.RecordType != "":
		err = y.internet.PublishRecord(pretend.Record{Host: i.Host, Type: i.RecordType, Value: i.Value})
	case i.FileURL != "":
		_, rest, _ := strings.Cut(i.FileURL, "://")
		host, path, _ := strings.Cut(rest, "/")
		err = y.internet.PublishFile(pretend.File{Host: host, Path: "/" + path, Content: i.FileContent})
	default:
		t.Fatalf("nothing to publish: %+v", i)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (y *yard) mails(email string) []pretend.Mail {
	return slices.DeleteFunc(y.internet.Mails(), func(m pretend.Mail) bool { return !slices.Contains(m.To, email) })
}

var approval = regexp.MustCompile(`https://ca\.test/sandbox/approve/([A-Z2-7]+)`)

func (y *yard) approve(t *testing.T, email string) {
	t.Helper()
	var found []string
	for end := time.Now().Add(5 * time.Second); found == nil && time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if mails := y.mails(email); len(mails) > 0 {
			found = approval.FindStringSubmatch(mails[0].Text)
		}
	}
	if found == nil {
		t.Fatalf("no link in a mail to %s", email)
	}
	if _, err := y.ca.Approve(t.Context(), found[1]); err != nil {
		t.Fatal(err)
	}
}

func code(id int64) string { return strconv.FormatInt(id, 10) }

func TestProviderExaminationAgainstARunningCertbayInEachEnvelope(t *testing.T) {
	y := openYard(t) // one for all: each examination has domains of its own
	for name, c := range map[string]billmanager.Config{
		"xml by authinfo":   {BaseURL: y.URL + "/billmgr"},
		"json by a session": {BaseURL: y.URL + "/manager/billmgr", Out: "json", Session: true},
		"bjson by authinfo": {Out: "bjson"},
	} {
		t.Run(name, func(t *testing.T) {
			stranger, elsewhere := c, c
			stranger.Password, elsewhere.BaseURL = "cb_nobody_knows_this_key_0123456789", nowhere(t)
			providertest.Run(t, func(t *testing.T) providertest.Env {
				return providertest.Env{
					Provider: y.shop(c), Stranger: y.shop(stranger), Nowhere: y.shop(elsewhere),
					DVSingle: code(y.single), DVMultiDomain: code(y.multi), DVWildcard: code(y.wildcard), OneMethod: true, OncePerReference: true,
					Publish: y.publish, Mails: func(email string) int { return len(y.mails(email)) }, Approve: y.approve,
				}
			})
		})
	}
}
