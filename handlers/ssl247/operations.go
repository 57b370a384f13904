package ssl247

import (
	"net/url"
	"strings"

	"certbay/db"
)

// operation is one line of the document. All are POST.
type operation struct {
	path    string // below Prefix; {parts} are variable
	scopes  []db.Scope
	changes bool
	serve   func(*call) (any, error)
}

var (
	reading   = []db.Scope{db.ScopeRead}
	ordering  = []db.Scope{db.ScopeOrder}
	completes = []db.Scope{db.ScopeCertificate}
	buying    = []db.Scope{db.ScopeOrder, db.ScopeCertificate} // an order and its completion
	people    = db.Scopes                                      // whoever adds somebody who signs in may do all that a key may
)

// operations is the document, in its order. A path that is written out is never read
// as a variable one.
var operations = []operation{
	{"/account", reading, false, (*call).account},
	{"/account/users", reading, false, (*call).accountUsers},
	{"/account/deposit", reading, false, (*call).deposit},
	{"/account/monthly-allowance", reading, false, (*call).monthlyAllowance},
	{"/account/user/{id}", reading, false, (*call).viewUser},
	{"/account/users/add", people, true, (*call).addUser},
	{"/account/user/{id}/edit", people, true, (*call).editUser},
	{"/account/contact-profile/{id}", reading, false, (*call).viewContact},
	{"/account/contact-profile/add", ordering, true, (*call).addContact},
	{"/account/contact-profile/{id}/edit", ordering, true, (*call).editContact},

	{"/certificates", reading, false, (*call).certificates},
	{"/certificates/{status}", reading, false, (*call).certificates},
	{"/certificates/get-approver-email/{product-code}/{common-name}", reading, false, (*call).approverEmails},
	{"/certificates/check-common-name/{product-code}/{common-name}", reading, false, (*call).checkCommonName},
	{"/certificates/check-san/{product-code}/{common-name}/{san}", reading, false, (*call).checkSAN},
	{"/certificate/{id}", reading, false, (*call).certificate},
	{"/certificate/{id}/{type}", reading, false, (*call).download},
	{"/certificate/{id}/request-health-check", reading, false, (*call).requestHealthCheck},
	{"/certificate/{original_certificate_id}/renew", ordering, true, (*call).renew},
	{"/certificate/{id}/reissue", completes, true, (*call).reissue},
	{"/orders/certificates/{status}", reading, false, (*call).orderedCertificates},
	{"/certificate/{id}/cancel", ordering, true, (*call).cancel},
	{"/certificate/{id}/revoke", completes, true, (*call).revoke},
	{"/orders/certificates/import", ordering, true, (*call).importExternal},

	{"/order/certificate/validate", reading, false, (*call).validate},
	{"/order/certificate/place-order", ordering, true, (*call).placeOrder},
	{"/order/certificate/complete", completes, true, (*call).complete},
	{"/order/certificate/place-quick-order", buying, true, (*call).placeQuickOrder},

	{"/product-types", reading, false, (*call).productTypes},
	{"/products/{product-type}", reading, false, (*call).products},
	{"/product/{product-code}", reading, false, (*call).product},
	{"/product/{product-code}/requirements", reading, false, (*call).productRequirements},
	{"/product/{product-code}/addons", reading, false, (*call).productAddons},
	{"/product/{product-code}/prices", reading, false, (*call).productPrices},

	{"/orders", reading, false, (*call).orders},
	{"/orders/invoice/{invoice-id}/{download}", reading, false, (*call).invoice},
	{"/orders/{order-id}", reading, false, (*call).order},

	{"/generic/get-country-list", reading, false, (*call).countryList},
	{"/generic/get-user-titles", reading, false, (*call).userTitles},
	{"/generic/get-us-state-list", reading, false, (*call).stateList},
	{"/generic/get-internal-product-list", reading, false, (*call).internalProducts},
	{"/generic/get-external-product-list", reading, false, (*call).externalProducts},
	{"/generic/get-websites-list", reading, false, (*call).websites},
}

// find is the operation for an escaped path below Prefix, with or without a slash at
// the end, and the path's variable parts.
func find(path string) (*operation, []string, error) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	for i, part := range parts {
		plain, err := url.PathUnescape(part)
		if err != nil || plain == "" {
			return nil, nil, errNoMethod
		}
		parts[i] = plain
	}
	var best *operation
	var values []string
	for i := range operations {
		found, ok := matches(strings.Split(operations[i].path[1:], "/"), parts)
		if ok && (best == nil || len(found) < len(values)) {
			best, values = &operations[i], found
		}
	}
	if best == nil {
		return nil, nil, errNoMethod
	}
	return best, values, nil
}

func matches(pattern, parts []string) (values []string, ok bool) {
	if len(pattern) != len(parts) {
		return nil, false
	}
	for i, want := range pattern {
		if want[0] == '{' {
			values = append(values, parts[i])
		} else if want != parts[i] {
			return nil, false
		}
	}
	return values, true
}
