package billmanager

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"

	"certbay/db/certs"
)

// keyBits is the length of the keys made here.
const keyBits = 2048

var oidEmail = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}

// orderCSR is func=certificate.order.csr: a key and a CSR, which are kept nowhere.
func (c *call) orderCSR() (*node, error) {
	if err := c.submitted(); err != nil {
		return nil, err
	}
	if c.fields.text("pricelist") != "" {
		if _, err := c.sold(); err != nil {
			return nil, err
		}
	}
	names, err := c.names()
	if err != nil {
		return nil, err
	}
	csr, key, err := c.generate(names)
	if err != nil {
		return nil, err
	}
	d := doc(c.fn.name)
	for _, name := range []string{"CN", "altname", "pricelist", "period"} {
		if v := c.fields.text(name); v != "" {
			d.add(name, v)
		}
	}
	d.add("csr", csr)
	d.add("key", key)
	return d.ok(), nil
}

// generate makes a key and a CSR for names, the domain first. Errors: *wrongField,
// *certs.CSRError for a name that the parameters put in and no CSR may hold.
func (c *call) generate(names []string) (csr, key string, err error) {
	f := c.fields
	subject := pkix.Name{CommonName: names[0]}
	for _, field := range []struct {
		into  *[]string
		value string
	}{
		{&subject.Organization, f.text("O")}, {&subject.OrganizationalUnit, f.text("OU")}, {&subject.Locality, f.text("L")}, {&subject.Province, f.text("ST")},
		{&subject.Country, countryOf(f.first("field_country", "country"))},
	} {
		if field.value != "" {
			*field.into = []string{field.value}
		}
	}
	if len(subject.Country) > 0 && len(subject.Country[0]) != 2 {
		return "", "", &wrongField{"field_country", "The number of a country is needed, as func=country lists them"}
	}
	if email := f.text("emailAddress"); email != "" {
		subject.ExtraNames = []pkix.AttributeTypeAndValue{{Type: oidEmail, Value: asn1.RawValue{Tag: asn1.TagIA5String, Bytes: []byte(email)}}}
		for _, r := range email {
			if r > 0x7e || r < 0x20 {
				return "", "", &wrongField{"emailAddress", "An e-mail address is needed"}
			}
		}
	}
	private, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return "", "", err
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: subject, DNSNames: names}, private)
	if err != nil {
		return "", "", &wrongField{"CN", "A CSR can't be made of these parameters"}
	}
	csr = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
	if _, err := certs.ParseCSR(csr); err != nil {
		return "", "", err
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return "", "", err
	}
	return csr, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})), nil
}
