package gogetssl

import "certbay/providers"

// Kind is GoGetSSL, or a shop that serves its API v1.
var Kind = providers.Kind{
	Name: "gogetssl", Title: "GoGetSSL", BaseURL: "https://my.gogetssl.com/api",
	Fields: []providers.Field{{Code: "user"}, {Code: "password", Secret: true}},
	Able:   providers.Abilities((*Reseller)(nil)),
	Open: func(a providers.Account) (providers.Provider, error) {
		return New(Config{Name: a.Name, BaseURL: a.BaseURL, User: a.Fields["user"], Password: a.Fields["password"],
			Timeout: a.Timeout, Log: a.Log, Transport: a.Transport})
	},
}
