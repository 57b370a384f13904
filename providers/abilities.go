package providers

import (
	"context"
	"time"

	"certbay/db/money"
)

// The abilities: small interfaces that an adapter implements when its upstream can do more than Provider. A caller asks with
// a type assertion; a button that the upstream can't honour is not shown. Abilities lists them by name for the pages.

// Finder looks an order up by our reference. It is what makes an unsure order sure again.
type Finder interface {
	// Find answers the upstream's id of the order placed under reference. Read; may be retried. ErrUnknown means, reliably,
	// that the upstream never got it: only then may the order be submitted again. ErrUnsure means that the upstream's records
	// can't tell, now or ever: a person decides.
	Find(ctx context.Context, reference string) (upstreamID string, err error)
}

// DCVChanger changes how control of one name will be shown.
type DCVChanger interface {
	// ChangeDCV sets the method of one name; email is the approver for MethodEmail and empty otherwise. The new instruction
	// is read with Status. Repeating it is harmless. ErrRefused when method, name and product do not go together, or when
	// the name is verified already.
	ChangeDCV(ctx context.Context, upstreamID, name string, method Method, email string) error
}

// Resender sends the approval mail again.
type Resender interface {
	// Resend mails the approver of name once more. Each call sends a mail. ErrRefused when the name is not validated by mail.
	Resend(ctx context.Context, upstreamID, name string) error
}

// Rechecker asks the CA to look at domain control now rather than at its own pace.
type Rechecker interface {
	// Recheck may be repeated; an upstream that limits how often answers ErrUnavailable.
	Recheck(ctx context.Context, upstreamID string) error
}

// ApproverEmails knows which mailboxes may approve for a name.
type ApproverEmails interface {
	// ApproverEmails lists addresses that DomainChoice.Email may hold, for a product, in the upstream's order. Read.
	ApproverEmails(ctx context.Context, productCode, name string) ([]string, error)
}

// Canceler ends an order that has not been issued.
type Canceler interface {
	// Cancel gives reason to the upstream. Repeating it on a cancelled order succeeds. ErrRefused when it is too late.
	Cancel(ctx context.Context, upstreamID, reason string) error
}

// Reissuer issues a further certificate within the term of an issued order, free of charge.
type Reissuer interface {
	// Reissue takes CSR and Names (the others are ignored). While domain control of every name is still good the new
	// certificate may be there at once; otherwise Status says validation_pending with Reissuing set, and Certificate
	// goes on answering the certificate before. The identical request repeated while one is under way does nothing.
	Reissue(ctx context.Context, upstreamID string, s Submission) error
}

// Renewer sells a new term for an issued order.
type Renewer interface {
	// Renew spends money upstream, and all that is said of Submit holds: s is a whole Submission with a reference of its own,
	// by which Finder finds the renewal. The receipt's id is the renewal's; most upstreams give a new one. ErrRefused when
	// nothing was issued, or when it is too early.
	Renew(ctx context.Context, upstreamID string, s Submission) (Receipt, error)
}

// Revoker withdraws an issued certificate for good.
type Revoker interface {
	// Revoke ends the order too. Repeating it on a revoked order succeeds. ErrRefused when nothing was issued.
	Revoke(ctx context.Context, upstreamID, reason string) error
}

// Licence says which licence is meant. Upstreams know it by their id, or by its product and address, so all three are given.
type Licence struct {
	UpstreamID  string
	ProductCode string
	IP          string
}

// Licencer changes software licences. They are created with Submit.
type Licencer interface {
	// RenewLicence adds months to the term. It spends money upstream and is no safer to repeat than Submit: after an error
	// that is neither ErrRefused, ErrCredentials nor ErrNotSent a person looks.
	RenewLicence(ctx context.Context, l Licence, months int) error
	// SuspendLicence stops a licence until UnsuspendLicence; both succeed when it is so already.
	SuspendLicence(ctx context.Context, l Licence) error
	UnsuspendLicence(ctx context.Context, l Licence) error
	// ChangeIP moves a licence to another server. From then on Licence.IP is the new one. ErrRefused with field "ip".
	ChangeIP(ctx context.Context, l Licence, ip string) error
	// ChangeCore turns a licence into another product, one of Product.Cores of what it is. ErrRefused with field "product".
	ChangeCore(ctx context.Context, l Licence, productCode string) error
}

