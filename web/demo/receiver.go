package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"certbay/db"
)

// receiverText marks the endpoint of the first reseller that the demo itself answers.
const receiverText = "The demo's own receiver"

// receive starts a program that a webhook tells of events, on this machine, and
// points the first reseller's endpoint at it; made says whether there is none yet.
func (s *Shop) receive(ctx context.Context, made bool) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	s.receiver = &http.Server{Handler: http.HandlerFunc(received), ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second}
	go s.receiver.Serve(listener)
	wish := db.WebhookWish{URL: "http://" + listener.Addr().String() + "/webhooks", Description: receiverText, Events: db.WebhookEvents, Loopback: true}
	reseller, err := s.firstReseller(ctx)
	if err != nil {
		return err
	}
	if made {
		_, _, err := s.book.CreateWebhook(ctx, db.System, reseller, wish)
		return err
	}
	list, err := s.book.Webhooks(ctx, reseller)
	if err != nil {
		return err
	}
	for _, w := range list {
		if w.Description == receiverText {
			wish.Events = w.Events
			return s.book.UpdateWebhook(ctx, db.System, reseller, w.ID, wish)
		}
	}
	return nil
}

func (s *Shop) firstReseller(ctx context.Context) (int64, error) {
	list, _, err := s.book.Resellers(ctx, db.ResellerFilter{Query: s.Access.Reseller.Company})
	if err != nil {
		return 0, err
	}
	for _, r := range list {
		if r.Name == s.Access.Reseller.Company {
			return r.ID, nil
		}
	}
	return 0, errors.New("demo: its first reseller is gone")
}

// received answers a message with its type, as a program would that noted it.
func received(w http.ResponseWriter, r *http.Request) {
	var message struct {
		Type string `json:"type"`
	}
	if err := json.NewDecoder(io.LimitReader(r.Body, 1<<20)).Decode(&message); err != nil {
		http.Error(w, "not a message", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(struct {
		Received string `json:"received"`
	}{message.Type})
}
