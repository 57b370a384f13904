package db

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"
)

// Role is what a person is here for. Admin and support are the operator's; the
// others are a reseller's staff.
type Role string

const (
	RoleAdmin     Role = "admin"     // everything of the operator's
	RoleSupport   Role = "support"   // sees all, reviews, never moves money
	RoleOwner     Role = "owner"     // everything of one reseller
	RoleBilling   Role = "billing"   // its money and invoices
	RoleTechnical Role = "technical" // its orders and certificates; spends credit
	RoleViewer    Role = "viewer"    // sees all of it, changes nothing
)

// Permission is something a role may do.
type Permission string

const (
	View          Permission = "view"           // see the orders and the catalog of one's reseller
	PlaceOrders   Permission = "order"          // order, configure, cancel, send links: spends credit
	PayOrders     Permission = "pay"            // pay with credit what was ordered unpaid
	SeeMoney      Permission = "money"          // see invoices and the statement
	Billing       Permission = "billing"        // ask for credit, send invoices, say where they go
	ManageStaff   Permission = "staff"          // people, keys and settings of one's reseller
	OperatorView  Permission = "operator_view"  // see every reseller's affairs, ask upstreams again
	OperatorMoney Permission = "operator_money" // move money, decide what costs money
)

var permissions = map[Role][]Permission{
	RoleAdmin:     {OperatorView, OperatorMoney},
	RoleSupport:   {OperatorView},
	RoleOwner:     {View, PlaceOrders, PayOrders, SeeMoney, Billing, ManageStaff},
	RoleBilling:   {View, PayOrders, SeeMoney, Billing},
	RoleTechnical: {View, PlaceOrders, PayOrders},
	RoleViewer:    {View, SeeMoney},
}

// Can says whether the role has the permission; an unknown role has none.
func (r Role) Can(p Permission) bool { return slices.Contains(permissions[r], p) }

// Operator says whether the role belongs to the operator's people.
func (r Role) Operator() bool { return r == RoleAdmin || r == RoleSupport }

// Person is somebody who signs in.
type Person struct {
	ID         int64
	ResellerID int64 // 0: one of the operator's people
	Role       Role
	Name       string
	Email      string // lower case
	Lang       string // "tr", "en", or empty: as the browser says
	Theme      string // "light", "dark", or empty: as the system says
	Zone       string // IANA name, or empty: UTC
	Status     Standing
	SignedInAt time.Time // zero: never yet
	CreatedAt  time.Time

	Company        string   // the reseller's name; empty for the operator's people
	ResellerStatus Standing // Active for the operator's people
}

// Active says whether this person may act: neither it nor its reseller is suspended.
func (p Person) Active() bool { return p.Status == Active && p.ResellerStatus == Active }

// Can says whether this person may do it.
func (p Person) Can(permission Permission) bool { return p.Active() && p.Role.Can(permission) }

// Actor is this person as the author of changes, seen at an address.
func (p Person) Actor(ip string) Actor {
	return Actor{Kind: ByPerson, ID: p.ID, Name: p.Name, IP: ip}
}

// NewPerson is a person to be. ResellerID is 0 exactly for the operator's roles.
type NewPerson struct {
	ResellerID int64
	Role       Role
	Name       string
	Email      string
	Password   string
	Lang       string
}

const (
	personColumns = `p.id, coalesce(p.reseller_id, 0), p.role, p.name, p.email, p.lang, p.theme, p.time_zone, p.status, p.signed_in_at, p.created_at,
		coalesce(r.name, ''), coalesce(r.status, 'active')`
	personTables = `person p left join reseller r on r.id = p.reseller_id`
)

func (p *Person) fields() []any {
	return []any{&p.ID, &p.ResellerID, &p.Role, &p.Name, &p.Email, &p.Lang, &p.Theme, &p.Zone, &p.Status, moment{&p.SignedInAt}, moment{&p.CreatedAt},
		&p.Company, &p.ResellerStatus}
}

func scanPerson(s scanner) (p Person, err error) { return p, s.Scan(p.fields()...) }

// Person reads one person.
func (db *DB) Person(ctx context.Context, id int64) (Person, error) {
	return personByID(ctx, db.read, id)
}

func personByID(ctx context.Context, q querier, id int64) (Person, error) {
	return one(ctx, q, scanPerson, `select `+personColumns+` from `+personTables+` where p.id = $1`, id)
}

// Staff lists a reseller's people by name; 0 lists the operator's.
func (db *DB) Staff(ctx context.Context, resellerID int64) ([]Person, error) {
	return collect(ctx, db.read, scanPerson,
		`select `+personColumns+` from `+personTables+` where coalesce(p.reseller_id, 0) = $1 order by lower(p.name), p.id`, resellerID)
}

// CreatePerson adds somebody who signs in. *WeakPassword, ErrInvalid (a field,
// or a role that does not fit the reseller), ErrDuplicate (the e-mail address).
func (db *DB) CreatePerson(ctx context.Context, by Actor, n NewPerson) (Person, error) {
	hash, err := n.prepare(ctx)
	if err != nil {
		return Person{}, err
	}
	var made Person
	err = db.transact(ctx, func(t *tx) error {
		made, err = insertPerson(ctx, t, by, n, hash)
		return err
	})
	return made, err
}

