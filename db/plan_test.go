package db_test

import (
	"context"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"certbay/db"
	"certbay/db/dbtest"
)

// growing are the tables that have a row or more per order, or per something that
// people do. No list may read one of them whole.
var growing = []string{"orders", "order_name", "order_event", "order_gram", "gram_count", "certificate", "dcv", "customer_link", "ledger_tx", "ledger_entry",
	"invoice", "credit_note", "invoice_zip_file", "job", "mail", "audit", "session", "topup", "import_row", "imported_order", "drift", "reconciled"}

// partial are indexes that hold only the few rows of their table that somebody
// looks for; reading one whole reads no others.
var partial = regexp.MustCompile(`INDEX (mail_failed_idx|mail_queued_idx|orders_review_idx|orders_unpaid_idx|orders_ends_idx|drift_open_idx|drift_stranger_idx|drift_settled_idx)$`)

// lists calls every method of the book that lists something page by page or row by
// row, with every filter that it has.
func lists(s shop) map[string]func() error {
	page := db.Page{Limit: 50, Offset: 50}
	now := s.Now()
	var orders []db.OrderFilter
	for _, sort := range []string{"", "ordered", "-ordered", "domain", "-until"} {
		for _, view := range append(slices.Clone(db.OrderViews), db.ViewProof, db.ViewReview) {
			orders = append(orders, db.OrderFilter{View: view, Sort: sort}, db.OrderFilter{View: view, Sort: sort, Search: "example"}, db.OrderFilter{View: view, Sort: sort, Brand: "Sectigo"})
		}
		for _, status := range db.Statuses {
			orders = append(orders, db.OrderFilter{Status: status, Sort: sort}, db.OrderFilter{Status: status, Sort: sort, Search: "e"})
		}
		orders = append(orders, db.OrderFilter{Reference: "a", Sort: sort}, db.OrderFilter{ExpiringWithin: 7, Sort: sort}, db.OrderFilter{Brand: "Sectigo", Status: db.StatusCompleted, Sort: sort})
	}
	var ledger []db.LedgerFilter
	for _, f := range []db.LedgerFilter{{}, {Kind: "topup"}, {Order: "ORD-1"}, {From: now.AddDate(0, -1, 0)}, {Until: now}, {From: now.AddDate(0, -1, 0), Until: now, Kind: "order"}} {
		for _, account := range append(slices.Clone(db.AccountKinds), "") {
			for _, reseller := range []int64{0, s.reseller} {
				f.Account, f.ResellerID, f.Page = account, reseller, page
				ledger = append(ledger, f)
			}
		}
	}
	each := func(calls ...func() error) func() error {
		return func() error {
			for _, call := range calls {
				if err := call(); err != nil {
					return err
				}
			}
			return nil
		}
	}
	eachOrder := func(call func(db.OrderFilter) error) func() error {
		return func() error {
			for _, f := range orders {
				for _, deep := range []db.Page{{}, page} {
					f.Page = deep
					if err := call(f); err != nil {
						return err
					}
				}
			}
			return nil
		}
	}
	eachEntry := func(call func(db.LedgerFilter) error) func() error {
		return func() error {
			for _, f := range ledger {
				if err := call(f); err != nil {
					return err
				}
			}
			return nil
		}
	}
	invoices := []db.InvoiceFilter{{}, {Status: db.InvoiceUnpaid}, {From: now.AddDate(0, -1, 0)}, {Status: db.InvoicePaid, From: now.AddDate(0, -1, 0), Until: now}}
	return map[string]func() error{
		"Orders":    eachOrder(func(f db.OrderFilter) error { return third(s.Orders(ctx, s.reseller, f)) }),
		"AllOrders": eachOrder(func(f db.OrderFilter) error { return third(s.AllOrders(ctx, f)) }),
		"EachOrder": eachOrder(func(f db.OrderFilter) error {
			return s.EachOrder(ctx, s.reseller, f, func(db.Order) error { return nil })
		}),
		"OrdersPage": eachOrder(func(f db.OrderFilter) error {
			f.Certificates = f.Offset > 0
			return third(s.OrdersPage(ctx, s.reseller, f, f.Offset, f.Limit))
		}),
		"Licences": func() error {
			for _, state := range db.LicenceStates {
				for _, f := range []db.LicenceFilter{{State: state}, {State: state, ProductID: s.licence, Page: page}, {State: state, Search: "203.0", Page: page}} {
					if err := third(s.Licences(ctx, s.reseller, f)); err != nil {
						return err
					}
				}
			}
			return nil
		},
		"LicencesAt":  func() error { _, err := s.LicencesAt(ctx, s.reseller, "203.0.113.10"); return err },
		"LicenceBusy": func() error { _, err := s.LicenceBusy(ctx, 1); return err },
		"LicenceAlone": func() error {
			_, err := s.LicenceAlone(ctx, db.Order{ID: 1, ProductID: s.licence}, "203.0.113.10")
			return err
		},
		"Attention": func() error { _, err := s.Attention(ctx, s.reseller, 5); return err },
		"Ledger":    eachEntry(func(f db.LedgerFilter) error { return third(s.Ledger(ctx, f)) }),
		"Margins":   eachEntry(func(f db.LedgerFilter) error { return third(s.Margins(ctx, f)) }),
		"EachEntry": eachEntry(func(f db.LedgerFilter) error { return s.EachEntry(ctx, f, func(db.LedgerEntry) error { return nil }) }),
		"EachMargin": eachEntry(func(f db.LedgerFilter) error {
			return s.EachMargin(ctx, f, func(db.Margin) error { return nil })
		}),
		"Statement": func() error { return third(s.Statement(ctx, s.reseller, page)) },
		"FilteredStatement": eachEntry(func(f db.LedgerFilter) error {
			return third(s.FilteredStatement(ctx, s.reseller, f))
		}),
		"EachStatementEntry": eachEntry(func(f db.LedgerFilter) error {
			return s.EachStatementEntry(ctx, s.reseller, f, func(db.LedgerEntry) error { return nil })
		}),
		"Invoices": func() error { return third(s.Invoices(ctx, s.reseller, db.InvoicePaid, page)) },
		"FilteredInvoices": func() error {
			for _, f := range invoices {
				if err := third(s.FilteredInvoices(ctx, s.reseller, f, page)); err != nil {
					return err
				}
			}
			return nil
		},
		"CreditNotes": func() error { return third(s.CreditNotes(ctx, s.reseller, page)) },
		"EachZipFile": func() error { return s.EachZipFile(ctx, 1, func(db.ZipFile) error { return nil }) },
		"TopUps": each(func() error { return third(s.TopUps(ctx, db.TopUpFilter{})) }, func() error { return third(s.TopUps(ctx, db.TopUpFilter{ResellerID: s.reseller})) },
			func() error { return third(s.TopUps(ctx, db.TopUpFilter{State: db.TopUpPending})) }),
		"AuditRows": each(func() error { return third(s.AuditRows(ctx, db.AuditFilter{})) }, func() error { return third(s.AuditRows(ctx, db.AuditFilter{Object: "order 1"})) },
			func() error { return third(s.AuditRows(ctx, db.AuditFilter{Actor: "a"})) }, func() error { return third(s.AuditRows(ctx, db.AuditFilter{Action: "order"})) },
			func() error {
				return third(s.AuditRows(ctx, db.AuditFilter{ResellerID: s.reseller, Actor: "a", Page: page}))
			}),
		"Outbox": each(func() error { return third(s.Outbox(ctx, "", page)) }, func() error { return third(s.Outbox(ctx, db.MailFailed, page)) },
			func() error { return third(s.Outbox(ctx, db.MailQueued, page)) }),
		"Jobs": each(func() error { return third(s.Jobs(ctx, db.JobFilter{})) }, func() error { return third(s.Jobs(ctx, db.JobFilter{Kind: db.JobPoll})) }),
		"JobLines": each(func() error { return third(s.JobLines(ctx, db.JobFilter{})) }, func() error { return third(s.JobLines(ctx, db.JobFilter{Failed: true, Page: page})) },
			func() error { return third(s.JobLines(ctx, db.JobFilter{Kind: db.JobPoll})) }),
		"ImportRuns": func() error { return third(s.ImportRuns(ctx, page)) },
		"ImportRows": func() error {
			for _, what := range []db.ImportWhat{db.ImportProducts, db.ImportOrders} {
				for _, state := range append(slices.Clone(db.RowStates[what]), "") {
					if err := third(s.ImportRows(ctx, db.ImportRun{ID: 1, What: what}, state, page)); err != nil {
						return err
					}
				}
			}
			if _, err := s.WantedRows(ctx, db.ImportRun{ID: 1, What: db.ImportOrders}, 50); err != nil {
				return err
			}
			_, err := s.ImportCounts(ctx, 1)
			return err
		},
		"ImportAlarms": func() error { _, err := s.ImportAlarms(ctx); return err },
		"Drifts": func() error {
			for _, g := range db.DriftGroups {
				for _, p := range []db.Page{{}, page} {
					if err := third(s.Drifts(ctx, g, p)); err != nil {
						return err
					}
				}
			}
			return nil
		},
		"OrderDrifts": each(func() error { _, err := s.OrderDrifts(ctx, 1); return err }, func() error { _, err := s.OpenLeftovers(ctx, "sandbox", 20); return err }),
		"Beliefs": each(func() error { return third(s.NextBeliefs(ctx, "sandbox", "sb-1", 200)) },
			func() error {
				_, err := s.BeliefsByID(ctx, "sandbox", []string{"sb-1", "sb-2"})
				return err
			},
			func() error {
				_, err := s.BeliefsByReference(ctx, "sandbox", []string{"ORD-1", "ORD-2"})
				return err
			}),
		"Review":    func() error { return third(s.Review(ctx, 12)) },
		"Resellers": func() error { return third(s.Resellers(ctx, db.ResellerFilter{Query: "a"})) },
		"Rates":     func() error { return third(s.Rates(ctx, page)) },
		"Deliveries": each(func() error { return third(s.Deliveries(ctx, s.reseller, 1, db.DeliveryFilter{Page: page})) },
			func() error {
				return third(s.Deliveries(ctx, s.reseller, 1, db.DeliveryFilter{State: db.DeliveryFailed}))
			},
			func() error {
				return third(s.Deliveries(ctx, s.reseller, 1, db.DeliveryFilter{State: db.DeliveryWaiting, Event: db.OrderCreated}))
			}),
	}
}

