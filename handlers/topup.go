package handlers

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"certbay/db"
	"certbay/db/money"
	"certbay/views"
	"certbay/views/i18n"
)

const topUpsShown = 5 // on the credits page, besides those that wait

// ownTopUps are a reseller's requests that wait, and the latest of the others.
func (h *Handlers) ownTopUps(c echo.Context) ([]views.TopUpRow, error) {
	ctx, reseller := c.Request().Context(), person(c).ResellerID
	latest, _, err := h.Book.TopUps(ctx, db.TopUpFilter{ResellerID: reseller, Page: db.Page{Limit: topUpsShown}})
	if err != nil {
		return nil, err
	}
	waiting, _, err := h.Book.TopUps(ctx, db.TopUpFilter{ResellerID: reseller, State: db.TopUpPending})
	latest = slices.DeleteFunc(latest, func(u db.TopUp) bool { return u.State == db.TopUpPending })
	return topUpRows(append(waiting, latest...)), err
}

func topUpRows(list []db.TopUp) []views.TopUpRow {
	var rows []views.TopUpRow
	for _, u := range list {
		rows = append(rows, topUpRow(u))
	}
	return rows
}

func topUpRow(u db.TopUp) views.TopUpRow {
	return views.TopUpRow{ID: u.ID, ResellerID: u.ResellerID, Reseller: u.ResellerName, Reference: u.BankReference, Amount: money.USD(u.Cents),
		State: string(u.State), Note: u.Note, At: u.At, Receipt: u.HasReceipt()}
}

// NewTopUpForm is GET /credits/top-ups/new.
func (h *Handlers) NewTopUpForm(c echo.Context) error {
	return h.showTopUpForm(c, http.StatusOK, views.NewTopUpPage{FormToken: rand.Text()})
}

func (h *Handlers) showTopUpForm(c echo.Context, status int, m views.NewTopUpPage) error {
	operator, err := h.Book.Operator(c.Request().Context())
	if err != nil {
		return err
	}
	m.Bank = operator.Bank
	return show(h, c, status, views.NewTopUp, m)
}

// AskTopUp is POST /credits/top-ups with amount, reference, form_token and the
// file receipt: tells the operator of a transfer. Nothing moves.
func (h *Handlers) AskTopUp(c echo.Context) error {
	ctx := c.Request().Context()
	m := views.NewTopUpPage{Amount: strings.TrimSpace(c.FormValue("amount")), Reference: strings.TrimSpace(c.FormValue("reference")), FormToken: c.FormValue("form_token")}
	amount, err := money.Parse(m.Amount, money.CurrencyUSD)
	if err != nil || amount.Minor <= 0 || amount.Minor > db.MaxTopUp {
		m.Problems = append(m.Problems, views.Problem{Field: "amount", Key: "topup.amount.problem", Args: []any{"Max", i18n.Money(ctx, money.USD(db.MaxTopUp))}})
	}
	switch {
	case m.Reference == "":
		m.Problems = append(m.Problems, views.Problem{Field: "reference", Key: "form.required"})
	case len([]rune(m.Reference)) > db.MaxBankReference:
		m.Problems = append(m.Problems, views.Problem{Field: "reference", Key: "form.toolong"})
	}
	receipt, err := uploaded(c, "receipt")
	if err != nil {
		return err
	}
	if _, err := db.ReceiptType(receipt); err != nil {
		m.Problems = append(m.Problems, views.Problem{Field: "receipt", Key: receiptProblem(err)})
	}
	if m.FormToken == "" || len(m.FormToken) > maxFormToken {
		m.FormToken = rand.Text()
		m.Problems = append(m.Problems, views.Problem{Key: "topup.again"})
	}
	if m.Problems != nil {
		return h.showTopUpForm(c, http.StatusUnprocessableEntity, m)
	}
	mails, err := h.topUpMails(ctx)
	if err != nil {
		return err
	}
	_, err = h.Book.AskTopUp(ctx, actor(c), person(c).ResellerID,
		db.NewTopUp{Cents: amount.Minor, BankReference: m.Reference, Receipt: receipt, FormToken: m.FormToken}, mails)
	switch {
	case errors.Is(err, db.ErrDuplicate):
		return informed(c, "/credits", i18n.T(ctx, "topup.asked.once"))
	case errors.Is(err, db.ErrManyTopUps):
		m.Problems = views.Problems{{Key: "topup.many"}}
		return h.showTopUpForm(c, http.StatusUnprocessableEntity, m)
	case err != nil:
		return err
	}
	return done(c, "/credits", i18n.T(ctx, "topup.asked.done", "Amount", i18n.Money(ctx, amount)))
}

