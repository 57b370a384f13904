package web

import (
	"net/http"

	"certbay/db"
	"certbay/handlers"

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
	payers        = who{true, db.PayOrders}
	moneyViewers  = who{true, db.SeeMoney}
	billing       = who{true, db.Billing}
	owners        = who{true, db.ManageStaff}
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
		{get, "/", signedIn, h.Home},
		{post, "/preferences", anyone, h.Preferences},
		{get, "/settings", signedIn, h.Settings},
		{post, "/settings/password", signedIn, h.ChangePassword},
		{post, "/settings/preferences", signedIn, h.SavePreferences},
		{post, "/settings/sessions/end", signedIn, h.EndSession},
		{post, "/settings/sessions/end-others", signedIn, h.EndOtherSessions},

		// What is sold, and buying it.
		{get, "/catalog", viewers, h.Catalog},
		{get, "/products/:id", viewers, h.Product},
		{get, "/orders/new", buyers, h.NewOrder},
		{post, "/orders/quote", buyers, h.Quote},
		{post, "/orders/check", buyers, h.CheckOrder},
		{post, "/orders/edit", buyers, h.EditOrder},
		{post, "/orders", buyers, h.PlaceOrder},

		// An order's way to its certificate.
		{get, "/orders", viewers, h.Orders},
		{get, "/orders.csv", viewers, h.OrdersCSV},
		{get, "/orders/:id", viewers, h.Order},
		{get, "/orders/:id/configure", buyers, h.ConfigureForm},
		{post, "/orders/:id/configure", buyers, h.Configure},
		{post, "/orders/:id/pay", payers, h.PayOrder},
		{get, "/orders/:id/dcv", viewers, h.DCV},
		{get, "/orders/:id/dcv/state", viewers, h.DCVState},
		{get, "/orders/:id/dcv/file", viewers, h.DCVFile},
		{post, "/orders/:id/dcv/check", buyers, h.CheckDCV},
		{post, "/orders/:id/dcv/method", buyers, h.Needs(handlers.ToChangeDCV, h.ChangeDCV)},
		{post, "/orders/:id/dcv/resend", buyers, h.Needs(handlers.ToResend, h.ResendDCV)},
		{get, "/orders/:id/download", viewers, h.Download},
		{get, "/orders/:id/download/:file", viewers, h.DownloadFile},
		{post, "/orders/:id/installation", buyers, h.CheckInstallation},
		{get, "/orders/:id/cancel", buyers, h.Needs(handlers.ToCancel, h.CancelOrderForm)},
		{post, "/orders/:id/cancel", buyers, h.Needs(handlers.ToCancel, h.CancelOrder)},
		{get, "/orders/:id/certificates/:certificate", viewers, h.Certificate},
		{get, "/orders/:id/certificates/:certificate/download/:file", viewers, h.CertificateFile},
		{get, "/orders/:id/reissue", buyers, h.Needs(handlers.ToReissue, h.ReissueForm)},
		{post, "/orders/:id/reissue", buyers, h.Needs(handlers.ToReissue, h.Reissue)},
		{get, "/orders/:id/revoke", buyers, h.Needs(handlers.ToRevoke, h.RevokeForm)},
		{post, "/orders/:id/revoke", buyers, h.Needs(handlers.ToRevoke, h.Revoke)},
		{get, "/orders/:id/renew", buyers, h.Renew},
		{post, "/orders/:id/links", buyers, h.CreateLink},
		{post, "/orders/:id/links/revoke", buyers, h.RevokeLink},

		// Certificates from elsewhere, and whom orders name.
		{get, "/external", viewers, h.External},
		{get, "/external/new", buyers, h.NewExternalForm},
		{post, "/external/new", buyers, h.NewExternal},
		{get, "/external/:id/remove", buyers, h.RemoveExternalForm},
		{post, "/external/:id/remove", buyers, h.RemoveExternal},
		{get, "/contacts", viewers, h.Contacts},
		{get, "/contacts/new", buyers, h.NewContactForm},
		{post, "/contacts/new", buyers, h.NewContact},
		{get, "/contacts/:id", buyers, h.ContactForm},
		{post, "/contacts/:id", buyers, h.ChangeContact},

		// Licences, once they are bought.
		{get, "/licences", viewers, h.Licences},
		{get, "/licences/:id", viewers, h.Licence},
		{get, "/licences/:id/renew", buyers, h.Needs(handlers.ToLicence, h.RenewLicenceForm)},
		{post, "/licences/:id/renew", buyers, h.Needs(handlers.ToLicence, h.RenewLicence)},
		{get, "/licences/:id/core", buyers, h.Needs(handlers.ToLicence, h.CoreForm)},
		{post, "/licences/:id/core", buyers, h.Needs(handlers.ToLicence, h.ChangeCore)},
		{get, "/licences/:id/suspend", buyers, h.Needs(handlers.ToLicence, h.SuspendLicenceForm)},
		{post, "/licences/:id/suspend", buyers, h.Needs(handlers.ToLicence, h.SuspendLicence)},
		{post, "/licences/:id/unsuspend", buyers, h.Needs(handlers.ToLicence, h.UnsuspendLicence)},
		{get, "/licences/:id/ip", buyers, h.Needs(handlers.ToLicence, h.MoveLicenceForm)},
		{post, "/licences/:id/ip", buyers, h.Needs(handlers.ToLicence, h.MoveLicence)},

		// Money.
		{get, "/credits", moneyViewers, h.Credits},
		{get, "/credits/top-ups/new", billing, h.NewTopUpForm},
		{post, uploadPath, billing, h.AskTopUp},
		{get, "/credits/top-ups/:id/receipt", moneyViewers, h.TopUpReceipt},
		{get, "/credits/top-ups/:id/withdraw", billing, h.WithdrawTopUpForm},
		{post, "/credits/top-ups/:id/withdraw", billing, h.WithdrawTopUp},
		{get, "/credits.csv", moneyViewers, h.StatementCSV},
		{get, "/stats", moneyViewers, h.Stats},
		{get, "/stats.csv", moneyViewers, h.StatsCSV},
		{get, "/invoices", moneyViewers, h.Invoices},
		{get, "/invoices/:id", moneyViewers, h.Invoice},
		{get, "/invoices/:id/pdf", moneyViewers, h.InvoicePDF},
		{post, "/invoices/:id/mail", billing, h.MailInvoice},
		{post, "/invoices/zip", moneyViewers, h.AskInvoiceZip},
		{get, "/invoices/zip/:id", moneyViewers, h.InvoiceZip},
		{get, "/invoices/zip/:id/state", moneyViewers, h.InvoiceZipState},
		{get, "/invoices/zip/:id/file", moneyViewers, h.InvoiceZipFile},
		{get, "/invoices/address", billing, h.BillingAddressForm},
		{post, "/invoices/address", billing, h.BillingAddress},
		{get, "/credit-notes", moneyViewers, h.CreditNotes},
		{get, "/credit-notes/:id", moneyViewers, h.CreditNote},
		{get, "/credit-notes/:id/pdf", moneyViewers, h.CreditNotePDF},

		// Webhooks of the reseller's programs.
		{get, "/webhooks", owners, h.Webhooks},
		{get, "/webhooks/new", owners, h.NewWebhookForm},
		{post, "/webhooks/new", owners, h.NewWebhook},
		{get, "/webhooks/events", owners, h.WebhookDocs},
		{post, "/webhooks/credit-alert", owners, h.CreditAlert},
		{get, "/webhooks/:id", owners, h.Webhook},
		{get, "/webhooks/:id/edit", owners, h.EditWebhookForm},
		{post, "/webhooks/:id/edit", owners, h.EditWebhook},
		{get, "/webhooks/:id/rotate", owners, h.RotateWebhookForm},
		{post, "/webhooks/:id/rotate", owners, h.RotateWebhook},
		{get, "/webhooks/:id/remove", owners, h.RemoveWebhookForm},
		{post, "/webhooks/:id/remove", owners, h.RemoveWebhook},
		{post, "/webhooks/:id/enable", owners, h.EnableWebhook},
		{post, "/webhooks/:id/disable", owners, h.DisableWebhook},
		{post, "/webhooks/:id/test", owners, h.TestWebhook},
		{get, "/webhooks/:id/deliveries/:delivery", owners, h.Delivery},
		{post, "/webhooks/:id/deliveries/:delivery/replay", owners, h.ReplayDelivery},

		// The reseller's own programs.
		{get, "/integrations", viewers, h.Integrations},
		{get, "/integrations/access", owners, h.TurnAPIOffForm},
		{post, "/integrations/access", owners, h.SwitchAPI},
		{get, "/integrations/keys/new", owners, h.NewKeyForm},
		{post, "/integrations/keys", owners, h.NewKey},
		{get, "/integrations/keys/:id/rotate", owners, h.RotateKeyForm},
		{post, "/integrations/keys/:id/rotate", owners, h.RotateKey},
		{get, "/integrations/keys/:id/revoke", owners, h.RevokeKeyForm},
		{post, "/integrations/keys/:id/revoke", owners, h.RevokeKey},
		{get, "/integrations/requests", viewers, h.APIRequests},
		{get, "/integrations/console", owners, h.ConsoleForm},
		{post, "/integrations/console", owners, h.Console},
		{get, "/integrations/samples", viewers, h.APISamples},
		{get, "/integrations/dialects", viewers, h.Dialects},

		// The end customer, by a self-service link.
		{get, "/c/:token", anyone, h.OpenLink},
		{get, "/c/order/:link", anyone, h.CustomerPage},
		{post, "/c/order/:link/check", anyone, h.CustomerCheck},
		{get, "/c/order/:link/download/:file", anyone, h.CustomerFile},

		// The operator's people: support sees everything, admins move money.
		{get, "/admin", operators, h.AdminHome},
		{get, "/admin/orders", operators, h.AdminOrders},
		{get, "/admin/orders/:id", operators, h.AdminOrder},
		{post, "/admin/orders/:id/look", operators, h.AdminLook},
		{get, "/admin/orders/:id/placed", operatorMoney, h.AdminPlacedForm},
		{post, "/admin/orders/:id/placed", operatorMoney, h.AdminPlaced},
		{get, "/admin/orders/:id/resubmit", operatorMoney, h.AdminResubmitForm},
		{post, "/admin/orders/:id/resubmit", operatorMoney, h.AdminResubmit},
		{get, "/admin/orders/:id/cancel", operatorMoney, h.NeedsOfAny(handlers.ToCancel, h.AdminCancelForm)},
		{post, "/admin/orders/:id/cancel", operatorMoney, h.NeedsOfAny(handlers.ToCancel, h.AdminCancel)},
		{get, "/admin/drift", operators, h.AdminDrift},
		{get, "/admin/drift/:id/take", operatorMoney, h.AdminDriftTakeForm},
		{post, "/admin/drift/:id/take", operatorMoney, h.AdminDriftTake},
		{post, "/admin/drift/:id/keep", operatorMoney, h.AdminDriftKeep},
		{get, "/admin/resellers", operators, h.AdminResellers},
		{get, "/admin/resellers/new", operatorMoney, h.AdminNewResellerForm},
		{post, "/admin/resellers/new", operatorMoney, h.AdminNewReseller},
		{get, "/admin/resellers/:id/edit", operatorMoney, h.AdminEditResellerForm},
		{post, "/admin/resellers/:id/edit", operatorMoney, h.AdminEditReseller},
		{get, "/admin/resellers/:id/invite", operatorMoney, h.AdminInviteForm},
		{post, "/admin/resellers/:id/invite", operatorMoney, h.AdminInvite},
		{get, "/admin/groups", operators, h.AdminGroups},
		{post, "/admin/groups", operatorMoney, h.AdminNewGroup},
		{get, "/admin/groups/:id", operators, h.AdminGroup},
		{post, "/admin/groups/:id/name", operatorMoney, h.AdminRenameGroup},
		{get, "/admin/groups/:id/products/:product", operatorMoney, h.AdminPriceForm},
		{post, "/admin/groups/:id/products/:product", operatorMoney, h.AdminPrice},
		{get, "/admin/groups/:id/prices.csv", operators, h.AdminPricesCSV},
		{get, "/admin/groups/:id/import", operatorMoney, h.AdminPlanForm("import")},
		{post, "/admin/groups/:id/import", operatorMoney, h.AdminPlan("import")},
		{get, "/admin/groups/:id/bulk", operatorMoney, h.AdminPlanForm("bulk")},
		{post, "/admin/groups/:id/bulk", operatorMoney, h.AdminPlan("bulk")},
		{get, "/admin/products", operators, h.AdminProducts},
		{get, "/admin/products/new", operatorMoney, h.AdminNewProductForm},
		{post, "/admin/products/new", operatorMoney, h.AdminNewProduct},
		{get, "/admin/products/:id", operators, h.AdminProductForm},
		{post, "/admin/products/:id", operatorMoney, h.AdminProduct},
		{get, "/admin/upstreams", operators, h.AdminUpstreams},
		{get, "/admin/upstreams/new", operatorMoney, h.AdminNewUpstreamForm},
		{post, "/admin/upstreams/new", operatorMoney, h.AdminNewUpstream},
		{post, "/admin/upstreams/test", operatorMoney, h.AdminTestUpstream},
		{get, "/admin/upstreams/:id", operators, h.AdminUpstream},
		{post, "/admin/upstreams/:id", operatorMoney, h.AdminChangeUpstream},
		{post, "/admin/upstreams/:id/balance", operators, h.AdminAskBalance},
		{get, "/admin/upstreams/:id/remove", operatorMoney, h.AdminRemoveUpstreamForm},
		{post, "/admin/upstreams/:id/remove", operatorMoney, h.AdminRemoveUpstream},
		{get, "/admin/upstreams/import", operatorMoney, h.Imports},
		{post, "/admin/upstreams/import", operatorMoney, h.StartImport},
		{get, "/admin/upstreams/import/:id", operatorMoney, h.Import},
		{get, "/admin/upstreams/import/:id/state", operatorMoney, h.ImportState},
		{post, "/admin/upstreams/import/:id/take", operatorMoney, h.TakeImport},
		{post, "/admin/upstreams/import/:id/dismiss", operatorMoney, h.DismissImport},
		{get, "/admin/rates", operators, h.AdminRates},
		{post, "/admin/rates", operatorMoney, h.AdminAddRate},
		{post, "/admin/rates/import", operatorMoney, h.AdminImportRates},
		{post, "/admin/rates/age", operatorMoney, h.AdminRateAge},
		{get, "/admin/resellers/:id", operators, h.AdminReseller},
		{post, "/admin/resellers/:id/credit", operatorMoney, h.AdminCredit},
		{get, "/admin/resellers/:id/keys/:key/revoke", operatorMoney, h.AdminRevokeKeyForm},
		{post, "/admin/resellers/:id/keys/:key/revoke", operatorMoney, h.AdminRevokeKey},
		{get, "/admin/top-ups", operators, h.AdminTopUps},
		{get, "/admin/top-ups/:id", operators, h.AdminTopUp},
		{get, "/admin/top-ups/:id/receipt", operators, h.AdminTopUpReceipt},
		{post, "/admin/top-ups/:id/approve", operatorMoney, h.AdminApproveTopUp},
		{post, "/admin/top-ups/:id/refuse", operatorMoney, h.AdminRefuseTopUp},
		{post, "/admin/resellers/:id/allowance", operatorMoney, h.AdminAllowance},
		{post, "/admin/resellers/:id/pay-later", operatorMoney, h.AdminPayLater},
		{post, "/admin/resellers/:id/dialects", operatorMoney, h.AdminDialects},
		{get, "/admin/ledger", operators, h.AdminLedger},
		{get, "/admin/ledger.csv", operators, h.AdminLedgerCSV},
		{get, "/admin/stats", operators, h.AdminStats},
		{get, "/admin/stats.csv", operators, h.AdminStatsCSV},
		{get, "/admin/jobs", operators, h.AdminJobs},
		{post, "/admin/jobs/run", operators, h.AdminRunJob},
		{get, "/admin/mail", operators, h.AdminMail},
		{post, "/admin/mail/send-again", operators, h.AdminSendAgain},
		{get, "/admin/audit", operators, h.AdminAudit},

		// The demo's pretend internet, and the links its CA mails.
		{get, "/demo", anyone, h.DemoPage},
		{post, "/demo/publish", anyone, h.DemoPublish},
		{post, "/demo/remove", anyone, h.DemoRemove},
		{get, "/demo/mail/:id", anyone, h.DemoMail},
		{get, "/sandbox/approve/:token", anyone, h.ApproveForm},
		{post, "/sandbox/approve/:token", anyone, h.Approve},

		// How programs talk to the portal.
		{get, "/docs/api", anyone, h.APIDocs},

		// Browsers' own.
		{post, "/csp-report", anyone, s.cspReport},
	}
}
