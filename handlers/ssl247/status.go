package ssl247

import (
	"strings"
	"time"

	"certbay/db"
)

// The dialect's words for where a certificate stands.
const (
	incomplete = "Incomplete"
	pending    = "Pending"
	issued     = "Issued"
	expiring   = "Expiring"
	external   = "External"
	expired    = "Expired"
	cancelled  = "Cancelled"
)

// statuses are all words of the document's two lists, in lower case. Of those that
// the book has no certificates of the list is empty.
var statuses = map[string]bool{
	"incomplete": true, "expiring": true, "external": true, "issued": true, "stock": true, "pending": true, "readytoreview": true, "expired": true,
	"subscription": true, "cancelled": true, "archived": true, "temporarycertificate": true, "deactivated": true,
}

var descriptions = map[string]string{
	incomplete: "Bought, and waits for its CSR", pending: "Being validated", issued: "Issued", expiring: "Issued, and expires soon", external: "Bought elsewhere",
	expired: "Its term is over", cancelled: "Cancelled",
}

func coding(word string) coded { return coded{word, descriptions[word]} }

// statusOf is where the certificate of an order stands.
func statusOf(o db.Order, now time.Time) coded {
	switch o.Status {
	case db.StatusPending, db.StatusPendingConfiguration:
		return coding(incomplete)
	case db.StatusCancelled:
		return coding(cancelled)
	case db.StatusExpired:
		return coding(expired)
	case db.StatusCompleted:
		if !o.CertificateUntil.IsZero() && o.CertificateUntil.Before(now.AddDate(0, 0, db.ExpiringDays)) {
			return coding(expiring)
		}
		return coding(issued)
	}
	return coding(pending)
}

// minorOf is what there is to say beside it.
func minorOf(o db.Order, reissuing bool) coded {
	switch {
	case reissuing:
		return coded{"Reissue", "A reissue is under way"}
	case o.Status == db.StatusPending && !o.Paid:
		return coded{"Unpaid", "Waits for its payment"}
	case o.Status == db.StatusPendingConfiguration:
		return coded{"Refused", o.Message}
	case o.Vetting:
		return coded{"Vetting", "Every name is validated; the authority looks at the company"}
	}
	return coded{"", o.Message}
}

// filterFor is the part of the book that has the certificates of a status; false
// where there are none.
func filterFor(status string) (f db.OrderFilter, some bool) {
	switch strings.ToLower(status) {
	case "incomplete":
		f.View = db.ViewNeedsMe
	case "pending":
		f.View = db.ViewWaiting
	case "issued":
		f.Status = db.StatusCompleted
	case "expiring":
		f.Status = db.StatusCompleted
	case "expired":
		f.Status = db.StatusExpired
	case "cancelled":
		f.Status = db.StatusCancelled
	default:
		return f, false
	}
	return f, true
}

// belongs says whether a certificate is of a status' list.
func belongs(word, status string) bool {
	status = strings.ToLower(status)
	return strings.ToLower(word) == status || status == "issued" && word == expiring
}
