package sandbox

import (
	"context"
	"slices"

	"certbay/db/money"
	"certbay/providers"
)

// line is a row of the price list: cost is US cents for 12 months (licences: for one), the san columns are names.
type line struct {
	code, brand, name string
	kind              providers.Type
	validation        providers.Validation
	cost, warranty    int64
	san, wildcard     providers.SANRule
}

func sans(included, maximum int, cents int64) providers.SANRule {
	return providers.SANRule{Included: included, Maximum: maximum, Cost: money.USD(cents)}
}

var none = providers.SANRule{}

// priceList names products as the brands do; what is sold under the names here is the sandbox's.
var priceList = []line{
	{"sectigo-positivessl", "Sectigo", "Sectigo PositiveSSL", providers.TypeSSL, providers.ValidationDV, 690, 50_000, none, none},
	{"sectigo-positivessl-wildcard", "Sectigo", "Sectigo PositiveSSL Wildcard", providers.TypeWildcard, providers.ValidationDV, 5900, 50_000, none, none},
	{"sectigo-positivessl-multi-domain", "Sectigo", "Sectigo PositiveSSL Multi-Domain", providers.TypeMultiDomain, providers.ValidationDV, 1890, 50_000, sans(2, 248, 450), sans(0, 248, 5200)},
	{"sectigo-essentialssl", "Sectigo", "Sectigo EssentialSSL", providers.TypeSSL, providers.ValidationDV, 1290, 10_000, none, none},
	{"sectigo-instantssl", "Sectigo", "Sectigo InstantSSL", providers.TypeSSL, providers.ValidationOV, 2790, 100_000, none, none},
	{"sectigo-ov-wildcard", "Sectigo", "Sectigo OV Wildcard", providers.TypeWildcard, providers.ValidationOV, 13900, 250_000, none, none},
	{"sectigo-ev", "Sectigo", "Sectigo EV SSL", providers.TypeSSL, providers.ValidationEV, 7900, 1_750_000, none, none},
	{"sectigo-ev-multi-domain", "Sectigo", "Sectigo EV Multi-Domain", providers.TypeMultiDomain, providers.ValidationEV, 17900, 1_750_000, sans(2, 248, 4900), none},
	{"sectigo-code-signing", "Sectigo", "Sectigo Code Signing", providers.TypeCodeSigning, providers.ValidationOV, 21900, 0, none, none},

	{"digicert-secure-site", "DigiCert", "DigiCert Secure Site", providers.TypeSSL, providers.ValidationOV, 29900, 1_750_000, none, none},
	{"digicert-secure-site-wildcard", "DigiCert", "DigiCert Secure Site Wildcard", providers.TypeWildcard, providers.ValidationOV, 129900, 1_750_000, none, none},
	{"digicert-secure-site-ev", "DigiCert", "DigiCert Secure Site EV", providers.TypeSSL, providers.ValidationEV, 69900, 1_750_000, none, none},
	{"digicert-multi-domain", "DigiCert", "DigiCert Secure Site Multi-Domain", providers.TypeMultiDomain, providers.ValidationOV, 49900, 1_750_000, sans(2, 250, 14900), sans(0, 250, 89900)},
	{"digicert-ev-multi-domain", "DigiCert", "DigiCert EV Multi-Domain", providers.TypeMultiDomain, providers.ValidationEV, 79900, 1_750_000, sans(2, 250, 24900), none},
	{"digicert-code-signing", "DigiCert", "DigiCert Code Signing", providers.TypeCodeSigning, providers.ValidationOV, 37900, 0, none, none},

	{"geotrust-quickssl-premium", "GeoTrust", "GeoTrust QuickSSL Premium", providers.TypeSSL, providers.ValidationDV, 4900, 500_000, sans(0, 4, 2500), none},
	{"geotrust-quickssl-premium-wildcard", "GeoTrust", "GeoTrust QuickSSL Premium Wildcard", providers.TypeWildcard, providers.ValidationDV, 18900, 500_000, none, none},
	{"geotrust-true-businessid", "GeoTrust", "GeoTrust True BusinessID", providers.TypeSSL, providers.ValidationOV, 8900, 1_250_000, sans(0, 100, 5500), none},
	{"geotrust-true-businessid-ev", "GeoTrust", "GeoTrust True BusinessID with EV", providers.TypeSSL, providers.ValidationEV, 15900, 1_500_000, none, none},

	{"thawte-ssl123", "Thawte", "Thawte SSL123", providers.TypeSSL, providers.ValidationDV, 3400, 500_000, none, none},
	{"thawte-ssl-webserver", "Thawte", "Thawte SSL Web Server", providers.TypeSSL, providers.ValidationOV, 6900, 1_250_000, sans(0, 100, 4500), none},
	{"thawte-ssl-webserver-ev", "Thawte", "Thawte SSL Web Server with EV", providers.TypeSSL, providers.ValidationEV, 13900, 1_500_000, none, none},

	{"cpanel-solo", "cPanel", "cPanel Solo", providers.TypeLicence, "", 1599, 0, none, none},
	{"cpanel-admin", "cPanel", "cPanel Admin", providers.TypeLicence, "", 2499, 0, none, none},
	{"cpanel-premier", "cPanel", "cPanel Premier", providers.TypeLicence, "", 4599, 0, none, none},
	{"litespeed-1-cpu", "LiteSpeed", "LiteSpeed 1-CPU", providers.TypeLicence, "", 2600, 0, none, none},
	{"litespeed-2-cpu", "LiteSpeed", "LiteSpeed 2-CPU", providers.TypeLicence, "", 4600, 0, none, none},
	{"litespeed-4-cpu", "LiteSpeed", "LiteSpeed 4-CPU", providers.TypeLicence, "", 6600, 0, none, none},
	{"plesk-web-admin", "Plesk", "Plesk Web Admin", providers.TypeLicence, "", 1180, 0, none, none},
	{"plesk-web-pro", "Plesk", "Plesk Web Pro", providers.TypeLicence, "", 1820, 0, none, none},
	{"plesk-web-host", "Plesk", "Plesk Web Host", providers.TypeLicence, "", 2990, 0, none, none},
}

