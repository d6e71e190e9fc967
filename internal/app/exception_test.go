package app_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"cairn.example"
	"cairn.example/internal/recognise"
	"cairn.example/programme"
)

// lacking publishes a programme that asks for more than Amina has: a slot for
// pests, with which what she has would not complete it.
func (c *campus) lacking(t testing.TB, id, policy string) []byte {
	t.Helper()
	inst, err := c.Issue.Institution(t.Context(), uni)
	if err != nil {
		t.Fatal(err)
	}
	document := fmt.Appendf(nil, strings.Replace(rules, "to: the registrar}}", "to: the registrar}"+policy+"}", 1)+`  - {id: R3, clause: "3", title: {en: Pests}, all: [{id: P, title: {en: Pests}, credits: 4, match: {tags: [pests]}}]}`+"\n", id, inst.DID, "cert")
	if _, err := c.Recognise.Publish(t.Context(), uni, document); err != nil {
		t.Fatal(err)
	}
	return document
}

func (c *campus) allow(a recognise.Application, by cairn.StaffID, e programme.Exception) (recognise.Application, error) {
	ctx := context.Background()
	a, err := c.Recognise.Except(ctx, recognise.ExceptRequest{Institution: uni, Application: a.ID, Exception: e, By: by, Role: "head of department", Reason: "minutes of 3 May"})
	if err != nil {
		return a, err
	}
	return c.Recognise.Advance(ctx, uni, a.ID)
}

func (c *campus) act(a recognise.Application, act recognise.ExceptionAct, id string, by cairn.StaffID) (recognise.Application, error) {
	ctx := context.Background()
	a, err := c.Recognise.ActOnException(ctx, recognise.ExceptionActRequest{Institution: uni, Application: a.ID, ID: id, Act: act, By: by, Role: "dean", Reason: "seen"})
	if err != nil {
		return a, err
	}
	return c.Recognise.Advance(ctx, uni, a.ID)
}

func (c *campus) countersign(a recognise.Application, by cairn.StaffID, agree bool) (recognise.Application, error) {
	return c.Recognise.Countersign(context.Background(), recognise.CountersignRequest{Institution: uni, Application: a.ID, Revision: a.Revision, Agree: agree, By: by, Role: "dean", Reason: "seen"})
}

func status(a recognise.Application, id string) programme.Status {
	for _, q := range a.Evaluation.Result.Requirements {
		if q.Requirement == id {
			return q.Status
		}
	}
	return ""
}

