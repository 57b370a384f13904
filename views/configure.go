package views

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"certbay/views/i18n"
)

// ConfigurePage is where an order gets its CSR. It posts to /orders/{id}/configure.
type ConfigurePage struct {
	OrderHead
	Form      ConfigureForm
	Problems  Problems    // fields csr, method, email, organisation, street, city, country, phone, first_name, last_name, contact_email, delivery
	Decoded   *CSRPreview // what the pasted CSR says, when it could be read; nil otherwise
	Message   string      // the upstream's words about the request before; "" the first time
	Names     []string    // that the certificate will hold so far; readable letters
	Places    int         // further names that were paid for and that the CSR may bring
	CSRNames  []string    // ASCII, the domain first: for the key and CSR made in the browser
	KeyFile   string      // the name of the key's file: "shop.ornek.com.tr.key"
	Methods   []string    // of dns, http, https, email; the product's, in that order
	Approvers []string    // for email: addresses, or mailboxes ("admin") valid at each name
	// NeedsOrganisation asks for the company: OV, EV and code signing.
	NeedsOrganisation bool
	Deliveries        []string // code signing: own_token, shipped_token, hsm
	Contacts          []Option // the reseller's contact profiles, to fill in from: inputs contact, fill
	CSRBefore         string   // the number of the order that this one renews, whose CSR may be used again; "" for none
}

// ConfigureForm is the form as it was filled in; the inputs have the problems' names.
type ConfigureForm struct {
	CSR          string
	Method       string // "": dns
	Email        string
	Organisation string
	Street       string
	City         string
	Country      string // two letters
	Phone        string
	FirstName    string
	LastName     string
	ContactEmail string
	Delivery     string
}

// CSRPreview is what a CSR says.
type CSRPreview struct {
	CommonName   string
	Names        []string // readable letters
	KeyType      string   // RSA or ECDSA
	KeyBits      int      // RSA
	Curve        string   // ECDSA
	Organisation string
	City         string
	Country      string
}

// keyTypes are what csr.js can make.
func keyTypes(ctx context.Context) []Option {
	return []Option{{"ecdsa-p256", i18n.T(ctx, "configure.recommended", "What", "ECDSA P-256")}, {"ecdsa-p384", "ECDSA P-384"},
		{"rsa-2048", "RSA 2048"}, {"rsa-3072", "RSA 3072"}}
}

func (m ConfigurePage) offersEmail() bool { return slices.Contains(m.Methods, "email") }

// methodCards asks how all names will be proven; dns unless chosen otherwise.
func (m ConfigurePage) methodCards(ctx context.Context) RadioCards {
	value := m.Form.Method
	if value == "" {
		value = "dns"
	}
	cards := RadioCards{Name: "method", Legend: i18n.T(ctx, "configure.method"), Hint: i18n.T(ctx, "configure.method.hint"),
		Error: m.Problems.Of(ctx, "method"), Value: value, Stacked: true}
	for _, method := range m.Methods {
		cards.Cards = append(cards.Cards, RadioCard{Value: method, Title: methodTitle(ctx, method), Text: i18n.T(ctx, "configure.method."+method)})
	}
	return cards
}

// deliveryCards asks how a code signing key reaches its hardware.
func (m ConfigurePage) deliveryCards(ctx context.Context) RadioCards {
	cards := RadioCards{Name: "delivery", Legend: i18n.T(ctx, "configure.delivery.how"), Hint: i18n.T(ctx, "configure.delivery.hint"),
		Error: m.Problems.Of(ctx, "delivery"), Value: m.Form.Delivery, Stacked: true}
	for _, way := range m.Deliveries {
		cards.Cards = append(cards.Cards, RadioCard{Value: way, Title: i18n.Word(ctx, "delivery", way), Text: i18n.T(ctx, "delivery."+way+".text")})
	}
	return cards
}

// methodTitle names a method on a card: dns is recommended, e-mail has no future.
func methodTitle(ctx context.Context, method string) string {
	title := i18n.Word(ctx, "method", method)
	switch method {
	case "dns":
		return i18n.T(ctx, "configure.recommended", "What", title)
	case "email":
		return i18n.T(ctx, "dcv.fading", "What", title)
	default:
		return title
	}
}

// approverOptions are addresses to choose from; a bare mailbox is meant at every name's domain.
func approverOptions(ctx context.Context, approvers []string) []Option {
	options := make([]Option, len(approvers))
	for i, a := range approvers {
		text := a
		if !strings.Contains(a, "@") {
			text = i18n.T(ctx, "configure.mailbox", "Mailbox", a)
		}
		options[i] = Option{a, text}
	}
	return options
}

func (c CSRPreview) key() string {
	if c.Curve != "" {
		return c.KeyType + " " + c.Curve
	}
	return c.KeyType + " " + strconv.Itoa(c.KeyBits)
}

func (c CSRPreview) place() string {
	return joined(", ", c.Organisation, c.City, c.Country)
}

// sub is the line under the title: the product, unless the title names it.
func (m ConfigurePage) sub() string {
	if m.Domain == "" {
		return ""
	}
	return m.Product
}

// dash stands where there is nothing to show.
func dash(text string) string {
	if text == "" {
		return "—"
	}
	return text
}
