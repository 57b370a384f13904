package session_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"certbay/web/session"

	"github.com/labstack/echo/v4"
)

// shelf is a Storage in memory.
type shelf struct {
	mu   sync.Mutex
	rows map[string]session.Row
}

func (s *shelf) Load(_ context.Context, idHash string) (session.Row, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	row, ok := s.rows[idHash]
	if !ok {
		return row, session.ErrNotFound
	}
	return row, nil
}

func (s *shelf) Create(_ context.Context, idHash string, row session.Row) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rows[idHash] = row
	return nil
}

func (s *shelf) Update(ctx context.Context, idHash string, row session.Row) error {
	if _, err := s.Load(ctx, idHash); err != nil {
		return err
	}
	return s.Create(ctx, idHash, row)
}

func (s *shelf) Delete(_ context.Context, idHash string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.rows, idHash)
	return nil
}

// visit is a browser with one cookie, before a store over a shelf.
type visit struct {
	t      *testing.T
	rows   *shelf
	store  *session.Store
	now    time.Time
	cookie *http.Cookie
}

func newVisit(t *testing.T) *visit {
	v := &visit{t: t, rows: &shelf{rows: map[string]session.Row{}}, now: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)}
	v.store = session.NewStore(v.rows, false, func() time.Time { return v.now })
	return v
}

// request runs do within one request and keeps the cookie it sets.
func (v *visit) request(do func(*session.Session)) {
	v.t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("User-Agent", "agent \xff"+strings.Repeat("x", 1000))
	if v.cookie != nil {
		r.AddCookie(v.cookie)
	}
	w := httptest.NewRecorder()
	c := echo.New().NewContext(r, w)
	s, err := v.store.Open(c, true)
	if err != nil {
		v.t.Fatal(err)
	}
	if session.Current(c) != s {
		v.t.Error("the request has another session")
	}
	do(s)
	if set := w.Result().Cookies(); len(set) > 1 {
		v.t.Errorf("%d cookies", len(set))
	} else if len(set) == 1 {
		v.cookie = set[0]
	}
}

func (v *visit) must(err error) {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
}

func TestMessagesAreShownOnce(t *testing.T) {
	v := newVisit(t)
	v.request(func(s *session.Session) {
		v.must(s.AddFlash("success", "Saved"))
		v.must(s.AddFlash("info", "İyi günler"))
	})
	var got []session.Flash
	v.request(func(s *session.Session) { got, _ = s.Flashes() })
	if len(got) != 2 || got[0] != (session.Flash{Kind: "success", Text: "Saved"}) || got[1].Text != "İyi günler" {
		t.Errorf("%+v", got)
	}
	v.request(func(s *session.Session) { got, _ = s.Flashes() })
	if len(got) != 0 {
		t.Errorf("again: %+v", got)
	}
}

func TestStorageKnowsTheHashAndNotTheID(t *testing.T) {
	v := newVisit(t)
	v.request(func(s *session.Session) { v.must(s.SignIn(7)) })
	sum := sha256.Sum256([]byte(v.cookie.Value))
	row, ok := v.rows.rows[hex.EncodeToString(sum[:])]
	if !ok || row.PersonID != 7 || len(v.rows.rows) != 1 {
		t.Fatalf("%+v", v.rows.rows)
	}
	if strings.Contains(row.Data+row.Agent+row.IP, v.cookie.Value) || len(row.Agent) > 300 || strings.Contains(row.Agent, "\xff") {
		t.Errorf("%+v", row)
	}
}

// Two portals on one host see each other's cookies, whatever their ports.
func TestACookieOfAnotherNameIsNotThisPortals(t *testing.T) {
	v := newVisit(t)
	v.request(func(s *session.Session) { v.must(s.SignIn(7)) })
	v.store.Named("other")
	v.request(func(s *session.Session) {
		if s.PersonID() != 0 {
			t.Error("the other portal's cookie is taken for this one's")
		}
		v.must(s.SignIn(8))
	})
	if v.cookie.Name != "other" {
		t.Errorf("the cookie is called %s", v.cookie.Name)
	}
	v.store = session.NewStore(v.rows, true, func() time.Time { return v.now }).Named("other")
	v.request(func(s *session.Session) { v.must(s.SignIn(9)) })
	if v.cookie.Name != "__Host-other" || !v.cookie.Secure {
		t.Errorf("over HTTPS: %v", v.cookie)
	}
}

func TestVisitWithoutAnythingToRememberLeavesNoTrace(t *testing.T) {
	v := newVisit(t)
	v.request(func(s *session.Session) {
		if _, err := s.Flashes(); err != nil || s.PersonID() != 0 || s.IDHash() != "" {
			t.Errorf("person %d, hash %q, %v", s.PersonID(), s.IDHash(), err)
		}
	})
	if v.cookie != nil || len(v.rows.rows) != 0 {
		t.Errorf("cookie %v, rows %v", v.cookie, v.rows.rows)
	}
}

func TestSigningInTwiceInOneRequestLeavesOneSession(t *testing.T) {
	v := newVisit(t)
	v.request(func(s *session.Session) {
		v.must(s.AddFlash("info", "for a visitor"))
		v.must(s.SignIn(7))
		v.must(s.SignIn(8))
	})
	if len(v.rows.rows) != 1 {
		t.Errorf("%d rows", len(v.rows.rows))
	}
	v.request(func(s *session.Session) {
		if left, _ := s.Flashes(); s.PersonID() != 8 || len(left) != 0 {
			t.Errorf("person %d, messages %v", s.PersonID(), left)
		}
	})
}

func TestSessionEndedElsewhereDuringARequestStaysEnded(t *testing.T) {
	v := newVisit(t)
	v.request(func(s *session.Session) { v.must(s.SignIn(7)) })
	v.request(func(s *session.Session) {
		v.must(v.rows.Delete(t.Context(), s.IDHash()))
		if err := s.AddFlash("info", "x"); !errors.Is(err, session.ErrNotFound) {
			t.Errorf("%v", err)
		}
	})
	if len(v.rows.rows) != 0 {
		t.Error("revived")
	}
}

func TestExpiredSessionIsDeletedWhenItComesBack(t *testing.T) {
	v := newVisit(t)
	v.request(func(s *session.Session) { v.must(s.SignIn(7)) })
	v.now = v.now.Add(session.IdleLife)
	v.request(func(s *session.Session) {
		if s.PersonID() != 0 {
			t.Error("still signed in")
		}
	})
	if len(v.rows.rows) != 0 {
		t.Error("the row is still there")
	}
}

func TestBeingSeenIsNotedAtMostOnceAMinute(t *testing.T) {
	v := newVisit(t)
	v.request(func(s *session.Session) { v.must(s.SignIn(7)) })
	seen := func() time.Time {
		for _, row := range v.rows.rows {
			return row.SeenAt
		}
		return time.Time{}
	}
	first := seen()
	v.now = v.now.Add(59 * time.Second)
	v.request(func(*session.Session) {})
	if seen() != first {
		t.Error("written after 59 seconds")
	}
	v.now = v.now.Add(time.Second)
	v.request(func(*session.Session) {})
	if seen() != v.now {
		t.Error("not written after a minute")
	}
}
