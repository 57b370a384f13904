package pretend

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

const (
	maxMails    = 500
	maxMail     = 512 << 10 // bytes of one message
	maxMailbox  = 16 << 20  // bytes of all texts kept
	maxMailPart = 8         // depth of parts within parts
)

// Mail is a message that was sent to anybody.
type Mail struct {
	ID         int64 // rises with every mail
	From       string
	To         []string // of the envelope
	Subject    string
	Text       string
	HTML       string
	ReceivedAt time.Time // UTC
}

func (m Mail) size() int { return len(m.Subject) + len(m.Text) + len(m.HTML) + 200 }

// Mails lists the mails that are kept, newest first.
func (n *Internet) Mails() []Mail {
	n.mailbox.mu.RLock()
	defer n.mailbox.mu.RUnlock()
	out := slices.Clone(n.mailbox.mails)
	slices.Reverse(out)
	return out
}

// Mail finds one that is kept.
func (n *Internet) Mail(id int64) (Mail, bool) {
	n.mailbox.mu.RLock()
	defer n.mailbox.mu.RUnlock()
	i := slices.IndexFunc(n.mailbox.mails, func(m Mail) bool { return m.ID == id })
	if i < 0 {
		return Mail{}, false
	}
	return n.mailbox.mails[i], true
}

type mailbox struct {
	mu    sync.RWMutex
	mails []Mail
	last  int64
	bytes int
}

func (b *mailbox) add(m Mail) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last++
	m.ID = b.last
	b.mails = append(b.mails, m)
	b.bytes += m.size()
	for len(b.mails) > maxMails || (b.bytes > maxMailbox && len(b.mails) > 1) {
		b.bytes -= b.mails[0].size()
		b.mails = slices.Delete(b.mails, 0, 1)
	}
}

// NewSession makes the mailbox a go-smtp backend.
func (b *mailbox) NewSession(*smtp.Conn) (smtp.Session, error) { return &session{box: b}, nil }

type session struct {
	box  *mailbox
	from string
	to   []string
}

func (s *session) Reset()        { s.from, s.to = "", nil }
func (s *session) Logout() error { return nil }

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.from = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m := read(raw)
	m.From, m.To, m.ReceivedAt = s.from, s.to, time.Now().UTC()
	s.box.add(m)
	return nil
}

// read takes a message apart; what can't be understood is shown as it came.
func read(raw []byte) Mail {
	msg, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return Mail{Text: strings.ToValidUTF8(string(raw), "\ufffd")}
	}
	var m Mail
	m.Subject = msg.Header.Get("Subject")
	if s, err := new(mime.WordDecoder).DecodeHeader(m.Subject); err == nil {
		m.Subject = s
	}
	readPart(&m, textproto.MIMEHeader(msg.Header), msg.Body, 0)
	return m
}

func readPart(m *Mail, h textproto.MIMEHeader, body io.Reader, depth int) {
	kind, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		kind = "text/plain"
	}
	if strings.HasPrefix(kind, "multipart/") && depth < maxMailPart {
		parts := multipart.NewReader(body, params["boundary"])
		for {
			p, err := parts.NextRawPart()
			if err != nil {
				return
			}
			readPart(m, p.Header, p, depth+1)
		}
	}
	switch strings.ToLower(h.Get("Content-Transfer-Encoding")) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	content, _ := io.ReadAll(io.LimitReader(body, maxMail))
	text := strings.ReplaceAll(strings.ToValidUTF8(string(content), "\ufffd"), "\r\n", "\n")
	switch {
	case kind == "text/html" && m.HTML == "":
		m.HTML = text
	case kind == "text/plain" && m.Text == "":
		m.Text = text
	}
}
