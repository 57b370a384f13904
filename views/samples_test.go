package views

import (
	"time"

	"certbay/db/money"
)

func sampleHome() HomePage {
	m := HomePage{
		HasOrders: true, Active: 89, ActiveNew: 4, Waiting: 8, WaitDomain: 5, WaitYou: 3,
		Spent: money.USD(234000), MonthCount: 31, Expiring: 12,
		Needs: []Need{
			{Kind: "validate", OrderID: 342, OrderNumber: "ORD-2026-0342", Domain: "shop.ornek.com.tr", Names: 5, Verified: 2, Since: testNow.Add(-3 * time.Hour)},
			{Kind: "expiring", OrderID: 117, OrderNumber: "ORD-2026-0117", Domain: "mail.firma.com", Until: testNow.AddDate(0, 0, 9)},
			{Kind: "configure", OrderID: 340, OrderNumber: "ORD-2026-0340", Domain: "kitap.com.tr", Since: testNow.Add(-50 * time.Minute)},
			{Kind: "correct", OrderID: 339, OrderNumber: "ORD-2026-0339", Domain: "api.deneme.net", Detail: "CSR rejected: <b>key</b> is RSA 1024"},
		},
		Brands: []Share{{"Sectigo", 78}, {"DigiCert", 45}, {"GeoTrust", 19}, {"Thawte", 9}, {"cPanel", 5}},
	}
	for i, n := range []int{5, 6, 3, 5, 7, 6, 8, 2, 5, 3, 3, 4, 5, 6, 6, 10, 7, 1, 5, 3, 3, 8, 4, 0, 5, 4, 2, 2, 3, 4} {
		m.Days = append(m.Days, Day{Date: testNow.AddDate(0, 0, i-29), Count: n})
	}
	return m
}

func sampleTerms() []ProductTerm {
	return []ProductTerm{
		{TermPrice{12, money.USD(4999), money.USD(1299)}, money.USD(799), money.USD(4900)},
		{TermPrice{24, money.USD(8998), money.USD(2398)}, money.USD(1498), money.USD(9000)},
		{TermPrice{36, money.USD(12997), money.USD(3497)}, money.USD(2197), money.USD(13000)},
	}
}

func sampleCatalog() CatalogPage {
	term := func(months int, list, own int64) TermPrice {
		return TermPrice{months, money.USD(list), money.USD(own)}
	}
	return CatalogPage{
		Brands: []string{"cPanel", "DigiCert", "GeoTrust", "Sectigo"},
		Products: []CatalogProduct{
			{ID: 1, Brand: "Sectigo", Name: "PositiveSSL", Kind: "ssl", Validation: "dv", Terms: []TermPrice{term(12, 4999, 1299), term(24, 8998, 2398), term(36, 12997, 3497)}},
			{ID: 2, Brand: "Sectigo", Name: "PositiveSSL Multi-Domain", Kind: "multi-domain", Validation: "dv", SANMax: 247, Terms: []TermPrice{term(12, 9999, 4190), term(24, 18000, 7900)}},
			{ID: 3, Brand: "DigiCert", Name: "Secure Site Pro EV", Kind: "ssl", Validation: "ev", Terms: []TermPrice{term(12, 149900, 34900)}},
			{ID: 4, Brand: "DigiCert", Name: "Code Signing", Kind: "code-signing", Validation: "ov", Terms: []TermPrice{term(12, 47400, 47400), term(36, 120000, 110000)}},
			{ID: 5, Brand: "cPanel", Name: "Premier 100", Kind: "licence", Terms: []TermPrice{term(1, 4600, 3800)}},
		},
	}
}

func sampleProduct() ProductPage {
	return ProductPage{
		ID: 2, Brand: "Sectigo", Name: "PositiveSSL Multi-Domain", Kind: "multi-domain", Validation: "dv",
		DescriptionEN: "Several names on one certificate, issued within minutes.", DescriptionTR: "Tek sertifikada birden çok ad, dakikalar içinde verilir.",
		Warranty: money.USD(5000000), Terms: sampleTerms(), SANIncluded: 2, SANMax: 247, WildcardSANMax: 10,
		Methods: []string{"dns", "http", "https", "email"},
	}
}

func sampleOrderProduct() OrderProduct {
	return OrderProduct{
		ID: 2, Brand: "Sectigo", Name: "PositiveSSL Multi-Domain", Kind: "multi-domain", Validation: "dv",
		Terms: sampleTerms(), SANIncluded: 2, SANMax: 247, WildcardSANMax: 10,
	}
}

