package sqlstore_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/internal/issue"
	"cairn.example/internal/keys"
	"cairn.example/internal/sqlstore"
	"cairn.example/jcs"
	"cairn.example/statuslist"
	"cairn.example/strictjson"
)

// The crash sweep runs one script in a child process that kills itself (SIGKILL)
// at its n-th step, for every n there is; then it opens the folder, resumes,
// checks it, compares it with what the child had told the outside before it
// died, and runs the same script again to its end.

// TestMain runs the script instead of the tests in a child process.
func TestMain(m *testing.M) {
	dir := os.Getenv("CAIRN_CRASH_FOLDER")
	if dir == "" {
		os.Exit(m.Run())
	}
	at, err := strconv.Atoi(os.Getenv("CAIRN_CRASH_AT"))
	if err != nil {
		panic(err)
	}
	var mu sync.Mutex
	var steps []string
	point := func(step string) {
		mu.Lock()
		defer mu.Unlock()
		if steps = append(steps, step); len(steps) == at {
			syscall.Kill(syscall.Getpid(), syscall.SIGKILL)
			select {} // the signal ends every thread
		}
	}
	if err := script(context.Background(), dir, os.Getenv("CAIRN_CRASH_ORDER"), point, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
	fmt.Printf("end\t%s\n", strings.Join(steps, "\t"))
	os.Exit(0)
}

// killTx makes each statement that writes a point to die at.
type killTx struct {
	issue.Tx
	point func(string)
	order string
	out   io.Writer
	ring  *keys.Keyring
}

func (k killTx) at(step string, err error) error {
	if err == nil {
		k.point(step)
	}
	return err
}

func (k killTx) InsertInstitution(ctx context.Context, i cairn.Institution) error {
	return k.at("institution", k.Tx.InsertInstitution(ctx, i))
}
func (k killTx) InsertKey(ctx context.Context, r keys.Record) error {
	return k.at("key", k.Tx.InsertKey(ctx, r))
}
func (k killTx) InsertLearner(ctx context.Context, l issue.LearnerRecord) error {
	return k.at("learner", k.Tx.InsertLearner(ctx, l))
}
func (k killTx) UpdateLearner(ctx context.Context, l issue.LearnerRecord) error {
	return k.at("learner changed", k.Tx.UpdateLearner(ctx, l))
}
func (k killTx) InsertAchievement(ctx context.Context, a cairn.Achievement, now time.Time) error {
	return k.at("achievement", k.Tx.InsertAchievement(ctx, a, now))
}
func (k killTx) InsertStatusList(ctx context.Context, l issue.StatusList) error {
	return k.at("list", k.Tx.InsertStatusList(ctx, l))
}
func (k killTx) TakeIndex(ctx context.Context, inst cairn.InstitutionID, id string) (int, error) {
	n, err := k.Tx.TakeIndex(ctx, inst, id)
	return n, k.at("index", err)
}
func (k killTx) InsertCredential(ctx context.Context, r issue.Record) error {
	if k.order == "deliver-before-record" {
		if err := k.tooEarly(ctx, r); err != nil {
			return err
		}
	}
	return k.at("prepare", k.Tx.InsertCredential(ctx, r))
}
func (k killTx) FinaliseCredential(ctx context.Context, r issue.Record) error {
	return k.at("finalise", k.Tx.FinaliseCredential(ctx, r))
}
func (k killTx) RevokeCredential(ctx context.Context, r issue.Record) error {
	if k.order == "revoke-before-record" {
		fmt.Fprintln(k.out, "revoked", r.ID)
	}
	return k.at("revoke", k.Tx.RevokeCredential(ctx, r))
}
func (k killTx) BumpStatusList(ctx context.Context, inst cairn.InstitutionID, id string) error {
	return k.at("bump", k.Tx.BumpStatusList(ctx, inst, id))
}
func (k killTx) PublishStatusList(ctx context.Context, l issue.StatusList) error {
	return k.at("publish", k.Tx.PublishStatusList(ctx, l))
}
func (k killTx) ReplaceClaims(ctx context.Context, inst cairn.InstitutionID, id cairn.CredentialID) error {
	return k.at("replace", k.Tx.ReplaceClaims(ctx, inst, id))
}
func (k killTx) InsertClaim(ctx context.Context, c issue.ClaimRecord) error {
	return k.at("claim code", k.Tx.InsertClaim(ctx, c))
}
func (k killTx) CountClaim(ctx context.Context, c issue.ClaimRecord) error {
	return k.at("claimed", k.Tx.CountClaim(ctx, c))
}
func (k killTx) SaveImportJob(ctx context.Context, j issue.ImportJob) error {
	return k.at("job", k.Tx.SaveImportJob(ctx, j))
}
func (k killTx) AppendEvent(ctx context.Context, e issue.Event) error {
	return k.at("event", k.Tx.AppendEvent(ctx, e))
}

// tooEarly is the planted mistake of a control run: it signs and hands out what
// is not recorded yet.
func (k killTx) tooEarly(ctx context.Context, r issue.Record) error {
	all, err := k.Tx.Keys(ctx, r.Institution)
	if err != nil {
		return err
	}
	signer, err := k.ring.Signer(all[0])
	if err != nil {
		return err
	}
	doc, err := strictjson.ParseObject(r.Unsigned, strictjson.Default)
	if err != nil {
		return err
	}
	signed, err := dataintegrity.Sign(ctx, doc, dataintegrity.Options{Purpose: did.AssertionMethod, Created: r.Created}, signer)
	if err != nil {
		return err
	}
	b, err := jcs.Marshal(signed)
	if err != nil {
		return err
	}
	fmt.Fprintln(k.out, "delivered", r.Key, r.ID, jcs.Digest(b))
	return nil
}

// script does everything that the write path can, and says on out what the
// outside may rely on from then on. It can be run again on the same folder.
func script(ctx context.Context, dir, order string, point func(string), out io.Writer) error {
	lock, err := keys.OpenLock(dir+".key", nil)
	if err != nil {
		return err
	}
	db, err := sqlstore.Open(ctx, dir, rand.Reader)
	if err != nil {
		return err
	}
	defer db.Close()
	point("open")
	ring := keys.NewKeyring(lock)
	s := issue.New(issue.Config{
		Tx: func(ctx context.Context, f func(issue.Tx) error) error {
			point("before a transaction")
			err := db.Tx(ctx, func(tx *sqlstore.Tx) error {
				err := f(killTx{tx, point, order, out, ring})
				point("before the commit")
				return err
			})
			point("after a transaction")
			return err
		},
		View: func(ctx context.Context, f func(issue.Tx) error) error {
			return db.View(ctx, func(tx *sqlstore.Tx) error { return f(tx) })
		},
		Keys: ring, Now: clock, Rand: rand.Reader, BaseURL: "https://cairn.example", Trace: point,
	})
	if _, err := s.Resume(ctx); err != nil {
		return err
	}
	point("resumed")
	learner, err := found(ctx, s)
	if cairn.CodeOf(err) == "institution.exists" {
		if err = s.DefineAchievement(ctx, soil); err == nil {
			learner, err = s.RegisterLearner(ctx, cairn.Learner{Institution: college, FullName: "Amina", Number: "A-17"})
		}
	}
	if err != nil {
		return err
	}
	var last issue.Issued
	for _, key := range []string{"one", "two", "three"} {
		if last, err = s.Award(ctx, award(learner, key)); err != nil {
			return err
		}
		fmt.Fprintln(out, "delivered", key, last.ID(), last.Digest())
		point("delivered")
	}
	for range 2 {
		d, err := s.Deliver(ctx, last)
		if err != nil {
			return err
		}
		fmt.Fprintln(out, "offered", d.Code, last.Digest())
		for range 2 {
			if _, err := s.Claim(ctx, d.Code, "script"); err != nil {
				return err
			}
		}
	}
	if err := s.SetLearnerDID(ctx, college, learner.ID, "did:example:amina"); err != nil {
		return err
	}
	if _, err := s.NewStackToken(ctx, college, learner.ID); err != nil {
		return err
	}
	if err := s.Revoke(ctx, college, last.ID(), "registrar", "a mistake"); err != nil && cairn.CodeOf(err) != "revoke.again" {
		return err
	}
	fmt.Fprintln(out, "revoked", last.ID())
	if _, err := s.StatusLists(ctx, college); err != nil {
		return err
	}
	file := importHead
	for i := range 4 {
		file += fmt.Sprintf("row-%d,N-%d,Learner %d,%s,2026-10-30\n", i, i/2, i/2, soil.ID)
	}
	_, err = s.Import(ctx, []byte(file), issue.ImportOptions{Institution: college, Row: func(line int, i issue.Issued) error {
		fmt.Fprintf(out, "delivered row-%d %s %s\n", line-2, i.ID(), i.Digest())
		return nil
	}})
	return err
}

const (
	importHead = "award_key,learner_number,full_name,achievement,awarded_on\n"
	scriptKeys = 7 // credentials that the script issues
)

// told is what the outside was told.
type told struct {
	delivered map[string]string // key → id and digest
	codes     map[string]string // code → digest
	revoked   map[string]bool
	steps     []string // of a run that came to its end
}

func read(t testing.TB, b []byte) told {
	w := told{map[string]string{}, map[string]string{}, map[string]bool{}, nil}
	for s := bufio.NewScanner(bytes.NewReader(b)); s.Scan(); {
		f := strings.Fields(s.Text())
		switch {
		case len(f) == 4 && f[0] == "delivered":
			w.delivered[f[1]] = f[2] + " " + f[3]
		case len(f) == 3 && f[0] == "offered":
			w.codes = map[string]string{f[1]: f[2]} // a newer code replaces the older
		case len(f) == 2 && f[0] == "revoked":
			w.revoked[f[1]] = true
		case f[0] == "end":
			w.steps = strings.Split(s.Text(), "\t")[1:]
		default:
			t.Errorf("the child wrote %q", s.Text())
		}
	}
	return w
}

// run starts the script in a child. wrap may put a tracer before it.
func run(dir string, at int, order string, wrap ...string) (out, problems []byte, killed bool, err error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, nil, false, err
	}
	args := append(wrap, exe, "-test.run=^$")
	c := exec.Command(args[0], args[1:]...)
	c.Env = append(os.Environ(), "CAIRN_CRASH_FOLDER="+dir, "CAIRN_CRASH_AT="+strconv.Itoa(at), "CAIRN_CRASH_ORDER="+order)
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	err = c.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() && status.Signal() == syscall.SIGKILL {
			return stdout.Bytes(), stderr.Bytes(), true, nil
		}
	}
	return stdout.Bytes(), stderr.Bytes(), false, err
}

