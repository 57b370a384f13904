package views

// ConfigurePage is where an order gets its CSR. It posts to /orders/{id}/configure.
type ConfigurePage struct {
	OrderHead
	Form      ConfigureForm
	Problems  Problems    // fields csr, method, email, organisation, street, city, country, phone, first_name, last_name, contact_email, delivery
	Decoded   *CSRPreview // what the pasted CSR says, when it could be read; nil otherwise
	Message   string      // the upstream's words about the request before; "" the first time
	Names     []string    // that the certificate will hold so far; readable letters
	Places    int         // further names that were paid for and that the CSR may bring
	CSRNames  []string    // ASCII, the domain first: for the key and CSR made in the browser
	KeyFile   string      // the name of the key's file: "shop.ornek.com.tr.key"
	Methods   []string    // of dns, http, https, email; the product's, in that order
	Approvers []string    // for email: addresses, or mailboxes ("admin") valid at each name
	// NeedsOrganisation asks for the company: OV, EV and code signing.
	NeedsOrganisation bool
	Deliveries        []string // code signing: own_token, shipped_token, hsm
}

// ConfigureForm is the form as it was filled in; the inputs have the problems' names.
type ConfigureForm struct {
	CSR          string
	Method       string // "": dns
	Email        string
	Organisation string
	Street       string
	City         string
	Country      string // two letters
	Phone        string
	FirstName    string
	LastName     string
	ContactEmail string
	Delivery     string
}

// CSRPreview is what a CSR says.
type CSRPreview struct {
	CommonName   string
	Names        []string // readable letters
	KeyType      string   // RSA or ECDSA
	KeyBits      int      // RSA
	Curve        string   // ECDSA
	Organisation string
	City         string
	Country      string
}
