package certs

import "time"

// codeSigningDays is what the industry allows a code-signing certificate since
// 2026-03-01. Earlier ones could live longer; no such certificate is sold here.
const codeSigningDays = 460

// limit is what holds from one day on, until the next row.
type limit struct {
	from     time.Time // 00:00 UTC
	maxDays  int       // validity of a TLS certificate issued then
	reuseDay int       // age domain validation may have when a certificate is issued then
}

// limits are the CA/Browser Forum's TLS baseline requirements, section 6.3.2 and
// 4.2.1, as ballot SC-081 dated them.
var limits = []limit{
	{time.Time{}, 398, 398},
	{day(2026, time.March, 15), 200, 200},
	{day(2027, time.March, 15), 100, 100},
	{day(2029, time.March, 15), 47, 10},
}

func day(year int, month time.Month, d int) time.Time {
	return time.Date(year, month, d, 0, 0, 0, 0, time.UTC)
}

// at returns the row that holds at a moment.
func at(moment time.Time) limit {
	row := limits[0]
	for _, l := range limits[1:] {
		if moment.Before(l.from) {
			break
		}
		row = l
	}
	return row
}

// MaxDays is the longest validity, in days of 24 hours, that a certificate
// issued at that moment may have.
func MaxDays(issued time.Time, codeSigning bool) int {
	if codeSigning {
		return codeSigningDays
	}
	return at(issued).maxDays
}

// RequestDays is what is asked of an upstream: one day less than MaxDays,
// because the last second of a validity counts as part of it.
func RequestDays(issued time.Time, codeSigning bool) int {
	return MaxDays(issued, codeSigning) - 1
}

// ReuseDays is how old a domain validation may be, in days, to be relied on for
// a certificate issued at that moment.
func ReuseDays(issued time.Time) int { return at(issued).reuseDay }
