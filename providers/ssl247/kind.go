package ssl247

import "certbay/providers"

// Kind is SSL247, or a shop that serves its API v3.
var Kind = providers.Kind{
	Name: "ssl247", Title: "SSL247", BaseURL: "https://api.ssl247.com/api/v3",
	Fields: []providers.Field{{Code: "user"}, {Code: "key", Secret: true}, {Code: "password", Secret: true, Optional: true}},
	Able:   providers.Abilities((*Shop)(nil)),
	Open: func(a providers.Account) (providers.Provider, error) {
		return New(Config{Name: a.Name, BaseURL: a.BaseURL, User: a.Fields["user"], Key: a.Fields["key"], Password: a.Fields["password"],
			Timeout: a.Timeout, Log: a.Log, Transport: a.Transport})
	},
}
