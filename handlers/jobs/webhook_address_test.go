package jobs_test

import (
	"context"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"certbay/db"
	"certbay/handlers/jobs"
)

// nameServer is a real DNS server on loopback that answers each question as told.
func nameServer(t *testing.T, answer func(q dns.Question) []string) *net.Resolver {
	t.Helper()
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &dns.Server{PacketConn: socket, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, r *dns.Msg) {
		m := new(dns.Msg)
		m.SetReply(r)
		m.RecursionAvailable = true
		for _, text := range answer(r.Question[0]) {
			rr, err := dns.NewRR(text)
			if err != nil {
				t.Error(err)
				continue
			}
			m.Answer = append(m.Answer, rr)
		}
		w.WriteMsg(m)
	})}
	go server.ActivateAndServe()
	t.Cleanup(func() { server.Shutdown() })
	address := socket.LocalAddr().String()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", address)
	}}
}

// door is a listener on loopback that counts who knocks.
func door(t *testing.T) (port string, knocks *atomic.Int64) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	knocks = new(atomic.Int64)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			knocks.Add(1)
			c.Close()
		}
	}()
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return port, knocks
}

// try sends a test event to an address and answers what the log says of it.
func (y *yard) try(url string) string {
	y.t.Helper()
	w, _, err := y.book.CreateWebhook(ctx, y.by, y.reseller, db.WebhookWish{URL: url, Events: db.WebhookEvents})
	if err != nil {
		y.t.Fatalf("%s: %v", url, err)
	}
	if _, _, err := y.book.TestWebhook(ctx, y.by, y.reseller, w.ID); err != nil {
		y.t.Fatal(err)
	}
	job, err := y.book.ClaimJobIn(ctx, db.LaneWebhook, time.Minute)
	if err != nil {
		y.t.Fatal(err)
	}
	if err := y.worker.Do(ctx, job); err != nil {
		y.t.Fatal(err)
	}
	said := y.deliveries(w)[0].LastError
	if err := y.book.RemoveWebhook(ctx, y.by, y.reseller, w.ID); err != nil {
		y.t.Fatal(err)
	}
	return said
}

// Whatever a public name resolves to, no private address is connected to.
func TestANameThatLeadsInsideIsRefused(t *testing.T) {
	y := openYard(t)
	port, knocks := door(t)
	for name, records := range map[string][]string{
		"loopback": {"A 127.0.0.1"}, "unspecified": {"A 0.0.0.0"}, "private": {"A 10.1.2.3"}, "private 172": {"A 172.16.9.9"}, "private 192": {"A 192.168.0.10"},
		"cgnat": {"A 100.64.0.1"}, "metadata": {"A 169.254.169.254"}, "multicast": {"A 224.0.0.1"}, "broadcast": {"A 255.255.255.255"},
		"loopback 6": {"AAAA ::1"}, "unspecified 6": {"AAAA ::"}, "link-local 6": {"AAAA fe80::1"}, "unique local": {"AAAA fd00::1"}, "metadata 6": {"AAAA fd00:ec2::254"},
		"nat64": {"AAAA 64:ff9b::7f00:1"}, "6to4": {"AAAA 2002:7f00:1::"}, "teredo": {"AAAA 2001::1"}, "multicast 6": {"AAAA ff02::1"},
		"several": {"A 127.0.0.1", "A 10.0.0.1", "AAAA ::1"},
	} {
		y.worker.Webhooks = jobs.WebhookCalls{Timeout: 2 * time.Second, Resolver: nameServer(t, func(q dns.Question) (list []string) {
			for _, r := range records {
				if kind, _, _ := strings.Cut(r, " "); dns.StringToType[kind] == q.Qtype {
					list = append(list, q.Name+" 0 IN "+r)
				}
			}
			return list
		})}
		if said := y.try("https://hooks.ornek.com.tr:" + port); said != "refused: not a public address" {
			t.Errorf("%s: %q", name, said)
		}
	}
	// IPv4-mapped addresses come back as IPv4 from a resolver; an alias leads on.
	y.worker.Webhooks.Resolver = nameServer(t, func(q dns.Question) []string {
		if q.Qtype != dns.TypeA {
			return nil
		}
		return []string{q.Name + " 0 IN CNAME inside.ornek.com.tr.", "inside.ornek.com.tr. 0 IN A 127.0.0.1"}
	})
	if said := y.try("https://alias.ornek.com.tr:" + port); said != "refused: not a public address" {
		t.Errorf("alias: %q", said)
	}
	y.worker.Webhooks.Resolver = nameServer(t, func(dns.Question) []string { return nil })
	if said := y.try("https://nowhere.ornek.com.tr:" + port); said != "no such host" {
		t.Errorf("no address: %q", said)
	}
	if n := knocks.Load(); n != 0 {
		t.Errorf("%d connections inside", n)
	}
}

// A name that is public when it is first looked at, and this machine the next
// time, or both at once, still leads nowhere inside.
func TestANameThatChangesItsMindLeadsNowhere(t *testing.T) {
	y := openYard(t)
	port, knocks := door(t)
	var asked atomic.Int64
	for name, answer := range map[string]func(n int64) []string{
		"alternating": func(n int64) []string { return [][]string{{"A 198.41.0.4"}, {"A 127.0.0.1"}}[n%2] },
		"both":        func(int64) []string { return []string{"A 198.41.0.4", "A 127.0.0.1"} },
		"other order": func(int64) []string { return []string{"A 127.0.0.1", "A 198.41.0.4"} },
	} {
		y.worker.Webhooks = jobs.WebhookCalls{Timeout: 300 * time.Millisecond, Resolver: nameServer(t, func(q dns.Question) (list []string) {
			if q.Qtype != dns.TypeA {
				return nil
			}
			for _, r := range answer(asked.Add(1)) {
				list = append(list, q.Name+" 0 IN "+r)
			}
			return list
		})}
		for range 6 {
			if said := y.try("https://rebind.ornek.com.tr:" + port); said == "" {
				t.Errorf("%s: delivered", name)
			}
		}
	}
	if asked.Load() < 18 {
		t.Errorf("the name was asked for %d times only", asked.Load())
	}
	if n := knocks.Load(); n != 0 {
		t.Errorf("%d connections inside", n)
	}
}

// A demo may call this machine, and nothing else that is not public.
func TestADemoReachesThisMachineOnly(t *testing.T) {
	y := openYard(t)
	port, knocks := door(t)
	for address, inside := range map[string]bool{"127.0.0.1": true, "10.0.0.1": false, "169.254.169.254": false, "0.0.0.0": false} {
		before := knocks.Load()
		y.worker.Webhooks = jobs.WebhookCalls{Loopback: true, Timeout: 2 * time.Second, Resolver: nameServer(t, func(q dns.Question) []string {
			if q.Qtype != dns.TypeA {
				return nil
			}
			return []string{q.Name + " 0 IN A " + address}
		})}
		said := y.try("https://hooks.ornek.com.tr:" + port)
		if refused := said == "refused: not a public address"; refused == inside || (knocks.Load() > before) != inside {
			t.Errorf("%s: %q, %d connections", address, said, knocks.Load()-before)
		}
	}
}
