package demo

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"certbay/db"
)

// shop is a reseller of the demo and how it trades.
type shop struct {
	id     int64
	staff  []db.Actor // those who order: owner, technical
	gold   bool
	share  int   // of a hundred orders
	topUp  int64 // cents it likes to transfer
	ending int64 // cents its balance should have at the end, at least
}

type employer struct {
	reseller db.NewReseller
	staff    []db.NewPerson
	shop     shop
}

var employers = []employer{
	{
		db.NewReseller{Name: "Anadolu Hosting", Company: "Anadolu Hosting Bilişim Hizmetleri A.Ş.", Email: "bilgi@anadolu.example",
			Address: "Kızılırmak Mah. 1443. Cad. No: 22", City: "Ankara", Country: "TR", TaxOffice: "Çankaya", TaxID: "0680342517", APIEnabled: true},
		people("anadolu.example", "Ayşe Demir", "Mehmet Yıldız", "Elif Kaya", "Can Aydın"),
		shop{gold: true, share: 50, topUp: 500_00, ending: 1200_00},
	},
	{
		db.NewReseller{Name: "Boğaziçi Veri", Company: "Boğaziçi Veri Merkezi Ltd. Şti.", Email: "muhasebe@bogazici.example",
			Address: "Büyükdere Cad. No: 127", City: "İstanbul", Country: "TR", TaxOffice: "Zincirlikuyu", TaxID: "1790518264", TaxRateBP: 2000, APIEnabled: true},
		people("bogazici.example", "Zeynep Arslan", "Burak Şahin", "Deniz Koç", "Selin Öztürk"),
		shop{gold: true, share: 30, topUp: 400_00, ending: 600_00},
	},
	{
		db.NewReseller{Name: "Ege Bulut", Company: "Ege Bulut Teknolojileri Ltd. Şti.", Email: "destek@egebulut.example",
			Address: "Akdeniz Cad. No: 5 K: 3", City: "İzmir", Country: "TR", TaxOffice: "Konak", TaxID: "3250471896", APIEnabled: true, AllowanceCents: 50_00},
		people("egebulut.example", "Emre Çelik", "Fatma Güneş", "Oğuz Kurt", "İrem Doğan"),
		shop{share: 20, topUp: 250_00, ending: 80_00},
	},
}

// people are a reseller's staff, one of each role, with addresses made of their first names.
func people(domain string, names ...string) []db.NewPerson {
	ascii := strings.NewReplacer("ş", "s", "ğ", "g", "ı", "i", "i̇", "i", "ç", "c", "ö", "o", "ü", "u")
	var staff []db.NewPerson
	for i, role := range []db.Role{db.RoleOwner, db.RoleBilling, db.RoleTechnical, db.RoleViewer} {
		first, _, _ := strings.Cut(names[i], " ")
		staff = append(staff, db.NewPerson{Role: role, Name: names[i], Email: ascii.Replace(strings.ToLower(first)) + "@" + domain})
	}
	return staff
}

// newPassword is 80 random bits that a person can type: four groups of four.
func newPassword() string {
	text := strings.ToLower(rand.Text())
	return text[0:4] + "-" + text[4:8] + "-" + text[8:12] + "-" + text[12:16]
}

// openShop makes the operator, the catalog, the resellers and everyone who signs in.
func (s *seed) openShop(ctx context.Context) error {
	s.at(s.now.AddDate(0, 0, -openDays))
	err := s.SetOperator(ctx, db.System, db.Operator{
		Brand: "Certbay Demo", Company: "Certbay Demo Bilişim A.Ş.", Address: "Esentepe Mah. Talatpaşa Cad. No: 5", City: "İstanbul", Country: "TR",
		TaxOffice: "Şişli", TaxID: "2030487615", Email: "muhasebe@certbay.example",
		Bank: []string{"Demo Bankası, Levent Şubesi", "IBAN TR00 0000 0000 0000 0000 0000 00 (USD)", "Alıcı: Certbay Demo Bilişim A.Ş."},
	})
	if err != nil {
		return err
	}
	gold, err := s.CreateGroup(ctx, db.System, "Gold")
	if err != nil {
		return err
	}
	standard, err := s.CreateGroup(ctx, db.System, "Standart")
	if err != nil {
		return err
	}
	if err := s.openCatalog(ctx, gold, standard); err != nil {
		return err
	}
	everyone := []db.NewPerson{
		{Role: db.RoleAdmin, Name: "Derya Aksoy", Email: "admin@certbay.example"},
		{Role: db.RoleSupport, Name: "Kerem Uslu", Email: "destek@certbay.example"},
	}
	for _, e := range employers {
		e.reseller.GroupID = standard
		if e.shop.gold {
			e.reseller.GroupID = gold
		}
		made, err := s.CreateReseller(ctx, db.System, e.reseller)
		if err != nil {
			return err
		}
		keeper := e.shop
		keeper.id = made.ID
		s.shops = append(s.shops, &keeper)
		_, secret, err := s.CreateAPIKey(ctx, db.System, made.ID, db.NewAPIKey{Name: "Panel", Scopes: db.Scopes})
		if err != nil {
			return err
		}
		s.result.Resellers = append(s.result.Resellers, Reseller{ID: made.ID, Name: made.Name, APIKey: secret})
		for _, person := range e.staff {
			person.ResellerID = made.ID
			everyone = append(everyone, person)
		}
	}
	return s.hire(ctx, everyone)
}

