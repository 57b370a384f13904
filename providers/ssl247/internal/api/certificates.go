package api

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"certbay/providers/internal/wire"
)

// The words of a certificate's status, of both lists in the document.
const (
	Incomplete           = "Incomplete"
	Stock                = "Stock"
	Pending              = "Pending"
	ReadyToReview        = "ReadyToReview"
	Issued               = "Issued"
	Expiring             = "Expiring"
	Subscription         = "Subscription"
	TemporaryCertificate = "TemporaryCertificate"
	External             = "External"
	Expired              = "Expired"
	Deactivated          = "Deactivated"
	Cancelled            = "Cancelled"
	Archived             = "Archived"
)

// Listed is a certificate in a list.
type Listed struct {
	ID         wire.Text `json:"id"`
	CommonName wire.Text `json:"common_name"`
	Status     wire.Text `json:"status"`
}

// Certificates lists the account's certificates.
//
// Seed 003, "Certificate - List": POST /certificates
func (c *Client) Certificates(ctx context.Context) ([]Listed, error) {
	return read[wire.List[Listed]](ctx, c, "/certificates", nil)
}

// CertificatesBy lists the certificates in a status.
//
// Seed 003, "Certificate - List per status": POST /certificates/{status}
func (c *Client) CertificatesBy(ctx context.Context, status string) ([]Listed, error) {
	return read[wire.List[Listed]](ctx, c, at("certificates", status), nil)
}

// Emails are addresses as keys, values or texts of a list.
type Emails []string

// UnmarshalJSON gathers every address, each once, in the shop's order.
func (e *Emails) UnmarshalJSON(b []byte) error {
	*e = nil
	d := json.NewDecoder(bytes.NewReader(b))
	for {
		token, err := d.Token()
		if err != nil {
			return nil // the text was looked at by encoding/json before
		}
		if s, ok := token.(string); ok && strings.Contains(s, "@") && !slices.Contains(*e, s) {
			*e = append(*e, s)
		}
	}
}

// ApproverEmails lists the mailboxes that may approve for a name.
//
// Seed 003, "Certificate - Get Approver Emails": POST /certificates/get-approver-email/{product-code}/{common-name}
func (c *Client) ApproverEmails(ctx context.Context, product, commonName string) ([]string, error) {
	return read[Emails](ctx, c, at("certificates", "get-approver-email", product, commonName), nil)
}

// NameCheck says whether a product takes a name. AddonID is as what a further name counts.
type NameCheck struct {
	Valid   wire.Bool `json:"valid"`
	Type    wire.Text `json:"type"`
	AddonID wire.Text `json:"product_addon_id"`
	Message wire.Text `json:"message"`
}

// CheckCommonName says whether a product takes a name as its main one.
//
// Seed 003, "Certificate - Check common name": POST /certificates/check-common-name/{product-code}/{common-name}
func (c *Client) CheckCommonName(ctx context.Context, product, commonName string) (NameCheck, error) {
	return read[NameCheck](ctx, c, at("certificates", "check-common-name", product, commonName), nil)
}

// CheckSAN says whether a product takes a name beside the main one.
//
// Seed 003, "Certificate - Check SAN": POST /certificates/check-san/{product-code}/{common-name}/{san}
func (c *Client) CheckSAN(ctx context.Context, product, commonName, san string) (NameCheck, error) {
	return read[NameCheck](ctx, c, at("certificates", "check-san", product, commonName, san), nil)
}

// Word is a status: a code and what it means.
type Word struct {
	Code        wire.Text `json:"code"`
	Description wire.Text `json:"description"`
}

// BoughtAddon is a further name of a certificate, or another addon.
type BoughtAddon struct {
	ID            wire.Text  `json:"id"`
	Type          wire.Text  `json:"type"`
	Value         wire.Text  `json:"value"`
	ApproverEmail wire.Text  `json:"approver_email"`
	Total         wire.Cents `json:"total"` // of Order only
}

// Party is a person an order names, with an address.
type Party struct {
	Organisation wire.Text `json:"organisation"`
	Title        wire.Text `json:"title"`
	FirstName    wire.Text `json:"firstname"`
	LastName     wire.Text `json:"lastname"`
	Email        wire.Text `json:"email"`
	Phone        wire.Text `json:"phone"`
	Address1     wire.Text `json:"address_1"`
	Address2     wire.Text `json:"address_2"`
	City         wire.Text `json:"city"`
	Postcode     wire.Text `json:"postcode"`
	Region       wire.Text `json:"region"`
	Country      wire.Text `json:"country"`
}

