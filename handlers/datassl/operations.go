package datassl

import (
	"net/http"

	"certbay/db"
)

const (
	get  = http.MethodGet
	post = http.MethodPost
	put  = http.MethodPut
)

var (
	limitParameter  = Parameter{Name: "limit", Number: true, Min: 1, TR: "Sayfa başına kayıt: en çok 100 (fazlası 100 sayılır), varsayılan 50", EN: "Rows of a page: at most 100 (more count as 100), 50 unless given"}
	offsetParameter = Parameter{Name: "offset", Number: true, TR: "Kaçıncı kayıttan başlanacağı", EN: "How many rows to pass over"}
)

func statusWords() (words []string) {
	for _, s := range db.Statuses {
		words = append(words, string(s))
	}
	return words
}

// operations is the document: the one source of the routes, of what guards them,
// and of the OpenAPI description.
var operations = []Operation{
	{Method: get, Path: "/products", Name: "listProducts", Scope: db.ScopeRead, TR: "Grubunuza tanımlı ürünler ve fiyatlarınız", EN: "The products of your group, with your prices",
		Query: []Parameter{
			{Name: "brand", TR: "Marka", EN: "Brand"},
			{Name: "type", Words: []string{"ssl", "wildcard", "multi-domain", "code-signing", "licence"}, TR: "Tür", EN: "Type"},
			{Name: "validation", Words: []string{"dv", "ov", "ev"}, TR: "Doğrulama türü", EN: "Type of validation"},
		},
		Response: ProductList{}, Errors: []int{400}, serve: (*call).listProducts},
	{Method: get, Path: "/products/{id}", Name: "getProduct", Scope: db.ScopeRead, TR: "Tek ürün: her sürenin ve ek adların fiyatı", EN: "One product: the price of each term and of additional names",
		Response: ProductAnswer{}, Errors: []int{400, 404, 409}, serve: (*call).getProduct},
	{Method: get, Path: "/san-pricing/{id}", Name: "getSANPricing", Scope: db.ScopeRead, TR: "Bir ürünün SAN ve Wildcard SAN fiyatları", EN: "What additional names of a product cost",
		Response: SANPricingAnswer{}, Errors: []int{400, 404, 409}, serve: (*call).getSANPricing},

	{Method: get, Path: "/orders", Name: "listOrders", Scope: db.ScopeRead, TR: "Siparişleriniz, en yenisi önce", EN: "Your orders, the newest first",
		Query: []Parameter{
			{Name: "status", Words: statusWords(), TR: "Durum", EN: "Status"},
			{Name: "domain", TR: "Alan adının bir bölümü", EN: "Part of a domain"},
			{Name: "reference", TR: "Siparişi verirken gönderdiğiniz referansın tamamı", EN: "The whole reference that was sent with the order"},
			limitParameter, offsetParameter,
		},
		Response: OrderList{}, Errors: []int{400}, serve: (*call).listOrders},
	{Method: get, Path: "/orders/{id}", Name: "getOrder", Scope: db.ScopeRead, TR: "Tek sipariş: adları, faturası, sertifikaları", EN: "One order: its names, invoice and certificates",
		Response: OrderAnswer{}, Errors: []int{400, 404}, serve: (*call).getOrder},
	{Method: post, Path: "/orders", Name: "createOrder", Scope: db.ScopeOrder, TR: "Sipariş ver; tutar kredinizden düşülür", EN: "Place an order; its amount is taken from your credit",
		Request: CreateOrder{}, Response: OrderPlaced{}, Errors: []int{400, 402, 404, 409, 413, 415, 422}, serve: (*call).createOrder},
	{Method: put, Path: "/orders/{id}", Name: "changeOrder", Scope: db.ScopeOrder, TR: "Siparişi iptal et; tutar kredinize döner", EN: "Cancel an order; its amount comes back to your credit",
		Request: ChangeOrder{}, Response: OrderCancelled{}, Errors: []int{400, 404, 409, 413, 415, 422}, serve: (*call).changeOrder},

	{Method: post, Path: "/ssl/configure", Name: "configureSSL", Scope: db.ScopeCertificate, TR: "CSR ve doğrulama yöntemini ilet", EN: "Hand in the CSR and how domains are validated",
		Request: Configure{}, Response: SSLAnswer{}, Errors: []int{400, 404, 409, 413, 415, 422}, serve: (*call).configure},
	{Method: get, Path: "/ssl/{order_id}", Name: "getSSL", Scope: db.ScopeRead, TR: "Anlık durum ve doğrulama bilgileri", EN: "How it stands now, and what has to be published",
		Response: SSLAnswer{}, Errors: []int{400, 404}, serve: (*call).getSSL},
	{Method: post, Path: "/ssl/resend-validation", Name: "resendValidation", Scope: db.ScopeCertificate, TR: "Onay e-postalarını yeniden gönder", EN: "Send the approval mails again",
		Request: ResendValidation{}, Response: SSLAnswer{}, Errors: []int{400, 404, 409, 413, 415, 422}, serve: (*call).resendValidation},
	{Method: post, Path: "/ssl/change-dcv", Name: "changeDCV", Scope: db.ScopeCertificate, TR: "Doğrulama yöntemini değiştir", EN: "Change how domains are validated",
		Request: ChangeDCV{}, Response: SSLAnswer{}, Errors: []int{400, 404, 409, 413, 415, 422}, serve: (*call).changeDCV},
	{Method: post, Path: "/ssl/reissue", Name: "reissueSSL", Scope: db.ScopeCertificate, TR: "Sertifikayı süresi içinde ücretsiz yeniden düzenle", EN: "Reissue within the term, free of charge",
		Request: Reissue{}, Response: SSLAnswer{}, Errors: []int{400, 404, 409, 413, 415, 422}, serve: (*call).reissue},
	{Method: post, Path: "/csr/decode", Name: "decodeCSR", Scope: db.ScopeRead, TR: "CSR içeriğini oku", EN: "Read what is in a CSR",
		Request: DecodeCSR{}, Response: CSRAnswer{}, Errors: []int{400, 409, 413, 415, 422}, serve: (*call).decodeCSR},

	{Method: get, Path: "/invoices", Name: "listInvoices", Scope: db.ScopeRead, TR: "Faturalarınız, en yenisi önce", EN: "Your invoices, the newest first",
		Query: []Parameter{
			{Name: "status", Words: []string{"unpaid", "paid", "cancelled", "sent"}, TR: "Durum", EN: "Status"},
			limitParameter, offsetParameter,
		},
		Response: InvoiceList{}, Errors: []int{400}, serve: (*call).listInvoices},
	{Method: get, Path: "/invoices/{id}", Name: "getInvoice", Scope: db.ScopeRead, TR: "Tek fatura, satırlarıyla", EN: "One invoice, with its lines",
		Response: InvoiceAnswer{}, Errors: []int{400, 404}, serve: (*call).getInvoice},

	{Method: get, Path: "/credits", Name: "listCredits", Scope: db.ScopeRead, TR: "Kredi bakiyesi ve hareketleri", EN: "Your credit and how it moved",
		Query:    []Parameter{limitParameter, offsetParameter},
		Response: Credits{}, Errors: []int{400}, serve: (*call).listCredits},
	{Method: post, Path: "/credits", Name: "payOrder", Scope: db.ScopeCredit, TR: "Siparişi krediyle öde", EN: "Pay an order with credit",
		Request: Pay{}, Response: Paid{}, Errors: []int{400, 402, 404, 409, 413, 415, 422}, serve: (*call).payOrder},
	{Method: get, Path: "/balance", Name: "getBalance", Scope: db.ScopeRead, TR: "Bakiye ve son on hareket", EN: "Your credit and its last ten movements",
		Response: Balance{}, serve: (*call).getBalance},

	{Method: get, Path: "/certificate/{order_id}", Name: "getCertificate", Scope: db.ScopeRead, TR: "Sertifikanın durumu", EN: "How the certificate stands",
		Response: CertificateAnswer{}, Errors: []int{400, 404}, serve: (*call).getCertificate},
	{Method: get, Path: "/certificate/{order_id}/download", Name: "downloadCertificate", Scope: db.ScopeRead, TR: "Sertifika ve ara sertifikalar (PEM)", EN: "The certificate and its chain (PEM)",
		Response: DownloadAnswer{}, Errors: []int{400, 404}, serve: (*call).downloadCertificate},

	{Method: get, Path: "/account", Name: "getAccount", Scope: db.ScopeRead, TR: "Hesabınız", EN: "Your account",
		Response: Account{}, serve: (*call).getAccount},
	{Method: get, Path: "/stats", Name: "getStats", Scope: db.ScopeRead, TR: "İstatistikler ve grafik verileri", EN: "Figures, and data for charts",
		Response: Statistics{}, serve: (*call).getStats},
}
