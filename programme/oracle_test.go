package programme_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

	"cairn.example"
	"cairn.example/programme"
)

// best is the objective as the oracle computes it, by trying everything.
type best struct{ satisfied, credits, outside int }

func (a best) less(b best) bool {
	if a.satisfied != b.satisfied {
		return a.satisfied < b.satisfied
	}
	if a.credits != b.credits {
		return a.credits < b.credits
	}
	return a.outside > b.outside
}

// oracle shares no code with the engine: it gives each credential, in turn, every
// possible slot and every possible division of the rest among the pools, in whole
// credits, and keeps what breaks no rule.
type oracle struct {
	p       *programme.Programme
	held    []programme.Held
	amounts []int
	filled  map[string]bool // slot
	pools   map[string]int  // requirement → credits
	limits  map[string]int  // requirement/field → credits
	outside int
	rpl     int
	best    best
}

func overlaps(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

func (o *oracle) try(i int) {
	if i == len(o.held) {
		o.score()
		return
	}
	h := o.held[i]
	spread := func(rest int) { o.spread(i, 0, rest) }
	spread(o.amounts[i])
	for _, r := range o.p.Requirements {
		if r.Reserved && h.Route != programme.InResidence {
			continue
		}
		for _, s := range r.Slots() {
			need := whole(s.Credits)
			if o.filled[s.ID] || !overlaps(s.Match.Tags, h.Tags) || o.amounts[i] < need || o.full(r) {
				continue
			}
			o.filled[s.ID] = true
			o.use(h, need)
			spread(o.amounts[i] - need)
			o.use(h, -need)
			o.filled[s.ID] = false
		}
	}
}

func (o *oracle) full(r programme.Requirement) bool {
	n := 0
	for _, s := range r.Of {
		if o.filled[s.ID] {
			n++
		}
	}
	return r.Choose > 0 && n >= r.Choose
}

func (o *oracle) use(h programme.Held, n int) {
	switch h.Route {
	case programme.Transfer:
		o.outside += n
	case programme.RPL:
		o.rpl += n
	}
}

// spread divides what is left of a credential among the pools from number k on.
func (o *oracle) spread(i, k, rest int) {
	if k == len(o.p.Requirements) {
		o.try(i + 1)
		return
	}
	r, h := o.p.Requirements[k], o.held[i]
	most := 0
	if r.Credits.Sign() > 0 && slices.Contains(r.Match.Fields, h.Field) && (!r.Reserved || h.Route == programme.InResidence) {
		most = min(rest, whole(r.Credits)-o.pools[r.ID])
	}
	for n := 0; n <= most; n++ {
		o.pools[r.ID] += n
		o.limits[r.ID+h.Field] += n
		o.use(h, n)
		o.spread(i, k+1, rest-n)
		o.use(h, -n)
		o.limits[r.ID+h.Field] -= n
		o.pools[r.ID] -= n
	}
}

func (o *oracle) score() {
	if o.p.Policy.Outside != nil && o.outside > whole(o.p.Policy.Outside.Credits) || o.p.Policy.RPL != nil && o.rpl > whole(o.p.Policy.RPL.Credits) {
		return
	}
	b := best{outside: o.outside + o.rpl}
	for _, r := range o.p.Requirements {
		filled := 0
		for _, s := range r.Slots() {
			if o.filled[s.ID] {
				filled++
				b.credits += whole(s.Credits)
			}
		}
		b.credits += o.pools[r.ID]
		for _, l := range r.Limits {
			n := 0
			for _, f := range l.Fields {
				n += o.limits[r.ID+f]
			}
			if n > whole(l.Credits) {
				return
			}
		}
		if len(r.All) > 0 && filled == len(r.All) || r.Choose > 0 && filled == r.Choose || r.Credits.Sign() > 0 && o.pools[r.ID] == whole(r.Credits) {
			b.satisfied++
		}
	}
	if o.best.less(b) {
		o.best = b
	}
}

func whole(c cairn.Credits) int {
	n, err := strconv.Atoi(c.String())
	if err != nil {
		panic(err)
	}
	return n
}

// randomCase makes a small programme and a few credentials.
func randomCase(rng *rand.Rand) (*programme.Programme, []programme.Held) {
	p := &programme.Programme{ID: "p", Edition: "1", Institution: university, Credit: programme.Credit{Unit: "c", HoursPerCredit: cairn.WholeCredits(10), Total: cairn.WholeCredits(20)}}
	tags, fields := []string{"a", "b", "c"}, []string{"F", "G"}
	pick := func(list []string) string { return list[rng.IntN(len(list))] }
	for i := range 1 + rng.IntN(3) {
		r := programme.Requirement{ID: fmt.Sprint("R", i), Clause: fmt.Sprint(i), Reserved: rng.IntN(6) == 0}
		slot := func(j int) programme.Slot {
			return programme.Slot{ID: fmt.Sprint("S", i, j), Credits: cairn.WholeCredits(1 + rng.Int64N(3)), Match: programme.Selector{Tags: []string{pick(tags)}}}
		}
		switch rng.IntN(3) {
		case 0:
			for j := range 1 + rng.IntN(2) {
				r.All = append(r.All, slot(j))
			}
		case 1:
			r.Choose = 1
			for j := range 2 {
				r.Of = append(r.Of, slot(j))
			}
		default:
			r.Credits = cairn.WholeCredits(1 + rng.Int64N(5))
			r.Match = programme.Selector{Fields: []string{"F", "G"}[:1+rng.IntN(2)]}
			if rng.IntN(2) == 0 {
				r.Limits = []programme.Limit{{Fields: []string{pick(r.Match.Fields)}, Credits: cairn.WholeCredits(1 + rng.Int64N(3)), Clause: "l"}}
			}
		}
		p.Requirements = append(p.Requirements, r)
	}
	if rng.IntN(2) == 0 {
		p.Policy.Outside = &programme.Cap{Credits: cairn.WholeCredits(1 + rng.Int64N(6)), Clause: "o"}
	}
	if rng.IntN(3) == 0 {
		p.Policy.RPL = &programme.Cap{Credits: cairn.WholeCredits(1 + rng.Int64N(4)), Clause: "r"}
	}
	var list []programme.Held
	for i := range 1 + rng.IntN(5) {
		route := []programme.Route{programme.InResidence, programme.Transfer, programme.RPL}[rng.IntN(3)]
		h := held(fmt.Sprint("k", i), university, route, 1+rng.Int64N(4), fmt.Sprintf("20%02d-01-01", 10+rng.IntN(15)), "")
		if rng.IntN(3) > 0 {
			h.Field = pick(fields)
		}
		for range rng.IntN(3) {
			h.Tags = append(h.Tags, pick(tags))
		}
		list = append(list, h)
	}
	return p, list
}

func score(p *programme.Programme, r programme.Result) best {
	b := best{credits: whole(r.Counted)}
	for _, q := range r.Requirements {
		if q.Status == programme.Satisfied {
			b.satisfied++
		}
	}
	return b
}

// TestAgreesWithBruteForce compares the engine with the oracle. CAIRN_CASES sets
// how many random cases are tried.
func TestAgreesWithBruteForce(t *testing.T) {
	cases := 3000
	if s := os.Getenv("CAIRN_CASES"); s != "" {
		var err error
		if cases, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	rng := rand.New(rand.NewPCG(20261123, 7))
	for n := range cases {
		p, list := randomCase(rng)
		o := &oracle{p: p, held: list, filled: map[string]bool{}, pools: map[string]int{}, limits: map[string]int{}}
		for _, h := range list {
			o.amounts = append(o.amounts, whole(h.Credit.Amount))
		}
		o.try(0)
		r := evaluate(t, p, list, day)
		got := score(p, r)
		routes := map[string]programme.Route{}
		for _, h := range list {
			routes[h.Digest] = h.Route
		}
		for _, l := range r.Lines {
			if routes[l.Credential] != programme.InResidence {
				got.outside += whole(l.Credits)
			}
		}
		if !r.Optimality.Proven || got != o.best {
			ps, _ := json.Marshal(p)
			hs, _ := json.Marshal(list)
			t.Fatalf("case %d: the engine finds %+v (proven %v), trying everything finds %+v\n%s\n%s", n, got, r.Optimality.Proven, o.best, ps, hs)
		}
		rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		again, _ := json.Marshal(evaluate(t, p, list, day))
		if first, _ := json.Marshal(r); string(again) != string(first) {
			t.Fatalf("case %d: another order gives another result\n%s\n%s", n, first, again)
		}
		if len(list) > 1 { // a credential more never makes it worse
			fewer := score(p, evaluate(t, p, list[1:], day))
			fewer.outside, got.outside = 0, 0
			if got.less(fewer) {
				t.Fatalf("case %d: with a credential more the result is worse", n)
			}
		}
	}
	t.Logf("%d random cases agree with brute force", cases)
}

func BenchmarkEvaluate(b *testing.B) {
	p := load(b)
	list := amina()
	for b.Loop() {
		evaluate(b, p, list, day)
	}
}

func TestManyCredentials(t *testing.T) {
	p := load(t)
	rng := rand.New(rand.NewPCG(3, 4))
	var list []programme.Held
	for i := range 1000 {
		list = append(list, held(fmt.Sprint("k", i), college, programme.Transfer, 1+rng.Int64N(8), "2025-01-01", []string{"AGRI", "BUS", "ART"}[rng.IntN(3)], []string{"soil", "water", "crop-health", "spreadsheets"}[rng.IntN(4)]))
	}
	r := evaluate(t, p, list, day)
	if r.Counted.Cmp(cairn.WholeCredits(30)) > 0 {
		t.Errorf("the cap on outside credit is 30, counted %s", r.Counted)
	}
	t.Logf("counted %s, %+v", r.Counted, r.Optimality)
}
