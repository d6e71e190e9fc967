package programme_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/programme"
)

// realistic makes a programme of a number of requirements and a learner's
// credentials in the structure that DOMAIN 1.5 calls realistic: a sixth of the
// requirements are pools of credit and the others modules; seven of ten
// credentials map to one module, a third also to a pool; half may come from
// outside.
func realistic(rng *rand.Rand, credentials, requirements int) (*programme.Programme, []programme.Held) {
	p := &programme.Programme{ID: "p", Edition: "1", Institution: university}
	pools := max(1, requirements/6)
	total := int64(0)
	for i := range requirements {
		r := programme.Requirement{ID: fmt.Sprint("R", i), Clause: fmt.Sprint(i)}
		if i < pools {
			n := 10 + rng.Int64N(11)
			r.Credits, r.Match = cairn.WholeCredits(n), programme.Selector{Fields: []string{fmt.Sprint("F", i)}}
			total += n
		} else {
			n := 3 + rng.Int64N(6)
			r.All = []programme.Slot{{ID: fmt.Sprint("S", i), Credits: cairn.WholeCredits(n), Match: programme.Selector{Tags: []string{fmt.Sprint("T", i)}}}}
			total += n
		}
		p.Requirements = append(p.Requirements, r)
	}
	p.Credit = programme.Credit{Unit: "c", HoursPerCredit: cairn.WholeCredits(10), Total: cairn.WholeCredits(total)}
	p.Policy.Outside = &programme.Cap{Percent: cairn.WholeCredits(50), Clause: "o"}
	var list []programme.Held
	for i := range credentials {
		route := programme.InResidence
		if rng.IntN(2) == 0 {
			route = programme.Transfer
		}
		h := held(fmt.Sprintf("k%03d", i), university, route, 3+rng.Int64N(8), "2025-01-01", "")
		module := func() string { return fmt.Sprint("T", pools+rng.IntN(requirements-pools)) }
		if rng.IntN(10) < 7 {
			h.Tags = []string{module()}
		} else {
			h.Tags = []string{module(), module()}
		}
		if rng.IntN(3) == 0 {
			h.Field = fmt.Sprint("F", rng.IntN(pools))
		}
		list = append(list, h)
	}
	return p, list
}

// dense makes a case in which every credential may count in many places: choices,
// pools with limits, two routes with caps.
func dense(rng *rand.Rand, credentials, requirements int) (*programme.Programme, []programme.Held) {
	p, list := realistic(rng, credentials, requirements)
	for i := range p.Requirements {
		r := &p.Requirements[i]
		if len(r.All) > 0 && rng.IntN(2) == 0 {
			slots := []programme.Slot{r.All[0]}
			for j := range 1 + rng.IntN(3) {
				slots = append(slots, programme.Slot{ID: fmt.Sprint(r.All[0].ID, "-", j), Credits: cairn.WholeCredits(3 + rng.Int64N(6)), Match: programme.Selector{Tags: []string{fmt.Sprint("T", rng.IntN(requirements))}}})
			}
			if r.All = slots; rng.IntN(2) == 0 {
				r.All, r.Of, r.Choose = nil, slots, 1+rng.IntN(len(slots))
			}
		}
	}
	for i := range list {
		for range 5 {
			list[i].Tags = append(list[i].Tags, fmt.Sprint("T", rng.IntN(requirements)))
		}
		if rng.IntN(4) == 0 {
			list[i].Route = programme.RPL
		}
		list[i].Field = fmt.Sprint("F", rng.IntN(max(1, requirements/6)))
	}
	p.Policy.RPL = &programme.Cap{Percent: cairn.WholeCredits(20), Clause: "r"}
	return p, list
}

func BenchmarkSizes(b *testing.B) {
	for _, shape := range []struct {
		name string
		make func(*rand.Rand, int, int) (*programme.Programme, []programme.Held)
	}{{"realistic", realistic}, {"dense", dense}} {
		for _, size := range [][2]int{{5, 10}, {20, 10}, {40, 25}, {60, 25}, {120, 50}, {200, 80}} {
			b.Run(fmt.Sprintf("%s-%dx%d", shape.name, size[0], size[1]), func(b *testing.B) {
				rng := rand.New(rand.NewPCG(7, uint64(size[0])))
				var times []time.Duration
				nodes, unproven := []int{}, 0
				for b.Loop() {
					p, list := shape.make(rng, size[0], size[1])
					start := time.Now()
					r := evaluate(b, p, list, day)
					times, nodes = append(times, time.Since(start)), append(nodes, r.Optimality.Nodes)
					if !r.Optimality.Proven {
						unproven++
					}
				}
				slices.Sort(times)
				slices.Sort(nodes)
				n := len(times)
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(float64(times[n/2].Microseconds())/1000, "median-ms")
				b.ReportMetric(float64(times[n*99/100].Microseconds())/1000, "p99-ms")
				b.ReportMetric(float64(times[n-1].Microseconds())/1000, "max-ms")
				b.ReportMetric(float64(nodes[n/2]), "median-nodes")
				b.ReportMetric(float64(unproven), "unproven")
			})
		}
	}
}
