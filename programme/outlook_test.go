package programme_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/programme"
)

func outlook(t testing.TB, p *programme.Programme, h []programme.Held, at time.Time) programme.Prospect {
	t.Helper()
	o, err := programme.Outlook(p, h, at, programme.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// In the worked example Agroforestry is too old in 2028 (1.6), and Farm business two
// years later.
func TestOutlookOfTheWorkedExample(t *testing.T) {
	o := outlook(t, load(t), amina(), day)
	if len(o.Changes) < 2 || o.Until != "" {
		t.Fatalf("%+v", o)
	}
	first := o.Changes[0]
	if first.On != "2028-08-16" || first.Before.String() != "48" || first.After.String() != "42" || !first.Proven {
		t.Errorf("%+v", first)
	}
	// The soil laboratory stands in for it, so what falls is the core.
	if len(first.Requirements) != 1 || first.Requirements[0].Requirement != "R1" || first.Requirements[0].Before != programme.Satisfied || first.Requirements[0].After != programme.Partly {
		t.Errorf("requirements: %+v", first.Requirements)
	}
	i := slices.IndexFunc(first.Credentials, func(c programme.CredentialChange) bool { return c.Credential == "k9" })
	if i < 0 || first.Credentials[i].Before.String() != "8" || !first.Credentials[i].After.IsZero() ||
		!slices.ContainsFunc(first.Credentials[i].Reasons, func(r programme.Reason) bool { return r.Code == programme.ReasonTooOld && r.Clause == "1.6" }) {
		t.Errorf("credentials: %+v", first.Credentials)
	}
	for i, c := range o.Changes[1:] {
		if !c.Before.Equal(o.Changes[i].After) || c.On <= o.Changes[i].On {
			t.Errorf("change %d does not follow the one before: %+v", i+1, c)
		}
	}
}

// seen is all of a result that an outlook tells about.
func seen(r programme.Result) string {
	s := fmt.Sprint(r.Counted, r.Complete)
	for _, q := range r.Requirements {
		s += fmt.Sprint(" ", q.Requirement, q.Status, q.Have)
	}
	for _, c := range r.Credentials {
		s += fmt.Sprint(" ", c.Credential, c.Counted)
	}
	return s
}

// Day after day, for years: something changes on the days of the outlook, and on no
// other.
func TestOutlookFindsEveryDay(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	total := 0
	all := cases(t, 30, 120)
	for n := range all {
		p, list := randomCase(rng, false)
		for i := range p.Requirements {
			if rng.IntN(2) == 0 {
				p.Requirements[i].MaxAge = &programme.Currency{Months: 30 + rng.IntN(30), Clause: "age"}
			}
		}
		if rng.IntN(2) == 0 {
			p.Policy.MaxAge = &programme.Currency{Years: 3 + rng.IntN(3), Clause: "1.6"}
		}
		for i := range list {
			d := cairn.PartialDate{Year: 2022 + rng.IntN(4)}
			if rng.IntN(4) > 0 {
				d.Month = time.Month(1 + rng.IntN(12))
				if rng.IntN(4) > 0 {
					d.Day = 1 + rng.IntN(28)
				}
			}
			list[i].AwardedOn = d
		}
		if rng.IntN(2) == 0 { // taken more than once
			p.Policy.Repeat = &programme.Repeat{Keep: []string{"first", "last", "best"}[rng.IntN(3)], Clause: "rep"}
			for i := range list {
				list[i].Achievement = list[rng.IntN(i+1)].Achievement
			}
		}
		end := day.AddDate(2, 6, 0)
		var want []string
		last := seen(evaluate(t, p, list, day))
		for on := day.AddDate(0, 0, 1); !on.After(end); on = on.AddDate(0, 0, 1) {
			if now := seen(evaluate(t, p, list, on)); now != last {
				want, last = append(want, on.Format(time.DateOnly)), now
			}
		}
		var got []string
		for _, c := range outlook(t, p, list, day).Changes {
			if c.On <= end.Format(time.DateOnly) {
				got = append(got, c.On)
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("case %d: the outlook has %v; day after day it is %v", n, got, want)
		}
		total += len(want)
	}
	if total < all*25/60 {
		t.Errorf("only %d changes in all cases; they show nothing", total)
	}
	t.Logf("%d changes", total)
}

func TestOutlookIsBoundedAndSaysSo(t *testing.T) {
	p, err := programme.Parse([]byte(poolOf))
	if err != nil {
		t.Fatal(err)
	}
	var list []programme.Held
	for i := range 250 {
		list = append(list, held(fmt.Sprintf("k%03d", i), university, programme.InResidence, 1, day.AddDate(0, 0, -i).Format(time.DateOnly), "F"))
	}
	o := outlook(t, p, list, day)
	// The oldest lapses 5 years after 249 days ago, and so on, one a day.
	if want := day.AddDate(5, 0, -249+200).Format(time.DateOnly); o.Until != want {
		t.Errorf("until %q, want %q", o.Until, want)
	}
	if few := outlook(t, p, list[:5], day); few.Until != "" || len(few.Changes) != 5 {
		t.Errorf("%+v", few)
	}
}

// poolOf asks for credits of field F, not older than five years.
const poolOf = `
id: p
edition: "1"
institution: did:web:lakeside-university.example
title: {en: P}
language: en
award: {achievement: "https://x.example/award", type: Diploma}
credit: {unit: credits, hoursPerCredit: 10, total: 300}
agreements:
  - {id: A-1, issuer: "did:web:a.example", achievement: "https://a.example/x", field: F, until: "2027-06"}
  - {id: A-2, issuer: "did:web:b.example", achievement: "https://b.example/x", field: F, from: "2027-01-01"}
  - {id: A-3, issuer: "did:web:c.example", achievement: "https://c.example/x", field: F, until: "2026-11-22"}
requirements:
  - {id: R1, clause: "1", title: {en: R}, credits: 300, match: {fields: [F]}, maxAge: {years: 5, clause: "1.6"}}
`

func TestOutlookNamesAgreementsThatEnd(t *testing.T) {
	p, err := programme.Parse([]byte(poolOf))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range outlook(t, p, nil, day).Agreements {
		got = append(got, fmt.Sprint(a.On, " ", a.Agreement, " ", a.Begins))
	}
	if want := []string{"2027-01-01 A-2 true", "2027-07-01 A-1 false"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	h := held("k", "did:web:a.example", programme.Transfer, 4, "2026-01-01", "")
	h.Achievement = "https://a.example/x"
	if with := outlook(t, p, []programme.Held{h}, day).Agreements; len(with) != 1 || with[0].Agreement != "A-2" {
		t.Errorf("what is held already needs no agreement any more: %+v", with)
	}
}

func TestOutlookDoesNotDependOnOrder(t *testing.T) {
	p := load(t)
	want, err := json.Marshal(outlook(t, p, amina(), day))
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		h := amina()
		rng.Shuffle(len(h), func(i, j int) { h[i], h[j] = h[j], h[i] })
		got, err := json.Marshal(outlook(t, p, h, day))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Fatalf("another order gives another outlook:\n%s\n%s", got, want)
		}
	}
}
