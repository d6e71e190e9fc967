// Package app puts the parts together: the one place that knows both the use
// cases and the store. The binary and the tests use the same App.
//
// Open is what callers need; an App's fields are the use cases.
package app

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"cairn.example"
	"cairn.example/did"
	"cairn.example/federation"
	"cairn.example/internal/fetch"
	"cairn.example/internal/issue"
	"cairn.example/internal/keys"
	"cairn.example/internal/recognise"
	"cairn.example/internal/sqlstore"
	"cairn.example/internal/staff"
	"cairn.example/internal/trust"
	"cairn.example/internal/verify"
)

// KeyFile is the name of the key file in a data folder, unless it is kept elsewhere.
const KeyFile = "unlock.key"

// freshness is how long an answer from another server is used again.
const freshness = 5 * time.Minute

// Config says how to run.
type Config struct {
	Data    string // the data folder
	BaseURL string // public address, without a slash at its end
	KeyFile string // in the data folder when empty
	// Passphrase is asked for when the key file needs one; it may be nil.
	Passphrase func() (string, error)
	Now        cairn.Clock
	Rand       io.Reader
	// Loopback allows plain http to this machine, for development.
	Loopback bool
	// Proxies are the networks of trusted proxies before the server; see
	// web.ParseProxies. Without them everybody behind a proxy is one caller.
	Proxies []netip.Prefix
	// PasswordCost is of a guess of a password of staff; staff.DefaultCost when zero.
	PasswordCost staff.Cost
	// Roots are the authorities whose certificates (x5c) are relied on for who an
	// issuer is; see verify.Config.
	Roots []*x509.Certificate
	// Anchors are those of federations that are relied on for the keys of issuers.
	Anchors []federation.Anchor
	// Trace is told each step of the write path; it may be nil.
	Trace func(step string)
}

// App is a running system without its network listener.
type App struct {
	Config    Config
	DB        *sqlstore.DB
	Fetch     *fetch.Client
	Trust     *trust.Service
	Issue     *issue.Service
	Verify    *verify.Engine
	Recognise *recognise.Service
	Staff     *staff.Service
	// Unfinished is why an application could not be taken on when the folder was
	// opened; nil when all could. It is left where it is and keeps nobody else out.
	Unfinished error
}

var ( // the store satisfies every use case; the compiler says so here
	_ issue.Tx     = (*sqlstore.Tx)(nil)
	_ trust.Tx     = (*sqlstore.Tx)(nil)
	_ recognise.Tx = (*sqlstore.Tx)(nil)
	_ staff.Tx     = (*sqlstore.Tx)(nil)
)

// in narrows the store's transactions to the interface that one use case declared.
// The assertion can't fail for the interfaces listed above; keep the two together.
func in[T any](run func(context.Context, func(*sqlstore.Tx) error) error) func(context.Context, func(T) error) error {
	return func(ctx context.Context, f func(T) error) error {
		return run(ctx, func(tx *sqlstore.Tx) error { return f(any(tx).(T)) })
	}
}

