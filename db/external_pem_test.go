package db_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"certbay/db"
	"certbay/db/dbtest"
)

// foreignPEM is a certificate that another shop sold.
func foreignPEM(t testing.TB, until time.Time, policy asn1.ObjectIdentifier, names ...string) string {
	t.Helper()
	key := must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{SerialNumber: big.NewInt(0x0abc), Subject: pkix.Name{CommonName: "An Organisation"}, Issuer: pkix.Name{CommonName: "Some CA"},
		DNSNames: names, NotBefore: until.AddDate(0, 0, -90), NotAfter: until}
	if policy != nil {
		oid := must[x509.OID](t)(x509.ParseOID(policy.String()))
		template.Policies = []x509.OID{oid}
	}
	parent := &x509.Certificate{Subject: pkix.Name{CommonName: "Some CA"}}
	der := must[[]byte](t)(x509.CreateCertificate(rand.Reader, template, parent, key.Public(), key))
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func TestACertificateFromElsewhereIsKeptByWhatItSays(t *testing.T) {
	book := dbtest.Open(t)
	mine, other := twoResellers(t, book)
	until := book.Now().AddDate(0, 0, 10).Truncate(time.Second)
	text := foreignPEM(t, until, asn1.ObjectIdentifier{2, 23, 140, 1, 2, 2}, "shop.example.com", "*.example.com")
	id := must[int64](t)(book.AddExternalCertificate(ctx, db.System, mine, text, " the shop "))
	x := must[db.ExternalCertificate](t)(book.ExternalCertificate(ctx, mine, id))
	if x.CommonName != "shop.example.com" || x.Validation != "ov" || x.Serial != "0abc" || x.Issuer != "Some CA" || x.ExternalProduct != "the shop" ||
		!slices.Equal(x.Names, []string{"shop.example.com", "*.example.com"}) || !x.NotAfter.Equal(until) {
		t.Errorf("%+v", x)
	}
	if _, err := book.AddExternalCertificate(ctx, db.System, mine, text, ""); !rejectedFor(err, "pem", "external_there") {
		t.Errorf("twice: %v", err)
	}
	must[int64](t)(book.AddExternalCertificate(ctx, db.System, other, text, ""))
	if err := book.RemoveExternalCertificate(ctx, db.System, other, id); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("another reseller's: %v", err)
	}
	must[int64](t)(book.AskExternalInstallation(ctx, mine, id)) // what its web server presents goes with it
	if err := book.RemoveExternalCertificate(ctx, db.System, mine, id); err != nil {
		t.Fatal(err)
	}
	if list := must[[]db.ExternalCertificate](t)(book.ExternalCertificates(ctx, mine)); len(list) != 0 {
		t.Errorf("still there: %+v", list)
	}
}

func TestWhatIsNoCertificateForADomainIsRefused(t *testing.T) {
	book := dbtest.Open(t)
	mine, _ := twoResellers(t, book)
	long := strings.Repeat("x", 201)
	for what, c := range map[string]struct{ pem, note, field, code string }{
		"nothing":          {" ", "", "pem", "required"},
		"a request":        {"-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----", "", "pem", "pem_unreadable"},
		"a private key":    {"-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----", "", "pem", "pem_key"},
		"one for no names": {foreignPEM(t, book.Now(), nil), "", "pem", "pem_nodomain"},
		"a long note":      {foreignPEM(t, book.Now(), nil, "a.example.com"), long, "note", "too_long"},
	} {
		if _, err := book.AddExternalCertificate(ctx, db.System, mine, c.pem, c.note); !rejectedFor(err, c.field, c.code) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestCertificatesFromElsewhereAreAmongThoseThatExpireSoon(t *testing.T) {
	book := dbtest.Open(t)
	mine, other := twoResellers(t, book)
	now := book.Now()
	for name, days := range map[string]int{"gone.example.com": -1, "later.example.com": db.ExpiringDays + 1, "soon.example.com": 20, "sooner.example.com": 2} {
		must[int64](t)(book.AddExternalCertificate(ctx, db.System, mine, foreignPEM(t, now.AddDate(0, 0, days), nil, name), ""))
	}
	must[int64](t)(book.AddExternalCertificate(ctx, db.System, other, foreignPEM(t, now.AddDate(0, 0, 5), nil, "theirs.example.com"), ""))
	// One that the SSL247 API noted by its name alone: nobody knows when it ends.
	must[int64](t)(book.ImportExternal(ctx, db.System, mine, db.ExternalCertificate{CommonName: "named.example.com", Validation: "dv"}))
	var names []string
	for _, x := range must[[]db.ExternalCertificate](t)(book.ExpiringExternal(ctx, mine)) {
		names = append(names, x.CommonName)
	}
	if !slices.Equal(names, []string{"sooner.example.com", "soon.example.com"}) {
		t.Errorf("%v", names)
	}
}
