package app_test

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/internal/app"
	"cairn.example/internal/issue"
	"cairn.example/internal/recognise"
	"cairn.example/internal/sqlstore"
	"cairn.example/internal/staff"
	"cairn.example/programme"
)

// crowd puts learners with credentials into the store whose facts are known already:
// what a night costs is not the signing of the years before. vary changes the facts of
// one real credential into those of the k-th credential of the n-th learner.
func (y *years) crowd(t testing.TB, learners, each int, vary func(n, k int, h *programme.Held)) {
	t.Helper()
	y.run(t, recognise.RunOptions{})
	var model recognise.Fact
	err := y.DB.View(t.Context(), func(tx *sqlstore.Tx) error {
		facts, err := tx.Facts(t.Context(), uni, y.learner)
		if err == nil && len(facts) > 0 {
			model = facts[0]
		}
		return err
	})
	if err != nil || model.Held.Issuer == "" || model.Held.Blocked != "" {
		t.Fatalf("%+v %v", model, err)
	}
	const batch = 200
	for from := 0; from < learners; from += batch {
		if err := y.DB.Tx(t.Context(), func(tx *sqlstore.Tx) error {
			for n := from; n < min(learners, from+batch); n++ {
				id := cairn.LearnerID(fmt.Sprintf("crowd-%07d", n))
				if err := tx.InsertLearner(t.Context(), issue.LearnerRecord{Learner: cairn.Learner{Institution: uni, ID: id, FullName: fmt.Sprint("Learner ", n)}, Salt: "x", Created: now}); err != nil {
					return err
				}
				u := recognise.StandingUpdate{Institution: uni, Learner: id}
				for k := range each {
					f := model
					sum := sha256.Sum256(fmt.Appendf(nil, "%d/%d", n, k))
					f.Digest = "sha256:" + hex.EncodeToString(sum[:])
					f.Held.Digest, f.Held.Credential = f.Digest, cairn.CredentialID(fmt.Sprintf("urn:crowd:%d:%d", n, k))
					f.Held.Achievement = cairn.AchievementID(fmt.Sprintf("urn:achievement:%d", k))
					f.Again = y.at.AddDate(0, 2, 0)
					vary(n, k, &f.Held)
					r := issue.Record{Institution: uni, ID: f.Held.Credential, Key: fmt.Sprintf("crowd/%d/%d", n, k), Fingerprint: "x", Kind: issue.KindBadge, Learner: id, Title: "x", State: issue.Prepared, KeyID: "k",
						Unsigned: []byte("x"), UnsignedDigest: "x", Created: now}
					if err := tx.InsertCredential(t.Context(), r); err != nil {
						return err
					}
					r.Signed, r.SignedDigest, r.Issued = []byte("x"), f.Digest, now
					if err := tx.FinaliseCredential(t.Context(), r); err != nil {
						return err
					}
					u.Facts = append(u.Facts, f)
				}
				if _, err := tx.SaveStanding(t.Context(), "", u); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// plain makes two of three in a crowd complete: their first credential is soil, that of
// others is grain, and all have water.
func plain(n, k int, h *programme.Held) {
	h.Credit = &cairn.CreditValue{Amount: cairn.WholeCredits(6), Unit: "credits", HoursPerCredit: cairn.WholeCredits(10)}
	switch {
	case k > 0:
		h.Tags = []string{"water"}
	case n%3 == 0:
		h.Tags = []string{"grain"}
	default:
		h.Tags = []string{"soil"}
	}
}

// swap publishes the programme cert anew: it asks for something else where it asked for
// soil.
func (y *years) swap(t testing.TB, edition string, tag string) {
	t.Helper()
	inst, err := y.Issue.Institution(t.Context(), uni)
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf(rules, "cert", inst.DID, "cert")
	text = strings.Replace(strings.Replace(text, `edition: "1"`, `edition: "`+edition+`"`, 1), "tags: [soil]", "tags: ["+tag+"]", 1)
	if _, err := y.Recognise.Publish(t.Context(), uni, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

// story writes everything that runs have stored, without its times.
func (y *years) story(t testing.TB) string {
	t.Helper()
	var b strings.Builder
	for after := ""; ; {
		list, err := y.Recognise.Standings(t.Context(), uni, recognise.StandingFilter{After: after, Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range list {
			fmt.Fprintln(&b, s.Learner, s.Programme, s.Edition, s.Counted, s.Complete, s.Satisfied, s.Counts)
			after = s.Key
		}
		if len(list) < 100 {
			return b.String()
		}
	}
}

func (y *years) changes(t testing.TB, run string) string {
	t.Helper()
	var b strings.Builder
	for after := ""; ; {
		list, err := y.Recognise.Changes(t.Context(), uni, run, recognise.ChangeFilter{After: after, Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range list {
			fmt.Fprintln(&b, c.Learner, said([]recognise.NamedChange{c}))
			after = c.Key
		}
		if len(list) < 1000 {
			return b.String()
		}
	}
}

// TestMain runs a night in a child process, which kills itself or is killed.
func TestMain(m *testing.M) {
	dir := os.Getenv("CAIRN_STANDING_FOLDER")
	if dir == "" {
		os.Exit(m.Run())
	}
	var at int
	if _, err := fmt.Sscan(os.Getenv("CAIRN_STANDING_AT"), &at); err != nil {
		panic(err)
	}
	steps := 0
	trace := func(step string) {
		if !strings.HasPrefix(step, "standing") {
			return
		}
		if steps++; steps == at {
			syscall.Kill(syscall.Getpid(), syscall.SIGKILL)
			select {} // the signal ends every thread
		}
		fmt.Println(step)
	}
	a, err := app.Open(context.Background(), app.Config{Data: filepath.Join(dir, "data"), BaseURL: base, Rand: rand.Reader, Now: func() time.Time { return now.AddDate(0, 0, 1) }, Trace: trace,
		PasswordCost: staff.Cost{Memory: 64, Passes: 1}})
	if err != nil {
		panic(err)
	}
	// It may have been killed after its last word: then the night is over.
	if last, _ := a.Recognise.LastRun(context.Background(), uni); last.State != recognise.RunDone || last.Started.Before(now.AddDate(0, 0, 1)) {
		_, err = a.Recognise.RunStandings(context.Background(), uni, recognise.RunOptions{Resume: true})
	}
	if err := errors.Join(err, a.Close()); err != nil {
		panic(err)
	}
	os.Exit(0)
}

// TestRunKilledAnywhere kills a night at each of its steps, and at moments of the
// clock, and goes on: the same standings and the same changes come out, each told once.
func TestRunKilledAnywhere(t *testing.T) {
	const learners = 250
	prepare := func() *years {
		y := openYears(t)
		y.crowd(t, learners, 2, plain)
		y.run(t, recognise.RunOptions{})
		y.swap(t, "2", "grain")
		y.at = now.AddDate(0, 0, 1)
		return y
	}
	whole := prepare()
	r, _ := whole.run(t, recognise.RunOptions{})
	standings, changes := whole.story(t), whole.changes(t, r.ID)
	if n := strings.Count(changes, "\n"); n < learners || r.Changed != n || !strings.Contains(changes, "loses") || !strings.Contains(changes, "gains") {
		t.Fatalf("%d changes, %d told, %+v", n, r.Changed, r.Tally)
	}
	killed := 0
	night := func(y *years, at int, after time.Duration) bool {
		if err := y.App.Close(); err != nil {
			t.Fatal(err)
		}
		exe, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		child := exec.Command(exe)
		child.Env = append(os.Environ(), "CAIRN_STANDING_FOLDER="+y.dir, fmt.Sprint("CAIRN_STANDING_AT=", at))
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		child.Stderr = os.Stderr
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for first := true; lines.Scan(); first = false {
			if first && after > 0 {
				time.AfterFunc(after, func() { child.Process.Kill() })
			}
		}
		err = child.Wait()
		var exited *exec.ExitError
		if errors.As(err, &exited) && exited.Sys().(syscall.WaitStatus).Signaled() {
			killed++
			return true
		}
		if err != nil {
			t.Fatal(err)
		}
		return false
	}
	// In one night after the other, each is killed one step later, until one comes through.
	y := prepare()
	for at := 1; night(y, at, 0); at++ {
		if at > 30 {
			t.Fatal("no night comes to its end")
		}
	}
	// And at moments that nobody chose, each later than the one before.
	z := prepare()
	for wait := time.Duration(1+mathrand.IntN(4)) * time.Millisecond; night(z, 0, wait); wait *= 3 {
	}
	if killed < 2 {
		t.Errorf("killed %d times", killed)
	}
	t.Logf("killed %d times", killed)
	for _, one := range []*years{y, z} {
		one.reopenWith(t, func() time.Time { return one.at })
		last, err := one.Recognise.LastRun(t.Context(), uni)
		if err != nil || last.State != recognise.RunDone || last.Learners != r.Learners || last.Changed != r.Changed {
			t.Errorf("%+v %v", last, err)
		}
		if got := one.story(t); got != standings && !sameButRandom(got, standings) {
			t.Errorf("other standings come out")
		}
		if got := one.changes(t, last.ID); !sameButRandom(got, changes) {
			t.Errorf("other changes come out:\n%.300s\n%.300s", got, changes)
		}
	}
}

// sameButRandom compares texts of which the real learner, whose identifier, key and
// credentials are random, is left out.
func sameButRandom(a, b string) bool {
	crowd := func(s string) string {
		var out []string
		for line := range strings.Lines(s) {
			if learner, rest, _ := strings.Cut(line, " "); strings.HasPrefix(learner, "crowd-") {
				fields := strings.Fields(rest)
				for i, f := range fields {
					if strings.HasPrefix(f, "sha256:") && i == 1 {
						fields[i] = "edition" // names the key of its institution
					}
				}
				out = append(out, learner+" "+strings.Join(fields, " "))
			}
		}
		return strings.Join(out, "\n")
	}
	return crowd(a) == crowd(b) && crowd(a) != ""
}

// TestManyLearners looks at many learners twice, ten thousand where CAIRN_CASES is set: the second time nothing has
// changed, and nothing but their inputs is read.
func TestManyLearners(t *testing.T) {
	learners := 10_000
	if testing.Short() {
		learners = 1000
	} else if os.Getenv("CAIRN_CASES") == "" {
		learners = 1500
	}
	y := openYears(t)
	y.crowd(t, learners, 1, plain)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	most := uint64(0)
	told := 0
	began := time.Now()
	r, _ := y.run(t, recognise.RunOptions{Progress: func(r recognise.StandingRun) {
		if told++; told%20 == 0 {
			runtime.ReadMemStats(&after)
			most = max(most, after.HeapAlloc)
		}
		if r.Learners < told || r.Total != learners+1 {
			t.Fatalf("%+v", r)
		}
	}})
	if r.Learners != learners+1 || r.First != 2*learners || r.Verified != 0 || told < learners/100 {
		t.Errorf("%+v, told %d times", r.Tally, told)
	}
	if most > before.HeapAlloc+100<<20 {
		t.Errorf("it needs %d MiB", (most-before.HeapAlloc)>>20)
	}
	first := time.Since(began)
	began = time.Now()
	if r, _ = y.run(t, recognise.RunOptions{}); r.Unchanged != learners+1 || r.Evaluated != 0 {
		t.Errorf("%+v", r.Tally)
	}
	t.Logf("%d learners: %v the first time, %v when nothing has changed", learners, first.Round(time.Millisecond), time.Since(began).Round(time.Millisecond))
}
