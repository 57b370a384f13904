package web_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"certbay/db"
	"certbay/db/dbtest"
	"certbay/providers"
	"certbay/providers/datassl"
	"certbay/web"
)

// shown answers every call and keeps the last key it was shown.
func shown(t *testing.T) (address string, key func() string) {
	t.Helper()
	var last string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		last = r.Header.Get("X-API-Key")
		w.WriteHeader(http.StatusUnauthorized)
	}))
	t.Cleanup(server.Close)
	return server.URL, func() string { return last }
}

func TestAnUpstreamIsOpenedFromItsRowAndAnewWhenThatChanges(t *testing.T) {
	ctx := context.Background()
	book := dbtest.Open(t)
	desk := web.NewDesk(book, []providers.Kind{datassl.Kind}, nil, slog.New(slog.DiscardHandler))
	if _, err := desk.Upstream(ctx, "main"); err == nil || !strings.Contains(err.Error(), "not set up") {
		t.Fatalf("of no row: %v", err)
	}
	address, key := shown(t)
	id, err := book.CreateUpstream(ctx, db.System, db.UpstreamWish{Name: "main", Kind: "datassl", BaseURL: address,
		Fields: map[string]string{"language": "en"}, Secrets: map[string]string{"key": "first"}, Active: true})
	if err != nil {
		t.Fatal(err)
	}
	ask := func() providers.Provider {
		t.Helper()
		p, err := desk.Upstream(ctx, "main")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Products(ctx); err == nil {
			t.Fatal("a shop that lets nobody in has no products")
		}
		return p
	}
	first := ask()
	if key() != "first" {
		t.Fatalf("shown %q", key())
	}
	if ask() != first {
		t.Error("opened again although nothing changed")
	}
	if err := book.UpdateUpstream(ctx, db.System, id, db.UpstreamWish{BaseURL: address, Secrets: map[string]string{"key": "second"}, Active: true}); err != nil {
		t.Fatal(err)
	}
	if ask() == first || key() != "second" {
		t.Errorf("after the change: shown %q", key())
	}
	if err := book.UpdateUpstream(ctx, db.System, id, db.UpstreamWish{BaseURL: address, Active: true}); err != nil {
		t.Fatal(err)
	}
	if ask(); key() != "second" {
		t.Errorf("a change that names no secret: shown %q", key())
	}
	if can, err := desk.Can(ctx, "main", string(providers.CanReissue)); err != nil || !can {
		t.Errorf("can reissue: %v %v", can, err)
	}
	if can, err := desk.Can(ctx, "main", string(providers.CanLicence)); err != nil || can {
		t.Errorf("can licence: %v %v", can, err)
	}
}
