package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"certbay/db"
	"certbay/db/certs"
	"certbay/providers"
)

const (
	comparedAtOnce = 100 // products in one transaction
	takenAtOnce    = 50  // rows read at once
)

// importRead reads what an upstream sells, or a page after the other of what was
// ordered there, and compares it with the book. Cut off, it goes on: products from
// the start, orders from the page they had come to.
func (w *Worker) importRead(ctx context.Context, job db.Job) error {
	run, err := w.Book.ImportRun(ctx, job.SubjectID)
	if err != nil {
		return err
	}
	if run.State != db.ImportReading {
		return nil
	}
	p, err := w.Upstreams.Upstream(ctx, run.Upstream)
	if err != nil {
		return w.failRead(ctx, job, run, err)
	}
	if run.What == db.ImportOrders {
		return w.readOrders(ctx, job, run, p)
	}
	return w.readProducts(ctx, job, run, p)
}

// readTries is how often an upstream that fails is asked before a run ends.
const readTries = 4

// failRead ends a run whose upstream can't be read, with the reason: at once where
// another try would say the same.
func (w *Worker) failRead(ctx context.Context, job db.Job, run db.ImportRun, cause error) error {
	if ctx.Err() != nil {
		return cause // the worker stops
	}
	if job.Failures+1 < readTries && !errors.Is(cause, providers.ErrCredentials) && !errors.Is(cause, providers.ErrRefused) && errors.Is(cause, providers.ErrUnavailable) {
		return cause
	}
	return settled(w.Book.FailImport(context.WithoutCancel(ctx), run.ID, cause.Error()))
}

func (w *Worker) readProducts(ctx context.Context, job db.Job, run db.ImportRun, p providers.Provider) error {
	all, err := p.Products(ctx)
	w.noteHealth(ctx, run.Upstream, err)
	if err != nil {
		return w.failRead(ctx, job, run, err)
	}
	if len(all) == 0 {
		return settled(w.Book.FailImport(ctx, run.ID, "the upstream says that it sells nothing"))
	}
	var products []db.ImportedProduct
	cores := map[string][]string{}
	for _, product := range all {
		if run.Kind != "" && string(product.Type) != string(run.Kind) {
			continue
		}
		products = append(products, importedProduct(product))
		if len(product.Cores) > 0 {
			cores[product.Code] = product.Cores
		}
	}
	if err := w.Book.SetImportTotal(ctx, run.ID, len(products)); err != nil {
		return settled(err)
	}
	for from := 0; from < len(products); from += comparedAtOnce {
		if err := w.Book.CompareProducts(ctx, run.ID, products[from:min(from+comparedAtOnce, len(products))]); err != nil {
			return settled(err)
		}
	}
	if len(cores) > 0 && run.Kind == "" {
		if err := w.Book.SetUpstreamCores(ctx, run.Upstream, cores); err != nil {
			return err
		}
	}
	return settled(w.Book.FinishCompare(ctx, run.ID, w.ImportMail))
}

// importedProduct says a product of an upstream in the book's words.
func importedProduct(p providers.Product) db.ImportedProduct {
	out := db.ImportedProduct{Code: p.Code, Name: p.Name, Brand: p.Brand, Kind: db.ProductKind(p.Type), Validation: string(p.Validation), WarrantyDollars: p.Warranty, Cores: p.Cores,
		SAN: importedSAN(p.SAN), WildcardSAN: importedSAN(p.WildcardSAN)}
	for i, t := range p.Terms {
		if i == 0 {
			out.Currency = string(t.Cost.Currency)
		}
		if string(t.Cost.Currency) != out.Currency {
			out.Currency = "" // terms in several currencies have no one cost
		}
		out.Terms = append(out.Terms, db.ImportedTerm{Months: t.Months, CostCents: t.Cost.Minor})
	}
	for _, m := range p.Methods {
		out.Methods = append(out.Methods, string(m))
	}
	return out
}

func importedSAN(r providers.SANRule) db.ImportedSAN {
	return db.ImportedSAN{Included: r.Included, Max: r.Maximum, CostCents: r.Cost.Minor}
}

// turn is how long a job that goes on and on works before it lets others have its hand.
func (w *Worker) turn() time.Time { return time.Now().Add(w.Lease / 2) }

