package wire_test

import (
	"encoding/json"
	"encoding/xml"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"certbay/db/money"
	"certbay/providers/internal/wire"
)

func TestScalarsReadWhatUpstreamsSend(t *testing.T) {
	for in, want := range map[string]wire.Int{`12`: 12, `"12"`: 12, `" 12 "`: 12, `-3`: -3, `12.00`: 12, `"1e3"`: 1000, `""`: 0, `null`: 0, `false`: 0, `true`: 1, `[]`: 0, `{ }`: 0} {
		var got wire.Int
		if err := json.Unmarshal([]byte(in), &got); err != nil || got != want {
			t.Errorf("Int %s: %d, %v", in, got, err)
		}
	}
	for in, want := range map[string]wire.Bool{`true`: true, `"true"`: true, `1`: true, `"1"`: true, `"Yes"`: true, `"on"`: true, `false`: false, `0`: false, `"0"`: false, `""`: false, `null`: false, `"off"`: false} {
		got := !want
		if err := json.Unmarshal([]byte(in), &got); err != nil || got != want {
			t.Errorf("Bool %s: %v, %v", in, got, err)
		}
	}
	for in, want := range map[string]wire.Text{`"x"`: "x", `12`: "12", `true`: "true", `false`: "", `"false"`: "false", `null`: "", `12345678901234567890`: "12345678901234567890", `" ç "`: "ç"} {
		var got wire.Text
		if err := json.Unmarshal([]byte(in), &got); err != nil || got != want {
			t.Errorf("Text %s: %q, %v", in, got, err)
		}
	}
	for in, want := range map[string]int64{`12.99`: 1299, `"12.99"`: 1299, `1250.00`: 125000, `"1,250.00"`: 125000, `"$28.97"`: 2897, `"28.97 USD"`: 2897, `"-28.97"`: -2897, `"-$5"`: -500,
		`"$-5"`: -500, `28.970000000000002`: 2897, `28.969999999999999`: 2897, `4`: 400, `"4.3500"`: 435, `0`: 0, `1.25e1`: 1250, `-0.004e1`: -4} {
		var got wire.Cents
		if err := json.Unmarshal([]byte(in), &got); err != nil || got.Minor != want || !got.Given {
			t.Errorf("Cents %s: %+v, %v", in, got, err)
		}
	}
	for _, in := range []string{`""`, `null`, `false`} {
		got := wire.Cents{Minor: 5, Given: true}
		if err := json.Unmarshal([]byte(in), &got); err != nil || got.Given || got.Minor != 0 {
			t.Errorf("Cents %s: %+v, %v", in, got, err)
		}
	}
	for in, want := range map[string]string{`"2026-02-14"`: "2026-02-14T00:00:00Z", `"2026-02-14 10:30:00"`: "2026-02-14T10:30:00Z", `"2026-02-14T10:30:00+03:00"`: "2026-02-14T07:30:00Z",
		`1771065000`: "2026-02-14T10:30:00Z", `"1771065000"`: "2026-02-14T10:30:00Z", `"14 Feb 2026"`: "2026-02-14T00:00:00Z", `"0000-00-00"`: "0001-01-01T00:00:00Z",
		`"0000-00-00 00:00:00"`: "0001-01-01T00:00:00Z", `""`: "0001-01-01T00:00:00Z", `null`: "0001-01-01T00:00:00Z", `0`: "0001-01-01T00:00:00Z", `false`: "0001-01-01T00:00:00Z"} {
		got := wire.Date{Time: time.Now()}
		if err := json.Unmarshal([]byte(in), &got); err != nil || got.Format(time.RFC3339) != want {
			t.Errorf("Date %s: %s, %v", in, got.Time, err)
		}
	}
}

