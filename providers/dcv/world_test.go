package dcv

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"certbay/providers"
)

// world is a piece of internet on loopback: one recursive resolver on its own port, two name servers that share a port on
// 127.0.0.1 and 127.0.0.2, one web server. Records are zone file lines.
type world struct {
	t       *testing.T
	checker *Checker
	mu      sync.Mutex
	zones   map[string]map[string]bool // server ("resolver", "ns1", "ns2") -> lines
	rcode   map[string]int             // server + " " + name -> forced answer
	silent  map[string]bool            // servers that never answer
	bogus   map[string]bool            // names whose signatures a validating resolver refuses
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, zones: map[string]map[string]bool{}, rcode: map[string]int{}, silent: map[string]bool{}, bogus: map[string]bool{}}
	port := 0
	for range 20 {
		ns1, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port = ns1.LocalAddr().(*net.UDPAddr).Port
		address := "127.0.0.2:" + strconv.Itoa(port)
		ns2, err := net.ListenPacket("udp", address)
		if err != nil {
			ns1.Close()
			continue
		}
		tcp, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port))
		if err != nil {
			ns1.Close()
			ns2.Close()
			continue
		}
		w.serve("ns1", ns1, tcp)
		w.serve("ns2", ns2, nil)
		break
	}
	rec, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.serve("resolver", rec, nil)
	w.checker = &Checker{
		Resolver:     &Resolver{Addr: rec.LocalAddr().String()},
		DNSPort:      port,
		AllowPrivate: true,
		Timeout:      5 * time.Second,
	}
	w.add("resolver", "example.com. 60 IN NS ns1.dns.test.", "example.com. 60 IN NS ns2.dns.test.",
		"ns1.dns.test. 60 IN A 127.0.0.1", "ns2.dns.test. 60 IN A 127.0.0.2")
	return w
}

func (w *world) serve(server string, udp net.PacketConn, tcp net.Listener) {
	h := dns.HandlerFunc(func(rw dns.ResponseWriter, q *dns.Msg) { w.answer(server, rw, q) })
	s := &dns.Server{PacketConn: udp, Handler: h}
	go s.ActivateAndServe()
	w.t.Cleanup(func() { udp.Close() })
	if tcp != nil {
		s := &dns.Server{Listener: tcp, Handler: h}
		go s.ActivateAndServe()
		w.t.Cleanup(func() { tcp.Close() })
	}
}

func (w *world) add(server string, lines ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.zones[server] == nil {
		w.zones[server] = map[string]bool{}
	}
	for _, l := range lines {
		w.zones[server][l] = true
	}
}

func (w *world) remove(server, line string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.zones[server], line)
}

// fail makes a server answer a name with an error.
func (w *world) fail(server, name string, rcode int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rcode[server+" "+dns.Fqdn(name)] = rcode
}

// lose makes a server answer a name as if it did not have the zone.
func (w *world) lose(server, name string) { w.fail(server, name, lost) }

const lost = -1

func (w *world) silence(server string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.silent[server] = true
}

func (w *world) breakSignatures(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.bogus[dns.Fqdn(name)] = true
}

func (w *world) answer(server string, rw dns.ResponseWriter, q *dns.Msg) {
	w.mu.Lock()
	defer w.mu.Unlock()
	name, qtype := dns.CanonicalName(q.Question[0].Name), q.Question[0].Qtype
	if w.silent[server] {
		return
	}
	m := new(dns.Msg).SetReply(q)
	if (server == "resolver") != q.RecursionDesired {
		w.t.Errorf("%s was asked %s with recursion desired = %v", server, name, q.RecursionDesired)
	}
	m.Authoritative = server != "resolver"
	if server == "resolver" && w.bogus[name] && !q.CheckingDisabled {
		m.Rcode = dns.RcodeServerFailure
		rw.WriteMsg(m)
		return
	}
	if code, ok := w.rcode[server+" "+name]; ok {
		if m.Rcode = code; code == lost {
			m.Rcode, m.Authoritative = dns.RcodeSuccess, false
		}
		rw.WriteMsg(m)
		return
	}
	exists := false
	for line := range w.zones[server] {
		rr, err := dns.NewRR(line)
		if err != nil {
			w.t.Error(err)
			continue
		}
		if dns.CanonicalName(rr.Header().Name) != name {
			continue
		}
		exists = true
		if rr.Header().Rrtype == qtype || rr.Header().Rrtype == dns.TypeCNAME {
			m.Answer = append(m.Answer, rr)
		}
	}
	if !exists {
		m.Rcode = dns.RcodeNameError
	}
	if _, udp := rw.RemoteAddr().(*net.UDPAddr); udp {
		m.Truncate(512)
	}
	rw.WriteMsg(m)
}

// web starts a web server on loopback that the checker meets on port 80, and resolves the hosts to it.
func (w *world) web(h http.Handler, hosts ...string) *httptest.Server {
	s := httptest.NewServer(h)
	w.t.Cleanup(s.Close)
	w.checker.HTTPPort = s.Listener.Addr().(*net.TCPAddr).Port
	for _, host := range hosts {
		w.add("resolver", host+". 60 IN A 127.0.0.1")
	}
	return s
}

func (w *world) check(e Expectation) Report {
	w.t.Helper()
	return w.checker.Check(context.Background(), e)
}

const expectedTarget = "aaaa.bbbb.unique.sandbox-ca.test."

func cname(host string) Expectation {
	return Expectation{Name: "example.com", Method: providers.MethodDNS,
		Instruction: providers.Instruction{RecordType: "CNAME", Host: host, Value: expectedTarget}}
}

func txt(host, value string) Expectation {
	return Expectation{Name: "example.com", Method: providers.MethodDNS,
		Instruction: providers.Instruction{RecordType: "TXT", Host: host, Value: value}}
}

const fileContent = "SHA\r\nsandbox-ca.test\r\nunique"

func file(url string) Expectation {
	return Expectation{Name: "example.com", Method: providers.MethodHTTP,
		Instruction: providers.Instruction{FileURL: url, FileName: "X.txt", FileContent: fileContent}}
}
