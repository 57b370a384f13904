package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"certbay/db"
	"certbay/db/certs"
)

// openDays is how long ago the shop opened.
const openDays = 400

// fate is what becomes of an order by the end of the year.
type fate int

const (
	completed    fate = iota
	expiring          // completed; its certificate ends within db.ExpiringDays
	lapsed            // completed; its certificate ended before its term and nobody asked for the next
	expired           // its term is over
	cancelled         // by the reseller, before anything was submitted
	withdrawn         // by the reseller, after the upstream refused
	pending           // not configured yet
	refused           // the upstream wants a correction
	validating        // no name proven yet
	halfVerified      // some names proven
	unsure            // nobody knows whether the upstream has it
	vetting           // accepted; the CA looks at the company
)

// year says how many orders meet each fate: 300.
var year = []struct {
	fate  fate
	count int
}{
	{completed, 186}, {expiring, 13}, {lapsed, 3}, {expired, 24}, {cancelled, 27}, {withdrawn, 5},
	{pending, 13}, {refused, 6}, {validating, 13}, {halfVerified, 5}, {unsure, 3}, {vetting, 2},
}

// planYear plans the placing of every order; what follows is planned as it happens.
func (s *seed) planYear() {
	turn := 0
	for _, row := range year {
		for i := range row.count {
			shop := s.shopOf(turn)
			turn++
			p := s.choose(row.fate, shop, i)
			l := &life{fate: row.fate, shop: shop, product: p, turn: i}
			l.months = s.term(p, row.fate)
			l.placedAt = s.moment(row.fate, p, l.months)
			s.plan(l.placedAt, func(ctx context.Context) error { return s.place(ctx, l) })
		}
	}
	for day := openDays; day > 0; day -= 3 {
		s.plan(s.now.AddDate(0, 0, -day), func(ctx context.Context) error {
			_, err := s.ExpireOrders(ctx)
			return err
		})
	}
}

// shopOf deals orders out by the shops' shares.
func (s *seed) shopOf(turn int) *shop {
	share := turn * 37 % 100 // 37 and 100 have no common factor, so every share is met
	for _, shop := range s.shops {
		if share -= shop.share; share < 0 {
			return shop
		}
	}
	return s.shops[0]
}

// popular are the products by how often they are bought, of a hundred or so.
var popular = map[string]int{
	"sectigo-positivessl": 30, "sectigo-positivessl-wildcard": 14, "sectigo-positivessl-multi-domain": 8, "sectigo-essentialssl": 8,
	"sectigo-instantssl": 4, "sectigo-ov-wildcard": 2, "sectigo-ev": 3, "geotrust-quickssl-premium": 6, "geotrust-true-businessid": 3,
	"geotrust-quickssl-premium-wildcard": 3, "thawte-ssl123": 6, "thawte-ssl-webserver": 3, "cpanel-admin": 4, "cpanel-premier": 5, "cpanel-solo": 2,
}

// choose picks a product that fits the fate and that the shop may buy.
func (s *seed) choose(f fate, to *shop, turn int) product {
	var pool []product
	for _, p := range s.products {
		if !to.gold && notStandard[p.code] || !f.fits(p) {
			continue
		}
		for range max(1, popular[p.code]) {
			pool = append(pool, p)
		}
	}
	// Each product is bought at least once.
	if f == completed && turn < len(s.products) && slices.ContainsFunc(pool, func(p product) bool { return p.code == s.products[turn].code }) {
		return s.products[turn]
	}
	return pool[s.random.IntN(len(pool))]
}

// fits says whether an order of the product can meet the fate.
func (f fate) fits(p product) bool {
	domain := p.kind != db.KindLicence && p.kind != db.KindCodeSigning
	switch f {
	case expiring, lapsed, withdrawn, refused, pending, cancelled, unsure:
		return domain && p.cost < 20_000
	case validating:
		return domain && p.cost < 20_000 && (p.validation == "dv" || p.validation == "ov")
	case halfVerified:
		return p.code == "sectigo-positivessl-multi-domain"
	case vetting:
		return p.kind == db.KindCodeSigning
	case expired:
		return p.kind == db.KindLicence || p.code == "sectigo-positivessl" || p.code == "thawte-ssl123"
	}
	return true
}

