package handlers

import (
	"context"

	"certbay/views"
)

// What pages ask of the world outside the book; web fills it in.

// Internet is the pretend internet of the demo. What can't be published is
// refused with db.ErrInvalid; removing what is not there is no error. Lists are
// oldest first, mails newest first.
type Internet interface {
	PublishRecord(r views.DemoRecord) error
	RemoveRecord(r views.DemoRecord)
	Records() []views.DemoRecord
	PublishFile(f views.DemoFile) error
	RemoveFile(host, path string)
	Files() []views.DemoFile
	Mails() []views.DemoMailRow
	// Mail finds a mail that is kept; false when there is none.
	Mail(id int64) (views.DemoMailPage, bool)
}

// Approver takes the word of whom the sandbox CA mailed. Both say which domain a
// mailed token is about; db.ErrGone when it stands for nothing, or not any more.
type Approver interface {
	ApprovalName(ctx context.Context, token string) (string, error)
	Approve(ctx context.Context, token string) (string, error)
}