// hire makes people, several at once because hashing a password is slow on purpose.
func (s *seed) hire(ctx context.Context, everyone []db.NewPerson) error {
	made, failed := make([]db.Person, len(everyone)), make([]error, len(everyone))
	var hiring sync.WaitGroup
	for i := range everyone {
		everyone[i].Password = newPassword()
		hiring.Go(func() { made[i], failed[i] = s.CreatePerson(ctx, db.System, everyone[i]) })
	}
	hiring.Wait()
	for i, p := range made {
		if failed[i] != nil {
			return failed[i]
		}
		login := Login{Name: p.Name, Role: p.Role, Email: p.Email, Password: everyone[i].Password}
		switch p.Role {
		case db.RoleAdmin:
			s.result.Admin, s.admin = login, p.Actor("192.0.2.10")
			continue
		case db.RoleSupport:
			s.result.Support = login
			continue
		}
		for n, shop := range s.shops {
			if shop.id != p.ResellerID {
				continue
			}
			s.result.Resellers[n].Staff = append(s.result.Resellers[n].Staff, login)
			if p.Can(db.PlaceOrders) {
				shop.staff = append(shop.staff, p.Actor("198.51.100.24"))
			}
		}
	}
	return nil
}

// topUp puts a transfer of a reseller on its wallet: some were reported with a
// receipt and approved, the others an admin found on the bank's statement.
func (s *seed) topUp(ctx context.Context, to *shop, cents int64) error {
	s.topUps++
	day := s.Now().Format("2006-01-02")
	if s.topUps%3 != 0 {
		return s.AddCredit(ctx, s.admin, to.id, cents, "demo "+day+" "+strconv.Itoa(s.topUps), "Havale "+day)
	}
	asked, err := s.askTopUp(ctx, to, cents, "Havale "+day)
	if err != nil {
		return err
	}
	return s.ApproveTopUp(ctx, s.admin, asked.ID, "", noMails)
}

// askTopUp has a reseller's owner report a transfer.
func (s *seed) askTopUp(ctx context.Context, by *shop, cents int64, reference string) (db.TopUp, error) {
	return s.AskTopUp(ctx, by.staff[0], by.id, db.NewTopUp{Cents: cents, BankReference: reference, Receipt: receipt(cents)}, noMails)
}

// reportTransfers leaves two requests for the operator to decide.
func (s *seed) reportTransfers(ctx context.Context) error {
	for i, reference := range []string{"DEK 4471-0932", "EFT 20418865"} {
		s.at(s.now.Add(time.Duration(i-3) * time.Hour))
		if _, err := s.askTopUp(ctx, s.shops[i], int64(i+2)*250_00, reference); err != nil {
			return err
		}
	}
	return nil
}

func noMails(db.TopUp) []db.Mail { return nil }

// receipt is a bank's receipt: a PDF of one page with one line.
func receipt(cents int64) []byte {
	text := fmt.Sprintf("BT /F1 18 Tf 40 150 Td (Demo Bankasi - DEKONT - %d.%02d USD) Tj ET", cents/100, cents%100)
	var file bytes.Buffer
	file.WriteString("%PDF-1.4\n")
	var starts []int
	for i, part := range []string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 480 240] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(text), text),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
	} {
		starts = append(starts, file.Len())
		fmt.Fprintf(&file, "%d 0 obj\n%s\nendobj\n", i+1, part)
	}
	table := file.Len()
	fmt.Fprintf(&file, "xref\n0 %d\n0000000000 65535 f \n", len(starts)+1)
	for _, at := range starts {
		fmt.Fprintf(&file, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&file, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(starts)+1, table)
	return file.Bytes()
}
