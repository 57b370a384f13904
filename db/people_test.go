package db_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"certbay/db"
	"certbay/db/dbtest"
)

const (
	goodPassword  = "a quiet harbour at dawn"
	otherPassword = "seven boats left before noon"
	testIP        = "192.0.2.7"
)

// office is a book with one reseller and its owner.
type office struct {
	*db.DB
	reseller db.Reseller
	owner    db.Person
}

func openOffice(t *testing.T) *office {
	t.Helper()
	book := dbtest.Open(t)
	reseller, err := book.CreateReseller(t.Context(), db.System, db.NewReseller{Name: "Liman", Company: "Liman Bilişim A.Ş.", Email: "info@liman.example", AllowanceCents: 5000})
	if err != nil {
		t.Fatal(err)
	}
	owner, err := book.CreatePerson(t.Context(), db.System, db.NewPerson{ResellerID: reseller.ID, Role: db.RoleOwner, Name: "Deniz", Email: " Deniz@Liman.example ", Password: goodPassword})
	if err != nil {
		t.Fatal(err)
	}
	return &office{DB: book, reseller: reseller, owner: owner}
}

// later moves the book's clock by d for good.
func (o *office) later(d time.Duration) {
	then := o.Now().Add(d)
	o.Now = func() time.Time { return then }
}

func (o *office) auditText(t *testing.T) string {
	t.Helper()
	rows, _, err := o.AuditRows(t.Context(), db.AuditFilter{Page: db.Page{Limit: 200}})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%+v", rows)
}

func (o *office) actions(t *testing.T, prefix string) int {
	t.Helper()
	_, n, err := o.AuditRows(t.Context(), db.AuditFilter{Action: prefix})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (o *office) newSession(t *testing.T, idHash string) {
	t.Helper()
	now := o.Now()
	err := o.CreateSession(context.Background(), db.Session{IDHash: idHash, PersonID: o.owner.ID, Data: "{}", IP: testIP, Agent: "test",
		CreatedAt: now, SeenAt: now, ExpiresAt: now.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
}
