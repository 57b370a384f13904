// Package e2e drives the shipped program: with a real browser, as people do, and
// by HTTP and the command line, as machines do. Run it with `make test-e2e`.
package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"certbay/db"
)

var (
	binary      string   // the built program
	scratch     string   // a folder that is gone when the tests are over
	seeded      string   // the folder of a seeded demo that nobody runs, to copy
	shop        *program // the demo that most tests visit
	secondStart time.Duration
)

// The sandbox CA of the demos here takes a moment over a company, and a job of
// a killed worker is soon taken up again.
var demoFlags = []string{"--vetting", "1s", "--job-lease", "3s"}

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	if scratch, err = os.MkdirTemp("", "certbay-e2e-"); err != nil {
		return 1, err
	}
	defer os.RemoveAll(scratch)
	binary = filepath.Join(scratch, "certbay")
	build := exec.Command("go", "build", "-trimpath", "-o", binary, "..")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return 1, fmt.Errorf("go build: %w\n%s", err, out)
	}

	// Seeding is the slow part: it is done once, and the folder is copied.
	seeded = filepath.Join(scratch, "seeded")
	// Its companies stay unvetted, so that no order moves by itself later on.
	first, err := startDemo(seeded, "--vetting", "1h")
	if err != nil {
		return 1, err
	}
	if err := first.stop(); err != nil {
		return 1, fmt.Errorf("the demo that seeded its folder: %w", err)
	}
	folder := filepath.Join(scratch, "shop")
	if err := os.CopyFS(folder, os.DirFS(seeded)); err != nil {
		return 1, err
	}
	if err := topUp(filepath.Join(folder, "book.db"), first.access.Reseller.Company, 5_000_00); err != nil {
		return 1, err
	}
	begun := time.Now()
	if shop, err = startDemo(folder, "--metrics-token", metricsToken); err != nil {
		return 1, err
	}
	if err := shop.answers(); err != nil {
		return 1, err
	}
	secondStart = time.Since(begun)

	code = m.Run()

	closeBrowser()
	if err := shop.stop(); err != nil {
		return 1, fmt.Errorf("the demo after the tests: %w", err)
	}
	if err := shop.soundLog(); err != nil {
		return 1, err
	}
	return code, nil
}

// topUp puts credit (cents) on a reseller's wallet, in a book that nobody has open: for
// all that the journeys buy.
func topUp(file, reseller string, cents int64) error {
	ctx := context.Background()
	book, err := db.Open(ctx, file)
	if err != nil {
		return err
	}
	defer book.Close()
	list, _, err := book.Resellers(ctx, db.ResellerFilter{Query: reseller})
	if err != nil || len(list) != 1 {
		return fmt.Errorf("%d resellers %s, %v", len(list), reseller, err)
	}
	return book.AddCredit(ctx, db.System, list[0].ID, cents, "the journeys' credit", "Bank transfer")
}
