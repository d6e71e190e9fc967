package programme_test

import (
	"encoding/json"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"cairn.example"
	"cairn.example/programme"
)

// planned makes an offer of a catalogue.
func planned(h programme.Held) programme.Held {
	h.Digest = programme.PlannedDigest(h.Issuer, h.Achievement)
	h.AwardedOn = cairn.PartialDate{Year: day.Year(), Month: day.Month(), Day: day.Day()}
	return h
}

func next(t testing.TB, p *programme.Programme, h, offers []programme.Held, o programme.NextOptions) programme.Steps {
	t.Helper()
	s, err := programme.Next(p, h, offers, day, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func offer(name string, route programme.Route, credits int64, field string, tags ...string) programme.Held {
	issuer := university
	if route == programme.Transfer {
		issuer = college
	}
	return planned(held(name, issuer, route, credits, "2026-01-01", field, tags...))
}

func names(s programme.Set) string {
	var out []string
	for _, i := range s.Items {
		out = append(out, i.Offer[strings.LastIndex(i.Offer, "/")+1:])
	}
	return strings.Join(out, "+")
}

// Amina needs the capstone only, and it must be done with the university.
func TestNextOfTheWorkedExample(t *testing.T) {
	offers := []programme.Held{offer("capstone", programme.InResidence, 12, "", "capstone"), offer("elsewhere", programme.Transfer, 12, "", "capstone"), offer("soil2", programme.InResidence, 6, "AGRI", "soil")}
	s := next(t, load(t), amina(), offers, programme.NextOptions{})
	if len(s.Requirements) != 1 || s.Requirements[0].Requirement != "R5" || s.Award == nil {
		t.Fatalf("%+v", s)
	}
	for _, w := range []programme.Way{s.Requirements[0], *s.Award} {
		if w.Answer != programme.WayFound || !w.Proven || names(w.Sets[0]) != "capstone" || w.Sets[0].Credits.String() != "12" || w.Sets[0].Counted.String() != "60" || !w.Sets[0].Complete || len(w.Sets) != 1 {
			t.Errorf("%+v", w)
		}
	}
	without := next(t, load(t), amina(), offers[1:], programme.NextOptions{})
	for _, w := range []programme.Way{without.Requirements[0], *without.Award} {
		if w.Answer != programme.WayNone || !w.Proven || !slices.Equal(w.Lacking, []string{"capstone"}) || len(w.Sets) != 0 {
			t.Errorf("a capstone from outside is proposed: %+v", w)
		}
	}
	done := next(t, load(t), append(amina(), held("k10", university, programme.InResidence, 12, "2026-11-01", "", "capstone")), offers, programme.NextOptions{})
	if !done.Complete || done.Award != nil || len(done.Requirements) != 0 {
		t.Errorf("nothing is missing: %+v", done)
	}
}

// Who begins with nothing: every part has its cheapest way, and what does as well.
func TestNextFromNothing(t *testing.T) {
	offers := []programme.Held{
		offer("soil", programme.InResidence, 6, "", "soil"), offer("water", programme.InResidence, 6, "", "water"), offer("crop", programme.InResidence, 6, "", "crop-health"), offer("crop2", programme.InResidence, 6, "", "crop-health"),
		offer("dl", programme.InResidence, 4, "", "digital-literacy"), offer("sp", programme.InResidence, 4, "", "spreadsheets"), offer("mm", programme.Transfer, 4, "", "mobile-money"),
		offer("capstone", programme.InResidence, 12, "", "capstone"), offer("volunteer", programme.RPL, 6, "", "community-practice"),
		offer("agro", programme.Transfer, 8, "AGRI"), offer("farm", programme.InResidence, 8, "BUS"), offer("bees", programme.InResidence, 8, "AGRI"), offer("goats", programme.InResidence, 5, "AGRI"),
	}
	s := next(t, load(t), nil, offers, programme.NextOptions{})
	for i, want := range []string{"crop+soil+water", "dl+sp", "agro+bees", "volunteer", "capstone"} {
		w := s.Requirements[i]
		var parts []string
		if len(w.Sets) > 0 {
			parts = strings.Split(names(w.Sets[0]), "+")
			slices.Sort(parts)
		}
		credits := map[int]string{0: "18", 1: "8", 2: "16", 3: "6", 4: "12"}[i]
		if w.Answer != programme.WayFound || !w.Proven || w.Sets[0].Credits.String() != credits || i != 1 && i != 2 && strings.Join(parts, "+") != want {
			t.Errorf("%s: %s of %s credits (%v), want %s of %s; %d evaluations", w.Requirement, strings.Join(parts, "+"), w.Sets[0].Credits, w.Proven, want, credits, w.Evaluations)
		}
	}
	if w := s.Award; w.Answer != programme.WayFound || !w.Proven || !w.Sets[0].Complete || w.Sets[0].Credits.String() != "60" {
		t.Errorf("the whole: %+v", w)
	}
	crop := s.Requirements[0].Sets[0].Items[slices.IndexFunc(s.Requirements[0].Sets[0].Items, func(i programme.Item) bool { return strings.HasSuffix(i.Offer, "/crop") })]
	if len(crop.Or) != 1 || !strings.HasSuffix(crop.Or[0], "/crop2") {
		t.Errorf("what does as well: %+v", crop)
	}
	t.Logf("%d evaluations for the whole", s.Award.Evaluations)
}

// settled blocks what the programme as a whole lets another taking stand in for.
func settled(t *testing.T, p *programme.Programme, list []programme.Held) []programme.Held {
	if p.Policy.Repeat == nil {
		return list
	}
	list = slices.Clone(list)
	for _, c := range evaluate(t, p, list, day).Credentials {
		if slices.ContainsFunc(c.Reasons, func(r programme.Reason) bool {
			return r.Code == programme.ReasonRepeated || r.Code == programme.ReasonRepeatUncertain
		}) {
			list[slices.IndexFunc(list, func(h programme.Held) bool { return h.Digest == c.Credential })].Blocked = programme.BlockedDuplicate
		}
	}
	return list
}

// The brute force tries every set, in no clever order.
func cheapest(t *testing.T, p, rules *programme.Programme, h, offers []programme.Held, reached func(programme.Result) bool) (credits int, items int, found bool) {
	for set := range 1 << len(offers) {
		list, sum := slices.Clone(h), 0
		for i, o := range offers {
			if set>>i&1 == 0 {
				continue
			}
			for j := range list {
				if p.Policy.Repeat == nil && list[j].Blocked == "" && list[j].Issuer == o.Issuer && list[j].Achievement == o.Achievement {
					list[j].Blocked = programme.BlockedDuplicate
				}
			}
			list = append(list, o)
			sum += halves(o.Credit.Amount.Mul(o.Credit.HoursPerCredit).Div(p.Credit.HoursPerCredit))
		}
		n := bits.OnesCount(uint(set))
		if found && (sum > credits || sum == credits && n >= items) {
			continue
		}
		if reached(evaluate(t, rules, settled(t, p, list), day)) {
			credits, items, found = sum, n, true
		}
	}
	return credits, items, found
}

// Over many small programmes with every kind of rule: what is proposed does,
// and trying every set finds nothing cheaper.
func TestNextAgainstBruteForce(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	ways, none, grades, doubts := 0, 0, 0, 0
	for n := range cases(t, 400, 1500) {
		p, list := randomCase(rng, false)
		if rng.IntN(2) == 0 {
			p.Credit.Total = cairn.WholeCredits(1 + rng.Int64N(8))
		}
		if rng.IntN(4) == 0 {
			p.Policy.Repeat = &programme.Repeat{Keep: []string{"first", "last", "best"}[rng.IntN(3)], Clause: "rep"}
		}
		mine := list[:rng.IntN(len(list)+1)]
		var offers []programme.Held
		for _, h := range list[len(mine):] {
			if rng.IntN(2) == 0 {
				h.GradeScale, h.Grade = "", ""
			}
			if slices.ContainsFunc(offers, func(o programme.Held) bool { return o.Achievement == h.Achievement }) {
				continue
			}
			offers = append(offers, planned(h))
		}
		if len(mine) > 0 && rng.IntN(3) == 0 { // the same once more
			again := planned(mine[0])
			if !slices.ContainsFunc(offers, func(o programme.Held) bool { return o.Achievement == again.Achievement }) {
				offers = append(offers, again)
			}
		}
		// The brute force assumes the same grade.
		graded := slices.Clone(offers)
		asked, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		for i := range graded {
			if graded[i].Grade == "" && strings.Contains(string(asked), `"Grade":"B"`) {
				graded[i].GradeScale, graded[i].Grade = "letters", "B"
			}
		}
		before := evaluate(t, p, mine, day)
		s := next(t, p, mine, offers, programme.NextOptions{})
		check := func(name string, w programme.Way, rules *programme.Programme, reached func(programme.Result) bool) {
			credits, items, found := cheapest(t, p, rules, mine, graded, reached)
			switch {
			case w.Answer == programme.WayUnknown:
				t.Errorf("case %d %s: unknown, with %d evaluations", n, name, w.Evaluations)
			case found != (w.Answer == programme.WayFound):
				t.Errorf("case %d %s: %s, and by brute force %v", n, name, w.Answer, found)
			case !found:
				none++
			case halves(w.Sets[0].Credits) != credits || len(w.Sets[0].Items) != items:
				t.Errorf("case %d %s: %s credits in %d, and by brute force %d halves in %d", n, name, w.Sets[0].Credits, len(w.Sets[0].Items), credits, items)
			}
			if !w.Proven {
				doubts++
			}
			for _, set := range w.Sets {
				ways++
				with := slices.Clone(mine)
				for _, item := range set.Items {
					i := slices.IndexFunc(offers, func(o programme.Held) bool { return o.Digest == item.Offer })
					o := offers[i]
					for j := range with {
						if p.Policy.Repeat == nil && with[j].Issuer == o.Issuer && with[j].Achievement == o.Achievement {
							with[j].Blocked = programme.BlockedDuplicate
						}
					}
					if item.Grade != nil { // only where it is said that one is needed
						grades++
						o.GradeScale, o.Grade = item.Grade.Scale, item.Grade.Grade
					}
					with = append(with, o)
				}
				r := evaluate(t, p, with, day)
				if !reached(evaluate(t, rules, settled(t, p, with), day)) || !r.Counted.Equal(set.Counted) || satisfied(r) <= satisfied(before) && !(w.Requirement == "" && r.Complete) {
					t.Errorf("case %d %s: %s is proposed and does not do", n, name, names(set))
				}
			}
		}
		for _, w := range s.Requirements {
			// The requirement can be satisfied together with all that are.
			rules := *p
			rules.Requirements, rules.Policy.Repeat = nil, nil
			for i, q := range before.Requirements {
				if q.Status == programme.Satisfied || q.Requirement == w.Requirement {
					rules.Requirements = append(rules.Requirements, p.Requirements[i])
				}
			}
			check(w.Requirement, w, &rules, func(r programme.Result) bool { return satisfied(r) == len(r.Requirements) })
		}
		if s.Award != nil {
			check("award", *s.Award, p, func(r programme.Result) bool { return r.Complete })
		}
	}
	if ways < 100 || none < 100 || grades < 5 || doubts > ways/20 {
		t.Errorf("%d sets, %d times none, %d grades, %d not proven: too few, or too many, to show anything", ways, none, grades, doubts)
	}
	t.Logf("%d sets, %d times none, %d grades, %d not proven", ways, none, grades, doubts)
}

func TestNextDoesNotDependOnOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 22))
	for range 30 {
		p, list := realistic(rng, 24, 12)
		var offers []programme.Held
		for _, h := range list[12:] {
			offers = append(offers, planned(h))
		}
		mine := slices.Clone(list[:12])
		want, err := json.Marshal(next(t, p, mine, offers, programme.NextOptions{Effort: 5000}))
		if err != nil {
			t.Fatal(err)
		}
		rng.Shuffle(len(offers), func(i, j int) { offers[i], offers[j] = offers[j], offers[i] })
		rng.Shuffle(len(mine), func(i, j int) { mine[i], mine[j] = mine[j], mine[i] })
		got, err := json.Marshal(next(t, p, mine, offers, programme.NextOptions{Effort: 5000}))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Fatalf("another order gives another answer:\n%s\n%s", got, want)
		}
	}
}

