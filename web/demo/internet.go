package demo

import (
	"net/url"
	"strings"

	"certbay/db"
	"certbay/handlers"
	"certbay/providers/pretend"
	"certbay/views"
)

// internetAdapter is the pretend internet as the pages ask for it.
type internetAdapter struct{ net *pretend.Internet }

// Internet is a pretend internet as the pages ask for it.
func Internet(n *pretend.Internet) handlers.Internet { return internetAdapter{n} }

func (a internetAdapter) PublishRecord(r views.DemoRecord) error {
	if a.net.PublishRecord(record(r)) != nil {
		return db.ErrInvalid
	}
	return nil
}

func (a internetAdapter) RemoveRecord(r views.DemoRecord) { a.net.RemoveRecord(record(r)) }

// record is a page's record as it is published.
func record(r views.DemoRecord) pretend.Record {
	return pretend.Record{Host: r.Host, Type: r.Type, Value: r.Value, Only: r.Only}
}

func (a internetAdapter) Records() []views.DemoRecord {
	var list []views.DemoRecord
	for _, r := range a.net.Records() {
		list = append(list, views.DemoRecord{Host: r.Host, Type: r.Type, Value: r.Value, Only: r.Only})
	}
	return list
}

func (a internetAdapter) PublishFile(f views.DemoFile) error {
	if a.net.PublishFile(pretend.File{Host: f.Host, Path: f.Path, Content: f.Content}) != nil {
		return db.ErrInvalid
	}
	return nil
}

func (a internetAdapter) RemoveFile(host, path string) { a.net.RemoveFile(host, path) }

func (a internetAdapter) Files() []views.DemoFile {
	var list []views.DemoFile
	for _, f := range a.net.Files() {
		list = append(list, views.DemoFile{Host: f.Host, Path: f.Path, Content: f.Content})
	}
	return list
}

func (a internetAdapter) Mails() []views.DemoMailRow {
	var list []views.DemoMailRow
	for _, m := range a.net.Mails() {
		list = append(list, mailRow(m))
	}
	return list
}

func (a internetAdapter) Mail(id int64) (views.DemoMailPage, bool) {
	m, ok := a.net.Mail(id)
	return views.DemoMailPage{DemoMailRow: mailRow(m), From: m.From, Text: m.Text}, ok
}

func mailRow(m pretend.Mail) views.DemoMailRow {
	return views.DemoMailRow{ID: m.ID, To: strings.Join(m.To, ", "), Subject: m.Subject, At: m.ReceivedAt}
}

// fileAt is the file that a DCV instruction's address names.
func fileAt(address, content string) (views.DemoFile, error) {
	u, err := url.Parse(address)
	if err != nil {
		return views.DemoFile{}, err
	}
	return views.DemoFile{Host: u.Hostname(), Path: u.Path, Content: content}, nil
}
