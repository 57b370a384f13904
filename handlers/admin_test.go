package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"certbay/db"
	"certbay/web/webtest"
)

func TestOperatorsSeeEveryResellersAffairs(t *testing.T) {
	s := openShop(t)
	unsure := s.unsure(t, "unsure.example.com")
	s.accepted(t, "accepted.example.com")
	ok(t, s.Book.QueueMail(t.Context(), db.Mail{To: "info@buyer.example", Subject: "Hello there"}))
	for path, shown := range map[string]string{
		"/admin":                    "connection reset",
		"/admin/orders":             "accepted.example.com",
		"/admin/orders?view=review": "unsure.example.com",
		"/admin/orders?q=accept&sort=total&dir=desc":   "accepted.example.com",
		fmt.Sprintf("/admin/orders/%d", unsure):        "connection reset",
		"/admin/resellers":                             "Buyer",
		"/admin/resellers?q=buyer":                     "Buyer",
		fmt.Sprintf("/admin/resellers/%d", s.buyer.ID): "opening credit",
		"/admin/jobs":              "certificate",
		"/admin/mail?state=queued": "Hello there",
		"/admin/audit":             "order.place",
		"/admin/audit?action=credit&object=nothing":       "",
		"/admin/orders?reseller=x&page=-1&status=unknown": "accepted.example.com",
	} {
		for _, role := range []db.Role{db.RoleAdmin, db.RoleSupport} {
			if a := s.SignedIn(t, role).Get(path); a.Status != http.StatusOK || !strings.Contains(a.Body, shown) {
				t.Errorf("%s as %s: %d, without %q", path, role, a.Status, shown)
			}
		}
	}
	admin := s.SignedIn(t, db.RoleAdmin)
	if a := admin.Get("/admin/orders?view=review"); strings.Contains(a.Body, "accepted.example.com") {
		t.Error("the review shows an order that needs none")
	}
	if a := admin.Get(fmt.Sprintf("/admin/orders?reseller=%d", s.Other.ID)); strings.Contains(a.Body, "accepted.example.com") {
		t.Error("the orders of one reseller show another's")
	}
	for _, path := range []string{"/admin/orders/999", "/admin/orders/x", "/admin/resellers/999"} {
		if a := admin.Get(path); a.Status != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.Status)
		}
	}
}

func TestOnlyAdminsMoveMoney(t *testing.T) {
	s := openShop(t)
	unsure := s.unsure(t, "example.com")
	before := s.balance(t)
	form := url.Values{"kind": {"topup"}, "allowance": {"5.00"}, "why": {"a gift"}, "amount": {"5.00"}, "reason": {"a gift"}, "form_token": {"t"}, "upstream_id": {"up-1"}}
	for _, path := range []string{
		fmt.Sprintf("/admin/resellers/%d/credit", s.buyer.ID),
		fmt.Sprintf("/admin/resellers/%d/allowance", s.buyer.ID),
		fmt.Sprintf("/admin/orders/%d/placed", unsure),
		fmt.Sprintf("/admin/orders/%d/resubmit", unsure),
		fmt.Sprintf("/admin/orders/%d/cancel", unsure),
	} {
		for _, role := range []db.Role{db.RoleSupport, db.RoleOwner} {
			if a := s.SignedIn(t, role).Post(path, form); a.Status != http.StatusForbidden {
				t.Errorf("%s as %s: %d", path, role, a.Status)
			}
		}
		if a := s.Browser(t).Post(path, form); a.Status != http.StatusSeeOther || !strings.HasPrefix(a.Location, "/sign-in") {
			t.Errorf("%s signed out: %d", path, a.Status)
		}
	}
	if o := s.order(t, unsure); o.Fulfilment != db.FulfilmentUnsure || s.balance(t) != before {
		t.Errorf("fulfilment %s, balance %d", o.Fulfilment, s.balance(t))
	}
	support := s.SignedIn(t, db.RoleSupport).Get(fmt.Sprintf("/admin/orders/%d", unsure))
	if support.Document(t).Find("form[action$='/cancel'], form[action$='/placed'], a[href$='/cancel']").Length() != 0 {
		t.Error("support is offered what it may not do")
	}
}

