package web

import (
	"net/http"

	"certbay/db"

	"github.com/labstack/echo/v4"
)

// who may open a route.
type who struct {
	signedIn   bool
	permission db.Permission // "" for everybody who is signed in
}

func (w who) admits(p db.Person) bool {
	return !w.signedIn || p.ID != 0 && (w.permission == "" || p.Can(w.permission))
}

var (
	anyone        = who{}
	signedIn      = who{signedIn: true}
	viewers       = who{true, db.View}
	buyers        = who{true, db.PlaceOrders}
	moneyViewers  = who{true, db.SeeMoney}
	operators     = who{true, db.OperatorView}
	operatorMoney = who{true, db.OperatorMoney}
)

// route is one line of the site map.
type route struct {
	method  string
	path    string
	who     who
	handler echo.HandlerFunc
}

const (
	get  = http.MethodGet
	post = http.MethodPost
)

// routes is the whole site map. Whoever is not signed in is sent to sign in;
// whoever lacks the permission gets 403; what belongs to another reseller is 404
// by the book.
func (s *Server) routes() []route {
	h := s.handlers
	return []route{
		// Coming in.
		{get, "/sign-in", anyone, h.SignInForm},
		{post, "/sign-in", anyone, h.SignIn},
		{post, "/sign-out", anyone, h.SignOut},
		{get, "/forgot-password", anyone, h.ForgotPasswordForm},
		{post, "/forgot-password", anyone, h.ForgotPassword},
		{get, "/reset-password/:token", anyone, h.ResetPasswordForm},
		{post, "/reset-password/:token", anyone, h.ResetPassword},
		{get, "/password-changed", anyone, h.PasswordChanged},
		{get, "/setup/:token", anyone, h.SetupForm},
		{post, "/setup/:token", anyone, h.Setup},

		// A person's own.
		{get, "/", signedIn, h.Start},
		{post, "/preferences", anyone, h.Preferences},
		{get, "/settings", signedIn, h.Settings},
		{post, "/settings/password", signedIn, h.ChangePassword},
		{post, "/settings/preferences", signedIn, h.SavePreferences},
		{post, "/settings/sessions/end", signedIn, h.EndSession},
		{post, "/settings/sessions/end-others", signedIn, h.EndOtherSessions},

		// Browsers' own.
		{post, "/csp-report", anyone, s.cspReport},
	}
}
