package certs

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"
)

// ErrFileName is wrapped by Zip for a name that is unsafe in an archive or taken.
var ErrFileName = errors.New("certs: bad file name in archive")

// File is one member of an archive.
type File struct {
	Name    string // no folders
	Content []byte
}

// Zip packs files in the given order. The same files and moment make the same
// bytes. Every member carries the moment, in UTC, to two seconds; moments the
// format can't hold are moved to the nearest it can (1980–2107).
func Zip(files []File, modified time.Time) ([]byte, error) {
	modified = modified.UTC()
	if first := day(1980, time.January, 1); modified.Before(first) {
		modified = first
	}
	if last := time.Date(2107, time.December, 31, 23, 59, 58, 0, time.UTC); modified.After(last) {
		modified = last
	}
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	taken := map[string]bool{}
	for _, file := range files {
		// Compared without case, because some systems unpack so.
		folded := strings.ToLower(file.Name)
		if taken[folded] || safeName(file.Name) != file.Name {
			return nil, fmt.Errorf("%w: %.80q", ErrFileName, file.Name)
		}
		taken[folded] = true
		member, err := archive.CreateHeader(&zip.FileHeader{Name: file.Name, Method: zip.Deflate, Modified: modified})
		if err != nil {
			return nil, fmt.Errorf("certs: archive %s: %w", file.Name, err)
		}
		if _, err := member.Write(file.Content); err != nil {
			return nil, fmt.Errorf("certs: archive %s: %w", file.Name, err)
		}
	}
	if err := archive.Close(); err != nil {
		return nil, fmt.Errorf("certs: archive: %w", err)
	}
	return out.Bytes(), nil
}

// DER returns the first certificate of a PEM text as bytes.
func DER(text string) ([]byte, error) {
	certs, err := ParseCertificates(text)
	if err != nil {
		return nil, err
	}
	return certs[0].Raw, nil
}

// FileName names a download after a domain: FileName("*.example.com", "pem") is
// "_wildcard.example.com.pem". The result is safe in a header, a path and an
// archive whatever the domain holds.
func FileName(domain, ext string) string {
	if base, ok := strings.CutPrefix(domain, "*."); ok {
		domain = "_wildcard." + base
	}
	const longest = 200
	if len(domain) > longest {
		domain = domain[:longest]
	}
	return safeName(domain + "." + strings.TrimLeft(ext, "."))
}

// safeName replaces what is not a letter, digit, dot, hyphen or underscore, and
// takes dots off the ends.
func safeName(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '-', r == '_':
			return r
		}
		return '_'
	}, s)
	if s = strings.Trim(s, "."); s == "" {
		return "certificate"
	}
	return s
}
