package views

import (
	"context"
	"strings"

	"certbay/views/i18n"
)

// DialectsPage is /integrations/dialects: the APIs that programs may speak here.
type DialectsPage struct {
	IntegrationTabs
	Allowed  bool // to use any API, by the operator
	Enabled  bool // any API, by the reseller
	Dialects []Dialect
}

// Dialect is one API with what a program needs to know of it.
type Dialect struct {
	DialectSwitch
	BaseURL string // without a slash at its end
	User    string // an address that signs in where the dialect wants one beside the key
}

// title is the name of the system whose API it is.
func (d Dialect) title() string {
	return map[string]string{"datassl": "DATASSL reseller API v3", "gogetssl": "GoGetSSL API v1", "ssl247": "SSL247 API v3", "billmanager": "BILLmanager", "license724": "724license"}[d.Name]
}

// on says whether programs get in.
func (m DialectsPage) on(d Dialect) bool { return m.Allowed && m.Enabled && d.On }

// off says who has to switch what on.
func (m DialectsPage) off(ctx context.Context, brand string, d Dialect) string {
	switch {
	case !m.Allowed:
		return i18n.T(ctx, "integrations.closed.text", "Brand", brand)
	case !d.On:
		return i18n.T(ctx, "dialectpage.ask", "Brand", brand, "Name", d.title())
	default:
		return i18n.T(ctx, "dialectpage.turnon")
	}
}

// ExampleKey stands in an example where a program has its key.
const ExampleKey = "cb_YOUR_KEY"

// Example is a first call by curl in a shell: it shows that the address and the key are
// right, and changes nothing.
func (d Dialect) Example() string {
	lines := map[string][]string{
		"datassl": {
			`curl --fail-with-body --header "X-API-Key: $KEY" 'BASE/balance'`,
		},
		"gogetssl": {
			`auth_key=$(curl --silent --fail-with-body --data-urlencode 'user=USER' --data-urlencode "pass=$KEY" 'BASE/auth/' |`,
			`  sed 's/.*"key": *"\([^"]*\)".*/\1/')`,
			`curl --fail-with-body "BASE/account/balance/?auth_key=$auth_key"`,
		},
		"ssl247": {
			`curl --fail-with-body --data-urlencode 'u=USER' --data-urlencode "k=$KEY" 'BASE/account/deposit'`,
		},
		"billmanager": {
			`curl --fail-with-body --get --data-urlencode "authinfo=USER:$KEY" \`,
			`  --data 'func=certificate' --data 'out=json' 'BASE'`,
		},
		"license724": {
			`curl --fail-with-body --request POST --header "Authorization: Bearer $KEY" 'BASE/balance'`,
		},
	}[d.Name]
	text := "KEY='" + ExampleKey + "'\n" + strings.Join(lines, "\n")
	return strings.NewReplacer("BASE", d.BaseURL, "USER", d.User).Replace(text)
}

// credentials is how a program signs in, in words.
func (d Dialect) credentials(ctx context.Context) string {
	return i18n.T(ctx, "dialectpage."+d.Name+".credentials")
}

// login is the form that the credentials have on the wire.
func (d Dialect) login() string {
	return map[string]string{
		"datassl":     "X-API-Key: " + ExampleKey,
		"gogetssl":    "user=" + d.User + "&pass=" + ExampleKey + " → auth_key",
		"ssl247":      "u=" + d.User + "&k=" + ExampleKey,
		"billmanager": "authinfo=" + d.User + ":" + ExampleKey,
		"license724":  "Authorization: Bearer " + ExampleKey,
	}[d.Name]
}
