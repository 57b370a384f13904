package ssl247

import (
	"errors"
	"slices"
	"strings"

	"certbay/db"
	"certbay/db/certs"
	"certbay/views"
)

// approverEmails is /certificates/get-approver-email/{product-code}/{common-name}:
// the five mailboxes at the name and at each domain above it, each as its own key.
func (c *call) approverEmails() (any, error) {
	p, err := c.sold(c.path[0])
	if err != nil {
		return nil, err
	}
	name, err := certs.NormalizeName(c.path[1])
	base := certs.BaseDomain(name)
	if err != nil || base == "" {
		return nil, &wrongField{"common_name", "is no domain: " + c.path[1]}
	}
	list := []map[string]string{}
	if !slices.Contains(p.MethodsFor(name), "email") {
		return list, nil
	}
	for host := strings.TrimPrefix(name, "*."); ; _, host, _ = strings.Cut(host, ".") {
		for _, local := range db.ApproverLocals {
			list = append(list, map[string]string{local + "@" + host: local + "@" + host})
		}
		if host == base || !strings.Contains(host, ".") {
			return list, nil
		}
	}
}

type nameCheck struct {
	Valid   bool    `json:"valid"`
	Type    string  `json:"type"`
	AddonID *string `json:"product_addon_id,omitempty"`
	Message string  `json:"message"`
}

// checkNames says what a product finds wrong with a name and those beside it.
func (c *call) checkNames(p db.Product, commonName string, sans ...string) (nameCheck, error) {
	_, err := c.Book.Draft(c.Ctx, c.Caller.ResellerID, db.NewOrder{ProductID: p.ID, Months: years(p)[0].Months, Domain: commonName, SANs: sans})
	var rejected *db.Rejected
	if err != nil && !errors.As(err, &rejected) {
		return nameCheck{}, err
	}
	check := nameCheck{Valid: err == nil, Type: nameType(append([]string{commonName}, sans...)[len(sans)])}
	if rejected != nil {
		first := rejected.Problems[0]
		check.Message = views.OrderProblem(first.Field, first.Code, first.Name, first.Max).Text(c.Ctx)
	}
	return check, nil
}

func nameType(name string) string {
	if strings.HasPrefix(name, "*.") {
		return "wildcard"
	}
	return "domain"
}

// checkCommonName is /certificates/check-common-name/{product-code}/{common-name}.
func (c *call) checkCommonName() (any, error) {
	p, err := c.sold(c.path[0])
	if err != nil {
		return nil, err
	}
	return c.checkNames(p, c.path[1])
}

// checkSAN is /certificates/check-san/{product-code}/{common-name}/{san}.
func (c *call) checkSAN() (any, error) {
	p, err := c.sold(c.path[0])
	if err != nil {
		return nil, err
	}
	check, err := c.checkNames(p, c.path[1], c.path[2])
	addon := plainSAN
	if check.Type == "wildcard" {
		addon = wildcardSAN
	}
	if !check.Valid {
		addon = ""
	}
	check.AddonID = &addon
	return check, err
}
