package pretend

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	maxFiles   = 2000
	maxContent = 8 << 10
)

// quiet: what strangers do to a pretend server is nobody's log line.
var quiet = log.New(io.Discard, "", 0)

// File is a file on the web server of a host.
type File struct {
	Host    string
	Path    string // with its leading slash
	Content string
}

// PublishFile puts a file on a host's web server, or replaces its content.
func (n *Internet) PublishFile(f File) error {
	f.Host = normalHost(f.Host)
	if f.Host == "" || len(f.Host) > 253 || !strings.HasPrefix(f.Path, "/") || len(f.Path) > 500 || len(f.Content) > maxContent {
		return ErrBadFile
	}
	n.files.mu.Lock()
	defer n.files.mu.Unlock()
	n.files.remove(f.Host, f.Path)
	n.files.files = append(n.files.files, f)
	if over := len(n.files.files) - maxFiles; over > 0 {
		n.files.files = slices.Delete(n.files.files, 0, over)
	}
	return nil
}

// RemoveFile removes a file, if it is there.
func (n *Internet) RemoveFile(host, path string) {
	n.files.mu.Lock()
	defer n.files.mu.Unlock()
	n.files.remove(normalHost(host), path)
}

// Files lists what is published, oldest first.
func (n *Internet) Files() []File {
	n.files.mu.RLock()
	defer n.files.mu.RUnlock()
	return slices.Clone(n.files.files)
}

type files struct {
	mu    sync.RWMutex
	files []File
}

func (f *files) remove(host, path string) {
	f.files = slices.DeleteFunc(f.files, func(o File) bool { return o.Host == host && o.Path == path })
}

func (f *files) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	host := normalHost(r.Host)
	f.mu.RLock()
	i := slices.IndexFunc(f.files, func(o File) bool { return o.Host == host && o.Path == r.URL.Path })
	content := ""
	if i >= 0 {
		content = f.files[i].Content
	}
	f.mu.RUnlock()
	if i < 0 {
		http.Error(w, "nothing is published here", http.StatusNotFound)
		return
	}
	io.WriteString(w, content)
}

func normalHost(h string) string {
	if name, _, err := net.SplitHostPort(h); err == nil {
		h = name
	}
	return strings.TrimSuffix(strings.ToLower(strings.TrimSpace(h)), ".")
}

// untrusted makes a TLS configuration with a certificate of its own making, for any host.
func untrusted() (*tls.Config, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "pretend web server"},
		DNSNames:     []string{"pretend-web.test"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().AddDate(10, 0, 0),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, nil
}
