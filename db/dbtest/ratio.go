package dbtest

import (
	"flag"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var ratios = flag.Bool("bench.ratios", false, "print the table of speed ratios (make bench)")

// Ratio is a row of the table of speeds: how often a second something succeeds,
// beside a floor that does the least that could be done.
type Ratio struct {
	Name     string
	Bar      int // percent of the floor that is wanted
	Callers  int // at one time, of the floor as of the measured; 0 is 1
	Floor    func(caller int) error
	Measured func(caller int) error
}

const (
	ratioRounds = 8
	ratioWhile  = 700 * time.Millisecond
)

// PrintRatios prints a section of the table; it skips the test where it was not
// asked for. It holds no bar, because machines differ. Floor and measured take
// turns, so that what else the machine does slows both.
func PrintRatios(t testing.TB, title string, rows func() []Ratio) {
	t.Helper()
	if !*ratios {
		t.Skip("a table of measurements, by make bench")
	}
	fmt.Printf("\n%-52s %12s %12s %8s %8s\n%s\n", fmt.Sprintf("%s (%d cores, %s)", title, runtime.NumCPU(), runtime.GOARCH),
		"floor/s", "measured/s", "ratio", "bar", strings.Repeat("-", 96))
	for _, r := range rows() {
		r.Callers = max(r.Callers, 1)
		rate(t, r.Callers, r.Floor) // warms up
		rate(t, r.Callers, r.Measured)
		var floor, measured float64
		for range ratioRounds {
			floor += rate(t, r.Callers, r.Floor) / ratioRounds
			measured += rate(t, r.Callers, r.Measured) / ratioRounds
		}
		name := fmt.Sprintf("%s, %d caller", r.Name, r.Callers)
		if r.Callers > 1 {
			name += "s"
		}
		fmt.Printf("%-52s %12.0f %12.0f %7.0f%% %8s\n", name, floor, measured, 100*measured/floor, fmt.Sprintf("≥ %d%%", r.Bar))
	}
}

// rate is how many times a second a call succeeds, over a while.
func rate(t testing.TB, callers int, call func(caller int) error) float64 {
	t.Helper()
	var done atomic.Int64
	var all sync.WaitGroup
	start := time.Now()
	for caller := range callers {
		all.Go(func() {
			for time.Since(start) < ratioWhile && !t.Failed() {
				if err := call(caller); err != nil {
					t.Error(err)
				}
				done.Add(1)
			}
		})
	}
	all.Wait()
	took := time.Since(start)
	if t.Failed() {
		t.FailNow()
	}
	return float64(done.Load()) / took.Seconds()
}
