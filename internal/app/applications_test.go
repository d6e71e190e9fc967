package app_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/internal/recognise"
)

// A learner has one open application for a programme, also when several are begun at
// the same moment; a new one can be begun when it has come to its end.
func TestOneOpenApplication(t *testing.T) {
	c := openCampus(t)
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wg.Go(func() { _, errs[i] = c.Recognise.Draft(t.Context(), uni, c.learner, "cert", fmt.Sprint("at once ", i)) })
	}
	wg.Wait()
	begun := 0
	for _, err := range errs {
		if err == nil {
			begun++
		} else {
			code(t, err, "application.open")
		}
	}
	list, err := c.Recognise.ApplicationsOf(t.Context(), uni, c.learner)
	if err != nil || begun != 1 || len(list) != 1 {
		t.Fatalf("%d were begun and %d are stored: %v", begun, len(list), err)
	}
	if again, err := c.Recognise.Draft(t.Context(), uni, c.learner, "cert", list[0].Key); err != nil || again.ID != list[0].ID {
		t.Errorf("the same request again: %s %v", again.ID, err)
	}
	if _, err := c.Recognise.Draft(t.Context(), uni, c.learner, "cert2", "another programme"); err != nil {
		t.Error(err)
	}
	if _, err := c.Recognise.Withdraw(t.Context(), uni, list[0].ID); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Recognise.Draft(t.Context(), uni, c.learner, "cert", "anew"); err != nil {
		t.Errorf("after the withdrawal: %v", err)
	}
}

