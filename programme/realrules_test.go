package programme_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"cairn.example"
	"cairn.example/programme"
)

// Real rules, converted from files that are not kept here: the 134 programmes of UCLA
// (dkahdian/bruinplan, static/majors, MIT licence), where CAIRN_UCLA names the folder,
// and the 110 of Princeton (TigerAppsOrg/Princeton-Departmental-Data, MIT licence),
// where CAIRN_PRINCETON names the checkout.
//
// What is converted are the places that they list: courses that are required, and so
// many courses of a list. Of lists in lists, each counts by itself. A place takes one
// course, and each course has one credit, so the most that can be filled is a maximum
// matching, which hopcroftKarp finds without the engine.

// converted is a programme with the places that it has.
type converted struct {
	name      string
	programme *programme.Programme
	lists     [][]string // what each place takes
	person    int        // requirements that only a person can judge
}

func newConverted(name string) *converted {
	return &converted{name: name, programme: &programme.Programme{ID: "p", Edition: "1", Institution: university, Title: cairn.Text{"en": name},
		Credit: programme.Credit{Unit: "courses", HoursPerCredit: cairn.WholeCredits(10), Total: cairn.WholeCredits(1)}}}
}

// ask adds a requirement for so many courses of a list.
func (c *converted) ask(title string, n int, list []string) {
	slices.Sort(list)
	list = slices.Compact(list)
	if n = min(n, len(list)); n < 1 {
		return
	}
	id := fmt.Sprint("R", len(c.programme.Requirements))
	c.programme.Requirements = append(c.programme.Requirements, programme.Requirement{ID: id, Clause: id, Title: cairn.Text{"en": title}, Number: n, Each: cairn.WholeCredits(1), Match: programme.Selector{Tags: list}})
	for range n {
		c.lists = append(c.lists, list)
	}
}

// judged adds a requirement that only a person can judge.
func (c *converted) judged(title string) {
	id := fmt.Sprint("P", len(c.programme.Requirements))
	c.programme.Requirements = append(c.programme.Requirements, programme.Requirement{ID: id, Clause: id, Title: cairn.Text{"en": title}, AttestedBy: "the department"})
	c.person++
}

type uclaNode struct {
	Type     string     `json:"type"`
	CourseID string     `json:"courseId"`
	Title    string     `json:"title"`
	Needs    *int       `json:"needs"`
	Options  []uclaNode `json:"options"`
}

func convertUCLA(file string) (*converted, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var doc struct {
		Name     string `json:"name"`
		Sections []struct {
			Requirements []uclaNode `json:"requirements"`
		} `json:"sections"`
	}
	if err := json.Unmarshal(b, &doc); err != nil {
		return nil, err
	}
	c := newConverted(doc.Name)
	var group func(n uclaNode)
	group = func(n uclaNode) {
		var courses []string
		for _, o := range n.Options {
			if o.Type == "course" {
				courses = append(courses, o.CourseID)
			} else {
				group(o)
			}
		}
		needs := 1
		if n.Needs != nil {
			needs = *n.Needs
		}
		c.ask(n.Title, needs, courses)
	}
	for _, s := range doc.Sections {
		for _, r := range s.Requirements {
			if r.Type == "course" {
				c.ask(r.CourseID, 1, []string{r.CourseID})
			} else {
				group(r)
			}
		}
	}
	return c, nil
}

type princetonNode struct {
	Name    string          `yaml:"name"`
	Needed  any             `yaml:"min_needed"`
	Lists   []princetonNode `yaml:"req_list"`
	Courses []any           `yaml:"course_list"`
	NoReq   any             `yaml:"no_req"`
	// Shared is that its courses may count elsewhere too.
	Shared bool `yaml:"double_counting_allowed"`
}

// convertPrinceton converts what shares no course; lists whose courses may count
// elsewhere too compete with nothing, and each is a programme of its own.
func convertPrinceton(file string) ([]*converted, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var doc princetonNode
	if err := yaml.Unmarshal(b, &doc); err != nil {
		return nil, err
	}
	main := newConverted(doc.Name)
	out := []*converted{main}
	var walk func(n princetonNode, shared bool)
	walk = func(n princetonNode, shared bool) {
		shared = shared || n.Shared
		for _, l := range n.Lists {
			walk(l, shared)
		}
		var courses []string
		for _, c := range n.Courses {
			courses = append(courses, strings.TrimSpace(strings.SplitN(fmt.Sprint(c), "#", 2)[0]))
		}
		if len(courses) == 0 {
			if len(n.Lists) == 0 {
				main.judged(n.Name)
			}
			return
		}
		into := main
		if shared {
			into = newConverted(doc.Name + ", " + n.Name)
			out = append(out, into)
		}
		needed := 0
		if _, err := fmt.Sscan(fmt.Sprint(n.Needed), &needed); err != nil && strings.EqualFold(fmt.Sprint(n.Needed), "all") {
			for _, c := range courses { // each of them
				into.ask(n.Name, 1, []string{c})
			}
			return
		}
		into.ask(n.Name, needed, courses)
	}
	for _, l := range doc.Lists {
		walk(l, false)
	}
	return out, nil
}

