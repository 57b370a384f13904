package ssl247

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"certbay/db"
)

// externalPrefix begins the id of a certificate that was bought elsewhere, so that it
// is never taken for one of this shop's.
const externalPrefix = "ext-"

func externalID(n int64) string { return externalPrefix + id(n) }

// foreign is /certificate/{id} of a certificate that was bought elsewhere; ok says
// that the id is of that kind.
func (c *call) foreign() (v any, ok bool, err error) {
	text, ok := strings.CutPrefix(c.path[0], externalPrefix)
	if !ok {
		return nil, false, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil, true, errNoCertificate
	}
	x, err := c.Book.ExternalCertificate(c.Ctx, c.Caller.ResellerID, n)
	if errors.Is(err, db.ErrNotFound) {
		err = errNoCertificate
	}
	if err != nil {
		return nil, true, err
	}
	full := fullCertificate{CertificateID: externalID(x.ID), VettingData: []vetting{}, Dates: dates{Created: stamp(x.CreatedAt)}, Status: coding(external)}
	full.Details = details{ProductCode: id(x.ProductID), CommonName: x.CommonName, Status: coding(external), Addons: addons{[]boughtAddon{}}, DomainValidation: []validation{}}
	full.Notes.Note = []note{}
	full.Product.Name = x.ExternalProduct
	return full, true, nil
}

func foreignOrder(x db.ExternalCertificate) ordered {
	return ordered{Dates: dates{Created: stamp(x.CreatedAt)}, Details: orderedDetails{ID: externalID(x.ID), ProductCode: id(x.ProductID), ProductName: x.ExternalProduct,
		CommonName: x.CommonName, Addons: addons{[]boughtAddon{}}, Status: coding(external)}}
}

type numbered struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// authorities are what a certificate from elsewhere may be.
var authorities = []numbered{{"1", "DigiCert"}, {"2", "Sectigo"}, {"3", "GlobalSign"}, {"4", "Entrust"}, {"5", "GoDaddy"}, {"6", "Let's Encrypt"}, {"7", "Google Trust Services"},
	{"8", "Amazon"}, {"9", "SSL.com"}, {"10", "Certum"}, {"99", "Another authority"}}

// importExternal is /orders/certificates/import: a certificate that was bought
// elsewhere is listed beside those bought here.
func (c *call) importExternal() (any, error) {
	f := c.fields
	x := db.ExternalCertificate{CommonName: f.text("common_name"), Validation: strings.ToLower(f.text("validation_type"))}
	if !slices.Contains([]string{"dv", "ov", "ev"}, x.Validation) {
		return nil, &wrongField{"validation_type", "must be OV, EV or DV"}
	}
	for name, into := range map[string]*int64{"admin_contact_id": &x.AdminContactID, "tech_contact_id": &x.TechContactID} {
		if !f.given(name) {
			continue
		}
		p, err := c.contactProfile(f.text(name))
		if errors.Is(err, errNoContact) {
			err = &wrongField{name, "there is no such contact profile"}
		}
		if err != nil {
			return nil, err
		}
		*into = p.ID
	}
	if f.given("internal_product") {
		p, err := c.sold(f.text("internal_product"))
		if errors.Is(err, errNoProduct) {
			err = &wrongField{"internal_product", "there is no such product"}
		}
		if err != nil {
			return nil, err
		}
		x.ProductID = p.ID
	}
	if f.given("external_product") {
		at := slices.IndexFunc(authorities, func(a numbered) bool { return a.ID == f.text("external_product") })
		if at < 0 {
			return nil, &wrongField{"external_product", "must be an id of get-external-product-list"}
		}
		x.ExternalProduct = authorities[at].Name
	}
	made, err := c.Book.ImportExternal(c.Ctx, c.Caller.Actor(), c.Caller.ResellerID, x)
	if err != nil {
		return nil, err
	}
	type object struct {
		ID         string `json:"id"`
		CommonName string `json:"common_name"`
		Status     string `json:"status"`
	}
	type ordered struct {
		ID string `json:"id"`
	}
	return []struct {
		Certificate      object
		CertificateAddon struct{}
		Order            ordered
	}{{Certificate: object{externalID(made), x.CommonName, external}, Order: ordered{externalID(made)}}}, nil
}
