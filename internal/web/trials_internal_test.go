package web

import (
	"fmt"
	"testing"
	"time"

	"cairn.example"
)

// A server remembers as many trials as it says, forgets the oldest that is done, and
// lets an institution try one draft at a time.
func TestTrialsAreBounded(t *testing.T) {
	var l trials
	at := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	begin := func(n int, inst string) error {
		return l.add(&trial{id: fmt.Sprint(n), institution: cairn.InstitutionID(inst), began: at})
	}
	for n := range maxTrials {
		if err := begin(n, fmt.Sprint("i", n)); err != nil {
			t.Fatal(err)
		}
	}
	if err := begin(100, "i3"); cairn.CodeOf(err) != "trial.running" {
		t.Errorf("two at once: %v", err)
	}
	if err := begin(101, "new"); cairn.CodeOf(err) != "trial.busy" {
		t.Errorf("one more: %v", err)
	}
	l.all[5].end(false, nil)
	if err := begin(102, "new"); err != nil {
		t.Errorf("in the place of one that is done: %v", err)
	}
	if _, err := l.find("i5", "5"); cairn.CodeOf(err) != "trial.not-found" {
		t.Errorf("%v", err)
	}
	if _, err := l.find("i4", "4"); err != nil {
		t.Errorf("%v", err)
	}
	if _, err := l.find("i5", "4"); cairn.CodeOf(err) != "trial.not-found" {
		t.Errorf("that of another institution: %v", err)
	}
	l.all[0].end(false, nil)
	at = at.Add(2 * trialLife)
	if err := begin(103, "later"); err != nil || len(l.all) != maxTrials {
		t.Errorf("%d %v", len(l.all), err)
	}
}