// Balance is our money at an upstream.
type Balance struct {
	Cents    int64  // hundredths of Currency
	Currency string // an ISO code, or what the upstream calls its unit ("credit")
	Sandbox  bool   // the upstream says that this account only tries things out

	// Allowance is what may be spent in a month beside the balance, and Used what was; both 0 where there is none.
	Allowance, Used int64
}

// Balancer tells our balance.
type Balancer interface {
	// Balance is a read.
	Balance(ctx context.Context) (Balance, error)
}

// Order is what an upstream's list says of an order. What it does not say is empty.
type Order struct {
	UpstreamID  string
	Reference   string // ours, where the upstream keeps it
	ProductCode string
	ProductName string
	Domain      string // the main name
	IP          string // licences

	State State  // empty when the upstream's word is not one that its documents name
	Word  string // the upstream's own word for it

	PlacedAt   time.Time
	TermEndsAt time.Time // of what was bought, not of the certificate
	ValidFrom  time.Time // of the newest certificate
	ValidTill  time.Time
	Cost       money.Money
}

// OrderLister lists all our orders, those not placed by us included.
type OrderLister interface {
	// Orders reads a page. cursor is empty for the first and the last answer's next for the others; next is empty at the end.
	// The order of the list is the upstream's, and an order placed meanwhile may be missed or seen twice.
	Orders(ctx context.Context, cursor string) (list []Order, next string, err error)
}

// External is a certificate that was bought elsewhere.
type External struct {
	CommonName      string
	Validation      Validation
	AdminContact    string // the upstream's ids of what the certificate is put under
	TechContact     string
	InternalProduct string // the upstream's product that could replace it
	ExternalProduct string // what it is, in the upstream's list
}

// ExternalImporter lets the upstream watch a certificate that was bought elsewhere.
type ExternalImporter interface {
	// ImportExternal answers the upstream's id of it.
	ImportExternal(ctx context.Context, x External) (upstreamID string, err error)
}

// HealthChecker has the upstream look at how a certificate is installed.
type HealthChecker interface {
	// CheckHealth asks for a look and answers the upstream's words; the result may come later, by mail or in its panel.
	CheckHealth(ctx context.Context, upstreamID string) (words string, err error)
}

// Prober finds out whether the upstream can be worked with.
type Prober interface {
	// Probe makes the cheapest call that needs our login. ErrCredentials, or a *Failure that says what is in the way: host,
	// TLS, something that is not this upstream.
	Probe(ctx context.Context) error
}

// Line is how the connection to an upstream is.
type Line struct {
	Circuit string        // "closed": calls are made; "open": not for a while, after too many failures; "half-open": one is tried
	Skew    time.Duration // how far the upstream's clock is ahead of ours, as last seen
}

// Meter tells without a call how the connection is.
type Meter interface {
	Line() Line
}

// Ability names what an upstream can do beside being a Provider.
type Ability string

const (
	CanFind           Ability = "find"
	CanChangeDCV      Ability = "change_dcv"
	CanResend         Ability = "resend"
	CanRecheck        Ability = "recheck"
	CanListApprovers  Ability = "approver_emails"
	CanCancel         Ability = "cancel"
	CanReissue        Ability = "reissue"
	CanRenew          Ability = "renew"
	CanRevoke         Ability = "revoke"
	CanLicence        Ability = "licence"
	CanTellBalance    Ability = "balance"
	CanListOrders     Ability = "orders"
	CanImportExternal Ability = "import_external"
	CanCheckHealth    Ability = "health_check"
	CanProbe          Ability = "probe"
)

// Abilities lists what p can do, in the order above.
func Abilities(p Provider) []Ability {
	var list []Ability
	note := func(a Ability, has bool) {
		if has {
			list = append(list, a)
		}
	}
	note(CanFind, is[Finder](p))
	note(CanChangeDCV, is[DCVChanger](p))
	note(CanResend, is[Resender](p))
	note(CanRecheck, is[Rechecker](p))
	note(CanListApprovers, is[ApproverEmails](p))
	note(CanCancel, is[Canceler](p))
	note(CanReissue, is[Reissuer](p))
	note(CanRenew, is[Renewer](p))
	note(CanRevoke, is[Revoker](p))
	note(CanLicence, is[Licencer](p))
	note(CanTellBalance, is[Balancer](p))
	note(CanListOrders, is[OrderLister](p))
	note(CanImportExternal, is[ExternalImporter](p))
	note(CanCheckHealth, is[HealthChecker](p))
	note(CanProbe, is[Prober](p))
	return list
}

func is[T any](p Provider) bool {
	_, ok := p.(T)
	return ok
}
