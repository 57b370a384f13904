package certs

import "testing"

func TestRequestMustFitTheOrder(t *testing.T) {
	names := func(names ...string) *CSR {
		return &CSR{CommonName: names[0], Names: names, KeyType: "ECDSA", KeyBits: 256}
	}
	single := Want{Domain: "example.com", MaxNames: 1}
	wildcard := Want{Domain: "*.example.com", MaxNames: 1, Wildcard: true}
	multi := Want{Domain: "example.com", SANs: []string{"A.example.org", "b.example.org"}, MaxNames: 3}
	for rule, c := range map[string]struct {
		csr  *CSR
		want Want
		err  CSRError
	}{
		"the domain":                            {names("example.com"), single, CSRError{}},
		"spelling of the order does not matter": {names("xn--bcher-kva.de"), Want{Domain: " Bücher.DE. "}, CSRError{}},
		"the www twin is free":                  {names("example.com", "www.example.com"), single, CSRError{}},
		"the domain may be a SAN":               {names("www.example.com", "example.com"), single, CSRError{}},
		"the bare twin of www is free":          {names("www.example.com", "example.com"), Want{Domain: "www.example.com"}, CSRError{}},
		"the twin alone is not the domain":      {names("www.example.com"), single, CSRError{Code: CSRDomainMismatch, Expected: "example.com", Found: []string{"www.example.com"}}},
		"another domain":                        {names("example.org"), single, CSRError{Code: CSRDomainMismatch, Expected: "example.com", Found: []string{"example.org"}}},
		"a subdomain is another domain":         {names("shop.example.com"), single, CSRError{Code: CSRDomainMismatch, Expected: "example.com", Found: []string{"shop.example.com"}}},
		"no name at all":                        {&CSR{}, single, CSRError{Code: CSRDomainMismatch, Expected: "example.com"}},
		"no common name is fine":                {&CSR{Names: []string{"example.com"}}, single, CSRError{}},
		"a common name that is no name":         {&CSR{CommonName: "Example Ltd", Names: []string{"example.com"}}, single, CSRError{Code: CSRBadName, Name: "Example Ltd", Reason: NameURL}},
		"an extra name where none is sold":      {names("example.com", "mail.example.com"), single, CSRError{Code: CSRTooManyNames, Max: 1, Count: 2}},
		"the twin of another name is not free":  {names("example.com", "www.mail.example.com"), single, CSRError{Code: CSRTooManyNames, Max: 1, Count: 2}},
		"a wildcard in a plain product":         {names("example.com", "*.example.com"), single, CSRError{Code: CSRWildcardMismatch, Name: "*.example.com"}},

		"the wildcard":                           {names("*.example.com"), wildcard, CSRError{}},
		"the wildcard and its free names":        {names("*.example.com", "example.com", "www.example.com"), wildcard, CSRError{}},
		"a wildcard order without its star":      {names("*.example.com"), Want{Domain: "example.com", Wildcard: true}, CSRError{}},
		"a plain request for a wildcard product": {names("example.com"), wildcard, CSRError{Code: CSRWildcardMismatch, Expected: "*.example.com", Found: []string{"example.com"}}},
		"another wildcard":                       {names("*.example.org"), wildcard, CSRError{Code: CSRDomainMismatch, Expected: "*.example.com", Found: []string{"*.example.org"}}},
		"a second wildcard":                      {names("*.example.com", "*.a.example.com"), wildcard, CSRError{Code: CSRTooManyNames, Max: 1, Count: 2}},
		"a second wildcard that was entered":     {names("*.example.com", "*.example.org"), Want{Domain: "*.example.com", SANs: []string{"*.example.org"}, MaxNames: 2, Wildcard: true}, CSRError{}},
		"a wildcard SAN sold in a plain product": {names("example.com", "*.example.org"), Want{Domain: "example.com", SANs: []string{"*.example.org"}, MaxNames: 2}, CSRError{}},

		"all names entered":                       {names("example.com", "a.example.org", "b.example.org", "www.example.com"), multi, CSRError{}},
		"fewer names than entered":                {names("example.com"), multi, CSRError{}},
		"a name that was not entered has no room": {names("example.com", "c.example.org"), multi, CSRError{Code: CSRUnexpectedName, Name: "c.example.org"}},
		"more names than paid for":                {names("example.com", "a.example.org", "b.example.org", "c.example.org"), multi, CSRError{Code: CSRTooManyNames, Max: 3, Count: 4}},
		"a name that was not entered has room":    {names("example.com", "c.example.org"), Want{Domain: "example.com", SANs: []string{"a.example.org"}, MaxNames: 3}, CSRError{}},
		"a twin that was entered costs nothing":   {names("example.com", "c.example.org"), Want{Domain: "example.com", SANs: []string{"www.example.com"}, MaxNames: 2}, CSRError{}},
		"the order's domain is bad":               {names("example.com"), Want{Domain: "com.tr"}, CSRError{Code: CSRBadName, Name: "com.tr", Reason: NamePublicSuffix}},
		"a bad SAN was entered":                   {names("example.com"), Want{Domain: "example.com", SANs: []string{"a_b.com"}, MaxNames: 2}, CSRError{Code: CSRBadName, Name: "a_b.com", Reason: NameUnderscore}},

		"code signing has no names":       {&CSR{CommonName: "Example Ltd", KeyType: "RSA", KeyBits: 3072}, Want{CodeSigning: true}, CSRError{}},
		"code signing wants RSA 3072":     {&CSR{CommonName: "Example Ltd", KeyType: "RSA", KeyBits: 2048}, Want{CodeSigning: true}, CSRError{Code: CSRWeakRSA, Bits: 2048, Min: 3072}},
		"code signing takes ECDSA":        {&CSR{CommonName: "Example Ltd", KeyType: "ECDSA", KeyBits: 256}, Want{CodeSigning: true}, CSRError{}},
		"code signing ignores the domain": {&CSR{KeyType: "RSA", KeyBits: 4096}, Want{CodeSigning: true, Domain: "://"}, CSRError{}},
	} {
		if got := refusal(t, c.csr.Match(c.want)); got.Error() != c.err.Error() {
			t.Errorf("%s: %v; want %v", rule, got, &c.err)
		}
	}
}

func TestParsedRequestsMatchTheirOrders(t *testing.T) {
	csr := parsed(t, request(t, keys().rsa2048, "Example.COM", "www.example.com"))
	if err := csr.Match(Want{Domain: "example.com", MaxNames: 1}); err != nil {
		t.Error(err)
	}
	code := parsed(t, request(t, keys().rsa3072, "Örnek Yazılım A.Ş."))
	if err := code.Match(Want{CodeSigning: true}); err != nil || len(code.Names) != 0 {
		t.Error(err, code.Names)
	}
	if got := refusal(t, code.Match(Want{Domain: "example.com"})); got.Code != CSRBadName {
		t.Errorf("%v; want bad_name", got)
	}
}
