package jobs

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"certbay/db"
	"certbay/providers"
)

// How far two clocks may be apart before a date counts as another: an upstream
// that tells days rounds them by its own time zone, and a term begins there when it
// was issued, here when that was seen.
const (
	momentSlack = time.Second
	daySlack    = 36 * time.Hour
	termSlack   = 3 * 24 * time.Hour
)

// sameMoment compares a date of the upstream with ours; what one of them does not
// know is no difference.
func sameMoment(ours, theirs time.Time) bool {
	slack := momentSlack
	if theirs.Equal(theirs.UTC().Truncate(24 * time.Hour)) {
		slack = daySlack
	}
	return ours.IsZero() || theirs.IsZero() || ours.Sub(theirs).Abs() < slack
}

func sameTerm(ours, theirs time.Time) bool {
	return ours.IsZero() || theirs.IsZero() || ours.Sub(theirs).Abs() <= termSlack
}

// samePlace compares main names and addresses. A wildcard's base and a www. are the
// same to those who list orders.
func samePlace(ours, theirs string) bool {
	bare := func(s string) string {
		s = strings.TrimSuffix(strings.ToLower(strings.TrimSpace(s)), ".")
		return strings.TrimPrefix(strings.TrimPrefix(s, "*."), "www.")
	}
	return ours == "" || theirs == "" || bare(ours) == bare(theirs)
}

// agrees says whether the list settles an order: it tells nothing else than the
// book, and enough of it. It is pure.
func agrees(b db.Belief, o providers.Order) bool {
	if b.State == db.CertificateRequested {
		return o.State == providers.StateProcessing || o.State == providers.StateValidationPending
	}
	there := o.Domain
	if b.Kind == db.KindLicence {
		there = o.IP
		if b.Suspended != (o.State == providers.StateSuspended) {
			return false
		}
	} else if b.Serial != "" && o.ValidTill.IsZero() {
		return false // another certificate would look the same
	}
	return (o.State == providers.StateIssued || o.State == providers.StateSuspended) &&
		sameTerm(b.EndsAt, o.TermEndsAt) && samePlace(b.Domain, there) && sameMoment(b.NotBefore, o.ValidFrom) && sameMoment(b.NotAfter, o.ValidTill)
}

// differences says what an upstream tells differently of an order that was
// delivered. cert is empty where it was not asked for. It is pure.
func differences(b db.Belief, s providers.Status, cert providers.Certificate) (list []db.Drift) {
	add := func(what db.DriftKind, ours, theirs string) {
		list = append(list, db.Drift{What: what, Ours: ours, Theirs: theirs})
	}
	ours, theirs := "active", string(s.State)
	if b.Suspended {
		ours = "suspended"
	}
	if s.State == providers.StateIssued || s.Reissuing {
		theirs = "active"
	}
	if s.State == providers.StateSuspended && b.Kind != db.KindLicence {
		theirs = ours
	}
	if ours != theirs {
		add(db.DriftStatus, ours, theirs)
		if s.State.Final() {
			return list // what has ended needs no dates
		}
	}
	if !sameTerm(b.EndsAt, s.TermEndsAt) {
		add(db.DriftTerm, b.EndsAt.Format(time.RFC3339), s.TermEndsAt.UTC().Format(time.RFC3339))
	}
	if there := mainPlace(b, s); !samePlace(b.Domain, there) {
		add(db.DriftDomain, b.Domain, strings.ToLower(there))
	}
	switch {
	case cert.Serial == "":
	case cert.Serial != b.Serial:
		add(db.DriftSerial, b.Serial, cert.Serial)
	case !sameMoment(b.NotAfter, cert.NotAfter):
		add(db.DriftValidity, b.NotAfter.Format(time.RFC3339), cert.NotAfter.UTC().Format(time.RFC3339))
	}
	return list
}

// mainPlace is the upstream's word of the main name or address; "" where it does
// not tell. A reissue may name others first, so a name that is among them counts.
func mainPlace(b db.Belief, s providers.Status) string {
	if b.Kind == db.KindLicence {
		return s.IP
	}
	for _, d := range s.Domains {
		if samePlace(b.Domain, d.Name) {
			return b.Domain
		}
	}
	if len(s.Domains) == 0 {
		return ""
	}
	return s.Domains[0].Name
}

// notOurs is a certificate that was issued for another key than the one handed in.
type notOurs struct{ cause error }

func (n *notOurs) Error() string { return n.cause.Error() }
func (n *notOurs) Unwrap() error { return n.cause }

// actorOf reads who asked for a job.
func actorOf(job db.Job) (by db.Actor, err error) {
	if err := json.Unmarshal([]byte(job.Payload), &by); err != nil {
		return by, &gaveUp{cause: fmt.Sprintf("%s job: %v", job.Kind, err)}
	}
	return by, nil
}

// askedToWait is how long an upstream asked to be left alone; an hour at most.
func askedToWait(err error) time.Duration {
	var f *providers.Failure
	if errors.As(err, &f) {
		return min(f.RetryAfter, time.Hour)
	}
	return 0
}
