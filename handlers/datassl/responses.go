package datassl

// Answers as the document shows them. Fields the document does not have are ours;
// none of its own is renamed or left out. Dates are UTC, amounts USD.

// Success is the head of every good answer.
type Success struct {
	Success bool   `json:"success"`
	Message string `json:"message,omitempty"`
}

func ok(message string) Success { return Success{Success: true, Message: message} }

// Pagination says where in a list an answer is.
type Pagination struct {
	Total  int `json:"total"`
	Limit  int `json:"limit"`
	Offset int `json:"offset"`
}

// Product is what the reseller's group may buy. Prices without a term beside them
// are those of the usual term, a year where it is sold.
type Product struct {
	ID             int64  `json:"id"`
	Name           string `json:"name"`
	Brand          string `json:"brand"`
	Type           string `json:"type"`
	ValidationType string `json:"validation_type"`
	DomainType     string `json:"domain_type"`
	ListPrice      Amount `json:"list_price"`
	ListPricing    Years  `json:"list_pricing"`
	ResellerPrice  Amount `json:"reseller_price"`
	Pricing        Years  `json:"pricing"`
	MaxYears       int    `json:"max_years"`
	Warranty       string `json:"warranty"`
	SANEnabled     bool   `json:"san_enabled"`

	Currency   string   `json:"currency"`
	Periods    []int    `json:"periods"` // months
	DCVMethods []string `json:"dcv_methods"`
}

// ProductList answers GET /products.
type ProductList struct {
	Success
	Products []Product `json:"products"`
	Count    int       `json:"count"`
	GroupID  int64     `json:"group_id"`
	Note     string    `json:"note"`
}

// ProductDetail is a product with the price of each term and of additional names.
type ProductDetail struct {
	Product
	Description string     `json:"description"`
	Terms       []Term     `json:"terms"`
	SANPricing  SANPricing `json:"san_pricing"`
}

// Term is a length a product is sold for.
type Term struct {
	Period        int    `json:"period"` // months
	ListPrice     Amount `json:"list_price"`
	ResellerPrice Amount `json:"reseller_price"`
}

// SANPricing is what additional names cost, for the whole term.
type SANPricing struct {
	ProductID           int64  `json:"product_id"`
	ProductName         string `json:"product_name"`
	SANEnabled          bool   `json:"san_enabled"`
	SANIncluded         int    `json:"san_included"`
	SANMax              int    `json:"san_max"`
	SANPrice            Amount `json:"san_price"`
	SANPricing          Years  `json:"san_pricing"`
	WildcardSANEnabled  bool   `json:"wildcard_san_enabled"`
	WildcardSANIncluded int    `json:"wildcard_san_included"`
	WildcardSANMax      int    `json:"wildcard_san_max"`
	WildcardSANPrice    Amount `json:"wildcard_san_price"`
	WildcardSANPricing  Years  `json:"wildcard_san_pricing"`
	Currency            string `json:"currency"`
}

// ProductAnswer answers GET /products/{id}.
type ProductAnswer struct {
	Success
	Product ProductDetail `json:"product"`
}

// SANPricingAnswer answers GET /san-pricing/{id}.
type SANPricingAnswer struct {
	Success
	SANPricing SANPricing `json:"san_pricing"`
}

// Order is one order in a list.
type Order struct {
	ID               int64  `json:"id"`
	OrderNumber      string `json:"order_number"`
	ProductID        int64  `json:"product_id"`
	Product          string `json:"product"`
	Brand            string `json:"brand"`
	Type             string `json:"type"`
	ValidationType   string `json:"validation_type"`
	Domain           string `json:"domain"`
	Period           int    `json:"period"` // months
	SANCount         int    `json:"san_count"`
	SANWildcardCount int    `json:"san_wildcard_count"`
	BasePrice        Amount `json:"base_price"`
	SANTotal         Amount `json:"san_total"`
	DiscountAmount   Amount `json:"discount_amount"`
	Total            Amount `json:"total"`
	Tax              Amount `json:"tax"`
	Payable          Amount `json:"payable"` // total and tax
	Currency         string `json:"currency"`
	Status           string `json:"status"`
	Reference        string `json:"reference"`
	PaymentStatus    string `json:"payment_status"` // paid, unpaid, refunded, cancelled
	CreatedAt        Moment `json:"created_at"`
	CompletedAt      Moment `json:"completed_at"`
	ExpiresAt        Moment `json:"expires_at"` // the term's end; the certificate's is valid_till
	ValidTill        Date   `json:"valid_till"`
}

// OrderList answers GET /orders.
type OrderList struct {
	Success
	Orders     []Order    `json:"orders"`
	Pagination Pagination `json:"pagination"`
}

// OrderDetail is an order with its names, its invoice and its certificates.
type OrderDetail struct {
	Order
	Names         []string           `json:"names"`       // the main one first
	StatusNote    string             `json:"status_note"` // the authority's last words
	InvoiceID     int64              `json:"invoice_id"`
	InvoiceNumber string             `json:"invoice_number"`
	LicenceKey    string             `json:"licence_key,omitempty"`
	Certificates  []OrderCertificate `json:"certificates"` // the newest first
}

