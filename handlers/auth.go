package handlers

import (
	"cmp"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"

	"certbay/db"
	"certbay/views"
	"certbay/views/i18n"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"
)

// SignInForm is GET /sign-in.
func (h *Handlers) SignInForm(c echo.Context) error {
	next := localPath(c.QueryParam("next"), "")
	if VisitorOf(c).SignedIn() {
		return seeOther(c, localPath(next, "/"))
	}
	return show(h, c, http.StatusOK, views.SignIn, views.SignInPage{Next: next})
}

// SignIn is POST /sign-in. Unknown account, wrong password and suspended account
// are answered alike.
func (h *Handlers) SignIn(c echo.Context) error {
	m := views.SignInPage{Email: strings.TrimSpace(c.FormValue("email")), Next: localPath(c.FormValue("next"), "")}
	p, err := h.Book.SignIn(c.Request().Context(), m.Email, c.FormValue("password"), c.RealIP())
	var throttled *db.Throttled
	switch {
	case errors.Is(err, db.ErrSignIn):
		m.Problems = views.Problems{{Key: "auth.wrong"}}
		return show(h, c, http.StatusUnprocessableEntity, views.SignIn, m)
	case errors.As(err, &throttled):
		SetRetryAfter(c, throttled)
		return show(h, c, http.StatusTooManyRequests, views.SignIn, m, tooManyAttempts(c, throttled))
	case err != nil:
		return err
	}
	if err := VisitorOf(c).Session.SignIn(p.ID); err != nil {
		return err
	}
	return seeOther(c, localPath(m.Next, "/"))
}

// tooManyAttempts says on the page itself when to try again.
func tooManyAttempts(c echo.Context, t *db.Throttled) func(*views.Page) {
	return func(p *views.Page) {
		text := i18n.N(c.Request().Context(), "auth.throttled", RetryMinutes(t))
		p.Flashes = append(p.Flashes, views.Flash{Kind: "error", Text: text})
	}
}

// RetryMinutes is how long to wait, in whole minutes, at least one.
func RetryMinutes(t *db.Throttled) int { return max(1, int(math.Ceil(t.RetryAfter.Minutes()))) }

// SetRetryAfter tells programs how long to wait, in whole seconds.
func SetRetryAfter(c echo.Context, t *db.Throttled) {
	c.Response().Header().Set(echo.HeaderRetryAfter, strconv.Itoa(max(1, int(math.Ceil(t.RetryAfter.Seconds())))))
}

// SignOut is POST /sign-out; it works for everybody.
func (h *Handlers) SignOut(c echo.Context) error {
	if err := VisitorOf(c).Session.SignOut(); err != nil {
		return err
	}
	if p := person(c); p.ID != 0 {
		if err := h.Book.SignedOut(c.Request().Context(), actor(c), p); err != nil {
			return err
		}
	}
	return seeOther(c, "/sign-in")
}

// ForgotPasswordForm is GET /forgot-password.
func (h *Handlers) ForgotPasswordForm(c echo.Context) error {
	return show(h, c, http.StatusOK, views.ForgotPassword, views.ForgotPasswordPage{})
}

// ForgotPassword is POST /forgot-password. Every address is answered alike.
func (h *Handlers) ForgotPassword(c echo.Context) error {
	ctx := c.Request().Context()
	m := views.ForgotPasswordPage{Email: strings.TrimSpace(c.FormValue("email"))}
	if m.Email == "" {
		m.Problems = views.Problems{{Field: "email", Key: "form.required"}}
		return show(h, c, http.StatusUnprocessableEntity, views.ForgotPassword, m)
	}
	operator, err := h.Book.Operator(ctx)
	if err != nil {
		return err
	}
	err = h.Book.RequestPasswordReset(ctx, m.Email, c.RealIP(), func(p db.Person, token string) (subject, body string) {
		reader := i18n.With(ctx, i18n.Locale{Lang: cmp.Or(p.Lang, i18n.From(ctx).Lang)})
		return i18n.T(reader, "mail.reset.subject", "Brand", operator.Brand),
			i18n.T(reader, "mail.reset.body", "Name", p.Name, "Brand", operator.Brand, "Link", h.BaseURL+"/reset-password/"+token)
	})
	var throttled *db.Throttled
	if errors.As(err, &throttled) {
		SetRetryAfter(c, throttled)
		return show(h, c, http.StatusTooManyRequests, views.ForgotPassword, m, tooManyAttempts(c, throttled))
	}
	if err != nil {
		return err
	}
	return show(h, c, http.StatusOK, plain(views.ForgotPasswordSent), struct{}{})
}