func TestCreditIsAddedOnceAndOnlyWhenTheFormIsRight(t *testing.T) {
	s := openShop(t)
	admin := s.SignedIn(t, db.RoleAdmin)
	page := fmt.Sprintf("/admin/resellers/%d", s.buyer.ID)
	for name, c := range map[string]struct{ amount, reason, field string }{
		"no amount":                      {"", "bank transfer", "amount"},
		"words":                          {"much", "bank transfer", "amount"},
		"a comma":                        {"250,00", "bank transfer", "amount"},
		"nothing":                        {"0", "bank transfer", "amount"},
		"too much":                       {"1000000.01", "bank transfer", "amount"},
		"overflow":                       {"99999999999999999999", "bank transfer", "amount"},
		"no reason":                      {"250.00", "  ", "reason"},
		"a long reason":                  {"250.00", strings.Repeat("ö", 501), "reason"},
		"more than is there, taken away": {"-1000.01", "mistake", "amount"},
	} {
		a := admin.Post(page+"/credit", url.Values{"kind": {"adjustment"}, "amount": {c.amount}, "reason": {c.reason}, "form_token": {"bad " + name}})
		t.Run(name, func(t *testing.T) {
			rejected(t, a, c.field)
			if got := a.Document(t).Find("[name=amount]").AttrOr("value", ""); got != c.amount {
				t.Errorf("the amount shown again is %q", got)
			}
		})
	}
	if a := admin.Post(page+"/credit", url.Values{"kind": {"topup"}, "amount": {"1.00"}, "reason": {"no token"}}); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("without a token: %d", a.Status)
	}
	if got := s.balance(t); got != opening {
		t.Fatalf("balance %d", got)
	}
	token := admin.Get(page).Document(t).Find("[name=form_token]").AttrOr("value", "")
	form := url.Values{"kind": {"topup"}, "amount": {" 250.00 "}, "reason": {"bank transfer 4711"}, "form_token": {token}}
	done(t, admin, admin.Post(page+"/credit", form), page, "success")
	done(t, admin, admin.Post(page+"/credit", form), page, "info")
	if got := s.balance(t); got != opening+25000 {
		t.Errorf("balance %d", got)
	}
	form = url.Values{"kind": {"adjustment"}, "amount": {"-50.00"}, "reason": {"typing mistake"}, "form_token": {"another"}}
	done(t, admin, admin.Post(page+"/credit", form), page, "success")
	if got := s.balance(t); got != opening+20000 || s.audited(t, "credit.add") != 1 || s.audited(t, "credit.adjust") != 1 {
		t.Errorf("balance %d, %d and %d lines in the audit", got, s.audited(t, "credit.add"), s.audited(t, "credit.adjust"))
	}
	if a := admin.Post("/admin/resellers/999/credit", form); a.Status != http.StatusNotFound {
		t.Errorf("no such reseller: %d", a.Status)
	}
	s.verify(t)
}

func TestAdminCancelsAnUnsureOrderAndTheMoneyReturnsOnce(t *testing.T) {
	s := openShop(t)
	admin := s.SignedIn(t, db.RoleAdmin)
	id := s.unsure(t, "example.com")
	page := fmt.Sprintf("/admin/orders/%d", id)
	if a := admin.Get(page + "/cancel"); a.Status != http.StatusOK || a.Document(t).Find("form[action='"+page+"/cancel'] [name=reason]").Length() != 1 {
		t.Errorf("the question: %d", a.Status)
	}
	rejected(t, admin.Post(page+"/cancel", url.Values{"reason": {" "}}), "reason")
	if s.order(t, id).Status == db.StatusCancelled {
		t.Fatal("cancelled without a reason")
	}
	done(t, admin, admin.Post(page+"/cancel", url.Values{"reason": {"the CA never saw it"}}), page, "success")
	for _, a := range []webtest.Answer{admin.Post(page+"/cancel", url.Values{"reason": {"again"}}), admin.Get(page + "/cancel")} {
		if a.Status != http.StatusConflict {
			t.Errorf("again: %d", a.Status)
		}
	}
	if s.order(t, id).Status != db.StatusCancelled || s.balance(t) != opening || s.audited(t, "order.cancel_reason") != 1 {
		t.Errorf("%s, balance %d, %d reasons", s.order(t, id).Status, s.balance(t), s.audited(t, "order.cancel_reason"))
	}
	s.verify(t)
}

