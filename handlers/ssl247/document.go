package ssl247

// The answers of the document about a certificate, field by field.

type boughtAddon struct {
	ID            string `json:"id"`
	Type          string `json:"type"`
	Value         string `json:"value"`
	ApproverEmail string `json:"approver_email"`
}

// validation is one name, with what its owner has to publish.
type validation struct {
	Domain        string `json:"domain"`
	Method        string `json:"dv_auth_method"`
	Verified      bool   `json:"verified"`
	RecordType    string `json:"dns_record_type"`
	Host          string `json:"dns_host"`
	Value         string `json:"dns_value"`
	FileURL       string `json:"file_auth_url"`
	FileName      string `json:"file_auth_filename"`
	FileContents  string `json:"file_auth_contents"`
	ApproverEmail string `json:"approver_email"`
	VerifiedAt    string `json:"verified_at"`
}

type dates struct {
	Order    string `json:"order"`
	Issuance string `json:"issuance"`
	Created  string `json:"created"`
	Expiry   string `json:"expiry"`
}

type company struct {
	Category           string `json:"category"`
	LegalName          string `json:"organisation_legal_name"`
	RegistrationNumber string `json:"registration_number"`
	DUNS               string `json:"duns"`
}

type party struct {
	Organisation string `json:"organisation"`
	Title        string `json:"title"`
	FirstName    string `json:"firstname"`
	LastName     string `json:"lastname"`
	Email        string `json:"email"`
	Phone        string `json:"phone"`
	Address1     string `json:"address_1"`
	Address2     string `json:"address_2"`
	City         string `json:"city"`
	Postcode     string `json:"postcode"`
	Region       string `json:"region"`
	Country      string `json:"country"`
}

type parties struct {
	Company        company
	Administrative party
	Technical      party
}

type addons struct{ Addon []boughtAddon }

type note struct {
	Note string `json:"note"`
	User string `json:"user"`
	Date string `json:"date"`
}

type vetting struct {
	Type    string `json:"status_type"`
	Text    string `json:"status_text"`
	Created string `json:"created"`
}

type details struct {
	ProductCode       string       `json:"product_code"`
	CommonName        string       `json:"common_name"`
	ApproverEmail     string       `json:"approver_email"`
	DVAuthMethod      string       `json:"dv_auth_method"`
	DNSAuthString     string       `json:"dns_auth_string"`
	FileAuthName      string       `json:"file_auth_filename"`
	FileAuthContents  string       `json:"file_auth_contents"`
	GeneralAuthString string       `json:"general_auth_string"`
	Licenses          string       `json:"licenses"`
	Hash              string       `json:"hash"`
	SerialNumber      string       `json:"serial_number"`
	Years             string       `json:"years"`
	RemainingReissues string       `json:"remaining_reissues"`
	CSR               string       `json:"csr"`
	EmailSubscription string       `json:"email_subscription"`
	VettingData       string       `json:"VettingData"`
	Addons            addons       `json:"Addons"`
	Status            coded        `json:"Status"`
	StatusMinor       coded        `json:"StatusMinor"`
	DomainValidation  []validation `json:"DomainValidation"`
	TermEndsAt        string       `json:"term_ends_at"`
}

type fullCertificate struct {
	OrderID        string  `json:"order_id"`
	CertificateID  string  `json:"certificate_id"`
	ProductAddonID string  `json:"product_addon_id"`
	Reference      string  `json:"reference"`
	Details        details `json:"CertificateDetails"`
	Contacts       parties
	Dates          dates
	Notes          struct{ Note []note }
	VettingData    []vetting
	Status         coded
	Product        struct {
		Name  string `json:"name"`
		Code  string `json:"code"`
		Brand struct {
			Name string `json:"name"`
		}
	}
}
