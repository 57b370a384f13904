package license724

import (
	"strconv"
	"strings"
)

// credits is an amount in hundredths of a credit, which is a US dollar. It is
// written as a JSON number without noughts at its end: 4, 4.5, 12.99.
type credits int64

func (n credits) String() string {
	sign, digits := "", strconv.FormatInt(int64(n), 10)
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	for len(digits) < 3 {
		digits = "0" + digits
	}
	whole, cents := digits[:len(digits)-2], strings.TrimRight(digits[len(digits)-2:], "0")
	if cents == "" {
		return sign + whole
	}
	return sign + whole + "." + cents
}

// MarshalJSON writes the number without ever passing through a float.
func (n credits) MarshalJSON() ([]byte, error) { return []byte(n.String()), nil }

// Product is a licence that is sold. The document has the first three.
type Product struct {
	Code        string  `json:"code"`
	Name        string  `json:"name"`
	CreditPrice credits `json:"credit_price"` // of a month; where none is sold, of the shortest term

	ID            int64              `json:"id"`
	Brand         string             `json:"brand"`
	BillingCycles map[string]credits `json:"billingcycles"` // what each number of months costs in all
	Cores         []string           `json:"cores"`         // the codes that change-core takes for it
}

// ProductList answers /products.
type ProductList struct {
	Success  bool      `json:"success"`
	Count    int       `json:"count"`
	Products []Product `json:"products"`
}

// ProductAnswer answers /product.
type ProductAnswer struct {
	Success bool    `json:"success"`
	Product Product `json:"product"`
}

// Account is what the reseller has.
type Account struct {
	Balance  credits `json:"balance"`
	Currency string  `json:"currency"`
	Sandbox  bool    `json:"sandbox_enabled"`
}

// BalanceAnswer answers /balance.
type BalanceAnswer struct {
	Success bool    `json:"success"`
	Account Account `json:"account"`
}

// Done answers everything that is done to a licence.
type Done struct {
	Success bool   `json:"success"`
	Message string `json:"message"`

	LicenseID int64  `json:"license_id"`
	Status    string `json:"status"`               // active, suspended, or processing: it is under way
	ExpiresAt string `json:"expires_at,omitempty"` // the term's last moment, UTC

	LicenseKey string `json:"license_key,omitempty"` // of a licence that does not go by its address alone
}
