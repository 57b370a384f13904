package session

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/gorilla/sessions"
)

// ErrNotFound is a storage's answer about a session it does not have.
var ErrNotFound = errors.New("no such session")

// Row is a session as it is stored.
type Row struct {
	PersonID  int64  // 0: not signed in
	Data      string // JSON
	IP        string
	Agent     string
	CreatedAt time.Time
	SeenAt    time.Time
	ExpiresAt time.Time
}

// Storage keeps sessions by the hash of their id.
type Storage interface {
	// Load answers ErrNotFound for an unknown session; an expired one may still be there.
	Load(ctx context.Context, idHash string) (Row, error)
	Create(ctx context.Context, idHash string, row Row) error
	// Update changes an existing session only: ErrNotFound when it was ended meanwhile.
	Update(ctx context.Context, idHash string, row Row) error
	// Delete ends a session that may or may not be there.
	Delete(ctx context.Context, idHash string) error
}

// Store is a gorilla sessions.Store over a Storage.
type Store struct {
	storage Storage
	now     func() time.Time
	name    string
	secure  bool
}

var _ sessions.Store = (*Store)(nil)

// The cookie's name. The __Host- prefix has browsers refuse the cookie unless it
// is Secure, for the whole site and for this host alone.
const (
	CookieName       = "certbay"
	SecureCookieName = "__Host-certbay"
)

// NewStore makes a store; secure says whether the site is served over HTTPS.
func NewStore(storage Storage, secure bool, now func() time.Time) *Store {
	name := CookieName
	if secure {
		name = SecureCookieName
	}
	return &Store{storage: storage, now: now, name: name, secure: secure}
}

// Named gives the cookie another name, so that two portals on one host, whatever
// their ports, each keep their visitors. Call it before the store is used.
func (s *Store) Named(name string) *Store {
	if s.secure {
		name = "__Host-" + name
	}
	s.name = name
	return s
}

// rowKey is where a gorilla session's values hold its Row; flashes lie beside it.
const rowKey = "row"

// Get returns the request's session, the same one each time within a request.
func (s *Store) Get(r *http.Request, name string) (*sessions.Session, error) {
	return sessions.GetRegistry(r).Get(s, name)
}

// New reads the session that the request's cookie names, or starts an empty one
// when there is none, or it was idle too long, or is too old.
func (s *Store) New(r *http.Request, name string) (*sessions.Session, error) {
	inner := sessions.NewSession(s, name)
	inner.Options = &sessions.Options{Path: "/", HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode}
	inner.IsNew = true
	cookie, err := r.Cookie(name)
	if err != nil || len(cookie.Value) != idLength {
		return inner, nil
	}
	row, err := s.storage.Load(r.Context(), hash(cookie.Value))
	if errors.Is(err, ErrNotFound) {
		return inner, nil
	}
	if err != nil {
		return inner, err
	}
	if !s.now().Before(row.ExpiresAt) {
		return inner, s.storage.Delete(r.Context(), hash(cookie.Value))
	}
	var flashes []Flash
	if err := json.Unmarshal([]byte(row.Data), &flashes); err != nil {
		return inner, err
	}
	inner.ID, inner.IsNew = cookie.Value, false
	inner.Values[rowKey] = row
	for _, f := range flashes {
		inner.AddFlash(f)
	}
	return inner, nil
}

// Save writes the session. A new one gets an id and a cookie; one whose
// Options.MaxAge is negative is ended and its cookie taken back. ErrNotFound
// when a session known before was ended meanwhile.
func (s *Store) Save(r *http.Request, w http.ResponseWriter, inner *sessions.Session) error {
	if inner.Options.MaxAge < 0 {
		s.setCookie(w, sessions.NewCookie(inner.Name(), "", inner.Options))
		if inner.IsNew {
			return nil
		}
		return s.storage.Delete(r.Context(), hash(inner.ID))
	}
	now := s.now()
	row, _ := inner.Values[rowKey].(Row)
	if inner.IsNew {
		inner.ID, row.CreatedAt = newID(), now
	}
	row.SeenAt = now
	row.ExpiresAt = now.Add(IdleLife)
	if end := row.CreatedAt.Add(AbsoluteLife); end.Before(row.ExpiresAt) {
		row.ExpiresAt = end
	}
	data, err := json.Marshal(flashesOf(inner))
	if err != nil {
		return err
	}
	row.Data = string(data)
	inner.Values[rowKey] = row
	if !inner.IsNew {
		return s.storage.Update(r.Context(), hash(inner.ID), row)
	}
	if err := s.storage.Create(r.Context(), hash(inner.ID), row); err != nil {
		return err
	}
	inner.IsNew = false
	s.setCookie(w, sessions.NewCookie(inner.Name(), inner.ID, inner.Options))
	return nil
}

// setCookie replaces a cookie of the same name that this answer already sets.
func (s *Store) setCookie(w http.ResponseWriter, cookie *http.Cookie) {
	var others []string
	for _, line := range w.Header().Values("Set-Cookie") {
		if !strings.HasPrefix(line, cookie.Name+"=") {
			others = append(others, line)
		}
	}
	w.Header()["Set-Cookie"] = append(others, cookie.String())
}

// flashesOf lists the messages without taking them.
func flashesOf(inner *sessions.Session) []Flash {
	list := []Flash{}
	taken := inner.Flashes()
	for _, f := range taken {
		list = append(list, f.(Flash))
		inner.AddFlash(f)
	}
	return list
}

// forget makes the session an empty one that is not kept yet.
func forget(inner *sessions.Session) {
	inner.ID, inner.IsNew = "", true
	clear(inner.Values)
}

const idLength = 43 // 256 bits in base64url

func newID() string {
	b := make([]byte, 32)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

func hash(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:])
}