func receiptProblem(err error) string {
	switch {
	case errors.Is(err, db.ErrReceiptEmpty):
		return "topup.receipt.empty"
	case errors.Is(err, db.ErrReceiptLarge):
		return "topup.receipt.large"
	}
	return "topup.receipt.type"
}

// uploaded reads a file of a form; nothing when none was sent.
func uploaded(c echo.Context, field string) ([]byte, error) {
	header, err := c.FormFile(field)
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("upload: %w", err)
	}
	file, err := header.Open()
	if err != nil {
		return nil, fmt.Errorf("upload: %w", err)
	}
	defer file.Close()
	return io.ReadAll(file)
}

// informed leaves a message that nothing was changed, and shows a page.
func informed(c echo.Context, path, text string) error {
	if err := flash(c, "info", text); err != nil {
		return err
	}
	return seeOther(c, path)
}

// ownTopUp finds the request of the address among those of the visitor's reseller.
func (h *Handlers) ownTopUp(c echo.Context) (db.TopUp, error) {
	id, err := idParam(c, "id")
	if err != nil {
		return db.TopUp{}, err
	}
	return h.Book.TopUp(c.Request().Context(), person(c).ResellerID, id)
}

// TopUpReceipt is GET /credits/top-ups/:id/receipt.
func (h *Handlers) TopUpReceipt(c echo.Context) error {
	u, err := h.ownTopUp(c)
	if err != nil {
		return err
	}
	return h.sendReceipt(c, u)
}

var receiptExtensions = map[string]string{db.MediaPDF: ".pdf", db.MediaJPEG: ".jpg", db.MediaPNG: ".png"}

// sendReceipt answers with a file that a stranger made. Its name and type are
// ours, it is a download, and should a browser draw it all the same, it may do nothing.
func (h *Handlers) sendReceipt(c echo.Context, u db.TopUp) error {
	content, err := h.Book.TopUpReceipt(c.Request().Context(), u)
	if err != nil {
		return err
	}
	header := c.Response().Header()
	header.Set(echo.HeaderContentDisposition, `attachment; filename="receipt-`+strconv.FormatInt(u.ID, 10)+receiptExtensions[u.MediaType]+`"`)
	header.Set(echo.HeaderXContentTypeOptions, "nosniff")
	header.Set(echo.HeaderContentSecurityPolicy, "default-src 'none'; sandbox")
	return c.Stream(http.StatusOK, u.MediaType, bytes.NewReader(content))
}

// WithdrawTopUpForm is GET /credits/top-ups/:id/withdraw.
func (h *Handlers) WithdrawTopUpForm(c echo.Context) error {
	u, err := h.ownTopUp(c)
	if err != nil {
		return err
	}
	if u.State != db.TopUpPending {
		return db.ErrStale
	}
	return show(h, c, http.StatusOK, views.ConfirmPage, views.WithdrawTopUp(c.Request().Context(), topUpRow(u)))
}

// WithdrawTopUp is POST /credits/top-ups/:id/withdraw.
func (h *Handlers) WithdrawTopUp(c echo.Context) error {
	id, err := idParam(c, "id")
	if err != nil {
		return err
	}
	if err := h.Book.WithdrawTopUp(c.Request().Context(), actor(c), person(c).ResellerID, id); err != nil {
		return err
	}
	return done(c, "/credits", i18n.T(c.Request().Context(), "topup.withdraw.done"))
}

// topUpMails words the mails of a request as it is asked for and decided: to who
// asked, and to every admin, each in their language.
func (h *Handlers) topUpMails(ctx context.Context) (db.TopUpMails, error) {
	admins, err := h.Book.Admins(ctx)
	if err != nil {
		return nil, err
	}
	return func(u db.TopUp) []db.Mail {
		mails := []db.Mail{h.topUpMail(u, "own", u.AskerEmail, u.AskerLang, "/credits")}
		for _, p := range admins {
			mails = append(mails, h.topUpMail(u, "shop", p.Email, p.Lang, adminTopUpPath(u.ID)))
		}
		return mails
	}, nil
}

func (h *Handlers) topUpMail(u db.TopUp, side, to, lang, path string) db.Mail {
	ctx := mailContext(lang)
	words := []any{"Amount", i18n.Money(ctx, money.USD(u.Cents)), "Reference", u.BankReference, "Reseller", u.ResellerName, "By", u.DecidedBy,
		"Note", u.Note, "Link", h.BaseURL + path}
	key := side + "." + string(u.State)
	return db.Mail{To: to, Subject: i18n.T(ctx, "mail.topup."+key+".subject", words...), Body: i18n.T(ctx, "mail.topup."+key+".body", words...)}
}
