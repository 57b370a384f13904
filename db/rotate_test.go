package db_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"testing"

	"certbay/db"
	"certbay/db/dbtest"
)

func newKey() []byte {
	key := make([]byte, db.KeySize)
	rand.Read(key)
	return key
}

func unlocked(t testing.TB, target string, key []byte) *db.DB {
	t.Helper()
	book := must[*db.DB](t)(db.Open(ctx, target))
	t.Cleanup(func() { book.Close() })
	if err := book.Unlock(ctx, db.KeySource{Text: base64.StdEncoding.EncodeToString(key)}); err != nil {
		t.Fatal(err)
	}
	return book
}

// sealedShop is a shop with a secret of every sort: a webhook's, its one before, and
// an upstream's login. It answers the upstream.
func sealedShop(t testing.TB, book *db.DB) (s shop, upstream int64) {
	t.Helper()
	s = fillShop(t, book, 100_000)
	w := s.listen(t)
	must[string](t)(s.RotateWebhook(ctx, s.staff, s.reseller, w.ID))
	upstream = must[int64](t)(s.CreateUpstream(ctx, s.staff, db.UpstreamWish{Name: "main", Kind: "gogetssl", BaseURL: "https://a.example/api",
		Fields: map[string]string{"user": "ada"}, Secrets: map[string]string{"password": "geheim"}, Active: true}))
	return s, upstream
}

// secrets reads every secret that the worker and the desk would.
func secrets(s shop, upstream int64) ([]string, error) {
	kept, err := s.UpstreamSecrets(ctx, upstream)
	if err != nil {
		return nil, err
	}
	all := []string{kept["password"]}
	hooks, err := s.Webhooks(ctx, s.reseller)
	if err != nil {
		return nil, err
	}
	for _, w := range hooks {
		list, _, err := s.Deliveries(ctx, s.reseller, w.ID, db.DeliveryFilter{Page: db.Page{Limit: 10}})
		if err != nil {
			return nil, err
		}
		for _, d := range list {
			due, err := s.DueDelivery(ctx, d.ID)
			if err != nil {
				return nil, err
			}
			all = append(all, due.Secrets...)
		}
	}
	return all, nil
}

func TestRotatingTheKeySealsEverySecretAnew(t *testing.T) {
	target, before, after := dbtest.Target(t), newKey(), newKey()
	s, upstream := sealedShop(t, unlocked(t, target, before))
	s.place(t, "example.com")
	was := must[[]string](t)(secrets(s, upstream))
	if len(was) < 3 {
		t.Fatalf("%d secrets, not the upstream's and two for each delivery", len(was))
	}
	beside := s
	beside.DB = unlocked(t, target, before) // a portal that runs

	done, err := s.RotateKey(ctx, db.System, after)
	if err != nil || done.Secrets != 3 || done.From == done.To {
		t.Fatalf("%+v, %v", done, err)
	}
	if now, err := secrets(s, upstream); err != nil || !slices.Equal(now, was) {
		t.Errorf("after it: %v, %v", now, err)
	}
	fresh := s
	fresh.DB = unlocked(t, target, after)
	if now, err := secrets(fresh, upstream); err != nil || !slices.Equal(now, was) {
		t.Errorf("started anew: %v, %v", now, err)
	}

	if _, err := beside.UpstreamSecrets(ctx, upstream); !errors.Is(err, db.ErrSealed) {
		t.Errorf("the old key still opens: %v", err)
	}
	wish := db.UpstreamWish{Name: "second", Kind: "gogetssl", BaseURL: "https://b.example", Secrets: map[string]string{"password": "x"}}
	if _, err := beside.CreateUpstream(ctx, s.staff, wish); !errors.Is(err, db.ErrKeyChanged) {
		t.Errorf("a portal that runs seals with the old key: %v", err)
	}
	if _, _, err := beside.CreateWebhook(ctx, s.staff, s.reseller, db.WebhookWish{URL: "https://x.example/y", Events: db.WebhookEvents}); !errors.Is(err, db.ErrKeyChanged) {
		t.Errorf("and a webhook's: %v", err)
	}
	if _, err := beside.RotateKey(ctx, db.System, newKey()); !errors.Is(err, db.ErrKeyChanged) {
		t.Errorf("and turns the key again: %v", err)
	}
	locked := must[*db.DB](t)(db.Open(ctx, target))
	defer locked.Close()
	if err := locked.Unlock(ctx, db.KeySource{Text: base64.StdEncoding.EncodeToString(before)}); err == nil {
		t.Error("the old key still unlocks the book")
	}
	if _, err := s.RotateKey(ctx, db.System, after); !errors.Is(err, db.ErrSameKey) {
		t.Errorf("to the same key: %v", err)
	}
	if _, err := s.RotateKey(ctx, db.System, after[:5]); !errors.Is(err, db.ErrInvalid) {
		t.Errorf("to no key: %v", err)
	}
	s.verify(t)
	if !s.OnPostgres() {
		file := t.TempDir() + "/copy.db"
		if err := s.Backup(ctx, file); err != nil {
			t.Fatal(err)
		}
		if text := must[[]byte](t)(os.ReadFile(file)); bytes.Contains(text, []byte("v1."+done.From+".")) || !bytes.Contains(text, []byte("v1."+done.To+".")) {
			t.Error("something in the book is still sealed with the old key")
		}
	}
}

