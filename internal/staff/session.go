package staff

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"strings"
	"sync"
	"time"

	"cairn.example"
	"cairn.example/internal/throttle"
)

// wrong is the only answer to a sign-in that fails: it does not say whether the
// name, the password or the state of the account was the reason.
func wrong() error {
	return &cairn.Error{Kind: cairn.Denied, Code: "staff.wrong", Message: "the sign-in name or the password is wrong"}
}

// ended is the answer to a token that is not, or no longer, good.
func ended() error {
	return &cairn.Error{Kind: cairn.Denied, Code: "staff.session", Message: "you are not signed in, or your session has ended", Hint: "sign in again"}
}

// SignIn checks a password and begins a session; the token it returns is shown
// once and only its hash is stored. caller names who asks, such as a network
// address, and bounds how often it may guess. A session that the caller had
// before (old, which may be empty) is ended, so that a token planted in somebody's
// browser is worth nothing after they sign in.
func (s *Service) SignIn(ctx context.Context, inst cairn.InstitutionID, id cairn.StaffID, password, caller, old string) (string, Account, error) {
	if len(id) > maxID || len(inst) > maxID {
		return "", Account{}, wrong() // there is none, and the limits below must not remember it
	}
	if !s.tries.allow(string(inst)+"/"+string(id), caller, s.Now()) {
		return "", Account{}, &cairn.Error{Kind: cairn.Unavailable, Code: "staff.too-many", Message: "too many passwords were tried", Hint: "wait a few minutes and try again"}
	}
	if len(password) > maxPassword {
		return "", Account{}, wrong()
	}
	a, err := s.Account(ctx, inst, id)
	known := err == nil && a.Disabled.IsZero()
	if err != nil && cairn.KindOf(err) != cairn.NotFound {
		return "", Account{}, err
	}
	stored := s.hasher.nobody
	if known {
		stored = a.Hash
	}
	good, err := s.hasher.matches(ctx, password, stored)
	if err != nil {
		return "", Account{}, err
	}
	if !good || !known {
		return "", Account{}, wrong()
	}
	s.tries.forgive(string(inst)+"/"+string(id), caller)
	var token string
	err = s.Tx(ctx, func(tx Tx) error {
		now, err := tx.Staff(ctx, inst, id) // it may have changed while we hashed
		if err != nil {
			return err
		}
		if now.Hash != a.Hash || !now.Disabled.IsZero() {
			return wrong()
		}
		if old != "" {
			if err := tx.DeleteSession(ctx, hashToken(old)); err != nil {
				return err
			}
		}
		if err := tx.ExpireSessions(ctx, s.now().Add(-sessionLife), s.now().Add(-sessionIdle)); err != nil {
			return err
		}
		if token, err = s.begin(ctx, tx, a); err != nil {
			return err
		}
		return s.event(ctx, tx, a, "staff.signed-in", string(id), nil)
	})
	return token, a, err
}

// begin stores a new session.
func (s *Service) begin(ctx context.Context, tx Tx, a Account) (string, error) {
	b := make([]byte, 32)
	if _, err := io.ReadFull(s.Rand, b); err != nil {
		return "", &cairn.Error{Kind: cairn.Internal, Code: "staff.random", Message: "no randomness could be had", Err: err}
	}
	token := base64.RawURLEncoding.EncodeToString(b)
	all, err := tx.Sessions(ctx, a.Institution, a.ID)
	if err != nil {
		return "", err
	}
	for i, one := range all {
		if i >= maxSessions-1 {
			if err := tx.DeleteSession(ctx, one.Hash); err != nil {
				return "", err
			}
		}
	}
	return token, tx.InsertSession(ctx, Session{Hash: hashToken(token), Institution: a.Institution, Staff: a.ID, Created: s.now(), Seen: s.now()})
}

func hashToken(token string) string {
	sum := sha256.Sum256([]byte("cairn/session/1\x00" + token))
	return hex.EncodeToString(sum[:])
}

// Session returns the account that a token belongs to. It is an error of kind
// Denied when the token is unknown, too old, unused for too long, or of an
// account that was disabled.
func (s *Service) Session(ctx context.Context, token string) (Account, error) {
	if len(token) != base64.RawURLEncoding.EncodedLen(32) {
		return Account{}, ended()
	}
	var a Account
	var session Session
	err := s.View(ctx, func(tx Tx) (err error) {
		if session, err = tx.Session(ctx, hashToken(token)); err != nil {
			return err
		}
		a, err = tx.Staff(ctx, session.Institution, session.Staff)
		return err
	})
	if cairn.KindOf(err) == cairn.NotFound {
		return Account{}, ended()
	}
	if err != nil {
		return Account{}, err
	}
	now := s.now()
	if !now.Before(session.Created.Add(sessionLife)) || !now.Before(session.Seen.Add(sessionIdle)) || !a.Disabled.IsZero() {
		return Account{}, ended()
	}
	if now.Sub(session.Seen) >= touchEvery {
		// Only a session that is still there is touched: this must not bring one
		// back that was ended meanwhile.
		if err := s.Tx(ctx, func(tx Tx) error { return tx.TouchSession(ctx, session.Hash, now) }); err != nil {
			return Account{}, err
		}
	}
	return a, nil
}

