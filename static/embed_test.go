package static

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
)

var names = []string{"app.css", "app.js", "csr.js", "inter.woff2", "inter-tr.woff2", "favicon.svg", "licences.txt"}

func get(t *testing.T, method, target, acceptEncoding string) *http.Response {
	t.Helper()
	request := httptest.NewRequest(method, target, nil)
	if acceptEncoding != "" {
		request.Header.Set("Accept-Encoding", acceptEncoding)
	}
	recorder := httptest.NewRecorder()
	Handler().ServeHTTP(recorder, request)
	return recorder.Result()
}

func body(t *testing.T, response *http.Response) []byte {
	t.Helper()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestEveryNameHasAFileThatMayBeKeptForEver(t *testing.T) {
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			target := Path(name)
			if !regexp.MustCompile(`^/static/[a-z-]+\.[0-9a-f]{10}\.[a-z0-9]+$`).MatchString(target) {
				t.Errorf("path %q does not carry a hash", target)
			}
			response := get(t, http.MethodGet, target, "")
			if response.StatusCode != http.StatusOK {
				t.Fatalf("status %d", response.StatusCode)
			}
			if got, want := response.Header.Get("Cache-Control"), "public, max-age=31536000, immutable"; got != want {
				t.Errorf("Cache-Control %q, want %q", got, want)
			}
			if got, want := response.Header.Get("Content-Type"), contentTypes[path.Ext(name)]; got != want {
				t.Errorf("Content-Type %q, want %q", got, want)
			}
			if len(body(t, response)) == 0 {
				t.Error("empty file")
			}
		})
	}
}

func TestUnknownNameIsAProgrammersError(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic for a name that is not there")
		}
	}()
	Path("app.scss")
}

func TestCompressedVariantsHoldTheSameFile(t *testing.T) {
	for _, name := range names {
		if strings.HasSuffix(name, ".woff2") {
			continue // compressed by its own format
		}
		t.Run(name, func(t *testing.T) {
			plain := body(t, get(t, http.MethodGet, Path(name), ""))

			response := get(t, http.MethodGet, Path(name), "gzip, deflate, br, zstd")
			if got := response.Header.Get("Content-Encoding"); got != "br" {
				t.Fatalf("Content-Encoding %q, want br", got)
			}
			unpacked, err := io.ReadAll(brotli.NewReader(response.Body))
			if err != nil || !bytes.Equal(unpacked, plain) {
				t.Errorf("brotli variant differs from the file (%v)", err)
			}

			response = get(t, http.MethodGet, Path(name), "gzip")
			if got := response.Header.Get("Content-Encoding"); got != "gzip" {
				t.Fatalf("Content-Encoding %q, want gzip", got)
			}
			reader, err := gzip.NewReader(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			unpacked, err = io.ReadAll(reader)
			if err != nil || !bytes.Equal(unpacked, plain) {
				t.Errorf("gzip variant differs from the file (%v)", err)
			}
		})
	}
}

func TestEncodingIsChosenByWhatTheClientAccepts(t *testing.T) {
	for accept, want := range map[string]string{
		"":                     "",
		"identity":             "",
		"br;q=0":               "",
		"br;q=0, gzip;q=0.5":   "gzip",
		"br; q=0.1, gzip":      "br",
		"GZIP":                 "gzip",
		"gzip;q=x":             "",
		"deflate, zstd, gzipx": "",
	} {
		response := get(t, http.MethodGet, Path("app.css"), accept)
		if got := response.Header.Get("Content-Encoding"); got != want {
			t.Errorf("Accept-Encoding %q: Content-Encoding %q, want %q", accept, got, want)
		}
		if got := response.Header.Get("Vary"); got != "Accept-Encoding" {
			t.Errorf("Accept-Encoding %q: Vary %q", accept, got)
		}
	}
}

func TestHeadHasTheHeadersOfGetAndNoBody(t *testing.T) {
	head := get(t, http.MethodHead, Path("app.js"), "br")
	full := get(t, http.MethodGet, Path("app.js"), "br")
	if got, want := head.Header.Get("Content-Length"), full.Header.Get("Content-Length"); got != want || got == "" {
		t.Errorf("Content-Length %q, want %q", got, want)
	}
	if n := len(body(t, head)); n != 0 {
		t.Errorf("HEAD answered %d bytes", n)
	}
}

func TestOtherMethodsAndNamesAreRefused(t *testing.T) {
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions} {
		response := get(t, method, Path("app.css"), "")
		if response.StatusCode != http.StatusMethodNotAllowed || response.Header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: status %d, Allow %q", method, response.StatusCode, response.Header.Get("Allow"))
		}
	}
	for _, target := range []string{
		"/static/", "/static/app.css", "/static/app.0000000000.css", Path("app.css") + ".br",
		"/static/../embed.go", "/static/dist/app.css", "/app.css", "/static//" + strings.TrimPrefix(Path("app.css"), Prefix),
	} {
		response := get(t, http.MethodGet, target, "")
		if response.StatusCode != http.StatusNotFound {
			t.Errorf("%s: status %d, want 404", target, response.StatusCode)
		}
		if got := response.Header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s: a 404 may be kept: %q", target, got)
		}
	}
}

