package programme_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/programme"
)

func signature(by string) programme.Signature {
	return programme.Signature{By: cairn.StaffID(by), Role: "head of department", Reason: "minutes of 3 May", At: day}
}

func except(p *programme.Programme, list []programme.Held, at time.Time, x ...programme.Exception) (programme.Result, error) {
	return programme.Evaluate(p, list, at, programme.Options{Exceptions: x})
}

func part(t testing.TB, r programme.Result, id string) programme.RequirementResult {
	t.Helper()
	i := slices.IndexFunc(r.Requirements, func(q programme.RequirementResult) bool { return q.Requirement == id })
	if i < 0 {
		t.Fatalf("nothing is said of %s", id)
	}
	return r.Requirements[i]
}

func effects(r programme.Result) (out []string) {
	for _, e := range r.Exceptions {
		out = append(out, e.Effect)
	}
	return out
}

// reworked is the example with changes of its text.
func reworked(t testing.TB, changes ...string) *programme.Programme {
	t.Helper()
	text := strings.NewReplacer(changes...).Replace(example(t))
	if text == example(t) {
		t.Fatal("nothing changed")
	}
	if !schemaAccepts(t, text) {
		t.Error("the schema refuses it")
	}
	p, err := programme.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const appealLine = "  appeal: {days: 30, to: the registrar of the university}\n"

// A waiver lets a place off, gives no credit, and is idle where a credential fills it.
func TestWaive(t *testing.T) {
	p := reworked(t, appealLine, appealLine+"  exceptions: {reserved: [waive], clause: \"1.9\"}\n")
	capstone := programme.Exception{ID: "x1", Type: programme.Waive, Requirement: "R5", Slot: "capstone", Signature: signature("grace")}
	r, err := except(p, amina(), day, capstone)
	if err != nil {
		t.Fatal(err)
	}
	if q := part(t, r, "R5"); q.Status != programme.Waived || q.Slots[0].Waived != "x1" || q.Slots[0].Credential != "" || q.Have.Sign() != 0 {
		t.Errorf("%+v", q)
	}
	if r.Counted.String() != "48" || r.Complete || !slices.Equal(effects(r), []string{programme.EffectApplied}) || !r.BeyondRules() || !r.Optimality.Proven {
		t.Errorf("counted %s, complete %v, %v", r.Counted, r.Complete, effects(r))
	}
	// The total is still missing 12; they can be let off too.
	total := programme.Exception{ID: "x2", Type: programme.WaiveTotal, Credits: cairn.WholeCredits(11), Signature: signature("grace")}
	if r, err = except(p, amina(), day, capstone, total); err != nil || r.Complete || r.Needed().String() != "49" {
		t.Errorf("%+v %v", r.LetOff, err)
	}
	total.Credits = cairn.WholeCredits(12)
	if r, err = except(p, amina(), day, capstone, total); err != nil || !r.Complete || r.Counted.String() != "48" || r.Total.String() != "60" {
		t.Errorf("%s of %s, %v", r.Counted, r.Total, err)
	}
	// Whoever holds the capstone needs neither.
	list := append(amina(), held("k10", university, programme.InResidence, 12, "2026-06-01", "", "capstone"))
	if r, err = except(p, list, day, capstone, total); err != nil || !slices.Equal(effects(r), []string{programme.EffectIdle, programme.EffectIdle}) || r.BeyondRules() ||
		part(t, r, "R5").Status != programme.Satisfied || r.Counted.String() != "60" {
		t.Errorf("%v, %+v, %v", effects(r), part(t, r, "R5"), err)
	}
	// What is there of a requirement still counts when the rest is waived.
	electives := programme.Exception{ID: "x3", Type: programme.Waive, Requirement: "R3", Signature: signature("grace")}
	few := slices.DeleteFunc(amina(), func(h programme.Held) bool { return h.Digest == "k9" })
	before := evaluate(t, p, few, day)
	if r, err = except(p, few, day, electives); err != nil {
		t.Fatal(err)
	}
	if q := part(t, r, "R3"); q.Status != programme.Waived || q.Have.Sign() <= 0 || !r.Counted.Equal(before.Counted) {
		t.Errorf("%+v, counted %s, before %s", q, r.Counted, before.Counted)
	}
	// So do the two of three of a choice.
	digital := programme.Exception{ID: "x4", Type: programme.Waive, Requirement: "R2", Signature: signature("grace")}
	one := slices.DeleteFunc(amina(), func(h programme.Held) bool { return h.Digest == "k5" })
	if r, err = except(p, one, day, digital); err != nil || part(t, r, "R2").Status != programme.Waived || part(t, r, "R2").Have.String() != "4" {
		t.Errorf("%+v %v", part(t, r, "R2"), err)
	}
	// Next asks for nothing that is waived.
	s, err := programme.Next(p, amina(), nil, day, programme.NextOptions{Exceptions: []programme.Exception{capstone}})
	if err != nil || len(s.Requirements) != 0 || s.Complete {
		t.Errorf("%+v %v", s, err)
	}
}

// A waiver ends on its last day, and the outlook says so.
func TestExceptionEnds(t *testing.T) {
	p := load(t)
	x := programme.Exception{ID: "x1", Type: programme.Waive, Requirement: "R4", Signature: signature("grace"), Until: "2026-12-24"}
	list := slices.DeleteFunc(amina(), func(h programme.Held) bool { return h.Digest == "k8" })
	r, err := except(p, list, day, x)
	if err != nil || part(t, r, "R4").Status != programme.Waived || r.NextChange != "2026-12-25" {
		t.Errorf("%+v, next change %s, %v", part(t, r, "R4"), r.NextChange, err)
	}
	last := time.Date(2026, 12, 24, 23, 0, 0, 0, time.UTC)
	if r, err = except(p, list, last, x); err != nil || part(t, r, "R4").Status != programme.Waived {
		t.Errorf("%+v %v", part(t, r, "R4"), err)
	}
	if r, err = except(p, list, last.Add(2*time.Hour), x); err != nil || part(t, r, "R4").Status != programme.Missing || !slices.Equal(effects(r), []string{programme.EffectExpired}) {
		t.Errorf("%+v %v %v", part(t, r, "R4"), effects(r), err)
	}
	o, err := programme.Outlook(p, list, day, programme.Options{Exceptions: []programme.Exception{x}})
	if err != nil || len(o.Changes) == 0 || o.Changes[0].On != "2026-12-25" || o.Changes[0].Requirements[0].Before != programme.Waived {
		t.Errorf("%+v %v", o.Changes, err)
	}
}

// A substitution opens one place, under all the other rules that it does not name.
func TestSubstitute(t *testing.T) {
	p := load(t)
	list := slices.DeleteFunc(amina(), func(h programme.Held) bool { return h.Digest == "k6" })
	old := held("k11", college, programme.Transfer, 4, "2020-01-10", "", "accounts") // older than five years
	list = append(list, old)
	x := programme.Exception{ID: "x1", Type: programme.Substitute, Requirement: "R2", Slot: "D3", Credential: "k11", Signature: signature("grace")}
	r, err := except(p, list, day, x)
	if err != nil || !has(find(t, r, "k11"), programme.ReasonTooOld, "2.4") || part(t, r, "R2").Status != programme.Partly || !slices.Equal(effects(r), []string{programme.EffectIdle}) {
		t.Errorf("%+v %v", find(t, r, "k11"), err)
	}
	x.Despite = []string{programme.ReasonTooOld}
	if r, err = except(p, list, day, x); err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(r.Lines, func(l programme.Line) bool { return l.Credential == "k11" })
	if i < 0 || r.Lines[i].Slot != "D3" || r.Lines[i].Exception != "x1" || part(t, r, "R2").Status != programme.Satisfied || !has(find(t, r, "k11"), programme.ReasonException, "2.4") || !r.BeyondRules() {
		t.Errorf("%+v", r.Lines)
	}
	for _, q := range find(t, r, "k11").Reasons {
		if q.Code == programme.ReasonException && (q.Args["role"] != "head of department" || q.Args["why"] != "minutes of 3 May" || q.Args["date"] != "2026-11-23") {
			t.Errorf("%+v", q)
		}
	}
	// It carries what it carries: no person makes two credits into four.
	small := old
	small.Credit = &cairn.CreditValue{Amount: cairn.WholeCredits(2), Unit: "credits", HoursPerCredit: cairn.WholeCredits(10)}
	if r, err = except(p, append(list[:len(list)-1:len(list)-1], small), day, x); err != nil || !has(find(t, r, "k11"), programme.ReasonTooFewCredits, "2.4") {
		t.Errorf("%+v %v", find(t, r, "k11"), err)
	}
	// Caps hold as ever, and what is not genuine stays out.
	small = old
	small.Blocked = programme.BlockedNotValid
	if r, err = except(p, append(list[:len(list)-1:len(list)-1], small), day, x); err != nil || find(t, r, "k11").Counted.Sign() > 0 {
		t.Errorf("%+v %v", find(t, r, "k11"), err)
	}
	// Where the rules let it count anyway, nothing rests on the exception.
	idle := programme.Exception{ID: "x1", Type: programme.Substitute, Requirement: "R1", Slot: "C3", Credential: "k2", Signature: signature("grace")}
	if r, err = except(p, amina(), day, idle); err != nil || r.BeyondRules() || r.Lines[0].Exception != "" {
		t.Errorf("%+v %v", effects(r), err)
	}
}

// Supplementary work is waited for, and then the credential counts.
func TestSupplement(t *testing.T) {
	p := load(t)
	list := slices.DeleteFunc(amina(), func(h programme.Held) bool { return h.Digest == "k2" })
	list = append(list, held("k11", college, programme.Transfer, 6, "2025-01-10", "", "pests"))
	x := programme.Exception{ID: "x1", Type: programme.Supplement, Requirement: "R1", Slot: "C3", Credential: "k11", Work: "a report on local diseases", Signature: signature("grace")}
	r, err := except(p, list, day, x)
	if err != nil || part(t, r, "R1").Status != programme.Waiting || find(t, r, "k11").Status != programme.Undecided || !has(find(t, r, "k11"), programme.ReasonWork, "2.1") || !slices.Equal(effects(r), []string{programme.EffectWaitingWork}) {
		t.Errorf("%+v %+v %v", part(t, r, "R1"), find(t, r, "k11"), err)
	}
	done := signature("henry")
	x.Done = &done
	if r, err = except(p, list, day, x); err != nil || part(t, r, "R1").Status != programme.Satisfied || !slices.Equal(effects(r), []string{programme.EffectApplied}) {
		t.Errorf("%+v %v", part(t, r, "R1"), err)
	}
}

func TestExclude(t *testing.T) {
	p := load(t)
	x := programme.Exception{ID: "x1", Type: programme.Exclude, Credential: "k2", Signature: signature("grace")}
	r, err := except(p, amina(), day, x)
	if err != nil || find(t, r, "k2").Status != programme.NotUsed || !has(find(t, r, "k2"), programme.ReasonExcluded, "") || part(t, r, "R1").Status != programme.Partly || r.BeyondRules() {
		t.Errorf("%+v %v", find(t, r, "k2"), err)
	}
}

// Where the programme asks for a second signature, an exception waits for it.
func TestSecondSignature(t *testing.T) {
	p := reworked(t, appealLine, appealLine+"  secondSignature: {for: [waive, accept], clause: \"1.8\"}\n")
	if clause, yes := p.NeedsSecond(programme.ActAccept); !yes || clause != "1.8" {
		t.Error("an acceptance needs one")
	}
	if _, yes := p.NeedsSecond(programme.ActBeyondRules); yes {
		t.Error("the programme says when, and this is not among them")
	}
	if _, yes := load(t).NeedsSecond(programme.ActBeyondRules); !yes {
		t.Error("without a word, an award beyond the rules needs one")
	}
	list := slices.DeleteFunc(amina(), func(h programme.Held) bool { return h.Digest == "k8" })
	x := programme.Exception{ID: "x1", Type: programme.Waive, Requirement: "R4", Signature: signature("grace")}
	r, err := except(p, list, day, x)
	if err != nil || part(t, r, "R4").Status != programme.Waiting || !slices.Equal(effects(r), []string{programme.EffectWaitingSecond}) {
		t.Errorf("%+v %v", part(t, r, "R4"), err)
	}
	second := signature("henry")
	x.Second = &second
	if r, err = except(p, list, day, x); err != nil || part(t, r, "R4").Status != programme.Waived {
		t.Errorf("%+v %v", part(t, r, "R4"), err)
	}
}

func TestExceptionRefused(t *testing.T) {
	p := reworked(t, "  - id: R5\n", "  - id: R6\n    clause: \"6.1\"\n    title: {en: Good standing, fr: Bonne conduite, sw: Mwenendo mwema}\n    attestedBy: head of department\n\n  - id: R5\n")
	good := programme.Exception{ID: "x1", Type: programme.Substitute, Requirement: "R1", Slot: "C3", Credential: "k2", Signature: signature("grace")}
	if err := p.CheckException(good); err != nil {
		t.Fatal(err)
	}
	if err := p.CheckException(programme.Exception{ID: "x", Type: programme.Waive, Requirement: "R6", Signature: signature("grace")}); err != nil {
		t.Errorf("what a person attests can be waived: %v", err)
	}
	for field, change := range map[string]func(*programme.Exception){
		"id":          func(x *programme.Exception) { x.ID = "" },
		"type":        func(x *programme.Exception) { x.Type = "insert" },
		"requirement": func(x *programme.Exception) { x.Requirement = "R9" },
		"slot":        func(x *programme.Exception) { x.Slot = "D1" },
		"slot ":       func(x *programme.Exception) { x.Slot = "" },
		"slot  ":      func(x *programme.Exception) { x.Requirement, x.Slot = "R6", "" },
		"credential":  func(x *programme.Exception) { x.Credential = "" },
		"credits":     func(x *programme.Exception) { x.Credits = cairn.WholeCredits(1) },
		"credits ": func(x *programme.Exception) {
			*x = programme.Exception{ID: "x1", Type: programme.WaiveTotal, Credits: cairn.WholeCredits(60), Signature: x.Signature}
		},
		"work":          func(x *programme.Exception) { x.Type = programme.Supplement },
		"done":          func(x *programme.Exception) { x.Done = &programme.Signature{} },
		"despite":       func(x *programme.Exception) { x.Despite = []string{programme.ReasonTooFewCredits} },
		"until":         func(x *programme.Exception) { x.Until = "2026-12" },
		"until ":        func(x *programme.Exception) { x.Until = "soon" },
		"reason":        func(x *programme.Exception) { x.Reason = "" },
		"reason ":       func(x *programme.Exception) { x.Second = &programme.Signature{By: "henry"} },
		"second":        func(x *programme.Exception) { s := signature("grace"); x.Second = &s },
		"requirement ":  func(x *programme.Exception) { x.Type, x.Slot = programme.Exclude, "" },
		"requirement  ": func(x *programme.Exception) { x.Requirement, x.Slot = "R5", "capstone" },
	} {
		x := good
		change(&x)
		err := p.CheckException(x)
		if e, ok := err.(*cairn.Error); !ok || e.Field != strings.TrimSpace(field) {
			t.Errorf("%s: %v", field, err)
		}
		if _, again := except(p, amina(), day, x); cairn.CodeOf(again) != cairn.CodeOf(err) {
			t.Errorf("%s: the engine says %v", field, again)
		}
	}
	second := signature("grace")
	for want, x := range map[string]programme.Exception{
		"programme.same-person":        {ID: "x1", Type: programme.Waive, Requirement: "R4", Signature: signature("grace"), Second: &second},
		"programme.exception-reserved": {ID: "x1", Type: programme.Waive, Requirement: "R5", Signature: signature("grace")},
	} {
		if err := p.CheckException(x); cairn.CodeOf(err) != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if _, err := except(p, amina(), day, good, good); cairn.CodeOf(err) != "programme.exception" {
		t.Errorf("two of the same id: %v", err)
	}
}

// In random cases a substitution is what a selector would be that picks the
// credential too, a waiver what a credential without credit would be, and the order
// of presentation is nothing.
func TestExceptionsAgainstRules(t *testing.T) {
	rng := rand.New(rand.NewPCG(14, 20))
	substituted, waived := 0, 0
	for n := range cases(t, 150, 3000) {
		shape := dense
		if n%2 == 0 {
			shape = realistic
		}
		p, list := shape(rng, 2+rng.IntN(8), 2+rng.IntN(6))
		i := rng.IntN(len(p.Requirements))
		req := &p.Requirements[i]
		if len(req.Slots()) == 0 {
			continue
		}
		j, c := rng.IntN(len(req.Slots())), rng.IntN(len(list))
		slot := req.Slots()[j]
		x := programme.Exception{ID: "x1", Type: programme.Substitute, Requirement: req.ID, Slot: slot.ID, Credential: list[c].Digest, Signature: signature("grace")}
		got, err := except(p, list, day, x)
		if err != nil {
			t.Fatal(err)
		}
		shuffled := slices.Clone(list)
		rng.Shuffle(len(shuffled), func(a, b int) { shuffled[a], shuffled[b] = shuffled[b], shuffled[a] })
		again, err := except(p, shuffled, day, x)
		if a, b := encoded(t, got), encoded(t, again); err != nil || !bytes.Equal(a, b) {
			t.Fatalf("the order of presentation matters: %s\n%s", a, b)
		}
		marked := slices.Clone(list)
		marked[c].Tags = append(slices.Clone(marked[c].Tags), "only-this")
		slots := slices.Clone(req.Slots())
		slots[j].Match.Tags = append(slices.Clone(slots[j].Match.Tags), "only-this")
		ruled := *p
		ruled.Requirements = slices.Clone(p.Requirements)
		if len(req.All) > 0 {
			ruled.Requirements[i].All = slots
		} else {
			ruled.Requirements[i].Of = slots
		}
		want := evaluate(t, &ruled, marked, day)
		if got.Optimality.Proven && want.Optimality.Proven {
			if met(got) != met(want) || !got.Counted.Equal(want.Counted) {
				t.Fatalf("substituted: %d met, %s counted; as a rule: %d, %s", met(got), got.Counted, met(want), want.Counted)
			}
			if got.BeyondRules() {
				substituted++
			}
		}
		waiver := programme.Exception{ID: "x1", Type: programme.Waive, Requirement: req.ID, Slot: slot.ID, Signature: signature("grace")}
		if got, err = except(p, list, day, waiver); err != nil {
			t.Fatal(err)
		}
		if again, err = except(p, shuffled, day, waiver); err != nil || !bytes.Equal(encoded(t, got), encoded(t, again)) {
			t.Fatalf("the order of presentation matters: %v", err)
		}
		gift := held("gift", university, programme.InResidence, 0, "2025-01-01", "", "only-this")
		gift.Credit.Amount = slot.Credits
		want = evaluate(t, &ruled, append(slices.Clone(list), gift), day)
		if !got.Optimality.Proven || !want.Optimality.Proven {
			continue
		}
		if more := want.Counted.Sub(got.Counted); met(got) != met(want) || more.Sign() < 0 || more.Cmp(slot.Credits) > 0 {
			t.Fatalf("waived: %d met, %s counted; with a gift: %d, %s", met(got), got.Counted, met(want), want.Counted)
		}
		if got.BeyondRules() {
			waived++
		}
	}
	if substituted < 5 || waived < 5 {
		t.Errorf("only %d substitutions and %d waivers changed anything", substituted, waived)
	}
}

func met(r programme.Result) (n int) {
	for _, q := range r.Requirements {
		if q.Status.Met() {
			n++
		}
	}
	return n
}

func encoded(t testing.TB, r programme.Result) []byte {
	t.Helper()
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
