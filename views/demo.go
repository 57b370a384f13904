package views

import (
	"context"
	"regexp"
	"strings"
	"time"

	"certbay/views/i18n"
)

// DemoPage is the pretend internet of the demo: /demo. Forms post to /demo/publish (host,
// type, value, only; or file_url, content), /demo/remove (host, type, value, only; or
// file_host, file_path); all take next, the address to return to.
type DemoPage struct {
	Logins       []DemoLogin
	CustomerLink string // an end customer's link to try; ""
	Other        DemoShop
	Records      []DemoRecord
	Files        []DemoFile
	Mails        []DemoMailRow // newest first
	Form         DemoRecord    // the record form as typed
	FileURL      string        // the file form as typed
	FileContent  string
	Problems     Problems // fields host, type, value, file_url, content
}

// DemoShop is the other shop of the demo: the one that supplies this one, or the
// one that this one supplies.
type DemoShop struct {
	URL      string // "": there is none
	Name     string
	Supplies bool // it supplies the shop whose page this is
	Logins   []DemoLogin
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

// piece is a part of a mail's text; an address is a link.
type piece struct {
	Text string
	Link bool
}

var address = regexp.MustCompile(`https?://[^\s<>"']+`)

// pieces takes a mail's text apart at the addresses in it. A full stop or bracket at the end
// of an address belongs to the sentence.
func (m DemoMailPage) pieces() []piece {
	var found []piece
	text := m.Text
	for {
		at := address.FindStringIndex(text)
		if at == nil {
			break
		}
		link := strings.TrimRight(text[at[0]:at[1]], ".,;:!?)]")
		end := at[0] + len(link)
		if at[0] > 0 {
			found = append(found, piece{text[:at[0]], false})
		}
		found = append(found, piece{link, true})
		text = text[end:]
	}
	if text != "" {
		found = append(found, piece{text, false})
	}
	return found
}

func (m DemoPage) typeOptions() []Option { return []Option{{"CNAME", "CNAME"}, {"TXT", "TXT"}} }

func (m DemoPage) serverOptions(ctx context.Context) []Option {
	return []Option{{"", i18n.T(ctx, "demo.only.both")}, {"ns1", i18n.T(ctx, "demo.only.one", "Name", "ns1")}, {"ns2", i18n.T(ctx, "demo.only.one", "Name", "ns2")}}
}

func (m SandboxApprovePage) title(ctx context.Context) string {
	switch m.State {
	case "ask":
		return i18n.T(ctx, "sandbox.ask", "Name", m.Name)
	case "done":
		return i18n.T(ctx, "sandbox.done")
	default:
		return i18n.T(ctx, "sandbox.gone")
	}
}
