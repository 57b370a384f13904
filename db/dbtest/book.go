package dbtest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"certbay/db"
)

// Big is a generated book: three years of orders of thirty resellers, of which
// the first holds seven in ten.
type Big struct {
	Path     string
	Orders   int
	Reseller int64 // the one that holds most
}

// BigOwner is the e-mail address of the owner of the reseller that holds most;
// the password is Password.
const (
	BigOwner = "owner@big.example"
	Password = "a quiet harbour at dawn"
)

// Generated is a SQLite book of so many orders, kept in the folder .cache of the
// repository and made when it is not there. It is made for the current month,
// because the newest of its orders are to be recent. A caller may sign in to it
// and should change nothing else.
func Generated(t testing.TB, orders int) Big {
	t.Helper()
	root, err := repository()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC()
	path := filepath.Join(root, ".cache", fmt.Sprintf("book-%d-%s.db", orders, now.Format("2006-01")))
	if _, err := os.Stat(path); err != nil {
		start := time.Now()
		if err := Generate(context.Background(), path+".new", orders, now); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
		t.Logf("a book of %d orders took %s to make", orders, time.Since(start).Round(time.Second))
	}
	return Big{Path: path, Orders: orders, Reseller: 1}
}

// repository is the folder of go.mod.
func repository() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(dir, "go.mod")); missing == nil {
			return dir, nil
		}
		if filepath.Dir(dir) == dir {
			return "", os.ErrNotExist
		}
		dir = filepath.Dir(dir)
	}
	return "", err
}

// Generate makes a SQLite book of so many orders at path, anew. Its rows are
// written past the rules of the book but hold them all: certbay verify passes.
func Generate(ctx context.Context, path string, orders int, now time.Time) error {
	for _, tail := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(path + tail); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	shelf, err := openShelf(ctx, path, now)
	if err != nil {
		return err
	}
	if err := shelf.fill(ctx, orders, now); err != nil {
		return err
	}
	book, err := db.OpenForSeeding(ctx, path)
	if err != nil {
		return err
	}
	// What the book keeps beside its rows.
	if err := book.RebuildStats(ctx); err != nil {
		return err
	}
	if _, err := book.IndexOrders(ctx); err != nil {
		return err
	}
	return book.Close()
}

// product is what the generator sells.
type product struct {
	id    int64
	name  string
	cents int64
}

// shelf is what orders are made from.
type shelf struct {
	path      string
	products  []product
	resellers []int64
}

const costCents = 900

func openShelf(ctx context.Context, path string, now time.Time) (*shelf, error) {
	book, err := db.OpenForSeeding(ctx, path)
	if err != nil {
		return nil, err
	}
	defer book.Close()
	book.Now = func() time.Time { return now.AddDate(-3, 0, -1) }
	s := &shelf{path: path}
	group, err := book.CreateGroup(ctx, db.System, "Gold")
	if err != nil {
		return nil, err
	}
	for i, brand := range []string{"Sectigo", "DigiCert", "GeoTrust", "RapidSSL", "Thawte", "GlobalSign"} {
		for j, kind := range []string{"DV", "OV", "EV"} {
			p := product{name: brand + " " + kind, cents: int64(1299 + 1000*i + 4000*j)}
			p.id, err = book.CreateProduct(ctx, db.System, db.Product{Brand: brand, Name: p.name, Kind: db.KindSSL, Validation: []string{"dv", "ov", "ev"}[j], DomainType: "single",
				DCVMethods: []string{"dns"}, SANMax: 5, Terms: []db.Term{{Months: 12, ListCents: p.cents + 1000}}},
				db.Offer{Upstream: "sandbox", ProductCode: fmt.Sprintf("p%d%d", i, j), CostCents: costCents})
			if err != nil {
				return nil, err
			}
			if err := book.SetGroupPrice(ctx, db.System, group, p.id, 12, p.cents); err != nil {
				return nil, err
			}
			s.products = append(s.products, p)
		}
	}
	for i := range 30 {
		r, err := book.CreateReseller(ctx, db.System, db.NewReseller{Name: fmt.Sprintf("Reseller %d", i+1), Company: fmt.Sprintf("Reseller %d Ltd.", i+1),
			Email: fmt.Sprintf("info@r%d.example", i+1), GroupID: group})
		if err != nil {
			return nil, err
		}
		s.resellers = append(s.resellers, r.ID)
	}
	_, err = book.CreatePerson(ctx, db.System, db.NewPerson{ResellerID: s.resellers[0], Role: db.RoleOwner, Name: "The owner", Email: BigOwner, Password: Password, Lang: "en"})
	return s, err
}
