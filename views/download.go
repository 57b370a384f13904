package views

import "time"

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
}

// Servers are what a certificate can be installed on, as the page offers them.
var Servers = []string{"nginx", "apache", "iis", "tomcat", "cpanel", "plesk", "haproxy", "other"}
