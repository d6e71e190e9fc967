package issue

import (
	"context"
	"io"
	"strings"
	"sync"
	"time"

	"cairn.example"
	"cairn.example/internal/throttle"
)

// Claim codes.
const (
	codeAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ" // Crockford's: no I, L, O, U
	codeLetters  = 11                                 // 55 random bits
	codeLife     = 90 * 24 * time.Hour
	maxClaims    = 20 // downloads of one credential with one code
)

// Delivery is how a learner fetches a credential.
type Delivery struct {
	Code    string // ABCD-EFGH-JKMN: eleven random letters and a check letter
	Path    string // of the claim page, below the server's address
	Expires time.Time
}

// Deliver makes a claim code for an issued credential. Earlier codes for it stop
// working. Only the hash of the code is stored.
func (s *Service) Deliver(ctx context.Context, i Issued) (Delivery, error) {
	if i.record.State != Final {
		return Delivery{}, &cairn.Error{Kind: cairn.Internal, Code: "issue.not-final", Object: string(i.record.ID), Message: "only an issued credential can be delivered"}
	}
	b := make([]byte, codeLetters)
	if _, err := io.ReadFull(s.Rand, b); err != nil {
		return Delivery{}, &cairn.Error{Kind: cairn.Internal, Code: "issue.random", Message: "no randomness could be had", Err: err}
	}
	letters := make([]byte, codeLetters)
	for n, c := range b {
		letters[n] = codeAlphabet[c&31]
	}
	code := string(letters) + string(checkLetter(string(letters)))
	now := s.now()
	c := ClaimRecord{Institution: i.record.Institution, CodeHash: hashSecret(code), Credential: i.record.ID, Created: now, Expires: now.Add(codeLife)}
	err := s.Tx(ctx, func(tx Tx) error {
		if err := tx.ReplaceClaims(ctx, c.Institution, c.Credential); err != nil {
			return err
		}
		if err := tx.InsertClaim(ctx, c); err != nil {
			return err
		}
		return tx.AppendEvent(ctx, Event{Institution: c.Institution, At: now, Kind: "credential.offered", Object: string(c.Credential), Actor: "officer"})
	})
	if err != nil {
		return Delivery{}, err
	}
	s.Trace(stepDelivered)
	shown := code[:4] + "-" + code[4:8] + "-" + code[8:]
	return Delivery{Code: shown, Path: "/claim/" + shown, Expires: c.Expires}, nil
}

// checkLetter finds one wrong letter and most swaps before the store is asked.
func checkLetter(letters string) byte {
	sum := 0
	for i := range len(letters) {
		sum += (i*2 + 1) * strings.IndexByte(codeAlphabet, letters[i])
	}
	return codeAlphabet[sum%32]
}

// NormaliseCode reads a claim code as a person types it: in any case, with or
// without dashes and spaces, with O for 0 and I or L for 1.
func NormaliseCode(typed string) (string, error) {
	var b strings.Builder
	for _, r := range strings.ToUpper(typed) {
		switch r {
		case '-', ' ', '\u2010', '\u2011', '\u2013':
			continue
		case 'O':
			r = '0'
		case 'I', 'L':
			r = '1'
		}
		if r > 127 || strings.IndexByte(codeAlphabet, byte(r)) < 0 || b.Len() > codeLetters {
			return "", invalid("claim.code", "code", "this is not a code: it has 12 letters and digits, such as ABCD-EFGH-JKMN")
		}
		b.WriteRune(r)
	}
	code := b.String()
	if len(code) != codeLetters+1 || checkLetter(code[:codeLetters]) != code[codeLetters] {
		return "", invalid("claim.code", "code", "this is not a code, or a letter of it is wrong")
	}
	return code, nil
}

// Claimed is what a code stands for.
type Claimed struct {
	Issued
	Expires time.Time
}

