package handlers_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"certbay/db"
	"certbay/db/certs"
)

func TestACertificateIsReissuedByItsPage(t *testing.T) {
	s := openIssuer(t)
	o := s.issued(s.single, "shop.example.com")
	b := s.SignedIn(t, db.RoleTechnical)
	if a := b.Get(pathOf(o, "")); a.Document(t).Find("main a[href='"+pathOf(o, "/reissue")+"']").Length() != 1 {
		t.Error("the order does not lead to its reissue")
	}
	if a := b.Get(pathOf(o, "/reissue")); a.Status != 200 || a.Document(t).Find("[name=sans]").Length() != 0 {
		t.Errorf("%d; a product of one name asks for more", a.Status)
	}
	for what, form := range map[string]url.Values{
		"nothing":         {"csr_choice": {"new"}, "csr": {" "}},
		"another domain":  {"csr_choice": {"new"}, "csr": {csrFor(t, "else.example.com")}},
		"an unknown text": {"csr": {"hello"}},
	} {
		a := b.Post(pathOf(o, "/reissue"), form)
		if rejected(t, a, "csr"); len(s.certificates(o.ID)) != 1 {
			t.Fatalf("%s: something was asked for", what)
		}
	}
	a := b.Post(pathOf(o, "/reissue"), url.Values{"csr_choice": {"new"}, "csr": {csrFor(t, "shop.example.com")}, "method": {""}})
	if a.Status != http.StatusSeeOther {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	s.prove(o.ID)
	list := s.certificates(o.ID)
	if len(list) != 2 || list[0].State != db.CertificateIssued || list[0].Serial == list[1].Serial || list[0].CSR == list[1].CSR {
		t.Fatalf("%+v", list)
	}
	// Both are on the page, each with its own files.
	page := b.Get(pathOf(o, "")).Document(t)
	for _, c := range list {
		at := pathOf(o, fmt.Sprintf("/certificates/%d", c.ID))
		if page.Find("main a[href='"+at+"']").Length() != 1 || page.Find("main a[href='"+at+"/download/zip']").Length() != 1 {
			t.Errorf("%s has no link", at)
		}
		file := b.Get(at + "/download/certificate")
		info := must[certs.Info](t)(certs.Describe(file.Body))
		if info.Serial != c.Serial {
			t.Errorf("%s hands out %s, want %s", at, info.Serial, c.Serial)
		}
		archive := b.Get(at + "/download/zip")
		if files := must[*zip.Reader](t)(zip.NewReader(bytes.NewReader([]byte(archive.Body)), int64(len(archive.Body)))); len(files.File) != 4 {
			t.Errorf("the archive has %d files", len(files.File))
		}
		if a := b.Get(at); a.Status != 200 || !strings.Contains(a.Body, c.Serial) {
			t.Errorf("%s: %d", at, a.Status)
		}
	}
	other := s.issued(s.single, "other.example.com")
	if a := b.Get(pathOf(other, fmt.Sprintf("/certificates/%d", list[0].ID))); a.Status != http.StatusNotFound {
		t.Errorf("another order's certificate: %d", a.Status)
	}
}

func TestAReissueHasTheNamesThatWerePaidForAndNoMore(t *testing.T) {
	s := openIssuer(t)
	o := s.issued(s.multi, "example.com", "a.example.com", "b.example.com")
	b := s.SignedIn(t, db.RoleOwner)
	form := b.Get(pathOf(o, "/reissue")).Document(t)
	if got := strings.Fields(form.Find("[name=sans]").Text()); !slices.Equal(got, []string{"a.example.com", "b.example.com"}) {
		t.Errorf("the form has %v", got)
	}
	csr := csrFor(t, "example.com")
	for names, field := range map[string]string{
		"a.example.com b.example.com c.example.com": "sans", // one more than was paid for
		"*.example.com": "sans", // none was
		"a b.c/d":       "sans",
	} {
		a := b.Post(pathOf(o, "/reissue"), url.Values{"csr": {csr}, "sans": {names}})
		if rejected(t, a, field); len(s.certificates(o.ID)) != 1 {
			t.Fatalf("%s was asked for", names)
		}
		if got := a.Document(t).Find("[name=sans]").Text(); strings.TrimSpace(got) != names {
			t.Errorf("the form lost what was typed: %q", got)
		}
	}
	a := b.Post(pathOf(o, "/reissue"), url.Values{"csr_choice": {"same"}, "csr": {"left over"}, "sans": {"c.example.com www.example.com"}, "method": {"dns"}})
	if a.Status != http.StatusSeeOther || a.Location != pathOf(o, "/dcv") {
		t.Fatalf("%d to %q: %s", a.Status, a.Location, a.Body)
	}
	page := b.Get(pathOf(o, "/dcv"))
	text := page.Document(t).Find("main").Text()
	if page.Status != 200 || !strings.Contains(text, "A reissue is under way") || !strings.Contains(text, "c.example.com") || strings.Contains(text, "b.example.com") {
		t.Errorf("the wizard shows %s", plainSpace(text))
	}
	if text := b.Get(pathOf(o, "")).Document(t).Find("main").Text(); !strings.Contains(text, "A reissue is under way") || !strings.Contains(text, "Names of the new certificate wait") {
		t.Errorf("the order says %s", plainSpace(text))
	}
	// While it is under way "check now" stays with the names, and the old files stay.
	if a := b.Post(pathOf(o, "/dcv/check"), url.Values{"name": {"c.example.com"}}); a.Status != http.StatusSeeOther || !strings.HasPrefix(a.Location, pathOf(o, "/dcv")) {
		t.Errorf("%d to %q", a.Status, a.Location)
	}
	s.prove(o.ID)
	info := must[certs.Info](t)(certs.Describe(s.certificates(o.ID)[0].PEM))
	names := slices.Sorted(slices.Values(info.Names))
	if !slices.Equal(names, []string{"c.example.com", "example.com", "www.example.com"}) {
		t.Errorf("issued for %v", names)
	}
}

func TestRevokingAsksForTheReasonAndTheNameAndEndsTheOrder(t *testing.T) {
	s := openIssuer(t)
	o := s.issued(s.single, "shop.example.com")
	b := s.SignedIn(t, db.RoleOwner)
	page := b.Get(pathOf(o, "/revoke"))
	if page.Status != 200 || !strings.Contains(page.Document(t).Find("main").Text(), "Nothing is paid back") {
		t.Errorf("%d", page.Status)
	}
	rejected(t, b.Post(pathOf(o, "/revoke"), url.Values{"reason": {"keyCompromise"}, "confirm": {"other.example.com"}}), "confirm")
	if a := b.Post(pathOf(o, "/revoke"), url.Values{"reason": {"because"}, "confirm": {"shop.example.com"}}); a.Status != http.StatusUnprocessableEntity || a.Document(t).Find(".field-error").Length() != 1 {
		t.Errorf("a reason that is none: %d", a.Status)
	}
	if s.now(o.ID).Status != db.StatusCompleted {
		t.Fatal("asking revoked it")
	}
	done(t, b, b.Post(pathOf(o, "/revoke"), url.Values{"reason": {"keyCompromise"}, "confirm": {" SHOP.example.com "}}), pathOf(o, ""), "success")
	if got := s.now(o.ID); got.Status != db.StatusCancelled || s.certificates(o.ID)[0].State != db.CertificateRevoked {
		t.Errorf("%s, %s", got.Status, s.certificates(o.ID)[0].State)
	}
	for _, path := range []string{"/revoke", "/reissue", "/renew"} {
		if a := b.Get(pathOf(o, path)); a.Status != http.StatusConflict {
			t.Errorf("%s of a revoked order: %d", path, a.Status)
		}
		if a := b.Get(pathOf(o, "")); strings.Contains(a.Body, pathOf(o, path)) {
			t.Errorf("the order still offers %s", path)
		}
	}
	if a := b.Get(pathOf(o, fmt.Sprintf("/certificates/%d", s.certificates(o.ID)[0].ID))); a.Status != 200 || !strings.Contains(a.Body, "This certificate is revoked") {
		t.Errorf("the record: %d", a.Status)
	}
}

func TestWhoeverMayOnlyLookIsOfferedNothingToDoWithACertificate(t *testing.T) {
	s := openIssuer(t)
	o := s.issued(s.single, "shop.example.com")
	viewer, stranger := s.SignedIn(t, db.RoleViewer), s.SignedInAs(t, s.Outsider)
	page := viewer.Get(pathOf(o, ""))
	for _, path := range []string{"/reissue", "/revoke", "/renew"} {
		if strings.Contains(page.Body, pathOf(o, path)) {
			t.Errorf("a viewer is offered %s", path)
		}
		if a := stranger.Get(pathOf(o, path)); a.Status != http.StatusNotFound {
			t.Errorf("%s of another reseller's order: %d", path, a.Status)
		}
		if path == "/renew" {
			continue // asks nothing of anybody: it leads to the order form
		}
		if a := stranger.Post(pathOf(o, path), url.Values{"reason": {"superseded"}, "confirm": {"shop.example.com"}, "csr_choice": {"same"}}); a.Status != http.StatusNotFound {
			t.Errorf("POST %s of another reseller's order: %d", path, a.Status)
		}
	}
	certificate := pathOf(o, fmt.Sprintf("/certificates/%d", s.certificates(o.ID)[0].ID))
	if a := viewer.Get(certificate); a.Status != 200 {
		t.Errorf("a viewer: %d", a.Status)
	}
	if a := stranger.Get(certificate + "/download/zip"); a.Status != http.StatusNotFound {
		t.Errorf("another reseller's files: %d", a.Status)
	}
}
