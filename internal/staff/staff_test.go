package staff_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/internal/issue"
	"cairn.example/internal/keys"
	"cairn.example/internal/sqlstore"
	"cairn.example/internal/staff"
)

const (
	college  = cairn.InstitutionID("college")
	other    = cairn.InstitutionID("other")
	password = "seven grey stones on a path"
)

type desk struct {
	*staff.Service
	db  *sqlstore.DB
	dir string
	mu  sync.Mutex
	now time.Time
}

func (d *desk) clock() time.Time { d.mu.Lock(); defer d.mu.Unlock(); return d.now }

func (d *desk) later(by time.Duration) { d.mu.Lock(); defer d.mu.Unlock(); d.now = d.now.Add(by) }

func open(t testing.TB) *desk {
	t.Helper()
	d := &desk{dir: t.TempDir(), now: time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)}
	db, err := sqlstore.Open(t.Context(), filepath.Join(d.dir, "data"), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	d.db = db
	lock, err := keys.NewLock(filepath.Join(d.dir, "unlock.key"), "", 0)
	if err != nil {
		t.Fatal(err)
	}
	office := issue.New(issue.Config{
		Tx: func(ctx context.Context, f func(issue.Tx) error) error {
			return db.Tx(ctx, func(tx *sqlstore.Tx) error { return f(tx) })
		},
		View: func(ctx context.Context, f func(issue.Tx) error) error {
			return db.View(ctx, func(tx *sqlstore.Tx) error { return f(tx) })
		},
		Keys: keys.NewKeyring(lock), Now: d.clock, Rand: rand.Reader, BaseURL: "https://cairn.example"})
	for _, id := range []cairn.InstitutionID{college, other} {
		if _, err := office.CreateInstitution(t.Context(), cairn.Institution{ID: id, Name: cairn.Text{"en": string(id)}, Country: "KE", Language: "en"}, ""); err != nil {
			t.Fatal(err)
		}
	}
	d.Service = d.service(rand.Reader, cheap)
	return d
}

// cheap makes guesses cheap, where a test is not about them.
var cheap = staff.Cost{Memory: 64, Passes: 1}

func (d *desk) service(random io.Reader, cost staff.Cost) *staff.Service {
	return staff.New(staff.Config{
		Tx: func(ctx context.Context, f func(staff.Tx) error) error {
			return d.db.Tx(ctx, func(tx *sqlstore.Tx) error { return f(tx) })
		},
		View: func(ctx context.Context, f func(staff.Tx) error) error {
			return d.db.View(ctx, func(tx *sqlstore.Tx) error { return f(tx) })
		},
		Now: d.clock, Rand: random, Cost: cost})
}

func (d *desk) create(t testing.TB, inst cairn.InstitutionID, id cairn.StaffID, roles ...staff.Role) {
	t.Helper()
	if err := d.Create(t.Context(), staff.Account{Institution: inst, ID: id, Name: "Wanjiru", Roles: roles}, password, "test"); err != nil {
		t.Fatal(err)
	}
}

