package programme_test

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/programme"
)

const (
	university = cairn.DID("did:web:university.example:i:university")
	college    = cairn.DID("did:web:college.example:i:college")
	platform   = cairn.DID("did:web:platform.example")
)

var day = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

func load(t testing.TB) *programme.Programme {
	t.Helper()
	b, err := os.ReadFile("../examples/programmes/sustainable-agriculture.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := programme.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func held(name string, issuer cairn.DID, route programme.Route, credits int64, awarded string, field string, tags ...string) programme.Held {
	d, err := cairn.ParsePartialDate(awarded)
	if err != nil {
		panic(err)
	}
	return programme.Held{Digest: name, Issuer: issuer, Achievement: cairn.AchievementID("https://x.example/" + name), Type: "MicroCredential", Title: name, Route: route,
		Credit: &cairn.CreditValue{Amount: cairn.WholeCredits(credits), Unit: "credits", HoursPerCredit: cairn.WholeCredits(10)},
		Level:  &cairn.Level{Framework: "EQF", Value: cairn.WholeCredits(5)}, Field: field, Tags: tags, AwardedOn: d}
}

// amina is what Amina presents in the worked example (DOMAIN 1.5).
func amina() []programme.Held {
	k1 := held("k1", college, programme.Transfer, 0, "2025-05-10", "")
	k1.Achievement = "https://college.example/i/college/achievements/soil-and-water"
	k1.Credit = &cairn.CreditValue{Amount: cairn.WholeCredits(4), Unit: "ECTS", HoursPerCredit: cairn.WholeCredits(25)} // 100 hours
	return []programme.Held{
		k1,
		held("k2", university, programme.InResidence, 6, "2024-06-01", "", "crop-health"),
		held("k3", university, programme.InResidence, 6, "2024-07-01", "AGRI", "soil"),
		held("k4", platform, programme.Transfer, 4, "2019-03", "", "digital-literacy"),
		held("k5", platform, programme.Transfer, 4, "2025-02-01", "", "spreadsheets"),
		held("k6", university, programme.InResidence, 4, "2025-09-01", "", "mobile-money"),
		held("k7", college, programme.Transfer, 8, "2023-04-01", "BUS"),
		held("k8", university, programme.RPL, 6, "2026-02-01", "", "community-practice"),
		held("k9", college, programme.Transfer, 8, "2021-08-15", "AGRI"),
	}
}

func evaluate(t testing.TB, p *programme.Programme, h []programme.Held, at time.Time, attested ...string) programme.Result {
	t.Helper()
	r, err := programme.Evaluate(p, h, at, programme.Options{Attested: attested})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func find(t testing.TB, r programme.Result, digest string) programme.CredentialResult {
	t.Helper()
	i := slices.IndexFunc(r.Credentials, func(c programme.CredentialResult) bool { return c.Credential == digest })
	if i < 0 {
		t.Fatalf("nothing is said of %s", digest)
	}
	return r.Credentials[i]
}

func has(c programme.CredentialResult, code, clause string) bool {
	return slices.ContainsFunc(c.Reasons, func(q programme.Reason) bool { return q.Code == code && q.Clause == clause })
}

// 48 credits, not the 42 that filling places in the order of presentation gives.
func TestWorkedExample(t *testing.T) {
	r := evaluate(t, load(t), amina(), day)
	if r.Counted.String() != "48" || r.Complete || !r.Optimality.Proven {
		t.Errorf("counted %s, complete %v, %+v", r.Counted, r.Complete, r.Optimality)
	}
	slots := map[string]string{}
	for _, q := range r.Requirements {
		for _, s := range q.Slots {
			slots[s.Slot] = s.Credential
		}
	}
	for slot, want := range map[string]string{"C1": "k3", "C2": "k1", "C3": "k2", "D1": "", "D2": "k5", "D3": "k6", "capstone": ""} {
		if slots[slot] != want {
			t.Errorf("%s is filled by %q, want %q", slot, slots[slot], want)
		}
	}
	for id, want := range map[string]programme.Status{"R1": programme.Satisfied, "R2": programme.Satisfied, "R3": programme.Satisfied, "R4": programme.Satisfied, "R5": programme.Missing} {
		i := slices.IndexFunc(r.Requirements, func(q programme.RequirementResult) bool { return q.Requirement == id })
		if r.Requirements[i].Status != want {
			t.Errorf("%s is %s, want %s", id, r.Requirements[i].Status, want)
		}
	}
	if k4 := find(t, r, "k4"); k4.Status != programme.NotUsed || !has(k4, programme.ReasonTooOld, "2.4") || !has(k4, programme.ReasonTooOld, "1.6") {
		t.Errorf("k4: %+v", k4)
	}
	if k7 := find(t, r, "k7"); k7.Status != programme.PartlyUsed || k7.Counted.String() != "6" || !has(k7, programme.ReasonLimit, "3.2") {
		t.Errorf("k7: %+v", k7)
	}
	if k1 := find(t, r, "k1"); k1.Status != programme.PartlyUsed || k1.Counted.String() != "8" || k1.Carries.String() != "10" {
		t.Errorf("k1: %+v", k1)
	}
	for _, c := range r.Credentials {
		if len(c.Reasons) == 0 {
			t.Errorf("%s has no reason", c.Credential)
		}
	}
	for _, c := range r.Caps {
		if want := map[string]string{"outside": "26 of 30", "rpl": "6 of 18", "R3:BUS": "6 of 6"}[c.Name]; c.Used.String()+" of "+c.Limit.String() != want {
			t.Errorf("%s: %s of %s, want %s", c.Name, c.Used, c.Limit, want)
		}
	}
	if r.NextChange != "2028-08-16" { // k9, seven years and a day after it was awarded
		t.Errorf("next change %s", r.NextChange)
	}
}

func TestCapstoneCompletes(t *testing.T) {
	r := evaluate(t, load(t), append(amina(), held("k10", university, programme.InResidence, 12, "2026-11-01", "", "capstone")), day)
	if r.Counted.String() != "60" || !r.Complete {
		t.Errorf("counted %s, complete %v", r.Counted, r.Complete)
	}
	outside := evaluate(t, load(t), append(amina(), held("k10", college, programme.Transfer, 12, "2026-11-01", "", "capstone")), day)
	if outside.Complete || !has(find(t, outside, "k10"), programme.ReasonReserved, "5.1") {
		t.Errorf("a capstone from outside: %+v", find(t, outside, "k10"))
	}
}

// The result, to the byte, does not depend on the order of the papers.
func TestOrderDoesNotMatter(t *testing.T) {
	p := load(t)
	want, err := json.Marshal(evaluate(t, p, amina(), day))
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		h := amina()
		rng.Shuffle(len(h), func(i, j int) { h[i], h[j] = h[j], h[i] })
		got, err := json.Marshal(evaluate(t, p, h, day))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Fatalf("another order gives another result:\n%s\n%s", got, want)
		}
	}
}

// Of an exclusive set only one counts, also where pools take what is left.
func TestExclusiveSet(t *testing.T) {
	p := load(t)
	a := held("x1", university, programme.InResidence, 8, "2025-01-01", "AGRI")
	b := held("x2", university, programme.InResidence, 6, "2025-01-01", "AGRI")
	p.Exclusive = []programme.Exclusive{{Clause: "1.8", Achievements: []cairn.AchievementID{a.Achievement, b.Achievement}}}
	r := evaluate(t, p, []programme.Held{a, b}, day)
	if r.Counted.String() != "8" {
		t.Errorf("%s credits are counted of a set of which only one may count: %+v", r.Counted, r.Lines)
	}
	if x2 := find(t, r, "x2"); x2.Status != programme.NotUsed || !has(x2, programme.ReasonExclusive, "1.8") {
		t.Errorf("%+v", x2)
	}
}
