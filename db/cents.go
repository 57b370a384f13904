package db

import "certbay/db/money"

// cents2 writes USD cents as a plain decimal, for the audit and for memos.
func cents2(cents int64) string { return money.USD(cents).Decimal() }
