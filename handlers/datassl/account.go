package datassl

import (
	"errors"

	"certbay/db"
)

// statsDays is how many days the charts have, today included.
const statsDays = 30

// getAccount is GET /account.
func (c *call) getAccount() (any, error) {
	r, err := c.Book.Reseller(c.Ctx, c.Caller.ResellerID)
	if err != nil {
		return nil, err
	}
	balance, _, err := c.Book.Wallet(c.Ctx, r.ID)
	if err != nil {
		return nil, err
	}
	totals, err := c.Book.ResellerTotals(c.Ctx, r.ID)
	if err != nil {
		return nil, err
	}
	discount, err := c.discount()
	if err != nil {
		return nil, err
	}
	return Account{ok(""), Reseller{ID: r.ID, Name: r.Name, Email: r.Email, Company: r.Company, DiscountRate: discount, CreditBalance: Amount(balance),
		Stats: ResellerStats{OrderCount: totals.Orders, TotalRevenue: Amount(totals.RevenueCents)}}}, nil
}

// discount is how much less than the list's sum the group's prices sum up to, over
// every term of every product; zero without a group.
func (c *call) discount() (Percent, error) {
	products, err := c.Book.Products(c.Ctx, c.Caller.ResellerID, db.ProductFilter{})
	if err != nil && !errors.Is(err, db.ErrForbidden) {
		return 0, err
	}
	var listed, owned int64
	for _, p := range products {
		for _, t := range p.Terms {
			listed, owned = listed+t.ListCents, owned+t.GroupCents
		}
	}
	if listed <= 0 {
		return 0, nil
	}
	return Percent((listed - owned) * 10_000 / listed), nil
}

// getStats is GET /stats.
func (c *call) getStats() (any, error) {
	reseller := c.Caller.ResellerID
	totals, err := c.Book.ResellerTotals(c.Ctx, reseller)
	if err != nil {
		return nil, err
	}
	stats, err := c.Book.Stats(c.Ctx, reseller, statsDays)
	if err != nil {
		return nil, err
	}
	balance, _, err := c.Book.Wallet(c.Ctx, reseller)
	if err != nil {
		return nil, err
	}
	n := totals.ByStatus
	answer := Statistics{Success: ok(""),
		Stats: Figures{TotalOrders: totals.Orders, ActiveOrders: n[db.StatusCompleted], PendingOrders: n[db.StatusPending],
			TotalRevenue: Amount(totals.RevenueCents), MonthlyRevenue: Amount(stats.MonthCents), CreditBalance: Amount(balance)},
		Charts: Charts{DailySales: []DailySales{}, BrandDistribution: []BrandShare{}, StatusDistribution: StatusDistribution{
			Completed: n[db.StatusCompleted], Pending: n[db.StatusPending], Processing: n[db.StatusProcessing], Cancelled: n[db.StatusCancelled],
			ValidationPending: n[db.StatusValidationPending], PendingConfiguration: n[db.StatusPendingConfiguration], Expired: n[db.StatusExpired]}},
	}
	for _, d := range stats.Daily {
		answer.Charts.DailySales = append(answer.Charts.DailySales, DailySales{Date{d.Day}, d.Orders, Amount(d.Cents)})
	}
	for _, b := range stats.Brands {
		answer.Charts.BrandDistribution = append(answer.Charts.BrandDistribution, BrandShare{b.Brand, b.Count})
	}
	return answer, nil
}