// matches reports whether a course is of a list, which may have patterns: ART *** is
// any course of ART, ART 4* any whose number begins with 4.
func matches(pattern, course string) bool {
	if head, _, ok := strings.Cut(pattern, "*"); ok {
		return strings.HasPrefix(course, head)
	}
	return pattern == course
}

// hopcroftKarp is the size of a maximum matching of courses with places, by plain
// augmenting paths.
func hopcroftKarp(places [][]int, courses int) (n int) {
	by := slices.Repeat([]int{-1}, courses)
	var try func(p int, seen []bool) bool
	try = func(p int, seen []bool) bool {
		for _, c := range places[p] {
			if !seen[c] {
				seen[c] = true
				if by[c] < 0 || try(by[c], seen) {
					by[c] = p
					return true
				}
			}
		}
		return false
	}
	for p := range places {
		if try(p, make([]bool, courses)) {
			n++
		}
	}
	return n
}

// transcript makes a learner who took a share of what the programme lists, and
// something else.
func transcript(rng *rand.Rand, c *converted) []string {
	var all []string
	for _, l := range c.lists {
		all = append(all, l...)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	share := 0.2 + 1.3*rng.Float64() // of as many courses as there are places
	var out []string
	for _, course := range all {
		if head, _, ok := strings.Cut(course, "*"); ok { // some courses that fit the pattern
			for range rng.IntN(3) {
				out = append(out, fmt.Sprint(head, 10+rng.IntN(90)))
			}
		} else if rng.Float64() < share*float64(len(c.lists))/float64(len(all)) {
			out = append(out, course)
		}
	}
	slices.Sort(out)
	out = append(slices.Compact(out), "NONE 1")
	rng.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// judge compares the engine with the matching, and with what first come, first served
// finds.
type judge struct{ programmes, runs, below, unproven, firstFitWorse, wronglyOpen, complete int }

func (j *judge) run(t *testing.T, c *converted, rng *rand.Rand, runs int) {
	t.Helper()
	if len(c.lists) == 0 {
		return
	}
	j.programmes++
	for range runs {
		taken := transcript(rng, c)
		var list []programme.Held
		places := make([][]int, len(c.lists))
		for i, course := range taken {
			h := held(course, university, programme.InResidence, 1, fmt.Sprintf("20%02d-01-01", 10+i%15), "")
			seen := map[string]bool{}
			for p, l := range c.lists {
				for _, pattern := range l {
					if matches(pattern, course) {
						if !seen[pattern] {
							seen[pattern] = true
							h.Tags = append(h.Tags, pattern)
						}
						if !slices.Contains(places[p], i) {
							places[p] = append(places[p], i)
						}
					}
				}
			}
			list = append(list, h)
		}
		most := hopcroftKarp(places, len(taken))
		r := evaluate(t, c.programme, list, day, c.programme.Attestable()...)
		j.runs++
		if !r.Optimality.Proven {
			j.unproven++
		}
		got := len(r.Lines)
		if got != most || r.Counted.String() != fmt.Sprint(most) {
			if j.below++; j.below < 5 {
				t.Errorf("%s: %d places are filled, and %d can be", c.name, got, most)
			}
		}
		first := 0
		used := make([]bool, len(c.lists))
		for i := range taken {
			for p := range places {
				if !used[p] && slices.Contains(places[p], i) {
					used[p] = true
					first++
					break
				}
			}
		}
		if first < most {
			j.firstFitWorse++
		}
		if most == len(c.lists) {
			if j.complete++; first < most {
				j.wronglyOpen++
			}
		}
	}
}

func (j *judge) say(t *testing.T, of string) {
	t.Logf("%s: %d programmes, %d transcripts: %d below the optimum, %d not proven; first come, first served is worse in %d, and calls %d of %d that are complete open",
		of, j.programmes, j.runs, j.below, j.unproven, j.firstFitWorse, j.wronglyOpen, j.complete)
}

func folder(t *testing.T, variable string) string {
	t.Helper()
	dir := os.Getenv(variable)
	if dir == "" {
		t.Skipf("%s names no folder", variable)
	}
	return dir
}

func TestRulesOfUCLA(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(folder(t, "CAIRN_UCLA"), "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no programmes: %v", err)
	}
	rng, j := rand.New(rand.NewPCG(134, 1)), &judge{}
	for _, f := range files {
		c, err := convertUCLA(f)
		if err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		j.run(t, c, rng, cases(t, 20, 200))
	}
	j.say(t, "UCLA")
}

func TestRulesOfPrinceton(t *testing.T) {
	dir := folder(t, "CAIRN_PRINCETON")
	rng, j := rand.New(rand.NewPCG(110, 1)), &judge{}
	person := 0
	for _, kind := range []string{"majors", "minors", "certificates", "degrees"} {
		files, err := filepath.Glob(filepath.Join(dir, kind, "*.yaml"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no %s: %v", kind, err)
		}
		for _, f := range files {
			list, err := convertPrinceton(f)
			if err != nil {
				t.Fatalf("%s: %v", f, err)
			}
			for _, c := range list {
				person += c.person
				j.run(t, c, rng, cases(t, 20, 200))
			}
		}
	}
	j.say(t, "Princeton")
	t.Logf("%d requirements wait for a person", person)
}
