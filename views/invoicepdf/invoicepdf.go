// Package invoicepdf draws an invoice or a credit note as a PDF: the same struct
// and the same words as its page.
//
// Inter (inter-licence.txt) is embedded for the letters of both languages; mark.png
// is static/src/favicon.svg on white.
package invoicepdf

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"regexp"
	"strings"

	"github.com/johnfercher/maroto/v2"
	"github.com/johnfercher/maroto/v2/pkg/components/col"
	"github.com/johnfercher/maroto/v2/pkg/components/image"
	"github.com/johnfercher/maroto/v2/pkg/components/line"
	"github.com/johnfercher/maroto/v2/pkg/components/row"
	"github.com/johnfercher/maroto/v2/pkg/components/text"
	"github.com/johnfercher/maroto/v2/pkg/config"
	"github.com/johnfercher/maroto/v2/pkg/consts/align"
	"github.com/johnfercher/maroto/v2/pkg/consts/extension"
	"github.com/johnfercher/maroto/v2/pkg/consts/fontstyle"
	"github.com/johnfercher/maroto/v2/pkg/consts/pagesize"
	"github.com/johnfercher/maroto/v2/pkg/core"
	"github.com/johnfercher/maroto/v2/pkg/core/entity"
	"github.com/johnfercher/maroto/v2/pkg/props"
	"github.com/phpdave11/gofpdf"

	"certbay/views"
	"certbay/views/i18n"
)

var (
	//go:embed inter-regular.ttf
	regular []byte
	//go:embed inter-semibold.ttf
	semibold []byte
	//go:embed mark.png
	mark []byte
)

const family = "inter"

func init() { gofpdf.SetDefaultCatalogSort(true) } // the same document gives the same bytes

var (
	muted  = &props.Color{Red: 90, Green: 98, Blue: 110}
	strong = props.Text{Size: 9, Style: fontstyle.Bold, Bottom: 1.2}
	plain  = props.Text{Size: 9, Bottom: 1.2}
	small  = props.Text{Size: 8, Bottom: 1, Color: muted}
	hair   = props.Line{Color: muted, Thickness: 0.2, SizePercent: 100}
)

// Render draws the document in the language and zone of ctx; brand is the shop's
// name beside the mark. The same document gives the same bytes: the dates in the
// file are the document's own.
func Render(ctx context.Context, brand string, m views.InvoicePage) ([]byte, error) {
	made := m.At.UTC()
	// gofpdf writes into the bytes of a font, so that each file gets its own copy.
	doc := maroto.New(config.NewBuilder().
		WithPageSize(pagesize.A4).WithLeftMargin(18).WithTopMargin(18).WithRightMargin(18).WithBottomMargin(18).
		WithCustomFonts([]*entity.CustomFont{
			{Family: family, Style: fontstyle.Normal, Bytes: bytes.Clone(regular)},
			{Family: family, Style: fontstyle.Bold, Bytes: bytes.Clone(semibold)},
		}).
		WithDefaultFont(&props.Font{Family: family, Size: 9}).
		WithTitle(m.Title(ctx), true).WithAuthor(m.Seller.Company, true).WithCreationDate(made).
		Build())
	doc.AddRow(14,
		image.NewFromBytesCol(1, mark, extension.Png, props.Rect{Percent: 80}),
		text.NewCol(5, brand, props.Text{Size: 13, Style: fontstyle.Bold, Top: 3}),
		text.NewCol(6, m.Title(ctx), props.Text{Size: 13, Style: fontstyle.Bold, Align: align.Right, Top: 3}))
	doc.AddRow(10, line.NewCol(12, hair))
	doc.AddRows(parties(ctx, m)...)
	doc.AddRow(10)
	doc.AddRows(lines(ctx, m)...)
	doc.AddRows(sums(ctx, m)...)
	drawn, err := doc.Generate()
	if err != nil {
		return nil, fmt.Errorf("invoice pdf: %w", err)
	}
	return fixedDate(drawn.GetBytes(), made.Format("20060102150405")), nil
}

var modified = regexp.MustCompile(`/ModDate \(D:\d{14}\)`)

// fixedDate puts the document's date in the place of the time at which it was drawn.
func fixedDate(pdf []byte, stamp string) []byte {
	return modified.ReplaceAll(pdf, []byte("/ModDate (D:"+stamp+")"))
}

// parties sets seller, buyer and what the document says about itself side by side.
func parties(ctx context.Context, m views.InvoicePage) []core.Row {
	column := func(label string, p views.InvoiceParty) []core.Component {
		cells := []core.Component{text.New(label, small), text.New(breakable(p.Company), strong)}
		for _, l := range p.Lines(ctx) {
			cells = append(cells, text.New(breakable(l), plain))
		}
		return cells
	}
	left, middle := column(i18n.T(ctx, "invoice.seller"), m.Seller), column(i18n.T(ctx, "invoice.buyer"), m.Buyer)
	var right []core.Component
	for _, f := range m.Facts(ctx) {
		right = append(right, text.New(f.Label+": "+f.Value, plain))
	}
	var rows []core.Row
	for i := range max(len(left), len(middle), len(right)) {
		r := row.New()
		for _, cells := range [][]core.Component{left, middle, right} {
			c := col.New(4)
			if i < len(cells) {
				c.Add(cells[i])
			}
			r.Add(c)
		}
		rows = append(rows, r)
	}
	return rows
}

func right(p props.Text) props.Text {
	p.Align = align.Right
	return p
}

func lines(ctx context.Context, m views.InvoicePage) []core.Row {
	rows := []core.Row{
		row.New().Add(text.NewCol(8, i18n.T(ctx, "invoice.line"), small), text.NewCol(2, i18n.T(ctx, "invoice.quantity"), right(small)),
			text.NewCol(2, i18n.T(ctx, "credits.amount"), right(small))),
		rule(),
	}
	for _, l := range m.Lines {
		rows = append(rows, row.New().Add(text.NewCol(8, breakable(l.Title(ctx)), plain),
			text.NewCol(2, i18n.Number(ctx, int64(l.Quantity)), right(plain)), text.NewCol(2, i18n.Money(ctx, l.Amount), right(plain))))
		if note := m.LineNote(ctx, l); l.Kind == "base" && note != "" {
			rows = append(rows, row.New().Add(text.NewCol(8, breakable(note), small)))
		}
	}
	return append(rows, rule())
}

func sums(ctx context.Context, m views.InvoicePage) []core.Row {
	sum := func(label, amount string, p props.Text) core.Row {
		return row.New().Add(col.New(6), text.NewCol(3, label, p), text.NewCol(3, amount, right(p)))
	}
	return []core.Row{
		sum(i18n.T(ctx, "invoice.net"), i18n.Money(ctx, m.Net), plain),
		sum(i18n.T(ctx, "quote.tax", "Rate", i18n.Percent(ctx, m.TaxBP)), i18n.Money(ctx, m.Tax), plain),
		sum(i18n.T(ctx, "invoices.total"), i18n.Money(ctx, m.Total), strong),
	}
}

func rule() core.Row { return line.NewRow(5, hair) }

// breakable lets a word that is wider than its column, such as a long domain, go on
// in the next line: after a dot or an @.
func breakable(s string) string {
	words := strings.Split(s, " ")
	for i, w := range words {
		if len([]rune(w)) > 30 {
			words[i] = strings.NewReplacer(".", ". ", "@", "@ ").Replace(w)
		}
	}
	return strings.Join(words, " ")
}
