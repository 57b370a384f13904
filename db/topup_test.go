package db_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"certbay/db"
)

func pdf(body string) []byte { return []byte("%PDF-1.4\n" + body + "\n%%EOF\n") }

func pngFile(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 20, 10))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func jpegFile(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 20, 10)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// hugePNG says that it is 100 000 pixels in the square, in a few bytes.
func hugePNG(t testing.TB) []byte {
	t.Helper()
	content := bytes.Clone(pngFile(t))
	binary.BigEndian.PutUint32(content[16:], 100_000)
	binary.BigEndian.PutUint32(content[20:], 100_000)
	binary.BigEndian.PutUint32(content[29:], crc32.ChecksumIEEE(content[12:29]))
	return content
}

func TestReceiptTypeIsReadFromTheContent(t *testing.T) {
	full := func(content []byte, size int) []byte {
		return append(bytes.Repeat([]byte(" "), 0), append(pdf(strings.Repeat("x", size-len(pdf("")))), content...)...)
	}
	picture := pngFile(t)
	for _, c := range []struct {
		name    string
		content []byte
		media   string
		err     error
	}{
		{"PDF", pdf("1 0 obj"), db.MediaPDF, nil},
		{"PNG", picture, db.MediaPNG, nil},
		{"JPEG", jpegFile(t), db.MediaJPEG, nil},
		{"PNG with a page behind its end stays a PNG", append(bytes.Clone(picture), "<script>alert(1)</script>"...), db.MediaPNG, nil},
		{"exactly as large as allowed", full(nil, db.MaxReceipt), db.MediaPDF, nil},
		{"a byte too large", full([]byte("\n"), db.MaxReceipt), "", db.ErrReceiptLarge},
		{"nothing", nil, "", db.ErrReceiptEmpty},
		{"HTML", []byte("<!doctype html><script>alert(1)</script>"), "", db.ErrReceiptType},
		{"HTML that mentions PDF", []byte("<html>%PDF-1.4\n%%EOF"), "", db.ErrReceiptType},
		{"SVG", []byte(`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script/></svg>`), "", db.ErrReceiptType},
		{"GIF", []byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;"), "", db.ErrReceiptType},
		{"ZIP", []byte("PK\x03\x04"), "", db.ErrReceiptType},
		{"program", []byte("MZ\x90\x00"), "", db.ErrReceiptType},
		{"PDF without an end", []byte("%PDF-1.4\n1 0 obj"), "", db.ErrReceiptType},
		{"the head of a PNG alone", picture[:8], "", db.ErrReceiptType},
		{"half a PNG", picture[:len(picture)-20], "", db.ErrReceiptType},
		{"half a JPEG", jpegFile(t)[:40], "", db.ErrReceiptType},
		{"the head of a JPEG before a page", []byte("\xff\xd8\xff<script>alert(1)</script>"), "", db.ErrReceiptType},
		{"picture that would fill the memory", hugePNG(t), "", db.ErrReceiptType},
	} {
		media, err := db.ReceiptType(c.content)
		if !errors.Is(err, c.err) || err == nil && media != c.media {
			t.Errorf("%s: %q, %v; want %q, %v", c.name, media, err, c.media, c.err)
		}
		if err != nil && media != "" {
			t.Errorf("%s: refused, and yet it is called %s", c.name, media)
		}
	}
}

func noMails(db.TopUp) []db.Mail { return nil }

// oneMail words one mail, so that tests can count them.
func oneMail(u db.TopUp) []db.Mail {
	return []db.Mail{{To: u.AskerEmail, Subject: string(u.State), Body: u.BankReference}}
}

func (s shop) ask(t testing.TB, cents int64, reference string) db.TopUp {
	t.Helper()
	return must[db.TopUp](t)(s.AskTopUp(ctx, db.Actor{Kind: db.ByKey, ID: 7, Name: "a key"}, s.reseller, db.NewTopUp{Cents: cents, BankReference: reference, Receipt: pdf(reference)}, oneMail))
}

func (s shop) mails(t testing.TB) int {
	t.Helper()
	_, n, err := s.Outbox(ctx, "", db.Page{})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

var cashier = db.Actor{Kind: db.ByPerson, ID: 1, Name: "Derya"}

func TestTopUpMovesMoneyOnlyWhenApproved(t *testing.T) {
	s := openShop(t, 0)
	approved, refused, withdrawn, pending := s.ask(t, 50_000, "DEK-1"), s.ask(t, 60_000, "DEK-2"), s.ask(t, 70_000, "DEK-3"), s.ask(t, 80_000, "DEK-4")
	if s.balance(t) != 0 {
		t.Fatal("asking moved money")
	}
	if err := s.ApproveTopUp(ctx, cashier, approved.ID, "", oneMail); err != nil {
		t.Fatal(err)
	}
	if err := s.RefuseTopUp(ctx, cashier, refused.ID, "not on our account", oneMail); err != nil {
		t.Fatal(err)
	}
	if err := s.WithdrawTopUp(ctx, s.staff, s.reseller, withdrawn.ID); err != nil {
		t.Fatal(err)
	}
	if s.balance(t) != 50_000 {
		t.Errorf("the wallet holds %d", s.balance(t))
	}
	if n := s.mails(t); n != 6 {
		t.Errorf("%d mails, want four of asking and two of deciding", n)
	}
	for _, c := range []struct {
		id    int64
		state db.TopUpState
		note  string
		by    string
	}{
		{approved.ID, db.TopUpApproved, "", "Derya"}, {refused.ID, db.TopUpRefused, "not on our account", "Derya"},
		{withdrawn.ID, db.TopUpWithdrawn, "", s.staff.Name}, {pending.ID, db.TopUpPending, "", ""},
	} {
		u := must[db.TopUp](t)(s.TopUp(ctx, s.reseller, c.id))
		if u.State != c.state || u.Note != c.note || u.DecidedBy != c.by || u.DecidedAt.IsZero() != (c.state == db.TopUpPending) {
			t.Errorf("%+v, want %+v", u, c)
		}
		content, err := s.TopUpReceipt(ctx, u)
		if u.HasReceipt() && (err != nil || !bytes.Equal(content, pdf(u.BankReference))) {
			t.Errorf("receipt of %s: %q, %v", u.BankReference, content, err)
		}
		if !u.HasReceipt() && !errors.Is(err, db.ErrNotFound) {
			t.Errorf("the receipt of a withdrawn request is kept: %v", err)
		}
	}
	entries, _, err := s.Statement(ctx, s.reseller, db.Page{})
	if err != nil || len(entries) != 1 || entries[0].Kind != "topup" || entries[0].Memo != "DEK-1" || entries[0].Cents != 50_000 {
		t.Errorf("statement %+v, %v", entries, err)
	}
	review, n, err := s.Review(ctx, 10)
	if err != nil || n != 1 || review[0].Kind != db.ReviewTopUp || review[0].ID != pending.ID || review[0].Cents != 80_000 || review[0].Name != "DEK-4" || review[0].Who != "Örnek" {
		t.Errorf("review %+v, %v", review, err)
	}
	for action, want := range map[string]int{"topup.ask": 4, "topup.approve": 1, "topup.refuse": 1, "topup.withdraw": 1} {
		if _, n, err := s.AuditRows(ctx, db.AuditFilter{Action: action, ResellerID: s.reseller}); err != nil || n != want {
			t.Errorf("%d audit rows of %s, %v", n, action, err)
		}
	}
	s.verify(t)
}

func TestTopUpIsDecidedOnce(t *testing.T) {
	s := openShop(t, 0)
	for _, first := range []string{"approve", "refuse", "withdraw"} {
		u, before, mails := s.ask(t, 1000, first), s.balance(t), s.mails(t)
		decide := map[string]func() error{
			"approve":  func() error { return s.ApproveTopUp(ctx, cashier, u.ID, "", oneMail) },
			"refuse":   func() error { return s.RefuseTopUp(ctx, cashier, u.ID, "no", oneMail) },
			"withdraw": func() error { return s.WithdrawTopUp(ctx, s.staff, s.reseller, u.ID) },
		}
		if err := decide[first](); err != nil {
			t.Fatal(err)
		}
		balance, sent := s.balance(t), s.mails(t)
		if (balance != before) != (first == "approve") || (sent != mails) != (first != "withdraw") {
			t.Errorf("%s: wallet from %d to %d, mails from %d to %d", first, before, balance, mails, sent)
		}
		for second, do := range decide {
			if err := do(); !errors.Is(err, db.ErrStale) {
				t.Errorf("%s after %s: %v", second, first, err)
			}
		}
		if s.balance(t) != balance || s.mails(t) != sent {
			t.Errorf("a second decision after %s changed something", first)
		}
	}
	s.verify(t)
}

func TestTopUpDecidedByManyAtOnceMovesMoneyOnce(t *testing.T) {
	s := openShop(t, 0)
	for round := range 5 {
		u, before := s.ask(t, 1000, fmt.Sprint("round ", round)), s.balance(t)
		calls := times(4, func() error { return s.ApproveTopUp(ctx, cashier, u.ID, "", noMails) })
		calls = append(calls, times(2, func() error { return s.RefuseTopUp(ctx, cashier, u.ID, "no", noMails) })...)
		calls = append(calls, times(2, func() error { return s.WithdrawTopUp(ctx, s.staff, s.reseller, u.ID) })...)
		if n := won(t, together(calls...)); n != 1 {
			t.Errorf("%d decisions of one request", n)
		}
		moved := s.balance(t) - before
		if state := must[db.TopUp](t)(s.AnyTopUp(ctx, u.ID)).State; moved != 1000 && state == db.TopUpApproved || moved != 0 && state != db.TopUpApproved {
			t.Errorf("%s, and %d moved", state, moved)
		}
	}
	s.verify(t)
}

func TestTopUpOfAFormSentTwiceIsOneRequest(t *testing.T) {
	s := openShop(t, 0)
	answers := together(times(4, func() error {
		_, err := s.AskTopUp(ctx, s.staffOf(t), s.reseller, db.NewTopUp{Cents: 1000, BankReference: "DEK", Receipt: pdf("x"), FormToken: "tok"}, noMails)
		return err
	})...)
	accepted := 0
	for _, err := range answers {
		switch {
		case err == nil:
			accepted++
		case !errors.Is(err, db.ErrDuplicate):
			t.Error(err)
		}
	}
	if _, n, err := s.TopUps(ctx, db.TopUpFilter{}); accepted != 1 || n != 1 || err != nil {
		t.Errorf("%d accepted, %d kept, %v", accepted, n, err)
	}
}

// staffOf is an actor that need not be in the book.
func (s shop) staffOf(testing.TB) db.Actor { return db.Actor{Kind: db.ByKey, ID: 1, Name: "a key"} }

func TestTopUpBelongsToItsReseller(t *testing.T) {
	s := openShop(t, 0)
	other := must[db.Reseller](t)(s.CreateReseller(ctx, db.System, db.NewReseller{Name: "Other", Company: "Other", Email: "info@other.example"}))
	u := s.ask(t, 1000, "DEK")
	if _, err := s.TopUp(ctx, other.ID, u.ID); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("read by another: %v", err)
	}
	if err := s.WithdrawTopUp(ctx, s.staff, other.ID, u.ID); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("withdrawn by another: %v", err)
	}
	if list, n, err := s.TopUps(ctx, db.TopUpFilter{ResellerID: other.ID}); n != 0 || len(list) != 0 || err != nil {
		t.Errorf("another sees %v, %v", list, err)
	}
	for _, id := range []int64{0, 999} {
		if err := s.ApproveTopUp(ctx, cashier, id, "", noMails); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("approve %d: %v", id, err)
		}
	}
	if got := must[db.TopUp](t)(s.AnyTopUp(ctx, u.ID)); got.State != db.TopUpPending || got.ResellerName != "Örnek" || got.AskerEmail != "info@ornek.com.tr" {
		t.Errorf("%+v", got)
	}
}