// CreateAdmin adds an admin from the command line.
func (db *DB) CreateAdmin(ctx context.Context, name, email, password string) (Person, error) {
	return db.CreatePerson(ctx, System, NewPerson{Role: RoleAdmin, Name: name, Email: email, Password: password})
}

// prepare cleans and checks the fields and hashes the password, outside of any
// transaction because hashing is slow on purpose.
func (n *NewPerson) prepare(ctx context.Context) (hash string, err error) {
	n.Name, n.Email = strings.TrimSpace(n.Name), normalEmail(n.Email)
	if _, known := permissions[n.Role]; !known || n.Role.Operator() != (n.ResellerID == 0) {
		return "", fmt.Errorf("role %q: %w", n.Role, ErrInvalid)
	}
	if n.Name == "" || len(n.Name) > 200 || !PlausibleEmail(n.Email) {
		return "", fmt.Errorf("person: %w", ErrInvalid)
	}
	if err := checkPassword(n.Password, n.Email); err != nil {
		return "", err
	}
	return hashPassword(ctx, n.Password)
}

func insertPerson(ctx context.Context, t *tx, by Actor, n NewPerson, hash string) (Person, error) {
	id, err := insert(ctx, t,
		`insert into person (reseller_id, role, name, email, password_hash, lang, created_at) values ($1, $2, $3, $4, $5, $6, $7) returning id`,
		idOrNull(n.ResellerID), n.Role, n.Name, n.Email, hash, n.Lang, t.now)
	if errors.Is(err, errForeignKey) {
		return Person{}, fmt.Errorf("reseller: %w", ErrNotFound)
	}
	if err != nil {
		return Person{}, err
	}
	made, err := personByID(ctx, t, id)
	if err != nil {
		return Person{}, err
	}
	return made, audit(ctx, t, by, Change{Action: "person.create", Object: object("person", id), ResellerID: n.ResellerID,
		After: fmt.Sprintf("%s <%s>, %s", n.Name, n.Email, n.Role)})
}

// SetPersonStatus suspends a person, which ends its sessions, or lets it act again.
func (db *DB) SetPersonStatus(ctx context.Context, by Actor, id int64, to Standing) error {
	if to != Active && to != Suspended {
		return ErrInvalid
	}
	return db.transact(ctx, func(t *tx) error {
		p, err := personByID(ctx, t, id)
		if err != nil {
			return err
		}
		if p.Status == to {
			return nil
		}
		if err := changed(ctx, t, `update person set status = $1 where id = $2 and status = $3`, to, id, p.Status); err != nil {
			return err
		}
		if to == Suspended {
			if _, err := t.ExecContext(ctx, `delete from session where person_id = $1`, id); err != nil {
				return err
			}
		}
		return audit(ctx, t, by, Change{Action: "person.status", Object: object("person", id), ResellerID: p.ResellerID,
			Before: string(p.Status), After: string(to)})
	})
}

// Preferences are how a person likes its pages; empty fields follow the browser.
type Preferences struct {
	Lang  string // "tr", "en" or empty
	Theme string // "light", "dark" or empty
	Zone  string // IANA name or empty
}

// Valid says whether the values are known ones.
func (p Preferences) Valid() bool {
	_, err := time.LoadLocation(p.Zone)
	return err == nil && p.Zone != "Local" && slices.Contains([]string{"", "tr", "en"}, p.Lang) &&
		slices.Contains([]string{"", "light", "dark"}, p.Theme)
}

// SetPreferences changes how a person likes its pages; ErrInvalid for unknown values.
func (db *DB) SetPreferences(ctx context.Context, by Actor, personID int64, to Preferences) error {
	if !to.Valid() {
		return fmt.Errorf("preferences: %w", ErrInvalid)
	}
	return db.transact(ctx, func(t *tx) error {
		p, err := personByID(ctx, t, personID)
		if err != nil {
			return err
		}
		before := Preferences{p.Lang, p.Theme, p.Zone}
		if before == to {
			return nil
		}
		if err := changed(ctx, t, `update person set lang = $1, theme = $2, time_zone = $3 where id = $4`, to.Lang, to.Theme, to.Zone, personID); err != nil {
			return err
		}
		return audit(ctx, t, by, Change{Action: "person.preferences", Object: object("person", personID), ResellerID: p.ResellerID,
			Before: before.String(), After: to.String()})
	})
}

func (p Preferences) String() string {
	return fmt.Sprintf("lang %q, theme %q, zone %q", p.Lang, p.Theme, p.Zone)
}

// normalEmail is how the book writes an address: without spaces around, lower case.
func normalEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

// PlausibleEmail says whether it is one plain address: name@host.
func PlausibleEmail(email string) bool {
	parsed, err := mail.ParseAddress(email)
	return err == nil && parsed.Address == email && len(email) <= 254
}
