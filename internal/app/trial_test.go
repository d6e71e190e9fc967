package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"cairn.example"
	"cairn.example/internal/recognise"
	"cairn.example/programme"
)

// draft is the rules of cert with a change, and not published.
func (y *years) draft(t testing.TB, replace ...string) *programme.Programme {
	t.Helper()
	inst, err := y.Issue.Institution(t.Context(), uni)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer(append([]string{`edition: "1"`, `edition: "2"`}, replace...)...).Replace(fmt.Sprintf(rules, "cert", inst.DID, "cert"))
	p, err := programme.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (y *years) try(t testing.TB, p *programme.Programme, o recognise.PastOptions) (list []recognise.Tried, sum recognise.TrialSum, more bool) {
	t.Helper()
	sum, more, err := y.Recognise.TryPast(t.Context(), uni, p, o, func(some []recognise.Tried) error { list = append(list, some...); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return list, sum, more
}

func TestTryADraftOnPastCases(t *testing.T) {
	y := openYears(t)
	a := y.apply(t, "cert", "1") // Amina, complete with soil 6 and water 4
	if _, err := y.Recognise.Decide(t.Context(), decide(a, recognise.Accept)); err != nil {
		t.Fatal(err)
	}
	if _, err := y.Recognise.Advance(t.Context(), uni, a.ID); err != nil {
		t.Fatal(err)
	}
	other, err := y.Issue.RegisterLearner(t.Context(), cairn.Learner{Institution: uni, FullName: "Otieno"})
	if err != nil {
		t.Fatal(err)
	}
	y.award(t, "water", "otieno", other.ID, now)
	y.run(t, recognise.RunOptions{})

	stricter := y.draft(t, "fields: [AGRI]", "fields: [ART]")
	list, sum, _ := y.try(t, stricter, recognise.PastOptions{})
	if sum.Cases != 2 || sum.Loses != 2 || sum.Undone != 1 || len(list) != 2 {
		t.Fatalf("%+v", sum)
	}
	amina, otieno := list[0], list[1]
	if amina.Source != recognise.CaseApplication || amina.Name != "Amina" || amina.Outcome != recognise.Accept || amina.ID != string(a.ID) || !amina.Detail.Completed || amina.Detail.Completes {
		t.Errorf("%+v", amina)
	}
	if otieno.Source != recognise.CaseStanding || otieno.ID != string(other.ID) || otieno.Detail.Before.String() != "4" || !otieno.Detail.After.IsZero() {
		t.Errorf("%+v", otieno)
	}
	b, err := json.Marshal(amina)
	if err != nil || !strings.Contains(string(b), `{"requirement":"R2","clause":"2","before":"satisfied","after":"missing","had":"4","has":"0","needed":"4","needs":"4"}`) || !strings.Contains(string(b), `"new":[{"code":"no-match"`) {
		t.Errorf("%s", b)
	}
	// The same rules under another name: nothing is different. A lower bar: one gains.
	if _, sum, _ := y.try(t, y.draft(t), recognise.PastOptions{}); sum.Same != 2 {
		t.Errorf("%+v", sum)
	}
	if _, sum, _ := y.try(t, y.draft(t, "tags: [soil]", "tags: [water]", "credits: 6, match", "credits: 4, match"), recognise.PastOptions{}); sum.Gains+sum.Differs+sum.Loses == 0 {
		t.Errorf("%+v", sum)
	}
	// Who it is about is left out, and nothing else.
	hidden, _, _ := y.try(t, stricter, recognise.PastOptions{Anonymous: true})
	text, err := json.Marshal(hidden)
	if err != nil || len(hidden) != 2 || hidden[0].Effect != programme.Loses || hidden[0].Detail.Before.String() != "10" {
		t.Errorf("%+v %v", hidden, err)
	}
	for _, secret := range []string{"Amina", "Otieno", string(a.ID), string(other.ID), string(y.badges[0].ID()), y.badges[0].Digest()} {
		if bytes.Contains(text, []byte(secret)) {
			t.Errorf("%q is told of an anonymous case", secret)
		}
	}
	// A file of cases says the same, without a database.
	for _, anonymous := range []bool{false, true} {
		var file bytes.Buffer
		editions, err := y.Recognise.Editions(t.Context(), uni, "cert")
		if err != nil {
			t.Fatal(err)
		}
		write, err := recognise.WriteCases(&file, "cert", editions)
		if err != nil {
			t.Fatal(err)
		}
		if n, more, err := y.Recognise.Past(t.Context(), uni, "cert", recognise.PastOptions{Anonymous: anonymous}, write); n != 2 || more || err != nil {
			t.Errorf("%d %v %v", n, more, err)
		}
		want := list
		if anonymous {
			want = hidden
		}
		err = recognise.ReadCases(&file, "cert", func(editions map[string]*programme.Programme, cases []recognise.Case) error {
			tried, err := recognise.TryAll(t.Context(), stricter, cases, func(digest string) (*programme.Programme, error) { return editions[digest], nil })
			x, _ := json.Marshal(tried)
			z, _ := json.Marshal(want)
			if string(x) != string(z) {
				t.Errorf("from a file:\n%s\nfrom the store:\n%s", x, z)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	// A limit, a programme that nobody knows, a caller who goes away.
	if _, sum, more := y.try(t, stricter, recognise.PastOptions{Limit: 1}); sum.Cases != 1 || !more {
		t.Errorf("%+v %v", sum, more)
	}
	unknown := y.draft(t, "id: cert", "id: new")
	_, _, err = y.Recognise.TryPast(t.Context(), uni, unknown, recognise.PastOptions{}, nil)
	code(t, err, "programme.not-found")
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err = y.Recognise.TryPast(gone, uni, stricter, recognise.PastOptions{}, func([]recognise.Tried) error { return nil }); err == nil {
		t.Error("it goes on for a caller who is gone")
	}
	// Nothing was stored by all this.
	if all, err := y.Recognise.Editions(t.Context(), uni, "cert"); err != nil || len(all) != 1 {
		t.Errorf("%d %v", len(all), err)
	}
}

// What persons said is part of a case.
func TestTryKeepsWhatPersonsSaid(t *testing.T) {
	y := openYears(t)
	inst, err := y.Issue.Institution(t.Context(), uni)
	if err != nil {
		t.Fatal(err)
	}
	attested := strings.Replace(fmt.Sprintf(rules, "spoken", inst.DID, "cert"), "requirements:", "requirements:\n  - {id: R0, clause: \"0\", title: {en: A talk}, attestedBy: the registrar}", 1)
	if _, err := y.Recognise.Publish(t.Context(), uni, []byte(attested)); err != nil {
		t.Fatal(err)
	}
	a := y.apply(t, "spoken", "1")
	if _, err := y.Recognise.Attest(t.Context(), recognise.AttestRequest{Institution: uni, Application: a.ID, Requirement: "R0", By: "grace", Role: "registrar", Reason: "heard"}); err != nil {
		t.Fatal(err)
	}
	if a, err = y.Recognise.Advance(t.Context(), uni, a.ID); err != nil || !a.Evaluation.Result.Complete {
		t.Fatal(err)
	}
	for change, want := range map[string]programme.Effect{"": programme.Same, "without": programme.Same, "another": programme.Loses} {
		text := strings.Replace(attested, `edition: "1"`, `edition: "2"`, 1)
		switch change {
		case "without":
			text = strings.Replace(text, "  - {id: R0, clause: \"0\", title: {en: A talk}, attestedBy: the registrar}\n", "", 1)
		case "another":
			text = strings.Replace(text, "id: R0", "id: R9", 1)
		}
		p, err := programme.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		list, _, _ := y.try(t, p, recognise.PastOptions{})
		if len(list) != 1 || list[0].Effect != want && !(change == "without" && list[0].Effect == programme.Differs) || (len(list[0].Unknown) > 0) != (change != "") {
			t.Errorf("%q: %+v", change, list)
		}
	}
	// A standing goes by it as well.
	y.run(t, recognise.RunOptions{})
	if s := y.standings(t, y.learner)["spoken"]; !s.Complete || len(s.Attested) != 1 {
		t.Errorf("%+v", s)
	}
	if _, err := y.Recognise.Attest(t.Context(), recognise.AttestRequest{Institution: uni, Application: a.ID, Requirement: "R0", By: "grace", Role: "registrar", Reason: "not heard", Withdraw: true}); err != nil {
		t.Fatal(err)
	}
	if _, list := y.run(t, recognise.RunOptions{}); said(list) != "spoken 10→10 loses was complete: unattested" {
		t.Errorf("%s", said(list))
	}
}
