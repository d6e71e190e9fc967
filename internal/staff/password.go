package staff

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"cairn.example"
)

const (
	argonThreads = 2
	saltBytes    = 16
	keyBytes     = 32
)

// Cost is what one guess of a password costs with Argon2id.
type Cost struct {
	Memory uint32 // KiB
	Passes uint32
}

// DefaultCost is more than the least that OWASP and RFC 9106 (second choice: 64 MiB,
// t=3) ask for.
var DefaultCost = Cost{Memory: 64 << 10, Passes: 3}

// Hashing is the dearest thing that a stranger can make the server do, so few
// run at once and few wait.
const (
	maxHashing = 2
	maxWaiting = 20
)

type hasher struct {
	cost Cost
	// parameters is the part of the PHC form that names the cost. A hash with another
	// cost was not made by this program and is refused rather than believed.
	parameters string
	// nobody is hashed against when a sign-in name is unknown, so that the answer
	// takes as long as for a known one.
	nobody  string
	running chan struct{}
	waiting chan struct{}
}

func newHasher(cost Cost) *hasher {
	if cost == (Cost{}) {
		cost = DefaultCost
	}
	h := &hasher{cost: cost, parameters: fmt.Sprintf("m=%d,t=%d,p=%d", cost.Memory, cost.Passes, argonThreads),
		running: make(chan struct{}, maxHashing), waiting: make(chan struct{}, maxHashing+maxWaiting)}
	h.nobody = h.encode(make([]byte, saltBytes), make([]byte, keyBytes))
	return h
}

// enter waits for a place; leave gives it back.
func (h *hasher) enter(ctx context.Context) error {
	busy := &cairn.Error{Kind: cairn.Unavailable, Code: "staff.busy", Message: "too many people are signing in at this moment", Hint: "try again in a few seconds"}
	select {
	case h.waiting <- struct{}{}:
	default:
		return busy
	}
	select {
	case h.running <- struct{}{}:
		return nil
	case <-ctx.Done():
		<-h.waiting
		return busy
	}
}

func (h *hasher) leave() { <-h.running; <-h.waiting }

func (h *hasher) hash(ctx context.Context, password string, rand io.Reader) (string, error) {
	salt := make([]byte, saltBytes)
	if _, err := io.ReadFull(rand, salt); err != nil {
		return "", &cairn.Error{Kind: cairn.Internal, Code: "staff.random", Message: "no randomness could be had", Err: err}
	}
	if err := h.enter(ctx); err != nil {
		return "", err
	}
	defer h.leave()
	return h.encode(salt, h.key(password, salt)), nil
}

// matches compares a password with a stored hash in constant time.
func (h *hasher) matches(ctx context.Context, password, stored string) (bool, error) {
	salt, key, err := h.decode(stored)
	if err != nil {
		return false, err
	}
	if err := h.enter(ctx); err != nil {
		return false, err
	}
	defer h.leave()
	return subtle.ConstantTimeCompare(h.key(password, salt), key) == 1, nil
}

func (h *hasher) key(password string, salt []byte) []byte {
	return argon2.IDKey([]byte(norm.NFC.String(password)), salt, h.cost.Passes, h.cost.Memory, argonThreads, keyBytes)
}

var base = base64.RawStdEncoding.Strict()

const hashPrefix = "$argon2id$v=19$"

func (h *hasher) encode(salt, key []byte) string {
	return hashPrefix + h.parameters + "$" + base.EncodeToString(salt) + "$" + base.EncodeToString(key)
}

func (h *hasher) decode(s string) (salt, key []byte, err error) {
	bad := &cairn.Error{Kind: cairn.Internal, Code: "staff.hash", Message: "a stored password hash is damaged"}
	rest, ok := strings.CutPrefix(s, hashPrefix+h.parameters+"$")
	if !ok {
		return nil, nil, bad
	}
	a, b, ok := strings.Cut(rest, "$")
	if !ok {
		return nil, nil, bad
	}
	salt, err1 := base.DecodeString(a)
	key, err2 := base.DecodeString(b)
	if err1 != nil || err2 != nil || len(salt) != saltBytes || len(key) != keyBytes {
		return nil, nil, bad
	}
	return salt, key, nil
}
