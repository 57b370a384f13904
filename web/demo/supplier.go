package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"certbay/db"
	"certbay/db/demo"
	"certbay/handlers/jobs"
	"certbay/providers"
	"certbay/web"
)

// supplierCookie keeps the visitors of the two shops apart: a browser sends its
// cookies to every port of a host.
const supplierCookie = "certbay-upstream"

// impatience is how often the demo's shops ask about a fresh order: somebody sits
// before it and waits.
var impatience = append([]jobs.PollRow{{Until: 10 * time.Minute, Proof: 5 * time.Second, Vetting: 5 * time.Second}}, jobs.DefaultPoll[1:]...)

// Supplier is the upstream shop, ready to run beside the one that buys from it.
type Supplier struct {
	Web  web.Config
	Work web.WorkerConfig

	book *db.DB
}

// openSupplier opens the upstream shop in a folder of its own, or makes it there
// first; what its customer needs then is in supply.
func (s *Shop) openSupplier(ctx context.Context, o Options) (supply *demo.Supply, err error) {
	dir := filepath.Join(o.Data, "upstream")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	target := filepath.Join(dir, "book.db")
	before := s.Access.Supplier.URL
	if before == "" {
		if supply, err = s.seedSupplier(ctx, target); err != nil {
			return nil, err
		}
	}
	if s.Supplier.book, err = db.Open(ctx, target); err != nil {
		return nil, err
	}
	if err := s.Supplier.book.Unlock(ctx, db.KeySource{Own: filepath.Join(dir, "book.key")}); err != nil {
		return nil, err
	}
	return supply, nil
}

func (s *Shop) seedSupplier(ctx context.Context, target string) (*demo.Supply, error) {
	book, err := db.OpenForSeeding(ctx, target)
	if err != nil {
		return nil, err
	}
	defer book.Close()
	made, err := demo.SeedSupplier(ctx, book)
	if errors.Is(err, demo.ErrNotEmpty) {
		return nil, s.leftover()
	}
	if err != nil {
		return nil, err
	}
	s.Access.Supplier = SupplierAccess{Name: made.Shop, Admin: login(made.Admin, "", ""), Reseller: login(made.Buyer, made.Customer, "")}
	return &made.Supply, nil
}

// accounts are the visitor's shop's at the upstream shop: the path of each dialect
// there, and what its adapter wants to know.
func accounts(s demo.Supply) map[string]db.UpstreamWish {
	key := func(dialect, code string) map[string]string { return map[string]string{code: s.Keys[dialect]} }
	user := map[string]string{"user": s.User}
	return map[string]db.UpstreamWish{
		"datassl":     {BaseURL: "/api/reseller", Secrets: key("datassl", "key")},
		"gogetssl":    {BaseURL: "/api", Fields: user, Secrets: key("gogetssl", "password")},
		"ssl247":      {BaseURL: "/api/v3", Fields: user, Secrets: key("ssl247", "key")},
		"billmanager": {BaseURL: "/billmgr", Fields: user, Secrets: key("billmanager", "password")},
		"license724":  {BaseURL: "/v1", Secrets: key("license724", "token")},
	}
}

// connect has the visitor's shop buy from the upstream shop, once there is one.
func (s *Shop) connect(ctx context.Context, supply demo.Supply, url string) error {
	wishes := accounts(supply)
	for _, dialect := range demo.Dialects {
		wish := wishes[dialect]
		wish.Name, wish.Kind, wish.BaseURL, wish.Active = dialect, dialect, url+wish.BaseURL, true
		if _, err := s.book.CreateUpstream(ctx, db.System, wish); err != nil {
			return fmt.Errorf("demo: upstream %s: %w", dialect, err)
		}
	}
	return demo.Rewire(ctx, s.book, supply.Offers)
}

// reconnect follows the upstream shop to where it listens this time. Accounts that
// somebody pointed elsewhere stay as they are.
func (s *Shop) reconnect(ctx context.Context, before, url string) error {
	if before == url {
		return nil
	}
	rows, err := s.book.Upstreams(ctx)
	if err != nil {
		return err
	}
	for _, r := range rows {
		path, ok := strings.CutPrefix(r.BaseURL, before)
		if !ok || !strings.HasPrefix(path, "/") {
			continue
		}
		secrets, err := s.book.UpstreamSecrets(ctx, r.ID) // which go to another address by somebody's word only
		if err == nil {
			err = s.book.UpdateUpstream(ctx, db.System, r.ID, db.UpstreamWish{BaseURL: url + path, Fields: r.Fields, Secrets: secrets, Active: r.Active, LowBalanceCents: r.LowBalanceCents})
		}
		if err != nil {
			return fmt.Errorf("demo: upstream %s: %w", r.Name, err)
		}
	}
	return nil
}

// furnish says how the upstream shop is run. Its records, files and mails are those
// of the same pretend internet.
func (s *Shop) furnish(o Options) {
	here := &s.Supplier
	here.Web = web.Config{
		Book: here.book, BaseURL: o.SupplierURL, CookieName: supplierCookie, Demo: true, DemoInternet: true, Sandbox: true, LoopbackWebhooks: true,
		Kinds: o.Kinds, Upstreams: providers.Registry{demo.Upstream: s.ca},
		Approver: s.ca, Internet: internetAdapter{s.internet}, DemoLogins: s.Access.Supplier.logins(), DemoOther: s.Access.customer(),
	}
	if o.Log != nil {
		here.Web.Log = o.Log.With("shop", "upstream")
	}
	// One customer asks for everything that its own visitors do.
	here.Web.APILimit.Requests, here.Web.APILimit.Window = 60_000, time.Minute
	here.Work = web.WorkerConfig{
		Checker: s.internet.Checker(nil), Poll: impatience,
		SMTP: "smtp://" + s.internet.SMTPAddr(), MailFrom: "certbay@koprutoptan.example",
	}
}
