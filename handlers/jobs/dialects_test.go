package jobs_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"certbay/db"
	gogetsslserved "certbay/handlers/gogetssl"
	license724served "certbay/handlers/license724"
	ssl247served "certbay/handlers/ssl247"
	"certbay/providers"
	"certbay/providers/billmanager"
	"certbay/providers/datassl"
	"certbay/providers/gogetssl"
	"certbay/providers/license724"
	"certbay/providers/ssl247"
	"certbay/web/webtest"

	billmanagerserved "certbay/handlers/billmanager"
)

// tells is what an upstream's records can say of an order by our reference.
type tells int

const (
	tellsAll     tells = iota // it has it, or it surely never got it
	tellsNothing              // it can't be asked
)

// dialect is a way in which one shop buys from another.
type dialect struct {
	name    string
	served  string // as the book calls it; "" is always on
	prefix  string // of its paths
	order   string // the call that spends, as roads name it
	reissue string // the call that asks for a further certificate; "" where there is none
	records tells
	steps   bool // it buys with one call and configures with another
	licence bool // it sells licences, not certificates
	open    func(base, user, key string, timeout time.Duration) (providers.Provider, error)
	refuses string // a success of HTTP with an error inside
	denies  webtest.Fate
}

const upstreamWords = "Prices of this product are being revised" // what refuses says

var dialects = []dialect{
	{
		name: "datassl", prefix: "/api/reseller", order: "POST /orders", reissue: "POST /ssl/reissue", records: tellsAll, steps: true,
		open: func(base, _, key string, timeout time.Duration) (providers.Provider, error) {
			return datassl.New(datassl.Config{Name: "upstream", BaseURL: base, Key: key, Lang: "en", Timeout: timeout})
		},
		refuses: `{"success":false,"error":"` + upstreamWords + `","code":"product_paused"}`,
		denies:  webtest.Says(401, `{"success":false,"error":"The API key has expired","code":"unauthorized"}`),
	},
	{
		name: "gogetssl", served: gogetsslserved.Dialect, prefix: "/api", order: "POST /orders/add_ssl_order/", reissue: "POST /orders/ssl/reissue/{id}", records: tellsAll,
		open: func(base, user, key string, timeout time.Duration) (providers.Provider, error) {
			return gogetssl.New(gogetssl.Config{Name: "upstream", BaseURL: base, User: user, Password: key, Timeout: timeout})
		},
		refuses: `{"error":true,"message":"` + upstreamWords + `","description":""}`,
		denies:  webtest.Says(403, `{"error":true,"message":"Auth key is not valid","description":"The password has expired"}`),
	},
	{
		name: "ssl247", served: ssl247served.Dialect, prefix: "/api/v3", order: "POST /order/certificate/place-quick-order", reissue: "POST /certificate/{id}/reissue", records: tellsAll,
		open: func(base, user, key string, timeout time.Duration) (providers.Provider, error) {
			return ssl247.New(ssl247.Config{Name: "upstream", BaseURL: base, User: user, Key: key, Timeout: timeout})
		},
		refuses: `{"Response":{"Error":{"Code":"409","Message":"` + upstreamWords + `"},"Date":"2026-11-21 01:02:03"}}`,
		denies:  webtest.Says(401, `{"Response":{"Error":{"Code":"401","Message":"Authentication failed"}}}`),
	},
	{
		name: "billmanager", served: billmanagerserved.Dialect, prefix: "/billmgr", order: "certificate.order.param", reissue: "certificate.reissue.step2", records: tellsAll,
		open: func(base, user, key string, timeout time.Duration) (providers.Provider, error) {
			return billmanager.New(billmanager.Config{Name: "upstream", BaseURL: base, User: user, Password: key, Timeout: timeout})
		},
		refuses: `<doc><error type="value" object="pricelist"><msg>` + upstreamWords + `</msg></error></doc>`,
		denies:  webtest.Says(200, `<doc><error type="auth" object="badpassword"><msg>The password has expired</msg></error></doc>`),
	},
	{
		name: "license724", served: license724served.Dialect, prefix: "/v1", order: "POST /licenses/create", records: tellsNothing, licence: true,
		open: func(base, _, key string, timeout time.Duration) (providers.Provider, error) {
			return license724.New(license724.Config{Name: "upstream", BaseURL: base, Token: key, Timeout: timeout})
		},
		refuses: `{"success":false,"message":"` + upstreamWords + `"}`,
		denies:  webtest.Says(401, `{"success":false,"message":"The key has expired"}`),
	},
}

// costCents is what one order costs us upstream, priceCents what it is sold for.
const (
	costCents  = 1299
	priceCents = 1999
)

// openSeller opens the shop that is bought from, and answers its code of what is bought.
func (d dialect) openSeller(t *testing.T) (*webtest.Shop, string) {
	s := webtest.OpenShop(t, webtest.ShopConfig{Dialect: d.served, OpeningCents: 10_000_000})
	if !d.licence {
		return s, strconv.FormatInt(s.Sell(s.Gold, webtest.Single()), 10)
	}
	w := webtest.Licence()
	w.Terms, w.Cents = []db.Term{{Months: 12, ListCents: 4500}}, costCents
	s.Sell(s.Gold, w)
	return s, "cpanel_solo"
}

// renumbered is an answer in which an order has another's id.
func renumbered(b webtest.Brought, id, other string) webtest.Brought {
	b.Body = []byte(regexp.MustCompile(`(?i)(\b(?:order_id|license_id|certificate_id|id)"?\s*[:>]\s*"?)`+regexp.QuoteMeta(id)+`\b`).ReplaceAllString(string(b.Body), "${1}"+other))
	return b
}

// skewed is an answer of a shop whose clock is hours ahead.
func skewed(hours int) webtest.Fate {
	date := regexp.MustCompile(`20\d\d-\d\d-\d\d([T ])\d\d:\d\d:\d\d`)
	return func(c *webtest.Crossing) {
		b := c.Carry()
		off := time.Duration(hours) * time.Hour
		b.Header.Set("Date", time.Now().UTC().Add(off).Format("Mon, 02 Jan 2006 15:04:05 GMT"))
		b.Body = date.ReplaceAllFunc(b.Body, func(found []byte) []byte {
			layout := strings.Replace("2006-01-02 15:04:05", " ", string(found[10]), 1)
			at, err := time.Parse(layout, string(found))
			if err != nil {
				return found
			}
			return []byte(at.Add(off).Format(layout))
		})
		c.Deliver(b)
	}
}

// place is a name or an address that nothing was bought for yet.
func (d dialect) place(n int) string {
	if d.licence {
		return fmt.Sprintf("203.0.113.%d", n+1)
	}
	return fmt.Sprintf("n%d.%s.example.com", n, d.name)
}