func TestASecretThatCanNotBeReadStopsTheRotation(t *testing.T) {
	target, before := dbtest.Target(t), newKey()
	s, upstream := sealedShop(t, unlocked(t, target, before))
	if err := s.Tamper(ctx, `update webhook set old_secret = 'v1.000000000000.AAAA'`); err != nil {
		t.Fatal(err)
	}
	if _, err := s.RotateKey(ctx, db.System, newKey()); !errors.Is(err, db.ErrSealed) {
		t.Fatalf("%v", err)
	}
	if kept, err := s.UpstreamSecrets(ctx, upstream); err != nil || kept["password"] != "geheim" {
		t.Errorf("the others were touched: %v, %v", kept, err)
	}
	if kept, err := unlocked(t, target, before).UpstreamSecrets(ctx, upstream); err != nil || kept["password"] != "geheim" {
		t.Errorf("the old key is no longer the book's: %v, %v", kept, err)
	}
}

// The process is really killed: this test runs itself as another one.
func TestARotationThatIsKilledLeavesTheOldKeyGood(t *testing.T) {
	if target := os.Getenv("ROTATE_BOOK"); target != "" {
		key := func(name string) []byte { return must[[]byte](t)(base64.StdEncoding.DecodeString(os.Getenv(name))) }
		book := unlocked(t, target, key("ROTATE_BEFORE"))
		book.FailPoint = func(name string) {
			if name == os.Getenv("ROTATE_AT") {
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
				select {}
			}
		}
		must[db.Rotation](t)(book.RotateKey(ctx, db.System, key("ROTATE_AFTER")))
		return
	}
	for _, at := range []string{"sealed anew: webhook.secret", "sealed anew: upstream.secrets", "never"} {
		target, before, after := dbtest.Target(t), newKey(), newKey()
		book := unlocked(t, target, before)
		s, upstream := sealedShop(t, book)
		s.place(t, "example.com")
		was := must[[]string](t)(secrets(s, upstream))
		run := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
		run.Env = append(os.Environ(), "ROTATE_BOOK="+target, "ROTATE_AT="+at, "ROTATE_BEFORE="+base64.StdEncoding.EncodeToString(before), "ROTATE_AFTER="+base64.StdEncoding.EncodeToString(after))
		out, err := run.CombinedOutput()
		good := before
		if at == "never" {
			good = after
		}
		if (err == nil) != (at == "never") {
			t.Fatalf("%s: %v\n%s", at, err, out)
		}
		s.DB = unlocked(t, target, good)
		if now, err := secrets(s, upstream); err != nil || !slices.Equal(now, was) {
			t.Errorf("killed at %s: %v, %v", at, now, err)
		}
	}
}
