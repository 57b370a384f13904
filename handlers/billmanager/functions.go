package billmanager

import (
	"certbay/db"
)

// function is one of the dialect: what guards it and what answers.
type function struct {
	name    string
	scope   db.Scope // "": it lets in by itself
	changes bool
	serve   func(*call) (*node, error)
}

// functions is the one source of what can be asked for. The table is filled in init, since
// its functions look themselves up for their answers.
var functions []function

func init() {
	functions = []function{
		{"auth", "", false, (*call).auth},
		{"pricelist.export", db.ScopeRead, false, (*call).pricelists},
		{"country", db.ScopeRead, false, (*call).countries},
		{"certificate", db.ScopeRead, false, (*call).certificates},
		{"certificate.edit", db.ScopeRead, false, (*call).edit},
		{"certificate.file", db.ScopeRead, false, (*call).file},
		{"certificate.order", db.ScopeRead, false, (*call).orderForm},
		{"certificate.order.csr", db.ScopeRead, false, (*call).orderCSR},
		{"certificate.order.param", db.ScopeOrder, true, (*call).order},
		{"certificate.reissue", db.ScopeRead, false, (*call).reissueForm},
		{"certificate.reissue.step2", db.ScopeCertificate, true, (*call).reissue},
		{"certificate.delete", db.ScopeOrder, true, (*call).delete},
		{"certificate.retry", db.ScopeCertificate, true, (*call).retry},
		{"certificate.resume", db.ScopeCertificate, true, (*call).resume},
		{"certificate.sync", db.ScopeCertificate, true, (*call).sync},
	}
}

// find is the function of a name, nil where there is none.
func find(name string) *function {
	for i := range functions {
		if functions[i].name == name {
			return &functions[i]
		}
	}
	return nil
}

// Functions lists the names of all functions, in the table's order.
func Functions() (names []string) {
	for _, f := range functions {
		names = append(names, f.name)
	}
	return names
}
