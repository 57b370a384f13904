package sandbox

import (
	"path/filepath"
	"testing"

	"certbay/providers/dcv"
)

// Killing the process does not show it, pulling the plug would: a commit waits for the disk.
func TestEveryConnectionCommitsToTheDisk(t *testing.T) {
	ca, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "sandbox.db"), Checker: &dcv.Checker{}})
	if err != nil {
		t.Fatal(err)
	}
	defer ca.Close()
	for pragma, want := range map[string]string{"synchronous": "2", "journal_mode": "wal", "foreign_keys": "1"} {
		var got string
		if err := ca.db.QueryRow("pragma " + pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s = %s, want %s (%v)", pragma, got, want, err)
		}
	}
}
