package db

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// KeySource says where the key that seals a book's secrets comes from; the first
// of Text and File that is set counts.
type KeySource struct {
	Text string // the key itself: 32 bytes in base64
	File string // a file that holds it
	// Own is the file that is made, readable by its owner only, at the first start
	// of a book for which neither is set, and read from then on.
	Own string
}

// settingKey is where the book notes which key its secrets are sealed with.
const settingKey = "key_id"

// Unlock finds the book's key, so that secrets can be sealed and read, and holds
// it against the one the book was begun with: two processes on one book never
// seal with different keys. It is called once, before the book is used.
func (db *DB) Unlock(ctx context.Context, from KeySource) error {
	var known string
	err := db.read.QueryRowContext(ctx, `select value from setting where name = $1`, settingKey).Scan(&known)
	if err = driverError(err); err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	key, err := from.read(known == "")
	if err != nil {
		return err
	}
	box, err := NewBox(key)
	if err != nil {
		return fmt.Errorf("the book's key: %w", err)
	}
	err = db.transact(ctx, func(t *tx) error {
		if _, err := t.ExecContext(ctx, `insert into setting (name, value) values ($1, $2) on conflict do nothing`, settingKey, box.KeyID()); err != nil {
			return err
		}
		return t.QueryRowContext(ctx, `select value from setting where name = $1`, settingKey).Scan(&known)
	})
	if err != nil {
		return err
	}
	if known != box.KeyID() {
		return fmt.Errorf("the book's secrets are sealed with the key %s, this one is %s", known, box.KeyID())
	}
	db.Box = box
	return nil
}

// read finds the key; a new one is made only for a book that has none yet.
func (s KeySource) read(fresh bool) ([]byte, error) {
	if s.Text != "" {
		return parseKey(s.Text)
	}
	file := s.File
	if file == "" {
		file = s.Own
	}
	text, err := os.ReadFile(file)
	switch {
	case err == nil:
		key, err := parseKey(string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		return key, nil
	case s.File == "" && fresh && errors.Is(err, fs.ErrNotExist):
		return makeKey(file)
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("the key that this book's secrets are sealed with is not there: %w", err)
	}
	return nil, fmt.Errorf("the book's key: %w", err)
}

func parseKey(text string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(key) != KeySize {
		return nil, fmt.Errorf("a key is %d random bytes in base64 (openssl rand -base64 %d): %w", KeySize, KeySize, ErrInvalid)
	}
	return key, nil
}

// makeKey writes a new key that appears whole or not at all. Of two processes that
// start at once both use the file that came first.
func makeKey(file string) ([]byte, error) {
	key := make([]byte, KeySize)
	rand.Read(key)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, fmt.Errorf("the book's key: %w", err)
	}
	draft, err := os.CreateTemp(filepath.Dir(file), ".key-*") // 0600
	if err != nil {
		return nil, fmt.Errorf("the book's key: %w", err)
	}
	defer os.Remove(draft.Name())
	_, err = draft.WriteString(base64.StdEncoding.EncodeToString(key) + "\n")
	if err := errors.Join(err, draft.Sync(), draft.Close()); err != nil {
		return nil, fmt.Errorf("the book's key: %w", err)
	}
	switch err := os.Link(draft.Name(), file); {
	case errors.Is(err, fs.ErrExist):
		return KeySource{File: file}.read(false)
	case err != nil:
		return nil, fmt.Errorf("the book's key: %w", err)
	}
	return key, nil
}