func TestWhatCantBeReadIsAnErrorAndNeverNought(t *testing.T) {
	for _, in := range []string{`"twelve"`, `1.5`, `"0x10"`, `"1/2"`, `1e99`, `"1e999999999"`, `[1]`, `{"a":1}`, `"1 2"`} {
		if got := wire.Int(7); json.Unmarshal([]byte(in), &got) == nil {
			t.Errorf("Int %s: %d", in, got)
		}
	}
	for _, in := range []string{`"12.999"`, `12.345`, `"1,25"`, `"12,50"`, `"free"`, `"12.50.1"`, `"--5"`, `"1e30"`, `"12 13"`, `[4]`, `"."`} {
		var got wire.Cents
		if json.Unmarshal([]byte(in), &got) == nil {
			t.Errorf("Cents %s: %+v", in, got)
		}
	}
	for _, in := range []string{`"maybe"`, `2`, `[true]`} {
		var got wire.Bool
		if json.Unmarshal([]byte(in), &got) == nil {
			t.Errorf("Bool %s: %v", in, got)
		}
	}
	for _, in := range []string{`"14/02/2026"`, `"2026-13-01"`, `"soon"`, `12`, `"2026-02-14 10:30:00 EET"`} {
		var got wire.Date
		if json.Unmarshal([]byte(in), &got) == nil {
			t.Errorf("Date %s: %s", in, got.Time)
		}
	}
}

func TestListsAndObjectsInTheFormsOfPHP(t *testing.T) {
	for in, want := range map[string][]wire.Int{`[1,"2"]`: {1, 2}, `null`: nil, `false`: nil, `""`: nil, `[]`: nil, `{}`: nil, `3`: {3}, `{"0":1,"2":"5"}`: {1, 5}, `{"10":1,"9":2}`: {1, 2}} {
		var got wire.List[wire.Int]
		if err := json.Unmarshal([]byte(in), &got); err != nil || !slices.Equal(got, want) {
			t.Errorf("List %s: %v, %v", in, got, err)
		}
	}
	var one wire.List[struct{ Name wire.Text }]
	if err := json.Unmarshal([]byte(`{"name":"x"}`), &one); err != nil || len(one) != 1 || one[0].Name != "x" {
		t.Errorf("%v, %v", one, err)
	}
	for in, want := range map[string]int{`{"12":"9.99","24":18}`: 2, `[]`: 0, `null`: 0, `false`: 0, `{}`: 0} {
		var got wire.Dict[wire.Cents]
		if err := json.Unmarshal([]byte(in), &got); err != nil || len(got) != want {
			t.Errorf("Dict %s: %v, %v", in, got, err)
		}
	}
	var bad wire.Dict[wire.Cents]
	if json.Unmarshal([]byte(`[1]`), &bad) == nil {
		t.Error("a list with something in it is no object")
	}
}

func TestScalarsReadXMLToo(t *testing.T) {
	var got struct {
		ID   wire.Int   `xml:"id"`
		Cost wire.Cents `xml:"cost"`
		On   wire.Bool  `xml:"on"`
		Name wire.Text  `xml:"name,attr"`
		At   wire.Date  `xml:"at"`
		None wire.Int   `xml:"none"`
	}
	if err := xml.Unmarshal([]byte(`<doc name=" n "><id> 7 </id><cost>1,000.50 USD</cost><on>on</on><at>2026-02-14</at><none/></doc>`), &got); err != nil {
		t.Fatal(err)
	}
	if got.ID != 7 || got.Cost.Minor != 100050 || !bool(got.On) || got.Name != "n" || got.At.Day() != 14 || got.None != 0 {
		t.Errorf("%+v", got)
	}
}

func TestCentsReadsEveryAmountMoneyWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := money.USD(rapid.Int64Range(-1e15, 1e15).Draw(t, "cents"))
		for _, form := range []string{m.Decimal(), `"` + m.Decimal() + `"`, `"` + m.Decimal() + `000"`} {
			var c wire.Cents
			if err := json.Unmarshal([]byte(form), &c); err != nil || c.Money(money.CurrencyUSD) != m {
				t.Fatalf("%s: %+v, %v", form, c, err)
			}
		}
	})
}

func FuzzScalarsNeverPanic(f *testing.F) {
	for _, s := range []string{`1e9`, `"$-,1"`, `"0000-00-00"`, `{"1":2}`, `[[]]`, `"1,000,00"`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(_ *testing.T, b []byte) {
		for _, into := range []any{new(wire.Int), new(wire.Cents), new(wire.Bool), new(wire.Text), new(wire.Date), new(wire.List[wire.Cents]), new(wire.Dict[wire.Date])} {
			_ = json.Unmarshal(b, into)
		}
	})
}
