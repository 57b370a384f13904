package web

import (
	"context"
	"errors"

	"certbay/db"
	"certbay/web/session"
)

// sessionRows is the book as web/session asks for it.
type sessionRows struct{ book *db.DB }

func (s sessionRows) Load(ctx context.Context, idHash string) (session.Row, error) {
	v, err := s.book.Session(ctx, idHash)
	if err != nil {
		return session.Row{}, sessionError(err)
	}
	return session.Row{PersonID: v.PersonID, Data: v.Data, IP: v.IP, Agent: v.Agent,
		CreatedAt: v.CreatedAt, SeenAt: v.SeenAt, ExpiresAt: v.ExpiresAt}, nil
}

func (s sessionRows) Create(ctx context.Context, idHash string, row session.Row) error {
	return s.book.CreateSession(ctx, sessionOf(idHash, row))
}

func (s sessionRows) Update(ctx context.Context, idHash string, row session.Row) error {
	return sessionError(s.book.UpdateSession(ctx, sessionOf(idHash, row)))
}

func (s sessionRows) Delete(ctx context.Context, idHash string) error {
	return s.book.DeleteSession(ctx, idHash)
}

func sessionOf(idHash string, row session.Row) db.Session {
	return db.Session{IDHash: idHash, PersonID: row.PersonID, Data: row.Data, IP: row.IP, Agent: row.Agent,
		CreatedAt: row.CreatedAt, SeenAt: row.SeenAt, ExpiresAt: row.ExpiresAt}
}

func sessionError(err error) error {
	if errors.Is(err, db.ErrNotFound) {
		return session.ErrNotFound
	}
	return err
}