func TestFirstVisitFitsTheBudget(t *testing.T) {
	sent := func(name string) int {
		return len(body(t, get(t, http.MethodGet, Path(name), "br")))
	}
	first := 0
	for _, name := range []string{"app.css", "app.js", "inter.woff2", "inter-tr.woff2", "favicon.svg"} {
		first += sent(name)
	}
	// 80 kB in all, of which the page itself gets 15.
	if first > 65_000 {
		t.Errorf("first visit loads %d bytes, more than 65,000", first)
	}
	if n := len(body(t, get(t, http.MethodGet, Path("app.css"), "gzip"))); n > 18*1024 {
		t.Errorf("app.css is %d bytes with gzip, more than 18 KiB", n)
	}
	if n := sent("csr.js"); n > 2_000 {
		t.Errorf("csr.js is %d bytes, more than 2,000: the heavy part belongs into x509.js", n)
	}
}

// The content security policy allows our own files only, and neither eval nor
// styles made at run time; a file that needs more would fail in the browser.
func TestFilesLoadNothingFromElsewhere(t *testing.T) {
	address := regexp.MustCompile(`(https?:)?//[a-z0-9.-]+\.[a-z]{2,}[^\s"'` + "`" + `)]*`)
	for name, file := range assets {
		switch path.Ext(name) {
		case ".css":
			for _, m := range regexp.MustCompile(`url\(([^)]*)\)`).FindAllStringSubmatch(string(file.plain), -1) {
				if _, ok := assets[strings.Trim(m[1], `"'`)]; !ok && !strings.HasPrefix(strings.Trim(m[1], `"'`), "data:") {
					t.Errorf("%s loads %q, which is not ours", name, m[1])
				}
			}
			if bytes.Contains(file.plain, []byte("@import")) {
				t.Errorf("%s imports a sheet", name)
			}
		case ".js", ".svg":
			for _, m := range address.FindAllString(string(file.plain), -1) {
				if !strings.HasPrefix(m, "http://www.w3.org/") {
					t.Errorf("%s names %q", name, m)
				}
			}
		}
	}
}

func TestTheScriptThatMakesKeysIsThere(t *testing.T) {
	script := string(body(t, get(t, http.MethodGet, Path("csr.js"), "")))
	found := regexp.MustCompile(`\./(x509\.[0-9a-f]{10}\.js)`).FindStringSubmatch(script)
	if found == nil {
		t.Fatal("csr.js names no x509.js")
	}
	if response := get(t, http.MethodGet, Prefix+found[1], "br"); response.StatusCode != http.StatusOK {
		t.Errorf("%s: status %d", found[1], response.StatusCode)
	}
}
