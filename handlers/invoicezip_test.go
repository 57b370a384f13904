package handlers_test

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"certbay/db"
	"certbay/web"
)

func TestInvoicesComeAsOneZipToTheirResellerOnly(t *testing.T) {
	b := openBooks(t, "tr")
	ok(t, b.Book.AddCredit(t.Context(), db.System, b.buyer.ID, 10_000_000, "more", "opening credit"))
	var numbers []string
	for range 23 { // more than one step of the job
		_, i := b.place(t)
		numbers = append(numbers, i.Number)
	}
	owner := b.SignedInAs(t, b.buyers[db.RoleOwner])
	if a := owner.Get("/invoices"); a.Document(t).Find(`form[action="/invoices/zip"] button`).Length() != 1 {
		t.Fatal("no button")
	}
	if a := owner.Post("/invoices/zip", url.Values{"from": {"2001-01"}, "to": {"2001-02"}}); a.Status != http.StatusSeeOther || !strings.HasPrefix(a.Location, "/invoices?") {
		t.Fatalf("nothing to zip: %d to %s", a.Status, a.Location)
	}
	asked := owner.Post("/invoices/zip", url.Values{"status": {"paid"}, "from": {b.Book.Now().Format("2006-01")}})
	if asked.Status != http.StatusSeeOther || !strings.HasPrefix(asked.Location, "/invoices/zip/") {
		t.Fatalf("%d to %s", asked.Status, asked.Location)
	}
	page := owner.Get(asked.Location)
	if page.Document(t).Find(`#zip-state[hx-get]`).Length() != 1 || !strings.Contains(page.Body, `http-equiv="refresh"`) {
		t.Error("the page does not follow the work, or not without JavaScript")
	}
	if a := owner.Get(asked.Location + "/file"); a.Status != http.StatusConflict {
		t.Errorf("a zip in the making: %d", a.Status)
	}
	for _, path := range []string{"", "/state", "/file"} {
		if a := b.SignedInAs(t, b.Outsider).Get(asked.Location + path); a.Status != http.StatusNotFound {
			t.Errorf("another reseller gets %d at %s", a.Status, path)
		}
	}
	work, stop := context.WithCancel(t.Context())
	worked := make(chan error, 1)
	go func() { worked <- b.Server.Work(work, web.WorkerConfig{}) }()
	deadline := time.Now().Add(60 * time.Second)
	for !strings.Contains(owner.Get(asked.Location+"/state").Body, asked.Location+"/file") {
		if time.Now().After(deadline) {
			t.Fatal("the zip was never ready")
		}
		time.Sleep(200 * time.Millisecond)
	}
	stop()
	ok(t, <-worked)
	if a := owner.Get(asked.Location); a.Document(t).Find(`#zip-state[hx-get]`).Length() != 0 || strings.Contains(a.Body, `http-equiv="refresh"`) {
		t.Error("the page of a ready zip asks on")
	}
	a := owner.Get(asked.Location + "/file")
	files := readZip(t, []byte(a.Body))
	if a.Header.Get("Content-Type") != "application/zip" || !strings.HasPrefix(a.Header.Get("Content-Disposition"), "attachment") || len(files) != len(numbers) {
		t.Fatalf("%d files of %d, %v", len(files), len(numbers), a.Header)
	}
	for _, number := range numbers {
		if !bytes.HasPrefix(files[number+".pdf"], []byte("%PDF-")) {
			t.Errorf("%s is no PDF", number)
		}
	}
	if text := pdfText(t, files[numbers[22]+".pdf"]); !strings.Contains(text, numbers[22]) || !strings.Contains(text, "Yağmur İnternet") {
		t.Error(text)
	}
	b.Later(24 * time.Hour)
	if a := b.SignedInAs(t, b.buyers[db.RoleOwner]).Get(asked.Location + "/file"); a.Status != http.StatusNotFound {
		t.Errorf("a day later: %d", a.Status)
	}
}

func readZip(t *testing.T, body []byte) map[string][]byte {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	ok(t, err)
	files := map[string][]byte{}
	for _, f := range r.File {
		in, err := f.Open()
		ok(t, err)
		files[f.Name] = must[[]byte](t)(io.ReadAll(in))
	}
	return files
}