// Open opens or creates a data folder and everything that works on it. What was
// interrupted the last time is completed.
func Open(ctx context.Context, c Config) (*App, error) {
	base, err := url.Parse(c.BaseURL)
	if err != nil || base.Host == "" || strings.HasSuffix(c.BaseURL, "/") || base.Scheme != "https" && !(c.Loopback && base.Scheme == "http") {
		return nil, &cairn.Error{Kind: cairn.Invalid, Code: "app.url", Object: c.BaseURL, Message: "the public address must be like https://cairn.example, without a slash at its end"}
	}
	db, err := sqlstore.Open(ctx, c.Data, c.Rand)
	if err != nil {
		return nil, err
	}
	a, err := assemble(c, db)
	if err == nil && !db.Restored {
		// One process has the folder: what another was at when it was killed is free.
		if err = a.Recognise.FreeRuns(ctx); err == nil {
			_, err = a.Issue.Resume(ctx)
		}
		if err == nil {
			_, a.Unfinished = a.Recognise.Run(ctx)
		}
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return a, nil
}

func assemble(c Config, db *sqlstore.DB) (*App, error) {
	lock, err := unlock(c)
	if err != nil {
		return nil, err
	}
	a := &App{Config: c, DB: db, Fetch: fetch.New(fetch.Options{Loopback: c.Loopback, Now: c.Now, Fresh: freshness})}
	online := verify.Online{Client: a.Fetch, OwnDID: a.ownDID, OwnList: a.ownList, Now: c.Now}
	a.Trust = &trust.Service{Tx: in[trust.Tx](db.Tx), View: in[trust.Tx](db.View), Resolver: online, Now: c.Now}
	a.Issue = issue.New(issue.Config{Tx: in[issue.Tx](db.Tx), View: in[issue.Tx](db.View), Keys: keys.NewKeyring(lock), Now: c.Now, Rand: c.Rand,
		BaseURL: c.BaseURL, Scope: a.scope, Trace: c.Trace})
	known, err := OpenKnownKeys(filepath.Join(c.Data, KnownKeysFile), c.Now)
	if err != nil {
		return nil, err
	}
	a.Verify = verify.New(verify.Config{Memory: known, Resolver: online, Status: online, Documents: online, Roots: c.Roots,
		Federation: verify.Federation{Client: a.Fetch, Anchors: c.Anchors}, Trust: a.Trust.Snapshot, Now: c.Now})
	a.Recognise = recognise.New(recognise.Config{Tx: in[recognise.Tx](db.Tx), View: in[recognise.Tx](db.View), Issue: a.Issue, Verify: a.Verify,
		Now: c.Now, Rand: c.Rand, Domain: c.BaseURL, Trace: c.Trace})
	a.Staff = staff.New(staff.Config{Tx: in[staff.Tx](db.Tx), View: in[staff.Tx](db.View), Now: c.Now, Rand: c.Rand, Cost: c.PasswordCost})
	return a, nil
}

// unlock opens the key file, or makes one in a new data folder.
func unlock(c Config) (*keys.Lock, error) {
	path := c.KeyFile
	if path == "" {
		path = filepath.Join(c.Data, KeyFile)
	}
	ask := c.Passphrase
	if ask == nil {
		ask = func() (string, error) {
			return "", &cairn.Error{Kind: cairn.Denied, Code: "keys.passphrase", Object: path, Message: "the key file needs its passphrase"}
		}
	}
	lock, err := keys.OpenLock(path, ask)
	if cairn.KindOf(err) == cairn.NotFound && c.KeyFile == "" {
		return keys.NewLock(path, "", 0)
	}
	return lock, err
}

// Work goes on with the applications that wait for no person whenever every ticks,
// until ctx ends; what failed, at a server that could not be reached say, is tried
// again in this way. It returns when the step that it is at has ended.
func (a *App) Work(ctx context.Context, every <-chan time.Time, log *slog.Logger) {
	if a.DB.Restored {
		return // nothing is issued from a copy
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-every:
		}
		if _, err := a.Recognise.Run(ctx); err != nil && ctx.Err() == nil {
			log.Warn("an application could not be taken on", "error", err.Error())
		}
	}
}

// Close stops the store.
func (a *App) Close() error { return a.DB.Close() }

// Host returns the name under which did:web identifiers of this server are found,
// or "" when it has none: an address without a name, or plain http.
func (a *App) Host() string {
	u, err := url.Parse(a.Config.BaseURL)
	if err != nil || u.Scheme != "https" {
		return ""
	}
	if _, err := did.WebDID(u.Host); err != nil {
		return ""
	}
	return u.Host
}

// ownDID answers for the institutions of this server, whose documents need not be
// fetched over the network.
func (a *App) ownDID(ctx context.Context, d cairn.DID) (*did.Document, bool, error) {
	if did.MethodName(d) != "web" {
		return nil, false, nil
	}
	all, err := a.Issue.Institutions(ctx)
	if err != nil {
		return nil, false, err
	}
	for _, i := range all {
		if i.DID == d {
			doc, err := a.Issue.Document(ctx, i.ID)
			return doc, true, err
		}
	}
	return nil, false, nil
}

// ownList answers for the status lists of this server.
func (a *App) ownList(ctx context.Context, address string) ([]byte, bool, error) {
	rest, ok := strings.CutPrefix(address, a.Config.BaseURL+"/i/")
	if !ok {
		return nil, false, nil
	}
	inst, list, ok := strings.Cut(rest, "/status/")
	if !ok {
		return nil, false, nil
	}
	b, err := a.Issue.StatusList(ctx, cairn.InstitutionID(inst), list)
	return b, true, err
}

// scope refuses to issue what the trust lists, if there are any, say that the
// issuer is not recognised for. An issuer that no list knows is not held back:
// whether it is recognised is what verifiers judge.
func (a *App) scope(ctx context.Context, issuer cairn.DID, achievement cairn.Achievement, at time.Time) error {
	snapshot, err := a.Trust.Snapshot(ctx)
	if err != nil {
		return err
	}
	s := snapshot.Standing(trust.Query{Issuer: issuer, AchievementType: achievement.Type, Level: achievement.Level, Field: achievement.FieldOfStudy, At: at, Now: at})
	if broken := snapshot.Broken(); len(broken) > 0 && s.State != trust.Recognised {
		return broken[0].Err // it might say that the institution is not recognised for this
	}
	switch s.State {
	case trust.OutsideScope, trust.NotAtThatTime:
		name, _ := s.ListName.In("en")
		return &cairn.Error{Kind: cairn.Denied, Code: "award.scope", Field: "achievement", Object: string(achievement.ID),
			Message: "the institution is not recognised to award this (" + string(s.State) + ", list " + name + ")", Hint: "ask the operator of the list, or correct the type, level or field of the achievement"}
	}
	return nil
}
