// Package static holds the browser's files: the built stylesheet, scripts, font
// and icon, each named by its content, embedded in the binary.
//
// The sources are in src/, the built files in dist/. Both are committed, so
// building the program needs no Node; src/build.mjs says how to build again.
package static

import (
	"embed"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed dist
var dist embed.FS

// Prefix is where Handler expects to be mounted.
const Prefix = "/static/"

// asset is one embedded file with its compressed variants, nil where there are none.
type asset struct {
	contentType  string
	plain        []byte
	brotli, gzip []byte
}

var (
	assets = map[string]asset{}  // "app.1c236c709e.css" -> its bytes
	paths  = map[string]string{} // "app.css" -> "/static/app.1c236c709e.css"
)

var contentTypes = map[string]string{
	".css":   "text/css; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".png":   "image/png",
	".svg":   "image/svg+xml",
	".txt":   "text/plain; charset=utf-8",
	".woff2": "font/woff2",
}

func init() {
	entries, err := fs.ReadDir(dist, "dist")
	if err != nil {
		panic("static: " + err.Error())
	}
	for _, entry := range entries {
		name := entry.Name()
		contentType, ok := contentTypes[path.Ext(name)]
		if !ok {
			continue // a compressed variant, read with its original
		}
		assets[name] = asset{
			contentType: contentType,
			plain:       read(name),
			brotli:      read(name + ".br"),
			gzip:        read(name + ".gz"),
		}
		stem, extension, _ := strings.Cut(name, ".")
		_, extension, _ = strings.Cut(extension, ".")
		paths[stem+"."+extension] = Prefix + name
	}
}

func read(name string) []byte {
	content, err := dist.ReadFile("dist/" + name)
	if err != nil {
		return nil
	}
	return content
}

// Path returns the URL path of a file by the name it has without its hash:
// "app.css" gives "/static/app.<hash>.css". The names are app.css, app.js,
// csr.js, inter.woff2, inter-tr.woff2 (the letters only Turkish has),
// favicon.svg and licences.txt (of the packages in these files). An unknown name is a programmer's error and panics.
func Path(name string) string {
	p, ok := paths[name]
	if !ok {
		panic("static: no file " + strconv.Quote(name))
	}
	return p
}

// Handler serves the files below Prefix, for GET and HEAD. A name changes with
// its content, so answers may be kept for ever; what is not there is 404 and
// may not be kept.
func Handler() http.Handler {
	return http.HandlerFunc(serve)
}

func serve(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	name, ok := strings.CutPrefix(r.URL.Path, Prefix)
	file, found := assets[name]
	if !ok || !found {
		header.Set("Cache-Control", "no-store")
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	header.Set("Content-Type", file.contentType)
	header.Set("Cache-Control", "public, max-age=31536000, immutable")
	header.Set("X-Content-Type-Options", "nosniff")
	body := file.plain
	if file.brotli != nil || file.gzip != nil {
		header.Set("Vary", "Accept-Encoding")
		accepts := encodings(r.Header.Values("Accept-Encoding"))
		switch {
		case file.brotli != nil && accepts["br"]:
			header.Set("Content-Encoding", "br")
			body = file.brotli
		case file.gzip != nil && accepts["gzip"]:
			header.Set("Content-Encoding", "gzip")
			body = file.gzip
		}
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodHead {
		return
	}
	// The client went away: there is nobody to tell.
	_, _ = w.Write(body)
}

// encodings reads Accept-Encoding: the codings named with a weight above zero.
func encodings(values []string) map[string]bool {
	accepted := map[string]bool{}
	for _, item := range strings.Split(strings.Join(values, ","), ",") {
		coding, parameters, _ := strings.Cut(item, ";")
		weight := 1.0
		if q, ok := strings.CutPrefix(strings.TrimSpace(parameters), "q="); ok {
			parsed, err := strconv.ParseFloat(q, 64)
			if err != nil {
				continue
			}
			weight = parsed
		}
		accepted[strings.ToLower(strings.TrimSpace(coding))] = weight > 0
	}
	return accepted
}
