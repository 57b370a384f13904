package demo

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"strings"

	"certbay/db"
)

// wish is what one order is for.
type wish struct {
	domain, customer, email, note string
	sans                          []string
	contact                       db.Contact
}

// customers own the domains; the first word of each domain is theirs.
var customers = []struct{ word, company, city string }{
	{"kuzeyrota", "Kuzey Rota Lojistik A.Ş.", "Trabzon"}, {"mavidefter", "Mavi Defter Yayıncılık Ltd. Şti.", "Ankara"},
	{"incirdali", "İncirdalı Gıda San. Ltd. Şti.", "Aydın"}, {"taskopru", "Taşköprü Tarım Ürünleri A.Ş.", "Kastamonu"},
	{"yelkenli", "Yelkenli Turizm Seyahat Acentası", "Muğla"}, {"cinaralti", "Çınaraltı Kitabevi", "Bursa"},
	{"bulutpazar", "Bulut Pazar E-Ticaret A.Ş.", "İstanbul"}, {"kirmizikapi", "Kırmızı Kapı Mimarlık", "Eskişehir"},
	{"denizfeneri", "Deniz Feneri Pansiyon", "Çanakkale"}, {"ucurtma", "Uçurtma Oyuncak San. Tic. Ltd. Şti.", "İzmir"},
	{"ayzasigorta", "Ayza Sigorta Aracılık Hizmetleri", "İstanbul"}, {"karacamakina", "Karaca Makina Sanayi A.Ş.", "Konya"},
	{"zeytinlik", "Zeytinlik Tarım Kooperatifi", "Balıkesir"}, {"portakaltv", "Portakal Medya Prodüksiyon", "Adana"},
	{"nehirklinik", "Nehir Diş Kliniği", "Antalya"}, {"altinbasak", "Altınbaşak Un Fabrikası A.Ş.", "Gaziantep"},
	{"pusula-egitim", "Pusula Eğitim Kurumları", "Ankara"}, {"yesilvadi", "Yeşilvadi Peyzaj Ltd. Şti.", "Sakarya"},
	{"gokkusagi", "Gökkuşağı Anaokulu", "Denizli"}, {"hisarmuzik", "Hisar Müzik Aletleri", "İstanbul"},
	{"ormanevi", "Ormanevi Tatil Köyü", "Bolu"}, {"sahilyapi", "Sahil Yapı İnşaat A.Ş.", "Mersin"},
	{"kervan-nakliyat", "Kervan Nakliyat Ltd. Şti.", "Kayseri"}, {"safirbilgi", "Safir Bilgi Teknolojileri A.Ş.", "İstanbul"},
	{"lale-tekstil", "Lale Tekstil Konfeksiyon A.Ş.", "Bursa"}, {"dogapatika", "Doğa Patika Outdoor", "Antalya"},
	{"simyacam", "Simya Cam Sanatları", "Kütahya"}, {"ruzgarenerji", "Rüzgâr Enerji Üretim A.Ş.", "İzmir"},
	{"turkuazhukuk", "Turkuaz Hukuk Bürosu", "Ankara"}, {"mercankitap", "Mercan Kitap Kırtasiye", "Samsun"},
	{"atlasveteriner", "Atlas Veteriner Kliniği", "Tekirdağ"}, {"gumusay", "Gümüşay Kuyumculuk Ltd. Şti.", "Mardin"},
	{"fidanbahce", "Fidan Bahçe Market", "Yalova"}, {"sarnic", "Sarnıç Restoran İşletmeciliği", "İstanbul"},
	{"tepekamera", "Tepe Kamera Güvenlik Sistemleri", "Kocaeli"}, {"kilimsanat", "Kilim Sanat Galerisi", "Nevşehir"},
	{"nordwindshop", "Nordwind Handels GmbH", "Hamburg"}, {"petitatelier", "Petit Atelier SARL", "Lyon"},
	{"lunarlabs", "Lunar Labs Software", "İstanbul"}, {"openharbour", "Open Harbour Ltd.", "Leeds"},
}

// idn are names with letters of their own.
var idn = []string{"mağaza-şehir.com", "çiçekdünyası.com.tr", "güneşenerji.com", "bücher-nord.de", "öğretmenodası.com"}

