package db

import (
	"context"
	"errors"
	"strings"
	"time"
)

const (
	// externalEvery is how often a certificate from elsewhere is looked at; from
	// the first warning on, every day.
	externalEvery = 7 * 24 * time.Hour
	externalDaily = 24 * time.Hour
)

// externalWarnings are how many days before its end a certificate from elsewhere is
// warned of.
var externalWarnings = []int{30, 14, 7, 1}

// WatchExternal asks for a look at certificates from elsewhere whose turn it is:
// each once a week, and daily when its end is near.
func (db *DB) WatchExternal(ctx context.Context) error {
	for {
		var due []ExternalCertificate
		err := db.transact(ctx, func(t *tx) (err error) {
			due, err = collect(ctx, t, scanExternal, `select `+externalColumns+` from external_certificate x where x.look_at <= $1 order by x.look_at limit $2`, t.now, warnStep)
			for _, x := range due {
				if err != nil {
					return err
				}
				next := externalEvery
				if !x.NotAfter.IsZero() && x.NotAfter.Before(t.now.AddDate(0, 0, externalWarnings[0]+1)) {
					next = externalDaily
				}
				err = changed(ctx, t, `update external_certificate set look_at = $1 where id = $2 and look_at <= $3`, t.now.Add(next), x.ID, t.now)
				if err == nil {
					_, err = askLook(ctx, t, "external_id", x.ID, x.ResellerID, webHost(x.CommonName, []string{strings.TrimPrefix(x.CommonName, "*.")}))
				}
			}
			return err
		})
		if err != nil || len(due) < warnStep {
			return err
		}
	}
}

// warnExternal mails the reseller that a certificate from elsewhere ends in 30, 14,
// 7 days or 1, each once; of days that passed while nobody looked only the last.
func warnExternal(ctx context.Context, t *tx, id int64, word func(x ExternalCertificate, days int, to string) Mail) error {
	x, err := one(ctx, t, scanExternal, `select `+externalColumns+` from external_certificate x where x.id = $1`, id)
	if err != nil {
		return err
	}
	days, _ := warningOf(externalWarnings, t.now, x.NotAfter)
	if days == 0 || x.Warned != 0 && x.Warned <= days {
		return nil
	}
	err = changed(ctx, t, `update external_certificate set warned = $1 where id = $2 and warned = $3`, days, id, x.Warned)
	if errors.Is(err, ErrStale) {
		return nil // somebody else warned
	}
	if err != nil || word == nil {
		return err
	}
	var to string
	if err := t.QueryRowContext(ctx, `select email from reseller where id = $1`, x.ResellerID).Scan(&to); err != nil || to == "" {
		return err
	}
	return queueMail(ctx, t, word(x, days, to))
}
