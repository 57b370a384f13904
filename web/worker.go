package web

import (
	"context"
	"time"

	"certbay/handlers/jobs"
	"certbay/providers/dcv"
)

// WorkerConfig is what the background work of a portal needs to know.
type WorkerConfig struct {
	Upstreams jobs.Upstreams // nil: the server's own
	Checker   *dcv.Checker
	SMTP      string // smtp://… or smtps://…; empty: mails wait in the outbox
	MailFrom  string
	Lease     time.Duration // 0: one minute

	Poll      []jobs.PollRow     // how often upstreams are asked about requests; nil: jobs.DefaultPoll
	Reconcile jobs.ReconcileRate // how often and how fast the book is compared with them; zero: a day
}

// Work does the book's jobs until ctx ends, and lets running ones finish.
func (s *Server) Work(ctx context.Context, config WorkerConfig) error {
	if config.Upstreams == nil {
		config.Upstreams = s.desk
	}
	worker := &jobs.Worker{
		Book: s.Book, Upstreams: config.Upstreams, Checker: config.Checker, Lease: config.Lease, Log: s.Log, Poll: config.Poll, Reconcile: config.Reconcile,
		IssuedMail: s.handlers.IssuedMail, InvoicePDF: s.handlers.ZipPDF, Done: s.metrics.job,
		Webhooks: jobs.WebhookCalls{Loopback: s.LoopbackWebhooks}, WebhookMail: s.handlers.WebhookMail, ExternalMail: s.handlers.ExternalMail,
		LowBalanceMail: s.handlers.LowBalanceMail,
		ImportMail:     s.handlers.ImportMail,
	}
	if config.SMTP != "" {
		sender, err := jobs.NewSMTP(config.SMTP, config.MailFrom)
		if err != nil {
			return err
		}
		worker.Mail = sender
	}
	return worker.Run(ctx, stopPatience)
}
