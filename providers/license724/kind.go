package license724

import (
	"fmt"
	"strconv"

	"certbay/providers"
)

// Kind is 724license, or a shop that serves its API.
var Kind = providers.Kind{
	Name: "license724", Title: "724license", BaseURL: DefaultBaseURL,
	Fields: []providers.Field{{Code: "token", Secret: true}, {Code: "credit_cents", Optional: true}},
	Able:   providers.Abilities((*House)(nil)),
	Open: func(a providers.Account) (providers.Provider, error) {
		var cents int64
		if text := a.Fields["credit_cents"]; text != "" {
			var err error
			if cents, err = strconv.ParseInt(text, 10, 64); err != nil {
				return nil, fmt.Errorf("%s: what a credit costs is a number of cents, not %q", a.Name, text)
			}
		}
		return New(Config{Name: a.Name, BaseURL: a.BaseURL, Token: a.Fields["token"], CreditCents: cents,
			Timeout: a.Timeout, Log: a.Log, Transport: a.Transport})
	},
}