func (d *desk) signIn(t testing.TB, old string) string {
	t.Helper()
	token, _, err := d.SignIn(t.Context(), college, "wanjiru", password, "here", old)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func wants(t testing.TB, what string, err error, code string) {
	t.Helper()
	if cairn.CodeOf(err) != code {
		t.Errorf("%s: got %v, want the code %q", what, err, code)
	}
}

func TestSignIn(t *testing.T) {
	d := open(t)
	d.create(t, college, "wanjiru", staff.Registrar, staff.Officer, staff.Registrar)
	token := d.signIn(t, "")
	a, err := d.Session(t.Context(), token)
	if err != nil || a.ID != "wanjiru" || a.Institution != college || !a.Has(staff.Registrar) || !a.Has(staff.Officer) || a.Has(staff.Admin) || len(a.Roles) != 2 {
		t.Fatalf("session: %+v, %v", a, err)
	}
	for name, f := range map[string]func() error{
		"wrong password":         func() error { return failed(d.SignIn(t.Context(), college, "wanjiru", password+"x", "a", "")) },
		"unknown name":           func() error { return failed(d.SignIn(t.Context(), college, "nobody", password, "b", "")) },
		"account of another one": func() error { return failed(d.SignIn(t.Context(), other, "wanjiru", password, "c", "")) },
		"unknown institution":    func() error { return failed(d.SignIn(t.Context(), "nowhere", "wanjiru", password, "d", "")) },
		"endless password": func() error {
			return failed(d.SignIn(t.Context(), college, "wanjiru", strings.Repeat("x", 1<<20), "e", ""))
		},
	} {
		wants(t, name, f(), "staff.wrong")
	}
	// The same characters, composed and decomposed, are the same password.
	if err := d.SetPassword(t.Context(), college, "wanjiru", "caf\u00e9 sur la colline", "test"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.SignIn(t.Context(), college, "wanjiru", "cafe\u0301 sur la colline", "here", ""); err != nil {
		t.Error("a decomposed password:", err)
	}
}

func failed(_ string, _ staff.Account, err error) error { return err }

func TestNothingSecretIsStored(t *testing.T) {
	d := open(t)
	d.create(t, college, "wanjiru", staff.Registrar)
	token := d.signIn(t, "")
	if err := d.db.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(d.dir, "data", "*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(b, []byte(token)) || bytes.Contains(b, []byte(password)) {
			t.Errorf("%s holds a token or a password", f)
		}
	}
}

// What a guess costs by default, and that a hash of another cost is not believed.
func TestCost(t *testing.T) {
	d := open(t)
	d.create(t, college, "otieno", staff.Officer)
	d.Service = d.service(rand.Reader, staff.Cost{})
	d.create(t, college, "wanjiru", staff.Registrar)
	d.signIn(t, "")
	a, err := d.Account(t.Context(), college, "wanjiru")
	if err != nil || !strings.HasPrefix(a.Hash, "$argon2id$v=19$m=65536,t=3,p=2$") {
		t.Error(a.Hash, err)
	}
	if _, _, err := d.SignIn(t.Context(), college, "otieno", password, "b", ""); cairn.CodeOf(err) != "staff.hash" {
		t.Error("a hash that was cheaper to make:", err)
	}
}

func TestSessionsEnd(t *testing.T) {
	d := open(t)
	d.create(t, college, "wanjiru", staff.Registrar)
	gone := func(what, token string) {
		t.Helper()
		_, err := d.Session(t.Context(), token)
		wants(t, what, err, "staff.session")
	}
	alive := func(what, token string) {
		t.Helper()
		if _, err := d.Session(t.Context(), token); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	gone("no token", "")
	gone("a made-up token", strings.Repeat("A", 43))

	// Idle: use within the time keeps it, then it ends.
	token := d.signIn(t, "")
	for range 5 {
		d.later(40 * time.Minute)
		alive("used in time", token)
	}
	d.later(45 * time.Minute)
	gone("unused for too long", token)

	// Absolute: use doesn't keep it for ever.
	token = d.signIn(t, "")
	for range 17 { // 11 h 20 min
		d.later(40 * time.Minute)
		alive("used in time", token)
	}
	d.later(40 * time.Minute)
	gone("older than its life", token)

	// Fixation: signing in gives a new token and ends the one before.
	before := d.signIn(t, "")
	after := d.signIn(t, before)
	if before == after {
		t.Error("the token did not change at sign-in")
	}
	gone("the session before the sign-in", before)
	alive("the session after the sign-in", after)

	if err := d.SignOut(t.Context(), after); err != nil {
		t.Fatal(err)
	}
	gone("signed out", after)
	if err := d.SignOut(t.Context(), after); err != nil {
		t.Error("signing out twice:", err)
	}

	one, two := d.signIn(t, ""), d.signIn(t, "")
	if err := d.SignOutEverywhere(t.Context(), college, "wanjiru", "test"); err != nil {
		t.Fatal(err)
	}
	gone("signed out everywhere", one)
	gone("signed out everywhere", two)

	one, two = d.signIn(t, ""), d.signIn(t, "")
	next, err := d.ChangePassword(t.Context(), college, "wanjiru", password, "another path of stones", "here")
	if err != nil {
		t.Fatal(err)
	}
	gone("before the password changed", one)
	gone("before the password changed", two)
	alive("the session of the new password", next)
	wants(t, "the old password", failed(d.SignIn(t.Context(), college, "wanjiru", password, "here", "")), "staff.wrong")

	if err := d.Disable(t.Context(), college, "wanjiru", "test"); err != nil {
		t.Fatal(err)
	}
	gone("disabled", next)
	wants(t, "sign-in of a disabled account", failed(d.SignIn(t.Context(), college, "wanjiru", "another path of stones", "here", "")), "staff.wrong")
}

func TestOldestSessionMakesRoom(t *testing.T) {
	d := open(t)
	d.create(t, college, "wanjiru", staff.Registrar)
	first := d.signIn(t, "")
	for range 10 {
		d.later(time.Second)
		d.signIn(t, "")
	}
	_, err := d.Session(t.Context(), first)
	wants(t, "the oldest of eleven", err, "staff.session")
}

func TestGuessingIsBounded(t *testing.T) {
	d := open(t)
	d.create(t, college, "wanjiru", staff.Registrar)
	blocked := func(caller string) bool {
		_, _, err := d.SignIn(t.Context(), college, "wanjiru", "a wrong password", caller, "")
		return cairn.CodeOf(err) == "staff.too-many"
	}
	for i := range 5 {
		if blocked("attacker") {
			t.Fatalf("refused at the try %d", i+1)
		}
	}
	if !blocked("attacker") {
		t.Error("the sixth wrong try from one place was let through")
	}
	if _, _, err := d.SignIn(t.Context(), college, "wanjiru", password, "attacker", ""); cairn.CodeOf(err) != "staff.too-many" {
		t.Error("the right password was let through from a place that is blocked:", err)
	}
	if _, _, err := d.SignIn(t.Context(), college, "wanjiru", password, "home", ""); err != nil {
		t.Error("the owner is locked out by a stranger:", err)
	}
	d.later(time.Minute)
	if blocked("attacker") {
		t.Error("after a minute there is no try again")
	}
	for range 20 { // right passwords don't use tries up
		d.signIn(t, "")
	}
}

func TestHashingIsBounded(t *testing.T) {
	d := open(t)
	d.Service = d.service(rand.Reader, staff.Cost{})
	d.create(t, college, "wanjiru", staff.Registrar)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var wg sync.WaitGroup
	var mu sync.Mutex
	counts := map[string]int{}
	for i := range 60 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			_, _, err := d.SignIn(ctx, college, "wanjiru", "a wrong password", "place "+string(rune('a'+i)), "")
			mu.Lock()
			counts[cairn.CodeOf(err)]++
			n := counts["staff.wrong"]
			mu.Unlock()
			if n >= 2 {
				cancel() // those that wait give their places back
			}
		}()
	}
	wg.Wait()
	if counts["staff.busy"] < 30 || counts["staff.wrong"] < 2 {
		t.Errorf("60 at once: %v", counts)
	}
	d.signIn(t, "") // every place was given back
}

