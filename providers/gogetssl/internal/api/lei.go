package api

import (
	"context"
	"net/url"
	"strconv"

	"certbay/providers/internal/wire"
)

// NewLEI is the request of CreateNewLEI. Jurisdictions are ISO 3166-2, the date is YYYY-MM-DD, Years 1 to 5.
type NewLEI struct {
	ProductID                                                      int64
	LegalName, RegistrationID, LegalJurisdiction                   string
	FirstName, LastName                                            string // of the signing authority
	LegalAddress, LegalCity, LegalState, LegalCountry, LegalPostal string
	HQAddress, HQCity, HQState, HQCountry, HQPostal                string
	IncorporationDate                                              string
	Years                                                          int
	Level2, Level2Consolidate, Level2Ultimate                      bool // it consolidates its accounts with parents
	Test                                                           bool // only try whether it would be taken
	OnceKey                                                        string
}

func (l NewLEI) form() url.Values {
	form := url.Values{"productId": {number(l.ProductID)}, "multiYearSupport": {strconv.Itoa(l.Years)}, "isLevel2DataAvailable": {yesNo(l.Level2)}}
	for name, value := range map[string]string{"legalName": l.LegalName, "registrationAuthorityEntityId": l.RegistrationID, "legalJurisdiction": l.LegalJurisdiction,
		"firstName": l.FirstName, "lastName": l.LastName, "legalfirstAddressLine": l.LegalAddress, "legalCity": l.LegalCity, "legalState": l.LegalState,
		"legalCountry": l.LegalCountry, "legalPostal": l.LegalPostal, "hqfirstAddressLine": l.HQAddress, "hqCity": l.HQCity, "hqState": l.HQState,
		"hqCountry": l.HQCountry, "hqPostal": l.HQPostal, "incorporationDate": l.IncorporationDate} {
		set(form, name, value)
	}
	if l.Level2 {
		form.Set("isLevel2DataConsolidate", yesNo(l.Level2Consolidate))
		form.Set("isLevel2DataUltimate", yesNo(l.Level2Ultimate))
	}
	if l.Test {
		form.Set("test", "1")
	}
	return form
}

func yesNo(yes bool) string {
	if yes {
		return "1"
	}
	return "0"
}

// LEI is an order of a legal entity identifier.
type LEI struct {
	Envelope
	ProductID   wire.Int   `json:"product_id"`
	OrderID     wire.Int   `json:"order_id"`
	OrderNumber wire.Text  `json:"order_number"`
	OrderStatus wire.Text  `json:"order_status"`
	Status      wire.Text  `json:"status"`
	LEINumber   wire.Text  `json:"lei_number"`
	LegalName   wire.Text  `json:"legalName"`
	Amount      wire.Cents `json:"order_amount"`
	Currency    wire.Text  `json:"currency"`
}

// CreateLEI is CreateNewLEI, POST /orders/lei/create.
func (c *Client) CreateLEI(ctx context.Context, l NewLEI) (a LEI, err error) {
	return a, c.sendOnce(ctx, "/orders/lei/create", l.OnceKey, l.form(), &a)
}

// Jurisdiction is a country or state whose companies can be registered. Group A is automatic, B takes hours, C is done by hand.
type Jurisdiction struct {
	Code  wire.Text `json:"code"`
	Group wire.Text `json:"group"`
	Notes wire.Text `json:"notes"`
}

// LEIJurisdictions is getLEIJurisdictions, GET /lei/jurisdictions.
func (c *Client) LEIJurisdictions(ctx context.Context) ([]Jurisdiction, error) {
	var a struct {
		Envelope
		Jurisdictions wire.List[Jurisdiction] `json:"jurisdictions"`
	}
	err := c.get(ctx, "/lei/jurisdictions", nil, &a)
	return a.Jurisdictions, err
}

// LEIStatus is getLeiStatus, GET /lei/status/{id}.
func (c *Client) LEIStatus(ctx context.Context, id int64) (a LEI, err error) {
	return a, c.get(ctx, "/lei/status/"+number(id), nil, &a)
}

// ConfirmLEI is ConfirmLEIDataQuality, POST /lei/confirm/{id}: the order goes on, or is rejected.
func (c *Client) ConfirmLEI(ctx context.Context, id int64, confirm bool) (a LEI, err error) {
	return a, c.send(ctx, "/lei/confirm/"+number(id), url.Values{"confirm": {yesNo(confirm)}}, &a)
}

// Entity is a legal entity in the register.
type Entity struct {
	LEINumber      wire.Text `json:"leiNumber"`
	NextRenewal    wire.Date `json:"nextRenewalDate"`
	EntityStatus   wire.Text `json:"entityStatus"`
	LEIStatus      wire.Text `json:"leiStatus"`
	LegalName      wire.Text `json:"legalName"`
	RegistrationID wire.Text `json:"registrationAuthorityEntityId"`
	LegalForm      wire.Text `json:"entityLegalFormCode"`
	Jurisdiction   wire.Text `json:"legalJurisdiction"`
	LegalAddress   wire.Text `json:"legalfirstAddressLine"`
	LegalCity      wire.Text `json:"legalCity"`
	LegalState     wire.Text `json:"legalState"`
	LegalPostal    wire.Text `json:"legalPostal"`
	LegalCountry   wire.Text `json:"legalCountry"`
	HQAddress      wire.Text `json:"hqfirstAddressLine"`
	HQCity         wire.Text `json:"hqCity"`
	HQState        wire.Text `json:"hqState"`
	HQPostal       wire.Text `json:"hqPostal"`
	HQCountry      wire.Text `json:"hqCountry"`
}

// LookUpLEI is leiLookup, GET /lei/lookup: by number or part of a company's name.
func (c *Client) LookUpLEI(ctx context.Context, query string) ([]Entity, error) {
	var a struct {
		Envelope
		Result wire.List[Entity] `json:"result"`
	}
	err := c.get(ctx, "/lei/lookup", url.Values{"query": {query}}, &a)
	return a.Result, err
}
