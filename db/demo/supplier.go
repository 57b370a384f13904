package demo

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"certbay/db"
)

// Dialects are the APIs through which the demo's shop buys from its supplier, each
// also the name of the upstream.
var Dialects = []string{"datassl", "gogetssl", "ssl247", "billmanager", "license724"}

// through is the dialect by which the product is bought: there is a DV certificate
// for each, except for the one that sells licences alone.
func (p product) through() string {
	switch {
	case p.kind == db.KindLicence:
		return "license724"
	case p.kind == db.KindCodeSigning:
		return "datassl" // which has a word for where the key will live
	case p.brand == "Thawte":
		return "ssl247"
	case p.code == "sectigo-essentialssl", p.code == "geotrust-quickssl-premium-wildcard":
		return "billmanager"
	case p.brand == "Sectigo" && p.kind != db.KindMultiDomain && p.kind != db.KindWildcard:
		return "datassl"
	}
	return "gogetssl" // names may be proven each its own way, and needn't stand in the CSR
}

// supplierMarkup, in tenths, is what the supplier asks of the demo's shop: less than
// any group of that pays, so that every sale earns something.
const supplierMarkup = 11

// wholesale is what the supplier asks for a term, longer ones without a discount.
func (p product) wholesale(months int64) int64 {
	once := price(p.cost, supplierMarkup, 10)
	if p.kind == db.KindLicence {
		return once * months
	}
	return once * months / 12
}

// supplierCredit is what the demo's shop has paid in, US cents: enough to play with.
const supplierCredit = 1_000_000_00

// Supply is what the demo's shop needs to buy from its supplier.
type Supply struct {
	User   string              // the account, where a dialect wants one
	Keys   map[string]string   // API keys by dialect
	Offers map[string]db.Offer // by the sandbox's code: where and as what the product is bought
}

// Supplier tells who can sign in to the upstream shop, and how to buy there.
type Supplier struct {
	Shop     string // its name
	Admin    Login
	Customer string // the demo's shop, as it is called there
	Buyer    Login  // its owner there
	Supply   Supply
}

// SeedSupplier fills an empty book with the upstream shop: it buys from the sandbox
// and sells to one reseller, the demo's shop, which may speak every dialect. It has
// no history. Errors: ErrNotEmpty, and whatever the book answers.
func SeedSupplier(ctx context.Context, book *db.DB) (Supplier, error) {
	if err := empty(ctx, book); err != nil {
		return Supplier{}, err
	}
	s, err := seedSupplier(ctx, book)
	if err != nil {
		return Supplier{}, fmt.Errorf("demo: open the upstream shop: %w", err)
	}
	return s, nil
}

func seedSupplier(ctx context.Context, book *db.DB) (Supplier, error) {
	made := Supplier{Shop: "Köprü Toptan Demo", Customer: "Certbay Demo"}
	err := book.SetOperator(ctx, db.System, db.Operator{
		Brand: made.Shop, Company: "Köprü Toptan Yazılım ve Sertifika Ltd. Şti.", Address: "Liman Cad. No: 14", City: "İzmir", Country: "TR",
		TaxOffice: "Konak", TaxID: "5840219376", Email: "muhasebe@koprutoptan.example",
		Bank: []string{"Demo Bankası, Alsancak Şubesi", "IBAN TR00 0000 0000 0000 0000 0000 01 (USD)"},
	})
	if err != nil {
		return made, err
	}
	group, err := book.CreateGroup(ctx, db.System, "Bayi")
	if err != nil {
		return made, err
	}
	if made.Supply.Offers, err = stock(ctx, book, group); err != nil {
		return made, err
	}
	made.Supply.User = "satinalma@certbay.example"
	buyer, err := book.CreateReseller(ctx, db.System, db.NewReseller{Name: made.Customer, Company: "Certbay Demo Bilişim A.Ş.", Email: made.Supply.User,
		Address: "Esentepe Mah. Talatpaşa Cad. No: 5", City: "İstanbul", Country: "TR", TaxOffice: "Şişli", TaxID: "2030487615", GroupID: group, APIEnabled: true})
	if err != nil {
		return made, err
	}
	if err := book.AddCredit(ctx, db.System, buyer.ID, supplierCredit, "demo opening", "Havale"); err != nil {
		return made, err
	}
	made.Supply.Keys = map[string]string{}
	for i, dialect := range Dialects {
		if i > 0 { // DATASSL's is nobody's to switch on
			if err := book.SetResellerDialect(ctx, db.System, buyer.ID, dialect, true); err != nil {
				return made, err
			}
		}
		if _, made.Supply.Keys[dialect], err = book.CreateAPIKey(ctx, db.System, buyer.ID, db.NewAPIKey{Name: dialect, Scopes: db.Scopes}); err != nil {
			return made, err
		}
	}
	return made, made.hire(ctx, book, buyer.ID)
}

