package ssl247_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"certbay/providers"
	"certbay/providers/providertest"
	"certbay/providers/ssl247"
)

// strict is a shop that keeps to the document: no references, no list of names.
func strict(t *testing.T, answers map[string]string) *ssl247.Shop {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, ok := answers[r.URL.Path]
		if !ok {
			_, _ = io.WriteString(w, `{"Response":{"Error":{"Code":"404","Message":"Not found"},"Date":""}}`)
			return
		}
		_, _ = io.WriteString(w, `{"StatusCode":200,"StatusDescription":"OK","Date":"","Data":`+data+`}`)
	}))
	t.Cleanup(s.Close)
	shop, err := ssl247.New(ssl247.Config{BaseURL: s.URL, User: "u", Key: "key"})
	if err != nil {
		t.Fatal(err)
	}
	return shop
}

const row = `{"Orders":{"Certificate":[{"order_id":"1","order_ref":"9","CertificateDetails":{"id":"1","Status":{"code":"Pending"}}}]}}`

func TestAShopWithoutReferencesIsNeverTakenForOneThatHasNone(t *testing.T) {
	s := strict(t, map[string]string{"/orders": row, "/order/certificate/place-quick-order": `{"order_ref":10,"Certificate":[{"id":"2"}]}`})
	if _, err := s.Find(t.Context(), "wish-1"); !errors.Is(err, providers.ErrUnsure) {
		t.Errorf("%v", err)
	}
	r, err := s.Submit(t.Context(), providers.Submission{Reference: "wish-1", ProductCode: "x", Months: 12, CSR: providertest.CSR(t, "a.example.com"),
		Names: []providers.DomainChoice{{Name: "a.example.com", Method: providers.MethodDNS}}})
	if err != nil || r.UpstreamID != "2" {
		t.Errorf("%+v, %v", r, err)
	}
	if list, next, err := s.Orders(t.Context(), ""); err != nil || len(list) != 1 || next != "" || list[0].Reference != "" || list[0].Word != "Pending" {
		t.Errorf("%+v %q %v", list, next, err)
	}
	if _, err := strict(t, map[string]string{"/orders": `{"Orders":[]}`}).Find(t.Context(), "wish-1"); !errors.Is(err, providers.ErrUnknown) {
		t.Errorf("an account without orders: %v", err)
	}
	s = strict(t, map[string]string{"/orders": row, "/order/certificate/place-quick-order": `{"order_ref":10}`})
	_, err = s.Submit(t.Context(), providers.Submission{Reference: "wish-2", ProductCode: "x", Months: 12, CSR: providertest.CSR(t, "a.example.com"),
		Names: []providers.DomainChoice{{Name: "a.example.com", Method: providers.MethodDNS}}})
	if !errors.Is(err, providers.ErrUnsure) || errors.Is(err, providers.ErrNotSent) {
		t.Errorf("placed without an id: %v", err)
	}
}

func TestInstructionsOfTheDocumentsFieldsAreRead(t *testing.T) {
	for _, tc := range []struct {
		details string
		want    providers.Instruction
	}{
		{`"dv_auth_method":"dns","dns_auth_string":"_abc.a.example.com. CNAME def.ca.example."`,
			providers.Instruction{Host: "_abc.a.example.com.", RecordType: "CNAME", Value: "def.ca.example."}},
		{`"dv_auth_method":"DNS","dns_auth_string":"a.example.com   IN   TXT   \"201811\""`, providers.Instruction{Host: "a.example.com", RecordType: "TXT", Value: "201811"}},
		{`"dv_auth_method":"dns","general_auth_string":"token-1"`, providers.Instruction{Host: "a.example.com", RecordType: "TXT", Value: "token-1"}},
		{`"dv_auth_method":"file","file_auth_filename":"F.txt","file_auth_contents":"x\r\ny"`,
			providers.Instruction{FileURL: "http://a.example.com/.well-known/pki-validation/F.txt", FileName: "F.txt", FileContent: "x\r\ny"}},
		{`"dv_auth_method":"file","file_auth_filename":"/dir/F.txt","file_auth_contents":"x"`,
			providers.Instruction{FileURL: "http://a.example.com/dir/F.txt", FileName: "F.txt", FileContent: "x"}},
		{`"dv_auth_method":"email","approver_email":"admin@a.example.com"`, providers.Instruction{Email: "admin@a.example.com"}},
	} {
		s := strict(t, map[string]string{"/certificate/7": `{"certificate_id":"7","CertificateDetails":{"common_name":"a.example.com","Status":{"code":"Pending","description":""},` + tc.details + `}}`})
		st, err := s.Status(t.Context(), "7")
		if err != nil || st.State != providers.StateValidationPending || len(st.Domains) != 1 || st.Domains[0].Instruction != tc.want || st.Domains[0].Verified {
			t.Errorf("%s: %+v, %v", tc.details, st, err)
		}
	}
}

