package billmanager

import "certbay/providers"

// Kind is a BILLmanager: ispmanager's, a hoster's, or a shop that serves its functions.
var Kind = providers.Kind{
	Name: "billmanager", Title: "BILLmanager", BaseURL: "https://api.ispmanager.com/manager/billmgr",
	Fields: []providers.Field{{Code: "user"}, {Code: "password", Secret: true}, {Code: "login", Choices: []string{"authinfo", "session"}},
		{Code: "envelope", Choices: []string{"xml", "json", "bjson"}}, {Code: "project", Optional: true}},
	Able: providers.Abilities((*Shop)(nil)),
	Open: func(a providers.Account) (providers.Provider, error) {
		return New(Config{Name: a.Name, BaseURL: a.BaseURL, User: a.Fields["user"], Password: a.Fields["password"], Session: a.Fields["login"] == "session",
			Out: a.Fields["envelope"], Project: a.Fields["project"], Timeout: a.Timeout, Log: a.Log, Transport: a.Transport})
	},
}
