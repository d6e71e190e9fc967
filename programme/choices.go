package programme

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"cairn.example"
)

// maxChoices bounds the choices of a programme, and the tracks of one.
const maxChoices = 30

// Choice is a requirement that is met by so many of its tracks. A track is met when
// all requirements that name it are, and the choices in it. Credit counts in no more
// tracks than are chosen, so two halves don't make one.
type Choice struct {
	ID     string     `yaml:"id"`
	Clause string     `yaml:"clause"`
	Title  cairn.Text `yaml:"title"`
	Choose int        `yaml:"choose"`
	Tracks []Track    `yaml:"tracks"`
	// Track is the track of another choice that this one is part of.
	Track string `yaml:"track,omitempty"`
}

// Track is one way to meet a choice.
type Track struct {
	ID    string     `yaml:"id"`
	Title cairn.Text `yaml:"title"`
}

// trackRef is a track by its choice and its place there.
type trackRef struct{ choice, track int }

// structure is how requirements stand in choices.
type structure struct {
	p     *Programme
	of    []trackRef // of each requirement; choice -1 when it is in none
	above []trackRef // of each choice
	parts []int64    // of each requirement: it is that part of something that is counted
	tops  int        // what is counted: requirements and choices that are in no track
	reqs  [][][]int  // choice → track → requirements
	subs  [][][]int  // choice → track → choices
}

func (p *Programme) structure() *structure {
	t := &structure{p: p, parts: slices.Repeat([]int64{1}, len(p.Requirements))}
	find := func(id string) trackRef {
		for i := range p.Choices {
			if j := slices.IndexFunc(p.Choices[i].Tracks, func(t Track) bool { return t.ID == id }); j >= 0 && id != "" {
				return trackRef{i, j}
			}
		}
		return trackRef{choice: -1}
	}
	for i := range p.Choices {
		t.reqs = append(t.reqs, make([][]int, len(p.Choices[i].Tracks)))
		t.subs = append(t.subs, make([][]int, len(p.Choices[i].Tracks)))
	}
	for i := range p.Choices {
		at := find(p.Choices[i].Track)
		if t.above = append(t.above, at); at.choice < 0 {
			t.tops++
		} else {
			t.subs[at.choice][at.track] = append(t.subs[at.choice][at.track], i)
		}
	}
	for i := range p.Requirements {
		at := find(p.Requirements[i].Track)
		if t.of = append(t.of, at); at.choice < 0 {
			t.tops++
		} else {
			t.reqs[at.choice][at.track] = append(t.reqs[at.choice][at.track], i)
		}
	}
	for i := range p.Requirements {
		for at := t.of[i]; at.choice >= 0; at = t.above[at.choice] {
			t.parts[i] *= int64(p.Choices[at.choice].Choose * (len(t.reqs[at.choice][at.track]) + len(t.subs[at.choice][at.track])))
		}
	}
	return t
}

// track reports whether a track is met, when met says so of each requirement.
func (t *structure) track(at trackRef, met []bool) bool {
	return !slices.ContainsFunc(t.reqs[at.choice][at.track], func(i int) bool { return !met[i] }) &&
		!slices.ContainsFunc(t.subs[at.choice][at.track], func(i int) bool { return !t.choice(i, met) })
}

// choice reports whether a choice is met.
func (t *structure) choice(i int, met []bool) bool {
	n := 0
	for j := range t.p.Choices[i].Tracks {
		if t.track(trackRef{i, j}, met) {
			n++
		}
	}
	return n >= t.p.Choices[i].Choose
}

// satisfied counts what is met of what is counted.
func (t *structure) satisfied(met []bool) (n int) {
	for i, yes := range met {
		if yes && t.of[i].choice < 0 {
			n++
		}
	}
	for i := range t.above {
		if t.above[i].choice < 0 && t.choice(i, met) {
			n++
		}
	}
	return n
}

// inside calls a function for every requirement in a track, however deep.
func (t *structure) inside(at trackRef, f func(requirement int)) {
	for _, i := range t.reqs[at.choice][at.track] {
		f(i)
	}
	for _, c := range t.subs[at.choice][at.track] {
		for j := range t.p.Choices[c].Tracks {
			t.inside(trackRef{c, j}, f)
		}
	}
}

// begun lists the tracks of a choice in which something counts.
func (t *structure) begun(choice int, used []bool) (out []int) {
	for j := range t.p.Choices[choice].Tracks {
		any := false
		t.inside(trackRef{choice, j}, func(i int) { any = any || used[i] })
		if any {
			out = append(out, j)
		}
	}
	return out
}

// overdone reports whether a choice has more tracks in which something counts than
// are chosen.
func (t *structure) overdone(used []bool) bool {
	for i := range t.p.Choices {
		if len(t.begun(i, used)) > t.p.Choices[i].Choose {
			return true
		}
	}
	return false
}

