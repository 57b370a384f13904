package views

import (
	"context"
	"strconv"
	"time"

	"certbay/views/i18n"
)

// InvoiceChoice is what the invoice list is narrowed to, as in its address.
type InvoiceChoice struct {
	Status   string // unpaid, paid, sent, cancelled; "" for all
	From, To string // months, "2026-01", both included; "" for open
}

// InvoiceZipPage is /invoices/zip/{id}, asked for by POST /invoices/zip with the
// fields of InvoiceChoice. Its changing part is at …/state, the zip at …/file.
type InvoiceZipPage struct {
	ID           int64
	Files, Drawn int
	Ready        bool
	Failed       bool
	Until        time.Time // when it is forgotten
}

// orderPath is the address of an order's page.
func orderPath(id int64) string { return "/orders/" + strconv.FormatInt(id, 10) }

// Live says whether the page still changes.
func (m InvoiceZipPage) Live() bool { return !m.Ready && !m.Failed }

func (m InvoiceZipPage) href(below string) string {
	return "/invoices/zip/" + strconv.FormatInt(m.ID, 10) + below
}

func (m InvoiceZipPage) progress(ctx context.Context) string {
	return i18n.N(ctx, "zip.progress", m.Files, "Drawn", i18n.Number(ctx, int64(m.Drawn)))
}