// A search that ends early still proposes what does, and says that it is no more
// than a suggestion.
func TestNextThatEndsEarlyIsASuggestion(t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 32))
	suggestions := 0
	for range 60 {
		p, list := realistic(rng, 20, 8)
		var offers []programme.Held
		for _, h := range list[4:] {
			offers = append(offers, planned(h))
		}
		for _, w := range next(t, p, list[:4], offers, programme.NextOptions{Effort: 1}).Requirements {
			if w.Answer != programme.WayFound || w.Proven {
				continue
			}
			suggestions++
			with := slices.Clone(list[:4])
			for _, item := range w.Sets[0].Items {
				with = append(with, offers[slices.IndexFunc(offers, func(o programme.Held) bool { return o.Digest == item.Offer })])
			}
			if satisfied(evaluate(t, p, with, day)) <= satisfied(evaluate(t, p, list[:4], day)) {
				t.Errorf("%s does not do for %s", names(w.Sets[0]), w.Requirement)
			}
		}
	}
	if suggestions < 5 {
		t.Errorf("only %d suggestions; they show nothing", suggestions)
	}
	t.Logf("%d suggestions", suggestions)
}

// What nothing can fill is named, and no search is made for it.
func TestNextNamesWhatIsLacking(t *testing.T) {
	p, err := programme.Parse([]byte(poolOf))
	if err != nil {
		t.Fatal(err)
	}
	w := next(t, p, nil, []programme.Held{offer("o", programme.InResidence, 10, "F")}, programme.NextOptions{}).Award
	if w.Answer != programme.WayNone || !slices.Equal(w.Lacking, []string{"R1"}) || w.Evaluations != 0 {
		t.Errorf("10 credits of 300: %+v", w)
	}
}

func TestNextRefusesWhatIsNotMarkedAsPlanned(t *testing.T) {
	_, err := programme.Next(load(t), nil, amina()[:1], day, programme.NextOptions{})
	if cairn.CodeOf(err) != "programme.not-planned" {
		t.Errorf("%v", err)
	}
	_, err = programme.Next(load(t), nil, make([]programme.Held, 401), day, programme.NextOptions{})
	if cairn.KindOf(err) != cairn.TooLarge {
		t.Errorf("%v", err)
	}
}
