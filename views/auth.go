package views

// SignInPage asks who is there. Problems holds one problem without a field when the
// pair was wrong; which of the two is never said.
type SignInPage struct {
	Email    string
	Next     string // local path to go to afterwards, or ""
	Problems Problems
}

// ForgotPasswordPage asks for the address a reset link is mailed to.
type ForgotPasswordPage struct {
	Email    string
	Problems Problems
}

// ResetPasswordPage asks for a new password. Gone is a link that was used or is too old.
type ResetPasswordPage struct {
	Token    string
	Gone     bool
	Problems Problems
}

// SetupPage makes the first administrator. Gone is a link that was used or replaced.
type SetupPage struct {
	Token       string
	Name, Email string
	Gone        bool
	Problems    Problems
}

// PasswordProblem is why a new password was refused. code: short, long, email, common.
func PasswordProblem(field, code string) Problem {
	return Problem{Field: field, Key: "password." + code}
}

// SignInRefused is the one answer to a wrong password and an unknown address.
func SignInRefused() Problem { return Problem{Key: "auth.wrong"} }

// SignInThrottled asks to wait; minutes are rounded up.
func SignInThrottled(minutes int) Problem {
	return Problem{Key: "auth.throttled", Count: max(1, minutes)}
}