func TestAccounts(t *testing.T) {
	d := open(t)
	d.create(t, college, "wanjiru", staff.Admin)
	make := func(a staff.Account, password string) error {
		if a.Institution == "" {
			a.Institution = college
		}
		return d.Create(t.Context(), a, password, "test")
	}
	good := staff.Account{ID: "otieno", Name: "Otieno", Roles: []staff.Role{staff.Officer}}
	change := func(f func(*staff.Account)) staff.Account { a := good; f(&a); return a }
	for name, v := range map[string]struct {
		err  error
		code string
	}{
		"same name":           {make(change(func(a *staff.Account) { a.ID = "wanjiru" }), password), "staff.exists"},
		"bad sign-in name":    {make(change(func(a *staff.Account) { a.ID = "../x" }), password), "staff.id"},
		"capital letters":     {make(change(func(a *staff.Account) { a.ID = "Otieno" }), password), "staff.id"},
		"no name":             {make(change(func(a *staff.Account) { a.Name = " " }), password), "staff.name"},
		"name turns around":   {make(change(func(a *staff.Account) { a.Name = "abc\u202edef" }), password), "staff.name"},
		"no role":             {make(change(func(a *staff.Account) { a.Roles = nil }), password), "staff.role"},
		"unknown role":        {make(change(func(a *staff.Account) { a.Roles = []staff.Role{"root"} }), password), "staff.role"},
		"short password":      {make(good, "short"), "staff.password-short"},
		"long password":       {make(good, strings.Repeat("long ", 100)), "staff.password-long"},
		"repeated password":   {make(good, "aaaaaaaaaaaaaaaa"), "staff.password-weak"},
		"common password":     {make(good, "Password123456789"), "staff.password-weak"},
		"own name":            {make(good, "otieno-otieno"), "staff.password-weak"},
		"no such institution": {make(change(func(a *staff.Account) { a.Institution = "nowhere" }), password), "institution.not-found"},
	} {
		wants(t, name, v.err, v.code)
	}
	if err := make(good, password); err != nil {
		t.Fatal(err)
	}
	all, err := d.Accounts(t.Context(), college)
	if err != nil || len(all) != 2 || all[0].ID != "otieno" {
		t.Fatalf("accounts: %v, %v", all, err)
	}
	if elsewhere, err := d.Accounts(t.Context(), other); err != nil || len(elsewhere) != 0 {
		t.Fatalf("accounts of the other institution: %v, %v", elsewhere, err)
	}
	wants(t, "the last admin", d.Disable(t.Context(), college, "wanjiru", "test"), "staff.last-admin")
	wants(t, "disable in another institution", d.Disable(t.Context(), other, "otieno", "test"), "staff.not-found")
	if err := d.Disable(t.Context(), college, "otieno", "test"); err != nil {
		t.Error(err)
	}
	_, err = d.ChangePassword(t.Context(), college, "wanjiru", "not my password", "another path of stones", "here")
	wants(t, "change with a wrong password", err, "staff.password-wrong")
	_, err = d.ChangePassword(t.Context(), college, "wanjiru", password, "short", "here")
	wants(t, "change to a short one", err, "staff.password-short")
}

func TestNoRandomness(t *testing.T) {
	d := open(t)
	d.create(t, college, "wanjiru", staff.Registrar)
	broken := d.service(iotestErr{}, cheap)
	if _, _, err := broken.SignIn(t.Context(), college, "wanjiru", password, "here", ""); cairn.CodeOf(err) != "staff.random" {
		t.Error("a session without randomness:", err)
	}
	if err := broken.SetPassword(t.Context(), college, "wanjiru", password, "test"); cairn.CodeOf(err) != "staff.random" {
		t.Error("a hash without randomness:", err)
	}
}

type iotestErr struct{}

func (iotestErr) Read([]byte) (int, error) { return 0, errors.New("no entropy") }
