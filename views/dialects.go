package views

// DialectSwitch is a further API that a reseller's programs may speak. Name is its
// word in addresses and keys of sentences.
type DialectSwitch struct {
	Name string
	On   bool
}