func catalog() []providers.Product {
	var out []providers.Product
	for _, l := range priceList {
		p := providers.Product{
			Code: l.code, Name: l.name, Brand: l.brand, Type: l.kind, Validation: l.validation,
			Warranty: l.warranty, SAN: l.san, WildcardSAN: l.wildcard,
		}
		switch l.kind {
		case providers.TypeLicence:
			for _, other := range priceList {
				if other.brand == l.brand && other.code != l.code {
					p.Cores = append(p.Cores, other.code)
				}
			}
			p.Terms = []providers.Term{{Months: 1, Cost: money.USD(l.cost)}, {Months: 12, Cost: money.USD(l.cost * 12)}}
		default:
			p.Terms = []providers.Term{
				{Months: 12, Cost: money.USD(l.cost)},
				{Months: 24, Cost: money.USD(l.cost * 19 / 10)},
				{Months: 36, Cost: money.USD(l.cost * 27 / 10)},
			}
		}
		switch l.kind {
		case providers.TypeLicence, providers.TypeCodeSigning:
		case providers.TypeWildcard:
			p.Methods = []providers.Method{providers.MethodDNS, providers.MethodEmail}
		default:
			p.Methods = []providers.Method{providers.MethodDNS, providers.MethodHTTP, providers.MethodHTTPS, providers.MethodEmail}
		}
		out = append(out, p)
	}
	return out
}

// Catalog lists what the sandbox sells; it needs no CA.
func Catalog() []providers.Product { return catalog() }

// Products lists what the sandbox sells: 31 products of seven brands.
func (ca *CA) Products(ctx context.Context) ([]providers.Product, error) {
	if err := ctx.Err(); err != nil {
		return nil, failed(ctx, err)
	}
	out := slices.Clone(ca.products)
	if ca.o.Mail != nil {
		return out, nil
	}
	for i := range out {
		out[i].Methods = slices.DeleteFunc(slices.Clone(out[i].Methods), func(m providers.Method) bool { return m == providers.MethodEmail })
	}
	return out, nil
}

func (ca *CA) product(code string) (providers.Product, bool) {
	i := slices.IndexFunc(ca.products, func(p providers.Product) bool { return p.Code == code })
	if i < 0 {
		return providers.Product{}, false
	}
	return ca.products[i], true
}

// txtFamily reports whether the brand gives its DNS instructions as TXT records, the others as CNAME.
func txtFamily(brand string) bool { return brand != "Sectigo" }
