package db_test

import (
	"encoding/json"
	"errors"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"certbay/db"
)

func TestOnlyThePublicInternetIsReached(t *testing.T) {
	for _, text := range []string{
		"127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.1.1", // own, private
		"100.64.0.1", "100.127.255.255", "169.254.169.254", "169.254.0.1", "192.0.0.170", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.19.255.255", // CGNAT, metadata, reserved
		"198.51.100.1", "203.0.113.9", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", // multicast, broadcast
		"::", "::1", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "ff0e::1", "100::1", // own, link-local, unique local, multicast
		"::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:10.0.0.1", "::8.8.8.8", // IPv4-mapped and -compatible
		"64:ff9b::8.8.8.8", "64:ff9b::10.0.0.1", "64:ff9b:1::1", // NAT64
		"2002:0a00:0001::1", "2002:0808:0808::1", "2001::1", "2001:0:4136:e378::1", "2001:db8::1", "3fff::1", "5f00::1", "2001:10::1", "2001:20::1", // 6to4, Teredo, documentation, ORCHID
	} {
		if db.PublicAddress(netip.MustParseAddr(text)) {
			t.Errorf("%s counts as public", text)
		}
	}
	for _, text := range []string{"8.8.8.8", "1.1.1.1", "11.0.0.1", "172.15.255.255", "172.32.0.1", "100.63.255.255", "100.128.0.1", "192.167.1.1", "223.255.255.255",
		"2606:4700::1111", "2a00:1450:4001:82a::200e", "2001:4860:4860::8888", "2003::1"} {
		if !db.PublicAddress(netip.MustParseAddr(text)) {
			t.Errorf("%s is refused", text)
		}
	}
	if db.PublicAddress(netip.Addr{}) {
		t.Error("no address counts as public")
	}
}

func TestAnEndpointsAddressIsHTTPSOnThePublicInternet(t *testing.T) {
	s := openShop(t, 0)
	for address, want := range map[string][2]string{ // the problem in a shop, and in a demo
		"https://app.ornek.com.tr/hooks?a=b": {"", ""}, "https://app.ornek.com.tr:443": {"", ""}, "https://app.ornek.com.tr:8443": {"", ""}, "https://8.8.8.8/x": {"", ""},
		"https://örnek.com.tr/": {"", ""}, "https://[2606:4700::1111]/": {"", ""},
		"http://app.ornek.com.tr": {"not_https", ""}, "http://127.0.0.1:4000/x": {"not_https", ""}, "https://127.0.0.1:4000": {"not_public", ""},
		"https://[::1]:4000": {"not_public", ""}, "https://localhost:4000": {"not_public", ""}, "https://intranet/": {"not_public", ""}, "https://db.internal": {"not_public", ""}, "https://a.localhost.": {"not_public", ""},
		"https://10.0.0.1/": {"not_public", "not_public"}, "https://169.254.169.254/latest/meta-data": {"not_public", "not_public"}, "https://[::ffff:10.0.0.1]/": {"not_public", "not_public"},
		"https://app.ornek.com.tr:25": {"bad_port", "bad_port"}, "https://app.ornek.com.tr:0": {"bad_port", "bad_port"}, "https://app.ornek.com.tr:1023": {"bad_port", "bad_port"}, "https://app.ornek.com.tr:99999": {"bad_port", "bad_port"},
		"": {"bad_url", "bad_url"}, "app.ornek.com.tr": {"bad_url", "bad_url"}, "https://": {"bad_url", "bad_url"}, "https://user:pass@app.ornek.com.tr": {"bad_url", "bad_url"},
		"https://app.ornek.com.tr/#x": {"bad_url", "bad_url"}, "https:app.ornek.com.tr": {"bad_url", "bad_url"}, "https://app.ornek.com.tr\\@10.0.0.1": {"bad_url", "bad_url"}, "https://a b.com": {"bad_url", "bad_url"},
		"ftp://app.ornek.com.tr": {"not_https", "not_https"}, "javascript:alert(1)": {"bad_url", "bad_url"}, "https://a.com/" + strings.Repeat("x", 1000): {"bad_url", "bad_url"},
	} {
		for i, loopback := range []bool{false, true} {
			w, _, err := s.CreateWebhook(ctx, s.staff, s.reseller, db.WebhookWish{URL: address, Events: db.WebhookEvents, Loopback: loopback})
			got := ""
			var rejected *db.Rejected
			if errors.As(err, &rejected) {
				got = rejected.Problems[0].Code
			} else if err != nil {
				t.Fatal(err)
			} else if err := s.RemoveWebhook(ctx, s.staff, s.reseller, w.ID); err != nil {
				t.Fatal(err)
			}
			if got != want[i] {
				t.Errorf("%.60q, demo %t: %q, want %q", address, loopback, got, want[i])
			}
		}
	}
	for name, wish := range map[string]db.WebhookWish{
		"events":      {URL: "https://a.com"},
		"description": {URL: "https://a.com", Events: db.WebhookEvents, Description: strings.Repeat("ü", 201)},
	} {
		var rejected *db.Rejected
		if _, _, err := s.CreateWebhook(ctx, s.staff, s.reseller, wish); !errors.As(err, &rejected) || rejected.Problems[0].Field != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	var rejected *db.Rejected
	unknown := db.WebhookWish{URL: "https://a.com", Events: []db.WebhookEvent{db.OrderCreated, "webhook.test"}}
	if _, _, err := s.CreateWebhook(ctx, s.staff, s.reseller, unknown); !errors.As(err, &rejected) {
		t.Errorf("an event nobody may choose: %v", err)
	}
}

func TestTheScheduleGoesOnForThreeDays(t *testing.T) {
	var total time.Duration
	for i, d := range db.WebhookSchedule {
		if i > 0 && d < db.WebhookSchedule[i-1] {
			t.Errorf("try %d comes sooner than the one before", i)
		}
		total += d
	}
	if len(db.WebhookSchedule) != 10 || total < 72*time.Hour || total >= db.WebhookPatience {
		t.Errorf("%d tries in %s", len(db.WebhookSchedule), total)
	}
}

// The examples are what integrators build on: every event has one, amounts have
// two decimals, and no field is empty.
func TestEveryEventHasAnExample(t *testing.T) {
	examples := map[db.WebhookEvent]string{}
	for _, e := range db.WebhookExamples() {
		text := must[[]byte](t)(json.Marshal(e))
		examples[e.Type] = string(text)
		if regexp.MustCompile(`:(""|0|null|"0001-)[,}]`).Match(text) {
			t.Errorf("an empty field: %s", text)
		}
	}
	for _, e := range append(db.WebhookEvents, db.WebhookTest) {
		if !strings.HasPrefix(examples[e], `{"type":"`+string(e)+`","timestamp":"2026-11-20T09:30:00Z","data":{`) {
			t.Errorf("%s: %s", e, examples[e])
		}
	}
	for _, amount := range []string{`"total":12.99`, `"tax":2.60`} {
		if !strings.Contains(examples[db.OrderCreated], amount) {
			t.Errorf("no %s in %s", amount, examples[db.OrderCreated])
		}
	}
}
