package views

import "time"

// DemoPage is the pretend internet of the demo: /demo. Forms post to /demo/publish (host,
// type, value, only; or file_url, content), /demo/remove (host, type, value, only; or
// file_host, file_path); all take next, the address to return to.
type DemoPage struct {
	Logins       []DemoLogin
	CustomerLink string // an end customer's link to try; ""
	Records      []DemoRecord
	Files        []DemoFile
	Mails        []DemoMailRow // newest first
	Form         DemoRecord    // the record form as typed
	FileURL      string        // the file form as typed
	FileContent  string
	Problems     Problems // fields host, type, value, file_url, content
}

// DemoLogin is someone who can sign in to the demo.
type DemoLogin struct {
	Role, Company   string
	Email, Password string
	APIKey          string // "": none
}

// DemoRecord is a published DNS record. Only is ns1, ns2 or "" for both name servers.
type DemoRecord struct {
	Host, Type, Value, Only string
}

// DemoFile is a published file.
type DemoFile struct {
	Host, Path, Content string
}

// DemoMailRow is a mail in the pretend mailbox.
type DemoMailRow struct {
	ID      int64
	To      string
	Subject string
	At      time.Time
}

// DemoMailPage is one mail: /demo/mail/{id}.
type DemoMailPage struct {
	DemoMailRow
	From string
	Text string // addresses in it become links
}

// SandboxApprovePage is where a mailed approval link of the sandbox CA leads:
// /sandbox/approve/{token}; it posts to the same address. State: ask, done, gone.
type SandboxApprovePage struct {
	State string
	Token string
	Name  string // the domain; readable letters; "" when gone
}
