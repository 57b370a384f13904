package db_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"certbay/db"
	"certbay/db/dbtest"
)

func (o *office) note(reseller, key int64, path string, status int) {
	o.NoteAPIRequest(db.APIRequest{ResellerID: reseller, KeyID: key, At: o.Now(), Method: "GET", Path: path, Status: status, Took: 1234 * time.Microsecond, IP: testIP})
}

func (o *office) requests(t *testing.T, reseller int64, f db.APIRequestFilter) ([]string, bool) {
	t.Helper()
	rows, more, err := o.APIRequests(t.Context(), reseller, f)
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, r := range rows {
		paths = append(paths, r.Path)
	}
	return paths, more
}

func TestAPIRequestsAreReadAsTheyWereNoted(t *testing.T) {
	o := openOffice(t)
	r := o.apiReseller(t)
	k, secret, err := o.CreateAPIKey(t.Context(), db.System, r.ID, db.NewAPIKey{Name: "shop", Scopes: db.Scopes})
	if err != nil {
		t.Fatal(err)
	}
	at := o.Now().UTC().Truncate(time.Microsecond)
	noted := db.APIRequest{ResellerID: r.ID, KeyID: k.ID, At: at, Method: "POST", Path: "/api/reseller/orders", Status: 402, Took: 1234 * time.Microsecond, IP: "192.0.2.9"}
	o.NoteAPIRequest(noted)
	rows, more, err := o.APIRequests(t.Context(), r.ID, db.APIRequestFilter{})
	if err != nil || len(rows) != 1 || more {
		t.Fatalf("%+v, %v, %v", rows, more, err)
	}
	noted.ID, noted.KeyName, noted.KeyPrefix = rows[0].ID, "shop", k.Prefix
	if rows[0] != noted {
		t.Errorf("noted %+v, read %+v", noted, rows[0])
	}
	if strings.Contains(fmt.Sprint(rows), secret) {
		t.Error("the secret is in the log")
	}
}

func TestAPILogIsNarrowedByKeyAndStatusAndTurnedByRow(t *testing.T) {
	o := openOffice(t)
	r := o.apiReseller(t)
	var keys []int64
	for _, name := range []string{"one", "two"} {
		k, _, err := o.CreateAPIKey(t.Context(), db.System, r.ID, db.NewAPIKey{Name: name, Scopes: db.Scopes})
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, k.ID)
	}
	for i := range 10 {
		o.note(r.ID, keys[i%2], fmt.Sprint(i), []int{200, 404, 500, 201, 429}[i%5])
	}
	o.note(r.ID, 0, "page", 200)
	o.note(o.reseller.ID, 0, "foreign", 200)
	for _, c := range []struct {
		f    db.APIRequestFilter
		want string
	}{
		{db.APIRequestFilter{}, "page 9 8 7 6 5 4 3 2 1 0"},
		{db.APIRequestFilter{KeyID: keys[0]}, "8 6 4 2 0"},
		{db.APIRequestFilter{Class: 4}, "9 6 4 1"},
		{db.APIRequestFilter{Class: 4, KeyID: keys[1]}, "9 1"},
		{db.APIRequestFilter{Class: 3}, ""},
	} {
		if got, more := o.requests(t, r.ID, c.f); strings.Join(got, " ") != c.want || more {
			t.Errorf("%+v: %v %v, want %s", c.f, got, more, c.want)
		}
	}
	rows, more, err := o.APIRequests(t.Context(), r.ID, db.APIRequestFilter{Limit: 4})
	if err != nil || len(rows) != 4 || !more {
		t.Fatalf("%v %v %v", rows, more, err)
	}
	o.note(r.ID, 0, "later", 200) // a new row shifts no page
	older, more := o.requests(t, r.ID, db.APIRequestFilter{Limit: 4, Before: rows[3].ID})
	if strings.Join(older, " ") != "6 5 4 3" || !more {
		t.Errorf("older: %v %v", older, more)
	}
	newer, more := o.requests(t, r.ID, db.APIRequestFilter{Limit: 2, After: rows[3].ID})
	if strings.Join(newer, " ") != "9 8" || !more {
		t.Errorf("newer: %v %v", newer, more)
	}
	if _, _, err := o.APIRequests(t.Context(), o.reseller.ID, db.APIRequestFilter{KeyID: keys[0]}); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("another reseller's key: %v", err)
	}
}

