package db

// OperatorsOnly says that the detail of a step is none of its reseller's business:
// which upstream has the order, under which id, and how a call to it broke off.
func (e Event) OperatorsOnly() bool {
	return e.Kind == "accepted" || e.Kind == "unsure" || e.Kind == "imported"
}

// ForReseller is the step without what is OperatorsOnly.
func (e Event) ForReseller() Event {
	if e.OperatorsOnly() {
		e.Detail = ""
	}
	return e
}
