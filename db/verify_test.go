package db_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"certbay/db"
)

// tampered is a way to break the book behind its back, and the rule that must notice.
type tampered struct {
	how   string
	rule  string
	row   string // part of what names the broken row
	query string // $ORDERS: open, delivered, cancelled, asked for
}

// history fills a shop with an order of each sort that the rules speak of.
func (s shop) history(t testing.TB) *strings.Replacer {
	t.Helper()
	open := s.place(t, "open.example.com")
	delivered := s.place(t, "delivered.example.com")
	s.issue(t, delivered)
	cancelled := s.place(t, "cancelled.example.com")
	if _, err := s.CancelOrder(ctx, s.staff, s.reseller, cancelled.ID); err != nil {
		t.Fatal(err)
	}
	asked, _ := s.configured(t, "asked.example.com")
	taken, _ := s.accepted(t, "taken.example.com")
	if err := s.ApproveTopUp(ctx, s.staff, s.ask(t, 700, "approved").ID, "", noMails); err != nil {
		t.Fatal(err)
	}
	s.ask(t, 800, "pending")
	s.payLater(t)
	spent := s.balance(t)
	if err := s.AdjustCredit(ctx, s.staff, s.reseller, -spent, "spent", "spent"); err != nil {
		t.Fatal(err)
	}
	unpaid, lapsed := s.placeUnpaid(t, s.single, "unpaid.example.com"), s.placeUnpaid(t, s.single, "lapsed.example.com")
	if _, err := s.CancelOrder(ctx, s.staff, s.reseller, lapsed.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.AdjustCredit(ctx, s.staff, s.reseller, spent, "back", "back"); err != nil {
		t.Fatal(err)
	}
	other := must[db.Reseller](t)(s.CreateReseller(ctx, db.System, db.NewReseller{Name: "Other", Company: "Other Ltd", Email: "info@other.example"}))
	if _, _, err := s.TestWebhook(ctx, s.staff, s.reseller, s.listen(t).ID); err != nil {
		t.Fatal(err)
	}
	if err := s.SetCreditAlert(ctx, s.staff, s.reseller, 100); err != nil {
		t.Fatal(err)
	}
	s.verify(t)
	return strings.NewReplacer("$OTHER", fmt.Sprint(other.ID), "$OPEN", fmt.Sprint(open.ID), "$DELIVERED", fmt.Sprint(delivered.ID), "$CANCELLED", fmt.Sprint(cancelled.ID),
		"$UNPAID", fmt.Sprint(unpaid.ID), "$LAPSED", fmt.Sprint(lapsed.ID), "$ASKED", fmt.Sprint(asked.ID), "$TAKEN", fmt.Sprint(taken.ID), "$YEAR", fmt.Sprint(open.CreatedAt.Year()))
}

var tamperings = []tampered{
	{"an amount is changed", "a ledger transaction sums to zero", "ledger_tx 1 ",
		`update ledger_entry set amount_cents = amount_cents + 1 where id = (select min(id) from ledger_entry)`},
	{"a side of a transaction is deleted", "a ledger transaction sums to zero", "ledger_tx",
		`delete from ledger_entry where id = (select max(id) from ledger_entry)`},
	{"a balance is raised", "an account's balance is the sum of its entries", "(wallet)",
		`update account set balance_cents = balance_cents + 1 where kind = 'wallet'`},
	{"a balance on a statement is changed", "each entry's balance follows from the one before it", "ledger_entry 2 ",
		`update ledger_entry set balance_after_cents = balance_after_cents + 1 where id = 2`},
	{"a wallet's floor is lowered", "a wallet's floor is its reseller's allowance, a held account's is zero", "(wallet) may go down to -1",
		`update account set floor_cents = -1 where kind = 'wallet'`},
	{"a wallet's floor is taken away", "a wallet's floor is its reseller's allowance, a held account's is zero", "(wallet) may go down to anything",
		`update account set floor_cents = null where kind = 'wallet'`},
	{"an allowance is raised alone", "a wallet's floor is its reseller's allowance, a held account's is zero", "(wallet) may go down to 0",
		`update reseller set allowance_cents = 100`},
	{"a held account may go below zero", "a wallet's floor is its reseller's allowance, a held account's is zero", "(held) may go down to -1",
		`update account set floor_cents = -1 where kind = 'held'`},
	{"a wallet was taken below what is allowed", "no debit went below the floor of its account", "(wallet)",
		`update ledger_entry set floor_cents = balance_after_cents + 1 where amount_cents < 0 and account_id = (select min(id) from account where kind = 'wallet')`},
	{"a debit was held against no floor", "no debit went below the floor of its account", "(held)",
		`update ledger_entry set floor_cents = null where amount_cents < 0 and account_id = (select min(id) from account where kind = 'held')`},
	{"a debit is called something else", "a paid order is debited exactly once, an unpaid one never", "order $OPEN has 0",
		`update ledger_tx set kind = 'adjustment' where kind = 'order' and order_id = $OPEN`},
	{"an order is debited again", "a paid order is debited exactly once, an unpaid one never", "order $OPEN has 2",
		`insert into ledger_tx (ref, kind, order_id, created_at) select 'again', kind, order_id, created_at from ledger_tx where kind = 'order' and order_id = $OPEN`},
	{"a delivered order is refunded", "an order is settled or refunded at most once, never both", "order $DELIVERED has 2",
		`insert into ledger_tx (ref, kind, order_id, created_at) select 'again', 'refund', order_id, created_at from ledger_tx where kind = 'order' and order_id = $DELIVERED`},
	{"a cancelled order is refunded again", "an order is settled or refunded at most once, never both", "order $CANCELLED has 2",
		`insert into ledger_tx (ref, kind, order_id, created_at) select 'again', 'refund', order_id, created_at from ledger_tx where kind = 'order' and order_id = $CANCELLED`},
	{"an order becomes cheaper", "an order's debit is its total and tax", "order $OPEN cost 1298, debited 1299",
		`update orders set total_cents = total_cents - 1 where id = $OPEN`},
	{"a refund is called something else", "an order holds its debit until it is settled or refunded, then nothing", "order $CANCELLED holds 0, should hold 1299",
		`update ledger_tx set kind = 'adjustment' where kind = 'refund' and order_id = $CANCELLED`},
	{"a settlement is made up", "an order holds its debit until it is settled or refunded, then nothing", "order $OPEN holds 1299, should hold 0",
		`insert into ledger_tx (ref, kind, order_id, created_at) select 'again', 'settle', order_id, created_at from ledger_tx where kind = 'order' and order_id = $OPEN`},
	{"an order is called imported", "an order that was placed elsewhere cost nothing here, moved no money, and is one upstream order", "order $OPEN",
		`update orders set imported = true where id = $OPEN`},
	{"an order is said to be one that was placed elsewhere", "an order that was placed elsewhere cost nothing here, moved no money, and is one upstream order", "order $DELIVERED",
		`insert into imported_order (upstream, upstream_id, order_id, at) select 'sandbox', 'x', id, created_at from orders where id = $DELIVERED`},
	{"an order is called delivered", "an order that was delivered is settled", "order $OPEN",
		`update orders set completed_at = created_at where id = $OPEN`},
	{"an order is called cancelled", "an order that was cancelled undelivered is refunded", "order $OPEN",
		`update orders set status = 'cancelled' where id = $OPEN`},
	{"an unpaid order is called paid", "a paid order is debited exactly once, an unpaid one never", "order $UNPAID has 0",
		`update orders set paid = true where id = $UNPAID`},
	{"an unpaid order goes on", "an unpaid order waits for its payment or was cancelled, and moved no money", "order $UNPAID is processing",
		`update orders set status = 'processing' where id = $UNPAID`},
	{"an unpaid order is refunded", "an unpaid order waits for its payment or was cancelled, and moved no money", "order $LAPSED is cancelled",
		`insert into ledger_tx (ref, kind, order_id, created_at) select 'again', 'refund', id, created_at from orders where id = $LAPSED`},
	{"an unpaid invoice is called paid", "an invoice is unpaid exactly while its order waits for its payment", "invoice INV-$YEAR-0006",
		`update invoice set status = 'paid', paid_at = created_at where order_id = $UNPAID`},
	{"an invoice that nobody paid is credited", "a cancelled invoice that was paid has one credit note, of its amounts, and no other invoice has any", "invoice INV-$YEAR-0007",
		`insert into credit_note (number, invoice_id, reseller_id, net_cents, tax_cents, total_cents, created_at)
			select 'CRN-$YEAR-0002', id, reseller_id, net_cents, tax_cents, total_cents, created_at from invoice where order_id = $LAPSED`},
	{"an invoice is deleted", "an order has one invoice, of its amount", "order $OPEN",
		`delete from invoice where order_id = $OPEN`},
	{"an invoice is changed", "an order has one invoice, of its amount", "order $OPEN",
		`update invoice set total_cents = total_cents + 1 where order_id = $OPEN`},
	{"an invoice is called paid again", "an invoice is cancelled exactly when its order was cancelled undelivered", "invoice INV-$YEAR-0003",
		`update invoice set status = 'paid' where order_id = $CANCELLED`},
	{"an invoice is called cancelled", "an invoice is cancelled exactly when its order was cancelled undelivered", "invoice INV-$YEAR-0001",
		`update invoice set status = 'cancelled' where order_id = $OPEN`},
	{"a credit note is deleted", "a cancelled invoice that was paid has one credit note, of its amounts, and no other invoice has any", "invoice INV-$YEAR-0003",
		`delete from credit_note`},
	{"a credit note is raised", "a cancelled invoice that was paid has one credit note, of its amounts, and no other invoice has any", "invoice INV-$YEAR-0003",
		`update credit_note set total_cents = total_cents + 1`},
	{"a credit note is made up", "a cancelled invoice that was paid has one credit note, of its amounts, and no other invoice has any", "invoice INV-$YEAR-0001",
		`insert into credit_note (number, invoice_id, reseller_id, net_cents, tax_cents, total_cents, created_at)
			select 'CRN-$YEAR-0002', id, reseller_id, net_cents, tax_cents, total_cents, created_at from invoice where order_id = $OPEN`},
	{"a credit note's number is lost", "numbers are gapless", "CRN-$YEAR",
		`update counter set value = value + 1 where name like 'CRN-%'`},
	{"two certificates are asked for at once", "at most one certificate of an order is under way", "order $ASKED has 2",
		`insert into certificate (order_id, reference, upstream, csr, state, created_at) select order_id, 'again', upstream, csr, state, created_at from certificate where order_id = $ASKED`},
	{"an order is called the renewal of another's", "a renewal is of the same reseller and domain as the order before it", "order $DELIVERED renews order $OPEN",
		`insert into renewal (renews, order_id) values ($OPEN, $DELIVERED)`},
	{"a job is lost before the upstream has the order", "an order on its way to its upstream has a job", "order $ASKED",
		`delete from job where kind = 'submit' and subject_id in (select id from certificate where order_id = $ASKED)`},
	{"a job is lost while the upstream has the order", "an order that its upstream has is polled", "order $TAKEN",
		`delete from job where kind = 'poll'`},
	{"an upstream order is used twice", "an upstream order belongs to one order", "up-ORD-",
		`update certificate set upstream_id = (select upstream_id from certificate where order_id = $DELIVERED) where order_id = $ASKED`},
	{"an order has its upstream's twice without a reissue", "only a reissue shares the upstream order of the certificate before it", "certificate ",
		`insert into certificate (order_id, reference, upstream, upstream_id, csr, state, created_at)
			select order_id, 'twice', upstream, upstream_id, csr, 'refused', created_at from certificate where order_id = $TAKEN`},
	{"an approved top-up is raised", "an approved top-up moved its amount once", "topup 1 of 701 moved 700",
		`update topup set amount_cents = amount_cents + 1 where state = 'approved'`},
	{"a top-up is called approved", "an approved top-up moved its amount once", "topup 2 of 800 moved 0",
		`update topup set state = 'approved', decided_at = created_at where state = 'pending'`},
	{"an approved top-up is called refused", "a top-up that is not approved moved nothing", "topup 1 is refused",
		`update topup set state = 'refused' where state = 'approved'`},
	{"a top-up is made up", "the ledger knows no top-up that nobody asked for", "(topup_request:99)",
		`insert into ledger_tx (ref, kind, created_at) select 'topup_request:99', 'topup', created_at from ledger_tx where order_id = $OPEN`},
	{"an order is counted twice", db.FigureRule, "figure of reseller 1, product 1 pending says placed 2, sold 2, net 2598, cost 1800",
		`update figure set placed = 2 * placed, sold = 2 * sold, net_cents = 2 * net_cents, cost_cents = 2 * cost_cents where reseller_id = 1 and state = 'pending'`},
	{"a day's count is lost", db.FigureRule, " says nothing; should be placed 7, sold 4,",
		`delete from figure where reseller_id = 1 and day <> ''`},
	{"a certificate's end is not counted", db.FigureRule, "says nothing; should be placed 0, sold 0, net 0, cost 0, delivered 0, earned 0, spent 0, wallet 0, ending 1",
		`update figure set ending = 0 where reseller_id = 1`},
	{"a delivery is not counted", db.FigureRule, "delivered 0, earned 1299",
		`update figure set delivered = 0 where reseller_id = 1 and day <> ''`},
	{"a day's movement of the wallet is changed", db.FigureRule, "figure of reseller 1, $YEAR-",
		`update figure set wallet_cents = wallet_cents + 1 where reseller_id = 1 and day <> ''`},
	{"the sum over all resellers is changed", db.FigureRule, "figure of reseller 0, $YEAR-",
		`update figure set spent_cents = spent_cents - 1 where reseller_id = 0 and day <> ''`},
	{"a reseller that is not there is counted", db.FigureRule, "figure of reseller 99, product 1 pending says placed 1,",
		`insert into figure select 99, day, product_id, state, placed, sold, net_cents, cost_cents, delivered, earned_cents, spent_cents, wallet_cents, ending from figure where reseller_id = 1 and state = 'pending'`},
	{"a list price is raised", "an order's total is its list price and names less its discount", "order $OPEN says 1299",
		`update orders set base_cents = base_cents + 1 where id = $OPEN`},
	{"an order goes to another reseller", "what a reseller has paid for and not been delivered is held, and nothing else", "(held) has",
		`update orders set reseller_id = $OTHER where id = $OPEN`},
	{"a cost is lowered after delivery", "an order's money became its revenue, tax and cost, or went back to the wallet", "order $DELIVERED",
		`update orders set cost_cents = cost_cents - 1 where id = $DELIVERED`},
	{"an invoice shifts from net to tax", "an invoice is its order's: same reseller, net, tax and sum", "invoice INV-$YEAR-0001",
		`update invoice set net_cents = net_cents - 100, tax_cents = tax_cents + 100 where order_id = $OPEN`},
	{"an invoice goes to another reseller", "an invoice is its order's: same reseller, net, tax and sum", "invoice INV-$YEAR-0001",
		`update invoice set reseller_id = $OTHER where order_id = $OPEN`},
	{"a line of an invoice is changed", "an invoice's lines sum to its net", "invoice INV-$YEAR-0001 says 1299, its lines 1298",
		`update invoice set snapshot = replace(snapshot, '"cents":4999', '"cents":4998') where order_id = $OPEN`},
	{"the tax rate of an invoice is changed", "an invoice's tax is its rate of its net", "invoice INV-$YEAR-0001 says 0, should be 260",
		`update invoice set snapshot = replace(snapshot, '"tax_rate_bp":0', '"tax_rate_bp":2000') where order_id = $OPEN`},
	{"a year's numbers are gone", "numbers are gapless", "INV-1999 has no numbers", `insert into counter (name, value) values ('INV-1999', 3)`},
	{"a webhook's job is lost", "what a webhook is yet to be told has a job", "webhook_delivery 1", `delete from job where kind = 'webhook'`},
	{"a difference is being settled by nobody", "a difference that is being settled has a job", "drift 1",
		`insert into drift (upstream, upstream_id, what, busy, found_at, seen_at) values ('sandbox', 'sb-9', 'left', true, '2026-11-20 00:00:00+00:00', '2026-11-20 00:00:00+00:00')`},
	{"low credit is made up", "credit is noted as low exactly while it is", "account ", `update account set low = true where alert_cents is not null`},
	{"an order number is skipped", "numbers are gapless", "ORD-$YEAR has 7 numbers, the highest is 99, the counter says 7: number 4 is the first that is missing",
		`update orders set number = 'ORD-$YEAR-0099' where id = $ASKED`},
	{"an order number is lost", "numbers are gapless", "ORD-$YEAR",
		`update counter set value = value + 1 where name like 'ORD-%'`},
	{"an invoice number is lost", "numbers are gapless", "INV-$YEAR",
		`update counter set value = value + 1 where name like 'INV-%'`},
	{"a number is no number", "numbers are well formed", "orders ORD-x",
		`update orders set number = 'ORD-x' where id = $OPEN`},
	{"a number has no series", "numbers are well formed", "invoice 42",
		`update invoice set number = '42' where order_id = $OPEN`},
	{"the audit is reworded", "the audit is unchanged", "audit 3", `update audit set after = 'nothing happened' where seq = 3`},
	{"the audit names somebody else", "the audit is unchanged", "audit 2", `update audit set actor_name = 'Nobody' where seq = 2`},
	{"the audit is dated back", "the audit is unchanged", "audit 2", `update audit set at = (select at from audit where seq = 1) where seq = 2 and at > (select at from audit where seq = 1)`},
	{"an audit row is deleted", "the audit is gapless", "audit 3 is missing", `delete from audit where seq = 3`},
	{"the audit's first row is deleted", "the audit is gapless", "audit 1 is missing", `delete from audit where seq = 1`},
	{"the audit's last row is deleted", "the audit ends at its head", "audit ends at", `delete from audit where seq = (select max(seq) from audit)`},
	{"the audit's head is moved", "the audit ends at its head", "the head says", `update audit_head set seq = seq + 1`},
}

func TestVerifyNamesTheFirstBrokenRow(t *testing.T) {
	s := openShop(t, 100_000)
	names := s.history(t)
	for _, c := range tamperings {
		t.Run(c.how, func(t *testing.T) {
			err := s.VerifyTampered(ctx, names.Replace(c.query))
			var broken *db.Broken
			if !errors.As(err, &broken) || broken.Rule != c.rule || !strings.Contains(broken.Row, names.Replace(c.row)) {
				t.Fatalf("got %v, want %s: %s", err, c.rule, names.Replace(c.row))
			}
		})
	}
	s.verify(t)
}

func TestEveryRuleIsSeenBroken(t *testing.T) {
	for _, rule := range db.Rules() {
		if !slices.ContainsFunc(slices.Concat(tamperings, licenceTamperings), func(c tampered) bool { return c.rule == rule }) {
			t.Errorf("no tampering breaks %q", rule)
		}
	}
}

func TestVerifyOfAnEmptyBook(t *testing.T) {
	s := openShop(t, 0)
	if v, err := s.Verify(ctx); err != nil || v.Orders != 0 || v.Transactions != 0 || v.AuditRows == 0 {
		t.Fatalf("%+v, %v", v, err)
	}
}
