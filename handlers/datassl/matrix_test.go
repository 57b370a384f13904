package datassl_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"certbay/db"
	"certbay/handlers/datassl"
	"certbay/providers/providertest"
)

// row is how the tests ask for an operation: with an order, a product and an
// invoice that belong to the reseller, or to another.
type row struct {
	path  func(things) string
	body  func(things) any
	owned bool // it names something that belongs to a reseller
	bad   any  // a body that is refused as 400; nil: none
	group bool // it needs a group
}

type things struct {
	product, order, invoice int64
	csr                     string
}

func fixed(path string) func(things) string { return func(things) string { return path } }

func below(prefix string, id func(things) int64, suffix string) func(things) string {
	return func(t things) string { return fmt.Sprintf("%s/%d%s", prefix, id(t), suffix) }
}

func theOrder(t things) int64   { return t.order }
func theProduct(t things) int64 { return t.product }
func theInvoice(t things) int64 { return t.invoice }

// rows has a row for every operation; one without a row fails.
var rows = map[string]row{
	"listProducts":  {path: fixed("/products"), group: true},
	"getProduct":    {path: below("/products", theProduct, ""), group: true},
	"getSANPricing": {path: below("/san-pricing", theProduct, ""), group: true},
	"listOrders":    {path: fixed("/orders")},
	"getOrder":      {path: below("/orders", theOrder, ""), owned: true},
	"createOrder": {path: fixed("/orders"), bad: fields{"product_id": "x"}, group: true,
		body: func(t things) any { return fields{"product_id": t.product, "domain": "matrix.example"} }},
	"changeOrder": {path: below("/orders", theOrder, ""), owned: true, bad: fields{"action": "delete"},
		body: func(things) any { return fields{"action": "cancel"} }},
	"configureSSL": {path: fixed("/ssl/configure"), owned: true, bad: fields{"csr": "x"},
		body: func(t things) any { return fields{"order_id": t.order, "csr": t.csr, "dcv_method": "dns"} }},
	"getSSL": {path: below("/ssl", theOrder, ""), owned: true},
	"resendValidation": {path: fixed("/ssl/resend-validation"), owned: true, bad: fields{},
		body: func(t things) any { return fields{"order_id": t.order} }},
	"changeDCV": {path: fixed("/ssl/change-dcv"), owned: true, bad: fields{"order_id": 1, "dcv_method": "pigeon"},
		body: func(t things) any { return fields{"order_id": t.order, "dcv_method": "http"} }},
	"reissueSSL": {path: fixed("/ssl/reissue"), owned: true, bad: fields{"order_id": []int{1}},
		body: func(t things) any { return fields{"order_id": t.order} }},
	"decodeCSR": {path: fixed("/csr/decode"), bad: fields{"csr": 7},
		body: func(t things) any { return fields{"csr": t.csr} }},
	"listInvoices": {path: fixed("/invoices")},
	"getInvoice":   {path: below("/invoices", theInvoice, ""), owned: true},
	"listCredits":  {path: fixed("/credits")},
	"payOrder": {path: fixed("/credits"), owned: true, bad: "[]",
		body: func(t things) any { return fields{"order_id": t.order} }},
	"getBalance":          {path: fixed("/balance")},
	"getCertificate":      {path: below("/certificate", theOrder, ""), owned: true},
	"downloadCertificate": {path: below("/certificate", theOrder, "/download"), owned: true},
	"getAccount":          {path: fixed("/account")},
	"getStats":            {path: fixed("/stats")},
}

