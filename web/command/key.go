package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"certbay/db"
)

// Key says where the key is that seals secrets in the book.
type Key struct {
	KeyFile string `help:"File with the key that seals secrets in the book: 32 random bytes in base64. Or the key itself in CERTBAY_KEY. Default: book.key in the data folder, made at the first start." type:"path" placeholder:"FILE"`
}

// Source is the key's, of a book in a data folder.
func (k Key) Source(data string) db.KeySource {
	return db.KeySource{Text: os.Getenv("CERTBAY_KEY"), File: k.KeyFile, Own: filepath.Join(data, "book.key")}
}

// RotateKey gives a book another key.
type RotateKey struct {
	Book
	Key
	NewKeyFile string `required:"" help:"File with the new key; it is made, with a random key, where it is not there." type:"path" placeholder:"FILE"`
}

// Run seals every secret anew, all or none. No key file is moved or removed: the
// one before is needed for copies of the book made before.
func (r RotateKey) Run(ctx context.Context) error {
	book, err := r.OpenExisting(ctx)
	if err != nil {
		return err
	}
	defer book.Close()
	if err := book.Unlock(ctx, r.Source(r.Data)); err != nil {
		return err
	}
	key, err := db.KeySource{Own: r.NewKeyFile}.Key()
	if err != nil {
		return err
	}
	done, err := book.RotateKey(ctx, db.System, key)
	switch {
	case errors.Is(err, db.ErrSameKey):
		return fmt.Errorf("%w: nothing was changed", err)
	case err != nil:
		return err
	}
	fmt.Printf("%d secrets are sealed with the new key %s, none with %s any more\n", done.Secrets, done.To, done.From)
	fmt.Printf("portals that have this book open can't read them until they are started anew with --key-file %s\n", r.NewKeyFile)
	if r.KeyFile == "" && os.Getenv("CERTBAY_KEY") == "" {
		fmt.Printf("(or move it to %s first, and keep the one before for copies of the book made before)\n", filepath.Join(r.Data, "book.key"))
	}
	return nil
}
