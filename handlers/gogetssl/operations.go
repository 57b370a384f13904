package gogetssl

import (
	"net/http"
	"strings"

	"certbay/db"
)

// operation is one method of the documents.
type operation struct {
	name    string // as the wiki calls it
	methods string // GET takes HEAD too
	path    string // below Prefix, without a slash at the end
	scope   db.Scope
	changes bool  // it may be done once under an Idempotency-Key
	missing error // said of an id that can be none
	serve   func(*call) (any, error)
}

const (
	get    = http.MethodGet
	post   = http.MethodPost
	either = http.MethodGet + " " + http.MethodPost
)

// operations are all methods that are served. A path that is written out is never
// read as an id.
var operations = []operation{
	{name: "auth", methods: post, path: "/auth", serve: (*call).auth},

	{name: "getAllProducts", methods: get, path: "/products", scope: db.ScopeRead, serve: (*call).allProducts},
	{name: "getProducts", methods: get, path: "/products/ssl", scope: db.ScopeRead, serve: (*call).sslProducts},
	{name: "getAllProductPrices", methods: get, path: "/products/all_prices", scope: db.ScopeRead, serve: (*call).allPrices},
	{name: "getProduct", methods: get, path: "/products/ssl/{id}", scope: db.ScopeRead, missing: errNoProduct, serve: (*call).sslProduct},
	{name: "getProductDetails", methods: get, path: "/products/details/{id}", scope: db.ScopeRead, missing: errNoProduct, serve: (*call).productDetails},
	{name: "getProductPrice", methods: get, path: "/products/price/{id}", scope: db.ScopeRead, missing: errNoProduct, serve: (*call).productPrice},
	{name: "getUserAgreement", methods: get, path: "/products/agreement/{id}", scope: db.ScopeRead, missing: errNoProduct, serve: (*call).userAgreement},

	{name: "getAccountDetails", methods: get, path: "/account", scope: db.ScopeRead, serve: (*call).account},
	{name: "getAccountBalance", methods: get, path: "/account/balance", scope: db.ScopeRead, serve: (*call).balance},
	{name: "getAllInvoices", methods: get, path: "/account/invoices", scope: db.ScopeRead, serve: (*call).invoices},
	{name: "getUnpaidInvoices", methods: get, path: "/account/invoices/unpaid", scope: db.ScopeRead, serve: (*call).unpaidInvoices},
	{name: "getTotalOrders", methods: get, path: "/account/total_orders", scope: db.ScopeRead, serve: (*call).totalOrders},
	{name: "getTotalTransactions", methods: get, path: "/account/total_transactions", scope: db.ScopeRead, serve: (*call).totalTransactions},

	{name: "addSSLOrder", methods: post, path: "/orders/add_ssl_order", scope: db.ScopeOrder, changes: true, serve: (*call).addSSLOrder},
	{name: "addSSLOrder1", methods: post, path: "/orders/add_ssl_order1", scope: db.ScopeOrder, changes: true, serve: (*call).addSSLOrder},
	{name: "addSSLRenewOrder", methods: post, path: "/orders/add_ssl_renew_order", scope: db.ScopeOrder, changes: true, serve: (*call).addSSLRenewOrder},
	{name: "addSSLSANOrder", methods: post, path: "/orders/add_ssl_san_order", scope: db.ScopeOrder, serve: (*call).addSSLSANOrder},
	{name: "cancelSSLOrder", methods: post, path: "/orders/cancel_ssl_order", scope: db.ScopeOrder, changes: true, serve: (*call).cancelSSLOrder},
	{name: "reissueSSLOrder", methods: post, path: "/orders/ssl/reissue/{id}", scope: db.ScopeCertificate, changes: true, missing: errNoOrder, serve: (*call).reissueSSLOrder},

	{name: "getOrders", methods: get, path: "/orders", scope: db.ScopeRead, serve: (*call).ordersBy},
	{name: "getOrderStatus", methods: get, path: "/orders/status/{id}", scope: db.ScopeRead, missing: errNoOrder, serve: (*call).orderStatus},
	{name: "getOrdersStatuses", methods: post, path: "/orders/statuses", scope: db.ScopeRead, serve: (*call).statuses},
	{name: "getAllSSLOrders", methods: get, path: "/orders/ssl/all", scope: db.ScopeRead, serve: (*call).allOrders},
	{name: "getUnpaidOrders", methods: get, path: "/orders/list/unpaid", scope: db.ScopeRead, serve: (*call).unpaidOrders},
	{name: "getOrderInvoice", methods: get, path: "/orders/invoice/{id}", scope: db.ScopeRead, missing: errNoOrder, serve: (*call).orderInvoice},

	{name: "changeValidationEmail", methods: post, path: "/orders/ssl/change_validation_email/{id}", scope: db.ScopeCertificate, changes: true, missing: errNoOrder, serve: (*call).changeValidationEmail},
	{name: "changeValidationMethod", methods: post, path: "/orders/ssl/change_validation_method/{id}", scope: db.ScopeCertificate, changes: true, missing: errNoOrder, serve: (*call).changeValidationMethod},
	{name: "changeDomainsValidationMethod", methods: post, path: "/orders/ssl/change_domains_validation_method/{id}", scope: db.ScopeCertificate, changes: true, missing: errNoOrder, serve: (*call).changeDomainsValidationMethod},
	{name: "changeDCV", methods: post, path: "/orders/ssl/change_dcv/{id}", scope: db.ScopeCertificate, changes: true, missing: errNoOrder, serve: (*call).changeDCV},
	{name: "revalidate", methods: post, path: "/orders/ssl/revalidate/{id}", scope: db.ScopeCertificate, missing: errNoOrder, serve: (*call).revalidate},
	{name: "recheckCAA", methods: get, path: "/orders/ssl/recheck-caa/{id}", scope: db.ScopeCertificate, missing: errNoOrder, serve: (*call).revalidate},
	{name: "resend", methods: post, path: "/orders/ssl/resend/{id}", scope: db.ScopeCertificate, changes: true, missing: errNoOrder, serve: (*call).resend},
	{name: "resendValidationEmail", methods: either, path: "/orders/ssl/resend_validation_email/{id}", scope: db.ScopeCertificate, changes: true, missing: errNoOrder, serve: (*call).resend},

	{name: "decodeCSR", methods: post, path: "/tools/csr/decode", scope: db.ScopeRead, serve: (*call).decodeCSR},
	{name: "validateCSR", methods: post, path: "/tools/csr/validate", scope: db.ScopeRead, serve: (*call).decodeCSR},
	{name: "generateCSR", methods: post, path: "/tools/csr/generate", scope: db.ScopeRead, serve: (*call).generateCSR},
	{name: "getDomainEmails", methods: post, path: "/tools/domain/emails", scope: db.ScopeRead, serve: (*call).domainEmails},
	{name: "getDomainEmailsForGeotrust", methods: post, path: "/tools/domain/emails/geotrust", scope: db.ScopeRead, serve: (*call).domainEmails},
	{name: "getDomainAlternative", methods: post, path: "/tools/domain/alternative", scope: db.ScopeRead, serve: (*call).domainAlternative},
	{name: "getWebservers", methods: get, path: "/tools/webservers/{id}", scope: db.ScopeRead, missing: errNoFamily, serve: (*call).webServers},

	{name: "CreateNewLEI", methods: post, path: "/orders/lei/create", scope: db.ScopeOrder, serve: (*call).lei},
	{name: "getLEIJurisdictions", methods: get, path: "/lei/jurisdictions", scope: db.ScopeRead, serve: (*call).lei},
	{name: "getLeiStatus", methods: get, path: "/lei/status/{id}", scope: db.ScopeRead, missing: errNoLEI, serve: (*call).lei},
	{name: "ConfirmLEIDataQuality", methods: post, path: "/lei/confirm/{id}", scope: db.ScopeOrder, missing: errNoLEI, serve: (*call).lei},
	{name: "leiLookup", methods: get, path: "/lei/lookup", scope: db.ScopeRead, serve: (*call).lei},
}

// Operations lists what is served: the name of each method in the wiki, with its
// verbs and its path below Prefix.
func Operations() (list [][3]string) {
	for _, o := range operations {
		list = append(list, [3]string{o.name, o.methods, o.path})
	}
	return list
}

// find is the operation for a method and a path below Prefix, with or without a
// slash at the end, and the path's id. A wrong verb is as unknown as a wrong path.
func find(method, path string) (op *operation, id string, err error) {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	path = strings.TrimSuffix(path, "/")
	at := strings.LastIndexByte(path, '/')
	for i := range operations {
		o := &operations[i]
		if !strings.Contains(" "+o.methods+" ", " "+method+" ") {
			continue
		}
		if o.path == path {
			return o, "", nil
		}
		if stem, hasID := strings.CutSuffix(o.path, "{id}"); hasID && op == nil && at >= 0 && path[:at+1] == stem && path != strings.TrimSuffix(stem, "/") {
			op, id = o, path[at+1:]
		}
	}
	if op == nil {
		return nil, "", errNoMethod
	}
	return op, id, nil
}

// lei answers for all methods of legal entity identifiers: the book has none.
func (c *call) lei() (any, error) { return nil, errNoLEI }