// Peek returns what a code stands for without using it, so that a preview of a
// link uses nothing up. caller names who asks, such as a network address, and
// bounds how often it may guess.
func (s *Service) Peek(ctx context.Context, code, caller string) (Claimed, error) {
	_, claimed, err := s.lookup(ctx, code, caller)
	return claimed, err
}

// Claim returns what a code stands for and counts the download.
func (s *Service) Claim(ctx context.Context, code, caller string) (Claimed, error) {
	c, claimed, err := s.lookup(ctx, code, caller)
	if err != nil {
		return Claimed{}, err
	}
	c.LastClaim = s.now()
	err = s.Tx(ctx, func(tx Tx) error {
		if err := tx.CountClaim(ctx, c); err != nil {
			return err
		}
		return tx.AppendEvent(ctx, Event{Institution: c.Institution, At: c.LastClaim, Kind: "credential.claimed", Object: string(c.Credential), Actor: "learner"})
	})
	if err != nil {
		return Claimed{}, err
	}
	return claimed, nil
}

func (s *Service) lookup(ctx context.Context, typed, caller string) (ClaimRecord, Claimed, error) {
	if !s.attempts.allow(caller, s.Now()) {
		return ClaimRecord{}, Claimed{}, &cairn.Error{Kind: cairn.Unavailable, Code: "claim.too-many", Message: "too many codes were tried from here", Hint: "wait a few minutes and try again"}
	}
	code, err := NormaliseCode(typed)
	if err != nil {
		return ClaimRecord{}, Claimed{}, err
	}
	var c ClaimRecord
	var r Record
	err = s.View(ctx, func(tx Tx) (err error) {
		if c, err = tx.Claim(ctx, hashSecret(code)); err != nil {
			return err
		}
		r, err = tx.Credential(ctx, c.Institution, c.Credential)
		return err
	})
	if cairn.KindOf(err) == cairn.NotFound {
		return c, Claimed{}, &cairn.Error{Kind: cairn.NotFound, Code: "claim.unknown", Message: "no credential waits under this code", Hint: "check the letters, or ask the institution for a new code"}
	}
	if err != nil {
		return c, Claimed{}, err
	}
	switch now := s.Now(); {
	case c.Replaced:
		return c, Claimed{}, &cairn.Error{Kind: cairn.Denied, Code: "claim.replaced", Message: "a newer code was made for this credential", Hint: "use the newer one"}
	case !now.Before(c.Expires):
		return c, Claimed{}, &cairn.Error{Kind: cairn.Denied, Code: "claim.expired", Message: "this code has ended", Hint: "ask the institution for a new one"}
	case c.Claims >= maxClaims:
		return c, Claimed{}, &cairn.Error{Kind: cairn.Denied, Code: "claim.used-up", Message: "this code was used too often", Hint: "ask the institution for a new one"}
	}
	s.attempts.forgive(caller)
	return c, Claimed{Issued{r}, c.Expires}, nil
}

// limiter bounds how often one caller may try a code that is wrong.
type limiter struct {
	mu    sync.Mutex
	tries throttle.Buckets
}

const (
	maxRemember  = 100_000 // callers
	everybodyKey = ""
)

var (
	rateCaller    = throttle.Rate{Most: 10, Every: 30 * time.Second}
	rateEverybody = throttle.Rate{Most: 2000, Every: 10 * time.Millisecond}
)

func (l *limiter) allow(caller string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.tries.Len() > maxRemember {
		// Those whose tries are all back are forgotten at no loss. If that is not
		// enough all callers are, and the limit of all together still holds.
		l.tries.ForgetFull(now)
		if l.tries.Len() > maxRemember/2 {
			l.tries.Forget(func(key string) bool { return key != everybodyKey })
		}
	}
	return l.tries.Take("caller "+caller, rateCaller, now) && l.tries.Take(everybodyKey, rateEverybody, now)
}

// forgive gives a try back that found something.
func (l *limiter) forgive(caller string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tries.Return("caller " + caller)
}