// Parties are the company and the people of a certificate.
type Parties struct {
	Company struct {
		Category           wire.Text `json:"category"`
		LegalName          wire.Text `json:"organisation_legal_name"`
		RegistrationNumber wire.Text `json:"registration_number"`
		DUNS               wire.Text `json:"duns"`
	}
	Administrative Party
	Technical      Party
}

// Dates are those of a certificate and its order.
type Dates struct {
	Order    wire.Date `json:"order"`
	Issuance wire.Date `json:"issuance"`
	Created  wire.Date `json:"created"`
	Expiry   wire.Date `json:"expiry"`
}

// Validation is one name, and what its owner has to publish. It is not in the document, which has room for one name only.
type Validation struct {
	Domain        wire.Text `json:"domain"`
	Method        wire.Text `json:"dv_auth_method"` // email, dns, file
	Verified      wire.Bool `json:"verified"`
	RecordType    wire.Text `json:"dns_record_type"`
	Host          string    `json:"dns_host"`
	Value         string    `json:"dns_value"`
	FileURL       string    `json:"file_auth_url"`
	FileName      string    `json:"file_auth_filename"`
	FileContents  string    `json:"file_auth_contents"`
	ApproverEmail wire.Text `json:"approver_email"`
	VerifiedAt    wire.Date `json:"verified_at"`
}

// Certificate is one certificate in full.
type Certificate struct {
	OrderID        wire.Text `json:"order_id"`
	ID             wire.Text `json:"certificate_id"`
	ProductAddonID wire.Text `json:"product_addon_id"`
	Details        struct {
		ProductCode       wire.Text `json:"product_code"`
		CommonName        wire.Text `json:"common_name"`
		ApproverEmail     wire.Text `json:"approver_email"`
		DVAuthMethod      wire.Text `json:"dv_auth_method"`
		DNSAuthString     string    `json:"dns_auth_string"`
		FileAuthName      string    `json:"file_auth_filename"`
		FileAuthContents  string    `json:"file_auth_contents"`
		GeneralAuthString wire.Text `json:"general_auth_string"`
		Licenses          wire.Text `json:"licenses"`
		Hash              wire.Text `json:"hash"`
		SerialNumber      wire.Text `json:"serial_number"`
		Years             wire.Text `json:"years"`
		RemainingReissues wire.Text `json:"remaining_reissues"`
		CSR               wire.Text `json:"csr"`
		EmailSubscription wire.Text `json:"email_subscription"`
		VettingData       Words     `json:"VettingData"`
		Addons            struct{ Addon wire.List[BoughtAddon] }
		Status            Word
		StatusMinor       Word

		Validation wire.List[Validation] `json:"DomainValidation"` // not in the document
		TermEndsAt wire.Date             `json:"term_ends_at"`     // not in the document
	} `json:"CertificateDetails"`
	Contacts Parties
	Dates    Dates
	Notes    struct {
		Note wire.List[struct {
			Note wire.Text `json:"note"`
			User wire.Text `json:"user"`
			Date wire.Text `json:"date"`
		}]
	}
	VettingData wire.List[struct {
		Type    wire.Text `json:"status_type"`
		Text    wire.Text `json:"status_text"`
		Created wire.Text `json:"created"`
	}]
	Status  Word
	Product struct {
		Name  wire.Text `json:"name"`
		Code  wire.Text `json:"code"`
		Brand struct {
			Name wire.Text `json:"name"`
		}
	}
}

// Certificate reads one certificate in full.
//
// Seed 003, "Certificate - Get full": POST /certificate/{id}
func (c *Client) Certificate(ctx context.Context, id string) (Certificate, error) {
	return read[Certificate](ctx, c, at("certificate", id), nil)
}

// The forms of Download.
const (
	X509         = "x509"
	PKCS7        = "pkcs7"
	Intermediate = "intermediate"
	Root         = "root"
	Bundle       = "bundle"
)

// Download reads the certificate, or those it hangs on, in a form.
//
// Seed 003, "Certificate - Get Details": POST /certificate/{id}/{type}
func (c *Client) Download(ctx context.Context, id, form string) (string, error) {
	list, err := read[wire.List[wire.Dict[wire.Text]]](ctx, c, at("certificate", id, form), nil)
	for _, d := range list {
		if text, ok := d[form]; ok {
			return text.String(), err
		}
	}
	return "", err
}

// RequestHealthCheck has the shop look at how a certificate is installed, and answers its words.
//
// Seed 003, "Certificate - Request health check": POST /certificate/{id}/request-health-check
func (c *Client) RequestHealthCheck(ctx context.Context, id string) (string, error) {
	words, err := send[Words](ctx, c, at("certificate", id, "request-health-check"), nil)
	return string(words), err
}