// plain is the template of a page that shows nothing of its own.
func plain(draw func(views.Page) templ.Component) func(views.Page, struct{}) templ.Component {
	return func(p views.Page, _ struct{}) templ.Component { return draw(p) }
}

// ResetPasswordForm is GET /reset-password/:token.
func (h *Handlers) ResetPasswordForm(c echo.Context) error {
	m := views.ResetPasswordPage{Token: c.Param("token")}
	_, err := h.Book.PasswordReset(c.Request().Context(), m.Token)
	return h.resetPage(c, m, err)
}

// ResetPassword is POST /reset-password/:token.
func (h *Handlers) ResetPassword(c echo.Context) error {
	m := views.ResetPasswordPage{Token: c.Param("token")}
	_, err := h.Book.ResetPassword(c.Request().Context(), m.Token, c.FormValue("new"), c.RealIP())
	var weak *db.WeakPassword
	if errors.As(err, &weak) {
		m.Problems = views.Problems{views.PasswordProblem("new", weak.Code)}
		return show(h, c, http.StatusUnprocessableEntity, views.ResetPassword, m)
	}
	if err != nil {
		return h.resetPage(c, m, err)
	}
	// Whoever used this browser is signed out as well: the reset ended every session.
	if err := VisitorOf(c).Session.SignOut(); err != nil {
		return err
	}
	return seeOther(c, "/password-changed")
}

func (h *Handlers) resetPage(c echo.Context, m views.ResetPasswordPage, err error) error {
	if errors.Is(err, db.ErrGone) {
		return show(h, c, http.StatusGone, views.ResetPassword, views.ResetPasswordPage{Gone: true})
	}
	if err != nil {
		return err
	}
	return show(h, c, http.StatusOK, views.ResetPassword, m)
}

// PasswordChanged is GET /password-changed, where a reset ends.
func (h *Handlers) PasswordChanged(c echo.Context) error {
	return show(h, c, http.StatusOK, plain(views.PasswordChanged), struct{}{})
}

// SetupForm is GET /setup/:token.
func (h *Handlers) SetupForm(c echo.Context) error {
	m := views.SetupPage{Token: c.Param("token")}
	return h.setupPage(c, m, h.Book.CheckSetupToken(c.Request().Context(), m.Token))
}

// Setup is POST /setup/:token: it makes the first admin and signs it in.
func (h *Handlers) Setup(c echo.Context) error {
	m := views.SetupPage{Token: c.Param("token"), Name: strings.TrimSpace(c.FormValue("name")), Email: strings.TrimSpace(c.FormValue("email"))}
	if m.Name == "" {
		m.Problems = append(m.Problems, views.Problem{Field: "name", Key: "form.required"})
	}
	if !db.PlausibleEmail(m.Email) {
		m.Problems = append(m.Problems, views.Problem{Field: "email", Key: "form.email"})
	}
	if m.Problems != nil {
		return show(h, c, http.StatusUnprocessableEntity, views.Setup, m)
	}
	p, err := h.Book.CreateFirstAdmin(c.Request().Context(), m.Token, m.Name, m.Email, c.FormValue("password"), c.RealIP())
	var weak *db.WeakPassword
	switch {
	case errors.As(err, &weak):
		m.Problems = views.Problems{views.PasswordProblem("password", weak.Code)}
	case errors.Is(err, db.ErrInvalid):
		m.Problems = views.Problems{{Field: "name", Key: "form.toolong"}}
	case errors.Is(err, db.ErrDuplicate):
		m.Problems = views.Problems{{Field: "email", Key: "form.invalid"}}
	case err != nil:
		return h.setupPage(c, m, err)
	}
	if m.Problems != nil {
		return show(h, c, http.StatusUnprocessableEntity, views.Setup, m)
	}
	if err := VisitorOf(c).Session.SignIn(p.ID); err != nil {
		return err
	}
	return seeOther(c, "/")
}

func (h *Handlers) setupPage(c echo.Context, m views.SetupPage, err error) error {
	if errors.Is(err, db.ErrGone) {
		return show(h, c, http.StatusGone, views.Setup, views.SetupPage{Gone: true})
	}
	if err != nil {
		return err
	}
	return show(h, c, http.StatusOK, views.Setup, m)
}