// SignOut ends the session of a token. An unknown token is no error.
func (s *Service) SignOut(ctx context.Context, token string) error {
	return s.Tx(ctx, func(tx Tx) error {
		session, err := tx.Session(ctx, hashToken(token))
		if cairn.KindOf(err) == cairn.NotFound {
			return nil
		}
		if err != nil {
			return err
		}
		if err := tx.DeleteSession(ctx, session.Hash); err != nil {
			return err
		}
		return s.event(ctx, tx, Account{Institution: session.Institution, ID: session.Staff}, "staff.signed-out", string(session.Staff), nil)
	})
}

// SignOutEverywhere ends every session of an account.
func (s *Service) SignOutEverywhere(ctx context.Context, inst cairn.InstitutionID, id cairn.StaffID, by string) error {
	return s.Tx(ctx, func(tx Tx) error {
		a, err := tx.Staff(ctx, inst, id)
		if err != nil {
			return err
		}
		if err := tx.DeleteSessions(ctx, inst, id); err != nil {
			return err
		}
		return s.event(ctx, tx, a, "staff.signed-out-everywhere", by, nil)
	})
}

// ChangePassword lets a person who is signed in choose a new password. All
// sessions end, and a new one begins, whose token it returns.
func (s *Service) ChangePassword(ctx context.Context, inst cairn.InstitutionID, id cairn.StaffID, before, after, caller string) (string, error) {
	if !s.tries.allow(string(inst)+"/"+string(id), caller, s.Now()) {
		return "", &cairn.Error{Kind: cairn.Unavailable, Code: "staff.too-many", Message: "too many passwords were tried", Hint: "wait a few minutes and try again"}
	}
	a, err := s.Account(ctx, inst, id)
	if err != nil {
		return "", err
	}
	if len(before) > maxPassword {
		return "", invalid("staff.password-wrong", "before", "the present password is wrong")
	}
	good, err := s.hasher.matches(ctx, before, a.Hash)
	if err != nil {
		return "", err
	}
	if !good {
		return "", invalid("staff.password-wrong", "before", "the present password is wrong")
	}
	s.tries.forgive(string(inst)+"/"+string(id), caller)
	if err := checkPassword(after, id); err != nil {
		return "", err
	}
	hash, err := s.hasher.hash(ctx, after, s.Rand)
	if err != nil {
		return "", err
	}
	var token string
	err = s.Tx(ctx, func(tx Tx) error {
		now, err := tx.Staff(ctx, inst, id)
		if err != nil {
			return err
		}
		if now.Hash != a.Hash || !now.Disabled.IsZero() {
			return ended()
		}
		if err := s.storePassword(ctx, tx, now, hash, string(id)); err != nil {
			return err
		}
		token, err = s.begin(ctx, tx, now)
		return err
	})
	return token, err
}

// tries bounds how often passwords may be guessed: by one caller, at one account
// from one caller, and at one account from anywhere. The last does not hold for a
// caller who was right about the account before, so that strangers, however many,
// don't lock a member of staff out of the places where they work.
type tries struct {
	mu    sync.Mutex
	left  throttle.Buckets
	known map[string]bool // pairs of account and caller that were right
}

const maxRemembered = 100_000 // buckets, and pairs that were right

var (
	rateCaller  = throttle.Rate{Most: 30, Every: 20 * time.Second}
	ratePair    = throttle.Rate{Most: 5, Every: time.Minute}
	rateAccount = throttle.Rate{Most: 100, Every: 30 * time.Second}
)

func newTries() *tries { return &tries{known: map[string]bool{}} }

func (t *tries) allow(account, caller string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.left.Len() > maxRemembered {
		t.forget(now)
	}
	// The caller's own bucket comes first: who is refused there makes nothing be
	// remembered, so that one caller can't fill the memory and have it emptied.
	pair := account + " " + caller
	return t.left.Take("c "+caller, rateCaller, now) && t.left.Take("p "+pair, ratePair, now) &&
		(t.known[pair] || t.left.Take("a "+account, rateAccount, now))
}

// forget makes room: for buckets that are full again at no loss, then for those of
// callers, who can be had in any number, and last for all.
func (t *tries) forget(now time.Time) {
	t.left.ForgetFull(now)
	if t.left.Len() > maxRemembered/2 {
		t.left.Forget(func(key string) bool { return !strings.HasPrefix(key, "a ") })
	}
	if t.left.Len() > maxRemembered/2 {
		t.left = throttle.Buckets{}
	}
}

// forgive gives a try back that was right.
func (t *tries) forgive(account, caller string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.known) >= maxRemembered {
		clear(t.known)
	}
	t.known[account+" "+caller] = true
	for _, key := range []string{"p " + account + " " + caller, "c " + caller, "a " + account} {
		t.left.Return(key)
	}
}