// Every route × every scope × what is one's own and another's.
func TestEveryRouteKeepsToItsScopeAndItsReseller(t *testing.T) {
	s := openShop(t)
	csr := providertest.CSR(t, "own.example")
	mine := s.things(s.Key, "own.example", csr)
	theirs := s.things(s.OtherKey, "own.example", csr)
	keys := map[db.Scope]string{}
	for _, scope := range db.Scopes {
		keys[scope] = s.NewKey(s.Reseller.ID, db.NewAPIKey{Name: string(scope), Scopes: []db.Scope{scope}})
	}
	operations := datassl.Operations()
	tried, let, refusedScope, hidden := 0, 0, 0, 0
	for _, op := range operations {
		r, ok := rows[op.Name]
		if !ok {
			t.Errorf("%s %s (%s) has no row", op.Method, op.Path, op.Name)
			continue
		}
		for _, scope := range db.Scopes {
			for _, own := range []bool{false, true} { // the other's first: it changes nothing
				which := mine
				if !own {
					which = theirs
				}
				which.product = s.single
				var body any
				if r.body != nil {
					body = r.body(which)
				}
				before := s.trace()
				a := s.ask(keys[scope], op.Method, r.path(which), body)
				tried++
				name := fmt.Sprintf("%s %s with scope %s, own %v", op.Method, op.Path, scope, own)
				switch {
				case scope != op.Scope:
					refusedScope++
					if a.status != 403 || a.text("code") != "scope_missing" {
						t.Errorf("%s: %d %s", name, a.status, a.raw)
					}
				case !own && r.owned:
					hidden++
					if a.status != 404 || a.text("code") != "not_found" {
						t.Errorf("%s: %d %s", name, a.status, a.raw)
					}
				default:
					let++
					if a.status == 401 || a.status == 403 || a.text("code") == "not_found" || a.status >= 500 {
						t.Errorf("%s: %d %s", name, a.status, a.raw)
					}
					continue
				}
				if after := s.trace(); after != before {
					t.Errorf("%s was refused and changed something: %s → %s", name, before, after)
				}
			}
		}
	}
	t.Logf("%d operations, %d requests: %d let in, %d refused by scope, %d hidden from another reseller", len(operations), tried, let, refusedScope, hidden)
	if len(rows) != len(operations) {
		t.Errorf("%d rows for %d operations", len(rows), len(operations))
	}
}

// things are an order and its invoice, placed with a key.
func (s *shop) things(key, domain, csr string) things {
	s.t.Helper()
	order := s.order(key, domain)
	return things{product: s.single, order: order, csr: csr, invoice: s.ok(s.ask(key, "GET", fmt.Sprint("/orders/", order), nil)).id("order", "invoice_id")}
}

// trace changes with every audited change and every movement of money.
func (s *shop) trace() string {
	s.t.Helper()
	rows, n, err := s.Book.AuditRows(s.t.Context(), db.AuditFilter{Page: db.Page{Limit: 1}})
	if err != nil || n == 0 {
		s.t.Fatal(n, err)
	}
	// What the worker does meanwhile is not the request's doing.
	if rows[0].ActorKind == db.BySystem {
		return fmt.Sprint(s.Balance(s.Reseller.ID), s.Balance(s.Other.ID))
	}
	return fmt.Sprint(s.Balance(s.Reseller.ID), s.Balance(s.Other.ID), rows[0].Action, rows[0].Object)
}

