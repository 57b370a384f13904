// Package session is what the portal remembers about one browser between two
// requests: who is signed in, and the messages that the next page shows.
//
// The browser's cookie holds a random id; the storage knows only the id's
// SHA-256. A visitor gets a cookie and a row when there is something to
// remember, not before.
package session

import (
	"errors"
	"strings"
	"time"

	"github.com/gorilla/sessions"
	"github.com/labstack/echo/v4"
)

// Flash is a message for the next page. Kind is success, info, warning or error.
type Flash struct {
	Kind string `json:"kind"`
	Text string `json:"text"` // translated
}

// Session is the visit of one browser, within one request.
type Session struct {
	store *Store
	inner *sessions.Session
	c     echo.Context
}

const contextKey = "session"

// Current is the session that Open put into this request; nil when it did not.
func Current(c echo.Context) *Session {
	s, _ := c.Get(contextKey).(*Session)
	return s
}

// Open finds the session of the request, or starts an empty one that is kept
// only once there is something to keep. When touch is set it notes, to the
// minute, that the session was seen, which keeps it from idling out.
func (s *Store) Open(c echo.Context, touch bool) (*Session, error) {
	inner, err := s.Get(c.Request(), s.name)
	if err != nil {
		return nil, err
	}
	v := &Session{store: s, inner: inner, c: c}
	if touch && !inner.IsNew && s.now().Sub(v.row().SeenAt) >= touchEvery {
		if err := v.save(); errors.Is(err, ErrNotFound) {
			forget(inner)
		} else if err != nil {
			return nil, err
		}
	}
	c.Set(contextKey, v)
	return v, nil
}

func (v *Session) row() Row {
	row, _ := v.inner.Values[rowKey].(Row)
	return row
}

// PersonID is who is signed in; 0 for nobody.
func (v *Session) PersonID() int64 { return v.row().PersonID }

// IDHash is the storage's name of this session; empty when it is not kept yet.
func (v *Session) IDHash() string {
	if v.inner.IsNew {
		return ""
	}
	return hash(v.inner.ID)
}

// SignIn makes this the visit of a person, under a new id: an id that somebody
// knew before is worth nothing afterwards.
func (v *Session) SignIn(personID int64) error {
	if !v.inner.IsNew {
		if err := v.store.storage.Delete(v.c.Request().Context(), v.IDHash()); err != nil {
			return err
		}
	}
	forget(v.inner)
	v.inner.Values[rowKey] = Row{PersonID: personID}
	return v.save()
}

// SignOut forgets the visit and has the browser forget the cookie.
func (v *Session) SignOut() error {
	v.inner.Options.MaxAge = -1
	err := v.save()
	v.inner.Options.MaxAge = 0
	forget(v.inner)
	return err
}

// AddFlash leaves a message for the next page.
func (v *Session) AddFlash(kind, text string) error {
	v.inner.AddFlash(Flash{Kind: kind, Text: text})
	return v.save()
}

// Flashes takes the messages left by earlier requests; they are shown once.
func (v *Session) Flashes() ([]Flash, error) {
	var taken []Flash
	for _, f := range v.inner.Flashes() {
		taken = append(taken, f.(Flash))
	}
	if len(taken) == 0 {
		return nil, nil
	}
	// A session that was ended meanwhile has nothing to take from any more.
	if err := v.save(); err != nil && !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	return taken, nil
}

func (v *Session) save() error {
	row := v.row()
	row.IP = v.c.RealIP()
	agent := v.c.Request().UserAgent()
	row.Agent = strings.ToValidUTF8(agent[:min(len(agent), maxAgent)], "")
	v.inner.Values[rowKey] = row
	return v.store.Save(v.c.Request(), v.c.Response(), v.inner)
}

// How long a session lives: without being used, and at all.
const (
	IdleLife     = 8 * time.Hour
	AbsoluteLife = 7 * 24 * time.Hour
	touchEvery   = time.Minute
	maxAgent     = 300
)