// after opens the folder as the next start would and returns everything that is
// not as the child had told.
func after(t testing.TB, dir string, w told) []string {
	ctx := context.Background()
	var wrong []string
	bad := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	clean := func(when string) {
		r, err := sqlstore.Check(ctx, dir)
		if err != nil {
			if cairn.CodeOf(err) == "check.folder" {
				return // it died before there was anything
			}
			bad("%s: %v", when, err)
		}
		for _, v := range r.Violations {
			bad("%s: %s", when, v)
		}
	}
	s, db, err := service(ctx, dir, nil)
	if err != nil {
		bad("opening: %v", err)
		return wrong
	}
	if db.Restored {
		bad("a crash looks like a restored copy")
	}
	if _, err := s.Resume(ctx); err != nil {
		bad("resuming: %v", err)
	}
	for key, want := range w.delivered {
		id, digest, _ := strings.Cut(want, " ")
		if got, err := s.Credential(ctx, college, cairn.CredentialID(id)); err != nil || got.Digest() != digest {
			bad("%s was delivered as %s and is %s (%v)", key, want, got.Digest(), err)
		}
	}
	for code, digest := range w.codes {
		got, err := s.Claim(ctx, code, "after")
		if cairn.CodeOf(err) == "claim.replaced" {
			continue // the next code was recorded, and it died before it could say so
		}
		if err != nil || got.Digest() != digest {
			bad("the code %s was given out for %s and gives %s (%v)", code, digest, got.Digest(), err)
		}
	}
	if len(w.revoked) > 0 {
		lists, err := s.StatusLists(ctx, college)
		if err != nil {
			bad("status lists: %v", err)
		}
		for id := range w.revoked {
			if !publishedAsRevoked(t, s, cairn.CredentialID(id), lists) {
				bad("%s was revoked and is not", id)
			}
		}
	}
	db.Close()
	clean("after resuming")

	var again bytes.Buffer
	if err := script(ctx, dir, "", func(string) {}, &again); err != nil {
		bad("the second run: %v", err)
		return wrong
	}
	second := read(t, again.Bytes())
	for key, want := range w.delivered {
		if second.delivered[key] != want {
			bad("%s was issued as %s and again as %s", key, want, second.delivered[key])
		}
	}
	if r, err := sqlstore.Check(ctx, dir); err != nil || r.Counts["issued"] != scriptKeys || r.Counts["credentials"] != scriptKeys {
		bad("%d credentials and %d issued for %d requests (%v)", r.Counts["credentials"], r.Counts["issued"], scriptKeys, err)
	}
	clean("after the second run")
	return wrong
}