func sampleForm() OrderForm {
	return OrderForm{
		Months: 12, Domain: "shop.ornek.com.tr", SANs: "www.ornek.com.tr\napi.ornek.com.tr\ncdn.ornek.com.tr\nblog.ornek.com.tr",
		CustomerName: `Kitap <script>alert(1)</script> A.Ş.`, CustomerEmail: "it@kitap.com.tr", Note: "PO-77",
	}
}

func sampleQuote() QuotePanel {
	return QuotePanel{
		Months: 12, ListPrice: money.USD(4999), SANs: 2, SANTotal: money.USD(1598), Discount: money.USD(3700),
		Total: money.USD(2897), TaxBP: 2000, Tax: money.USD(579), Payable: money.USD(3476),
		Available: money.USD(122103), After: money.USD(118627),
	}
}

func sampleCredits() CreditsPage {
	return CreditsPage{
		Balance: money.USD(122103), Available: money.USD(172103), Held: money.USD(4190),
		Entries: []StatementRow{
			{At: testNow, Kind: "order", OrderID: 342, OrderNumber: "ORD-2026-0342", Amount: money.USD(-4190), After: money.USD(122103)},
			{At: testNow.AddDate(0, 0, -1), Kind: "refund", OrderID: 335, OrderNumber: "ORD-2026-0335", Amount: money.USD(1299), After: money.USD(126293)},
			{At: testNow.AddDate(0, -1, 0), Kind: "topup", Memo: "Bank transfer <2026/10>", Amount: money.USD(100000), After: money.USD(124994)},
		},
		Pager: Pager{Page: 1, PerPage: 25, Total: 61, Path: "/credits"},
		TopUp: []string{"Örnek Bilişim Ltd. Şti.", "TR12 0006 2000 0000 0000 0000 01"},
	}
}

func sampleInvoices() InvoicesPage {
	return InvoicesPage{
		Rows: []InvoiceRow{
			{ID: 78, Number: "INV-2026-0078", At: testNow, OrderID: 342, OrderNumber: "ORD-2026-0342", Domain: "shop.ornek.com.tr", Product: "PositiveSSL Multi-Domain", Status: "paid", Total: money.USD(4190)},
			{ID: 77, Number: "INV-2026-0077", At: testNow.AddDate(0, 0, -1), OrderID: 341, OrderNumber: "ORD-2026-0341", Domain: "*.bulut.dev", Product: "PositiveSSL Wildcard", Status: "cancelled", Total: money.USD(8900)},
			{ID: 76, Number: "INV-2026-0076", At: testNow.AddDate(0, 0, -2), OrderID: 340, OrderNumber: "ORD-2026-0340", Domain: "cokuzunbiralanadi.ornek-bilisim-hizmetleri-anonim-sirketi.com.tr", Product: "EV", Status: "unpaid", Total: money.USD(12345678)},
		},
		Pager: Pager{Page: 3, PerPage: 25, Total: 78, Path: "/invoices"},
	}
}

func sampleInvoice() InvoicePage {
	return InvoicePage{
		Number: "INV-2026-0078", Status: "paid", At: testNow, DueAt: testNow.AddDate(0, 0, 7), PaidAt: testNow,
		OrderID: 342, OrderNumber: "ORD-2026-0342", Domain: "shop.ornek.com.tr",
		Seller: InvoiceParty{Company: "Örnek Hosting A.Ş.", Address: "İstiklal Cad. 1", City: "İstanbul", Country: "TR", TaxOffice: "Beyoğlu", TaxID: "1234567890", Email: "muhasebe@ornek.com.tr"},
		Buyer:  InvoiceParty{Company: `<script>x</script> Ltd.`, City: "Ankara", Email: "a@b.tr"},
		Lines: []InvoiceLine{
			{Kind: "base", Text: "PositiveSSL Multi-Domain", Months: 12, Quantity: 1, Amount: money.USD(4999)},
			{Kind: "san", Quantity: 2, Amount: money.USD(1598)},
			{Kind: "wildcard_san", Quantity: 1, Amount: money.USD(4999)},
			{Kind: "discount", Quantity: 1, Amount: money.USD(-3700)},
		},
		TaxBP: 2000, Net: money.USD(2897), Tax: money.USD(579), Total: money.USD(3476),
	}
}