func TestStatusWordsAreTranslatedOrQuoted(t *testing.T) {
	for word, want := range map[string][2]providers.State{
		"Incomplete": {providers.StateRejected, providers.StateRejected}, "Stock": {providers.StateRejected, providers.StateRejected},
		"ReadyToReview": {providers.StateProcessing, providers.StateProcessing}, "Ready to review": {providers.StateProcessing, providers.StateProcessing},
		"Issued": {providers.StateIssued, providers.StateIssued}, "Expiring": {providers.StateIssued, providers.StateIssued},
		"Cancelled": {providers.StateCancelled, providers.StateRevoked}, "Expired": {providers.StateCancelled, providers.StateIssued},
		"Deactivated": {providers.StateCancelled, providers.StateRevoked}, "Moonstruck": {"", ""},
	} {
		for i, serial := range []string{"", "0a"} {
			for _, form := range []string{`{"code":"` + word + `"}`, `{"code":"17","description":"` + word + `"}`} {
				s := strict(t, map[string]string{"/certificate/7": `{"CertificateDetails":{"serial_number":"` + serial + `","Status":` + form + `}}`})
				st, err := s.Status(t.Context(), "7")
				switch {
				case want[i] == "":
					quoted := word
					if strings.Contains(form, "17") {
						quoted = "17"
					}
					if !errors.Is(err, providers.ErrUnavailable) || !strings.Contains(err.Error(), `"`+quoted+`" is not understood`) {
						t.Errorf("%s: %v", form, err)
					}
				case err != nil || st.State != want[i]:
					t.Errorf("%s with serial %q: %+v, %v", form, serial, st, err)
				}
			}
		}
	}
}

func TestSubmissionsThatTheDialectCantSayAreRefusedUnasked(t *testing.T) {
	s := strict(t, nil)
	good := providers.Submission{Reference: "w", ProductCode: "x", Months: 12, CSR: providertest.CSR(t, "a.example.com", "b.example.com"),
		Names: []providers.DomainChoice{{Name: "a.example.com", Method: providers.MethodDNS}, {Name: "b.example.com", Method: providers.MethodDNS}}}
	for field, change := range map[string]func(*providers.Submission){
		"months":  func(s *providers.Submission) { s.Months = 6 },
		"product": func(s *providers.Submission) { s.IP = "192.0.2.1" },
		"method": func(s *providers.Submission) {
			s.Names = []providers.DomainChoice{s.Names[0], {Name: "b.example.com", Method: providers.MethodEmail}}
		},
		"csr": func(s *providers.Submission) { s.CSR = providertest.CSR(t, "c.example.com") },
	} {
		w := good
		change(&w)
		_, err := s.Submit(t.Context(), w)
		var r *providers.Refusal
		if !errors.As(err, &r) || r.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	raw, err := json.Marshal(providers.Abilities(s))
	if want := `["find","approver_emails","cancel","reissue","renew","revoke","balance","orders","import_external","health_check","probe"]`; err != nil || string(raw) != want {
		t.Errorf("%s", raw)
	}
}

func TestExternalImportAndHealthCheckSpeakTheDocument(t *testing.T) {
	s := strict(t, map[string]string{"/orders/certificates/import": `[{"Certificate":{"id":"31"},"CertificateAddon":{},"Order":{"id":"5"}}]`, "/certificate/31/request-health-check": `"Requested"`})
	if id, err := s.ImportExternal(t.Context(), providers.External{CommonName: "a.example.com", Validation: providers.ValidationOV}); err != nil || id != "31" {
		t.Errorf("%q %v", id, err)
	}
	if words, err := s.CheckHealth(t.Context(), "31"); err != nil || words != "Requested" {
		t.Errorf("%q %v", words, err)
	}
}
