package handlers_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"certbay/db"
	"certbay/web/webtest"
)

func pdfFile(size int) []byte {
	const head, tail = "%PDF-1.4\n", "\n%%EOF\n"
	return []byte(head + strings.Repeat("x", max(0, size-len(head)-len(tail))) + tail)
}

func pngFile(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	ok(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, 20, 10))))
	return b.Bytes()
}

// sendTransfer posts the top-up form as a browser does.
func sendTransfer(t testing.TB, b *webtest.Browser, path string, fields map[string]string, name string, content []byte) webtest.Answer {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for field, value := range fields {
		ok(t, form.WriteField(field, value))
	}
	if name != "" {
		_, err := must[io.Writer](t)(form.CreateFormFile("receipt", name)).Write(content)
		ok(t, err)
	}
	ok(t, form.Close())
	r := b.Request(http.MethodPost, path, &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return b.Do(r)
}

func transfer(token string) map[string]string {
	return map[string]string{"amount": "500.00", "reference": "DEK-" + token, "form_token": token}
}

func newest(t testing.TB, site *webtest.Site) db.TopUp {
	t.Helper()
	list, _, err := site.Book.TopUps(t.Context(), db.TopUpFilter{Page: db.Page{Limit: 1}})
	ok(t, err)
	if len(list) == 0 {
		t.Fatal("no request")
	}
	return list[0]
}

func wallet(t testing.TB, site *webtest.Site) int64 {
	t.Helper()
	balance, _, err := site.Book.Wallet(t.Context(), site.Reseller.ID)
	ok(t, err)
	return balance
}

// mailsTo counts the mails to an address.
func mailsTo(t testing.TB, site *webtest.Site, to string) (n int) {
	t.Helper()
	list, _, err := site.Book.Outbox(t.Context(), "", db.Page{Limit: 200})
	ok(t, err)
	for _, m := range list {
		if m.To == to {
			n++
		}
	}
	return n
}

func TestTopUpFromTransferToCredit(t *testing.T) {
	site := webtest.Open(t)
	billing, admin := site.SignedIn(t, db.RoleBilling), site.SignedIn(t, db.RoleAdmin)
	if a := billing.Get("/credits/top-ups/new"); a.Status != http.StatusOK || a.Document(t).Find("form[enctype='multipart/form-data'] input[type=file][name=receipt]").Length() != 1 {
		t.Fatalf("the form: %d\n%s", a.Status, a.Body)
	}
	receipt := pngFile(t)
	done(t, billing, sendTransfer(t, billing, "/credits/top-ups", transfer("one"), "<script>.png", receipt), "/credits", "success")
	u := newest(t, site)
	if u.Cents != 50_000 || u.BankReference != "DEK-one" || u.AskedBy != "The billing" || u.MediaType != db.MediaPNG || wallet(t, site) != 0 {
		t.Fatalf("%+v, wallet %d", u, wallet(t, site))
	}
	if mailsTo(t, site, "billing@liman.example") != 1 || mailsTo(t, site, "admin@shop.example") != 1 {
		t.Error("asking sends a mail to each side")
	}
	page := fmt.Sprint("/admin/top-ups/", u.ID)
	if a := admin.Get("/admin"); !strings.Contains(a.Body, "Top-up of $500.00: DEK-one") || a.Document(t).Find("a[href='"+page+"']").Length() != 1 {
		t.Errorf("the review queue does not name it\n%s", a.Body)
	}
	for _, list := range []string{"/admin/top-ups", "/admin/top-ups?state=pending"} {
		if a := admin.Get(list); a.Document(t).Find("main a[href='"+page+"']").Length() != 1 {
			t.Errorf("%s does not list it", list)
		}
	}
	if a := admin.Get("/admin/top-ups?state=refused"); strings.Contains(a.Body, "DEK-one") {
		t.Error("a pending request is listed as refused")
	}
	for b, path := range map[*webtest.Browser]string{billing: fmt.Sprintf("/credits/top-ups/%d/receipt", u.ID), admin: page + "/receipt"} {
		a := b.Get(path)
		if a.Status != http.StatusOK || a.Body != string(receipt) || a.Header.Get("Content-Type") != "image/png" ||
			a.Header.Get("Content-Disposition") != fmt.Sprintf(`attachment; filename="receipt-%d.png"`, u.ID) ||
			a.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(a.Header.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%s: %d, %v", path, a.Status, a.Header)
		}
	}
	done(t, admin, admin.Post(page+"/approve", url.Values{"note": {"seen on 3 May"}}), page, "success")
	done(t, admin, admin.Post(page+"/approve", nil), page, "info")
	done(t, admin, admin.Post(page+"/refuse", url.Values{"note": {"no"}}), page, "info")
	if wallet(t, site) != 50_000 {
		t.Errorf("the wallet holds %d", wallet(t, site))
	}
	if mailsTo(t, site, "billing@liman.example") != 2 || mailsTo(t, site, "admin@shop.example") != 2 {
		t.Error("approving sends one mail to each side")
	}
	if a := billing.Get("/credits"); !strings.Contains(a.Body, "seen on 3 May") || a.Document(t).Find(".pill-success").Length() == 0 {
		t.Error("the reseller does not see the decision")
	}
	if a := billing.Post(fmt.Sprintf("/credits/top-ups/%d/withdraw", u.ID), nil); a.Status != http.StatusConflict {
		t.Errorf("an approved request is withdrawn: %d", a.Status)
	}
	if _, err := site.Book.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestTopUpRefusedMovesNothing(t *testing.T) {
	site := webtest.Open(t)
	owner, admin := site.SignedIn(t, db.RoleOwner), site.SignedIn(t, db.RoleAdmin)
	done(t, owner, sendTransfer(t, owner, "/credits/top-ups", transfer("one"), "r.pdf", pdfFile(100)), "/credits", "success")
	page := fmt.Sprint("/admin/top-ups/", newest(t, site).ID)
	rejected(t, admin.Post(page+"/refuse", nil), "note")
	rejected(t, admin.Post(page+"/refuse", url.Values{"note": {strings.Repeat("n", db.MaxTopUpNote+1)}}), "note")
	rejected(t, admin.Post(page+"/approve", url.Values{"note": {strings.Repeat("n", db.MaxTopUpNote+1)}}), "note")
	done(t, admin, admin.Post(page+"/refuse", url.Values{"note": {"not on our account"}}), page, "success")
	if wallet(t, site) != 0 || newest(t, site).State != db.TopUpRefused {
		t.Errorf("%d, %+v", wallet(t, site), newest(t, site))
	}
	if a := owner.Get("/credits"); !strings.Contains(a.Body, "not on our account") {
		t.Error("the reseller does not read why")
	}
}

func TestTopUpApprovedByTwoAdminsAtOnceMovesMoneyOnce(t *testing.T) {
	site := webtest.Open(t)
	owner := site.SignedIn(t, db.RoleOwner)
	done(t, owner, sendTransfer(t, owner, "/credits/top-ups", transfer("one"), "r.pdf", pdfFile(100)), "/credits", "success")
	page := fmt.Sprint("/admin/top-ups/", newest(t, site).ID)
	var clicks sync.WaitGroup
	for range 4 {
		admin := site.SignedIn(t, db.RoleAdmin)
		clicks.Go(func() {
			if a := admin.Post(page+"/approve", nil); a.Status != http.StatusSeeOther {
				t.Errorf("%d", a.Status)
			}
		})
	}
	clicks.Wait()
	if wallet(t, site) != 50_000 {
		t.Errorf("the wallet holds %d", wallet(t, site))
	}
}

func TestTopUpFormSentTwiceIsOneRequest(t *testing.T) {
	site := webtest.Open(t)
	owner := site.SignedIn(t, db.RoleOwner)
	done(t, owner, sendTransfer(t, owner, "/credits/top-ups", transfer("one"), "r.pdf", pdfFile(100)), "/credits", "success")
	done(t, owner, sendTransfer(t, owner, "/credits/top-ups", transfer("one"), "r.pdf", pdfFile(100)), "/credits", "info")
	if _, n, err := site.Book.TopUps(t.Context(), db.TopUpFilter{}); n != 1 || err != nil {
		t.Errorf("%d requests, %v", n, err)
	}
}

func TestTopUpThatWaitsIsListedHoweverManyCameAfter(t *testing.T) {
	site := webtest.Open(t)
	owner := site.SignedIn(t, db.RoleOwner)
	for i := range 9 {
		done(t, owner, sendTransfer(t, owner, "/credits/top-ups", transfer(fmt.Sprint(i)), "r.pdf", pdfFile(100)), "/credits", "success")
		if i > 0 && i < 8 {
			ok(t, site.Book.WithdrawTopUp(t.Context(), db.System, site.Reseller.ID, newest(t, site).ID))
		}
	}
	page := owner.Get("/credits").Body
	for i, want := range []bool{true, false, false, false, true, true, true, true, true} {
		if strings.Contains(page, fmt.Sprint("DEK-", i)) != want {
			t.Errorf("request %d is listed: %v", i, !want)
		}
	}
}

func TestTopUpWithdrawnByItsReseller(t *testing.T) {
	site := webtest.Open(t)
	owner, viewer, outsider := site.SignedIn(t, db.RoleOwner), site.SignedIn(t, db.RoleViewer), site.SignedInAs(t, site.Outsider)
	done(t, owner, sendTransfer(t, owner, "/credits/top-ups", transfer("one"), "r.pdf", pdfFile(100)), "/credits", "success")
	u := newest(t, site)
	path := fmt.Sprintf("/credits/top-ups/%d/", u.ID)
	for _, a := range []webtest.Answer{outsider.Get(path + "withdraw"), outsider.Post(path+"withdraw", nil), outsider.Get(path + "receipt"),
		owner.Get("/credits/top-ups/999/receipt"), owner.Post("/credits/top-ups/x/withdraw", nil)} {
		if a.Status != http.StatusNotFound {
			t.Errorf("not theirs: %d", a.Status)
		}
	}
	if a := viewer.Get("/credits"); a.Document(t).Find("a[href*='withdraw'], a[href='/credits/top-ups/new']").Length() != 0 {
		t.Error("a viewer is offered what it may not do")
	}
	if a := viewer.Get(path + "receipt"); a.Status != http.StatusOK {
		t.Errorf("a viewer reads the receipt: %d", a.Status)
	}
	if a := owner.Get(path + "withdraw"); a.Status != http.StatusOK || a.Document(t).Find("form[action='"+path+"withdraw']").Length() != 1 {
		t.Errorf("asks back: %d", a.Status)
	}
	done(t, owner, owner.Post(path+"withdraw", nil), "/credits", "success")
	for _, a := range []webtest.Answer{owner.Get(path + "withdraw"), owner.Post(path+"withdraw", nil)} {
		if a.Status != http.StatusConflict {
			t.Errorf("withdrawn again: %d", a.Status)
		}
	}
	if a := owner.Get(path + "receipt"); a.Status != http.StatusNotFound {
		t.Errorf("the receipt of a withdrawn request: %d", a.Status)
	}
}

func TestTopUpSupportSeesAndDecidesNothing(t *testing.T) {
	site := webtest.Open(t)
	owner, support := site.SignedIn(t, db.RoleOwner), site.SignedIn(t, db.RoleSupport)
	done(t, owner, sendTransfer(t, owner, "/credits/top-ups", transfer("one"), "r.pdf", pdfFile(100)), "/credits", "success")
	page := fmt.Sprint("/admin/top-ups/", newest(t, site).ID)
	if a := support.Get(page); a.Status != http.StatusOK || a.Document(t).Find("main form").Length() != 0 {
		t.Errorf("%d, with %d forms", a.Status, a.Document(t).Find("main form").Length())
	}
	if a := support.Get(page + "/receipt"); a.Status != http.StatusOK {
		t.Errorf("the receipt: %d", a.Status)
	}
	for _, action := range []string{"/approve", "/refuse"} {
		if a := support.Post(page+action, url.Values{"note": {"x"}}); a.Status != http.StatusForbidden {
			t.Errorf("%s: %d", action, a.Status)
		}
	}
	if a := support.Get("/admin/top-ups/999"); a.Status != http.StatusNotFound {
		t.Errorf("no such request: %d", a.Status)
	}
	if newest(t, site).State != db.TopUpPending {
		t.Error("support decided")
	}
}

func TestTopUpFormIsRejectedBesideItsFields(t *testing.T) {
	site := webtest.Open(t)
	owner := site.SignedIn(t, db.RoleOwner)
	with := func(field, value string) map[string]string {
		f := transfer("one")
		f[field] = value
		return f
	}
	for _, amount := range []string{"", "0", "-5", "abc", "1.234", "1000000.01", "1e3", "NaN"} {
		rejected(t, sendTransfer(t, owner, "/credits/top-ups", with("amount", amount), "r.pdf", pdfFile(100)), "amount")
	}
	rejected(t, sendTransfer(t, owner, "/credits/top-ups", with("reference", " "), "r.pdf", pdfFile(100)), "reference")
	rejected(t, sendTransfer(t, owner, "/credits/top-ups", with("reference", strings.Repeat("ş", 101)), "r.pdf", pdfFile(100)), "reference")
	for name, content := range map[string][]byte{
		"":              nil,
		"empty.pdf":     nil,
		"page.pdf":      []byte("<!doctype html><script>alert(1)</script>"),
		"drawing.svg":   []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`),
		"drawing.png":   []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`),
		"program.jpg":   []byte("MZ\x90\x00"),
		"half.png":      pngFile(t)[:30],
		"too-large.pdf": pdfFile(db.MaxReceipt + 1),
	} {
		a := sendTransfer(t, owner, "/credits/top-ups", transfer("one"), name, content)
		rejected(t, a, "receipt")
		if a.Document(t).Find("[name=amount]").AttrOr("value", "") != "500.00" {
			t.Error("what was typed is lost")
		}
	}
	if a := owner.Post("/credits/top-ups", url.Values{"amount": {"500"}, "reference": {"x"}, "form_token": {"one"}}); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("a form without a file: %d", a.Status)
	}
	if a := sendTransfer(t, owner, "/credits/top-ups", with("form_token", ""), "r.pdf", pdfFile(100)); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("without its token: %d", a.Status)
	}
	if _, n, err := site.Book.TopUps(t.Context(), db.TopUpFilter{}); n != 0 || err != nil {
		t.Errorf("%d requests were kept, %v", n, err)
	}
	done(t, owner, sendTransfer(t, owner, "/credits/top-ups", transfer("one"), "as-large-as-allowed.pdf", pdfFile(db.MaxReceipt)), "/credits", "success")
}

