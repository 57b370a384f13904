package sandbox

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"database/sql"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"time"
)

const organisation = "Certbay Sandbox"

// loadAuthority reads root and issuer, or makes them: both or none, and once, however many processes open the file.
func (ca *CA) loadAuthority(ctx context.Context) error {
	var issuerKey []byte
	read := func(q interface {
		QueryRowContext(context.Context, string, ...any) *sql.Row
	}) error {
		var root, issuer []byte
		err := q.QueryRowContext(ctx, `select r.certificate, i.certificate, i.private_key from authority r, authority i
			where r.name = 'root' and i.name = 'issuer'`).Scan(&root, &issuer, &issuerKey)
		if err != nil {
			return err
		}
		if ca.root, err = x509.ParseCertificate(root); err != nil {
			return err
		}
		ca.issuer, err = x509.ParseCertificate(issuer)
		return err
	}
	err := read(ca.db)
	if errors.Is(err, sql.ErrNoRows) {
		err = ca.tx(ctx, func(tx *sql.Tx) error {
			if err := read(tx); !errors.Is(err, sql.ErrNoRows) {
				return err
			}
			if err := ca.makeAuthority(ctx, tx); err != nil {
				return err
			}
			return read(tx)
		})
	}
	if err != nil {
		return err
	}
	key, err := x509.ParsePKCS8PrivateKey(issuerKey)
	if err != nil {
		return err
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return fmt.Errorf("the issuer's key is a %T", key)
	}
	ca.key, ca.chain = signer, encode(ca.issuer)+encode(ca.root)
	return nil
}

// makeAuthority makes a root (P-384) and an issuer (P-256). They start some years ago, so that the history of a demo fits in.
func (ca *CA) makeAuthority(ctx context.Context, tx *sql.Tx) error {
	mark := make([]byte, 3)
	if _, err := rand.Read(mark); err != nil {
		return err
	}
	rootKey, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		return err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	now := ca.now().Truncate(time.Second)
	template := func(name string, from, to int) (*x509.Certificate, error) {
		serial, err := newSerial()
		return &x509.Certificate{
			SerialNumber:          serial,
			Subject:               pkix.Name{Organization: []string{organisation}, CommonName: name + " " + hex.EncodeToString(mark)},
			NotBefore:             now.AddDate(from, 0, 0),
			NotAfter:              now.AddDate(to, 0, 0),
			IsCA:                  true,
			BasicConstraintsValid: true,
			KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		}, err
	}
	root, err := template("Certbay Sandbox Root", -6, 20)
	if err != nil {
		return err
	}
	issuer, err := template("Certbay Sandbox CA", -5, 10)
	if err != nil {
		return err
	}
	issuer.MaxPathLenZero = true
	rootDER, err := x509.CreateCertificate(rand.Reader, root, root, rootKey.Public(), rootKey)
	if err != nil {
		return err
	}
	if root, err = x509.ParseCertificate(rootDER); err != nil {
		return err
	}
	issuerDER, err := x509.CreateCertificate(rand.Reader, issuer, root, key.Public(), rootKey)
	if err != nil {
		return err
	}
	for _, row := range []struct {
		name string
		der  []byte
		key  *ecdsa.PrivateKey
	}{{"root", rootDER, rootKey}, {"issuer", issuerDER, key}} {
		pkcs8, err := x509.MarshalPKCS8PrivateKey(row.key)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `insert into authority (name, certificate, private_key) values ($1, $2, $3)`,
			row.name, row.der, pkcs8); err != nil {
			return err
		}
	}
	return nil
}

// newSerial makes 20 random bytes that are positive and keep their length in DER and hex.
func newSerial() (*big.Int, error) {
	b := make([]byte, 20)
	if _, err := rand.Read(b); err != nil {
		return nil, err
	}
	b[0] = b[0]&0x7f | 0x40
	return new(big.Int).SetBytes(b), nil
}

func encode(c *x509.Certificate) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
}
