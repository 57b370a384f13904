package db_test

import (
	"errors"
	"strings"
	"testing"

	"certbay/db"
	"certbay/db/dbtest"
)

func twoResellers(t *testing.T, book *db.DB) (a, b int64) {
	t.Helper()
	for i, into := range []*int64{&a, &b} {
		r, err := book.CreateReseller(t.Context(), db.System, db.NewReseller{Name: string(rune('A' + i)), Company: "Ltd", Email: string(rune('a'+i)) + "@example.com"})
		if err != nil {
			t.Fatal(err)
		}
		*into = r.ID
	}
	return a, b
}

func TestContactProfilesAreKeptAndBelongToOneReseller(t *testing.T) {
	book := dbtest.Open(t)
	mine, other := twoResellers(t, book)
	p := db.ContactProfile{Email: " ada@example.com ", Card: db.Card{FirstName: "Ada", LastName: "Lovelace", Country: "GB", Skype: "ada"}, Admin: true}
	id, err := book.AddContactProfile(t.Context(), db.System, mine, p)
	if err != nil {
		t.Fatal(err)
	}
	got, err := book.ContactProfile(t.Context(), mine, id)
	if err != nil || got.Email != "ada@example.com" || got.Card != p.Card || !got.Admin || got.Tech || got.CreatedAt.IsZero() {
		t.Errorf("%+v, %v", got, err)
	}
	got.City, got.Tech = "London", true
	if err := book.ChangeContactProfile(t.Context(), db.System, other, got); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("another reseller's: %v", err)
	}
	if err := book.ChangeContactProfile(t.Context(), db.System, mine, got); err != nil {
		t.Fatal(err)
	}
	if list, err := book.ContactProfiles(t.Context(), mine); err != nil || len(list) != 1 || list[0].City != "London" || !list[0].Tech {
		t.Errorf("%+v, %v", list, err)
	}
	if _, err := book.ContactProfile(t.Context(), other, id); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("another reseller's: %v", err)
	}
	for what, bad := range map[string]db.ContactProfile{
		"no name": {Email: "a@example.com"}, "no address": {Card: db.Card{FirstName: "A"}}, "no country": {Email: "a@example.com", Card: db.Card{FirstName: "A", Country: "gb"}},
		"a long text": {Email: "a@example.com", Card: db.Card{FirstName: "A", Fax: strings.Repeat("1", 201)}},
	} {
		if _, err := book.AddContactProfile(t.Context(), db.System, mine, bad); !errors.Is(err, db.ErrInvalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := book.AddContactProfile(t.Context(), db.System, 999, p); err == nil {
		t.Error("a contact of nobody")
	}
}

func TestPersonsCardCarriesTheName(t *testing.T) {
	book := dbtest.Open(t)
	mine, other := twoResellers(t, book)
	card := db.Card{FirstName: "Grace", LastName: "Hopper", Mobile: "+1", TechnicalContact: true}
	p, err := book.CreatePersonWithCard(t.Context(), db.System, db.NewPerson{ResellerID: mine, Role: db.RoleTechnical, Email: "grace@example.com", Password: "vGx8-hazel-Lantern-42"}, card)
	if err != nil || p.Name != "Grace Hopper" {
		t.Fatalf("%+v, %v", p, err)
	}
	if got, err := book.PersonCard(t.Context(), p.ID); err != nil || got != card {
		t.Errorf("%+v, %v", got, err)
	}
	card.LastName = "Murray"
	if err := book.SetPersonCard(t.Context(), db.System, other, p.ID, card); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("another reseller's: %v", err)
	}
	for range 2 {
		if err := book.SetPersonCard(t.Context(), db.System, mine, p.ID, card); err != nil {
			t.Fatal(err)
		}
	}
	if p, err = book.Person(t.Context(), p.ID); err != nil || p.Name != "Grace Murray" {
		t.Errorf("%+v, %v", p, err)
	}
	admin, err := book.CreateAdmin(t.Context(), "Root", "root@example.com", "vGx8-hazel-Lantern-42")
	if err != nil {
		t.Fatal(err)
	}
	if err := book.SetPersonCard(t.Context(), db.System, 0, admin.ID, card); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("the operator's: %v", err)
	}
	if got, err := book.PersonCard(t.Context(), admin.ID); err != nil || got != (db.Card{}) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestCertificatesFromElsewhereAreKept(t *testing.T) {
	book := dbtest.Open(t)
	mine, other := twoResellers(t, book)
	contact, err := book.AddContactProfile(t.Context(), db.System, mine, db.ContactProfile{Email: "ada@example.com", Card: db.Card{FirstName: "Ada"}})
	if err != nil {
		t.Fatal(err)
	}
	id, err := book.ImportExternal(t.Context(), db.System, mine, db.ExternalCertificate{CommonName: "Old.Example.com", Validation: "ov", AdminContactID: contact, ExternalProduct: "GoDaddy"})
	if err != nil {
		t.Fatal(err)
	}
	x, err := book.ExternalCertificate(t.Context(), mine, id)
	if err != nil || x.CommonName != "old.example.com" || x.AdminContactID != contact || x.TechContactID != 0 || x.ProductID != 0 || x.ExternalProduct != "GoDaddy" {
		t.Errorf("%+v, %v", x, err)
	}
	if list, err := book.ExternalCertificates(t.Context(), other); err != nil || len(list) != 0 {
		t.Errorf("another reseller's: %+v, %v", list, err)
	}
	if _, err := book.ExternalCertificate(t.Context(), other, id); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("another reseller's: %v", err)
	}
	var rejected *db.Rejected
	if _, err := book.ImportExternal(t.Context(), db.System, mine, db.ExternalCertificate{CommonName: "not a name", Validation: "ov"}); !errors.As(err, &rejected) {
		t.Errorf("no name: %v", err)
	}
	if _, err := book.ImportExternal(t.Context(), db.System, mine, db.ExternalCertificate{CommonName: "a.example.com", Validation: "xv"}); !errors.Is(err, db.ErrInvalid) {
		t.Errorf("no validation: %v", err)
	}
	if _, err := book.ImportExternal(t.Context(), db.System, other, db.ExternalCertificate{CommonName: "a.example.com", Validation: "ov", AdminContactID: contact}); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("another reseller's contact: %v", err)
	}
}
