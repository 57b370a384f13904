package certs

import (
	"testing"
	"time"
)

func TestLimitsChangeOnTheirDays(t *testing.T) {
	for moment, want := range map[string]struct{ max, request, reuse int }{
		"2020-01-01T00:00:00Z":      {398, 397, 398},
		"2026-03-14T23:59:59Z":      {398, 397, 398},
		"2026-03-15T00:00:00Z":      {200, 199, 200},
		"2026-03-15T02:59:59+03:00": {398, 397, 398}, // still the 14th in UTC
		"2026-11-20T12:00:00Z":      {200, 199, 200},
		"2027-03-14T23:59:59Z":      {200, 199, 200},
		"2027-03-15T00:00:00Z":      {100, 99, 100},
		"2029-03-14T23:59:59Z":      {100, 99, 100},
		"2029-03-15T00:00:00Z":      {47, 46, 10},
		"2040-01-01T00:00:00Z":      {47, 46, 10},
	} {
		issued, err := time.Parse(time.RFC3339, moment)
		if err != nil {
			t.Fatal(err)
		}
		if got := MaxDays(issued, false); got != want.max {
			t.Errorf("%s: at most %d days; want %d", moment, got, want.max)
		}
		if got := RequestDays(issued, false); got != want.request {
			t.Errorf("%s: request %d days; want %d", moment, got, want.request)
		}
		if got := ReuseDays(issued); got != want.reuse {
			t.Errorf("%s: reuse %d days; want %d", moment, got, want.reuse)
		}
		if max, request := MaxDays(issued, true), RequestDays(issued, true); max != 460 || request != 459 {
			t.Errorf("%s: code signing %d, %d days; want 460, 459", moment, max, request)
		}
	}
}
