package jobs_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/mail"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"

	"certbay/db"
	"certbay/handlers/jobs"
)

// postOffice is a mail server that keeps what it is given.
type postOffice struct{ got chan []byte }

func (p postOffice) NewSession(*smtp.Conn) (smtp.Session, error) { return p, nil }
func (postOffice) Mail(string, *smtp.MailOptions) error          { return nil }
func (postOffice) Rcpt(string, *smtp.RcptOptions) error          { return nil }
func (postOffice) Reset()                                        {}
func (postOffice) Logout() error                                 { return nil }

func (p postOffice) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	p.got <- raw
	return err
}

func TestAnAttachmentArrivesWhole(t *testing.T) {
	office := postOffice{make(chan []byte, 1)}
	server := smtp.NewServer(office)
	door, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go server.Serve(door)
	t.Cleanup(func() { server.Close() })
	sender, err := jobs.NewSMTP("smtp://"+door.Addr().String(), "shop@shop.example")
	if err != nil {
		t.Fatal(err)
	}
	file := append([]byte("%PDF-1.3\r\n.\r\n\x00\xff"), bytes.Repeat([]byte("whole\n.\n"), 5000)...)
	err = sender.Send(ctx, db.Mail{To: "a@ornek.com.tr", Subject: "Fatura", Body: "Ektedir, şimdi.",
		Attachments: []db.Attachment{{Name: "INV-2026-0001.pdf", Type: "application/pdf", Content: file}}})
	if err != nil {
		t.Fatal(err)
	}
	message, err := mail.ReadMessage(bytes.NewReader(<-office.got))
	if err != nil {
		t.Fatal(err)
	}
	_, params, err := mime.ParseMediaType(message.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	parts := multipart.NewReader(message.Body, params["boundary"])
	var names []string
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, part.FileName())
		if part.FileName() == "" {
			continue
		}
		content, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, part))
		if err != nil || !bytes.Equal(content, file) || !strings.HasPrefix(part.Header.Get("Content-Type"), "application/pdf") {
			t.Errorf("%d bytes of %d, %v, %v", len(content), len(file), part.Header, err)
		}
	}
	if !slices.Equal(names, []string{"", "INV-2026-0001.pdf"}) {
		t.Errorf("parts %q", names)
	}
}

func TestAnInvoiceThatCannotBeMailedIsTriedAgainAndTheMoneyStays(t *testing.T) {
	y := openYard(t)
	o, err := y.book.PlaceOrder(ctx, y.by, y.reseller, db.NewOrder{ProductID: y.product, Months: 12, Domain: "example.com"})
	if err != nil {
		t.Fatal(err)
	}
	invoice, err := y.book.OrderInvoice(ctx, o.ID)
	if err != nil {
		t.Fatal(err)
	}
	before, _, err := y.book.Wallet(ctx, y.reseller)
	if err != nil {
		t.Fatal(err)
	}
	stands := func(state db.MailState, status db.InvoiceStatus) {
		t.Helper()
		mails, err := y.book.InvoiceMails(ctx, invoice.ID)
		if err != nil || len(mails) == 0 || mails[0].State != state || (mails[0].Error == "") != (state == db.MailSent) {
			t.Errorf("mails %+v, %v", mails, err)
		}
		now, err := y.book.OrderInvoice(ctx, o.ID)
		if err != nil || now.Status != status || now.TotalCents != invoice.TotalCents || !now.PaidAt.Equal(invoice.PaidAt) {
			t.Errorf("invoice %+v, %v", now, err)
		}
		if balance, _, err := y.book.Wallet(ctx, y.reseller); err != nil || balance != before {
			t.Errorf("balance %d, was %d, %v", balance, before, err)
		}
		if _, err := y.book.Verify(ctx); err != nil {
			t.Error(err)
		}
	}
	file := []byte("%PDF-1.3 \x00\xff whole")
	m := db.Mail{To: "muhasebe@ornek.com.tr", Subject: "Fatura", Body: "Ektedir.", Attachments: []db.Attachment{{Name: invoice.Number + ".pdf", Type: "application/pdf", Content: file}}}
	working := y.worker.Mail
	nobody, err := net.Listen("tcp", "127.0.0.1:0") // a server that is down: its port was just closed
	if err != nil {
		t.Fatal(err)
	}
	nobody.Close()
	if y.worker.Mail, err = jobs.NewSMTP("smtp://"+nobody.Addr().String(), "shop@shop.example"); err != nil {
		t.Fatal(err)
	}
	if err := y.book.MailInvoice(ctx, y.by, y.reseller, invoice.ID, m); err != nil {
		t.Fatal(err)
	}
	y.work(1)
	stands(db.MailQueued, db.InvoicePaid)
	if err := y.book.MailInvoice(ctx, y.by, y.reseller, invoice.ID, m); !errors.Is(err, db.ErrDuplicate) {
		t.Errorf("queued twice: %v", err)
	}
	y.work(40)
	stands(db.MailFailed, db.InvoicePaid)

	y.worker.Mail = working
	mails, err := y.book.InvoiceMails(ctx, invoice.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := y.book.ResendMail(ctx, y.by, mails[0].ID); err != nil {
		t.Fatal(err)
	}
	y.work(1)
	stands(db.MailSent, db.InvoiceSent)
	got := y.net.Mails()
	if len(got) != 1 || !slices.Equal(got[0].To, []string{"muhasebe@ornek.com.tr"}) || strings.TrimSpace(got[0].Text) != "Ektedir." {
		t.Fatalf("mails %+v", got)
	}
}
