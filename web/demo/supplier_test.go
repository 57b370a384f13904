package demo_test

import (
	"database/sql"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"certbay/db"
	"certbay/providers"
	"certbay/providers/billmanager"
	"certbay/providers/datassl"
	"certbay/providers/gogetssl"
	"certbay/providers/license724"
	"certbay/providers/ssl247"
	"certbay/web/demo"
)

// opened opens the demo of a folder, with its upstream shop at an address.
func opened(t *testing.T, dir, supplier string) *demo.Shop {
	t.Helper()
	s, err := demo.Open(t.Context(), demo.Options{Data: dir, Database: filepath.Join(dir, "book.db"), BaseURL: "http://127.0.0.1:1", SupplierURL: supplier,
		Kinds: []providers.Kind{billmanager.Kind, datassl.Kind, gogetssl.Kind, license724.Kind, ssl247.Kind}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// addresses are the upstreams' by name.
func addresses(t *testing.T, s *demo.Shop) map[string]string {
	t.Helper()
	rows, err := s.Web.Book.Upstreams(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]string{}
	for _, r := range rows {
		at[r.Name] = r.BaseURL
	}
	return at
}

func TestTheUpstreamShopIsFollowedToItsNewAddressAndOthersAreLeftAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "demo")
	s := opened(t, dir, "http://127.0.0.1:2")
	row, err := s.Web.Book.UpstreamNamed(t.Context(), "gogetssl")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Web.Book.UpdateUpstream(t.Context(), db.System, row.ID, db.UpstreamWish{BaseURL: "http://127.0.0.1:22/api", Fields: row.Fields, Secrets: map[string]string{"password": "theirs"}, Active: true}); err != nil {
		t.Fatal(err)
	}
	s.Close()

	s = opened(t, dir, "http://127.0.0.1:3")
	want := map[string]string{"datassl": "http://127.0.0.1:3/api/reseller", "gogetssl": "http://127.0.0.1:22/api", "ssl247": "http://127.0.0.1:3/api/v3",
		"billmanager": "http://127.0.0.1:3/billmgr", "license724": "http://127.0.0.1:3/v1"}
	got := addresses(t, s)
	for name, address := range want {
		if got[name] != address {
			t.Errorf("%s is at %s, want %s", name, got[name], address)
		}
	}
	if len(got) != len(want) || s.Access.Supplier.URL != "http://127.0.0.1:3" {
		t.Errorf("%v, %+v", got, s.Access.Supplier)
	}
	row, err = s.Web.Book.UpstreamNamed(t.Context(), "ssl247")
	if err != nil {
		t.Fatal(err)
	}
	if secrets, err := s.Web.Book.UpstreamSecrets(t.Context(), row.ID); err != nil || secrets["key"] == "" || row.Fields["user"] == "" {
		t.Errorf("the credentials are %v and %d secrets, %v", row.Fields, len(secrets), err)
	}
}

// A folder of a demo that had one shop is gone on with.
func TestADemoOfOneShopGetsItsUpstreamShop(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "demo")
	opened(t, dir, "http://127.0.0.1:2").Close()
	book, err := sql.Open("sqlite", filepath.Join(dir, "book.db"))
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range []string{`delete from upstream`, `delete from offer where upstream <> 'sandbox'`, `update offer set rank = 1`} {
		if _, err := book.Exec(change); err != nil {
			t.Fatal(err)
		}
	}
	book.Close()
	if err := os.RemoveAll(filepath.Join(dir, "upstream")); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "demo.json")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var access map[string]any
	if err := json.Unmarshal(text, &access); err != nil {
		t.Fatal(err)
	}
	delete(access, "upstream_shop")
	if text, err = json.Marshal(access); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}

	s := opened(t, dir, "http://127.0.0.1:3")
	if got := addresses(t, s); len(got) != 5 || got["datassl"] != "http://127.0.0.1:3/api/reseller" {
		t.Errorf("%v", got)
	}
	sheet, err := s.Web.Book.ProductSheet(t.Context(), 1)
	if err != nil || len(sheet.Offers) != 2 || sheet.Offers[0].Upstream == "sandbox" {
		t.Errorf("%+v, %v", sheet.Offers, err)
	}
	if text, err = os.ReadFile(file); err != nil || !strings.Contains(string(text), s.Access.Supplier.Admin.Password) || s.Access.Supplier.Admin.Password == "" {
		t.Errorf("demo.json does not tell who can sign in to the upstream shop (%v)", err)
	}
}
