package access

import "testing"

func TestLoggedPathHasOnlyTheRoutesWordsAndANumber(t *testing.T) {
	for _, c := range []struct{ route, path, want string }{
		{"/orders", "/api/reseller/orders", "/api/reseller/orders"},
		{"/orders", "/api/reseller/orders/", "/api/reseller/orders"},
		{"/orders/{id}", "/api/reseller/orders/12", "/api/reseller/orders/12"},
		{"/orders/{id}", "/api/reseller/orders/cb_secret", "/api/reseller/orders/{id}"},
		{"/certificate/{order_id}/download", "/api/reseller/certificate/7/download/", "/api/reseller/certificate/7/download"},
		{"/certificate/{order_id}/download", "/api/reseller/certificate/cb_x/download", "/api/reseller/certificate/{order_id}/download"},
		{"/orders/{id}", "/x", "/orders/{id}"},
	} {
		if got := loggedPath(c.route, c.path); got != c.want {
			t.Errorf("%s %s: %s, want %s", c.route, c.path, got, c.want)
		}
	}
}