func (w *Worker) readOrders(ctx context.Context, job db.Job, run db.ImportRun, p providers.Provider) error {
	lister, ok := p.(providers.OrderLister)
	if !ok {
		return settled(w.Book.FailImport(ctx, run.ID, "the upstream can't list its orders"))
	}
	for until := w.turn(); ; {
		list, next, err := lister.Orders(ctx, run.Place)
		w.noteHealth(ctx, run.Upstream, err)
		if err != nil {
			return w.failRead(ctx, job, run, err)
		}
		if next == run.Place && next != "" {
			return settled(w.Book.FailImport(ctx, run.ID, "the upstream's list of orders does not go on"))
		}
		ids, orders := make([]string, 0, len(list)), make([]db.ImportedOrder, 0, len(list))
		for _, o := range list {
			if o.UpstreamID == "" {
				continue
			}
			ids = append(ids, o.UpstreamID)
			orders = append(orders, db.ImportedOrder{Reference: o.Reference, Code: o.ProductCode, Product: o.ProductName, Domain: o.Domain, IP: o.IP, State: db.UpstreamStanding(o.State), Word: o.Word,
				PlacedAt: o.PlacedAt, EndsAt: o.TermEndsAt, ValidFrom: o.ValidFrom, ValidTill: o.ValidTill, CostCents: o.Cost.Minor, CostUnit: string(o.Cost.Currency)})
		}
		if err := w.Book.CompareOrders(ctx, run, ids, orders, next); err != nil || next == "" {
			return settled(err)
		}
		run.Place = next
		if time.Now().After(until) {
			return &later{at: w.Book.Now()}
		}
	}
}

// importTake takes the chosen rows of a run into the book, one transaction each.
func (w *Worker) importTake(ctx context.Context, job db.Job) error {
	for until := w.turn(); ; {
		run, err := w.Book.ImportRun(ctx, job.SubjectID)
		if err != nil {
			return err
		}
		rows, err := w.Book.WantedRows(ctx, run, takenAtOnce)
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, row := range rows {
			if run.What == db.ImportProducts {
				err = w.Book.TakeProduct(ctx, run, row)
			} else {
				err = w.takeOrder(ctx, run, row)
			}
			if err != nil {
				return err
			}
			if time.Now().After(until) {
				return &later{at: w.Book.Now()}
			}
		}
	}
}

// takeOrder asks the upstream how an order stands and fetches its certificate, then
// writes it into the book. An order that it does not know any more can't be taken.
func (w *Worker) takeOrder(ctx context.Context, run db.ImportRun, row db.ImportRow) error {
	p, err := w.Upstreams.Upstream(ctx, run.Upstream)
	if err != nil {
		return err
	}
	status, err := p.Status(ctx, row.Ref)
	w.noteHealth(ctx, run.Upstream, err)
	if words, final := finalWords(err); final {
		return settled(w.Book.RefuseRow(ctx, row, words))
	}
	if err != nil {
		return err
	}
	found := db.FoundOrder{State: db.UpstreamStanding(status.State), Message: status.Message, EndsAt: status.TermEndsAt, LicenceKey: status.LicenceKey, IP: status.IP, Names: Names(status)}
	product, err := w.Book.OrderedProduct(ctx, row.WishProduct)
	if err != nil {
		return err
	}
	if status.State == providers.StateIssued && product.Kind != db.KindLicence {
		got, err := p.Certificate(ctx, row.Ref)
		w.noteHealth(ctx, run.Upstream, err)
		if _, final := finalWords(err); err != nil && !final && !errors.Is(err, providers.ErrNotReady) {
			return err
		}
		if err == nil {
			issued, names, err := readIssued(got)
			if err != nil {
				return settled(w.Book.RefuseRow(ctx, row, fmt.Sprintf("certificate: %v", err)))
			}
			found.Issued = &issued
			found.Names = withNames(found.Names, names)
		}
	}
	return w.Book.TakeOrder(context.WithoutCancel(ctx), run, row, found)
}

// finalWords are the reason of an answer that another try would not change.
func finalWords(err error) (words string, final bool) {
	var refusal *providers.Refusal
	switch {
	case errors.As(err, &refusal):
		return refusal.Message, true
	case errors.Is(err, providers.ErrRefused), errors.Is(err, providers.ErrUnknown):
		return err.Error(), true
	}
	return "", false
}

// readIssued reads a certificate for the book: its dates and serial are its own, not
// what the upstream says of it.
func readIssued(c providers.Certificate) (db.Issued, []string, error) {
	info, err := certs.Describe(c.Leaf)
	return db.Issued{PEM: c.Leaf, Chain: c.Chain, Serial: info.Serial, NotBefore: info.NotBefore, NotAfter: info.NotAfter}, info.Names, err
}

// withNames adds names of a certificate to those that the upstream told of.
func withNames(told []db.UpstreamName, names []string) []db.UpstreamName {
	for _, name := range names {
		there := false
		for _, n := range told {
			there = there || n.Name == name
		}
		if !there {
			told = append(told, db.UpstreamName{Name: name})
		}
	}
	return told
}
