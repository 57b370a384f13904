package api

import (
	"context"
	"net/http"

	"certbay/providers/internal/wire"
)

// SSL is how an order stands on its way to its certificate.
type SSL struct {
	OrderID        wire.Int              `json:"order_id"`
	OrderNumber    wire.Text             `json:"order_number"`
	Domain         wire.Text             `json:"domain"`
	Product        wire.Text             `json:"product"`
	Brand          wire.Text             `json:"brand"`
	Status         wire.Text             `json:"status"`
	StatusNote     wire.Text             `json:"status_note"`
	Reissuing      wire.Bool             `json:"reissuing"`
	DCVMethod      wire.Text             `json:"dcv_method"`
	HasCertificate wire.Bool             `json:"has_certificate"`
	ValidFrom      wire.Date             `json:"valid_from"`
	ValidTill      wire.Date             `json:"valid_till"`
	Validation     wire.List[Validation] `json:"validation"`
}

// Validation is one name, and what its owner has to publish for the method it is validated by.
type Validation struct {
	Domain    wire.Text `json:"domain"`
	DCVMethod wire.Text `json:"dcv_method"` // email, http, https, dns
	Status    wire.Text `json:"status"`     // pending, failed, validated
	DNS       struct {
		Type  wire.Text `json:"type"`
		Host  string    `json:"host"`
		Value string    `json:"value"`
	} `json:"dns"`
	HTTP struct {
		URL      string `json:"url"`
		FileName string `json:"file_name"`
		Content  string `json:"content"`
	} `json:"http"`
	Email struct {
		ApproverEmail wire.Text `json:"approver_email"`
	} `json:"email"`
	Detail     wire.Text `json:"detail"`
	CheckedAt  wire.Date `json:"checked_at"`
	VerifiedAt wire.Date `json:"verified_at"`
}

// SSLAnswer answers everything about an order's certificate.
type SSLAnswer struct {
	Envelope
	SSL SSL `json:"ssl"`
}

// Configuration is what an order needs beside its payment. The fields from AdminFirstName on are not in the document; a shop
// that does not know them passes them over.
type Configuration struct {
	OrderID       int64  `json:"order_id"`
	CSR           string `json:"csr"`
	DCVMethod     string `json:"dcv_method,omitempty"` // email unless given
	ApproverEmail string `json:"approver_email,omitempty"`

	AdminFirstName string `json:"admin_first_name,omitempty"`
	AdminLastName  string `json:"admin_last_name,omitempty"`
	AdminTitle     string `json:"admin_title,omitempty"`
	AdminEmail     string `json:"admin_email,omitempty"`
	AdminPhone     string `json:"admin_phone,omitempty"`
	OrgName        string `json:"org_name,omitempty"`
	OrgAddress     string `json:"org_address,omitempty"`
	OrgCity        string `json:"org_city,omitempty"`
	OrgState       string `json:"org_state,omitempty"`
	OrgPostalCode  string `json:"org_postal_code,omitempty"`
	OrgCountry     string `json:"org_country,omitempty"`

	Delivery string `json:"delivery,omitempty"` // code signing: where the key will live; not in the document, another Certbay asks for it
}

// Configure hands in the CSR and how domain control will be shown.
//
// Seed 000, "SSL Yapılandırma": POST /ssl/configure
func (c *Client) Configure(ctx context.Context, f Configuration) (SSL, error) {
	var a SSLAnswer
	err := c.send(ctx, http.MethodPost, "/ssl/configure", f, &a)
	return a.SSL, err
}

// SSL reads how an order stands now, with what has to be published.
//
// Seed 000, "SSL Durum Sorgulama": GET /ssl/{order_id}
func (c *Client) SSL(ctx context.Context, order int64) (SSL, error) {
	var a SSLAnswer
	err := c.get(ctx, "/ssl/"+id(order), nil, &a)
	return a.SSL, err
}

// DCVChange is another method. Domain is not in the document: with it the change is for one name of several, where the shop
// knows that.
type DCVChange struct {
	OrderID       int64  `json:"order_id"`
	DCVMethod     string `json:"dcv_method"`
	ApproverEmail string `json:"approver_email,omitempty"`
	Domain        string `json:"domain,omitempty"`
}

// ChangeDCV changes how domain control will be shown.
//
// Seed 000, "DCV Yöntemini Değiştir": POST /ssl/change-dcv
func (c *Client) ChangeDCV(ctx context.Context, d DCVChange) (SSL, error) {
	var a SSLAnswer
	err := c.send(ctx, http.MethodPost, "/ssl/change-dcv", d, &a)
	return a.SSL, err
}

