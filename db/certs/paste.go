package certs

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"regexp"
	"strings"
)

// maxPaste bounds pasted text: the largest honest request, RSA 8192 with
// hundreds of names, is a tenth of it.
const maxPaste = 64 << 10

// armour is any "-----BEGIN X-----" or END line, with the dashes that word
// processors make of it.
var armour = regexp.MustCompile(`[-\x{2010}-\x{2015}\x{2212}]+\s*(BEGIN|END)\s+([A-Za-z0-9 ]+?)\s*[-\x{2010}-\x{2015}\x{2212}]+`)

// escapes are line ends written out by JSON and shells, and what pages add.
var escapes = strings.NewReplacer(`\r\n`, "\n", `\n`, "\n", `\r`, "\n", "\r", "\n", "&#10;", "\n", "&#13;", "\n", "<br>", "\n")

// block is one armoured block: its label in upper case and the text inside.
type block struct{ label, body string }

// blocks cuts text at its armour lines. A missing END is tolerated.
func blocks(text string) []block {
	var found []block
	marks := armour.FindAllStringSubmatchIndex(text, -1)
	for i, m := range marks {
		if !strings.EqualFold(text[m[2]:m[3]], "BEGIN") {
			continue
		}
		end := len(text)
		if i+1 < len(marks) {
			end = marks[i+1][0]
		}
		label := strings.ToUpper(strings.Join(strings.Fields(text[m[4]:m[5]]), " "))
		found = append(found, block{label, text[m[1]:end]})
	}
	return found
}

// unbase64 decodes base64 that went through mail programs and editors: any white
// space, quote marks at line starts, missing padding. ok is false when anything
// else is among it.
func unbase64(body string) (der []byte, ok bool) {
	var kept strings.Builder
	for _, line := range strings.Split(escapes.Replace(body), "\n") {
		line = strings.TrimLeft(line, "> \t|\u00a0")
		if strings.Contains(line, ": ") && kept.Len() == 0 {
			continue // a header of the old PEM, such as "Proc-Type: 4"
		}
		for _, r := range line {
			switch {
			case r >= 'A' && r <= 'Z', r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '+', r == '/':
				kept.WriteRune(r)
			case r == '=', r == ' ', r == '\t', r == '\u00a0', r == '"', r == '\'', invisible(r):
			default:
				return nil, false
			}
		}
	}
	der, err := base64.RawStdEncoding.DecodeString(kept.String())
	return der, err == nil && len(der) > 0
}

// keyMarks announce private key material: armour however broken, PuTTY files and
// what openssl prints of a key with -text.
var keyMarks = regexp.MustCompile(`(BEGIN|END)[\sA-Z0-9]{0,40}PRIVATE\s+KEY|PuTTY-User-Key-File|Private-Lines:|Private-Key:|privateExponent:`)

// isPrivateKey reports whether DER holds private key material: PKCS #1, SEC 1,
// PKCS #8 plain or encrypted, an OpenSSH key or a PKCS #12 file.
func isPrivateKey(der []byte) bool {
	var plain struct {
		Version int
		Algo    asn1.RawValue
		Key     []byte
		Rest    asn1.RawValue `asn1:"optional"`
	}
	if bytes.HasPrefix(der, []byte("openssh-key-v1\x00")) {
		return true
	}
	if _, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		return true
	}
	if _, err := asn1.Unmarshal(der, &plain); err == nil && plain.Version <= 1 && plain.Algo.Tag == asn1.TagSequence {
		return true // PKCS #8 of a kind of key Go does not know
	}
	if _, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return true
	}
	if _, err := x509.ParseECPrivateKey(der); err == nil {
		return true
	}
	var encrypted struct {
		Algo struct {
			OID    asn1.ObjectIdentifier
			Params asn1.RawValue `asn1:"optional"`
		}
		Data []byte
	}
	if _, err := asn1.Unmarshal(der, &encrypted); err == nil && (under(encrypted.Algo.OID, oidPKCS5) || under(encrypted.Algo.OID, oidPKCS12)) {
		return true
	}
	var pfx struct {
		Version  int
		AuthSafe struct {
			OID     asn1.ObjectIdentifier
			Content asn1.RawValue `asn1:"optional"`
		}
		MAC asn1.RawValue `asn1:"optional"`
	}
	_, err := asn1.Unmarshal(der, &pfx)
	return err == nil && pfx.Version == 3 && under(pfx.AuthSafe.OID, oidPKCS7)
}

var (
	oidPKCS5  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5}
	oidPKCS7  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7}
	oidPKCS12 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12}
)

// under reports whether oid lies below arc.
func under(oid, arc asn1.ObjectIdentifier) bool {
	return len(oid) > len(arc) && oid[:len(arc)].Equal(arc)
}

// findRequest brings pasted text down to the DER of the one request in it.
func findRequest(text string) ([]byte, *CSRError) {
	if len(text) > maxPaste {
		return nil, &CSRError{Code: CSRTooLarge, Max: maxPaste}
	}
	if keyMarks.MatchString(text) {
		return nil, &CSRError{Code: CSRIsPrivateKey}
	}
	text = escapes.Replace(text)
	if clean(text, 1) == "" {
		return nil, &CSRError{Code: CSREmpty}
	}
	found := blocks(text)
	var requests, others []block
	for _, b := range found {
		if b.label == "CERTIFICATE REQUEST" || b.label == "NEW CERTIFICATE REQUEST" {
			requests = append(requests, b)
		} else {
			others = append(others, b)
		}
	}
	switch {
	case len(requests) > 1, len(requests) == 1 && len(others) > 0:
		return nil, &CSRError{Code: CSRSeveral}
	case len(requests) == 1:
		text = requests[0].body
	case len(others) > 0 && isCertificateLabel(others[0].label):
		return nil, &CSRError{Code: CSRIsCertificate}
	case len(others) > 0:
		text = others[0].body // mislabelled: the bytes tell what it is
	default:
		if end := armour.FindStringIndex(text); end != nil {
			text = text[:end[0]] // only the END line was copied
		}
	}
	der, ok := unbase64(text)
	if !ok {
		return nil, &CSRError{Code: CSRNotCSR}
	}
	return der, nil
}

func isCertificateLabel(label string) bool {
	switch label {
	case "CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE", "PKCS7":
		return true
	}
	return false
}
