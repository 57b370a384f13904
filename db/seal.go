package db

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// Errors of sealed secrets.
var (
	ErrNoKey = errors.New("the book has no key to seal with")
	// ErrSealed: sealed with another key, for another purpose, or damaged.
	ErrSealed = errors.New("can't be unsealed")
)

// KeySize is the length of a book's key, bytes.
const KeySize = 32

// Box seals secrets that must be read again, such as the ones webhooks are
// signed with, so that a copy of the book alone does not give them away:
// AES-256-GCM. What is only ever compared (passwords, API keys) is hashed instead.
//
// Sealed text reads "v1.KEY.DATA": KEY names the key, so that several may be
// known at once while a book changes from one to another.
type Box struct {
	id   string
	keys map[string]cipher.AEAD
}

// NewBox makes a box of keys of KeySize bytes: the first one seals, all of them
// unseal.
func NewBox(keys ...[]byte) (*Box, error) {
	b := &Box{keys: map[string]cipher.AEAD{}}
	for _, key := range keys {
		if len(key) != KeySize {
			return nil, fmt.Errorf("a key of %d bytes, not %d: %w", len(key), KeySize, ErrInvalid)
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, err
		}
		aead, err := cipher.NewGCM(block)
		if err != nil {
			return nil, err
		}
		id := keyID(key)
		if b.id == "" {
			b.id = id
		}
		b.keys[id] = aead
	}
	if b.id == "" {
		return nil, ErrNoKey
	}
	return b, nil
}

// KeyID names the key that seals; it tells nothing about the key.
func (b *Box) KeyID() string { return b.id }

func keyID(key []byte) string {
	sum := sha256.Sum256(append([]byte("certbay key id\x00"), key...))
	return hex.EncodeToString(sum[:6])
}

// Seal seals a secret for a purpose ("webhook 12"); the text opens for that purpose only.
func (b *Box) Seal(purpose, secret string) (string, error) {
	if b == nil {
		return "", ErrNoKey
	}
	aead := b.keys[b.id]
	nonce := make([]byte, aead.NonceSize())
	rand.Read(nonce) // never fails: it ends the program instead
	data := aead.Seal(nonce, nonce, []byte(secret), []byte(purpose))
	return "v1." + b.id + "." + base64.RawURLEncoding.EncodeToString(data), nil
}

// Unseal reads a sealed secret; ErrSealed when it can't, ErrNoKey without a box.
func (b *Box) Unseal(purpose, sealed string) (string, error) {
	if b == nil {
		return "", ErrNoKey
	}
	parts := strings.Split(sealed, ".")
	if len(parts) != 3 || parts[0] != "v1" || b.keys[parts[1]] == nil {
		return "", ErrSealed
	}
	aead := b.keys[parts[1]]
	data, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || len(data) < aead.NonceSize() {
		return "", ErrSealed
	}
	secret, err := aead.Open(nil, data[:aead.NonceSize()], data[aead.NonceSize():], []byte(purpose))
	if err != nil {
		return "", ErrSealed
	}
	return string(secret), nil
}
