package db

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Card is what is known of a person beside the e-mail address. Country is an ISO 3166
// code of two letters, or empty.
type Card struct {
	Company    string `json:"organisation,omitempty"` // that certificates name; of contact profiles only
	Title      string `json:"title,omitempty"`
	FirstName  string `json:"first_name,omitempty"`
	LastName   string `json:"last_name,omitempty"`
	Phone      string `json:"phone,omitempty"`
	Mobile     string `json:"mobile,omitempty"`
	Fax        string `json:"fax,omitempty"`
	DirectLine string `json:"direct_line,omitempty"`
	Skype      string `json:"skype,omitempty"`
	Address1   string `json:"address_1,omitempty"`
	Address2   string `json:"address_2,omitempty"`
	Address3   string `json:"address_3,omitempty"`
	City       string `json:"city,omitempty"`
	State      string `json:"state,omitempty"`
	Postcode   string `json:"postcode,omitempty"`
	Country    string `json:"country,omitempty"`
	VATNumber  string `json:"vat_number,omitempty"`

	// Of people who sign in only: what they are asked about, and whether they want mail.
	AdminContact     bool `json:"admin_contact,omitempty"`
	BillingContact   bool `json:"billing_contact,omitempty"`
	TechnicalContact bool `json:"technical_contact,omitempty"`
	MailingContact   bool `json:"mailing_contact,omitempty"`
	Subscribed       bool `json:"subscribed,omitempty"`
}

// FullName is first and last name.
func (c Card) FullName() string { return strings.TrimSpace(c.FirstName + " " + c.LastName) }

// texts are all fields that hold text.
func (c Card) texts() []string {
	return []string{c.Company, c.Title, c.FirstName, c.LastName, c.Phone, c.Mobile, c.Fax, c.DirectLine, c.Skype, c.Address1, c.Address2, c.Address3, c.City, c.State,
		c.Postcode, c.Country, c.VATNumber}
}

// words is the card as the book keeps it. ErrInvalid for a name that is missing, a
// text that is too long and a country that is none.
func (c Card) words() (string, error) {
	for _, text := range c.texts() {
		if len([]rune(text)) > maxText {
			return "", fmt.Errorf("card: %w", ErrInvalid)
		}
	}
	if c.FullName() == "" || c.Country != "" && (len(c.Country) != 2 || strings.ToUpper(c.Country) != c.Country) {
		return "", fmt.Errorf("card: %w", ErrInvalid)
	}
	text, err := json.Marshal(c)
	return string(text), err
}

// ContactProfile is a person whom a reseller's orders name. Where an order says
// nobody, it is the first that is an admin contact.
type ContactProfile struct {
	ID         int64
	ResellerID int64
	Email      string
	Card
	Admin     bool
	Tech      bool
	Billing   bool
	CreatedAt time.Time
}

const contactColumns = `c.id, c.reseller_id, c.email, c.card, c.admin, c.tech, c.billing, c.created_at`

func scanContact(s scanner) (c ContactProfile, err error) {
	var card string
	if err = s.Scan(&c.ID, &c.ResellerID, &c.Email, &card, &c.Admin, &c.Tech, &c.Billing, moment{&c.CreatedAt}); err == nil {
		err = json.Unmarshal([]byte(card), &c.Card)
	}
	return c, err
}

// ContactProfiles lists a reseller's contact profiles, the oldest first.
func (db *DB) ContactProfiles(ctx context.Context, resellerID int64) ([]ContactProfile, error) {
	return collect(ctx, db.read, scanContact, `select `+contactColumns+` from contact_profile c where c.reseller_id = $1 order by c.id`, resellerID)
}

// ContactProfile finds a reseller's contact profile; ErrNotFound for any other
// reseller's.
func (db *DB) ContactProfile(ctx context.Context, resellerID, id int64) (ContactProfile, error) {
	return one(ctx, db.read, scanContact, `select `+contactColumns+` from contact_profile c where c.id = $1 and c.reseller_id = $2`, id, resellerID)
}

// prepare tidies and checks a profile. ErrInvalid.
func (c *ContactProfile) prepare() (card string, err error) {
	c.Email = strings.TrimSpace(c.Email)
	if !ValidEmail(c.Email) {
		return "", fmt.Errorf("contact profile e-mail: %w", ErrInvalid)
	}
	return c.words()
}

