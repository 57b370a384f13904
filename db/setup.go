package db

import (
	"context"
	"errors"
)

// setupSetting holds the hash of the token that makes the first admin.
const setupSetting = "setup_token"

func adminExists(ctx context.Context, q querier) (bool, error) {
	var admins int
	err := q.QueryRowContext(ctx, `select count(*) from person where role = 'admin'`).Scan(&admins)
	return admins > 0, driverError(err)
}

// SetupToken gives a new one-time token to make the first admin with; the one
// before it stops working. ErrGone once there is an admin, for ever.
func (db *DB) SetupToken(ctx context.Context) (string, error) {
	token := newToken()
	err := db.transact(ctx, func(t *tx) error {
		exists, err := adminExists(ctx, t)
		if err != nil {
			return err
		}
		if exists {
			return ErrGone
		}
		_, err = t.ExecContext(ctx, `insert into setting (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value`,
			setupSetting, hashToken(token))
		return err
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

// CheckSetupToken answers ErrGone unless the token may still make the first admin.
func (db *DB) CheckSetupToken(ctx context.Context, token string) error {
	exists, err := adminExists(ctx, db.read)
	if err != nil {
		return err
	}
	var hash string
	err = driverError(db.read.QueryRowContext(ctx, `select value from setting where name = $1`, setupSetting).Scan(&hash))
	if errors.Is(err, ErrNotFound) || (err == nil && (exists || hash != hashToken(token))) {
		return ErrGone
	}
	return err
}

// CreateFirstAdmin spends the setup token on the first admin. ErrGone when the
// token is wrong or spent, or an admin exists; *WeakPassword, ErrInvalid and
// ErrDuplicate leave the token as it was.
func (db *DB) CreateFirstAdmin(ctx context.Context, token, name, email, password, ip string) (Person, error) {
	if err := db.CheckSetupToken(ctx, token); err != nil {
		return Person{}, err
	}
	n := NewPerson{Role: RoleAdmin, Name: name, Email: email, Password: password}
	hash, err := n.prepare(ctx)
	if err != nil {
		return Person{}, err
	}
	var made Person
	err = db.transact(ctx, func(t *tx) error {
		// The row lets one of several in; the others find it gone.
		err := changed(ctx, t, `delete from setting where name = $1 and value = $2`, setupSetting, hashToken(token))
		if errors.Is(err, ErrStale) {
			return ErrGone
		}
		if err != nil {
			return err
		}
		exists, err := adminExists(ctx, t)
		if err != nil {
			return err
		}
		if exists {
			return ErrGone
		}
		made, err = insertPerson(ctx, t, Actor{Kind: BySystem, Name: "setup link", IP: ip}, n, hash)
		return err
	})
	return made, err
}