func TestNoRequestIsLostWhileManyAreNotedAtOnce(t *testing.T) {
	o := openOffice(t)
	r := o.apiReseller(t)
	const hands, each = 8, 130
	var wg sync.WaitGroup
	for range hands {
		wg.Go(func() {
			for range each {
				o.note(r.ID, 0, "/", 200)
			}
			if err := o.FlushAPILog(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := o.requestCount(t, r.ID); n != hands*each || o.APIRequestsLost() != 0 {
		t.Errorf("%d of %d are there, %d lost", n, hands*each, o.APIRequestsLost())
	}
}

func (o *office) requestCount(t *testing.T, reseller int64) int {
	t.Helper()
	n, before := 0, int64(0)
	for {
		rows, more, err := o.APIRequests(t.Context(), reseller, db.APIRequestFilter{Limit: 200, Before: before})
		if err != nil {
			t.Fatal(err)
		}
		if n += len(rows); !more {
			return n
		}
		before = rows[len(rows)-1].ID
	}
}

func TestRequestsAreWrittenByThemselvesAndWhenTheBookCloses(t *testing.T) {
	target := dbtest.Target(t)
	book, err := db.Open(ctx, target)
	if err != nil {
		t.Fatal(err)
	}
	o := &office{DB: book}
	r := o.apiReseller(t)
	o.note(r.ID, 0, "by itself", 200)
	written := func() int64 { return book.Count(t, `select count(*) from api_request`) }
	for deadline := time.Now().Add(20 * time.Second); written() == 0; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nobody wrote the request")
		}
	}
	o.note(r.ID, 0, "at the end", 200)
	if err := book.Close(); err != nil {
		t.Fatal(err)
	}
	o.note(r.ID, 0, "too late", 200)
	if book.APIRequestsLost() != 1 {
		t.Errorf("%d lost", book.APIRequestsLost())
	}
	if o.DB, err = db.Open(ctx, target); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.DB.Close() })
	if got, _ := o.requests(t, r.ID, db.APIRequestFilter{}); strings.Join(got, ", ") != "at the end, by itself" {
		t.Errorf("%v", got)
	}
}

func TestAPILogThatCanNotBeWrittenIsBoundedAndCounted(t *testing.T) {
	o := openOffice(t)
	o.note(999_999, 0, "nobody's", 200) // refused by the engine, for ever
	good := o.apiReseller(t)
	for range 5 {
		if err := o.FlushAPILog(ctx); err != nil {
			continue
		}
		break
	}
	if lost := o.APIRequestsLost(); lost != 1 {
		t.Errorf("%d lost", lost)
	}
	o.note(good.ID, 0, "after it", 200)
	if got, _ := o.requests(t, good.ID, db.APIRequestFilter{}); len(got) != 1 {
		t.Errorf("%v", got)
	}
}

func TestOldRequestsAreForgotten(t *testing.T) {
	o := openOffice(t)
	r := o.apiReseller(t)
	for i := range 2100 {
		o.note(r.ID, 0, fmt.Sprint("old ", i), 200)
	}
	if err := o.FlushAPILog(ctx); err != nil {
		t.Fatal(err)
	}
	o.later(12 * time.Hour)
	o.note(r.ID, 0, "new", 200)
	if err := o.FlushAPILog(ctx); err != nil {
		t.Fatal(err)
	}
	o.later(db.APILogDays*24*time.Hour - time.Hour)
	if err := o.PurgeAPILog(ctx); err != nil {
		t.Fatal(err)
	}
	if got, _ := o.requests(t, r.ID, db.APIRequestFilter{}); strings.Join(got, " ") != "new" {
		t.Errorf("%d left", len(got))
	}
}

func TestUnreadableBytesDoNotReachTheLog(t *testing.T) {
	o := openOffice(t)
	r := o.apiReseller(t)
	o.note(r.ID, 0, "/a\x00b\xff"+strings.Repeat("ö", 600), 200)
	got, _ := o.requests(t, r.ID, db.APIRequestFilter{})
	if len(got) != 1 || !strings.HasPrefix(got[0], "/abö") || len(got[0]) > 500 {
		t.Errorf("%q", got)
	}
}
