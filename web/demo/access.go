package demo

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"certbay/db/demo"
	"certbay/views"
)

const accessFile = "demo.json"

// Login is how somebody signs in.
type Login struct {
	Role     string `json:"role"`
	Company  string `json:"company,omitempty"`
	Email    string `json:"email"`
	Password string `json:"password"`
	APIKey   string `json:"api_key,omitempty"`
}

// Access is demo.json: who can sign in to the demo, and where.
type Access struct {
	URL           string  `json:"url"`
	Admin         Login   `json:"admin"`
	Support       Login   `json:"support"`
	Reseller      Login   `json:"reseller"`       // the first one's owner
	OtherReseller Login   `json:"other_reseller"` // the second one's owner
	CustomerLink  string  `json:"customer_link"`
	Staff         []Login `json:"staff"` // everybody else

	Supplier SupplierAccess `json:"upstream_shop"`
}

// SupplierAccess is who can sign in to the upstream shop, and where.
type SupplierAccess struct {
	URL      string `json:"url"` // "" in the folder of a demo that had one shop only
	Name     string `json:"name"`
	Admin    Login  `json:"admin"`
	Reseller Login  `json:"reseller"` // the visitor's shop there; its owner
}

func accessOf(r demo.Result) Access {
	a := Access{Admin: login(r.Admin, "", ""), Support: login(r.Support, "", ""), CustomerLink: "/c/" + r.CustomerLink}
	for i, shop := range r.Resellers {
		for j, person := range shop.Staff {
			key := ""
			if j == 0 {
				key = shop.APIKey
			}
			l := login(person, shop.Name, key)
			switch {
			case i == 0 && j == 0:
				a.Reseller = l
			case i == 1 && j == 0:
				a.OtherReseller = l
			default:
				a.Staff = append(a.Staff, l)
			}
		}
	}
	return a
}

func login(l demo.Login, company, key string) Login {
	return Login{Role: string(l.Role), Company: company, Email: l.Email, Password: l.Password, APIKey: key}
}

// at moves the addresses to where the demo and its supplier listen this time.
func (a Access) at(base, supplier string) Access {
	a.URL, a.Supplier.URL = base, supplier
	if i := strings.Index(a.CustomerLink, "/c/"); i >= 0 {
		a.CustomerLink = base + a.CustomerLink[i:]
	}
	return a
}

func (a Access) everybody() []Login {
	return append([]Login{a.Admin, a.Support, a.Reseller, a.OtherReseller}, a.Staff...)
}

func (a Access) logins() []views.DemoLogin { return shown(a.everybody()) }

func (a SupplierAccess) logins() []views.DemoLogin { return shown([]Login{a.Admin, a.Reseller}) }

// supplier and customer are the two shops as the other one's page tells of them.
func (a Access) supplier() views.DemoShop {
	return views.DemoShop{URL: a.Supplier.URL, Name: a.Supplier.Name, Supplies: true, Logins: a.Supplier.logins()}
}

func (a Access) customer() views.DemoShop {
	return views.DemoShop{URL: a.URL, Name: a.Supplier.Reseller.Company}
}

func shown(logins []Login) []views.DemoLogin {
	var list []views.DemoLogin
	for _, l := range logins {
		list = append(list, views.DemoLogin{Role: l.Role, Company: l.Company, Email: l.Email, Password: l.Password, APIKey: l.APIKey})
	}
	return list
}

// write keeps the access in the demo's folder, readable by its owner only. The
// file appears whole or not at all.
func (a Access) write(dir string) error {
	text, err := json.MarshalIndent(a, "", "  ")
	if err != nil {
		return err
	}
	file := filepath.Join(dir, accessFile)
	if err := os.WriteFile(file+".new", append(text, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

// Announce writes demo.json and prints who can sign in, once the demo listens.
func (s *Shop) Announce(out io.Writer) error {
	if err := s.Access.write(s.data); err != nil {
		return err
	}
	fmt.Fprintf(out, "\nThe demo shop is open: %s\n\n", s.Access.URL)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ROLE\tCOMPANY\tE-MAIL\tPASSWORD")
	for _, l := range s.Access.everybody() {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", l.Role, l.Company, l.Email, l.Password)
	}
	for _, l := range []Login{s.Access.Supplier.Admin, s.Access.Supplier.Reseller} {
		fmt.Fprintf(table, "upstream %s\t%s\t%s\t%s\n", l.Role, l.Company, l.Email, l.Password)
	}
	table.Flush()
	_, err := fmt.Fprintf(out, "\nAn end customer's link:   %s\nThe pretend internet:     %s/demo\nThe upstream shop:        %s\n\n",
		s.Access.CustomerLink, s.Access.URL, s.Access.Supplier.URL)
	return err
}
