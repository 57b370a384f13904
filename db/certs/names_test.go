package certs

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestNamesAreKeptInOneForm(t *testing.T) {
	for typed, want := range map[string]string{
		"example.com":                   "example.com",
		"  Example.COM.\r\n":            "example.com",
		"*.Example.com":                 "*.example.com",
		"*.shop.example.com.tr":         "*.shop.example.com.tr",
		"example.com.tr":                "example.com.tr",
		"bücher.example":                "xn--bcher-kva.example",
		"*.bücher.de":                   "*.xn--bcher-kva.de",
		"şişli.com.tr":                  "xn--ili-rzab.com.tr",
		"İSTANBUL.com.tr":               "istanbul.com.tr",
		"istanbul.com.tr":               "istanbul.com.tr",
		"DIŞ.com":                       "xn--di-gta.com",
		"faß.de":                        "xn--fa-hia.de",
		"xn--bcher-kva.de":              "xn--bcher-kva.de",
		"例え。テスト":                        "xn--r8jz45g.xn--zckzah",
		"\ufeffexample.com\u200b":       "example.com",
		"\u00a0example.com":             "example.com",
		"1and1.com":                     "1and1.com",
		"123.com":                       "123.com",
		"shop.internal.test":            "shop.internal.test",
		"github.io":                     "github.io",
		strings.Repeat("a", 63) + ".de": strings.Repeat("a", 63) + ".de",
	} {
		got, err := NormalizeName(typed)
		if got != want || err != nil {
			t.Errorf("NormalizeName(%q) = %q, %v; want %q", typed, got, err, want)
		}
	}
}

func TestNamesNoCASignsAreRefused(t *testing.T) {
	long := strings.Repeat("abcdefg.", 40)
	for typed, want := range map[string]NameCode{
		"": NameEmpty, " \t\n": NameEmpty, "\u200b": NameEmpty, ".": NameEmpty,
		"https://example.com": NameURL, "http://example.com/": NameURL, "example.com/path": NameURL, "example.com:443": NameURL,
		"info@example.com": NameURL, "example.com?x=1": NameURL, "example com": NameURL, "example.com www.example.com": NameURL,
		"a.com,b.com": NameURL, "a.com;b.com": NameURL, `C:\example.com`: NameURL, "example.com\nfoo.com": NameURL, "*.example.com/": NameURL,
		"192.0.2.1": NameIP, "192.0.2.1.": NameIP, "127.1": NameIP, "2001:db8::1": NameIP, "[2001:db8::1]": NameIP, "fe80::1%eth0": NameIP, "::ffff:1.2.3.4": NameIP, "1.2.3.456": NameIP, "１９２.0.2.1": NameIP,
		"localhost": NameSingleLabel, "com": NameSingleLabel, "server1": NameSingleLabel, "tr.": NameSingleLabel,
		"com.tr": NamePublicSuffix, "*.com.tr": NamePublicSuffix, "co.uk": NamePublicSuffix, "*.com": NamePublicSuffix, "foo.ck": NamePublicSuffix, "COM.TR.": NamePublicSuffix, "gov.tr": NamePublicSuffix,
		"*": NameBadWildcard, "*.": NameBadWildcard, "**.example.com": NameBadWildcard, "*.*.example.com": NameBadWildcard, "foo*.example.com": NameBadWildcard, "www.*.example.com": NameBadWildcard, "*example.com": NameBadWildcard,
		"foo_bar.example.com": NameUnderscore, "_dmarc.example.com": NameUnderscore, "*.foo_bar.com": NameUnderscore,
		"-foo.com": NameBadLabel, "foo-.com": NameBadLabel, "a..com": NameBadLabel, ".example.com": NameBadLabel, "example.com..": NameBadLabel, "exa$mple.com": NameBadLabel, "a'b.com": NameBadLabel,
		"xn--a.com": NameBadLabel, "r3---sn.example.com": NameBadLabel, "example.123": NameBadLabel, "exam\x00ple.com": NameBadLabel, "exam\xffple.com": NameBadLabel, "“example.com”": NameBadLabel,
		strings.Repeat("a", 64) + ".com": NameTooLong, long + "com": NameTooLong, strings.Repeat("x", 5000): NameTooLong, "*." + strings.Repeat("abcdefghi.", 25) + "de": NameTooLong,
	} {
		got, err := NormalizeName(typed)
		var refused *NameError
		if !errors.As(err, &refused) || refused.Code != want || got != "" {
			t.Errorf("NormalizeName(%.60q) = %q, %v; want %s", typed, got, err, want)
		}
	}
}