// Every endpoint × no key, bad key, API off, no group, bad id, bad body.
func TestEveryRouteRefusesInTheDialectsForm(t *testing.T) {
	s := openShop(t)
	mine := s.things(s.Key, "own.example", providertest.CSR(t, "own.example"))
	n := 0
	try := func(a answer, status int, code string) {
		t.Helper()
		n++
		s.refused(a, status, code)
		if !strings.HasPrefix(a.header.Get("Content-Type"), "application/json") || a.header.Get("X-Request-Id") != a.text("request_id") || a.header.Get("Set-Cookie") != "" {
			t.Errorf("%v", a.header)
		}
	}
	type request struct {
		op   datassl.Operation
		row  row
		body any
	}
	var requests []request
	for _, op := range datassl.Operations() {
		r := rows[op.Name]
		var body any
		if r.body != nil {
			body = r.body(mine)
		}
		requests = append(requests, request{op, r, body})
	}
	for _, q := range requests {
		path := q.row.path(mine)
		try(s.ask("", q.op.Method, path, q.body), 401, "key_missing")
		if a := s.ask("cb_guessed", q.op.Method, path, q.body); a.header.Get("WWW-Authenticate") == "" {
			t.Error("a 401 says how to authenticate")
		} else {
			try(a, 401, "key_unknown")
		}
		if strings.Contains(q.op.Path, "{") {
			_, id, _ := strings.Cut(q.op.Path, "{")
			name, _, _ := strings.Cut(id, "}")
			for _, bad := range []string{"abc", "0", "-1", "1.5", "99999999999999999999", "1%27"} {
				a := s.ask(s.Key, q.op.Method, strings.Replace(q.op.Path, "{"+name+"}", bad, 1), q.body)
				try(a, 400, "bad_parameter")
				if a.text("fields", 0, "field") != name || !strings.HasPrefix(a.text("error"), name+": ") {
					t.Errorf("it does not say which: %s", a.raw)
				}
			}
			missing := strings.Replace(q.op.Path, "{"+name+"}", "999999", 1)
			try(s.ask(s.Key, q.op.Method, missing, q.body), 404, "not_found")
		}
		if q.op.Request != nil {
			try(s.ask(s.Key, q.op.Method, path, q.row.bad), 400, map[bool]string{true: "body", false: "bad_parameter"}[q.row.bad == "[]"])
			try(s.ask(s.Key, q.op.Method, path, `{"order_id":`), 400, "body")
			try(s.ask(s.Key, q.op.Method, path, "{\"a\":\"\xff\"}"), 400, "body")
			try(s.ask(s.Key, q.op.Method, path, q.body, "Content-Type", "text/plain"), 415, "content_type")
			try(s.ask(s.Key, q.op.Method, path, `{"x":"`+strings.Repeat("x", 130<<10)+`"}`), 413, "body_too_large")
			if a := s.ask(s.Key, q.op.Method, path, "", "Accept-Language", "en"); q.op.Name != "" {
				try(a, 400, "bad_parameter")
			}
		}
		for _, p := range q.op.Query {
			switch {
			case p.Number:
				for _, bad := range []string{"x", "-1", "1e3", "99999999999999999999"} {
					try(s.ask(s.Key, q.op.Method, path+"?"+p.Name+"="+bad, nil), 400, "bad_parameter")
				}
			case p.Words != nil:
				try(s.ask(s.Key, q.op.Method, path+"?"+p.Name+"=nothing", nil), 400, "bad_parameter")
			}
			s.ok(s.ask(s.Key, q.op.Method, path+"?"+p.Name+"=", nil)) // an empty filter is none
		}
	}
	s.Join(s.Reseller, 0, 0)
	for _, q := range requests {
		a := s.ask(s.Key, q.op.Method, q.row.path(mine), q.body)
		if q.row.group {
			try(a, 403, "no_group")
		} else if a.status == 403 {
			t.Errorf("%s needs no group: %s", q.op.Name, a.raw)
		}
	}
	off := s.Reseller
	if err := s.Book.UpdateReseller(t.Context(), db.System, off.ID, db.NewReseller{Name: off.Name, Company: off.Company, Email: off.Email}); err != nil {
		t.Fatal(err)
	}
	for _, q := range requests {
		try(s.ask(s.Key, q.op.Method, q.row.path(mine), q.body), 401, "api_off")
	}
	t.Logf("%d refusals of %d operations", n, len(requests))
}

func TestWhatIsNotThereAndTheWrongMethodAreJSONToo(t *testing.T) {
	s := openShop(t)
	for _, path := range []string{"", "/", "/nothing", "/orders/1/2/3", "//orders", "/orders//", "/../admin", "/orders/1/download"} {
		s.refused(s.get(path), 404, "no_such_endpoint")
	}
	allowed := map[string][]string{}
	for _, op := range datassl.Operations() {
		allowed[op.Path] = append(allowed[op.Path], op.Method)
	}
	for path, methods := range allowed {
		at := strings.NewReplacer("{id}", "1", "{order_id}", "1").Replace(path)
		for _, method := range []string{"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TEAPOT"} {
			if slices.Contains(methods, method) {
				continue
			}
			a := s.refused(s.ask(s.Key, method, at, nil), 405, "method_not_allowed")
			for _, m := range methods {
				if !strings.Contains(a.header.Get("Allow"), m) {
					t.Errorf("%s %s allows %q", method, path, a.header.Get("Allow"))
				}
			}
		}
	}
	r := s.request(s.Key, "HEAD", "/account/", nil)
	if a := s.send(r); a.status != http.StatusOK || a.raw != "" {
		t.Errorf("HEAD: %d %q", a.status, a.raw)
	}
}