func TestAdminSaysThatAnUnsureOrderWasPlaced(t *testing.T) {
	s := openShop(t)
	admin := s.SignedIn(t, db.RoleAdmin)
	other, _ := s.accepted(t, "other.example.com")
	id := s.unsure(t, "example.com")
	page := fmt.Sprintf("/admin/orders/%d", id)
	a := admin.Get(page + "/placed?upstream_id=up-4711")
	if a.Status != http.StatusOK || a.Document(t).Find("form[action='"+page+"/placed'] [name=upstream_id]").AttrOr("value", "") != "up-4711" {
		t.Errorf("the question: %d", a.Status)
	}
	rejected(t, admin.Get(page+"/placed?upstream_id="), "upstream_id")
	for _, typed := range []string{"", strings.Repeat("9", 101), fmt.Sprint("up-", other)} {
		rejected(t, admin.Post(page+"/placed", url.Values{"upstream_id": {typed}}), "upstream_id")
	}
	done(t, admin, admin.Post(page+"/placed", url.Values{"upstream_id": {" up-4711 "}}), page, "success")
	if o := s.order(t, id); o.Fulfilment != db.FulfilmentAccepted || s.audited(t, "order.placed") != 1 {
		t.Errorf("%s, %d lines in the audit", o.Fulfilment, s.audited(t, "order.placed"))
	}
	for _, a := range []webtest.Answer{admin.Post(page+"/placed", url.Values{"upstream_id": {"up-1"}}), admin.Get(page + "/placed")} {
		if a.Status != http.StatusConflict {
			t.Errorf("again: %d", a.Status)
		}
	}
	s.verify(t)
}

func TestAdminHasAnUnsureOrderSentAgain(t *testing.T) {
	s := openShop(t)
	admin := s.SignedIn(t, db.RoleAdmin)
	id := s.unsure(t, "example.com")
	page := fmt.Sprintf("/admin/orders/%d", id)
	if a := admin.Get(page + "/resubmit"); a.Status != http.StatusOK {
		t.Errorf("the question: %d", a.Status)
	}
	done(t, admin, admin.Post(page+"/resubmit", nil), page, "success")
	if a := admin.Post(page+"/resubmit", nil); a.Status != http.StatusConflict {
		t.Errorf("again: %d", a.Status)
	}
	if o := s.order(t, id); o.Fulfilment != db.FulfilmentQueued || s.audited(t, "order.resubmit") != 1 {
		t.Errorf("%s, %d lines in the audit", o.Fulfilment, s.audited(t, "order.resubmit"))
	}
}

func TestLookShowsTheUpstreamsAnswer(t *testing.T) {
	s := openShop(t)
	support := s.SignedIn(t, db.RoleSupport)
	id, certificate := s.accepted(t, "example.com")
	page := fmt.Sprintf("/admin/orders/%d", id)
	ctx := t.Context()
	answered := make(chan error, 1)
	go func() { // the worker
		for ctx.Err() == nil {
			job, err := s.Book.ClaimJob(ctx, time.Minute)
			if err != nil || job.Kind != db.JobCheck {
				time.Sleep(10 * time.Millisecond)
				continue
			}
			err = s.Book.RecordStatus(ctx, certificate, "", []db.UpstreamName{{Name: "example.com", Method: "dns"}})
			if err == nil {
				err = s.Book.FinishJob(ctx, job)
			}
			answered <- err
			return
		}
	}()
	done(t, support, support.Post(page+"/look", nil), page, "success")
	ok(t, <-answered)
	if o := s.order(t, id); o.Status != db.StatusValidationPending || s.audited(t, "order.look") != 1 {
		t.Errorf("%s, %d lines in the audit", o.Status, s.audited(t, "order.look"))
	}
	queued, _ := s.configured(t, "queued.example.com")
	if a := support.Post(fmt.Sprintf("/admin/orders/%d/look", queued), nil); a.Status != http.StatusConflict {
		t.Errorf("nothing to look at: %d", a.Status)
	}
	unsure := fmt.Sprintf("/admin/orders/%d", s.unsure(t, "unsure.example.com")) // it is asked for by its reference
	done(t, support, support.Post(unsure+"/look", nil), unsure, "info")
	if a := s.SignedIn(t, db.RoleOwner).Post(page+"/look", nil); a.Status != http.StatusForbidden {
		t.Errorf("as owner: %d", a.Status)
	}
}

