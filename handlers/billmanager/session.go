package billmanager

import (
	"crypto/rand"
	"sync"
	"time"
)

const (
	// sessionIdle is how long a session lives without a call.
	sessionIdle = time.Hour
	// maxSessions bounds how many are remembered; the one that rested longest goes first.
	maxSessions = 2000
)

// sessions are the logins of func=auth. They are kept in memory: a program whose
// session is gone logs in again, as after an idle hour.
type sessions struct {
	mu   sync.Mutex
	open map[string]login // guarded by mu
}

type login struct {
	secret string
	ip     string
	last   time.Time
}

// begin makes a session for a key at an address, and answers its id.
func (s *sessions) begin(secret, ip string, now time.Time) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	oldest := ""
	for id, l := range s.open {
		if now.Sub(l.last) > sessionIdle {
			delete(s.open, id)
		} else if oldest == "" || l.last.Before(s.open[oldest].last) {
			oldest = id
		}
	}
	if len(s.open) >= maxSessions {
		delete(s.open, oldest)
	}
	if s.open == nil {
		s.open = map[string]login{}
	}
	id := rand.Text()
	s.open[id] = login{secret, ip, now}
	return id
}

// secret is the key that a session was begun with, "" when it is over or was begun
// at another address.
func (s *sessions) secret(id, ip string, now time.Time) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, there := s.open[id]
	if !there || l.ip != ip {
		return ""
	}
	if now.Sub(l.last) > sessionIdle {
		delete(s.open, id)
		return ""
	}
	l.last = now
	s.open[id] = l
	return l.secret
}