func (s *seed) term(p product, f fate) int {
	switch {
	case p.kind == db.KindLicence && (f == expired || s.random.IntN(2) == 0):
		return 1
	case f == expired || p.kind == db.KindLicence || p.cost > 50_000:
		return 12
	}
	return []int{12, 12, 12, 12, 24, 36}[s.random.IntN(6)]
}

// moment picks when an order is placed: in working hours, some days ago that suit
// its fate, more often lately because the shop grows.
func (s *seed) moment(f fate, p product, months int) time.Time {
	newest, oldest := 1, 360
	switch f {
	case pending:
		newest, oldest = 0, 9
	case validating, halfVerified:
		newest, oldest = 0, 11
	case refused:
		newest, oldest = 0, 7
	case unsure, vetting:
		newest, oldest = 0, 1
	case expired:
		if oldest = openDays - 10; months == 1 {
			oldest = 350
		}
	}
	var days []int
	for age := newest; age <= oldest; age++ {
		if s.suits(f, p, months, s.now.AddDate(0, 0, -age)) {
			days = append(days, age)
		}
	}
	if len(days) == 0 {
		days = []int{newest + 1}
	}
	// The smaller of two draws: the density falls evenly with age.
	age := days[min(s.random.IntN(len(days)), s.random.IntN(len(days)))]
	if f == expiring || f == expired {
		age = days[s.random.IntN(len(days))]
	}
	if age == 0 {
		return s.now.Add(-time.Hour - time.Duration(s.random.IntN(300))*time.Minute)
	}
	day := s.now.AddDate(0, 0, -age).Truncate(24 * time.Hour)
	return day.Add(6*time.Hour + time.Duration(s.random.IntN(10*3600))*time.Second)
}

// suits says whether an order placed on a day meets the fate today.
func (s *seed) suits(f fate, p product, months int, day time.Time) bool {
	termEnd := day.AddDate(0, months, 0)
	if f == expired {
		return termEnd.Before(s.now.AddDate(0, 0, -3))
	}
	running := termEnd.After(s.now.AddDate(0, 0, 2))
	if p.kind == db.KindLicence || f != completed && f != expiring && f != lapsed {
		return running || f == cancelled || f == withdrawn
	}
	until := day.AddDate(0, 0, certs.RequestDays(day, p.kind == db.KindCodeSigning))
	if termEnd.Before(until) {
		until = termEnd
	}
	left := int(until.Sub(s.now) / (24 * time.Hour))
	switch f {
	case expiring:
		return running && left >= 2 && left < db.ExpiringDays-1
	case lapsed:
		return running && left <= -2
	}
	return running && left > db.ExpiringDays+1
}

// closing brings the wallets to their last balances and hands out a link.
func (s *seed) closing(ctx context.Context) error {
	s.at(s.now.Add(-20 * time.Minute))
	for _, shop := range s.shops {
		balance, _, err := s.Wallet(ctx, shop.id)
		if err != nil {
			return err
		}
		if missing := shop.ending - balance; missing > 0 {
			if err := s.topUp(ctx, shop, (missing+49_99)/50_00*50_00); err != nil {
				return err
			}
		}
	}
	if err := s.reportTransfers(ctx); err != nil {
		return err
	}
	s.at(s.now.Add(-20 * time.Minute))
	if err := s.QueueMail(ctx, db.Mail{To: "eski-adres@kapandi.example", Subject: "Fatura INV-" + fmt.Sprint(s.now.Year()), Body: "Faturanız ektedir.\n"}); err != nil {
		return err
	}
	if err := s.work(ctx); err != nil {
		return err
	}
	s.at(s.now)
	if err := s.integrate(ctx); err != nil {
		return err
	}
	first := s.shops[0]
	orders, _, err := s.Orders(ctx, first.id, db.OrderFilter{View: db.ViewActive, Page: db.Page{Limit: 200}})
	if err != nil {
		return err
	}
	for _, o := range orders {
		if o.CertificateUntil.IsZero() || o.CustomerEmail == "" {
			continue
		}
		s.result.CustomerLink, err = s.CreateCustomerLink(ctx, first.staff[0], first.id, o.ID, o.CustomerEmail, 90, nil)
		return err
	}
	return fmt.Errorf("no completed order to link to")
}
