package app_test

import (
	"slices"
	"sync"
	"testing"

	"cairn.example"
	"cairn.example/internal/issue"
	"cairn.example/internal/recognise"
	"cairn.example/internal/sqlstore"
)

// ledger returns the whole ledger of the university.
func (c *campus) ledger(t testing.TB, f recognise.LedgerFilter) []recognise.Spending {
	t.Helper()
	list, err := c.Recognise.Ledger(t.Context(), uni, f)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestLedger(t *testing.T) {
	c := openCampus(t)
	if list := c.ledger(t, recognise.LedgerFilter{}); len(list) != 0 {
		t.Fatalf("before any exchange: %+v", list)
	}
	a := c.apply(t, "cert", "1")
	if list := c.ledger(t, recognise.LedgerFilter{}); len(list) != 0 {
		t.Fatalf("before the decision: %+v", list)
	}
	if _, err := c.Recognise.Decide(t.Context(), decide(a, recognise.Accept)); err != nil {
		t.Fatal(err)
	}
	a, err := c.Recognise.Advance(t.Context(), uni, a.ID)
	if err != nil {
		t.Fatal(err)
	}
	all := c.ledger(t, recognise.LedgerFilter{})
	if len(all) != 2 {
		t.Fatalf("%d lines: %+v", len(all), all)
	}
	for _, s := range all {
		want := map[string]string{"soil": "6 R1/S 1", "water": "4 R2/ 2"}[s.Title]
		if len(s.Lines) != 1 || s.Credits.Decimal()+" "+s.Lines[0].Requirement+"/"+s.Lines[0].Slot+" "+s.Lines[0].Clause != want {
			t.Errorf("%s: %s credits in %+v, want %s", s.Title, s.Credits.Decimal(), s.Lines, want)
		}
		if s.Programme != "cert" || s.Application != a.ID || s.Decision != a.DecisionCredential || s.Learner != c.learner || s.LearnerName != "Amina" || s.DecidedBy != "grace" ||
			s.ProgrammeTitle["en"] != "A small certificate" || s.Unit != "credits" || s.At.IsZero() || s.Achievement != achievement(s.Title, "", 0).ID {
			t.Errorf("%+v", s)
		}
	}

	soil := c.badges[0]
	for name, f := range map[string]struct {
		filter recognise.LedgerFilter
		want   int
	}{
		"learner":             {recognise.LedgerFilter{Learner: c.learner}, 2},
		"another learner":     {recognise.LedgerFilter{Learner: "nobody"}, 0},
		"programme":           {recognise.LedgerFilter{Programme: "cert"}, 2},
		"another programme":   {recognise.LedgerFilter{Programme: "cert2"}, 0},
		"part of a name":      {recognise.LedgerFilter{Search: "min"}, 2},
		"number":              {recognise.LedgerFilter{Search: "1", Learner: c.learner}, 2},
		"a credential":        {recognise.LedgerFilter{Search: string(soil.ID())}, 1},
		"a sign of a pattern": {recognise.LedgerFilter{Search: "%"}, 0},
	} {
		if got := c.ledger(t, f.filter); len(got) != f.want {
			t.Errorf("%s: %d lines, want %d", name, len(got), f.want)
		}
	}

	// Pages follow each other without a gap, also among lines of one moment.
	first := c.ledger(t, recognise.LedgerFilter{Limit: 1})
	second := c.ledger(t, recognise.LedgerFilter{Limit: 1, After: first[0].Key})
	if len(second) != 1 || first[0].Credential != all[0].Credential || second[0].Credential != all[1].Credential {
		t.Errorf("pages: %+v, then %+v", first, second)
	}
	if rest := c.ledger(t, recognise.LedgerFilter{After: second[0].Key}); len(rest) != 0 {
		t.Errorf("after the end: %+v", rest)
	}
	for _, key := range []string{"x", "e30", "!"} {
		_, err := c.Recognise.Ledger(t.Context(), uni, recognise.LedgerFilter{After: key})
		code(t, err, "ledger.after")
	}
	_, err = c.Recognise.Ledger(t.Context(), uni, recognise.LedgerFilter{Search: string(make([]byte, 201))})
	code(t, err, "ledger.search")
	if list, err := c.Recognise.Ledger(t.Context(), "elsewhere", recognise.LedgerFilter{}); err != nil || len(list) != 0 {
		t.Errorf("another institution sees %+v (%v)", list, err)
	}
}

// Twenty at once go on with the applications for two programmes, each decided when
// the credit was still free: it is spent on one of them.
func TestLedgerOneSpendingAtOnce(t *testing.T) {
	c := openCampus(t)
	var both []recognise.Application
	for _, id := range []cairn.ProgrammeID{"cert", "cert2"} {
		a, err := c.Recognise.Decide(t.Context(), decide(c.apply(t, id, string(id)), recognise.Accept))
		if err != nil {
			t.Fatal(err)
		}
		both = append(both, a)
	}
	var wg sync.WaitGroup
	start := make(chan struct{})
	errs := make([]error, 20)
	for i := range errs {
		wg.Go(func() {
			<-start
			_, errs[i] = c.Recognise.Advance(t.Context(), uni, both[i%2].ID)
		})
	}
	close(start)
	wg.Wait()
	for i, err := range errs {
		if err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
	var states []recognise.State
	var winner recognise.Application
	for _, a := range both {
		a, err := c.Recognise.Application(t.Context(), uni, a.ID)
		if err != nil {
			t.Fatal(err)
		}
		if states = append(states, a.State); a.State == recognise.Delivered {
			winner = a
		}
	}
	slices.Sort(states)
	if !slices.Equal(states, []recognise.State{recognise.Delivered, recognise.Evaluated}) {
		t.Fatalf("the applications are %v", states)
	}
	list := c.ledger(t, recognise.LedgerFilter{})
	if len(list) != 2 {
		t.Fatalf("%d lines: %+v", len(list), list)
	}
	for _, s := range list {
		if s.Application != winner.ID || s.Programme != winner.Programme {
			t.Errorf("%s was spent on %s", s.Title, s.Application)
		}
	}
	own, err := c.Issue.CredentialsOf(t.Context(), uni, c.learner)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(slices.DeleteFunc(own, func(i issue.Issued) bool { return i.Kind() != issue.KindCertificate })); n != 1 {
		t.Errorf("%d certificates", n)
	}
	if r, err := sqlstore.Check(t.Context(), c.dir+"/data"); err != nil || len(r.Violations) > 0 {
		t.Errorf("%v %v", r.Violations, err)
	}
}

// The same at the store: twenty writers, two programmes, one credential.
func TestOneReservationAtOnce(t *testing.T) {
	c := openCampus(t)
	a, b := c.apply(t, "cert", "1"), c.apply(t, "cert2", "2")
	var wg sync.WaitGroup
	errs := make([]error, 20)
	for i := range errs {
		of := a
		if i%2 == 1 {
			of = b
		}
		wg.Go(func() {
			errs[i] = c.DB.Tx(t.Context(), func(tx *sqlstore.Tx) error {
				return tx.ReserveCredit(t.Context(), recognise.CreditUse{Institution: uni, Issuer: "did:web:elsewhere.example", Credential: "urn:one", Achievement: "urn:learned", Learner: c.learner,
					Programme: of.Programme, Application: of.ID, At: now})
			})
		})
	}
	wg.Wait()
	spent := 0
	for i := range errs {
		if errs[i] == nil {
			spent++
			if errs[i^1] == nil {
				t.Errorf("%d and %d have both spent it", i, i^1)
			}
		} else {
			code(t, errs[i], "credit.spent")
		}
	}
	if spent != 10 { // the winner's own ten are one spending, recorded once
		t.Errorf("%d of 20 were let through", spent)
	}
}