func TestAJobThatWasGivenUpRunsAgain(t *testing.T) {
	s := openShop(t)
	support := s.SignedIn(t, db.RoleSupport)
	s.configured(t, "example.com")
	job := must[db.Job](t)(s.Book.ClaimJob(t.Context(), time.Minute))
	ok(t, s.Book.FailJob(t.Context(), job, "no route to host"))
	if a := support.Get("/admin/jobs?failed=1"); !strings.Contains(a.Body, "no route to host") {
		t.Errorf("the list: %d without the cause", a.Status)
	}
	done(t, support, support.Post("/admin/jobs/run", url.Values{"job": {fmt.Sprint(job.ID)}}), "/admin/jobs", "success")
	again := must[db.Job](t)(s.Book.ClaimJob(t.Context(), time.Minute))
	if again.ID != job.ID || s.audited(t, "job.run_now") != 1 {
		t.Errorf("job %d, %d lines in the audit", again.ID, s.audited(t, "job.run_now"))
	}
	if a := support.Post("/admin/jobs/run", url.Values{"job": {fmt.Sprint(job.ID)}}); a.Status != http.StatusConflict {
		t.Errorf("while it runs: %d", a.Status)
	}
	ok(t, s.Book.RetryJob(t.Context(), again, s.Book.Now().Add(time.Hour), "no route to host"))
	for _, id := range []string{"", "x", "999"} {
		if a := support.Post("/admin/jobs/run", url.Values{"job": {id}}); a.Status != http.StatusNotFound {
			t.Errorf("job %q: %d", id, a.Status)
		}
	}
	a := support.Post("/admin/jobs/run", url.Values{"job": {fmt.Sprint(job.ID)}, "next": {"//elsewhere.example"}})
	if a.Location != "/admin/jobs" {
		t.Errorf("led to %q", a.Location)
	}
}

func TestAMailThatFailedIsSentAgain(t *testing.T) {
	s := openShop(t)
	support := s.SignedIn(t, db.RoleSupport)
	ok(t, s.Book.QueueMail(t.Context(), db.Mail{To: "info@buyer.example", Subject: "Hello"}))
	job := must[db.Job](t)(s.Book.ClaimJob(t.Context(), time.Minute))
	ok(t, s.Book.RecordMail(t.Context(), job.SubjectID, "550 no such user", true))
	ok(t, s.Book.FailJob(t.Context(), job, "550 no such user"))
	if a := support.Get("/admin/mail?state=failed"); !strings.Contains(a.Body, "550 no such user") {
		t.Errorf("the list: %d without the cause", a.Status)
	}
	mail := url.Values{"mail": {fmt.Sprint(job.SubjectID)}}
	done(t, support, support.Post("/admin/mail/send-again", mail), "/admin/mail", "success")
	again := must[db.Job](t)(s.Book.ClaimJob(t.Context(), time.Minute))
	ok(t, s.Book.RecordMail(t.Context(), again.SubjectID, "", true))
	ok(t, s.Book.FinishJob(t.Context(), again))
	if a := support.Post("/admin/mail/send-again", mail); a.Status != http.StatusNotFound {
		t.Errorf("after it was sent: %d", a.Status)
	}
	if s.audited(t, "mail.resend") != 1 {
		t.Errorf("%d lines in the audit", s.audited(t, "mail.resend"))
	}
}
