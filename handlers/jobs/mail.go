package jobs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"time"

	"github.com/wneessen/go-mail"

	"certbay/db"
)

// Sender sends one mail. An error means that it may be tried again.
type Sender interface {
	Send(ctx context.Context, m db.Mail) error
}

// SMTP sends mail through a server, by go-mail.
type SMTP struct {
	client *mail.Client
	from   string
}

// NewSMTP reads smtp://[user:password@]host[:port] (STARTTLS when offered, and
// demanded when there is a password) or smtps://… (TLS from the start).
func NewSMTP(address, from string) (*SMTP, error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || (u.Scheme != "smtp" && u.Scheme != "smtps") {
		return nil, errors.New("smtp: the address must read smtp://[user:password@]host[:port] or smtps://…")
	}
	options := []mail.Option{mail.WithTimeout(20 * time.Second), mail.WithTLSPolicy(mail.TLSOpportunistic)}
	if u.Scheme == "smtps" {
		options = append(options, mail.WithSSL())
	}
	if text := u.Port(); text != "" {
		port, err := strconv.Atoi(text)
		if err != nil {
			return nil, fmt.Errorf("smtp: port: %w", err)
		}
		options = append(options, mail.WithPort(port))
	}
	if password, ok := u.User.Password(); ok {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(u.User.Username()), mail.WithPassword(password))
		if u.Scheme == "smtp" && !loopback(u.Hostname()) {
			options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
		}
	}
	if loopback(u.Hostname()) {
		options = append(options, mail.WithHELO("localhost"))
	}
	client, err := mail.NewClient(u.Hostname(), options...)
	if err != nil {
		return nil, fmt.Errorf("smtp: %w", err)
	}
	return &SMTP{client: client, from: from}, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Send hands one mail to the server.
func (s *SMTP) Send(ctx context.Context, m db.Mail) error {
	message := mail.NewMsg()
	if err := message.From(s.from); err != nil {
		return fmt.Errorf("mail from: %w", err)
	}
	if err := message.To(m.To); err != nil {
		return fmt.Errorf("mail to: %w", err)
	}
	message.Subject(m.Subject)
	message.SetDate()
	message.SetMessageID()
	message.SetBodyString(mail.TypeTextPlain, m.Body)
	for _, a := range m.Attachments {
		if err := message.AttachReader(a.Name, bytes.NewReader(a.Content), mail.WithFileContentType(mail.ContentType(a.Type))); err != nil {
			return fmt.Errorf("mail attachment %s: %w", a.Name, err)
		}
	}
	if err := s.client.DialAndSendWithContext(ctx, message); err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	return nil
}

// mail sends one queued mail. The outbox says how it went; what the mail tells
// about has long been committed.
func (w *Worker) mail(ctx context.Context, job db.Job) error {
	m, err := db.MailOf(job)
	if err != nil {
		return &gaveUp{cause: err.Error()}
	}
	if w.Mail == nil {
		err = errors.New("no mail server is configured")
	} else {
		err = w.Mail.Send(ctx, m)
	}
	after := context.WithoutCancel(ctx)
	if err == nil {
		return w.Book.RecordMail(after, job.SubjectID, "", true)
	}
	final := job.Failures >= len(retries)
	if noted := w.Book.RecordMail(after, job.SubjectID, err.Error(), final); noted != nil {
		return noted
	}
	return err
}
