package e2e

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/playwright-community/playwright-go"
)

const (
	driverFolder = "../.cache/playwright-core-1.52.0"
	axeFile      = "../.cache/axe-core-4.14.1/package/axe.min.js"
	outFolder    = "out"
)

// chromium is the one browser of all tests. It starts with the first test that
// needs it.
type chromium struct {
	driver  *playwright.Playwright
	browser playwright.Browser
	axe     string // source of axe-core
}

var (
	openBrowser = sync.OnceValues(startBrowser)
	opened      *chromium
)

func startBrowser() (*chromium, error) {
	c := &chromium{}
	node, err := exec.LookPath("node")
	program := ""
	if err == nil {
		program, err = exec.LookPath("chromium")
	}
	var source []byte
	if err == nil {
		source, err = os.ReadFile(axeFile)
	}
	if err == nil {
		_, err = os.Stat(filepath.Join(driverFolder, "package", "cli.js"))
	}
	if err != nil {
		return nil, fmt.Errorf("%w: run e2e/install.sh browser", err)
	}
	c.axe = string(source)
	if err := os.Setenv("PLAYWRIGHT_NODEJS_PATH", node); err != nil {
		return nil, err
	}
	driver, err := filepath.Abs(driverFolder)
	if err != nil {
		return nil, err
	}
	if c.driver, err = playwright.Run(&playwright.RunOptions{DriverDirectory: driver, SkipInstallBrowsers: true}); err != nil {
		return nil, err
	}
	c.browser, err = c.driver.Chromium.Launch(playwright.BrowserTypeLaunchOptions{
		ExecutablePath: playwright.String(program),
		Args: []string{"--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
			"--disable-component-update", "--disable-sync"},
	})
	if err != nil {
		return nil, errors.Join(err, c.driver.Stop())
	}
	opened = c
	return c, os.MkdirAll(outFolder, 0o755)
}

func closeBrowser() {
	if opened == nil {
		return
	}
	if err := errors.Join(opened.browser.Close(), opened.driver.Stop()); err != nil {
		fmt.Fprintln(os.Stderr, "closing the browser:", err)
	}
}

// tabs counts the tabs of tests that failed, for the names of their files.
var tabs atomic.Int64

// tab is a page in a browser of its own, watched for everything that a visitor
// or an operator would rather not have: see watch.
type tab struct {
	playwright.Page
	t    *testing.T
	axe  string
	lang string

	mu       sync.Mutex
	faults   []string       // guarded by mu
	sent     []sent         // guarded by mu: requests with a body
	statuses map[string]int // guarded by mu: of documents, by address
}

// sent is a request that carried something to the server.
type sent struct{ method, url, body string }

// option changes how a tab is opened.
type option func(*playwright.BrowserNewContextOptions)

func inTurkish(o *playwright.BrowserNewContextOptions) { o.Locale = playwright.String("tr-TR") }

func withoutJavaScript(o *playwright.BrowserNewContextOptions) {
	o.JavaScriptEnabled = playwright.Bool(false)
}

// open opens a tab in a fresh browser context. It belongs to the test: at its end
// the tab is closed, and whatever went wrong in it fails the test.
func open(t *testing.T, options ...option) *tab {
	t.Helper()
	c, err := openBrowser()
	if err != nil {
		t.Fatal(err)
	}
	settings := playwright.BrowserNewContextOptions{
		BaseURL: playwright.String(shop.url), Locale: playwright.String("en-US"), TimezoneId: playwright.String("Europe/Istanbul"),
		Viewport: &playwright.Size{Width: wide, Height: 900}, ReducedMotion: playwright.ReducedMotionReduce,
		Permissions: []string{"clipboard-read", "clipboard-write"},
	}
	for _, o := range options {
		o(&settings)
	}
	context, err := c.browser.NewContext(settings)
	if err != nil {
		t.Fatal(err)
	}
	context.SetDefaultTimeout(30_000)
	must(t, context.Tracing().Start(playwright.TracingStartOptions{Snapshots: playwright.Bool(true)}))
	page, err := context.NewPage()
	if err != nil {
		t.Fatal(err)
	}
	b := &tab{Page: page, t: t, axe: c.axe, lang: strings.ToLower((*settings.Locale)[:2]), statuses: map[string]int{}}
	t.Cleanup(func() { b.close(context) })
	b.watch()
	return b
}

func (b *tab) close(context playwright.BrowserContext) {
	b.mu.Lock()
	faults := b.faults
	b.mu.Unlock()
	for _, f := range faults {
		b.t.Error(f)
	}
	if b.t.Failed() {
		file := filepath.Join(outFolder, fmt.Sprintf("failed-%s-%d", fileName(b.t.Name()), tabs.Add(1)))
		_, _ = b.Screenshot(playwright.PageScreenshotOptions{Path: playwright.String(file + ".png"), FullPage: playwright.Bool(true)})
		_ = context.Tracing().Stop(file + ".zip")
		b.t.Logf("at %s; see e2e/%s.png and .zip", b.URL(), file)
	}
	_ = context.Close()
}

