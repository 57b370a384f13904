package gogetssl_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"certbay/providers/providertest"
)

// The document's two programs, run by PHP as they stand: only where they send, the
// key, the product and the CSR are the shop's.
func TestTheDocumentsProgramsRunInPHP(t *testing.T) {
	if _, err := exec.LookPath("php"); err != nil {
		t.Skip("php is not installed")
	}
	if exec.Command("php", "-r", "exit(function_exists('curl_init') ? 0 : 1);").Run() != nil {
		t.Skip("the curl extension of PHP is not installed")
	}
	s := openShop(t)
	for name, product := range map[string]int64{"add_ssl_order.php": s.single, "add_ssl_order_san.php": s.multi} {
		source := string(must[[]byte](t)(os.ReadFile(filepath.Join("testdata", name))))
		for _, change := range [][2]string{
			{"https://my.gogetssl.com/api", s.URL + "/api"}, {"YOUR_AUTH_HASH", s.Key}, {`"period" => 3`, `"period" => 12`},
			{`"product_id" => 6`, fmt.Sprintf(`"product_id" => %d + 0 * 6`, product)},
			{"-----BEGIN CERTIFICATE REQUEST-----\nCSR CODE GOES HERE...\n-----END CERTIFICATE REQUEST-----", strings.TrimSpace(providertest.CSR(t, "gogetssl.com"))},
		} {
			if strings.Count(source, change[0]) != 1 {
				t.Fatalf("%s has %q %d times", name, change[0], strings.Count(source, change[0]))
			}
			source = strings.Replace(source, change[0], change[1], 1)
		}
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, []byte(source+"\necho $response;\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		before := s.orders()
		out, err := exec.CommandContext(t.Context(), "php", file).Output()
		var answer struct {
			Success bool   `json:"success"`
			OrderID int64  `json:"order_id"`
			Status  string `json:"order_status"`
		}
		if err != nil || json.Unmarshal(out, &answer) != nil || !answer.Success || answer.OrderID == 0 || answer.Status != "processing" || s.orders() != before+1 {
			t.Errorf("%s: %v %s", name, err, out)
		}
	}
}
