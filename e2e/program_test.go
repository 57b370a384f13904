package e2e

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"
)

// program is one running certbay.
type program struct {
	dir    string // its data folder
	url    string
	access access // of a demo

	cmd    *exec.Cmd
	ended  chan struct{} // closed when the process is gone
	result error         // of the process; read it after ended

	mu  sync.Mutex
	out strings.Builder // guarded by mu: what it printed
	log strings.Builder // guarded by mu: what it logged
}

// login is how somebody signs in.
type login struct {
	Role     string `json:"role"`
	Company  string `json:"company"`
	Email    string `json:"email"`
	Password string `json:"password"`
	APIKey   string `json:"api_key"`
}

// access is demo.json.
type access struct {
	URL           string  `json:"url"`
	Admin         login   `json:"admin"`
	Support       login   `json:"support"`
	Reseller      login   `json:"reseller"`
	OtherReseller login   `json:"other_reseller"`
	CustomerLink  string  `json:"customer_link"`
	Staff         []login `json:"staff"`

	Upstream struct { // the shop that this one buys from
		URL      string `json:"url"`
		Name     string `json:"name"`
		Admin    login  `json:"admin"`
		Reseller login  `json:"reseller"`
	} `json:"upstream_shop"`
}

// of finds somebody by role and company.
func (a access) of(role, company string) login {
	for _, l := range a.Staff {
		if l.Role == role && l.Company == company {
			return l
		}
	}
	return login{}
}

// startDemo starts a demo on a free port and returns once it listens.
func startDemo(dir string, flags ...string) (*program, error) {
	p, err := launch(dir, regexp.MustCompile(`The demo shop is open: (http://\S+)`),
		append(append([]string{"demo", "--data", dir, "--addr", "127.0.0.1:0"}, demoFlags...), flags...)...)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(dir, "demo.json"))
	if err == nil {
		err = json.Unmarshal(text, &p.access)
	}
	if err == nil && p.access.URL != p.url {
		err = fmt.Errorf("demo.json says %s, the demo listens on %s", p.access.URL, p.url)
	}
	if err != nil {
		p.kill()
		return nil, err
	}
	return p, nil
}

// launch starts certbay and returns once a line says that it listens;
// the expression's first group is its address.
func launch(dir string, listens *regexp.Regexp, args ...string) (*program, error) {
	p := &program{dir: dir, cmd: exec.Command(binary, args...), ended: make(chan struct{})}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	url := make(chan string, 1)
	var reading sync.WaitGroup
	read := func(from io.Reader, to *strings.Builder) {
		for lines := bufio.NewScanner(from); lines.Scan(); {
			p.keep(to, lines.Text())
			if found := listens.FindStringSubmatch(lines.Text()); found != nil {
				url <- found[1]
			}
		}
	}
	reading.Go(func() { read(stdout, &p.out) })
	reading.Go(func() { read(stderr, &p.log) })
	go func() {
		reading.Wait()
		p.result = p.cmd.Wait()
		close(p.ended)
	}()
	select {
	case p.url = <-url:
		return p, nil
	case <-p.ended:
		return nil, fmt.Errorf("certbay %s: %w\n%s", strings.Join(args, " "), p.result, p.logged())
	case <-time.After(time.Minute):
		p.kill()
		return nil, fmt.Errorf("certbay %s does not listen after a minute\n%s", strings.Join(args, " "), p.logged())
	}
}

func (p *program) keep(to *strings.Builder, line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	to.WriteString(line + "\n")
}

func (p *program) logged() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.String()
}

func (p *program) printed() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.String()
}

// answers asks for the first page.
func (p *program) answers() error {
	res, err := http.Get(p.url + "/sign-in")
	if err != nil {
		return err
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("/sign-in answers %s", res.Status)
	}
	return nil
}

// stop asks the program to end and wants it to do so by itself and cleanly.
func (p *program) stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("it had ended before: %w", err)
	}
	select {
	case <-p.ended:
	case <-time.After(40 * time.Second):
		p.kill()
		return errors.New("it did not stop within 40 seconds of SIGTERM")
	}
	if p.result != nil {
		return fmt.Errorf("it did not stop cleanly: %w\n%s", p.result, p.logged())
	}
	return nil
}

func (p *program) kill() {
	_ = p.cmd.Process.Kill() // gone already is fine
	<-p.ended
}

// gone waits until the program is dead and says by which signal.
func (p *program) gone(patience time.Duration) (syscall.Signal, bool) {
	select {
	case <-p.ended:
	case <-time.After(patience):
		return 0, false
	}
	status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() {
		return 0, false
	}
	return status.Signal(), true
}

// soundLog wants no panic, no error and no secret in what the program logged.
func (p *program) soundLog() error {
	text := p.logged()
	for _, l := range append([]login{p.access.Admin, p.access.Support, p.access.Reseller, p.access.OtherReseller, p.access.Upstream.Admin, p.access.Upstream.Reseller}, p.access.Staff...) {
		if strings.Contains(text, l.Password) {
			return fmt.Errorf("the log holds the password of %s", l.Email)
		}
		if l.APIKey != "" && strings.Contains(text, l.APIKey) {
			return fmt.Errorf("the log holds the API key of %s", l.Company)
		}
	}
	for line := range strings.Lines(text) {
		if strings.Contains(line, "level=ERROR") || strings.Contains(line, "msg=panic") {
			return fmt.Errorf("the log tells of trouble: %s", line)
		}
	}
	if strings.Contains(text, "PRIVATE KEY") {
		return errors.New("the log holds a private key")
	}
	return nil
}

// certbay runs a command to its end and gives its exit code and both outputs.
func certbay(args ...string) (code int, stdout, stderr string) {
	var out, err strings.Builder
	cmd := exec.Command(binary, args...)
	cmd.Stdout, cmd.Stderr = &out, &err
	cmd.WaitDelay = 5 * time.Second
	timer := time.AfterFunc(30*time.Second, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	if failed := cmd.Run(); failed != nil && cmd.ProcessState == nil {
		return -1, "", failed.Error()
	}
	return cmd.ProcessState.ExitCode(), out.String(), err.String()
}
