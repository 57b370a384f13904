package views

import "time"

// DCVPage is the wizard that proves an order's names, one at a time: /orders/{id}/dcv?name=.
// Its forms post to /orders/{id}/dcv/check (name), /dcv/method (name, method, email; an empty
// name is all names) and /dcv/resend (name). The part that changes by itself is DCVState at
// /orders/{id}/dcv/state?name=.
type DCVPage struct {
	OrderHead
	Names    []DCVName
	Selected DCVDetail
	Problems Problems // fields method, email
	Every    int      // seconds between the looks that happen by themselves; 0 is not said
}

// DCVName is one name and how far its control is proven.
type DCVName struct {
	Name       string // ASCII: what links and forms carry
	Label      string // readable letters
	Method     string // dns, http, https, email
	State      string // waiting, wrong, verified
	CheckedAt  time.Time
	VerifiedAt time.Time
}

// DCVDetail is one name with what its owner has to publish, in the upstream's own words.
type DCVDetail struct {
	DCVName
	Zone      string   // the registrable domain, where the record is entered; readable letters
	Methods   []string // allowed for this name, in the order dns, http, https, email
	Approvers []string // addresses e-mail may go to
	Email     string   // the approver's address; method email

	RecordType, Host, Value        string // method dns: verbatim
	FileURL, FileName, FileContent string // methods http and https: verbatim

	Report *DCVReport // the last look; nil before the first
}

// DCVReport is what a look found: the fields and codes of providers/dcv.
type DCVReport struct {
	Verdict   string // found, wrong, missing, unreachable, dnssec_bogus, waiting
	CheckedAt time.Time
	Zone      string
	Answers   []DCVAnswer
	Chain     []string
	Hints     []string // doubled_name, quoted_value, stale_servers, byte_order
}

// DCVAnswer is what one server said. Verdict: right, wrong, missing, error.
type DCVAnswer struct {
	Server  string
	Verdict string
	Found   []string
	Error   string
}