// byPromise orders the tracks of a choice by how far a flow fills them.
func (t *structure) byPromise(choice int, fraction []float64) []int {
	promise, order := make([]float64, len(t.p.Choices[choice].Tracks)), []int(nil)
	for j := range promise {
		order = append(order, j)
		t.inside(trackRef{choice, j}, func(i int) { promise[j] += fraction[i] / float64(t.parts[i]) })
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(promise[b], promise[a]) })
	return order
}

// drop leaves out all tracks of a choice but some.
func (t *structure) drop(st *state, choice int, keep []int) {
	st.settled[choice] = true
	for j := range t.p.Choices[choice].Tracks {
		if !slices.Contains(keep, j) {
			t.inside(trackRef{choice, j}, func(i int) { st.dropped[i] = true })
		}
	}
}

// unsettled returns the first choice of which it is not settled what counts, or -1.
func (q *search) unsettled() int {
	t := q.s.tree
	for i := range t.p.Choices {
		all := slices.Repeat([]bool{false}, len(t.p.Requirements))
		for j := range t.p.Requirements {
			all[j] = !q.dropped[j]
		}
		if !q.state.settled[i] && len(t.begun(i, all)) > 0 {
			return i
		}
	}
	return -1
}

// branchChoice divides by a choice: there is a branch for each set of tracks that may
// be chosen, what the flow fills most first.
func (q *search) branchChoice(choice int, r reading) {
	t := q.s.tree
	order := t.byPromise(choice, r.fraction)
	before := slices.Clone(q.dropped)
	var choose func(from, n int, chosen []int)
	choose = func(from, n int, chosen []int) {
		if n == 0 {
			t.drop(&q.state, choice, chosen)
			q.visit()
			copy(q.dropped, before)
			return
		}
		for k := from; k+n <= len(order); k++ {
			choose(k+1, n-1, append(chosen[:len(chosen):len(chosen)], order[k]))
		}
	}
	choose(0, t.p.Choices[choice].Choose, nil)
	q.state.settled[choice] = false
}

// settleChoices keeps, of each choice, the tracks that a flow fills most.
func (q *search) settleChoices(st *state, r reading) {
	t := q.s.tree
	for i := range t.p.Choices {
		if !st.settled[i] {
			t.drop(st, i, t.byPromise(i, r.fraction)[:t.p.Choices[i].Choose])
		}
	}
}

func (c *checker) choices() {
	if len(c.p.Choices) > maxChoices {
		c.bad("choices", "more than %d choices", maxChoices)
		return
	}
	ids, tracks := map[string]bool{}, map[string]int{}
	for _, r := range c.p.Requirements {
		ids[r.ID] = true
	}
	for i, choice := range c.p.Choices {
		at := fmt.Sprintf("choices[%d]", i)
		if !identifier.MatchString(choice.ID) || ids[choice.ID] {
			c.bad(at+".id", "a choice needs an id of its own")
		}
		ids[choice.ID] = true
		if choice.Clause == "" || strings.ContainsFunc(choice.Clause, hidden) {
			c.bad(at+".clause", "choice %s needs a clause, without hidden characters", choice.ID)
		}
		if !readable(choice.Title) {
			c.bad(at+".title", "choice %s needs a title, without hidden characters", choice.ID)
		}
		if len(choice.Tracks) < 2 || len(choice.Tracks) > maxChoices || choice.Choose < 1 || choice.Choose > len(choice.Tracks) {
			c.bad(at+".choose", "choice %s must choose between 1 and all of 2 to %d tracks", choice.ID, maxChoices)
		}
		for j, t := range choice.Tracks {
			where := fmt.Sprintf("%s.tracks[%d]", at, j)
			if _, twice := tracks[t.ID]; !identifier.MatchString(t.ID) || twice {
				c.bad(where+".id", "a track needs an id of its own")
			}
			tracks[t.ID] = i
			if !readable(t.Title) {
				c.bad(where+".title", "track %s needs a title, without hidden characters", t.ID)
			}
		}
	}
	filled := map[string]bool{}
	for i, r := range c.p.Requirements {
		filled[r.Track] = true
		if _, known := tracks[r.Track]; r.Track != "" && !known {
			c.bad(fmt.Sprintf("requirements[%d].track", i), "there is no track %q", r.Track)
		}
	}
	for i, choice := range c.p.Choices {
		at := fmt.Sprintf("choices[%d]", i)
		if filled[choice.Track] = true; choice.Track == "" {
			continue
		}
		if _, known := tracks[choice.Track]; !known {
			c.bad(at+".track", "there is no track %q", choice.Track)
			continue
		}
		// Following the tracks upwards must end.
		for n, k := 0, i; c.p.Choices[k].Track != ""; n++ {
			next, known := tracks[c.p.Choices[k].Track]
			if !known {
				break
			}
			if k = next; n > len(c.p.Choices) {
				c.bad(at+".track", "choice %s is part of itself", choice.ID)
				return
			}
		}
	}
	for i, choice := range c.p.Choices {
		for j, t := range choice.Tracks {
			if !filled[t.ID] {
				c.bad(fmt.Sprintf("choices[%d].tracks[%d]", i, j), "track %s has no requirements", t.ID)
			}
		}
	}
}
