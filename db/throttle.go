package db

import (
	"context"
	"net/netip"
	"time"
)

// Throttled is the refusal of somebody who tried too often.
type Throttled struct{ RetryAfter time.Duration }

func (e *Throttled) Error() string { return "too many attempts" }

// limit is how many attempts a subject has within a window that starts with the
// first of them.
type limit struct {
	attempts int64
	window   time.Duration
}

var (
	signInPerAccount = limit{10, 15 * time.Minute}
	signInPerAddress = limit{50, 15 * time.Minute}
	resetPerAccount  = limit{3, time.Hour}
	resetPerAddress  = limit{20, time.Hour}

	// Mails to addresses that a reseller's staff types in.
	linksPerRecipient = limit{10, time.Hour}
	linksPerReseller  = limit{300, time.Hour}
	approvalsPerName  = limit{10, time.Hour}
)

// The names of what is counted. An e-mail address is kept as a hash: it may be
// anything that somebody typed, a password in the wrong field included.
func signInAccount(email string) string { return "sign-in account " + hashToken(email) }
func signInAddress(ip string) string    { return "sign-in address " + Network(ip) }
func resetAccount(email string) string  { return "reset account " + hashToken(email) }
func resetAddress(ip string) string     { return "reset address " + Network(ip) }
func linkRecipient(email string) string { return "link recipient " + hashToken(normalEmail(email)) }
func linkReseller(id int64) string      { return "link " + object("reseller", id) }
func approvalName(dcv int64) string     { return "approval " + object("dcv", dcv) }

// Network is whom an address counts for: itself for IPv4, its /64 for IPv6, where
// one customer has a whole network of addresses.
func Network(ip string) string {
	addr, err := netip.ParseAddr(ip)
	if err != nil || addr.Unmap().Is4() {
		return ip
	}
	prefix, _ := addr.WithZone("").Prefix(64)
	return prefix.String()
}

// countAttempt counts an attempt before it is made, so that many at once can't
// slip through, and answers *Throttled when the subject had its share. first
// is true for the attempt that is refused first in a window.
func countAttempt(ctx context.Context, t *tx, subject string, l limit) (first bool, err error) {
	var attempts int64
	var start time.Time
	err = t.QueryRowContext(ctx,
		`insert into throttle (subject, attempts, window_start) values ($1, 1, $2)
		 on conflict (subject) do update set
		   attempts = case when throttle.window_start <= $3 then 1 else throttle.attempts + 1 end,
		   window_start = case when throttle.window_start <= $3 then $2 else throttle.window_start end
		 returning attempts, window_start`,
		subject, t.now, t.now.Add(-l.window)).Scan(&attempts, moment{&start})
	if err != nil {
		return false, err
	}
	if attempts > l.attempts {
		return attempts == l.attempts+1, &Throttled{RetryAfter: start.Add(l.window).Sub(t.now)}
	}
	return false, nil
}

// forgiveAttempt takes back one counted attempt that turned out to be right.
func forgiveAttempt(ctx context.Context, t *tx, subject string) error {
	_, err := t.ExecContext(ctx, `update throttle set attempts = attempts - 1 where subject = $1 and attempts > 0`, subject)
	return err
}

// clearAttempts forgets the subject's attempts.
func clearAttempts(ctx context.Context, t *tx, subject string) error {
	_, err := t.ExecContext(ctx, `delete from throttle where subject = $1`, subject)
	return err
}
