package gogetssl

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"strconv"
	"strings"

	"certbay/db"
	"certbay/db/certs"
)

// csrResult is what a CSR says.
type csrResult struct {
	CommonName   string   `json:"CN"`
	Country      string   `json:"C"`
	Unit         string   `json:"OU"`
	Organization string   `json:"O"`
	Locality     string   `json:"L"`
	State        string   `json:"S"`
	Email        string   `json:"Email"`
	DNSNames     []string `json:"dnsName(s)"`
	KeySize      string   `json:"Key Size"`
	MD5          string   `json:"md5"`
	SHA1         string   `json:"sha1"`
	SHA256       string   `json:"sha256"`
	ErrorMessage string   `json:"errorMessage,omitempty"`
}

type csrAnswer struct {
	Result csrResult `json:"csrResult"`
	success
	Error       bool   `json:"error,omitempty"`
	Message     string `json:"message,omitempty"`
	Description string `json:"description,omitempty"`
}

// decodeCSR is decodeCSR and validateCSR. What is wrong with a CSR is said in both
// ways in which programs look for it. Nothing of it is kept.
func (c *call) decodeCSR() (any, error) {
	text, err := c.fields.need("csr")
	if err != nil {
		return nil, err
	}
	csr, err := certs.ParseCSR(text)
	var bad *certs.CSRError
	if err == nil && c.fields.yes("wildcard") && (len(csr.Names) == 0 || !strings.HasPrefix(csr.Names[0], "*.")) {
		bad = &certs.CSRError{Code: certs.CSRWildcardMismatch, Expected: "*.", Found: csr.Names}
	}
	if bad != nil || errors.As(err, &bad) {
		words := csrText(c.Ctx, bad)
		return csrAnswer{Result: csrResult{DNSNames: []string{}, ErrorMessage: words}, Error: true, Message: "Wrong CSR", Description: words}, nil
	}
	if err != nil {
		return nil, err
	}
	return csrAnswer{success: ok, Result: csrResult{CommonName: csr.CommonName, Country: csr.Country, Unit: csr.OrganizationalUnit, Organization: csr.Organization,
		Locality: csr.Locality, State: csr.Province, Email: csr.Email, DNSNames: append([]string{}, csr.Names...), KeySize: strconv.Itoa(csr.KeyBits),
		MD5: strings.ToUpper(csr.MD5), SHA1: strings.ToUpper(csr.SHA1), SHA256: strings.ToUpper(csr.SHA256)}}, nil
}

const keyBits = 2048

// generateCSR is generateCSR. The key is told once and kept nowhere.
func (c *call) generateCSR() (any, error) {
	f := c.fields
	typed, err := f.need("csr_commonname")
	if err != nil {
		return nil, err
	}
	name, err := certs.NormalizeName(typed)
	if err != nil {
		return nil, &wrongField{"csr_commonname", err.Error()}
	}
	country := strings.ToUpper(f.text("csr_country"))
	if country != "" && (len(country) != 2 || strings.Trim(country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "") {
		return nil, &wrongField{"csr_country", "must be a code of two letters"}
	}
	subject := pkix.Name{CommonName: name}
	for _, part := range []struct {
		field string
		into  *[]string
	}{{"csr_organization", &subject.Organization}, {"csr_department", &subject.OrganizationalUnit}, {"csr_city", &subject.Locality}, {"csr_state", &subject.Province}, {"csr_country", &subject.Country}} {
		value := f.text(part.field)
		if part.field == "csr_country" {
			value = country
		}
		switch {
		case len([]rune(value)) > 64:
			return nil, &wrongField{part.field, "must be at most 64 characters"}
		case value != "":
			*part.into = []string{value}
		}
	}
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return nil, err
	}
	request := &x509.CertificateRequest{Subject: subject, DNSNames: []string{name}}
	if email := f.text("csr_email"); email != "" {
		if !db.ValidEmail(email) {
			return nil, &wrongField{"csr_email", "must be an e-mail address"}
		}
		request.EmailAddresses = []string{email}
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, request, key)
	if err != nil {
		return nil, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return struct {
		CSR string `json:"csr_code"`
		Key string `json:"csr_key"`
		success
	}{string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})), ok}, nil
}

// domainEmails is getDomainEmails, of either family: the mailboxes that may approve,
// at the name and the domains above it.
func (c *call) domainEmails() (any, error) {
	typed, err := c.fields.need("domain")
	if err != nil {
		return nil, err
	}
	hosts, err := hostsOf("domain", typed)
	if err != nil {
		return nil, err
	}
	list := []string{}
	for _, host := range hosts {
		for _, local := range db.ApproverLocals {
			list = append(list, local+"@"+host)
		}
	}
	return struct {
		success
		Comodo   []string `json:"ComodoApprovalEmails"`
		Geotrust []string `json:"GeotrustApprovalEmails"`
	}{ok, list, list}, nil
}

// hostsOf are a name and the domains above it, down to the registered one.
func hostsOf(field, typed string) ([]string, error) {
	name, err := certs.NormalizeName(typed)
	base := certs.BaseDomain(name)
	if err != nil || base == "" {
		return nil, &wrongField{field, "is no domain: " + typed}
	}
	host := strings.TrimPrefix(name, "*.")
	hosts := []string{host}
	for host != base && strings.Contains(host, ".") {
		_, host, _ = strings.Cut(host, ".")
		hosts = append(hosts, host)
	}
	return hosts, nil
}

// domainAlternative is getDomainAlternative, which is deprecated: the domains at
// which a CSR's name can be approved as well.
func (c *call) domainAlternative() (any, error) {
	text, err := c.fields.need("csr")
	if err != nil {
		return nil, err
	}
	csr, err := certs.ParseCSR(text)
	if err != nil {
		return nil, err
	}
	if len(csr.Names) == 0 {
		return nil, &wrongField{"csr", "it names no domain"}
	}
	hosts, err := hostsOf("csr", csr.Names[0])
	return struct {
		success
		Domains []string `json:"domains"`
	}{ok, hosts}, err
}

type webServer struct {
	ID       int    `json:"id"`
	Software string `json:"software"`
}

// webServers is getWebservers. Certificates are the same for all; the ids are those
// that programs know.
func (c *call) webServers() (any, error) {
	if c.id > 2 {
		return nil, errNoFamily
	}
	return struct {
		success
		WebServers []webServer `json:"webservers"`
	}{ok, []webServer{{-1, "OTHER"}, {2, "Apache-ModSSL"}, {14, "Microsoft IIS 5.x and later"}, {18, "Oracle"}, {24, "Tomcat"}, {30, "Plesk"}, {31, "WHM/cPanel"}, {35, "nginx"}}}, nil
}
