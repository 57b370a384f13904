package e2e

import (
	"bufio"
	"database/sql"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

const metricsToken = "a-token-of-the-tests"

func TestHelpNamesEveryCommandInLinesThatFit(t *testing.T) {
	code, out, _ := certbay("--help")
	if code != 0 {
		t.Errorf("--help exits %d", code)
	}
	for _, command := range []string{"serve", "demo", "migrate", "admin create", "verify", "backup", "rotate-key", "version"} {
		if !strings.Contains(out, "\n  "+command) {
			t.Errorf("--help does not list %s", command)
		}
	}
	for _, args := range [][]string{{"--help"}, {"serve", "--help"}, {"demo", "--help"}} {
		_, out, _ := certbay(args...)
		for line := range strings.Lines(out) {
			if len([]rune(line)) > 121 {
				t.Errorf("%v: this line is too long: %s", args, line)
			}
		}
		if strings.Contains(out, "fail-at") {
			t.Errorf("%v tells of the crash tests' flag", args)
		}
	}
}

func TestBadSettingIsRefusedWithOneLine(t *testing.T) {
	dir := t.TempDir()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer taken.Close()
	must(t, os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("this is no book, whatever its name may be"), 0o600))
	for _, c := range []struct {
		name string
		args []string
		says string
	}{
		{"base URL of another scheme", []string{"serve", "--base-url", "ftp://shop.example"}, "--base-url"},
		{"base URL that is a host", []string{"serve", "--base-url", "shop.example"}, "--base-url"},
		{"base URL with a path", []string{"serve", "--base-url", "https://shop.example/portal"}, "base"},
		{"certificate without key", []string{"serve", "--tls-cert", "cert.pem"}, "--tls-key"},
		{"key without certificate", []string{"serve", "--tls-key", "key.pem"}, "--tls-cert"},
		{"certificate that is not there", []string{"serve", "--tls-cert", filepath.Join(dir, "no.pem"), "--tls-key", filepath.Join(dir, "no.key")}, "no.pem"},
		{"automatic TLS without a host", []string{"serve", "--tls-auto", "me@shop.example"}, "--tls-auto"},
		{"book in a folder that can't be", []string{"serve", "--database", filepath.Join(dir, "notes.txt", "book.db")}, "book.db"},
		{"book that is something else", []string{"serve", "--database", filepath.Join(dir, "notes.txt")}, "notes.txt"},
		{"book on a server that is not there", []string{"serve", "--database", "postgres://127.0.0.1:1/book?connect_timeout=2"}, "127.0.0.1"},
		{"address in use", []string{"serve", "--addr", taken.Addr().String()}, "in use"},
		{"mail server that is none", []string{"serve", "--smtp", "http://mail.example"}, "smtp"},
		{"verify of no book", []string{"verify"}, "no book"},
		{"backup of no book", []string{"backup", filepath.Join(dir, "copy.db")}, "no book"},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := append(c.args, "--data", filepath.Join(t.TempDir(), "data"))
			if c.args[0] == "serve" && c.name != "address in use" {
				args = append(args, "--addr", "127.0.0.1:0")
			}
			code, out, errors := certbay(args...)
			lines := strings.Split(strings.TrimSpace(errors), "\n")
			last := lines[len(lines)-1]
			if code == 0 || !strings.HasPrefix(last, "certbay: ") || !strings.Contains(last, c.says) {
				t.Errorf("exit %d, says %q, want something about %q", code, last, c.says)
			}
			for _, line := range lines[:len(lines)-1] {
				if !strings.HasPrefix(line, "time=") {
					t.Errorf("it says more than one line:\n%s%s", out, errors)
				}
			}
		})
	}
	code, _, errors := certbay("serve", "--colour", "blue")
	if code == 0 || !strings.Contains(errors, "unknown flag --colour") {
		t.Errorf("an unknown flag exits %d: %s", code, errors)
	}
}

func TestVersionIsPrinted(t *testing.T) {
	if code, out, _ := certbay("version"); code != 0 || !strings.HasPrefix(out, "certbay ") {
		t.Errorf("version exits %d: %s", code, out)
	}
}

func TestVerifyNamesTheRowThatWasTamperedWith(t *testing.T) {
	dir := copied(t)
	if code, out, errors := certbay("verify", "--data", dir); code != 0 || !strings.Contains(out, "sound") {
		t.Fatalf("a fresh book: exit %d: %s%s", code, out, errors)
	}
	book, err := sql.Open("sqlite", filepath.Join(dir, "book.db"))
	must(t, err)
	_, err = book.Exec(`update account set balance_cents = balance_cents + 1 where id = (select max(id) from account where kind = 'wallet')`)
	must(t, err)
	var id string
	must(t, book.QueryRow(`select max(id) from account where kind = 'wallet'`).Scan(&id))
	must(t, book.Close())
	code, out, errors := certbay("verify", "--data", dir)
	if code != 1 || !strings.Contains(errors, "account "+id+" ") {
		t.Errorf("a tampered balance: exit %d: %s%s", code, out, errors)
	}
}

