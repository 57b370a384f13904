package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"certbay/db"
	"certbay/web/webtest"
)

// trade is what a browser asks for: an order, the cancelling of one, credit, or
// how much there is.
type trade struct {
	what  string // place, later (place unpaid where credit is short), pay, cancel, credit, balance
	order string // token of the order
	cents int64
}

// traded is how it was answered.
type traded struct {
	done  bool
	cents int64 // of balance
}

// till is the sequential truth: a wallet and the orders that stand, by token, in
// round brackets those that are paid and in square ones those that are not. The
// orders are written as one text because porcupine compares states.
type till struct {
	wallet int64
	orders string
}

var tillModel = porcupine.Model{
	Init: func() any { return till{wallet: opening} },
	Step: func(state, input, output any) (bool, any) {
		s, in, out := state.(till), input.(trade), output.(traded)
		name, owed := "("+in.order+")", "["+in.order+"]"
		switch in.what {
		case "credit":
			s.wallet += in.cents
			return out.done, s
		case "balance":
			return out.cents == s.wallet, s
		case "place":
			if s.wallet < in.cents {
				return !out.done, s
			}
			s.wallet -= in.cents
			s.orders += name
			return out.done, s
		case "later":
			if s.wallet < in.cents {
				s.orders += owed
				return out.done, s
			}
			s.wallet -= in.cents
			s.orders += name
			return out.done, s
		case "pay":
			switch {
			case strings.Contains(s.orders, name):
				return out.done, s // paid already: nothing moves
			case !strings.Contains(s.orders, owed) || s.wallet < in.cents:
				return !out.done, s
			}
			s.wallet -= in.cents
			s.orders = strings.Replace(s.orders, owed, name, 1)
			return out.done, s
		default:
			if strings.Contains(s.orders, owed) {
				s.orders = strings.Replace(s.orders, owed, "", 1)
				return out.done, s
			}
			if !strings.Contains(s.orders, name) {
				return !out.done, s
			}
			s.wallet += in.cents
			s.orders = strings.Replace(s.orders, name, "", 1)
			return out.done, s
		}
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v: %+v", input, output) },
}

const linearPrice = 1299

// What many browsers see at once of the money is what they would see one after
// the other, in some order that agrees with the clock.
func TestMoneyOverHTTPIsLinearizable(t *testing.T) {
	s := openShop(t)
	// Credit for few orders, so that the refusals are part of the history.
	ok(t, s.Book.AdjustCredit(t.Context(), db.System, s.buyer.ID, -(opening-3*linearPrice), "short", "a short wallet"))
	model := tillModel
	model.Init = func() any { return till{wallet: 3 * linearPrice} }

	buyer := must[db.Person](t)(s.Book.CreatePerson(t.Context(), db.System, db.NewPerson{ResellerID: s.buyer.ID, Role: db.RoleOwner,
		Name: "The buyer", Email: "owner@buyer.example", Password: webtest.Password, Lang: "en"}))
	start := time.Now()
	var mu sync.Mutex
	var history []porcupine.Operation
	refused := 0
	note := func(client int, in trade, do func() traded) traded {
		called := time.Since(start).Nanoseconds()
		out := do()
		mu.Lock()
		defer mu.Unlock()
		history = append(history, porcupine.Operation{ClientId: client, Input: in, Call: called, Output: out, Return: time.Since(start).Nanoseconds()})
		if in.what == "place" && !out.done {
			refused++
		}
		return out
	}

	const clients, rounds = 4, 5
	var browsers []*webtest.Browser
	for range clients {
		browsers = append(browsers, s.SignedInAs(t, buyer))
	}
	admin := s.SignedIn(t, db.RoleAdmin)
	var all sync.WaitGroup
	for client, b := range browsers {
		all.Go(func() {
			for round := range rounds {
				token := fmt.Sprintf("c%dr%d", client, round)
				var placed int64
				answer := note(client, trade{"place", token, linearPrice}, func() traded {
					a := b.Post("/orders", url.Values{"product": {fmt.Sprint(s.product)}, "months": {"12"}, "domain": {"example.com"}, "form_token": {token}})
					if a.Status == http.StatusSeeOther {
						fmt.Sscanf(a.Location, "/orders/%d/", &placed)
						return traded{done: true}
					}
					if a.Status != http.StatusPaymentRequired {
						t.Errorf("placing answers %d", a.Status)
					}
					return traded{}
				})
				note(client, trade{what: "balance"}, func() traded { return traded{cents: s.balanceOn(t, b)} })
				if !answer.done || round%2 == 1 {
					continue
				}
				// Asked for twice at once: it happens once.
				var twice sync.WaitGroup
				for half := range 2 {
					twice.Go(func() {
						note(client+clients*(1+half), trade{"cancel", token, linearPrice}, func() traded {
							a := b.Post(fmt.Sprintf("/orders/%d/cancel", placed), nil)
							return traded{done: a.Status == http.StatusSeeOther}
						})
					})
				}
				twice.Wait()
			}
		})
	}
	all.Go(func() {
		for round := range 3 {
			note(clients*3, trade{what: "credit", cents: 1000}, func() traded {
				a := admin.Post(fmt.Sprintf("/admin/resellers/%d/credit", s.buyer.ID),
					url.Values{"kind": {"topup"}, "amount": {"10.00"}, "reason": {"transfer"}, "form_token": {fmt.Sprint("credit ", round)}})
				return traded{done: a.Status == http.StatusSeeOther}
			})
		}
	})
	all.Wait()
	if refused == 0 {
		t.Error("nobody was refused: the wallet was never short")
	}
	if result := porcupine.CheckOperationsTimeout(model, history, 30*time.Second); result != porcupine.Ok {
		for _, o := range history {
			t.Log(o.ClientId, o.Call, o.Return, model.DescribeOperation(o.Input, o.Output))
		}
		t.Fatalf("%d operations over HTTP: %s", len(history), result)
	}
	s.verify(t)
}

// Orders that wait for their payment are paid by two people at once, cancelled,
// and the credit for them comes meanwhile.
func TestPayingLaterOverHTTPIsLinearizable(t *testing.T) {
	s := openShop(t)
	ok(t, s.Book.AdjustCredit(t.Context(), db.System, s.buyer.ID, -(opening-linearPrice), "short", "a short wallet"))
	ok(t, s.Book.SetPayLater(t.Context(), db.System, s.buyer.ID, true))
	model := tillModel
	model.Init = func() any { return till{wallet: linearPrice} }
	people := map[db.Role]*webtest.Browser{}
	for _, role := range []db.Role{db.RoleOwner, db.RoleBilling} {
		people[role] = s.SignedInAs(t, must[db.Person](t)(s.Book.CreatePerson(t.Context(), db.System, db.NewPerson{ResellerID: s.buyer.ID, Role: role,
			Name: string(role), Email: string(role) + "@buyer.example", Password: webtest.Password, Lang: "en"})))
	}
	admin, start := s.SignedIn(t, db.RoleAdmin), time.Now()
	var mu sync.Mutex
	var history []porcupine.Operation
	seen := map[string]int{}
	note := func(client int, in trade, do func() (done bool, cents int64)) {
		called := time.Since(start).Nanoseconds()
		done, cents := do()
		mu.Lock()
		defer mu.Unlock()
		seen[fmt.Sprint(in.what, done)]++
		history = append(history, porcupine.Operation{ClientId: client, Input: in, Call: called, Output: traded{done, cents}, Return: time.Since(start).Nanoseconds()})
	}
	send := func(b *webtest.Browser, path string, refusal int) (bool, int64) {
		a := b.Post(path, nil)
		if a.Status != http.StatusSeeOther && a.Status != http.StatusConflict && a.Status != refusal {
			t.Errorf("%s answers %d", path, a.Status)
		}
		return a.Status == http.StatusSeeOther, 0
	}
	var all sync.WaitGroup
	for client := range 3 {
		all.Go(func() {
			for round := range 4 {
				token, path := fmt.Sprintf("c%dr%d", client, round), ""
				note(4*client, trade{"later", token, linearPrice}, func() (bool, int64) {
					a := people[db.RoleOwner].Post("/orders", url.Values{"product": {fmt.Sprint(s.product)}, "months": {"12"}, "domain": {"example.com"}, "form_token": {token}, "unpaid": {"1"}})
					path = strings.TrimSuffix(a.Location, "/configure")
					return a.Status == http.StatusSeeOther, 0
				})
				note(4*client, trade{what: "balance"}, func() (bool, int64) { return true, s.balanceOn(t, people[db.RoleBilling]) })
				var at sync.WaitGroup
				at.Go(func() {
					note(4*client+1, trade{"pay", token, linearPrice}, func() (bool, int64) { return send(people[db.RoleOwner], path+"/pay", http.StatusPaymentRequired) })
				})
				at.Go(func() {
					note(4*client+2, trade{"pay", token, linearPrice}, func() (bool, int64) { return send(people[db.RoleBilling], path+"/pay", http.StatusPaymentRequired) })
				})
				if round%2 == 0 {
					at.Go(func() {
						note(4*client+3, trade{"cancel", token, linearPrice}, func() (bool, int64) { return send(people[db.RoleOwner], path+"/cancel", 0) })
					})
				}
				at.Wait()
			}
		})
	}
	all.Go(func() {
		for round := range 3 {
			note(12, trade{what: "credit", cents: linearPrice}, func() (bool, int64) {
				a := admin.Post(fmt.Sprintf("/admin/resellers/%d/credit", s.buyer.ID),
					url.Values{"kind": {"topup"}, "amount": {"12.99"}, "reason": {"transfer"}, "form_token": {fmt.Sprint("credit ", round)}})
				return a.Status == http.StatusSeeOther, 0
			})
		}
	})
	all.Wait()
	if seen["paytrue"] == 0 || seen["payfalse"] == 0 {
		t.Errorf("the wallet was never both short and enough: %v", seen)
	}
	if result := porcupine.CheckOperationsTimeout(model, history, 30*time.Second); result != porcupine.Ok {
		for _, o := range history {
			t.Log(o.ClientId, o.Call, o.Return, model.DescribeOperation(o.Input, o.Output))
		}
		t.Fatalf("%d operations over HTTP: %s", len(history), result)
	}
	s.verify(t)
}

// balanceOn reads the balance from the page that a browser sees.
func (s shop) balanceOn(t testing.TB, b *webtest.Browser) int64 {
	text := strings.TrimSpace(b.Get("/credits").Document(t).Find(".stat-value").First().Text())
	var dollars, cents int64
	if _, err := fmt.Sscanf(strings.ReplaceAll(text, ",", ""), "$%d.%02d", &dollars, &cents); err != nil {
		t.Errorf("%q is no balance: %v", text, err)
	}
	return dollars*100 + cents
}

// The checker must be able to say no: a history in which money appears is refused.
func TestAHistoryThatInventsMoneyIsNotLinearizable(t *testing.T) {
	history := []porcupine.Operation{
		{ClientId: 0, Input: trade{"place", "a", linearPrice}, Call: 0, Output: traded{done: true}, Return: 10},
		{ClientId: 1, Input: trade{what: "balance"}, Call: 20, Output: traded{cents: opening}, Return: 30},
	}
	if porcupine.CheckOperations(tillModel, history) {
		t.Error("a balance that forgets an order passes")
	}
	history = append(history[:1], porcupine.Operation{ClientId: 1, Input: trade{"cancel", "a", linearPrice}, Call: 20, Output: traded{done: true}, Return: 40},
		porcupine.Operation{ClientId: 2, Input: trade{"cancel", "a", linearPrice}, Call: 21, Output: traded{done: true}, Return: 41})
	if porcupine.CheckOperations(tillModel, history) {
		t.Error("one order given back twice passes")
	}
	model := tillModel
	model.Init = func() any { return till{wallet: linearPrice, orders: "[a]"} }
	pay := func(client int, from int64) porcupine.Operation {
		return porcupine.Operation{ClientId: client, Input: trade{"pay", "a", linearPrice}, Call: from, Output: traded{done: true}, Return: from + 10}
	}
	twice := []porcupine.Operation{pay(0, 0), pay(1, 1)}
	if !porcupine.CheckOperations(model, append(twice, porcupine.Operation{ClientId: 2, Input: trade{what: "balance"}, Call: 20, Output: traded{}, Return: 30})) {
		t.Error("one order paid once by two people is refused")
	}
	if porcupine.CheckOperations(model, append(twice, porcupine.Operation{ClientId: 2, Input: trade{what: "balance"}, Call: 20, Output: traded{cents: -linearPrice}, Return: 30})) {
		t.Error("one order paid twice passes")
	}
}
