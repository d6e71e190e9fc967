package i18n_test

import (
	"slices"
	"strings"
	"testing"

	"cairn.example/internal/i18n"
	"cairn.example/programme"
)

// What a result says of credit must be readable by the learner whose credit it
// is: each code has a sentence in each language, and no sentence is left over.
func TestEveryReasonHasASentence(t *testing.T) {
	c, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, code := range programme.Reasons() {
		want = append(want, "reason."+code)
	}
	for _, s := range []programme.Status{programme.Used, programme.PartlyUsed, programme.NotUsed, programme.Undecided} {
		want = append(want, "credential."+string(s))
	}
	for _, s := range []programme.Status{programme.Satisfied, programme.Partly, programme.Missing, programme.Waiting, programme.Waived, programme.NotNeeded} {
		want = append(want, "requirement."+string(s))
	}
	for _, l := range i18n.Languages() {
		codes := c.Codes(l.Tag, "recognise")
		for _, code := range want {
			if !slices.Contains(codes, code) {
				t.Errorf("%s has no sentence for %q", l.Tag, code)
			}
		}
		for _, code := range codes {
			area, _, _ := strings.Cut(code, ".")
			if slices.Contains([]string{"reason", "credential", "requirement"}, area) && !slices.Contains(want, code) {
				t.Errorf("%s has a sentence for %q, which no result carries", l.Tag, code)
			}
		}
	}
}
