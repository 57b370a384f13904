package ssl247

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"certbay/db"
)

// requestHealthCheck is /certificate/{id}/request-health-check: a look at how the
// certificate is installed. The answer is a sentence, as the document has it.
func (c *call) requestHealthCheck() (any, error) {
	begun := c.Book.Now()
	find, job, err := c.askHealth()
	if err != nil {
		return nil, err
	}
	if err := c.Gate.Await(c.Ctx, patience, job); err != nil {
		return nil, err
	}
	i, err := find()
	if err != nil {
		return nil, err
	}
	return healthWords(i, begun), nil
}

// askHealth asks for the look and says where its outcome is found.
func (c *call) askHealth() (find func() (db.Installation, error), job int64, err error) {
	if text, foreign := strings.CutPrefix(c.path[0], externalPrefix); foreign {
		n, _ := strconv.ParseInt(text, 10, 64)
		job, err = c.Book.AskExternalInstallation(c.Ctx, c.Caller.ResellerID, n)
		if errors.Is(err, db.ErrNotFound) {
			err = errNoCertificate
		}
		return func() (db.Installation, error) {
			return c.Book.ExternalInstallation(c.Ctx, c.Caller.ResellerID, n)
		}, job, err
	}
	o, err := c.ownCertificate(c.path[0])
	if err == nil {
		job, err = c.Book.AskInstallation(c.Ctx, o.ResellerID, o.ID)
	}
	if errors.Is(err, db.ErrStale) {
		err = errNotIssued
	}
	return func() (db.Installation, error) { return c.Book.Installation(c.Ctx, o.ResellerID, o.ID) }, job, err
}

// healthWords say what a look found.
func healthWords(i db.Installation, begun time.Time) string {
	at := i.Host + ":443"
	if i.Pending(begun) {
		return "Requested: " + at + " is being checked; ask again"
	}
	switch i.Problem {
	case db.LookNoHost:
		return "Not installed: " + i.Host + " has no address"
	case db.LookNotPublic:
		return "Not checked: " + i.Host + " is not on the public internet"
	case db.LookUnreachable:
		return "Not installed: nothing answers on " + at
	case db.LookNoTLS:
		return "Not installed: no TLS on " + at
	}
	until := i.NotAfter.UTC().Format(time.DateOnly)
	if i.InOrder() {
		return fmt.Sprintf("OK: installed on %s, serial number %s, the chain is complete, valid until %s", at, i.Serial, until)
	}
	var faults []string
	for _, f := range []struct {
		good  bool
		words string
	}{
		{i.Same, "another certificate is installed, serial number " + i.Serial + " by " + i.IssuerName},
		{i.NameMatches, "it is not for " + i.Host},
		{i.InTime, "it is not valid now (its end is " + until + ")"},
		{i.ChainComplete, "an intermediate certificate is missing"},
	} {
		if !f.good {
			faults = append(faults, f.words)
		}
	}
	return "Not in order on " + at + ": " + strings.Join(faults, "; ")
}