// watch notes CSP violations, what the console says, requests that fail and what
// is sent.
func (b *tab) watch() {
	must(b.t, b.AddInitScript(playwright.Script{Content: playwright.String(
		`document.addEventListener("securitypolicyviolation", (e) => console.error("CSP", e.effectiveDirective, e.blockedURI, e.sourceFile, e.lineNumber))`)}))
	b.OnConsole(func(m playwright.ConsoleMessage) {
		kind := m.Type()
		if kind != "error" && kind != "warning" || strings.HasPrefix(m.Text(), "Failed to load resource: the server responded") {
			return // answers are watched below
		}
		b.fault("console %s at %s: %s", kind, b.URL(), m.Text())
	})
	b.OnPageError(func(err error) { b.fault("script at %s: %v", b.URL(), err) })
	b.OnRequest(func(r playwright.Request) {
		if strings.HasSuffix(r.URL(), "/csp-report") {
			body, _ := r.PostData()
			b.fault("CSP report from %s: %s", b.URL(), body)
		}
		if body, err := r.PostData(); err == nil && body != "" {
			b.mu.Lock()
			b.sent = append(b.sent, sent{r.Method(), r.URL(), body})
			b.mu.Unlock()
		}
	})
	b.OnRequestFailed(func(r playwright.Request) {
		// Leaving a page or saving a file breaks off what was under way.
		if cause := r.Failure(); cause != nil && !strings.Contains(cause.Error(), "ERR_ABORTED") {
			b.fault("%s %s: %v", r.Method(), r.URL(), cause)
		}
	})
	b.OnResponse(func(r playwright.Response) {
		if r.Request().ResourceType() == "document" {
			b.mu.Lock()
			b.statuses[r.URL()] = r.Status()
			b.mu.Unlock()
		} else if r.Status() >= 400 {
			b.fault("%s answers %d", r.URL(), r.Status())
		}
	})
}

func (b *tab) fault(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = append(b.faults, fmt.Sprintf(format, args...))
}

// status is how the server answered for the page that is shown.
func (b *tab) status() int {
	address, _, _ := strings.Cut(b.URL(), "#")
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.statuses[address]
}

// bodies are all requests of this tab that carried something.
func (b *tab) bodies() []sent {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]sent(nil), b.sent...)
}

// open goes to an address of the shop.
func (b *tab) open(path string) {
	b.t.Helper()
	_, err := b.Goto(path)
	must(b.t, err)
}

// path is where the tab is, without the host.
func (b *tab) path() string {
	b.t.Helper()
	at, err := url.Parse(b.URL())
	must(b.t, err)
	return at.RequestURI()
}

// heading is the page's h1.
func (b *tab) heading() string {
	b.t.Helper()
	text, err := b.Locator("h1").First().InnerText()
	must(b.t, err)
	return strings.TrimSpace(text)
}

// text is what a part of the page says.
func (b *tab) text(selector string) string {
	b.t.Helper()
	text, err := b.Locator(selector).First().InnerText()
	must(b.t, err)
	return text
}

// has says whether something is on the page and can be seen.
func (b *tab) has(selector string) bool {
	b.t.Helper()
	seen, err := b.Locator(selector).First().IsVisible()
	must(b.t, err)
	return seen
}

// fill writes into the field with a name.
func (b *tab) fill(name, value string) {
	b.t.Helper()
	must(b.t, b.Locator("main [name='"+name+"']").First().Fill(value))
}

// value is what the field with a name holds.
func (b *tab) value(name string) string {
	b.t.Helper()
	value, err := b.Locator("main [name='" + name + "']").First().InputValue()
	must(b.t, err)
	return value
}

// choose takes a card of a question.
func (b *tab) choose(name, value string) {
	b.t.Helper()
	must(b.t, b.Locator("main input[name='"+name+"'][value='"+value+"']").First().Check())
}

// press clicks what the selector finds and waits for the page that follows.
func (b *tab) press(selector string) {
	b.t.Helper()
	_, err := b.ExpectEvent("load", func() error { return b.Locator(selector).First().Click() })
	must(b.t, err)
}

// button finds a button or a link of the page's main part by its words.
func button(words string) string {
	return fmt.Sprintf("main :is(button, a):visible:has-text(%q)", words)
}

// at wants the tab to show a page.
func (b *tab) at(status int, heading string) {
	b.t.Helper()
	if got := b.heading(); b.status() != status || !strings.Contains(got, heading) {
		b.t.Fatalf("%s shows %d %q, want %d %q", b.URL(), b.status(), got, status, heading)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fileName makes a name of letters, digits and dashes.
func fileName(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return '-'
	}, name)
}