// What anybody with the address of a learner's page can store is bounded, and a
// withdrawn application keeps no documents.
func TestApplicationsAreBounded(t *testing.T) {
	c := openCampus(t)
	a, err := c.Recognise.Draft(t.Context(), uni, c.learner, "cert", "large")
	if err != nil {
		t.Fatal(err)
	}
	large := func(i int) []byte { return fmt.Appendf(nil, `{"n":%d,"x":%q}`, i, strings.Repeat("x", 1_000_000)) }
	for i := range 8 {
		if _, err := c.Recognise.Add(t.Context(), uni, a.ID, large(i)); err != nil {
			t.Fatalf("document %d: %v", i, err)
		}
	}
	_, err = c.Recognise.Add(t.Context(), uni, a.ID, large(8))
	code(t, err, "application.too-many")
	if _, err := c.Recognise.Add(t.Context(), uni, a.ID, large(3)); err != nil {
		t.Errorf("one that is there already: %v", err)
	}
	if _, err := c.Recognise.Withdraw(t.Context(), uni, a.ID); err != nil {
		t.Fatal(err)
	}
	gone, err := c.Recognise.Application(t.Context(), uni, a.ID)
	if err != nil || len(gone.Items) != 8 {
		t.Fatalf("%d items, %v", len(gone.Items), err)
	}
	for _, item := range gone.Items {
		if item.Digest == "" || item.Document != nil || item.Report != nil {
			t.Errorf("item %q keeps %d bytes", item.Digest, len(item.Document))
		}
	}

	inst, err := c.Issue.Institution(t.Context(), uni)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 11 {
		id := fmt.Sprint("many", i)
		if _, err := c.Recognise.Publish(t.Context(), uni, fmt.Appendf(nil, rules, id, inst.DID, "cert")); err != nil {
			t.Fatal(err)
		}
		_, err := c.Recognise.Draft(t.Context(), uni, c.learner, cairn.ProgrammeID(id), id)
		if i == 10 {
			code(t, err, "application.too-many-open")
		} else if err != nil {
			t.Fatal(err)
		}
	}

	l, err := c.Issue.RegisterLearner(t.Context(), cairn.Learner{Institution: uni, FullName: "Otieno", Number: "2"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 201 {
		a, err := c.Recognise.Draft(t.Context(), uni, l.ID, "cert", fmt.Sprint("again ", i))
		if i == 200 {
			code(t, err, "application.too-many-open")
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Recognise.Withdraw(t.Context(), uni, a.ID); err != nil {
			t.Fatal(err)
		}
	}
}

// plant changes the stored data behind the program's back.
func (c *campus) plant(t testing.TB, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(c.dir, "data", "cairn.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

// submit hands in an application and leaves it there.
func (c *campus) submit(t testing.TB, learner cairn.LearnerID, id cairn.ProgrammeID, key string) recognise.Application {
	t.Helper()
	a, err := c.Recognise.Draft(t.Context(), uni, learner, id, key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = c.Recognise.AddOwn(t.Context(), uni, a.ID); err != nil {
		t.Fatal(err)
	}
	if a, err = c.Recognise.Submit(t.Context(), uni, a.ID); err != nil {
		t.Fatal(err)
	}
	return a
}

// Applications that are stuck, more than are taken at once, do not keep another
// one waiting for ever.
func TestStuckApplicationsStarveNobody(t *testing.T) {
	c := openCampus(t)
	good := c.submit(t, c.learner, "cert", "good")
	for i := range 120 {
		c.plant(t, fmt.Sprintf(`INSERT INTO application (institution, id, key, learner, learner_name, programme, digest, state, revision, items, waiting, created, since, updated, body, twin)
			SELECT institution, 'stuck%[1]d', 'stuck%[1]d', learner, learner_name, programme, digest, state, revision, items, waiting, created, since, '2020-01-01T00:00:00.000000Z',
				json_set(body, '$.ID', 'stuck%[1]d', '$.ProgrammeDigest', 'gone'), 1 + %[1]d FROM application WHERE id = '%[2]s'`, i, good.ID))
	}
	for range 2 {
		if n, err := c.Recognise.Run(t.Context()); n != 100 || cairn.CodeOf(err) != "programme.not-found" {
			t.Fatalf("%d were tried: %v", n, err)
		}
	}
	if a, err := c.Recognise.Application(t.Context(), uni, good.ID); err != nil || a.State != recognise.Evaluated {
		t.Errorf("after two runs it is %s %v", a.State, err)
	}
}

// The server takes on what is due at each tick, and has ended when Work returns.
func TestWork(t *testing.T) {
	c := openCampus(t)
	a := c.submit(t, c.learner, "cert", "due")
	ctx, stop := context.WithCancel(t.Context())
	ticks, ended := make(chan time.Time), make(chan struct{})
	go func() {
		c.Work(ctx, ticks, slog.New(slog.DiscardHandler))
		close(ended)
	}()
	for range 2 { // the second is taken when the work of the first is done
		select {
		case ticks <- now:
		case <-time.After(10 * time.Second):
			t.Fatal("a tick is not taken")
		}
	}
	if after, err := c.Recognise.Application(t.Context(), uni, a.ID); err != nil || after.State != recognise.Evaluated {
		t.Errorf("after a tick it is %s %v", after.State, err)
	}
	stop()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Fatal("it goes on after the end")
	}
}

// What is refused when something is put into an application or a key is sent again.
func TestApplicationRefuses(t *testing.T) {
	c := openCampus(t)
	a, err := c.Recognise.Draft(t.Context(), uni, c.learner, "cert", "refuses")
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Recognise.Draft(t.Context(), uni, c.learner, "cert2", "refuses")
	code(t, err, "application.key-used")
	_, err = c.Recognise.Present(t.Context(), uni, a.ID, []byte(`{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiablePresentation"]}`))
	code(t, err, "application.presentation")
	_, err = c.Recognise.Add(t.Context(), uni, a.ID, []byte(`{"a":"`+strings.Repeat("x", 1<<20)+`"}`))
	code(t, err, "application.document")
}

// A plan is of what can be earned, and of so much as a page can show.
func TestPlanRefuses(t *testing.T) {
	c := openCampus(t)
	a, err := c.Recognise.Draft(t.Context(), uni, c.learner, "cert", "plans")
	if err != nil {
		t.Fatal(err)
	}
	p, _, err := c.Recognise.Programme(t.Context(), uni, a.ProgrammeDigest)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Recognise.Guide(t.Context(), uni, p, nil, []cairn.AchievementID{"https://nowhere.example/a"})
	code(t, err, "plan.no-such-achievement")
	_, err = c.Recognise.Guide(t.Context(), uni, p, nil, make([]cairn.AchievementID, 10_000))
	code(t, err, "plan.too-many")
}
