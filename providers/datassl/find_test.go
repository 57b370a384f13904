package datassl_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"certbay/providers"
	"certbay/providers/datassl"
)

// says opens a shop that answers every call to a path with the same text.
func says(t *testing.T, path, answer string) *datassl.Shop {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != path {
			t.Errorf("asked for %s", r.URL.Path)
		}
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(s.Close)
	shop, err := datassl.New(datassl.Config{BaseURL: s.URL, Key: "k-1234567"})
	if err != nil {
		t.Fatal(err)
	}
	return shop
}

// A shop that does not know the filter answers all orders; only one that keeps references can say that there is none.
func TestFindSaysUnknownOnlyWhereTheShopCanTell(t *testing.T) {
	for _, tc := range []struct {
		orders string
		id     string
		err    error
	}{
		{``, "", providers.ErrUnknown},
		{`{"id":7,"status":"validation_pending","reference":"ours"}`, "7", nil},
		{`{"id":7,"status":"pending_configuration","reference":"ours"}`, "7", nil},
		{`{"id":7,"status":"pending","reference":"ours"}`, "", providers.ErrUnknown}, // paid only: Submit goes on with it
		{`{"id":7,"status":"pending","type":"licence","reference":"ours"}`, "7", nil},
		{`{"id":7,"status":"cancelled","reference":"ours"}`, "", providers.ErrUnknown},
		{`{"id":7,"status":"cancelled","reference":"ours"},{"id":8,"status":"processing","reference":"ours"}`, "8", nil},
		{`{"id":7,"status":"completed"}`, "", providers.ErrUnsure},
		{`{"id":7,"status":"completed","reference":"theirs"}`, "", providers.ErrUnsure},
		{`{"id":7,"status":"completed","reference":null}`, "", providers.ErrUnsure},
	} {
		id, err := says(t, "/orders", `{"success":true,"orders":[`+tc.orders+`]}`).Find(t.Context(), "ours")
		if id != tc.id || !errors.Is(err, tc.err) || errors.Is(err, providers.ErrUnsure) != (tc.err == providers.ErrUnsure) {
			t.Errorf("%s: %q, %v", tc.orders, id, err)
		}
	}
}

func TestUnknownWordsAreErrorsThatQuoteThem(t *testing.T) {
	product := `{"success":true,"products":[{"id":1,"name":"X","brand":"B","type":"%s","validation_type":"%s","pricing":{"%s":"9.00"},"currency":"%s"}]}`
	for what, call := range map[string]func() error{
		"status": func() error {
			_, err := says(t, "/ssl/7", `{"success":true,"ssl":{"order_id":7,"status":"on_fire"}}`).Status(t.Context(), "7")
			return err
		},
		"method": func() error {
			_, err := says(t, "/ssl/7", `{"success":true,"ssl":{"order_id":7,"status":"processing","validation":[{"domain":"a.example","dcv_method":"on_fire"}]}}`).Status(t.Context(), "7")
			return err
		},
		"validation": func() error {
			_, err := says(t, "/ssl/7", `{"success":true,"ssl":{"order_id":7,"status":"processing","validation":[{"domain":"a.example","dcv_method":"dns","status":"on_fire"}]}}`).Status(t.Context(), "7")
			return err
		},
		"type": func() error {
			_, err := says(t, "/products", fmt.Sprintf(product, "on_fire", "dv", "1", "USD")).Products(t.Context())
			return err
		},
		"depth": func() error {
			_, err := says(t, "/products", fmt.Sprintf(product, "ssl", "on_fire", "1", "USD")).Products(t.Context())
			return err
		},
		"term": func() error {
			_, err := says(t, "/products", fmt.Sprintf(product, "ssl", "dv", "on_fire", "USD")).Products(t.Context())
			return err
		},
		"currency": func() error {
			_, err := says(t, "/products", fmt.Sprintf(product, "ssl", "dv", "1", "on_fire")).Products(t.Context())
			return err
		},
	} {
		if err := call(); !errors.Is(err, providers.ErrUnavailable) || !strings.Contains(err.Error(), `"on_fire"`) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := says(t, "/products", fmt.Sprintf(product, "ssl", "dv", "1", "USD")).Products(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestPriceThatIsNotToldIsNotNought(t *testing.T) {
	list, err := says(t, "/products", `{"success":true,"products":[{"id":1,"name":"X","brand":"B","type":"wildcard","validation_type":"ov","pricing":{"2":null,"1":"0.00"}}]}`).Products(t.Context())
	if err != nil || len(list) != 1 || len(list[0].Terms) != 2 {
		t.Fatalf("%+v, %v", list, err)
	}
	if one, two := list[0].Terms[0], list[0].Terms[1]; one.Months != 12 || one.Cost.Currency != "USD" || two.Months != 24 || two.Cost.Currency != "" {
		t.Errorf("%+v", list[0].Terms)
	}
	if len(list[0].Methods) != 2 {
		t.Errorf("a wildcard takes no file: %v", list[0].Methods)
	}
}

func TestConfigurationThatCantWorkIsRefusedAtOnce(t *testing.T) {
	for _, c := range []datassl.Config{{}, {BaseURL: "https://shop.example/api/reseller"}, {Key: "k-1234567"}, {BaseURL: "shop.example", Key: "k-1234567"}} {
		if _, err := datassl.New(c); err == nil {
			t.Errorf("%+v is taken", c)
		}
	}
}