// OrderCertificate is one of the certificates of an order's term.
type OrderCertificate struct {
	Status    string `json:"status"` // requested, issued, refused, cancelled, revoked
	Serial    string `json:"serial"`
	ValidFrom Date   `json:"valid_from"`
	ValidTill Date   `json:"valid_till"`
	CreatedAt Moment `json:"created_at"`
}

// OrderAnswer answers GET /orders/{id}.
type OrderAnswer struct {
	Success
	Order OrderDetail `json:"order"`
}

// OrderPlaced answers POST /orders.
type OrderPlaced struct {
	Success
	OrderID        int64  `json:"order_id"`
	OrderNumber    string `json:"order_number"`
	Domain         string `json:"domain"`
	BasePrice      Amount `json:"base_price"`
	SANTotal       Amount `json:"san_total"`
	DiscountAmount Amount `json:"discount_amount"`
	Total          Amount `json:"total"`
	Status         string `json:"status"`
	PaymentStatus  string `json:"payment_status"`
	CreditUsed     Amount `json:"credit_used"` // total and tax
	NewBalance     Amount `json:"new_balance"`
	InvoiceNumber  string `json:"invoice_number"`

	Tax       Amount `json:"tax"`
	Period    int    `json:"period"`
	Currency  string `json:"currency"`
	Reference string `json:"reference"`
}

// OrderCancelled answers PUT /orders/{id}. While the authority has not confirmed
// it, the status is still processing and nothing is refunded yet.
type OrderCancelled struct {
	Success
	OrderID        int64  `json:"order_id"`
	OrderNumber    string `json:"order_number"`
	Status         string `json:"status"`
	RefundedAmount Amount `json:"refunded_amount"`
	NewBalance     Amount `json:"new_balance"`
}

// SSL is how an order stands on its way to its certificate.
type SSL struct {
	OrderID        int64        `json:"order_id"`
	OrderNumber    string       `json:"order_number"`
	Domain         string       `json:"domain"`
	Product        string       `json:"product"`
	Brand          string       `json:"brand"`
	Status         string       `json:"status"`
	StatusNote     string       `json:"status_note"` // the authority's last words
	Reissuing      bool         `json:"reissuing"`
	DCVMethod      string       `json:"dcv_method"` // of the main name
	HasCertificate bool         `json:"has_certificate"`
	ValidFrom      Date         `json:"valid_from"`
	ValidTill      Date         `json:"valid_till"`
	LastCheckedAt  Moment       `json:"last_checked_at"` // when the authority was last heard
	Validation     []Validation `json:"validation"`
}

// Validation is one name and what its owner has to publish; of dns, http and email
// the one that the method speaks of is there.
type Validation struct {
	Domain     string     `json:"domain"`
	DCVMethod  string     `json:"dcv_method"`
	Status     string     `json:"status"` // pending, failed, validated
	DNS        *DNSProof  `json:"dns,omitempty"`
	HTTP       *HTTPProof `json:"http,omitempty"`
	Email      *MailProof `json:"email,omitempty"`
	CheckedAt  Moment     `json:"checked_at"`
	VerifiedAt Moment     `json:"verified_at"`
}

// DNSProof is a record to publish, letter by letter.
type DNSProof struct {
	Type  string `json:"type"`
	Host  string `json:"host"`
	Value string `json:"value"`
}

// HTTPProof is a file to publish, letter by letter.
type HTTPProof struct {
	URL      string `json:"url"`
	FileName string `json:"file_name"`
	Content  string `json:"content"`
}

// MailProof is where the approval mail went.
type MailProof struct {
	ApproverEmail string `json:"approver_email"`
}

// SSLAnswer answers GET /ssl/{order_id} and the changes of it.
type SSLAnswer struct {
	Success
	SSL SSL `json:"ssl"`
}

// CSR is a decoded certificate request.
type CSR struct {
	Domain             string   `json:"domain"` // the common name
	Organization       string   `json:"organization"`
	OrganizationalUnit string   `json:"organizational_unit"`
	City               string   `json:"city"`
	State              string   `json:"state"`
	Country            string   `json:"country"`
	Email              string   `json:"email"`
	SAN                []string `json:"san"`
	KeyType            string   `json:"key_type"`
	KeySize            int      `json:"key_size"`
	Curve              string   `json:"curve,omitempty"`
	SignatureAlgorithm string   `json:"signature_algorithm"`
	MD5                string   `json:"md5"`
	SHA1               string   `json:"sha1"`
	SHA256             string   `json:"sha256"`
}

// CSRAnswer answers POST /csr/decode.
type CSRAnswer struct {
	Success
	CSR CSR `json:"csr"`
}

// Refused is every answer that is no success.
type Refused struct {
	Success   bool         `json:"success"`
	Error     string       `json:"error"`
	Code      string       `json:"code"` // a word for programs
	Fields    []FieldError `json:"fields,omitempty"`
	RequestID string       `json:"request_id"`
}

// FieldError says what is wrong with one field of the request.
type FieldError struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// ProblemDetails is Refused for programs that accept application/problem+json (RFC 9457).
type ProblemDetails struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Refused
}
