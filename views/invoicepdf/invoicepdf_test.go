package invoicepdf_test

import (
	"bytes"
	"context"
	"sync"
	"testing"
	"time"

	"certbay/db/money"
	"certbay/views"
	"certbay/views/i18n"
	"certbay/views/invoicepdf"
)

func sample(number string) views.InvoicePage {
	at := time.Date(2026, 2, 8, 23, 30, 0, 0, time.UTC)
	return views.InvoicePage{Number: number, Status: "paid", At: at, DueAt: at, PaidAt: at, OrderNumber: "ORD-2026-0012", Domain: "example.com",
		Seller: views.InvoiceParty{Company: "Işık Şirketi"}, Buyer: views.InvoiceParty{Company: "Çağrı Ltd."},
		Lines: []views.InvoiceLine{{Kind: "base", Text: "PositiveSSL", Months: 12, Quantity: 1, Amount: money.USD(1299)}},
		Net:   money.USD(1299), Total: money.USD(1299)}
}

func TestManyDrawnAtOnceAreEachTheSameBytesAsAlone(t *testing.T) {
	ctx := i18n.With(context.Background(), i18n.Locale{Lang: "tr"})
	alone := map[string][]byte{}
	numbers := []string{"INV-2026-0001", "INV-2026-0002", "INV-2026-0003"}
	for _, n := range numbers {
		pdf, err := invoicepdf.Render(ctx, "Shop", sample(n))
		if err != nil || !bytes.HasPrefix(pdf, []byte("%PDF-")) {
			t.Fatalf("%.20q, %v", pdf, err)
		}
		for _, date := range []string{"/CreationDate (D:20260208233000)", "/ModDate (D:20260208233000)"} {
			if !bytes.Contains(pdf, []byte(date)) {
				t.Errorf("no %s in the file", date)
			}
		}
		alone[n] = pdf
	}
	if bytes.Equal(alone[numbers[0]], alone[numbers[1]]) {
		t.Error("two invoices are one file")
	}
	var all sync.WaitGroup
	for i := range 12 {
		all.Go(func() {
			n := numbers[i%len(numbers)]
			pdf, err := invoicepdf.Render(ctx, "Shop", sample(n))
			if err != nil || !bytes.Equal(pdf, alone[n]) {
				t.Errorf("%s differs, %v", n, err)
			}
		})
	}
	all.Wait()
}