func TestTopUpIsRefusedAtTheDoor(t *testing.T) {
	s := openShop(t, 0)
	long := strings.Repeat("ş", db.MaxBankReference+1)
	for name, c := range map[string]struct {
		n    db.NewTopUp
		want error
	}{
		"no amount":       {db.NewTopUp{BankReference: "x", Receipt: pdf("")}, db.ErrInvalid},
		"negative amount": {db.NewTopUp{Cents: -1, BankReference: "x", Receipt: pdf("")}, db.ErrInvalid},
		"huge amount":     {db.NewTopUp{Cents: db.MaxTopUp + 1, BankReference: "x", Receipt: pdf("")}, db.ErrInvalid},
		"no reference":    {db.NewTopUp{Cents: 1, Receipt: pdf("")}, db.ErrInvalid},
		"long reference":  {db.NewTopUp{Cents: 1, BankReference: long, Receipt: pdf("")}, db.ErrInvalid},
		"no receipt":      {db.NewTopUp{Cents: 1, BankReference: "x"}, db.ErrReceiptEmpty},
		"strange receipt": {db.NewTopUp{Cents: 1, BankReference: "x", Receipt: []byte("<svg/>")}, db.ErrReceiptType},
	} {
		if _, err := s.AskTopUp(ctx, s.staffOf(t), s.reseller, c.n, oneMail); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	u := s.ask(t, 1, long[:2])
	for name, err := range map[string]error{
		"refusal without a reason": s.RefuseTopUp(ctx, cashier, u.ID, "", oneMail),
		"endless note":             s.ApproveTopUp(ctx, cashier, u.ID, strings.Repeat("n", db.MaxTopUpNote+1), oneMail),
	} {
		if !errors.Is(err, db.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for range 9 {
		s.ask(t, 1, "more")
	}
	if _, err := s.AskTopUp(ctx, s.staffOf(t), s.reseller, db.NewTopUp{Cents: 1, BankReference: "x", Receipt: pdf("")}, oneMail); !errors.Is(err, db.ErrManyTopUps) {
		t.Errorf("the eleventh request at once: %v", err)
	}
	if err := s.SetResellerStatus(ctx, db.System, s.reseller, db.Suspended); err != nil {
		t.Fatal(err)
	}
	if _, err := s.AskTopUp(ctx, s.staffOf(t), s.reseller, db.NewTopUp{Cents: 1, BankReference: "x", Receipt: pdf("")}, oneMail); !errors.Is(err, db.ErrSuspended) {
		t.Errorf("suspended: %v", err)
	}
	if n := s.mails(t); n != 10 {
		t.Errorf("%d mails of ten requests", n)
	}
}
