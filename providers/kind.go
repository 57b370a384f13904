package providers

import (
	"log/slog"
	"net/http"
	"time"
)

// Kind is a type of upstream: what an account there needs, what it can do, and how it is opened. Each adapter's folder exports
// one as Kind; main lists them.
type Kind struct {
	Name    string // as the book keeps it: "gogetssl"
	Title   string // the proper name that people know it by: "GoGetSSL"
	BaseURL string // where it usually is; empty where every shop has its own
	Fields  []Field
	Able    []Ability // of everything Open answers

	// SecretsDays is after how many days the upstream stops accepting a login that was not changed; 0: never.
	SecretsDays int

	// Open makes the adapter; nothing is called yet. The error says what is wrong with the account.
	Open func(Account) (Provider, error)
}

// Field is one thing that an account of a kind is made of, beside its address.
type Field struct {
	// Code: the pages word "user", "password", "key", "token", "secret", "account", "client_id", "client_secret", "language",
	// "envelope", "login", "project" and "credit_cents", and show any other as it is. Not one of "name", "kind", "base_url",
	// "active" and "low_balance", which every upstream has.
	Code     string
	Secret   bool // sealed in the book and never shown again
	Optional bool
	Choices  []string // empty: free text; the first one is usual
}

// Account is an account at an upstream, as Kind.Open takes it.
type Account struct {
	Name    string // ours for it, in errors
	BaseURL string
	Fields  map[string]string // by Field.Code; what is missing is empty

	Timeout   time.Duration     // for one answer; 0: the adapter's own
	Log       *slog.Logger      // of each exchange, at debug level; nil: none
	Transport http.RoundTripper // nil: the usual
}

// KindNamed finds a kind by its name.
func KindNamed(kinds []Kind, name string) (Kind, bool) {
	for _, k := range kinds {
		if k.Name == name {
			return k, true
		}
	}
	return Kind{}, false
}
