package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"certbay/db"
	"certbay/providers"
)

// Desk turns the name of an upstream, as offers and orders have it, into the
// adapter that speaks to it: those of the book's rows, opened by their kind when
// first asked for and again when the row changes, and fixed ones beside them.
// Safe for concurrent use.
type Desk struct {
	book  *db.DB
	kinds []providers.Kind
	fixed providers.Registry
	log   *slog.Logger

	mu     sync.Mutex
	opened map[string]opened // by name
}

type opened struct {
	changedAt time.Time // of the row that it was opened from
	id        int64
	provider  providers.Provider
}

// NewDesk makes a desk over a book. A row is never opened by a name that is fixed.
func NewDesk(book *db.DB, kinds []providers.Kind, fixed providers.Registry, log *slog.Logger) *Desk {
	return &Desk{book: book, kinds: kinds, fixed: fixed, log: log, opened: map[string]opened{}}
}

// Upstream finds an upstream by its name. The error names what is missing.
func (d *Desk) Upstream(ctx context.Context, name string) (providers.Provider, error) {
	if p, ok := d.fixed[name]; ok {
		return p, nil
	}
	row, err := d.book.UpstreamNamed(ctx, name)
	if errors.Is(err, db.ErrNotFound) {
		return nil, fmt.Errorf("upstream %q is not set up", name)
	}
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if o, ok := d.opened[name]; ok && o.id == row.ID && o.changedAt.Equal(row.ChangedAt) {
		return o.provider, nil
	}
	secrets, err := d.book.UpstreamSecrets(ctx, row.ID)
	if err != nil {
		return nil, fmt.Errorf("upstream %q: %w", name, err)
	}
	p, err := d.Open(row, secrets)
	if err != nil {
		return nil, err
	}
	d.opened[name] = opened{changedAt: row.ChangedAt, id: row.ID, provider: p}
	return p, nil
}

// Open makes the adapter of a row and its secrets, for use beside the kept ones:
// to try an account before it is kept.
func (d *Desk) Open(row db.Upstream, secrets map[string]string) (providers.Provider, error) {
	kind, ok := providers.KindNamed(d.kinds, row.Kind)
	if !ok {
		return nil, fmt.Errorf("upstream %q: this program does not know the kind %q", row.Name, row.Kind)
	}
	fields := maps.Clone(row.Fields)
	if fields == nil {
		fields = map[string]string{}
	}
	maps.Copy(fields, secrets)
	return kind.Open(providers.Account{Name: row.Name, BaseURL: row.BaseURL, Fields: fields, Log: d.log})
}

// Names lists all upstreams.
func (d *Desk) Names(ctx context.Context) ([]string, error) {
	rows, err := d.book.Upstreams(ctx)
	if err != nil {
		return nil, err
	}
	names := slices.Collect(maps.Keys(d.fixed))
	for _, r := range rows {
		if _, taken := d.fixed[r.Name]; !taken {
			names = append(names, r.Name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// Can says whether an upstream has an ability (see providers.Abilities); one that
// is not set up has none.
func (d *Desk) Can(ctx context.Context, upstream, ability string) (bool, error) {
	if p, ok := d.fixed[upstream]; ok {
		return slices.Contains(providers.Abilities(p), providers.Ability(ability)), nil
	}
	row, err := d.book.UpstreamNamed(ctx, upstream)
	if errors.Is(err, db.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	kind, _ := providers.KindNamed(d.kinds, row.Kind)
	return slices.Contains(kind.Able, providers.Ability(ability)), nil
}
