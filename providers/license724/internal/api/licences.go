package api

import (
	"context"
	"errors"
	"net/http"

	"certbay/providers"
	"certbay/providers/internal/wire"
)

// Place is how the dialect names a licence: its product's code and the address it runs on.
type Place struct {
	Type string `json:"type"`
	IP   string `json:"ip"`
}

// Purchase is a licence, or a further term of one. BillingCycle is the period's number; 1 is a month.
type Purchase struct {
	Place
	BillingCycle int `json:"billingcycle"`

	// OnceKey makes a server that knows it answer a repetition with what came of the first time; it is a header. Not in the document.
	OnceKey string `json:"-"`
}

// Created answers Create.
type Created struct {
	Envelope
	LicenseID wire.Int `json:"license_id"`

	LicenseKey wire.Text `json:"license_key"` // another Certbay tells it; not in the document
}

// Create buys a licence.
//
// Seed 001, "Yeni Lisans Oluşturma": /v1/licenses/create
func (c *Client) Create(ctx context.Context, p Purchase) (Created, error) {
	call := wire.Call{Method: http.MethodPost, Path: "/licenses/create", Body: wire.JSON(p)}
	if p.OnceKey != "" {
		call.Header = http.Header{"Idempotency-Key": {p.OnceKey}}
	}
	var a Created
	err := c.do(ctx, call, &a)
	return a, err
}

// Renew buys a further term.
//
// Seed 001, "Lisans Yenileme": /v1/licenses/renew
func (c *Client) Renew(ctx context.Context, p Purchase) (words string, err error) {
	return c.operate(ctx, "renew", p)
}

// Suspend stops a licence for a while.
//
// Seed 001, "Lisans Askıya Alma": /v1/licenses/suspend
func (c *Client) Suspend(ctx context.Context, p Place) (words string, err error) {
	return c.free(ctx, "suspend", p)
}

// Unsuspend lets it work again.
//
// Seed 001, "Lisans Askıdan Çıkarma": /v1/licenses/unsuspend
func (c *Client) Unsuspend(ctx context.Context, p Place) (words string, err error) {
	return c.free(ctx, "unsuspend", p)
}

// Move is a licence and its new address.
type Move struct {
	Place
	NewIP string `json:"newip"`
}

// ChangeIP moves a licence.
//
// Seed 001, "Lisans IP Değişimi": /v1/licenses/change-ip
func (c *Client) ChangeIP(ctx context.Context, m Move) (words string, err error) {
	return c.free(ctx, "change-ip", m)
}

// CoreChange is a licence and what it is to become.
type CoreChange struct {
	Place
	NewType string `json:"new_type"`
}

// ChangeCore turns a LiteSpeed licence into another one.
//
// Seed 001, "LiteSpeed Core Güncelleme": /v1/licenses/change-core
func (c *Client) ChangeCore(ctx context.Context, m CoreChange) (words string, err error) {
	return c.operate(ctx, "change-core", m)
}

func (c *Client) operate(ctx context.Context, what string, body any) (words string, err error) {
	var a Envelope
	err = c.change(ctx, "/licenses/"+what, body, &a)
	return string(a.Message), err
}

// free is operate for what costs nothing: a licence that can't be changed just now, because something else is being done to it,
// is no refusal.
func (c *Client) free(ctx context.Context, what string, body any) (words string, err error) {
	var a Envelope
	call := wire.Call{Method: http.MethodPost, Path: "/licenses/" + what, Body: wire.JSON(body), Into: &a, Judge: func(answer wire.Answer) error {
		err := judge(answer, &a, true)
		var refusal *providers.Refusal
		if errors.As(err, &refusal) && a.Code == "not_now" {
			err = &providers.Failure{Trouble: providers.TroubleBusy, Changes: true, Status: answer.Status, Detail: refusal.Message}
		}
		return err
	}}
	_, err = c.wire.Do(ctx, call)
	return string(a.Message), err
}