// AddContactProfile adds a contact profile to a reseller's and answers its id.
// ErrInvalid (no name, no e-mail address, a country that is none), ErrNotFound (the
// reseller).
func (db *DB) AddContactProfile(ctx context.Context, by Actor, resellerID int64, c ContactProfile) (id int64, err error) {
	card, err := c.prepare()
	if err != nil {
		return 0, err
	}
	err = db.transact(ctx, func(t *tx) (err error) {
		id, err = insert(ctx, t, `insert into contact_profile (reseller_id, email, card, admin, tech, billing, created_at) values ($1, $2, $3, $4, $5, $6, $7) returning id`,
			resellerID, c.Email, card, c.Admin, c.Tech, c.Billing, t.now)
		if err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "contact_profile.create", Object: object("contact profile", id), ResellerID: resellerID, After: c.FullName() + " <" + c.Email + ">"})
	})
	return id, err
}

// ChangeContactProfile replaces what a contact profile is made of. Errors: those of
// AddContactProfile; ErrNotFound for another reseller's.
func (db *DB) ChangeContactProfile(ctx context.Context, by Actor, resellerID int64, c ContactProfile) error {
	card, err := c.prepare()
	if err != nil {
		return err
	}
	return db.transact(ctx, func(t *tx) error {
		before, err := one(ctx, t, scanContact, `select `+contactColumns+` from contact_profile c where c.id = $1 and c.reseller_id = $2`, c.ID, resellerID)
		if err != nil {
			return err
		}
		_, err = t.ExecContext(ctx, `update contact_profile set email = $1, card = $2, admin = $3, tech = $4, billing = $5 where id = $6`, c.Email, card, c.Admin, c.Tech, c.Billing, c.ID)
		if err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "contact_profile.change", Object: object("contact profile", c.ID), ResellerID: resellerID,
			Before: before.FullName() + " <" + before.Email + ">", After: c.FullName() + " <" + c.Email + ">"})
	})
}

// PersonCard reads what is known of somebody who signs in; an empty card where
// nothing is.
func (db *DB) PersonCard(ctx context.Context, personID int64) (c Card, err error) {
	cards, err := collect(ctx, db.read, func(s scanner) (text string, err error) { return text, s.Scan(&text) }, `select card from person_card where person_id = $1`, personID)
	if err == nil && len(cards) > 0 {
		err = json.Unmarshal([]byte(cards[0]), &c)
	}
	return c, err
}

// SetPersonCard replaces the card of one of a reseller's people, and the name by the
// card's. ErrInvalid, ErrNotFound for anybody else's.
func (db *DB) SetPersonCard(ctx context.Context, by Actor, resellerID, personID int64, c Card) error {
	card, err := c.words()
	if err != nil {
		return err
	}
	return db.transact(ctx, func(t *tx) error {
		p, err := personByID(ctx, t, personID)
		if err != nil {
			return err
		}
		if p.ResellerID != resellerID || resellerID == 0 {
			return ErrNotFound
		}
		return setCard(ctx, t, by, p, c.FullName(), card)
	})
}

func setCard(ctx context.Context, t *tx, by Actor, p Person, name, card string) error {
	if _, err := t.ExecContext(ctx, `insert into person_card (person_id, card) values ($1, $2) on conflict (person_id) do update set card = excluded.card`, p.ID, card); err != nil {
		return err
	}
	if _, err := t.ExecContext(ctx, `update person set name = $1 where id = $2`, name, p.ID); err != nil {
		return err
	}
	return audit(ctx, t, by, Change{Action: "person.card", Object: object("person", p.ID), ResellerID: p.ResellerID, Before: p.Name, After: name})
}

// CreatePersonWithCard is CreatePerson with what else is known; the name is the
// card's.
func (db *DB) CreatePersonWithCard(ctx context.Context, by Actor, n NewPerson, c Card) (Person, error) {
	n.Name = c.FullName()
	card, err := c.words()
	if err != nil {
		return Person{}, err
	}
	hash, err := n.prepare(ctx)
	if err != nil {
		return Person{}, err
	}
	var made Person
	err = db.transact(ctx, func(t *tx) error {
		if made, err = insertPerson(ctx, t, by, n, hash); err != nil {
			return err
		}
		return setCard(ctx, t, by, made, n.Name, card)
	})
	return made, err
}