type orderBody struct {
	OrderID int64 `json:"order_id"`
}

// ResendValidation mails the approvers again.
//
// Seed 000, "Doğrulama E-postası Tekrar Gönder": POST /ssl/resend-validation
func (c *Client) ResendValidation(ctx context.Context, order int64) (SSL, error) {
	var a SSLAnswer
	err := c.send(ctx, http.MethodPost, "/ssl/resend-validation", orderBody{order}, &a)
	return a.SSL, err
}

// Reissuance is a further certificate within the term. What is empty stays as it was.
type Reissuance struct {
	OrderID       int64  `json:"order_id"`
	CSR           string `json:"csr,omitempty"`
	DCVMethod     string `json:"dcv_method,omitempty"`
	ApproverEmail string `json:"approver_email,omitempty"`
}

// Reissue asks for a further certificate, free of charge.
//
// Seed 000, "Sertifika Yeniden Düzenle (Reissue)": POST /ssl/reissue
func (c *Client) Reissue(ctx context.Context, r Reissuance) (SSL, error) {
	var a SSLAnswer
	err := c.send(ctx, http.MethodPost, "/ssl/reissue", r, &a)
	return a.SSL, err
}

// CSR is a decoded certificate request.
type CSR struct {
	Domain             wire.Text            `json:"domain"`
	Organization       wire.Text            `json:"organization"`
	OrganizationalUnit wire.Text            `json:"organizational_unit"`
	City               wire.Text            `json:"city"`
	State              wire.Text            `json:"state"`
	Country            wire.Text            `json:"country"`
	Email              wire.Text            `json:"email"`
	SAN                wire.List[wire.Text] `json:"san"`
	KeyType            wire.Text            `json:"key_type"`
	KeySize            wire.Int             `json:"key_size"`
	SignatureAlgorithm wire.Text            `json:"signature_algorithm"`
}

// CSRAnswer answers DecodeCSR.
type CSRAnswer struct {
	Envelope
	CSR CSR `json:"csr"`
}

// DecodeCSR reads what is in a request. It is a POST that changes nothing.
//
// Seed 000, "CSR Decode": POST /csr/decode
func (c *Client) DecodeCSR(ctx context.Context, csr string) (CSR, error) {
	var a CSRAnswer
	err := c.do(ctx, wire.Call{Method: http.MethodPost, Path: "/csr/decode", Body: wire.JSON(map[string]string{"csr": csr}), Read: true}, &a)
	return a.CSR, err
}

// CertificateState is the newest certificate of an order.
type CertificateState struct {
	OrderID        wire.Int  `json:"order_id"`
	Domain         wire.Text `json:"domain"`
	Product        wire.Text `json:"product"`
	Brand          wire.Text `json:"brand"`
	Status         wire.Text `json:"status"`
	ValidFrom      wire.Date `json:"valid_from"`
	ValidTill      wire.Date `json:"valid_till"`
	HasCertificate wire.Bool `json:"has_certificate"`
	HasCABundle    wire.Bool `json:"has_ca_bundle"`
	DaysRemaining  wire.Int  `json:"days_remaining"`
	IsExpired      wire.Bool `json:"is_expired"`
}

// CertificateAnswer answers Certificate.
type CertificateAnswer struct {
	Envelope
	Certificate CertificateState `json:"certificate"`
}

// Certificate reads how an order's certificate stands.
//
// Seed 000, "Sertifika Durumu": GET /certificate/{order_id}
func (c *Client) Certificate(ctx context.Context, order int64) (CertificateState, error) {
	var a CertificateAnswer
	err := c.get(ctx, "/certificate/"+id(order), nil, &a)
	return a.Certificate, err
}

// Files is the newest certificate of an order itself.
type Files struct {
	Domain         wire.Text `json:"domain"`
	ValidFrom      wire.Date `json:"valid_from"`
	ValidTill      wire.Date `json:"valid_till"`
	CertificatePEM string    `json:"certificate_pem"`
	CABundle       string    `json:"ca_bundle"`
	PrivateKeyNote wire.Text `json:"private_key_note"`
}

// FilesAnswer answers Download.
type FilesAnswer struct {
	Envelope
	Certificate Files `json:"certificate"`
}

// Download reads the certificate and its chain. providers.ErrUnknown also when none is issued yet.
//
// Seed 000, "Sertifika İndir": GET /certificate/{order_id}/download
func (c *Client) Download(ctx context.Context, order int64) (Files, error) {
	var a FilesAnswer
	err := c.get(ctx, "/certificate/"+id(order)+"/download", nil, &a)
	return a.Certificate, err
}
