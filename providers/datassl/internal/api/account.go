package api

import (
	"context"

	"certbay/providers/internal/wire"
)

// Account is who the key belongs to.
type Account struct {
	ID            wire.Int   `json:"id"`
	Name          wire.Text  `json:"name"`
	Email         wire.Text  `json:"email"`
	Company       wire.Text  `json:"company"`
	DiscountRate  wire.Cents `json:"discount_rate"` // hundredths of a percent
	CreditBalance wire.Cents `json:"credit_balance"`
	Stats         struct {
		OrderCount   wire.Int   `json:"order_count"`
		TotalRevenue wire.Cents `json:"total_revenue"`
	} `json:"stats"`
}

// AccountAnswer answers Account.
type AccountAnswer struct {
	Envelope
	Reseller Account `json:"reseller"`
}

// Account reads the account.
//
// Seed 000, "Hesap Bilgileri": GET /account
func (c *Client) Account(ctx context.Context) (Account, error) {
	var a AccountAnswer
	err := c.get(ctx, "/account", nil, &a)
	return a.Reseller, err
}

// Stats are the account's figures, and data for charts.
type Stats struct {
	Envelope
	Stats struct {
		TotalOrders    wire.Int   `json:"total_orders"`
		ActiveOrders   wire.Int   `json:"active_orders"`
		PendingOrders  wire.Int   `json:"pending_orders"`
		TotalRevenue   wire.Cents `json:"total_revenue"`
		MonthlyRevenue wire.Cents `json:"monthly_revenue"`
		CreditBalance  wire.Cents `json:"credit_balance"`
	} `json:"stats"`
	Charts struct {
		DailySales         wire.List[DailySales] `json:"daily_sales"`
		BrandDistribution  wire.List[BrandShare] `json:"brand_distribution"`
		StatusDistribution wire.Dict[wire.Int]   `json:"status_distribution"`
	} `json:"charts"`
}

// DailySales is one day.
type DailySales struct {
	Date    wire.Date  `json:"date"`
	Orders  wire.Int   `json:"orders"`
	Revenue wire.Cents `json:"revenue"`
}

// BrandShare counts the orders of a brand.
type BrandShare struct {
	Brand wire.Text `json:"brand"`
	Count wire.Int  `json:"count"`
}

// Stats reads the account's figures.
//
// Seed 000, "İstatistikler": GET /stats
func (c *Client) Stats(ctx context.Context) (Stats, error) {
	var a Stats
	err := c.get(ctx, "/stats", nil, &a)
	return a, err
}
