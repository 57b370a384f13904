package db_test

import (
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"certbay/db"
	"certbay/db/dbtest"
)

func box(t testing.TB, keys ...string) *db.Box {
	t.Helper()
	var raw [][]byte
	for _, k := range keys {
		raw = append(raw, []byte(strings.Repeat(k, db.KeySize)))
	}
	return must[*db.Box](t)(db.NewBox(raw...))
}

func TestASealedSecretOpensOnlyWithItsKeyForItsPurpose(t *testing.T) {
	a := box(t, "a")
	sealed := must[string](t)(a.Seal("webhook 1", "whsec_geheim"))
	if strings.Contains(sealed, "geheim") || !strings.HasPrefix(sealed, "v1."+a.KeyID()+".") {
		t.Fatalf("sealed as %s", sealed)
	}
	if got, err := a.Unseal("webhook 1", sealed); err != nil || got != "whsec_geheim" {
		t.Fatalf("%q, %v", got, err)
	}
	if again := must[string](t)(a.Seal("webhook 1", "whsec_geheim")); again == sealed {
		t.Error("the same secret is sealed alike twice")
	}
	last := sealed[:len(sealed)-2] + "AA"
	if last == sealed {
		last = sealed[:len(sealed)-2] + "BB"
	}
	for name, try := range map[string]struct {
		box           *db.Box
		purpose, text string
	}{
		"another purpose": {a, "webhook 2", sealed}, "another key": {box(t, "b"), "webhook 1", sealed},
		"damaged": {a, "webhook 1", last}, "cut": {a, "webhook 1", sealed[:30]}, "plain": {a, "webhook 1", "whsec_geheim"}, "empty": {a, "webhook 1", ""},
	} {
		if got, err := try.box.Unseal(try.purpose, try.text); !errors.Is(err, db.ErrSealed) || got != "" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if _, err := (*db.Box)(nil).Seal("webhook 1", "x"); !errors.Is(err, db.ErrNoKey) {
		t.Errorf("without a key: %v", err)
	}
}

func TestABoxOfTwoKeysSealsWithTheFirstAndOpensBoth(t *testing.T) {
	sealed := must[string](t)(box(t, "a").Seal("p", "old"))
	both := box(t, "b", "a")
	if got, err := both.Unseal("p", sealed); err != nil || got != "old" {
		t.Fatalf("%q, %v", got, err)
	}
	if renewed := must[string](t)(both.Seal("p", "new")); !strings.HasPrefix(renewed, "v1."+box(t, "b").KeyID()+".") {
		t.Errorf("sealed as %s", renewed)
	}
}

func TestABooksKeyIsMadeOnceAndNeverReplaced(t *testing.T) {
	target, own := dbtest.Target(t), filepath.Join(t.TempDir(), "data", "book.key")
	var first string
	for range 2 {
		book := must[*db.DB](t)(db.Open(ctx, target))
		if err := book.Unlock(ctx, db.KeySource{Own: own}); err != nil {
			t.Fatal(err)
		}
		if first == "" {
			first = must[string](t)(book.Box.Seal("p", "kept"))
		} else if got, err := book.Box.Unseal("p", first); err != nil || got != "kept" {
			t.Errorf("after a restart: %q, %v", got, err)
		}
		book.Close()
	}
	if mode := must[os.FileInfo](t)(os.Stat(own)).Mode().Perm(); mode != 0o600 {
		t.Errorf("the key's file is %o", mode)
	}
	text := must[[]byte](t)(os.ReadFile(own))
	if err := os.Remove(own); err != nil {
		t.Fatal(err)
	}
	book := must[*db.DB](t)(db.Open(ctx, target))
	defer book.Close()
	if err := book.Unlock(ctx, db.KeySource{Own: own}); err == nil {
		t.Error("a lost key is made anew")
	}
	if _, err := os.Stat(own); err == nil {
		t.Error("a key file appeared")
	}
	other := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", db.KeySize)))
	if err := book.Unlock(ctx, db.KeySource{Text: other}); err == nil || strings.Contains(err.Error(), other) {
		t.Errorf("another key: %v", err)
	}
	if err := book.Unlock(ctx, db.KeySource{Text: "short"}); !errors.Is(err, db.ErrInvalid) {
		t.Errorf("no key: %v", err)
	}
	if err := book.Unlock(ctx, db.KeySource{Text: string(text)}); err != nil {
		t.Errorf("the key as text: %v", err)
	}
}

func TestTwoStartsAtOnceShareOneKey(t *testing.T) {
	target, own := dbtest.Target(t), filepath.Join(t.TempDir(), "book.key")
	book := must[*db.DB](t)(db.Open(ctx, target))
	defer book.Close()
	second := must[*db.DB](t)(db.Open(ctx, target))
	defer second.Close()
	var all sync.WaitGroup
	errs := make([]error, 2)
	for i, b := range []*db.DB{book, second} {
		all.Go(func() { errs[i] = b.Unlock(ctx, db.KeySource{Own: own}) })
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if book.Box.KeyID() != second.Box.KeyID() {
		t.Error("two keys")
	}
}
