package db

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// Length of a new password: characters at least, bytes at most.
const (
	PasswordMinLength = 12
	PasswordMaxBytes  = 1000
)

// ErrWeakPassword is what every *WeakPassword is.
var ErrWeakPassword = errors.New("weak password")

// WeakPassword is the refusal of a new password. Code is one of short, long,
// email (the address itself) and common.
type WeakPassword struct{ Code string }

func (e *WeakPassword) Error() string        { return "weak password: " + e.Code }
func (e *WeakPassword) Is(target error) bool { return target == ErrWeakPassword }

//go:embed common_passwords.txt
var commonPasswordList string

var commonPasswords = sync.OnceValue(func() map[string]bool {
	set := map[string]bool{}
	for line := range strings.Lines(commonPasswordList) {
		set[strings.TrimSpace(line)] = true
	}
	return set
})

// checkPassword answers *WeakPassword when a new password is easy to guess.
func checkPassword(password, email string) error {
	lower := strings.ToLower(password)
	local, _, _ := strings.Cut(email, "@")
	switch {
	case len(password) > PasswordMaxBytes:
		return &WeakPassword{"long"}
	case utf8.RuneCountInString(password) < PasswordMinLength:
		return &WeakPassword{"short"}
	case lower == email || lower == local:
		return &WeakPassword{"email"}
	case commonPasswords()[lower] || repeats(lower):
		return &WeakPassword{"common"}
	}
	return nil
}

// repeats says whether s is a short piece (at most four bytes) over and over.
func repeats(s string) bool {
	for size := 1; size <= 4; size++ {
		if strings.Repeat(s[:size], len(s)/size+1)[:len(s)] == s {
			return true
		}
	}
	return false
}

// The cost of a password hash: argon2id as OWASP recommends for little memory.
const (
	argonMemory  = 19456 // KiB
	argonTime    = 2
	argonThreads = 1
	argonKeySize = 32
)

// hashing bounds how many passwords are hashed at once, so that a flood of
// sign-ins takes bounded memory.
var hashing = make(chan struct{}, 2)

func argon(ctx context.Context, password, salt []byte, memory, time uint32, threads uint8) ([]byte, error) {
	select {
	case hashing <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-hashing }()
	return argon2.IDKey(password, salt, time, memory, threads, argonKeySize), nil
}

// hashPassword gives the PHC string the book keeps.
func hashPassword(ctx context.Context, password string) (string, error) {
	salt := make([]byte, 16)
	rand.Read(salt)
	key, err := argon(ctx, []byte(password), salt, argonMemory, argonTime, argonThreads)
	if err != nil {
		return "", err
	}
	return phc(salt, key), nil
}

func phc(salt, key []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads,
		b64.EncodeToString(salt), b64.EncodeToString(key))
}

// nobodysHash is compared with when there is no such account, so that the
// answer takes as long as for a wrong password. No password matches it but by
// guessing 256 random bits.
var nobodysHash = sync.OnceValue(func() string {
	random := make([]byte, 16+argonKeySize)
	rand.Read(random)
	return phc(random[:16], random[16:])
})

// matchPassword says whether the password is the one hashed.
func matchPassword(ctx context.Context, hash, password string) (bool, error) {
	var memory, time uint32
	var threads uint8
	fields := strings.Split(hash, "$")
	if len(fields) != 6 || fields[1] != "argon2id" {
		return false, errors.New("password hash: not argon2id")
	}
	if _, err := fmt.Sscanf(fields[3], "m=%d,t=%d,p=%d", &memory, &time, &threads); err != nil {
		return false, fmt.Errorf("password hash: %w", err)
	}
	salt, err := base64.RawStdEncoding.DecodeString(fields[4])
	if err != nil {
		return false, fmt.Errorf("password hash: %w", err)
	}
	want, err := base64.RawStdEncoding.DecodeString(fields[5])
	if err != nil {
		return false, fmt.Errorf("password hash: %w", err)
	}
	if len(password) > PasswordMaxBytes {
		password = "" // too long to be anybody's; takes as long as any other
	}
	got, err := argon(ctx, []byte(password), salt, memory, time, threads)
	return err == nil && subtle.ConstantTimeCompare(got, want) == 1, err
}