func TestBackupOfARunningShopIsASoundBook(t *testing.T) {
	file := filepath.Join(t.TempDir(), "copy.db")
	if code, out, errors := certbay("backup", "--data", shop.dir, file); code != 0 {
		t.Fatalf("backup exits %d: %s%s", code, out, errors)
	}
	if code, out, errors := certbay("verify", "--database", file); code != 0 || !strings.Contains(out, "sound") {
		t.Errorf("verify of the copy exits %d: %s%s", code, out, errors)
	}
	if code, _, errors := certbay("backup", "--data", shop.dir, file); code == 0 {
		t.Errorf("a backup overwrites another one: %s", errors)
	}
}

func TestMachinesAreAnswered(t *testing.T) {
	v := visit(t, shop)
	for path, says := range map[string]string{"/healthz": "ok", "/readyz": "ready"} {
		if a := v.get(path); a.status != http.StatusOK || strings.TrimSpace(a.body) != says {
			t.Errorf("%s answers %d %q", path, a.status, a.body)
		}
	}
	if a := v.get("/metrics"); a.status != http.StatusUnauthorized {
		t.Errorf("/metrics without the token answers %d", a.status)
	}
	r, err := http.NewRequest(http.MethodGet, shop.url+"/metrics", nil)
	must(t, err)
	r.Header.Set("Authorization", "Bearer "+metricsToken)
	res, err := v.client.Do(r)
	must(t, err)
	defer res.Body.Close()
	families := map[string]bool{}
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		name, _, _ := strings.Cut(strings.TrimPrefix(lines.Text(), "# TYPE "), " ")
		families[name] = true
	}
	for _, name := range []string{"certbay_http_request_seconds", "certbay_jobs", "certbay_csp_reports_total"} {
		if !families[name] {
			t.Errorf("/metrics does not tell %s", name)
		}
	}
}

func TestStopLetsRequestsFinish(t *testing.T) {
	p, err := startDemo(copied(t))
	must(t, err)
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	must(t, err)
	defer conn.Close()
	body := form("email", "nobody@nowhere.example", "password", "wrong").Encode()
	_, err = fmt.Fprintf(conn, "POST /sign-in HTTP/1.1\r\nHost: shop\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s", len(body), body[:10])
	must(t, err)
	time.Sleep(300 * time.Millisecond) // until the server has begun to read
	stopped := make(chan error, 1)
	go func() { stopped <- p.stop() }()
	time.Sleep(500 * time.Millisecond)
	if _, err := net.DialTimeout("tcp", strings.TrimPrefix(p.url, "http://"), time.Second); err == nil {
		t.Error("a stopping server takes new connections")
	}
	_, err = conn.Write([]byte(body[10:]))
	must(t, err)
	must(t, conn.SetReadDeadline(time.Now().Add(10*time.Second)))
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("the request under way is not answered: %v", err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("the request under way is answered %d", res.StatusCode)
	}
	must(t, <-stopped)
}

// The bars of the story; what was measured is in the log of `go test -v`.
func TestDemoStartsFastAndIdlesSmall(t *testing.T) {
	t.Logf("from start to first page on a seeded book: %d ms (bar 1000)", secondStart.Milliseconds())
	if secondStart > 3*time.Second { // with room for a busy machine
		t.Errorf("the demo takes %v to its first page", secondStart)
	}
	if runtime.GOOS != "linux" {
		return
	}
	p, err := startDemo(copied(t))
	must(t, err)
	must(t, p.answers())
	time.Sleep(2 * time.Second)
	status, err := os.ReadFile("/proc/" + strconv.Itoa(p.cmd.Process.Pid) + "/status")
	must(t, err)
	found := regexp.MustCompile(`VmRSS:\s+(\d+) kB`).FindSubmatch(status)
	kilobytes, err := strconv.Atoi(string(found[1]))
	must(t, err)
	t.Logf("idle: %d MB (bar 100)", kilobytes/1024)
	if kilobytes > 100*1024 {
		t.Errorf("the demo idles at %d MB", kilobytes/1024)
	}
	must(t, p.stop())
}

// copied is a folder with a seeded demo of its own.
func copied(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "demo")
	must(t, os.CopyFS(dir, os.DirFS(seeded)))
	return dir
}