// A waiver is recorded, can be taken back, counts in the decision, and what rests on
// it is signed by two persons; the decision replays with it.
func TestWaiveAndCountersign(t *testing.T) {
	c := openCampus(t)
	document := c.lacking(t, "waived", "")
	a := c.apply(t, "waived", "1")
	if status(a, "R3") != programme.Missing || a.Evaluation.Result.Complete {
		t.Fatalf("%+v", a.Evaluation.Result)
	}
	waive := programme.Exception{Type: programme.Waive, Requirement: "R3"}
	for _, e := range []programme.Exception{{Type: "insert"}, {Type: programme.Waive, Requirement: "R9"}} {
		_, err := c.allow(a, "grace", e)
		code(t, err, "programme.exception")
	}
	_, err := c.allow(a, "grace", programme.Exception{Type: programme.Exclude, Credential: "sha256:none"})
	code(t, err, "application.no-such-credential")
	_, err = c.Recognise.Except(t.Context(), recognise.ExceptRequest{Institution: uni, Application: a.ID, Exception: waive, By: "grace", Role: "dean"})
	code(t, err, "application.reason")
	_, err = c.Recognise.Except(t.Context(), recognise.ExceptRequest{Institution: uni, Application: a.ID, Exception: waive, By: "grace", Reason: "x"})
	code(t, err, "application.role")
	_, err = c.Recognise.Except(t.Context(), recognise.ExceptRequest{Institution: "other", Application: a.ID, Exception: waive, By: "grace", Role: "dean", Reason: "x"})
	code(t, err, "application.not-found")
	for range 2 { // the same again changes nothing
		if a, err = c.allow(a, "grace", waive); err != nil || len(a.Exceptions) != 1 || status(a, "R3") != programme.Waived || !a.Evaluation.Result.Complete {
			t.Fatalf("%+v %v", a.Exceptions, err)
		}
	}
	if a, err = c.act(a, recognise.TakeException, "x1", "henry"); err != nil || len(a.Exceptions) != 0 || status(a, "R3") != programme.Missing {
		t.Fatalf("%+v %v", a.Exceptions, err)
	}
	_, err = c.act(a, recognise.TakeException, "x1", "henry")
	code(t, err, "application.no-such-exception")
	if a, err = c.allow(a, "grace", waive); err != nil || a.Exceptions[0].ID != "x2" {
		t.Fatalf("a name is used again: %+v %v", a.Exceptions, err)
	}
	_, err = c.act(a, recognise.ConfirmWork, "x2", "henry")
	code(t, err, "application.exception-act")
	_, err = c.act(a, recognise.SignSecond, "x2", "grace")
	code(t, err, "application.same-person")

	// Nothing in the programme asks for it, and still two must sign such an award.
	if a, err = c.Recognise.Decide(t.Context(), decide(a, recognise.Accept)); err != nil || a.State != recognise.Countersigning {
		t.Fatalf("%s %v", a.State, err)
	}
	if still, err := c.Recognise.Advance(t.Context(), uni, a.ID); err != nil || still.State != recognise.Countersigning || still.DecisionCredential != "" {
		t.Fatalf("it goes on without a second signature: %s %v", still.State, err)
	}
	for _, f := range []func() (recognise.Application, error){
		func() (recognise.Application, error) { return c.allow(a, "grace", waive) },
		func() (recognise.Application, error) { return c.act(a, recognise.TakeException, "x2", "grace") },
		func() (recognise.Application, error) { return c.Recognise.Withdraw(t.Context(), uni, a.ID) },
	} {
		if _, err := f(); err != nil {
			code(t, err, "application.state")
		}
	}
	_, err = c.countersign(a, "grace", true)
	code(t, err, "application.same-person")
	stale := a
	stale.Revision--
	_, err = c.countersign(stale, "henry", true)
	code(t, err, "application.changed")
	if a, err = c.countersign(a, "henry", false); err != nil || a.State != recognise.Evaluated || a.Decision != nil || a.Unsigned == nil || a.Unsigned.By != "henry" {
		t.Fatalf("%+v %v", a, err)
	}
	if a, err = c.Recognise.Decide(t.Context(), decide(a, recognise.Accept)); err != nil {
		t.Fatal(err)
	}
	revision := a.Revision
	for range 2 {
		a.Revision = revision
		if a, err = c.countersign(a, "henry", true); err != nil || a.State != recognise.Decided || a.Decision.Second.By != "henry" {
			t.Fatalf("%s %v", a.State, err)
		}
	}
	done, err := c.Recognise.Advance(t.Context(), uni, a.ID)
	if err != nil || done.CertificateCredential == "" {
		t.Fatalf("%+v %v", done, err)
	}
	decision, err := c.Issue.Credential(t.Context(), uni, done.DecisionCredential)
	if err != nil {
		t.Fatal(err)
	}
	credentials := [][]byte{c.badges[0].Document(), c.badges[1].Document()}
	r, err := recognise.Replay(decision.Document(), document, credentials)
	if err != nil || !r.Same || len(r.Record.Exceptions) != 1 || r.Record.Exceptions[0].By != "grace" || r.Record.Decision.Second == nil || r.Record.Decision.Second.Role != "dean" {
		t.Errorf("%+v %v", r, err)
	}
	for _, change := range [][2]string{{`"requirement":"R3","role"`, `"requirement":"R2","role"`}, {`"type":"waive"`, `"type":"exclude"`}} {
		changed := bytes.Replace(decision.Document(), []byte(change[0]), []byte(change[1]), 1)
		if bytes.Equal(changed, decision.Document()) {
			t.Fatalf("%s is not in the decision", change[0])
		}
		if r, err := recognise.Replay(changed, document, credentials); err == nil && r.Same {
			t.Errorf("%s was not noticed", change[1])
		}
	}
	transcript, err := c.Issue.Credential(t.Context(), uni, done.TranscriptCredential)
	if err != nil || !bytes.Contains(transcript.Document(), []byte("Beyond the rules of the programme: rule 3 was waived by the head of department on 2026-11-23.")) {
		t.Errorf("the transcript does not say so: %v", err)
	}
	pdf, err := c.Print(t.Context(), decision, false, "en")
	if err != nil || !bytes.HasPrefix(pdf, []byte("%PDF")) {
		t.Errorf("no PDF: %v", err)
	}
}

