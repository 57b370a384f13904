package db

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"
)

// tx is one transaction and the moment it happens at. On SQLite it may hold the
// changes of several callers, each made as if the others were done.
type tx struct {
	*sql.Tx
	now time.Time

	engine     engine
	prepared   *statements
	unprepared []string // queries met for the first time

	// Of the change that is being made:
	figures  map[figureKey]figure     // what it changes of the statistics
	webhooks map[int64][]subscription // per reseller, as it found them
}

// change is a transaction that a caller waits for.
type change struct {
	ctx  context.Context
	fn   func(*tx) error
	done chan struct{} // closed when err says how it went
	err  error
}

// queue lets the changes that wait for the one writer of a SQLite file share a
// commit, which is what they wait for most: each caller is answered when its
// change is on the disk, or alone undone.
type queue struct {
	mu      sync.Mutex
	waiting []*change
	turn    chan struct{} // holds one: whose turn it is commits for all who wait
}

// add queues a change and returns when it is done.
func (q *queue) add(c *change, commit func([]*change)) {
	q.mu.Lock()
	q.waiting = append(q.waiting, c)
	q.mu.Unlock()
	select {
	case <-c.done:
		return
	case q.turn <- struct{}{}:
	}
	defer func() { <-q.turn }()
	q.mu.Lock()
	together := q.waiting
	q.waiting = nil
	q.mu.Unlock()
	if len(together) > 0 { // else somebody did this one, too, just now
		commit(together)
	}
}

// commit makes changes one after the other in one transaction of the engine.
func (db *DB) commit(changes []*change) {
	all := errBrokeOff
	defer func() {
		for _, c := range changes {
			c.err = driverError(cmp.Or(c.err, all))
			close(c.done)
		}
	}()
	all = db.together(changes)
}

// errBrokeOff is the answer of changes beside one that ended its goroutine.
var errBrokeOff = errors.New("the transaction broke off")

// together commits the changes that went without an error of their own. An error
// means that none was committed.
func (db *DB) together(changes []*change) error {
	t := &tx{engine: db.engine, prepared: &db.prepared}
	ctx := t.lasting(changes[0].ctx)
	var err error
	if t.Tx, err = db.write.BeginTx(ctx, nil); err != nil {
		return err
	}
	defer t.Rollback()
	for _, c := range changes {
		t.now = db.now()
		if len(changes) == 1 {
			if c.err = c.make(t); c.err != nil {
				return nil
			}
		} else if err := c.makeApart(t); err != nil {
			return err
		}
	}
	if err := t.Commit(); err != nil {
		return err
	}
	if db.engine == sqlite {
		db.prepared.learn(ctx, db.write, t.unprepared)
	}
	return nil
}

// make runs the change, unless nobody waits for it any more.
func (c *change) make(t *tx) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = &panicked{cause, debug.Stack()}
		}
	}()
	if err := c.ctx.Err(); err != nil {
		return err
	}
	t.figures, t.webhooks = nil, nil
	if err := c.fn(t); err != nil {
		return err
	}
	return keepFigures(c.ctx, t)
}

// makeApart is make that leaves nothing of a failed change behind; an error says
// that this was not possible.
func (c *change) makeApart(t *tx) error {
	ctx := context.WithoutCancel(c.ctx)
	if _, err := t.ExecContext(ctx, `savepoint change`); err != nil {
		return err
	}
	if c.err = c.make(t); c.err != nil {
		if _, err := t.ExecContext(ctx, `rollback to change`); err != nil {
			return err
		}
	}
	_, err := t.ExecContext(ctx, `release change`)
	return err
}

// panicked carries a change's panic to its own caller.
type panicked struct {
	cause any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("%v\n\n%s", p.cause, p.stack) }

// lasting is the context of a statement. On SQLite a caller that goes away must
// not interrupt a transaction that others share; it takes no time that matters.
func (t *tx) lasting(ctx context.Context) context.Context {
	if t.engine == sqlite {
		return context.WithoutCancel(ctx)
	}
	return ctx
}
