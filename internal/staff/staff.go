// Package staff knows who works at an institution and may sign in: local accounts
// with a password, and the sessions of people who are signed in.
//
// Service.Create makes an account (an operator does it on the command line),
// Service.SignIn gives a session's token and Service.Session turns a token back
// into the account. Passwords are kept as Argon2id hashes and tokens as SHA-256
// hashes; a token is 256 random bits, so it needs no slow hash.
//
// The package does not decide who may do what: it says which roles an account
// has. It knows nothing of cookies or pages (internal/web).
package staff

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"cairn.example"
	"cairn.example/internal/issue"
)

// Limits.
const (
	minPassword = 12  // characters
	maxPassword = 256 // bytes
	maxName     = 200 // bytes of a person's name
	maxID       = 64  // bytes of a sign-in name, and of an institution's
	// A session ends this long after sign-in, and this long after its last use.
	sessionLife = 12 * time.Hour
	sessionIdle = 45 * time.Minute
	// touchEvery is how exactly the last use is recorded, so that looking at pages
	// doesn't write to the store each time.
	touchEvery  = 3 * time.Minute
	maxSessions = 10 // of one account; one more ends the oldest
)

// Role is what an account is for.
type Role string

// The roles. None of them contains another.
const (
	Officer   Role = "officer"   // awards and revokes credentials
	Registrar Role = "registrar" // decides on applications
	Admin     Role = "admin"     // keeps accounts and settings
)

// Roles lists the roles.
var Roles = []Role{Officer, Registrar, Admin}

// Account is a member of staff of one institution.
type Account struct {
	Institution cairn.InstitutionID
	ID          cairn.StaffID // the sign-in name
	Name        string        // as the person writes it
	Roles       []Role
	Hash        string // of the password, in PHC form
	Created     time.Time
	Changed     time.Time // of the password
	Disabled    time.Time // zero while the account is in use
}

// Has reports whether the account has a role.
func (a Account) Has(r Role) bool { return slices.Contains(a.Roles, r) }

// Session is one sign-in as it is stored.
type Session struct {
	Hash        string // of the token
	Institution cairn.InstitutionID
	Staff       cairn.StaffID
	Created     time.Time
	Seen        time.Time
}

// Tx is what this package needs of a store. Methods that look for one thing
// return an error of kind NotFound when it is not there.
type Tx interface {
	InsertStaff(ctx context.Context, a Account) error
	UpdateStaff(ctx context.Context, a Account) error
	Staff(ctx context.Context, inst cairn.InstitutionID, id cairn.StaffID) (Account, error)
	AllStaff(ctx context.Context, inst cairn.InstitutionID) ([]Account, error)

	InsertSession(ctx context.Context, s Session) error
	Session(ctx context.Context, hash string) (Session, error)
	TouchSession(ctx context.Context, hash string, seen time.Time) error
	DeleteSession(ctx context.Context, hash string) error
	// Sessions returns the sessions of an account, the newest first.
	Sessions(ctx context.Context, inst cairn.InstitutionID, id cairn.StaffID) ([]Session, error)
	DeleteSessions(ctx context.Context, inst cairn.InstitutionID, id cairn.StaffID) error
	// ExpireSessions removes every session that was made before created or last
	// used before seen.
	ExpireSessions(ctx context.Context, created, seen time.Time) error

	AppendEvent(ctx context.Context, e issue.Event) error
}

// Config is what a Service works with.
type Config struct {
	Tx   func(ctx context.Context, f func(Tx) error) error
	View func(ctx context.Context, f func(Tx) error) error
	Now  cairn.Clock
	Rand io.Reader
	Cost Cost // of a guess of a password; DefaultCost when zero
}

// Service keeps accounts and sessions. It is safe for concurrent use.
type Service struct {
	Config
	hasher *hasher
	tries  *tries
}

// New returns a Service.
func New(c Config) *Service { return &Service{Config: c, hasher: newHasher(c.Cost), tries: newTries()} }

func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Second) }

func invalid(code, field, format string, args ...any) error {
	return &cairn.Error{Kind: cairn.Invalid, Code: code, Field: field, Message: fmt.Sprintf(format, args...)}
}

var signInName = regexp.MustCompile(`^[a-z0-9][a-z0-9._@-]{1,63}$`)

// NormaliseID reads a sign-in name as a person types it.
func NormaliseID(typed string) cairn.StaffID {
	return cairn.StaffID(strings.ToLower(strings.TrimSpace(typed)))
}

// Create adds an account. The institution must exist; by is recorded.
func (s *Service) Create(ctx context.Context, a Account, password, by string) error {
	if !signInName.MatchString(string(a.ID)) {
		return invalid("staff.id", "id", "a sign-in name has 2 to 64 of a-z, 0-9, dot, dash, underscore and @")
	}
	if err := checkName(a.Name); err != nil {
		return err
	}
	if len(a.Roles) == 0 {
		return invalid("staff.role", "roles", "an account needs a role: officer, registrar or admin")
	}
	for _, r := range a.Roles {
		if !slices.Contains(Roles, r) {
			return invalid("staff.role", "roles", "there is no role %q; there are officer, registrar and admin", r)
		}
	}
	if err := checkPassword(password, a.ID); err != nil {
		return err
	}
	hash, err := s.hasher.hash(ctx, password, s.Rand)
	if err != nil {
		return err
	}
	a.Roles = slices.Compact(slices.Sorted(slices.Values(a.Roles)))
	a.Hash, a.Created, a.Changed, a.Disabled = hash, s.now(), s.now(), time.Time{}
	return s.Tx(ctx, func(tx Tx) error {
		if err := tx.InsertStaff(ctx, a); err != nil {
			if cairn.KindOf(err) == cairn.Conflict {
				return &cairn.Error{Kind: cairn.Conflict, Code: "staff.exists", Field: "id", Object: string(a.ID), Message: "there is already an account with this sign-in name"}
			}
			return err
		}
		return s.event(ctx, tx, a, "staff.created", by, map[string]string{"roles": joinRoles(a.Roles)})
	})
}

