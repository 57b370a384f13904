package db_test

import (
	"errors"
	"testing"
	"time"

	"certbay/db"
)

func TestEndedSessionIsNotRevivedByARequestUnderWay(t *testing.T) {
	o := openOffice(t)
	o.newSession(t, "s1")
	inFlight, err := o.Session(t.Context(), "s1")
	if err != nil {
		t.Fatal(err)
	}
	if err := o.EndSession(t.Context(), o.owner.Actor(testIP), o.owner.ID, "s1"); err != nil {
		t.Fatal(err)
	}
	if err := o.UpdateSession(t.Context(), inFlight); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("update: %v", err)
	}
	if _, err := o.Session(t.Context(), "s1"); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("session: %v", err)
	}
}

func TestNobodyEndsAnotherPersonsSession(t *testing.T) {
	o := openOffice(t)
	o.newSession(t, "s1")
	other, err := o.CreatePerson(t.Context(), db.System, db.NewPerson{ResellerID: o.reseller.ID, Role: db.RoleViewer, Name: "X", Email: "x@liman.example", Password: goodPassword})
	if err != nil {
		t.Fatal(err)
	}
	if err := o.EndSession(t.Context(), other.Actor(testIP), other.ID, "s1"); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("end: %v", err)
	}
	if _, err := o.Session(t.Context(), "s1"); err != nil {
		t.Errorf("session: %v", err)
	}
}

func TestPurgeForgetsOnlyWhatExpired(t *testing.T) {
	o := openOffice(t)
	o.newSession(t, "old")
	o.later(30 * time.Minute)
	o.newSession(t, "young")
	o.later(45 * time.Minute)
	if list, err := o.SessionsOf(t.Context(), o.owner.ID); err != nil || len(list) != 1 {
		t.Errorf("an expired session is listed: %+v, %v", list, err)
	}
	if err := o.PurgeSessions(t.Context(), o.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Session(t.Context(), "old"); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("old: %v", err)
	}
	if _, err := o.Session(t.Context(), "young"); err != nil {
		t.Errorf("young: %v", err)
	}
}

func TestEndingTheOtherSessionsKeepsThisOne(t *testing.T) {
	o := openOffice(t)
	o.newSession(t, "here")
	o.newSession(t, "phone")
	o.newSession(t, "office")
	for range 2 {
		if err := o.EndOtherSessions(t.Context(), o.owner.Actor(testIP), o.owner.ID, "here"); err != nil {
			t.Fatal(err)
		}
		if left, err := o.SessionsOf(t.Context(), o.owner.ID); err != nil || len(left) != 1 || left[0].IDHash != "here" {
			t.Fatalf("left %+v, %v", left, err)
		}
	}
	if n := o.actions(t, "session.end_others"); n != 1 {
		t.Errorf("%d audit rows, want 1: ending none is no change", n)
	}
}
