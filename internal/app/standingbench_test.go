package app_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/internal/recognise"
	"cairn.example/programme"
)

// ladder is a programme of 25 requirements in the structure that is usual: a sixth of
// them are pools of credit by field, the others modules.
func ladder(institution cairn.DID, edition string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, `
id: ladder
edition: %q
institution: %s
title: {en: A ladder}
language: en
award: {achievement: https://cairn.example/i/uni/achievements/cert, type: Certificate}
credit: {unit: credits, hoursPerCredit: 10, total: 140}
policy: {outside: {percent: 50, clause: "0.1"}, maxAge: {years: 7, clause: "0.2"}}
requirements:
`, edition, institution)
	for i := range 25 {
		if i < 4 {
			fmt.Fprintf(&b, "  - {id: R%d, clause: \"%d\", title: {en: Pool %d}, credits: 15, match: {fields: [F%d]}}\n", i, i, i, i)
		} else {
			fmt.Fprintf(&b, "  - {id: R%d, clause: \"%d\", title: {en: Module %d}, all: [{id: S%d, title: {en: Module %d}, credits: 4, match: {tags: [T%d]}}]}\n", i, i, i, i, i, i)
		}
	}
	return []byte(b.String())
}

// climbing gives a learner forty credentials for it: seven of ten for one module, a
// third also for a pool, of the last six years.
func climbing(n, k int, h *programme.Held) {
	r := uint32(n*2654435761+k*40503) ^ 0x9e3779b9
	r ^= r << 13
	r ^= r >> 17
	r ^= r << 5
	h.Credit = &cairn.CreditValue{Amount: cairn.WholeCredits(int64(3 + r%8)), Unit: "credits", HoursPerCredit: cairn.WholeCredits(10)}
	h.Tags = []string{fmt.Sprint("T", 4+r/8%21)}
	if r/200%10 >= 7 {
		h.Tags = append(h.Tags, fmt.Sprint("T", 4+r/2000%21))
	}
	h.Field = "OTHER"
	if r/7%3 == 0 {
		h.Field = fmt.Sprint("F", r/31%4)
	}
	on := now.AddDate(0, -int(r/11%72), 0)
	h.AwardedOn = cairn.PartialDate{Year: on.Year(), Month: on.Month(), Day: on.Day()}
}

func (y *years) publishLadder(t testing.TB, edition string) {
	t.Helper()
	inst, err := y.Issue.Institution(t.Context(), uni)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := y.Recognise.Publish(t.Context(), uni, ladder(inst.DID, edition)); err != nil {
		t.Fatal(err)
	}
}

// processorTime is what this process has used of all cores: other work on the machine
// does not count.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkNight measures nights over learners with forty credentials each and a
// programme of 25 requirements, in the time of processors: what it says of a million is
// for two cores that do nothing else.
func BenchmarkNight(b *testing.B) {
	const learners, each = 2000, 40
	y := openYears(b)
	y.crowd(b, learners, each, climbing)
	y.publishLadder(b, "1")
	y.run(b, recognise.RunOptions{Programme: "ladder"})
	measure := func(b *testing.B, per int, unit string, prepare func(), f func()) {
		var used time.Duration
		n := 0
		for b.Loop() {
			b.StopTimer()
			prepare()
			b.StartTimer()
			began := processorTime()
			f()
			used += processorTime() - began
			n++
		}
		each := float64(used.Microseconds()) / float64(n*per)
		b.ReportMetric(each, "cpu-µs/"+unit)
		if unit == "learner" {
			b.ReportMetric(each*1e6/2/60e6, "min/million-on-2")
		}
	}
	night := func(o recognise.RunOptions) {
		r, err := y.Recognise.RunStandings(b.Context(), uni, o)
		if err != nil || r.Learners != learners+1 {
			b.Fatalf("%+v %v", r, err)
		}
	}
	night(recognise.RunOptions{})
	edition := 1
	for _, c := range []struct {
		name    string
		prepare func()
		f       func()
	}{
		{"unchanged", func() {}, func() { night(recognise.RunOptions{}) }},
		{"everything", func() {}, func() { night(recognise.RunOptions{Programme: "ladder", All: true}) }},
		{"edition", func() { edition++; y.publishLadder(b, fmt.Sprint(edition)) }, func() { night(recognise.RunOptions{Programme: "ladder"}) }},
	} {
		b.Run(c.name, func(b *testing.B) { measure(b, learners, "learner", c.prepare, c.f) })
	}
	b.Run("verify", func(b *testing.B) { // credentials that were not seen before
		const fresh = 20
		awarded := 0
		var somebody cairn.LearnerID
		measure(b, fresh, "credential", func() {
			l, err := y.Issue.RegisterLearner(b.Context(), cairn.Learner{Institution: uni, FullName: "Somebody"})
			if err != nil {
				b.Fatal(err)
			}
			somebody = l.ID
			for range fresh {
				awarded++
				y.award(b, "soil", fmt.Sprint("fresh ", awarded, b.N), somebody, now)
			}
		}, func() {
			if got, err := y.Recognise.Reevaluate(b.Context(), uni, somebody, "grace"); err != nil || len(got.Standings) == 0 {
				b.Fatalf("%+v %v", got, err)
			}
		})
	})
}

// A night costs as much for each learner however many there are, and next to nothing
// where nothing has changed.
func TestNightIsLinear(t *testing.T) {
	cost := func(learners int) (all, unchanged time.Duration) {
		y := openYears(t)
		y.crowd(t, learners, 12, climbing)
		y.publishLadder(t, "1")
		y.run(t, recognise.RunOptions{})
		measure := func(o recognise.RunOptions) time.Duration {
			best := time.Hour
			for range 3 {
				began := processorTime()
				y.run(t, o)
				best = min(best, processorTime()-began)
			}
			return best
		}
		return measure(recognise.RunOptions{Programme: "ladder", All: true}), measure(recognise.RunOptions{})
	}
	few, _ := cost(100)
	many, unchanged := cost(600)
	t.Logf("100 learners %v, 600 learners %v, unchanged %v", few, many, unchanged)
	if many > 12*few { // 6 would be exact
		t.Errorf("six times the learners cost %.1f times as much", float64(many)/float64(few))
	}
	if unchanged*5 > many {
		t.Errorf("a night on which nothing has changed costs %v, and one for everything %v", unchanged, many)
	}
}