// Where the programme asks for it, an exception and a refusal wait for a second
// person.
func TestSecondSignatureAsked(t *testing.T) {
	c := openCampus(t)
	c.lacking(t, "both", `, secondSignature: {for: [waive, refuse], clause: "9"}`)
	a := c.apply(t, "both", "1")
	a, err := c.allow(a, "grace", programme.Exception{Type: programme.Waive, Requirement: "R3"})
	if err != nil || status(a, "R3") != programme.Waiting {
		t.Fatalf("%s %v", status(a, "R3"), err)
	}
	for range 2 {
		if a, err = c.act(a, recognise.SignSecond, "x1", "henry"); err != nil || status(a, "R3") != programme.Waived || a.Exceptions[0].Second.By != "henry" {
			t.Fatalf("%s %v", status(a, "R3"), err)
		}
	}
	if a, err = c.Recognise.Decide(t.Context(), decide(a, recognise.Refuse)); err != nil || a.State != recognise.Countersigning {
		t.Fatalf("%s %v", a.State, err)
	}
	// Whoever decided can undo it.
	if a, err = c.countersign(a, "grace", false); err != nil || a.State != recognise.Evaluated {
		t.Fatalf("%s %v", a.State, err)
	}
	// The waiver bears two signatures already, and the programme asks for no more.
	if a, err = c.Recognise.Decide(t.Context(), decide(a, recognise.Accept)); err != nil || a.State != recognise.Decided {
		t.Fatalf("%s %v", a.State, err)
	}
}

// A substitution, and one with supplementary work, through the stored state.
func TestSubstituteAndSupplement(t *testing.T) {
	c := openCampus(t)
	c.lacking(t, "substituted", "")
	a := c.apply(t, "substituted", "1")
	water := ""
	for _, h := range a.Evaluation.Held {
		if h.Title == "water" {
			water = h.Digest
		}
	}
	a, err := c.allow(a, "grace", programme.Exception{Type: programme.Supplement, Requirement: "R3", Slot: "P", Credential: water, Work: "a report on pests"})
	if err != nil || status(a, "R3") != programme.Waiting {
		t.Fatalf("%s %v", status(a, "R3"), err)
	}
	if a, err = c.act(a, recognise.ConfirmWork, "x1", "grace"); err != nil || a.Exceptions[0].Done == nil {
		t.Fatalf("%+v %v", a.Exceptions, err)
	}
	if !a.Evaluation.Result.BeyondRules() || status(a, "R3") != programme.Satisfied && status(a, "R2") != programme.Satisfied {
		t.Errorf("%+v", a.Evaluation.Result)
	}
	if a, err = c.allow(a, "grace", programme.Exception{Type: programme.Exclude, Credential: water}); err != nil || a.Evaluation.Result.Counted.String() != "6" {
		t.Errorf("%s %v", a.Evaluation.Result.Counted, err)
	}
}

// Of two who countersign at once, one does; of many exceptions at once, none is lost.
func TestCountersignAtOnce(t *testing.T) {
	c := openCampus(t)
	c.lacking(t, "waived", "")
	a := c.apply(t, "waived", "1")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			_, err := c.Recognise.Except(context.Background(), recognise.ExceptRequest{Institution: uni, Application: a.ID, By: cairn.StaffID(fmt.Sprint("staff", i)), Role: "dean", Reason: "x",
				Exception: programme.Exception{Type: programme.WaiveTotal, Credits: cairn.NewCredits(1, 8)}})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	a, err := c.Recognise.Advance(t.Context(), uni, a.ID)
	if err != nil || len(a.Exceptions) != 8 || a.Granted != 8 || a.Evaluation.Result.LetOff.String() != "1" {
		t.Fatalf("%d exceptions, %s let off, %v", len(a.Exceptions), a.Evaluation.Result.LetOff, err)
	}
	if a, err = c.allow(a, "grace", programme.Exception{Type: programme.Waive, Requirement: "R3"}); err != nil {
		t.Fatal(err)
	}
	if a, err = c.Recognise.Decide(t.Context(), decide(a, recognise.Accept)); err != nil || a.State != recognise.Countersigning {
		t.Fatalf("%s %v", a.State, err)
	}
	var mu sync.Mutex
	signed, undone := 0, 0
	for i := range 6 {
		wg.Go(func() {
			got, err := c.countersign(a, cairn.StaffID(fmt.Sprint("second", i)), i%2 == 0)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil && got.State == recognise.Decided:
				signed++
			case err == nil:
				undone++
			case cairn.KindOf(err) != cairn.Conflict:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if signed+undone != 1 {
		t.Errorf("%d signed and %d undid it", signed, undone)
	}
}