func TestRefusedNamesAreSafeToShow(t *testing.T) {
	_, err := NormalizeName("evil\x1b[31m\r\nname " + strings.Repeat("y", 2000))
	var refused *NameError
	if !errors.As(err, &refused) || strings.ContainsAny(refused.Name, "\x1b\r\n") || utf8.RuneCountInString(refused.Name) > 81 {
		t.Errorf("%q", refused)
	}
}

func TestUnicodeNameReadsInItsOwnScript(t *testing.T) {
	for ascii, want := range map[string]string{
		"xn--ili-rzab.com.tr": "şişli.com.tr", "*.xn--bcher-kva.de": "*.bücher.de", "example.com": "example.com", "xn--a.com": "xn--a.com", "": "",
	} {
		if got := UnicodeName(ascii); got != want {
			t.Errorf("UnicodeName(%q) = %q; want %q", ascii, got, want)
		}
	}
}

func TestBaseDomainIsTheRegistrableOne(t *testing.T) {
	for name, want := range map[string]string{
		"example.com": "example.com", "a.b.example.com": "example.com", "*.shop.example.com.tr": "example.com.tr", "www.example.co.uk": "example.co.uk",
		"me.github.io": "me.github.io", "github.io": "github.io", "www.pretend.test": "pretend.test", "com.tr": "com.tr", "": "", "..": "..",
	} {
		if got := BaseDomain(name); got != want {
			t.Errorf("BaseDomain(%q) = %q; want %q", name, got, want)
		}
	}
}

func TestWildcardCoversOneLabelOnly(t *testing.T) {
	for _, c := range []struct {
		wildcard, name string
		want           bool
	}{
		{"*.example.com", "a.example.com", true}, {"*.example.com", "*.example.com", true}, {"*.example.com", "example.com", false},
		{"*.example.com", "a.b.example.com", false}, {"*.example.com", ".example.com", false}, {"*.example.com", "a.example.org", false},
		{"*.example.com", "aexample.com", false}, {"example.com", "a.example.com", false}, {"*.", "a.", false}, {"", "", false},
	} {
		if got := WildcardCovers(c.wildcard, c.name); got != c.want {
			t.Errorf("WildcardCovers(%q, %q) = %v", c.wildcard, c.name, got)
		}
	}
}

func FuzzNormalizeName(f *testing.F) {
	for _, seed := range []string{"example.com", "*.example.com", "İSTANBUL.com.tr", "xn--bcher-kva.de", "例え。テスト", "1.2.3.4", "[::1]", "a_b.com", "com.tr", "https://x.com", "*.*.com", "example.com..", "faß.de", "ｅxample.com", "a.com\u200d"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		name, err := NormalizeName(typed)
		if err != nil {
			var refused *NameError
			if !errors.As(err, &refused) || refused.Code == "" || name != "" || !utf8.ValidString(refused.Name) {
				t.Fatalf("%q: %q, %#v", typed, name, err)
			}
			return
		}
		if again, err := NormalizeName(name); again != name || err != nil {
			t.Fatalf("%q gave %q, which gives %q, %v", typed, name, again, err)
		}
		if len(name) > maxName || strings.Trim(strings.TrimPrefix(name, "*."), "abcdefghijklmnopqrstuvwxyz0123456789-.") != "" {
			t.Fatalf("%q gave %q", typed, name)
		}
		if base := BaseDomain(name); !strings.HasSuffix(name, base) {
			t.Fatalf("base of %q is %q", name, base)
		}
		if back, err := NormalizeName(UnicodeName(name)); back != name || err != nil {
			t.Fatalf("%q shown as %q reads as %q, %v", name, UnicodeName(name), back, err)
		}
		if FileName(name, "pem") != safeName(FileName(name, "pem")) {
			t.Fatalf("file name of %q", name)
		}
	})
}