func joinRoles(roles []Role) string {
	var list []string
	for _, r := range roles {
		list = append(list, string(r))
	}
	return strings.Join(list, " ")
}

func (s *Service) event(ctx context.Context, tx Tx, a Account, kind, by string, detail map[string]string) error {
	return tx.AppendEvent(ctx, issue.Event{Institution: a.Institution, At: s.now(), Kind: kind, Object: string(a.ID), Actor: by, Detail: detail})
}

func checkName(name string) error {
	if strings.TrimSpace(name) != name || name == "" || len(name) > maxName || !utf8.ValidString(name) {
		return invalid("staff.name", "name", "a name of 1 to %d bytes is needed", maxName)
	}
	for _, r := range name {
		if unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) && r != '\u200c' && r != '\u200d' {
			return invalid("staff.name", "name", "the name has the invisible character %U", r)
		}
	}
	return nil
}

// checkPassword asks for length and nothing else (NIST SP 800-63B 5.1.1.2), but
// refuses what anyone would try first.
func checkPassword(password string, id cairn.StaffID) error {
	p := norm.NFC.String(password)
	switch {
	case !utf8.ValidString(password) || len(password) > maxPassword:
		return invalid("staff.password-long", "password", "a password has at most %d bytes", maxPassword)
	case utf8.RuneCountInString(p) < minPassword:
		return invalid("staff.password-short", "password", "a password has at least %d characters; a few words are easiest", minPassword)
	}
	lower := strings.ToLower(p)
	distinct := map[rune]bool{}
	for _, r := range lower {
		distinct[r] = true
	}
	rest := strings.ReplaceAll(lower, string(id), "")
	for _, word := range []string{"password", "passwort", "123456789", "qwertyuiop", "cairn", "changeme", "letmein", "administrator"} {
		rest = strings.ReplaceAll(rest, word, "")
	}
	if len(distinct) < 5 || utf8.RuneCountInString(rest) < minPassword/2 {
		return invalid("staff.password-weak", "password", "this password is one that others would try first")
	}
	return nil
}

// Account returns an account.
func (s *Service) Account(ctx context.Context, inst cairn.InstitutionID, id cairn.StaffID) (a Account, err error) {
	err = s.View(ctx, func(tx Tx) error {
		a, err = tx.Staff(ctx, inst, id)
		return err
	})
	return a, err
}

// Accounts returns all accounts of an institution, in the order of their names.
func (s *Service) Accounts(ctx context.Context, inst cairn.InstitutionID) (list []Account, err error) {
	err = s.View(ctx, func(tx Tx) error {
		list, err = tx.AllStaff(ctx, inst)
		return err
	})
	return list, err
}

// SetPassword gives an account a new password, as an operator does for somebody
// who forgot theirs, and ends all its sessions. It also puts a disabled account
// back into use.
func (s *Service) SetPassword(ctx context.Context, inst cairn.InstitutionID, id cairn.StaffID, password, by string) error {
	if err := checkPassword(password, id); err != nil {
		return err
	}
	hash, err := s.hasher.hash(ctx, password, s.Rand)
	if err != nil {
		return err
	}
	return s.Tx(ctx, func(tx Tx) error {
		a, err := tx.Staff(ctx, inst, id)
		if err != nil {
			return err
		}
		return s.storePassword(ctx, tx, a, hash, by)
	})
}

func (s *Service) storePassword(ctx context.Context, tx Tx, a Account, hash, by string) error {
	a.Hash, a.Changed, a.Disabled = hash, s.now(), time.Time{}
	if err := tx.UpdateStaff(ctx, a); err != nil {
		return err
	}
	if err := tx.DeleteSessions(ctx, a.Institution, a.ID); err != nil {
		return err
	}
	return s.event(ctx, tx, a, "staff.password-changed", by, nil)
}

// Disable ends an account and all its sessions at once. The last admin of an
// institution can't be disabled.
func (s *Service) Disable(ctx context.Context, inst cairn.InstitutionID, id cairn.StaffID, by string) error {
	return s.Tx(ctx, func(tx Tx) error {
		a, err := tx.Staff(ctx, inst, id)
		if err != nil {
			return err
		}
		all, err := tx.AllStaff(ctx, inst)
		if err != nil {
			return err
		}
		others := slices.ContainsFunc(all, func(o Account) bool { return o.ID != id && o.Has(Admin) && o.Disabled.IsZero() })
		if a.Has(Admin) && !others {
			return &cairn.Error{Kind: cairn.Conflict, Code: "staff.last-admin", Object: string(id), Message: "this is the last admin of the institution", Hint: "make another admin first"}
		}
		if !a.Disabled.IsZero() {
			return nil
		}
		a.Disabled = s.now()
		if err := tx.UpdateStaff(ctx, a); err != nil {
			return err
		}
		if err := tx.DeleteSessions(ctx, inst, id); err != nil {
			return err
		}
		return s.event(ctx, tx, a, "staff.disabled", by, nil)
	})
}
