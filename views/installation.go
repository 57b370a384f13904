package views

import "time"

// InstallationCard is the last look at how a certificate is installed, on
// /orders/{id}/download; the button posts to Action.
type InstallationCard struct {
	Action   string
	MayAsk   bool
	Host     string
	LookedAt time.Time // zero: nobody asked yet
	Problem  string    // no_host, not_public, unreachable, no_tls; "" when something was presented
	Serial   string    // of what was presented
	Issuer   string
	NotAfter time.Time

	Same, NameMatches, InTime, ChainComplete bool
}

// inOrder says that nothing is to be mended.
func (m InstallationCard) inOrder() bool {
	return m.Problem == "" && m.Same && m.NameMatches && m.InTime && m.ChainComplete
}

// faults are the keys of what is to be mended.
func (m InstallationCard) faults() (keys []string) {
	for _, f := range []struct {
		good bool
		key  string
	}{
		{m.Same, "installation.fault.other"}, {m.NameMatches, "installation.fault.name"}, {m.InTime, "installation.fault.time"}, {m.ChainComplete, "installation.fault.chain"},
	} {
		if !f.good {
			keys = append(keys, f.key)
		}
	}
	return keys
}