// A file may be a picture and a page at once; it is only ever handed out as the picture.
func TestTopUpReceiptThatIsAlsoAPageIsServedAsThePicture(t *testing.T) {
	site := webtest.Open(t)
	owner := site.SignedIn(t, db.RoleOwner)
	done(t, owner, sendTransfer(t, owner, "/credits/top-ups", transfer("one"), "x.html", append(pngFile(t), "<script>alert(1)</script>"...)), "/credits", "success")
	a := owner.Get(fmt.Sprintf("/credits/top-ups/%d/receipt", newest(t, site).ID))
	if a.Header.Get("Content-Type") != "image/png" || !strings.HasPrefix(a.Header.Get("Content-Disposition"), "attachment;") || a.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%v", a.Header)
	}
}

func TestTopUpUploadIsBoundedAndMustBeText(t *testing.T) {
	site := webtest.Open(t)
	owner := site.SignedIn(t, db.RoleOwner)
	with := func(field, value string) map[string]string {
		f := transfer("one")
		f[field] = value
		return f
	}
	for name, c := range map[string]struct {
		path   string
		fields map[string]string
		file   string
		size   int
		want   int
	}{
		"more than the route takes":     {"/credits/top-ups", transfer("one"), "r.pdf", 6 << 20, http.StatusRequestEntityTooLarge},
		"a file to any other route":     {"/settings/preferences", transfer("one"), "r.pdf", 2 << 20, http.StatusRequestEntityTooLarge},
		"a value that is not text":      {"/credits/top-ups", with("reference", "\xff\xfe"), "r.pdf", 100, http.StatusBadRequest},
		"a value with a NUL":            {"/credits/top-ups", with("reference", "a\x00b"), "r.pdf", 100, http.StatusBadRequest},
		"a field's name with a NUL":     {"/credits/top-ups", with("a\x00b", "x"), "r.pdf", 100, http.StatusBadRequest},
		"a file's name that is no text": {"/credits/top-ups", transfer("one"), "\xff.pdf", 100, http.StatusBadRequest},
		"a NUL to any other route":      {"/settings/preferences", with("lang", "a\x00b"), "", 0, http.StatusBadRequest},
	} {
		if a := sendTransfer(t, owner, c.path, c.fields, c.file, pdfFile(c.size)); a.Status != c.want {
			t.Errorf("%s: %d, want %d", name, a.Status, c.want)
		}
	}
	r := owner.Request(http.MethodPost, "/credits/top-ups", strings.NewReader("--b\r\nbroken"))
	r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
	if a := owner.Do(r); a.Status != http.StatusBadRequest {
		t.Errorf("a broken form: %d", a.Status)
	}
}

func TestTopUpBrokenBookIsAnInternalError(t *testing.T) {
	site := webtest.Open(t)
	owner := site.SignedIn(t, db.RoleOwner)
	ok(t, site.Book.Close())
	if a := sendTransfer(t, owner, "/credits/top-ups", transfer("one"), "r.pdf", pdfFile(100)); a.Status != http.StatusInternalServerError {
		t.Errorf("%d", a.Status)
	}
}
