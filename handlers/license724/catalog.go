package license724

import (
	"slices"
	"strconv"

	"certbay/db"
)

// catalog is what licences are called, and can become.
type catalog struct {
	codes   map[int64]string
	targets map[int64][]int64
	sold    []db.Product
}

// catalog reads what the caller's group may buy. A product whose price can't be
// told now is not among it.
func (c *call) catalog() (all catalog, err error) {
	if all.codes, err = c.Book.LicenceCodes(c.Ctx); err != nil {
		return all, err
	}
	if all.targets, err = c.Book.LicenceTargets(c.Ctx); err != nil {
		return all, err
	}
	all.sold, err = c.Book.Products(c.Ctx, c.Caller.ResellerID, db.ProductFilter{Kind: db.KindLicence})
	all.sold = slices.DeleteFunc(all.sold, func(p db.Product) bool { return len(p.Terms) == 0 })
	return all, err
}

// named says whether a product goes by a word: its code or its id.
func (a catalog) named(id int64, word string) bool {
	return word != "" && (a.codes[id] == word || strconv.FormatInt(id, 10) == word)
}

// find is the product that goes by a word; a code counts before an id.
func (a catalog) find(word string) (db.Product, bool) {
	for _, p := range a.sold {
		if a.codes[p.ID] == word {
			return p, true
		}
	}
	for _, p := range a.sold {
		if a.named(p.ID, word) {
			return p, true
		}
	}
	return db.Product{}, false
}

func (a catalog) product(p db.Product) Product {
	v := Product{ID: p.ID, Code: a.codes[p.ID], Name: p.Name, Brand: p.Brand, CreditPrice: credits(p.Terms[0].GroupCents), BillingCycles: map[string]credits{}, Cores: []string{}}
	for _, t := range p.Terms {
		v.BillingCycles[strconv.Itoa(t.Months)] = credits(t.GroupCents)
	}
	for _, other := range a.sold {
		if slices.Contains(a.targets[p.ID], other.ID) {
			v.Cores = append(v.Cores, a.codes[other.ID])
		}
	}
	return v
}

// products is /products.
func (c *call) products() (any, error) {
	all, err := c.catalog()
	if err != nil {
		return nil, err
	}
	answer := ProductList{Success: true, Count: len(all.sold), Products: []Product{}}
	for _, p := range all.sold {
		answer.Products = append(answer.Products, all.product(p))
	}
	return answer, nil
}

// product is /product.
func (c *call) product() (any, error) {
	word := c.asked["code"]
	if word == "" {
		word = c.asked["id"]
	}
	if word == "" {
		return nil, &badParameter{name: "code", status: 400, key: "l724.error.missing"}
	}
	all, err := c.catalog()
	if err != nil {
		return nil, err
	}
	p, ok := all.find(word)
	if !ok {
		return nil, errNoProduct
	}
	return ProductAnswer{Success: true, Product: all.product(p)}, nil
}

// balance is /balance.
func (c *call) balance() (any, error) {
	balance, _, err := c.Book.Wallet(c.Ctx, c.Caller.ResellerID)
	if err != nil {
		return nil, err
	}
	return BalanceAnswer{Success: true, Account: Account{Balance: credits(balance), Currency: "credit", Sandbox: c.sandbox}}, nil
}