var (
	suffixes = []string{"com.tr", "com", "com", "net", "com.tr", "org", "dev", "io", "de", "com.tr"}
	hosts    = []string{"", "", "", "", "www.", "shop.", "panel.", "mail.", "api.", "destek.", "b2b.", "app."}
	notes    = []string{"", "", "", "", "", "Yenileme, eski sertifika başka firmadaydı", "Fatura ay sonunda birleşecek", "Acil", "Sunucu taşıması bekliyor"}
	people1  = []string{"Ahmet", "Gül", "Hakan", "Nazlı", "Serkan", "Pınar", "Tolga", "Ebru", "Levent", "Sibel"}
	people2  = []string{"Yılmaz", "Acar", "Tekin", "Bozkurt", "Erdem", "Sezer", "Polat", "Ünal", "Korkmaz", "Işık"}
)

// invent makes up whom an order is for, and its names. No domain comes twice.
func (s *seed) invent(l *life) wish {
	c := customers[s.random.IntN(len(customers))]
	w := wish{customer: c.company, note: notes[s.random.IntN(len(notes))]}
	base := s.freshBase(c.word)
	if l.fate == completed && l.turn%37 == 5 && l.turn/37 < len(idn) {
		base = idn[l.turn/37]
	}
	if s.random.IntN(12) > 0 {
		w.email = []string{"bilgi", "info", "it", "muhasebe"}[s.random.IntN(4)] + "@" + c.word + ".example"
	}
	switch l.product.kind {
	case db.KindLicence:
		w.domain = s.freshAddress(l.product.code)
	case db.KindCodeSigning:
	case db.KindWildcard:
		w.domain = "*." + base
	case db.KindMultiDomain:
		w.domain = base
		w.sans = []string{"www." + base, "api." + base, "panel." + s.freshBase(c.word)}
		if l.fate == halfVerified {
			w.sans = append(w.sans, "destek."+base, s.freshBase(c.word))
		}
		if s.random.IntN(3) == 0 && l.product.wildcard.most > 0 {
			w.sans = append(w.sans, "*."+s.freshBase(c.word))
		}
	default:
		w.domain = hosts[s.random.IntN(len(hosts))] + base
	}
	if l.product.validation == "ov" || l.product.validation == "ev" {
		w.contact = db.Contact{
			FirstName: people1[s.random.IntN(len(people1))], LastName: people2[s.random.IntN(len(people2))], Title: "Bilgi İşlem Sorumlusu",
			Email: "it@" + c.word + ".example", Phone: fmt.Sprintf("+90 312 555 %02d %02d", s.random.IntN(100), s.random.IntN(100)),
			Organisation: c.company, Street: fmt.Sprintf("Atatürk Cad. No: %d", 1+s.random.IntN(180)), City: c.city, Country: country(c.city),
		}
	}
	if l.product.kind == db.KindCodeSigning {
		w.contact.Delivery = db.Deliveries[s.random.IntN(len(db.Deliveries))]
	}
	return w
}

func country(city string) string {
	switch city {
	case "Hamburg":
		return "DE"
	case "Lyon":
		return "FR"
	case "Leeds":
		return "GB"
	}
	return "TR"
}

// freshAddress is one of the documentation's addresses where no licence of the
// product was given out yet.
func (s *seed) freshAddress(product string) string {
	for {
		network := []string{"203.0.113", "198.51.100", "192.0.2"}[s.random.IntN(3)]
		address := fmt.Sprintf("%s.%d", network, 1+s.random.IntN(254))
		if at := product + " " + address; !s.names[at] {
			s.names[at] = true
			return address
		}
	}
}

// freshBase is a registrable domain of a word that was not given out yet.
func (s *seed) freshBase(word string) string {
	for try := 0; ; try++ {
		base := word
		if try >= 2*len(suffixes) {
			base = fmt.Sprintf("%s%d", word, try-2*len(suffixes)+2)
		}
		base += "." + suffixes[s.random.IntN(len(suffixes))]
		if !s.names[base] {
			s.names[base] = true
			return base
		}
	}
}

// newCSR makes a request of a new P-256 key, which nobody keeps.
func newCSR(l *life) (string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", err
	}
	var request x509.CertificateRequest
	if l.order.Domain != "" {
		request.Subject.CommonName = l.order.Domain
		request.DNSNames = []string{l.order.Domain}
		if bare := strings.TrimPrefix(l.order.Domain, "*."); bare != l.order.Domain {
			request.DNSNames = append(request.DNSNames, bare)
		}
	}
	if c := l.wish.contact; c.Organisation != "" {
		request.Subject.Organization, request.Subject.Locality, request.Subject.Country = []string{c.Organisation}, []string{c.City}, []string{c.Country}
		if l.order.Domain == "" {
			request.Subject = pkix.Name{CommonName: c.Organisation, Organization: request.Subject.Organization, Locality: request.Subject.Locality, Country: request.Subject.Country}
		}
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &request, key)
	if err != nil {
		return "", err
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})), nil
}
