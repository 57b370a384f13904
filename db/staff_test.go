package db_test

import (
	"errors"
	"strings"
	"testing"

	"certbay/db"
)

func TestRolesCanExactlyWhatTheTableSays(t *testing.T) {
	all := []db.Permission{db.View, db.PlaceOrders, db.SeeMoney, db.Billing, db.ManageStaff, db.OperatorView, db.OperatorMoney}
	for role, want := range map[db.Role]string{
		db.RoleOwner:     "view order money billing staff",
		db.RoleBilling:   "view money billing",
		db.RoleTechnical: "view order",
		db.RoleViewer:    "view money",
		db.RoleAdmin:     "operator_view operator_money",
		db.RoleSupport:   "operator_view",
		"stranger":       "",
	} {
		var got []string
		for _, p := range all {
			if role.Can(p) {
				got = append(got, string(p))
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s can %v, want %s", role, got, want)
		}
	}
}

func TestPersonsRoleFitsItsReseller(t *testing.T) {
	o := openOffice(t)
	for _, c := range []struct {
		role     db.Role
		reseller int64
	}{{db.RoleAdmin, o.reseller.ID}, {db.RoleSupport, o.reseller.ID}, {db.RoleOwner, 0}, {db.RoleViewer, 0}, {"king", 0}} {
		_, err := o.CreatePerson(t.Context(), db.System, db.NewPerson{ResellerID: c.reseller, Role: c.role, Name: "X", Email: "x@x.example", Password: goodPassword})
		if !errors.Is(err, db.ErrInvalid) {
			t.Errorf("%s of reseller %d: %v", c.role, c.reseller, err)
		}
	}
}

func TestOneAddressIsOnePerson(t *testing.T) {
	o := openOffice(t)
	if o.owner.Email != "deniz@liman.example" {
		t.Errorf("kept as %q", o.owner.Email)
	}
	_, err := o.CreatePerson(t.Context(), db.System, db.NewPerson{Role: db.RoleAdmin, Name: "X", Email: "DENIZ@liman.example", Password: goodPassword})
	if !errors.Is(err, db.ErrDuplicate) {
		t.Errorf("second person with the address: %v", err)
	}
}

func TestWeakPasswordsAreRefusedWithTheReason(t *testing.T) {
	o := openOffice(t)
	for password, want := range map[string]string{
		"elevenchars":                      "short",
		"şşşşşşşşşşş":                      "short", // 11 characters, 22 bytes
		strings.Repeat("x9", 501):          "long",
		"New.Person@liman.example":         "email",
		"Password1234":                     "common",
		"aaaaaaaaaaaaaaaa":                 "common",
		"abcabcabcabcabc":                  "common",
		"galatasaray1905":                  "common",
		"twelve chars":                     "",
		"şşşşşşşşşşşk":                     "",
		strings.Repeat("long enough ", 83): "",
	} {
		n := db.NewPerson{ResellerID: o.reseller.ID, Role: db.RoleViewer, Name: "New", Email: "new.person@liman.example", Password: password}
		p, err := o.CreatePerson(t.Context(), db.System, n)
		var weak *db.WeakPassword
		switch {
		case want == "" && err != nil && !errors.Is(err, db.ErrDuplicate):
			t.Errorf("%q refused: %v", password, err)
		case want != "" && (!errors.As(err, &weak) || weak.Code != want || !errors.Is(err, db.ErrWeakPassword)):
			t.Errorf("%q: %v (%+v), want %s", password, err, p, want)
		}
	}
}

func TestSuspendedPersonLosesItsSessions(t *testing.T) {
	o := openOffice(t)
	o.newSession(t, "s1")
	if err := o.SetPersonStatus(t.Context(), db.System, o.owner.ID, db.Suspended); err != nil {
		t.Fatal(err)
	}
	if list, err := o.SessionsOf(t.Context(), o.owner.ID); err != nil || len(list) != 0 {
		t.Errorf("sessions left: %v, %v", list, err)
	}
}

func TestPreferencesAreKnownValuesAndAudited(t *testing.T) {
	o := openOffice(t)
	by := o.owner.Actor(testIP)
	want := db.Preferences{Lang: "tr", Theme: "dark", Zone: "Europe/Istanbul"}
	if err := o.SetPreferences(t.Context(), by, o.owner.ID, want); err != nil {
		t.Fatal(err)
	}
	p, _ := o.Person(t.Context(), o.owner.ID)
	if got := (db.Preferences{Lang: p.Lang, Theme: p.Theme, Zone: p.Zone}); got != want {
		t.Errorf("kept %+v", got)
	}
	for _, bad := range []db.Preferences{{Lang: "xx"}, {Theme: "blue"}, {Zone: "Mars/Olympus"}, {Zone: "Local"}, {Zone: "../etc/passwd"}} {
		if err := o.SetPreferences(t.Context(), by, o.owner.ID, bad); !errors.Is(err, db.ErrInvalid) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	if err := o.SetPreferences(t.Context(), by, o.owner.ID, want); err != nil {
		t.Fatal(err)
	}
	if n := o.actions(t, "person.preferences"); n != 1 {
		t.Errorf("%d audit rows, want 1: saving the same changes nothing", n)
	}
}
