package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/playwright-community/playwright-go"
)

const (
	wide   = 1280
	phone  = 390
	narrow = 320
)

// Pictures take a quarter of the time; E2E_SHOTS=0 leaves them out.
var shots = os.Getenv("E2E_SHOTS") != "0"

// look checks what holds for every page: it is answered with status, its title
// starts with its heading, it says its language, nothing sticks out at the side on
// a phone, and axe-core finds nothing in either theme. What the browser complains
// about is noted by watch. It leaves pictures in e2e/out.
func (b *tab) look(status int, name string) {
	b.t.Helper()
	if got := b.status(); got != status {
		b.t.Errorf("%s: %s answers %d, want %d", name, b.URL(), got, status)
	}
	title, err := b.Title()
	must(b.t, err)
	if h1 := b.heading(); h1 == "" || !strings.HasPrefix(title, h1) {
		b.t.Errorf("%s: the title is %q, the heading %q", name, title, h1)
	}
	if lang, err := b.Locator("html").GetAttribute("lang"); err != nil || lang != b.lang {
		b.t.Errorf("%s: the page is in %q, want %q (%v)", name, lang, b.lang, err)
	}
	if _, err := b.Evaluate(b.axe); err != nil {
		b.t.Fatal(err)
	}
	for _, scheme := range []*playwright.ColorScheme{playwright.ColorSchemeLight, playwright.ColorSchemeDark} {
		must(b.t, b.EmulateMedia(playwright.PageEmulateMediaOptions{ColorScheme: scheme}))
		b.settle()
		b.accessible(name, string(*scheme), wide)
		b.shoot(name, string(*scheme), wide)
	}
	b.resize(narrow)
	b.noSideways(name, narrow)
	b.resize(phone)
	b.noSideways(name, phone)
	b.accessible(name, "dark", phone)
	b.shoot(name, "dark", phone)
	must(b.t, b.EmulateMedia(playwright.PageEmulateMediaOptions{ColorScheme: playwright.ColorSchemeLight}))
	b.shoot(name, "light", phone)
	b.resize(wide)
}

// settle waits until the page is painted as it now is and nothing in it moves.
func (b *tab) settle() {
	b.t.Helper()
	_, err := b.Evaluate(`async () => {
		const frame = () => new Promise((done) => requestAnimationFrame(done));
		await frame();
		for (let i = 0; i < 60 && document.getAnimations().some((a) => a.playState === "running"); i++) await frame();
		await frame();
	}`)
	must(b.t, err)
}

func (b *tab) resize(width int) {
	b.t.Helper()
	must(b.t, b.SetViewportSize(width, 900))
	b.settle()
}

// noSideways wants the page to be no wider than the window, and names what is.
func (b *tab) noSideways(name string, width int) {
	b.t.Helper()
	found, err := b.Evaluate(`() => {
		const root = document.documentElement;
		if (root.scrollWidth <= root.clientWidth) return "";
		const wide = [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > root.clientWidth + 0.5 || e.scrollWidth > root.clientWidth);
		return root.scrollWidth + " px: " + wide.slice(-4).map((e) => e.tagName + "." + e.className).join(", ");
	}`)
	must(b.t, err)
	if found != "" {
		b.t.Errorf("%s (%s) is too wide at %d px: %v", name, b.lang, width, found)
	}
}

// accessible wants axe-core to find nothing on the page as it stands.
func (b *tab) accessible(name, theme string, width int) {
	b.t.Helper()
	answer, err := b.Evaluate(`async () => JSON.stringify((await axe.run(document, {resultTypes: ["violations"], preload: false})).violations
		.map((v) => ({rule: v.id, help: v.help, nodes: v.nodes.slice(0, 3).map((n) => n.html.slice(0, 200) + " " + (n.any[0]?.message ?? ""))})))`)
	must(b.t, err)
	var violations []struct {
		Rule, Help string
		Nodes      []string
	}
	must(b.t, json.Unmarshal([]byte(answer.(string)), &violations))
	for _, v := range violations {
		b.t.Errorf("%s (%s, %s, %d px) breaks %s, %s:\n\t%s", name, b.lang, theme, width, v.Rule, v.Help, strings.Join(v.Nodes, "\n\t"))
	}
}

func (b *tab) shoot(name, theme string, width int) {
	b.t.Helper()
	if !shots || b.lang != "en" && theme == "dark" {
		return // the themes have no words of their own
	}
	file := filepath.Join(outFolder, fmt.Sprintf("%s-%s-%s-%d.png", name, b.lang, theme, width))
	_, err := b.Screenshot(playwright.PageScreenshotOptions{Path: playwright.String(file), FullPage: playwright.Bool(true)})
	must(b.t, err)
}