func publishedAsRevoked(t testing.TB, s *issue.Service, id cairn.CredentialID, lists map[string][]byte) bool {
	got, err := s.Credential(context.Background(), college, id)
	if err != nil {
		return false
	}
	tree, err := strictjson.ParseObject(got.Document(), strictjson.Default)
	if err != nil {
		t.Error(err)
		return false
	}
	entry, err := statuslist.ReadEntry(tree["credentialStatus"].(map[string]any))
	if err != nil {
		t.Error(err)
		return false
	}
	list, err := strictjson.ParseObject(lists[entry.List], strictjson.Default)
	if err != nil {
		t.Error(err)
		return false
	}
	bits, _, err := statuslist.ReadCredential(list)
	if err != nil {
		t.Error(err)
		return false
	}
	on, err := bits.Get(entry.Index)
	return err == nil && on
}

// fresh returns a folder's path with a key file beside it.
func fresh(t testing.TB, parent string, n int) string {
	t.Helper()
	dir := filepath.Join(parent, strconv.Itoa(n))
	if _, err := keys.NewLock(dir+".key", "", 0); err != nil {
		t.Fatal(err)
	}
	return dir
}

// sweep dies at each of the points and returns what was wrong, by point.
func sweep(t *testing.T, order string, points []int) map[int][]string {
	parent := t.TempDir()
	wrong := map[int][]string{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	next := make(chan int)
	for range 2 * runtime.GOMAXPROCS(0) { // half of the time is waiting for the disk
		wg.Go(func() {
			for n := range next {
				dir := fresh(t, parent, n)
				out, problems, killed, err := run(dir, n, order)
				if err != nil || !killed {
					t.Errorf("point %d: the child was to be killed: %v, %s", n, err, problems)
					continue
				}
				if found := after(t, dir, read(t, out)); len(found) > 0 {
					mu.Lock()
					wrong[n] = found
					mu.Unlock()
				}
				os.RemoveAll(dir)
			}
		})
	}
	for _, n := range points {
		next <- n
	}
	close(next)
	wg.Wait()
	return wrong
}

// steps runs the script to its end and returns the names of its steps.
func steps(t *testing.T) []string {
	t.Helper()
	dir := fresh(t, t.TempDir(), 0)
	out, problems, _, err := run(dir, 0, "")
	if err != nil {
		t.Fatalf("%v: %s", err, problems)
	}
	w := read(t, out)
	if len(w.steps) == 0 || len(w.delivered) != scriptKeys || len(w.revoked) != 1 || len(w.codes) != 1 {
		t.Fatalf("%+v", w)
	}
	for _, problem := range after(t, dir, w) {
		t.Error(problem)
	}
	return w.steps
}

// everything reports whether the slow tests run whole, as they do before a change
// lands.
func everything() bool { return os.Getenv("CAIRN_REQUIRE_ALL") == "1" }

// pick returns the points whose steps have one of the names, or all.
func pick(steps []string, names ...string) []int {
	var points []int
	for i, s := range steps {
		if len(names) == 0 || slices.Contains(names, s) {
			points = append(points, i+1)
		}
	}
	return points
}

func TestKilledAtEveryStep(t *testing.T) {
	all := steps(t)
	points := pick(all)
	if testing.Short() {
		points = pick(all, "prepare", "finalise")
	} else if !everything() { // each kind of step at least once, in a few seconds
		seen := map[string]bool{}
		points = slices.DeleteFunc(points, func(n int) bool {
			again := seen[all[n-1]]
			seen[all[n-1]] = true
			return again && n%6 != 0
		})
	}
	for n, problems := range sweep(t, "", points) {
		t.Errorf("point %d, %s:\n\t%s", n, all[n-1], strings.Join(problems, "\n\t"))
	}
	t.Logf("killed at %d of %d points", len(points), len(all))
	if len(all) < 200 {
		t.Errorf("the script has only %d points", len(all))
	}
}

// TestFailsAtEverySystemCall lets each call that writes fail, or kill the process,
// with strace. Calls are counted for each thread, so one number stands for a few
// places. It says which faults of the disk there are, and what each must do:
// nothing is promised that is not kept, and the folder can be used afterwards.
func TestFailsAtEverySystemCall(t *testing.T) {
	if testing.Short() {
		t.Skip("the sweep is short")
	}
	strace, err := exec.LookPath("strace")
	if err == nil {
		err = exec.Command(strace, "-o", os.DevNull, "true").Run()
	}
	if err != nil {
		if everything() {
			t.Fatalf("strace is needed: %v", err)
		}
		t.Skipf("strace can't be used here: %v", err)
	}
	parent := t.TempDir()
	total, stopped := 0, 0
	for i, fault := range []struct {
		name, calls, inject string
		most                int
	}{
		{"killed", "pwrite64,ftruncate,fsync,fdatasync,openat,unlink,rename", "signal=KILL", 400},
		{"disk full", "pwrite64", "error=ENOSPC", 300},
		{"write error", "pwrite64", "error=EIO", 300},
		{"sync error", "fsync,fdatasync", "error=EIO", 120},
	} {
		step := 1
		if !everything() {
			step = fault.most / 8
		}
		hit, untouched := 0, 0
		for n := 1 + i; n <= fault.most && untouched < 8; { // then no thread makes so many calls
			var wg sync.WaitGroup
			hits := make([]bool, 2*runtime.GOMAXPROCS(0))
			for j := range hits {
				wg.Go(func() {
					dir := fresh(t, parent, i*1000+n+j*step)
					out, problems, killed, err := run(dir, 0, "", strace, "-f", "-qq", "-o", os.DevNull,
						"-e", "trace="+fault.calls, "-e", fmt.Sprintf("inject=%s:%s:when=%d", fault.calls, fault.inject, n+j*step))
					if hits[j] = killed || err != nil; err != nil && len(problems) == 0 {
						t.Errorf("%s at %d: it ended without a word: %v", fault.name, n+j*step, err)
					}
					for _, problem := range after(t, dir, read(t, out)) {
						t.Errorf("%s at %d: %s", fault.name, n+j*step, problem)
					}
					os.RemoveAll(dir)
				})
			}
			wg.Wait()
			for _, h := range hits {
				if untouched++; h {
					hit, untouched = hit+1, 0
				}
			}
			total += len(hits)
			n += len(hits) * step
		}
		t.Logf("%s: the fault stopped the program %d times", fault.name, hit)
		stopped += hit
	}
	t.Logf("%d runs, %d of them stopped", total, stopped)
	if stopped == 0 {
		t.Error("no fault was noticed")
	}
}

// TestSweepNoticesWrongOrder is the control: a program that hands out or
// announces what is not recorded must be caught, or the sweep proves nothing.
func TestSweepNoticesWrongOrder(t *testing.T) {
	all := steps(t)
	for order, points := range map[string][]int{"deliver-before-record": pick(all, "prepare"), "revoke-before-record": pick(all, "revoke")} {
		caught := sweep(t, order, points)
		t.Logf("%s: caught at %d of %d points", order, len(caught), len(points))
		if len(caught) == 0 {
			t.Errorf("%s was not noticed", order)
		}
	}
}
