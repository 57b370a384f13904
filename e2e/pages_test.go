package e2e

import "testing"

func TestTry(t *testing.T) {
	b := signedIn(t, shop.access.Reseller)
	b.open("/")
	b.look(200, "home")
	b.open("/catalog")
	b.look(200, "catalog")
	b.open("/orders")
	b.look(200, "orders")
}
