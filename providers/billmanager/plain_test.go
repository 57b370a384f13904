package billmanager_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"certbay/providers"
	"certbay/providers/billmanager"
	"certbay/providers/providertest"
)

// plain is a BILLmanager that tells no more than is documented; each function answers with a text of the test's.
func plain(t *testing.T, answers map[string]string) (*billmanager.Shop, *[]string) {
	t.Helper()
	var asked []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := r.FormValue("func")
		asked = append(asked, name)
		if by := name + " " + r.FormValue("elid"); answers[by] != "" {
			name = by
		}
		_, _ = io.WriteString(w, "<doc>"+answers[name]+"</doc>")
	}))
	t.Cleanup(s.Close)
	shop, err := billmanager.New(billmanager.Config{BaseURL: s.URL + "/manager/billmgr/", User: "user", Password: "passwd"})
	if err != nil {
		t.Fatal(err)
	}
	return shop, &asked
}

func row(id int, more string) string {
	return fmt.Sprintf("<elem><id>%d</id><CN>example.com</CN><item_status>4</item_status>%s</elem>", id, more)
}

func TestFindLooksWhereReferencesAreTold(t *testing.T) {
	many := ""
	for i := range 60 {
		many += row(100+i, "")
	}
	for name, c := range map[string]struct {
		answers map[string]string
		want    string
		err     error
	}{
		"the list is empty":               {map[string]string{"certificate": ""}, "", providers.ErrUnknown},
		"the list tells":                  {map[string]string{"certificate": row(1, "<remoteid>OTHER</remoteid>") + row(2, "<remoteid>REF</remoteid>")}, "2", nil},
		"the list tells of others only":   {map[string]string{"certificate": row(1, "<remoteid>OTHER</remoteid>") + row(2, "<remoteid/>")}, "", providers.ErrUnknown},
		"the forms tell":                  {map[string]string{"certificate": row(1, "") + row(2, ""), "certificate.edit 1": "<remoteid>REF</remoteid>", "certificate.edit 2": "<remoteid/>"}, "1", nil},
		"the forms tell of others only":   {map[string]string{"certificate": row(1, ""), "certificate.edit": "<remoteid>OTHER</remoteid>"}, "", providers.ErrUnknown},
		"nothing tells":                   {map[string]string{"certificate": row(1, ""), "certificate.edit": "<CN>example.com</CN>"}, "", providers.ErrUnsure},
		"too many forms":                  {map[string]string{"certificate": many, "certificate.edit": "<remoteid>OTHER</remoteid>"}, "", providers.ErrUnsure},
		"it was cancelled":                {map[string]string{"certificate": row(1, "<remoteid>REF</remoteid><cancelled>on</cancelled>")}, "", providers.ErrUnknown},
		"one was deleted while we looked": {map[string]string{"certificate": row(1, ""), "certificate.edit": `<error type="missed" object="elid"/>`}, "", providers.ErrUnknown},
	} {
		s, _ := plain(t, c.answers)
		if id, err := s.Find(t.Context(), "REF"); id != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: %q, %v", name, id, err)
		}
	}
}

func TestWhatAPlainBillmanagerTellsBecomesInstructions(t *testing.T) {
	for _, c := range []struct {
		form string
		want providers.Instruction
	}{
		{"<approver_method>auth_dnstxt</approver_method><auth_dnstxt_value>token</auth_dnstxt_value><domains_list>example.com,www.example.com</domains_list>",
			providers.Instruction{RecordType: "TXT", Host: "example.com", Value: "token"}},
		{"<approver_method>auth_email</approver_method><approver_email>admin@example.com</approver_email>", providers.Instruction{Email: "admin@example.com"}},
		{"<approver_method>auth_file</approver_method><auth_file_protocol>on</auth_file_protocol><auth_file_name>a.txt</auth_file_name><auth_file_content>b</auth_file_content>",
			providers.Instruction{FileURL: "https://example.com/.well-known/pki-validation/a.txt", FileName: "a.txt", FileContent: "b"}},
		{"<approver_method>auth_dnstxt</approver_method>", providers.Instruction{}},
	} {
		s, _ := plain(t, map[string]string{"certificate.edit": "<elid>7</elid><CN>example.com</CN>" + c.form, "certificate": row(7, "<status_msg>Enrolled</status_msg>")})
		st, err := s.Status(t.Context(), "7")
		if err != nil || len(st.Domains) != 1 || st.Domains[0].Instruction != c.want || st.State != providers.StateValidationPending || st.Message != "Enrolled" {
			t.Errorf("%s: %+v, %v", c.form, st, err)
		}
	}
}

func TestAStatusThatIsNotDocumentedIsQuoted(t *testing.T) {
	s, _ := plain(t, map[string]string{"certificate.edit": "<elid>7</elid><CN>example.com</CN><item_status>11</item_status><status_msg>On the moon</status_msg>"})
	if _, err := s.Status(t.Context(), "7"); !errors.Is(err, providers.ErrUnavailable) || !strings.Contains(err.Error(), "11") || !strings.Contains(err.Error(), "On the moon") {
		t.Error(err)
	}
}

func TestAnIssuedCertificateIsNeverGivenUp(t *testing.T) {
	s, asked := plain(t, map[string]string{"certificate.edit": "<elid>7</elid><item_status>5</item_status>", "certificate.delete": "<ok/>"})
	if err := s.Cancel(t.Context(), "7", "exam"); !errors.Is(err, providers.ErrRefused) || strings.Contains(fmt.Sprint(*asked), "delete") {
		t.Errorf("%v after %v", err, *asked)
	}
}

func TestAnOrderWithoutAnIDIsFoundOrUnsure(t *testing.T) {
	sub := providers.Submission{Reference: "REF", ProductCode: "115", Months: 12, CSR: providertest.CSR(t, "example.com"),
		Names: []providers.DomainChoice{{Name: "example.com", Method: providers.MethodDNS}}}
	s, _ := plain(t, map[string]string{"certificate": "", "certificate.order.param": "<ok/>"})
	if _, err := s.Submit(t.Context(), sub); !errors.Is(err, providers.ErrUnsure) {
		t.Error(err)
	}
	s, asked := plain(t, map[string]string{"certificate": row(9, "<remoteid>REF</remoteid>"), "certificate.order.param": "<ok/>"})
	if r, err := s.Submit(t.Context(), sub); err != nil || r.UpstreamID != "9" || strings.Contains(fmt.Sprint(*asked), "order.param") {
		t.Errorf("ordered again: %+v, %v after %v", r, err, *asked)
	}
}

func TestNonsenseInPlaceOfACertificateIsAnError(t *testing.T) {
	for _, crt := range []string{"nonsense", base64.StdEncoding.EncodeToString([]byte("PK\x03\x04 no archive"))} {
		s, _ := plain(t, map[string]string{"certificate.edit": "<elid>7</elid><item_status>5</item_status><crt>" + crt + "</crt>"})
		if _, err := s.Certificate(t.Context(), "7"); !errors.Is(err, providers.ErrUnavailable) {
			t.Errorf("%s: %v", crt, err)
		}
	}
}
