package programme_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
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
// possible slot and every possible division of the rest among the pools, in half
// credits, and keeps what breaks no rule.
type oracle struct {
	p        *programme.Programme
	held     []programme.Held
	amounts  []int
	filled   map[string]bool // slot
	pools    map[string]int  // requirement → credits
	limits   map[string]int  // requirement/field → credits
	attested map[string]bool
	sets     map[int]int // exclusive set → the credential that counts, from 1
	outside  int
	rpl      int
	best     best
}

func overlaps(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

func (o *oracle) try(i int) {
	if i == len(o.held) {
		o.score()
		return
	}
	o.spread(i, 0, 0) // counts nowhere
	var joined []int
	for n, set := range o.p.Exclusive {
		if slices.Contains(set.Achievements, o.held[i].Achievement) {
			if o.sets[n] != 0 {
				return
			}
			joined = append(joined, n)
		}
	}
	for _, n := range joined {
		o.sets[n] = i + 1
	}
	h := o.held[i]
	o.spread(i, 0, o.amounts[i])
	for _, r := range o.p.Requirements {
		for _, s := range r.Slots() {
			need := halves(s.Credits)
			if !o.allowed(h, r) || o.filled[s.ID] || picks(s.Match, h) < 1 && !o.agreed(h, s.ID) || o.amounts[i] < need || o.full(r) {
				continue
			}
			o.filled[s.ID] = true
			o.use(h, need)
			o.spread(i, 0, o.amounts[i]-need)
			o.use(h, -need)
			o.filled[s.ID] = false
		}
	}
	for _, n := range joined {
		o.sets[n] = 0
	}
}

// picks says what a selector says of a credential's level, date, grade and tags, and
// its opposite: 1 yes, -1 no, 0 when the grade that decides is not known.
func picks(s programme.Selector, h programme.Held) int {
	v := 1
	ask := func(yes bool) {
		if !yes {
			v = -1
		}
	}
	if s.Levels != nil {
		ask(h.Level.Value.Cmp(*s.Levels.Min) >= 0)
	}
	if s.Awarded != nil {
		ask(h.AwardedOn.Year >= s.Awarded.From.Year)
	}
	if len(s.Tags) > 0 {
		ask(overlaps(s.Tags, h.Tags))
	}
	switch {
	case s.MinGrade == nil:
	case h.Grade == "":
		v = min(v, 0)
	default:
		ask(strings.Index("ABC", h.Grade) <= strings.Index("ABC", s.MinGrade.Grade))
	}
	if s.Not != nil {
		v = min(v, -picks(*s.Not, h))
	}
	return v
}

// allowed applies the rules of a requirement that look at one credential.
func (o *oracle) allowed(h programme.Held, r programme.Requirement) bool {
	if r.Reserved && h.Route != programme.InResidence {
		return false
	}
	if r.MinLevel != nil && (h.Level == nil || h.Level.Value.Cmp(*r.MinLevel) < 0) {
		return false
	}
	if r.MinGrade != nil {
		const scale = "ABC"
		if h.Grade == "" || strings.Index(scale, h.Grade) > strings.Index(scale, r.MinGrade.Grade) {
			return false
		}
	}
	return r.MaxAge == nil || day.Year()-h.AwardedOn.Year <= r.MaxAge.Years // everything is awarded on the day of the evaluation, in some year
}

func (o *oracle) agreement(h programme.Held) *programme.Agreement {
	for i, a := range o.p.Agreements {
		if a.Achievement == h.Achievement && a.Issuer == h.Issuer && (a.From.Year == 0 || h.AwardedOn.Year >= a.From.Year) && (a.Until.Year == 0 || h.AwardedOn.Year <= a.Until.Year) {
			return &o.p.Agreements[i]
		}
	}
	return nil
}

func (o *oracle) agreed(h programme.Held, slot string) bool {
	a := o.agreement(h)
	return a != nil && slices.Contains(a.CountsAs, slot)
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
	field := h.Field
	if a := o.agreement(h); a != nil && a.Field != "" && !slices.Contains(r.Match.Fields, field) {
		field = a.Field
	}
	most := 0
	if r.Credits.Sign() > 0 && slices.Contains(r.Match.Fields, field) && picks(r.Match, h) > 0 && o.allowed(h, r) {
		most = min(rest, halves(r.Credits)-o.pools[r.ID])
	}
	for n := 0; n <= most; n++ {
		o.pools[r.ID] += n
		o.limits[r.ID+field] += n
		o.use(h, n)
		o.spread(i, k+1, rest-n)
		o.use(h, -n)
		o.limits[r.ID+field] -= n
		o.pools[r.ID] -= n
	}
}

// room is a cap in half credits.
func (o *oracle) room(c *programme.Cap) int {
	if c == nil {
		return 1 << 30
	}
	n := halves(c.Credits)
	if !c.Percent.IsZero() {
		n = halves(o.p.Credit.Total) * halves(c.Percent) / 200
	}
	if c.Round == "down" {
		n = n / 2 * 2
	}
	return n
}

func (o *oracle) score() {
	if o.outside > o.room(o.p.Policy.Outside) || o.rpl > o.room(o.p.Policy.RPL) {
		return
	}
	b := best{outside: o.outside + o.rpl}
	for _, r := range o.p.Requirements {
		filled := 0
		for _, s := range r.Slots() {
			if o.filled[s.ID] {
				filled++
				b.credits += halves(s.Credits)
			}
		}
		b.credits += o.pools[r.ID]
		for _, l := range r.Limits {
			n := 0
			for _, f := range l.Fields {
				n += o.limits[r.ID+f]
			}
			if n > halves(l.Credits) {
				return
			}
		}
		if o.attested[r.ID] || len(r.All) > 0 && filled == len(r.All) || r.Choose > 0 && filled == r.Choose || r.Credits.Sign() > 0 && o.pools[r.ID] == halves(r.Credits) {
			b.satisfied++
		}
	}
	if o.best.less(b) {
		o.best = b
	}
}

// halves writes credits in half credits; the cases below have no smaller part.
func halves(c cairn.Credits) int {
	n, err := strconv.Atoi(c.Mul(cairn.WholeCredits(2)).String())
	if err != nil {
		panic(err)
	}
	return n
}

// randomCase makes a small programme with every kind of rule, and a few credentials.
func randomCase(rng *rand.Rand) (*programme.Programme, []programme.Held) {
	p := &programme.Programme{ID: "p", Edition: "1", Institution: university, Credit: programme.Credit{Unit: "c", HoursPerCredit: cairn.WholeCredits(10), Total: cairn.WholeCredits(20)},
		Levels: programme.Levels{Framework: "EQF"}, Grades: []programme.Grade{{Scale: "letters", Grades: []string{"A", "B", "C"}}}}
	tags, fields := []string{"a", "b", "c"}, []string{"F", "G"}
	pick := func(list []string) string { return list[rng.IntN(len(list))] }
	more := func(s programme.Selector) programme.Selector { // what a selector asks for besides
		four := cairn.WholeCredits(4)
		switch rng.IntN(12) {
		case 0:
			s.Levels = &programme.LevelRange{Min: &four}
		case 1:
			s.Awarded = &programme.Dates{From: cairn.PartialDate{Year: 2019}}
		case 2:
			s.MinGrade = &programme.MinGrade{Scale: "letters", Grade: "B"}
		case 3:
			s.Not = &programme.Selector{Tags: []string{pick(tags)}}
		case 4:
			s.Not = &programme.Selector{Levels: &programme.LevelRange{Min: &four}, MinGrade: &programme.MinGrade{Scale: "letters", Grade: "B"}}
		}
		return s
	}
	var slots []string
	for i := range 1 + rng.IntN(3) {
		r := programme.Requirement{ID: fmt.Sprint("R", i), Clause: fmt.Sprint(i), Reserved: rng.IntN(8) == 0}
		slot := func(j int) programme.Slot {
			slots = append(slots, fmt.Sprint("S", i, j))
			return programme.Slot{ID: fmt.Sprint("S", i, j), Credits: cairn.WholeCredits(1 + rng.Int64N(3)), Match: more(programme.Selector{Tags: []string{pick(tags)}})}
		}
		switch rng.IntN(3) {
		case 0:
			for j := range 1 + rng.IntN(2) {
				r.All = append(r.All, slot(j))
			}
		case 1:
			n := 2 + rng.IntN(2)
			for j := range n {
				r.Of = append(r.Of, slot(j))
			}
			r.Choose = 1 + rng.IntN(n)
		default:
			r.Credits = cairn.WholeCredits(1 + rng.Int64N(5))
			r.Match = more(programme.Selector{Fields: []string{"F", "G"}[:1+rng.IntN(2)]})
			if rng.IntN(2) == 0 {
				r.Limits = []programme.Limit{{Fields: []string{pick(r.Match.Fields)}, Credits: cairn.WholeCredits(1 + rng.Int64N(3)), Clause: "l"}}
			}
		}
		if rng.IntN(6) == 0 {
			four := cairn.WholeCredits(4)
			r.MinLevel = &four
		}
		if rng.IntN(6) == 0 {
			r.MinGrade = &programme.MinGrade{Scale: "letters", Grade: "B"}
		}
		if rng.IntN(6) == 0 {
			r.MaxAge = &programme.Currency{Years: 5, Clause: "age"}
		}
		p.Requirements = append(p.Requirements, r)
	}
	cap := func(clause string) *programme.Cap {
		switch rng.IntN(3) {
		case 0:
			return &programme.Cap{Percent: cairn.WholeCredits([]int64{10, 15, 25, 30}[rng.IntN(4)]), Clause: clause}
		case 1: // 33 % of 20 are 6.6
			return &programme.Cap{Percent: cairn.WholeCredits([]int64{12, 33}[rng.IntN(2)]), Round: "down", Clause: clause}
		}
		return &programme.Cap{Credits: cairn.WholeCredits(1 + rng.Int64N(6)), Clause: clause}
	}
	if rng.IntN(2) == 0 {
		p.Policy.Outside = cap("o")
	}
	if rng.IntN(3) == 0 {
		p.Policy.RPL = cap("r")
	}
	var list []programme.Held
	for i := range 1 + rng.IntN(5) {
		route := []programme.Route{programme.InResidence, programme.Transfer, programme.RPL}[rng.IntN(3)]
		h := held(fmt.Sprint("k", i), university, route, 1+rng.Int64N(4), fmt.Sprintf("20%02d-11-23", 15+rng.IntN(12)), "")
		if rng.IntN(4) == 0 {
			h.Credit.HoursPerCredit = cairn.WholeCredits(15)
			h.Credit.Amount = cairn.WholeCredits(1 + 2*rng.Int64N(2)) // 1.5 or 4.5 credits
		}
		if rng.IntN(3) > 0 {
			h.Field = pick(fields)
		}
		for range rng.IntN(3) {
			h.Tags = append(h.Tags, pick(tags))
		}
		if rng.IntN(4) == 0 {
			h.Level.Value = cairn.WholeCredits(3)
		}
		if rng.IntN(3) > 0 {
			h.GradeScale, h.Grade = "letters", pick([]string{"A", "B", "C"})
		}
		if len(list) > 0 && rng.IntN(6) == 0 {
			h.Achievement = list[0].Achievement
		}
		list = append(list, h)
	}
	if len(slots) > 0 && rng.IntN(3) == 0 {
		a := programme.Agreement{ID: "A", Issuer: university, Achievement: list[rng.IntN(len(list))].Achievement, CountsAs: []string{pick(slots)}, Field: pick([]string{"", "F", "G"})}
		if rng.IntN(2) == 0 {
			a.From = cairn.PartialDate{Year: 2018}
			a.Until = cairn.PartialDate{Year: 2023}
		}
		p.Agreements = append(p.Agreements, a)
	}
	for range rng.IntN(3) {
		x, y := list[rng.IntN(len(list))].Achievement, list[rng.IntN(len(list))].Achievement
		if x != y {
			p.Exclusive = append(p.Exclusive, programme.Exclusive{Clause: "x", Achievements: []cairn.AchievementID{x, y}})
		}
	}
	return p, list
}

func score(p *programme.Programme, r programme.Result) best {
	b := best{credits: halves(r.Counted)}
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
	cases := 400
	if s := os.Getenv("CAIRN_CASES"); s != "" {
		var err error
		if cases, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	rng := rand.New(rand.NewPCG(20261123, 7))
	for n := range cases {
		p, list := randomCase(rng)
		o := &oracle{p: p, held: list, filled: map[string]bool{}, pools: map[string]int{}, limits: map[string]int{}, sets: map[int]int{}, attested: map[string]bool{}}
		var said []string
		if n%5 < 2 { // what only a person can say
			p.Requirements = slices.Insert(p.Requirements, n%len(p.Requirements), programme.Requirement{ID: "person", Clause: "p", AttestedBy: "head of department"})
			if o.attested["person"] = n%5 == 0; n%5 == 0 {
				said = append(said, "person")
			}
		}
		for _, h := range list {
			o.amounts = append(o.amounts, halves(h.Credit.Amount.Mul(h.Credit.HoursPerCredit).Div(cairn.WholeCredits(10))))
		}
		o.try(0)
		r := evaluate(t, p, list, day, said...)
		got := score(p, r)
		routes := map[string]programme.Route{}
		for _, h := range list {
			routes[h.Digest] = h.Route
		}
		for _, l := range r.Lines {
			if routes[l.Credential] != programme.InResidence {
				got.outside += halves(l.Credits)
			}
		}
		if !r.Optimality.Proven || got != o.best {
			ps, _ := json.Marshal(p)
			hs, _ := json.Marshal(list)
			t.Fatalf("case %d: the engine finds %+v (proven %v), trying everything finds %+v\n%s\n%s", n, got, r.Optimality.Proven, o.best, ps, hs)
		}
		rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		again, _ := json.Marshal(evaluate(t, p, list, day, said...))
		if first, _ := json.Marshal(r); string(again) != string(first) {
			t.Fatalf("case %d: another order gives another result\n%s\n%s", n, first, again)
		}
		if len(list) > 1 { // a credential more never makes it worse: at worst it does not count
			fewer := score(p, evaluate(t, p, list[1:], day, said...))
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