// Renewal is a new term for a certificate.
type Renewal struct {
	Years     string `json:"years"`
	Reference string `json:"reference,omitempty"` // ours; not in the document, and passed over where it isn't known

	// OnceKey makes a shop that knows it answer a repetition with the renewal of the first time; it is a header.
	OnceKey string `json:"-"`
}

// Renew buys a new term and answers the id of its certificate, which waits for Complete.
//
// Seed 003, "Certificate - Renew": POST /certificate/{original_certificate_id}/renew
func (c *Client) Renew(ctx context.Context, id string, r Renewal) (certificate string, replayed bool, err error) {
	a, replayed, err := spend[struct {
		ID wire.Text `json:"certificate_id"`
	}](ctx, c, at("certificate", id, "renew"), r.OnceKey, r)
	return a.ID.String(), replayed, err
}

// Reissuance is a further certificate within the term.
type Reissuance struct {
	NewCSR string `json:"new_csr"`
	Hash   string `json:"hash"` // SHA256 and the like
}

// Outcome is what became of a change.
type Outcome struct {
	Message wire.Text `json:"message"`
	Status  wire.Text `json:"status"`
	Details Words     `json:"details"`
}

// Reissue asks for a further certificate.
//
// Seed 003, "Certificate - Reissue": POST /certificate/{id}/reissue
func (c *Client) Reissue(ctx context.Context, id string, r Reissuance) (Outcome, error) {
	return send[Outcome](ctx, c, at("certificate", id, "reissue"), r)
}

// OrderedCertificate is a certificate in the lists of orders.
type OrderedCertificate struct {
	OrderID           wire.Text  `json:"order_id"`
	OrderRef          wire.Text  `json:"order_ref"`
	EmailSubscription wire.Text  `json:"email_subscription"`
	Reference         *wire.Text `json:"reference"` // ours; not in the document, nil where the shop keeps none
	Details           struct {
		ID                wire.Text `json:"id"`
		ProductCode       wire.Text `json:"product_code"`
		ProductName       wire.Text `json:"product_name"`
		CommonName        wire.Text `json:"common_name"`
		ApproverEmail     wire.Text `json:"approver_email"`
		Licenses          wire.Text `json:"licenses"`
		Years             wire.Text `json:"years"`
		RemainingReissues wire.Text `json:"remaining_reissues"`
		Addons            struct{ Addon wire.List[BoughtAddon] }
		Status            Word

		TermEndsAt wire.Date `json:"term_ends_at"` // not in the document
	} `json:"CertificateDetails"`
	Dates    Dates
	Contacts Parties
}

// OrderedCertificatesBy lists the certificates in a status, with their orders.
//
// Seed 003, "Certificate - List by status": POST /orders/certificates/{status}
func (c *Client) OrderedCertificatesBy(ctx context.Context, status string) ([]OrderedCertificate, error) {
	a, err := read[struct{ Certificate wire.List[OrderedCertificate] }](ctx, c, at("orders", "certificates", status), nil)
	return a.Certificate, err
}

// Cancel ends a certificate that was not issued.
//
// Seed 003, "Certificate - Cancel": POST /certificate/{id}/cancel
func (c *Client) Cancel(ctx context.Context, id string) ([]Outcome, error) {
	return send[wire.List[Outcome]](ctx, c, at("certificate", id, "cancel"), nil)
}

// Revoke withdraws a certificate.
//
// Seed 003, "Certificate - Revoke": POST /certificate/{id}/revoke
func (c *Client) Revoke(ctx context.Context, id string) ([]Outcome, error) {
	return send[wire.List[Outcome]](ctx, c, at("certificate", id, "revoke"), nil)
}

// ExternalCertificate is one that was bought elsewhere.
type ExternalCertificate struct {
	CommonName      string `json:"common_name"`
	AdminContactID  string `json:"admin_contact_id"`
	TechContactID   string `json:"tech_contact_id"`
	InternalProduct string `json:"internal_product"`
	ExternalProduct string `json:"external_product"`
	ValidationType  string `json:"validation_type"` // DV, OV, EV
}

// Imported is what the shop made of an external certificate; the document says nothing of the objects but their names.
type Imported struct {
	Certificate struct {
		ID wire.Text `json:"id"`
	}
	CertificateAddon Words
	Order            struct {
		ID wire.Text `json:"id"`
	}
}

// ImportExternal lets the shop watch a certificate that was bought elsewhere.
//
// Seed 003, "Certificate - Import External": POST /orders/certificates/import
func (c *Client) ImportExternal(ctx context.Context, x ExternalCertificate) ([]Imported, error) {
	return send[wire.List[Imported]](ctx, c, "/orders/certificates/import", x)
}
