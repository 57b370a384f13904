package datassl

import "certbay/providers"

// Kind is a shop that serves the DATASSL reseller API v3.
var Kind = providers.Kind{
	Name: "datassl", Title: "DATASSL", BaseURL: "https://www.datassl.com/api/reseller",
	Fields: []providers.Field{{Code: "key", Secret: true}, {Code: "language", Choices: []string{"tr", "en"}}},
	Able:   providers.Abilities((*Shop)(nil)),
	Open: func(a providers.Account) (providers.Provider, error) {
		return New(Config{Name: a.Name, BaseURL: a.BaseURL, Key: a.Fields["key"], Lang: a.Fields["language"],
			Timeout: a.Timeout, Log: a.Log, Transport: a.Transport})
	},
}
