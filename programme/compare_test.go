package programme_test

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"cairn.example"
	"cairn.example/programme"
)

// certificate is a small programme in credits of 25 hours, next to the diploma in
// credits of 10.
const certificate = `
id: certificate
edition: "1"
institution: did:web:university.example:i:university
title: {en: Certificate}
language: en
award: {achievement: "https://x.example/certificate", type: Certificate}
credit: {unit: ECTS, hoursPerCredit: 25, total: 12}
requirements:
  - {id: A, clause: "1", title: {en: Farming}, credits: 6, match: {fields: [AGRI]}}
  - id: B
    clause: "2"
    title: {en: Two of these}
    choose: 2
    of:
      - {id: B1, title: {en: Soil}, credits: 2, match: {tags: [soil]}}
      - {id: B2, title: {en: Bees}, credits: 3, match: {tags: [bees]}}
      - {id: B3, title: {en: Goats}, credits: 1, match: {tags: [goats]}}
`

func TestCompare(t *testing.T) {
	small, err := programme.Parse([]byte(certificate))
	if err != nil {
		t.Fatal(err)
	}
	all := []*programme.Programme{load(t), small}
	list, err := programme.Compare(all, amina(), day, programme.Options{})
	if err != nil {
		t.Fatal(err)
	}
	// 12 credits of 10 hours are less than what the certificate needs, though it asks
	// for fewer credits.
	d, c := list[0], list[1]
	if d.Programme != all[0].ID || d.Missing.String() != "12" || d.Hours.String() != "120" || d.Satisfied != 4 || d.Requirements != 5 || d.Complete {
		t.Errorf("diploma: %+v", d)
	}
	// k9 brings 3.2 of 6; k3 fills Soil, so that one of two is missing: Goats, 1.
	if c.Programme != "certificate" || c.Counted.Add(c.Missing).Cmp(c.Total) < 0 || c.Hours.Cmp(d.Hours) <= 0 {
		t.Errorf("certificate: %+v", c)
	}
	slices.Reverse(all)
	turned, err := programme.Compare(all, amina(), day, programme.Options{})
	if err != nil {
		t.Fatal(err)
	}
	a, _ := json.Marshal(list)
	b, _ := json.Marshal(turned)
	if string(a) != string(b) {
		t.Errorf("another order of programmes gives another ranking:\n%s\n%s", a, b)
	}
	whole, err := programme.Compare(all, append(amina(), held("k10", university, programme.InResidence, 12, "2026-11-01", "", "capstone")), day, programme.Options{})
	if err != nil || !whole[0].Complete || !whole[0].Missing.IsZero() {
		t.Errorf("%+v %v", whole, err)
	}
	if _, err := programme.Compare(make([]*programme.Programme, 201), nil, day, programme.Options{}); cairn.KindOf(err) != cairn.TooLarge {
		t.Errorf("%v", err)
	}
}

// What is said to be missing is never more than what the cheapest way costs.
func TestMissingIsALowerBound(t *testing.T) {
	rng := rand.New(rand.NewPCG(41, 42))
	ways := 0
	for range 600 {
		p, list := randomCase(rng, false)
		p.Credit.Total = cairn.WholeCredits(1 + rng.Int64N(8))
		var offers []programme.Held
		for _, h := range list {
			offers = append(offers, planned(h))
		}
		near, err := programme.Compare([]*programme.Programme{p}, nil, day, programme.Options{})
		if err != nil {
			t.Fatal(err)
		}
		w := next(t, p, nil, offers, programme.NextOptions{}).Award
		if w.Answer != programme.WayFound {
			continue
		}
		ways++
		if near[0].Missing.Cmp(w.Sets[0].Credits) > 0 {
			t.Errorf("%s are missing, and %s do", near[0].Missing, w.Sets[0].Credits)
		}
	}
	if ways < 20 {
		t.Errorf("only %d ways", ways)
	}
}

func TestWhatIf(t *testing.T) {
	p := load(t)
	plan := []programme.Held{offer("capstone", programme.InResidence, 12, "", "capstone"), offer("poetry", programme.InResidence, 5, "ARTS")}
	before, err := json.Marshal(evaluate(t, p, amina(), day))
	if err != nil {
		t.Fatal(err)
	}
	trial, err := programme.WhatIf(p, amina(), plan, day, programme.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if now, _ := json.Marshal(trial.Now); string(now) != string(before) {
		t.Errorf("a plan changes what is: %s", now)
	}
	if !trial.Then.Complete || !slices.Equal(trial.Satisfied, []string{"R5"}) || len(trial.Planned) != 2 || len(trial.Idle) != 1 || !strings.HasSuffix(trial.Idle[0], "/poetry") {
		t.Errorf("%+v %+v %+v", trial.Satisfied, trial.Planned, trial.Idle)
	}
	for _, l := range trial.Now.Lines {
		if strings.HasPrefix(l.Credential, programme.PlannedPrefix) {
			t.Errorf("planned credit counts now: %+v", l)
		}
	}
	// Neither can be taken for the other.
	if _, err := programme.WhatIf(p, plan, nil, day, programme.Options{}); cairn.CodeOf(err) != "programme.not-planned" {
		t.Errorf("a plan as if it were held: %v", err)
	}
	if _, err := programme.WhatIf(p, nil, amina(), day, programme.Options{}); cairn.CodeOf(err) != "programme.not-planned" {
		t.Errorf("what is held as if it were planned: %v", err)
	}
}
