package e2e

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What the programs of others are written from: the code of the DATASSL reseller
// API's own document. testdata/datassl-samples.txt is that part of the document,
// letter by letter as it was published; here it is cut into its programs, and only
// the base URL and YOUR_API_KEY are replaced. The document lost its indentation,
// which Python needs: indented gives it back by a rule.

const (
	documentURL  = "https://www.datassl.com/api/reseller"
	documentKey  = "YOUR_API_KEY"
	axiosModules = "../.cache/axios-1.21.1/node_modules"
)

// sample is one of the document's programs.
type sample struct {
	language    string
	file        string
	program     string                    // the interpreter
	missing     func(program string) bool // whether it can't run the program
	from, until string                    // lines where the program begins in the document, and the next one
	usage       string                    // line where its class ends and its use begins
	indented    bool                      // it needs the indentation
	environment func() []string
	// call runs after the class: it calls the method that is named by the first
	// argument with the JSON list of the second, and prints the answer as JSON.
	call    string
	methods map[string]string // our word for each method → its own
}

var samples = []sample{
	{language: "PHP", file: "sample.php", program: "php", missing: fails("-r", "exit(function_exists('curl_init') ? 0 : 1);"),
		from: "<?php", until: "import requests", usage: "// ─── Kullanım Örnekleri ───",
		call: "$client = new DataSSLClient('" + documentKey + "');\necho json_encode($client->{$argv[1]}(...json_decode($argv[2], true)));\n",
		methods: map[string]string{"products": "getProducts", "product": "getProduct", "orders": "getOrders", "order": "createOrder", "cancel": "cancelOrder", "invoices": "getInvoices",
			"credits": "getCredits", "pay": "payWithCredit", "certificate": "getCertificateStatus", "download": "downloadCertificate", "account": "getAccount", "balance": "getBalance", "stats": "getStats"}},
	{language: "Python", file: "sample.py", program: "python3", missing: fails("-c", "import requests"),
		from: "import requests", until: "const axios = require('axios');", usage: "# ─── Kullanım ───", indented: true,
		call: "import json, sys\nclient = DataSSLClient('" + documentKey + "')\nprint(json.dumps(getattr(client, sys.argv[1])(*json.loads(sys.argv[2]))))\n",
		methods: map[string]string{"products": "get_products", "order": "create_order", "cancel": "cancel_order", "invoices": "get_invoices", "pay": "pay_with_credit",
			"certificate": "get_certificate", "download": "download_certificate", "balance": "get_balance", "stats": "get_stats"}},
	{language: "Node", file: "sample.cjs", program: "node", missing: func(program string) bool {
		_, err := os.Stat(axiosModules + "/axios")
		return err != nil || fails("-e", "0")(program)
	},
		from: "const axios = require('axios');", until: "# ─── Ürünler ───", usage: "// ─── Kullanım ───",
		environment: func() []string {
			path, _ := filepath.Abs(axiosModules)
			return []string{"NODE_PATH=" + path}
		},
		call: "const client = new DataSSLClient('" + documentKey + "');\nclient[process.argv[2]](...JSON.parse(process.argv[3])).then((answer) => console.log(JSON.stringify(answer)));\n",
		methods: map[string]string{"products": "getProducts", "order": "createOrder", "cancel": "cancelOrder", "invoices": "getInvoices", "pay": "payWithCredit",
			"certificate": "getCertificate", "download": "downloadCertificate", "account": "getAccount", "balance": "getBalance", "stats": "getStats"}},
}

func fails(args ...string) func(string) bool {
	return func(program string) bool { return exec.Command(program, args...).Run() != nil }
}

// cut is the part of the document from a line to another, the second left out.
func cut(t *testing.T, from, until string) string {
	t.Helper()
	raw, err := os.ReadFile("testdata/datassl-samples.txt")
	must(t, err)
	_, rest, found := strings.Cut("\n"+string(raw), "\n"+from+"\n")
	text, _, ended := strings.Cut(rest, "\n"+until+"\n")
	if !found || until != "" && !ended {
		t.Fatalf("the document has no part from %q to %q", from, until)
	}
	return from + "\n" + text + "\n"
}

// pointed is a program for a shop and a key.
func pointed(program string, p *program, key string) string {
	return strings.ReplaceAll(strings.ReplaceAll(program, documentURL, p.url+"/api/reseller"), documentKey, key)
}

// indented gives Python its indentation back. The document's programs need four
// rules: a comment and a class begin at the margin; a def stands in its class; what
// follows a line that ends with a colon is one step deeper; lines within brackets
// may stand anywhere.
func indented(program string) string {
	var out strings.Builder
	level, open := 0, 0
	for line := range strings.Lines(program) {
		if open == 0 {
			switch {
			case strings.HasPrefix(line, "#"), strings.HasPrefix(line, "class "):
				level = 0
			case strings.HasPrefix(line, "def "):
				level = 1
			}
		}
		out.WriteString(strings.Repeat("    ", level) + line)
		open += strings.Count(line, "(") + strings.Count(line, "{") + strings.Count(line, "[") - strings.Count(line, ")") - strings.Count(line, "}") - strings.Count(line, "]")
		if open == 0 && strings.HasSuffix(strings.TrimSpace(line), ":") {
			level++
		}
	}
	return out.String()
}

// ready skips the test, and says so where it is seen, on a machine without the
// interpreter.
func (s sample) ready(t *testing.T) {
	t.Helper()
	if s.missing(s.program) {
		fmt.Fprintf(os.Stderr, "SKIPPED: the document's %s program: %s or its library is missing; run e2e/install.sh samples\n", s.language, s.program)
		t.Skip(s.program, "is missing")
	}
}

// run runs a program in an empty folder and gives what it printed.
func (s sample) run(t *testing.T, program string, args ...string) (printed, dir string, err error) {
	t.Helper()
	dir = t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, s.file), []byte(program), 0o600))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.program, append([]string{s.file}, args...)...)
	cmd.Dir, cmd.Env = dir, os.Environ()
	if s.environment != nil {
		cmd.Env = append(cmd.Env, s.environment()...)
	}
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err = cmd.Run(); err != nil {
		err = fmt.Errorf("%w: %s", err, complaints.String())
	} else if complaints.Len() > 0 {
		err = fmt.Errorf("it complains: %s", complaints.String())
	}
	return out.String(), dir, err
}

// source is the program of the document, indented where it must be.
func (s sample) source(t *testing.T) string {
	t.Helper()
	text := cut(t, s.from, s.until)
	if s.indented {
		return indented(text)
	}
	return text
}