// stock fills the catalog and says how each product is bought there.
func stock(ctx context.Context, book *db.DB, group int64) (map[string]db.Offer, error) {
	ids := map[string]int64{}
	for _, p := range catalog {
		id, err := book.CreateProduct(ctx, db.System, p.sold(supplierMarkup), db.Offer{Upstream: Upstream, ProductCode: p.code, CostCents: p.costPerYear()})
		if err != nil {
			return nil, err
		}
		for _, term := range p.terms() {
			if err := book.SetGroupPrice(ctx, db.System, group, id, int(term[0]), p.wholesale(term[0])); err != nil {
				return nil, err
			}
		}
		ids[p.code] = id
	}
	licences, err := book.LicenceCodes(ctx)
	if err != nil {
		return nil, err
	}
	offers := map[string]db.Offer{}
	for _, p := range catalog {
		code := strconv.FormatInt(ids[p.code], 10)
		if p.kind == db.KindLicence {
			code = licences[ids[p.code]]
		}
		offers[p.code] = db.Offer{Upstream: p.through(), ProductCode: code, CostCents: p.wholesale(12)}
	}
	return offers, nil
}

func (s *Supplier) hire(ctx context.Context, book *db.DB, buyer int64) error {
	people := []db.NewPerson{
		{Role: db.RoleAdmin, Name: "Nil Sarı", Email: "admin@koprutoptan.example", Password: newPassword()},
		{Role: db.RoleOwner, Name: "Derya Aksoy", Email: s.Supply.User, Password: newPassword(), ResellerID: buyer},
	}
	errs := make([]error, len(people))
	var hiring sync.WaitGroup
	for i, p := range people {
		hiring.Go(func() { _, errs[i] = book.CreatePerson(ctx, db.System, p) })
	}
	hiring.Wait()
	for i, p := range people {
		if errs[i] != nil {
			return errs[i]
		}
		login := Login{Name: p.Name, Role: p.Role, Email: p.Email, Password: p.Password}
		if i == 0 {
			s.Admin = login
		} else {
			s.Buyer = login
		}
	}
	return nil
}

// Rewire has a seeded shop buy each product as offers says, by the sandbox's code.
// The offers of the year that is over become second choice: what was bought at the
// sandbox itself stands there, and goes on there.
func Rewire(ctx context.Context, book *db.DB, offers map[string]db.Offer) error {
	products, err := book.ProductSummaries(ctx, db.ProductFilter{})
	if err != nil {
		return err
	}
	for _, p := range products {
		sheet, err := book.ProductSheet(ctx, p.ID)
		if err != nil {
			return err
		}
		digest := sheet.Digest()
		direct := slices.IndexFunc(sheet.Offers, func(o db.OfferSheet) bool { return o.Upstream == Upstream })
		if direct < 0 {
			continue // added by somebody who tries the demo
		}
		next, sold := offers[sheet.Offers[direct].ProductCode]
		if !sold {
			continue
		}
		next.Currency = cmp.Or(next.Currency, sheet.Offers[direct].Currency)
		sheet.Offers[direct].Rank = 2
		sheet.Offers = append(sheet.Offers, db.OfferSheet{Offer: next, Rank: 1, Active: true})
		if err := book.ChangeProduct(ctx, db.System, sheet, digest); err != nil {
			return fmt.Errorf("demo: offers of %s: %w", p.Name, err)
		}
	}
	return nil
}
