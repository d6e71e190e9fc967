package programme_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/programme"
)

// DOMAIN 1.6, case 8: credit that was used for another award counts not at all, in
// part or whole, as the programme says.
func TestCreditUsedBefore(t *testing.T) {
	const rules = `
id: p
edition: "1"
institution: did:web:university.example:i:university
title: {en: P}
language: en
award: {achievement: https://university.example/p, type: Diploma}
credit: {unit: credits, hoursPerCredit: 10, total: 6}
policy: {%s}
requirements:
  - {id: R1, clause: "1", title: {en: Any}, credits: 6, match: {fields: [AGRI]}}
`
	share := func(n int) string { return fmt.Sprintf(`reuse: {allow: share, percent: %d, clause: "8"}`, n) }
	for _, c := range []struct {
		name, policy   string
		earned, used   int64 // used 0: nothing is known
		counted        string
		reason, clause string
		status         programme.Status
	}{
		{"nothing was used", share(50), 6, 0, "6", "", "", programme.Used},
		{"no rule", "", 6, 6, "0", programme.BlockedSpent, "", programme.NotUsed},
		{"no rule, used in part", "", 6, 1, "0", programme.BlockedSpent, "", programme.NotUsed},
		{"forbidden", `reuse: {allow: forbidden, clause: "8"}`, 6, 6, "0", programme.BlockedSpent, "8", programme.NotUsed},
		{"half", share(50), 6, 6, "3", programme.ReasonReused, "8", programme.PartlyUsed},
		{"half, used in part", share(50), 6, 4, "4", programme.ReasonReused, "8", programme.PartlyUsed},
		{"a third of it", share(33), 6, 6, "99/50", programme.ReasonReused, "8", programme.PartlyUsed},
		{"half, used by more than it has", share(50), 6, 20, "0", programme.ReasonReused, "8", programme.NotUsed},
		{"free", `reuse: {allow: free, clause: "8"}`, 6, 6, "6", "", "", programme.Used},
		{"free, and more than is asked for", `reuse: {allow: free, clause: "8"}`, 9, 9, "6", "", "", programme.PartlyUsed},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := fmt.Sprintf(rules, c.policy)
			p, err := programme.Parse([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			if !schemaAccepts(t, text) {
				t.Error("the schema refuses it")
			}
			h := held("soil", university, programme.InResidence, c.earned, "2025-01-01", "AGRI")
			if c.used > 0 {
				used := cairn.WholeCredits(c.used)
				h.UsedElsewhere = &used
			}
			r, err := programme.Evaluate(p, []programme.Held{h}, time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), programme.Options{})
			if err != nil {
				t.Fatal(err)
			}
			got := r.Credentials[0]
			if r.Counted.String() != c.counted || got.Status != c.status || got.Carries.String() != fmt.Sprint(c.earned) {
				t.Errorf("%s counted, %s of %s, want %s and %s", r.Counted, got.Status, got.Carries, c.counted, c.status)
			}
			i := slices.IndexFunc(got.Reasons, func(r programme.Reason) bool {
				return r.Code == programme.ReasonReused || r.Code == programme.BlockedSpent
			})
			if i < 0 && c.reason != "" || i >= 0 && (got.Reasons[i].Code != c.reason || got.Reasons[i].Clause != c.clause) {
				t.Errorf("the reasons are %+v, want %s by rule %q", got.Reasons, c.reason, c.clause)
			}
		})
	}
	for name, policy := range map[string]string{"no percentage": `reuse: {allow: share, clause: "8"}`, "all of it is free": `reuse: {allow: share, percent: 100, clause: "8"}`,
		"a percentage of nothing": `reuse: {allow: free, percent: 50, clause: "8"}`, "no such rule": `reuse: {allow: sometimes, clause: "8"}`, "no clause": `reuse: {allow: free}`} {
		if _, err := programme.Parse(fmt.Appendf(nil, rules, policy)); err == nil || !strings.Contains(err.Error(), "reuse") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
