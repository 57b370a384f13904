package views

import (
	"context"
	"strconv"
	"strings"
	"time"

	"certbay/views/i18n"
	"github.com/a-h/templ"
)

// DownloadPage hands out an issued certificate: /orders/{id}/download?server=.
// The files are at Base + "/download/" + zip, certificate, fullchain, bundle; the zip
// takes ?server= for its README.txt. The zip holds certificate.pem, fullchain.pem,
// ca-bundle.pem and README.txt (InstallText).
type DownloadPage struct {
	OrderHead
	Base      string   // "/orders/12", or the address of the customer's page
	Server    string   // one of Servers; "" is the first
	FileName  string   // safe name of the domain, for the zip and in the instructions: "_wildcard.bulut.dev"
	Names     []string // of the certificate; readable letters
	NotBefore time.Time
	NotAfter  time.Time
	Serial    string
	State     string // of one certificate among several: issued, revoked; "" is the order's newest

	Installation *InstallationCard // nil on the customer's page, and where no web server shows it
}

// Servers are what a certificate can be installed on, as the page offers them.
var Servers = []string{"nginx", "apache", "iis", "tomcat", "cpanel", "plesk", "haproxy", "other"}

// installSteps is how many lines of instructions each server has.
const installSteps = 5

// server is the one chosen, or the first.
func (m DownloadPage) server() string {
	if m.Server == "" {
		return Servers[0]
	}
	return m.Server
}

func (m DownloadPage) serverHref(server string) templ.SafeURL {
	path := m.Base
	if m.atOrder() {
		path += "/download"
	}
	return templ.SafeURL(withQuery(path, nil, "server", server) + "#files")
}

// atOrder says whether this is the reseller's page; the customer's is at Base itself.
func (m DownloadPage) atOrder() bool { return m.Base == m.OrderHref() }

func (m DownloadPage) fileHref(file string) templ.SafeURL {
	return templ.SafeURL(m.Base + "/download/" + file)
}

func (m DownloadPage) zipHref() templ.SafeURL {
	return templ.SafeURL(withQuery(m.Base+"/download/zip", nil, "server", m.server()))
}

// downloadFiles are the files beside the zip: name, and the code in their address.
func downloadFiles() []downloadFile {
	return []downloadFile{
		{"fullchain.pem", "fullchain"},
		{"certificate.pem", "certificate"},
		{"ca-bundle.pem", "bundle"},
	}
}

type downloadFile struct{ name, code string }

// needed says whether a server's instructions use a file.
func (f downloadFile) needed(server string) bool {
	switch server {
	case "nginx", "apache", "haproxy":
		return f.code == "fullchain"
	case "iis", "tomcat", "cpanel", "plesk":
		return f.code != "fullchain"
	default:
		return true
	}
}

func serverName(ctx context.Context, server string) string { return i18n.Word(ctx, "server", server) }

// installLines are the instructions for a server, marked for rich. An unknown server gets
// the general ones.
func installLines(ctx context.Context, server, fileName string) []string {
	lines := make([]string, installSteps)
	for i := range lines {
		lines[i] = i18n.T(ctx, "install."+knownServer(server)+"."+strconv.Itoa(i+1), "File", fileName)
	}
	return lines
}

func knownServer(server string) string {
	for _, known := range Servers {
		if server == known {
			return server
		}
	}
	return "other"
}

// InstallText is the README.txt of a download: how to install the files on a server (one of
// Servers), in the reader's language. fileName is the safe name of the domain
// ("_wildcard.bulut.dev"), without an ending. Plain text, lines end with LF.
func InstallText(ctx context.Context, server, fileName string) string {
	var b strings.Builder
	b.WriteString(fileName + "\n\n")
	b.WriteString(i18n.T(ctx, "install.title", "Server", serverName(ctx, knownServer(server))) + "\n\n")
	for i, line := range installLines(ctx, server, fileName) {
		b.WriteString(strconv.Itoa(i+1) + ". " + unmarked(line) + "\n")
	}
	b.WriteString("\n" + i18n.T(ctx, "install.files") + "\n")
	for _, f := range downloadFiles() {
		b.WriteString("  " + f.name + ": " + i18n.T(ctx, "download.file."+f.code) + "\n")
	}
	b.WriteString("\n" + i18n.T(ctx, "download.key") + "\n")
	return b.String()
}

// validity says from when until when the certificate works.
func (m DownloadPage) validity(ctx context.Context) string {
	text := i18n.T(ctx, "download.valid", "From", i18n.Date(ctx, m.NotBefore), "Until", i18n.Date(ctx, m.NotAfter))
	if m.EndsAt.After(m.NotAfter) {
		text += " " + i18n.T(ctx, "download.ends", "Date", i18n.Date(ctx, m.EndsAt))
	}
	return text
}