func third[A, B any](_ A, _ B, err error) error { return err }

func TestEveryListHasAPlanThatReadsNoTableWhole(t *testing.T) {
	target := dbtest.Target(t)
	s := fillShop(t, dbtest.OpenAt(t, target), 1_000_000)
	s.at(time.Now().UTC().Add(-time.Hour), 0)
	s.listen(t)
	for range 3 {
		s.place(t, "shop.example.com")
	}
	must[db.Order](t)(s.PlaceOrder(ctx, s.staff, s.reseller, db.NewOrder{ProductID: s.licence, Months: 12, Domain: "203.0.113.10"}))
	s.at(s.Now(), 3600)
	must[int](t)(s.IndexOrders(ctx)) // so that searches ask the index
	calls := lists(s)
	for name := range listMethods() {
		if calls[name] == nil {
			t.Errorf("nobody looks at the plans of %s", name)
		}
	}
	watched := s.Watch(target)
	for name, call := range calls {
		if err := call(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		queries := watched.Take()
		if len(queries) == 0 {
			t.Errorf("%s asks nothing", name)
		}
		for _, query := range queries {
			plan, err := s.Plan(ctx, query, placeholders(query))
			if err != nil {
				t.Fatalf("%s: %v\n%s", name, err, query)
			}
			if table := readWhole(query, plan); table != "" {
				t.Errorf("%s reads all of %s:\n%s\n  %s", name, table, query, strings.Join(plan, "\n  "))
			}
		}
	}
}

// listMethods are the methods that answer rows with their total, or call a
// function with each.
func listMethods() map[string]bool {
	methods := map[string]bool{"Attention": true}
	book := reflect.TypeFor[*db.DB]()
	for i := range book.NumMethod() {
		m := book.Method(i)
		if m.Type.NumOut() == 3 && m.Type.Out(0).Kind() == reflect.Slice && m.Type.Out(1).Kind() == reflect.Int && m.Type.Out(2) == reflect.TypeFor[error]() &&
			m.Type.NumIn() > 1 && m.Type.In(1) == reflect.TypeFor[context.Context]() || strings.HasPrefix(m.Name, "Each") {
			methods[m.Name] = true
		}
	}
	return methods
}

var (
	placeholder = regexp.MustCompile(`\$(\d+)`)
	named       = regexp.MustCompile(`(?:from|join)\s+(\w+)(?:\s+(?:as\s+)?(\w+))?`)
	scanned     = regexp.MustCompile(`(?:^SCAN |Seq Scan on )(\w+)`)
)

func placeholders(query string) (highest int) {
	for _, m := range placeholder.FindAllStringSubmatch(query, -1) {
		n, _ := strconv.Atoi(m[1])
		highest = max(highest, n)
	}
	return highest
}

// readWhole names the growing table that a plan reads from its beginning. The
// first rows of a list that nothing narrows and nothing sorts are no whole table.
func readWhole(query string, plan []string) string {
	table := map[string]string{}
	for _, m := range named.FindAllStringSubmatch(query, -1) {
		table[m[1]] = m[1]
		if m[2] != "" {
			table[m[2]] = m[1]
		}
	}
	sorts := slices.ContainsFunc(plan, func(step string) bool {
		return strings.Contains(step, "TEMP B-TREE FOR ORDER BY")
	})
	for _, step := range plan {
		m := scanned.FindStringSubmatch(step)
		if m == nil || partial.MatchString(step) || !slices.Contains(growing, table[m[1]]) {
			continue
		}
		if strings.HasPrefix(step, "SCAN") && !sorts && strings.Contains(query, "limit") && !strings.Contains(query, "where") {
			continue
		}
		return table[m[1]]
	}
	return ""
}
