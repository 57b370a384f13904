package datassl

// Invoice is one invoice in a list.
type Invoice struct {
	ID            int64  `json:"id"`
	InvoiceNumber string `json:"invoice_number"`
	OrderNumber   string `json:"order_number"`
	Domain        string `json:"domain"`
	Total         Amount `json:"total"` // tax included
	Currency      string `json:"currency"`
	Status        string `json:"status"`
	DueDate       Date   `json:"due_date"`
	CreatedAt     Moment `json:"created_at"`

	OrderID int64  `json:"order_id"`
	PaidAt  Moment `json:"paid_at"`
}

// InvoiceList answers GET /invoices.
type InvoiceList struct {
	Success
	Invoices   []Invoice  `json:"invoices"`
	Pagination Pagination `json:"pagination"`
}

// InvoiceDetail is an invoice as it was written.
type InvoiceDetail struct {
	Invoice
	Product  string        `json:"product"`
	Period   int           `json:"period"` // months
	Subtotal Amount        `json:"subtotal"`
	TaxRate  Percent       `json:"tax_rate"`
	Tax      Amount        `json:"tax"`
	Seller   Party         `json:"seller"`
	Buyer    Party         `json:"buyer"`
	Lines    []InvoiceLine `json:"lines"`
}

// Party is the seller or the buyer of an invoice.
type Party struct {
	Company   string `json:"company"`
	Address   string `json:"address"`
	City      string `json:"city"`
	Country   string `json:"country"`
	TaxOffice string `json:"tax_office"`
	TaxID     string `json:"tax_id"`
	Email     string `json:"email"`
}

// InvoiceLine is one line; kind is base, san or discount.
type InvoiceLine struct {
	Kind        string `json:"kind"`
	Description string `json:"description"`
	Quantity    int64  `json:"quantity"`
	Amount      Amount `json:"amount"`
}

// InvoiceAnswer answers GET /invoices/{id}.
type InvoiceAnswer struct {
	Success
	Invoice InvoiceDetail `json:"invoice"`
}

// Transaction is a movement of credit; what went out is negative.
type Transaction struct {
	ID           int64  `json:"id"`
	Amount       Amount `json:"amount"`
	Type         string `json:"type"` // debit, credit
	Description  string `json:"description"`
	BalanceAfter Amount `json:"balance_after"`
	CreatedAt    Moment `json:"created_at"`
}

// Credits answers GET /credits.
type Credits struct {
	Success
	Balance      Amount        `json:"balance"`
	Currency     string        `json:"currency"`
	Transactions []Transaction `json:"transactions"`
	Pagination   Pagination    `json:"pagination"`
}

// Balance answers GET /balance.
type Balance struct {
	Success
	Balance      Amount        `json:"balance"`
	Available    Amount        `json:"available"` // balance and allowance
	Currency     string        `json:"currency"`
	Transactions []Transaction `json:"transactions"` // the last ten
}

// Paid answers POST /credits.
type Paid struct {
	Success
	OrderID    int64  `json:"order_id"`
	AmountPaid Amount `json:"amount_paid"`
	NewBalance Amount `json:"new_balance"`
}

// CertificateState is the newest certificate of an order.
type CertificateState struct {
	OrderID        int64  `json:"order_id"`
	Domain         string `json:"domain"`
	Product        string `json:"product"`
	Brand          string `json:"brand"`
	Status         string `json:"status"` // of the order
	ValidFrom      Date   `json:"valid_from"`
	ValidTill      Date   `json:"valid_till"`
	HasCertificate bool   `json:"has_certificate"`
	HasCABundle    bool   `json:"has_ca_bundle"`
	DaysRemaining  int    `json:"days_remaining"`
	IsExpired      bool   `json:"is_expired"`

	Serial string `json:"serial"`
}

// CertificateAnswer answers GET /certificate/{order_id}.
type CertificateAnswer struct {
	Success
	Certificate CertificateState `json:"certificate"`
}

// CertificateFiles is the newest certificate itself.
type CertificateFiles struct {
	Domain         string `json:"domain"`
	ValidFrom      Date   `json:"valid_from"`
	ValidTill      Date   `json:"valid_till"`
	CertificatePEM string `json:"certificate_pem"`
	CABundle       string `json:"ca_bundle"`
	PrivateKeyNote string `json:"private_key_note"`
}

// DownloadAnswer answers GET /certificate/{order_id}/download.
type DownloadAnswer struct {
	Success
	Certificate CertificateFiles `json:"certificate"`
}

// Account answers GET /account.
type Account struct {
	Success
	Reseller Reseller `json:"reseller"`
}

// Reseller is who the key belongs to. DiscountRate is how much less than by the
// list the group pays, over all it may buy.
type Reseller struct {
	ID            int64         `json:"id"`
	Name          string        `json:"name"`
	Email         string        `json:"email"`
	Company       string        `json:"company"`
	DiscountRate  Percent       `json:"discount_rate"`
	CreditBalance Amount        `json:"credit_balance"`
	Stats         ResellerStats `json:"stats"`
}

// ResellerStats are a reseller's sums.
type ResellerStats struct {
	OrderCount   int    `json:"order_count"`
	TotalRevenue Amount `json:"total_revenue"`
}

// Statistics answers GET /stats. Revenue is what paid orders cost without tax,
// cancelled ones left out.
type Statistics struct {
	Success
	Stats  Figures `json:"stats"`
	Charts Charts  `json:"charts"`
}

// Figures are a reseller's figures.
type Figures struct {
	TotalOrders    int    `json:"total_orders"`
	ActiveOrders   int    `json:"active_orders"`
	PendingOrders  int    `json:"pending_orders"`
	TotalRevenue   Amount `json:"total_revenue"`
	MonthlyRevenue Amount `json:"monthly_revenue"`
	CreditBalance  Amount `json:"credit_balance"`
}

// Charts are the figures to draw: the last thirty days, today included.
type Charts struct {
	DailySales         []DailySales       `json:"daily_sales"`
	BrandDistribution  []BrandShare       `json:"brand_distribution"`
	StatusDistribution StatusDistribution `json:"status_distribution"`
}

// DailySales is one day, UTC.
type DailySales struct {
	Date    Date   `json:"date"`
	Orders  int    `json:"orders"`
	Revenue Amount `json:"revenue"`
}

// BrandShare counts the orders of a brand.
type BrandShare struct {
	Brand string `json:"brand"`
	Count int    `json:"count"`
}

// StatusDistribution counts orders by status.
type StatusDistribution struct {
	Completed            int `json:"completed"`
	Pending              int `json:"pending"`
	Processing           int `json:"processing"`
	Cancelled            int `json:"cancelled"`
	ValidationPending    int `json:"validation_pending"`
	PendingConfiguration int `json:"pending_configuration"`
	Expired              int `json:"expired"`
}
