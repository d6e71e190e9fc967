package prospectus

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"cairn.example"
	"cairn.example/examples"
	"cairn.example/internal/i18n"
	"cairn.example/programme"
)

func words(t *testing.T, l cairn.Lang) i18n.Printer {
	t.Helper()
	c, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	return c.For(l)
}

// fill gives every member of a rule a value of its own, with one entry in each list,
// and returns the places that it filled.
func fill(v reflect.Value, path string, next *int64, inNot bool) (places []string) {
	*next++
	switch v.Interface().(type) {
	case cairn.Credits:
		v.Set(reflect.ValueOf(cairn.WholeCredits(1000 + *next)))
		return []string{path}
	case cairn.Text:
		v.Set(reflect.ValueOf(cairn.Text{"en": fmt.Sprint("text", *next)}))
		return []string{path}
	case cairn.PartialDate:
		v.Set(reflect.ValueOf(cairn.PartialDate{Year: int(1000 + *next)}))
		return []string{path}
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprint("word", *next))
		return []string{path}
	case reflect.Int:
		v.SetInt(1000 + *next)
		return []string{path}
	case reflect.Bool:
		v.SetBool(true)
		return []string{path}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return append(fill(v.Elem(), path, next, inNot), path)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		return append(fill(v.Index(0), path+".0", next, inNot), path)
	case reflect.Struct:
		for name, i := range members(v.Type()) {
			if name == "not" && inNot {
				continue
			}
			places = append(places, fill(v.FieldByIndex(i), path+"."+name, next, inNot || name == "not")...)
		}
	default:
		panic(path + " is of a kind that this test does not know: " + v.Kind().String())
	}
	return places
}

func whole() (*programme.Programme, []string) {
	p, next := &programme.Programme{}, int64(0)
	places := fill(reflect.ValueOf(p).Elem(), "", &next, false)
	// What an agreement names is there, and a cap is a percentage or an amount.
	p.Agreements[0].CountsAs = []string{p.Requirements[0].All[0].ID, p.Requirements[0].Of[0].ID}
	p.Policy.Floors[0].By = "credentials"
	p.Policy.Floors[0].Average.Round, p.Policy.Caps[0].Average.Round = "down", "down"
	p.Policy.Floors[0].Of, p.Policy.Caps[0].Of = "counted", "counted"
	p.Policy.Reuse.Allow = programme.ReuseShare
	p.Credit.Round.Direction, p.Credit.Round.When, p.Agreements[0].Party = "down", "after", nil
	p.Policy.Outside.Percent, p.Policy.RPL.Credits = cairn.Credits{}, cairn.Credits{}
	return p, slices.DeleteFunc(places, func(s string) bool {
		return s == ".policy.outside.percent" || s == ".policy.rpl.credits" ||
			strings.HasPrefix(s, ".policy.caps.0.average") || // floors have averages
			strings.HasSuffix(s, "atch.minGrade.ungraded") || strings.HasSuffix(s, "not.minGrade.ungraded") || s == ".agreements.0.minGrade.ungraded" || // for requirements only
			s == ".choices.0.id" || s == ".choices.0.tracks.0.id" ||
			s == ".uses.0.kind" || s == ".agreements.0.party" || // the digest fixes the kind; a name that is known comes first
			s == ".policy.caps.0.id" || s == ".policy.floors.0.id" || s == ".policy.caps.0.by" // for decisions, not for learners; and the default
	})
}

// clear takes one value out.
func clear(v reflect.Value, path string) {
	for step := range strings.SplitSeq(strings.TrimPrefix(path, "."), ".") {
		v = reflect.Indirect(v)
		if step == "0" {
			v = v.Index(0)
			continue
		}
		for name, i := range members(v.Type()) {
			if name == step {
				v = v.FieldByIndex(i)
				break
			}
		}
	}
	v.SetZero()
}

// Every member of a rule document shows in the text: without it the text is another
// one. A new member needs a sentence, with its value as {value}.
func TestEveryRuleHasASentence(t *testing.T) {
	en := words(t, "en")
	p, places := whole()
	all := Of(p, en, Names{})
	seen := map[reflect.Type]bool{}
	var look func(reflect.Type)
	look = func(r reflect.Type) {
		for r.Kind() == reflect.Pointer || r.Kind() == reflect.Slice {
			r = r.Elem()
		}
		if r.Kind() != reflect.Struct || seen[r] || r.PkgPath() != reflect.TypeFor[programme.Programme]().PkgPath() {
			return
		}
		seen[r] = true
		var names []string
		for name, i := range members(r) {
			names = append(names, name)
			if code := Code(r, name); !slices.Contains(said[r.Name()], name) && !en.Has(area, code) {
				t.Errorf("%s.%s has no sentence: write %q in internal/i18n/locales/*/%s.json, with {value}", r.Name(), name, code, area)
			}
			look(r.FieldByIndex(i).Type)
		}
		for _, name := range said[r.Name()] {
			if !slices.Contains(names, name) {
				t.Errorf("%s has no member %q any more", r.Name(), name)
			}
		}
	}
	look(reflect.TypeFor[programme.Programme]())
	for name := range said {
		if !slices.ContainsFunc(slices.Collect(keys(seen)), func(r reflect.Type) bool { return r.Name() == name }) {
			t.Errorf("%s is no type of a rule document any more", name)
		}
	}
	for _, place := range places {
		q, _ := whole()
		clear(reflect.ValueOf(q), place)
		if reflect.DeepEqual(Of(q, en, Names{}), all) {
			t.Errorf("%s is said nowhere: the text is the same without it", place)
		}
	}
	if len(places) < 100 {
		t.Errorf("only %d places were looked at", len(places))
	}
}

func keys[K comparable, V any](m map[K]V) func(func(K) bool) {
	return func(yield func(K) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// The example reads as a learner would want it to, and in every language no
// sentence is missing.
func TestExample(t *testing.T) {
	b, err := examples.Programmes.ReadFile("programmes/sustainable-agriculture.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := programme.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	text := Of(p, words(t, "en"), Names{Issuer: func(d cairn.DID) string {
		if d == p.Institution {
			return "Green University"
		}
		return ""
	}}).Text(words(t, "en"))
	for _, want := range []string{
		"When all parts are done, you get: Diploma in Sustainable Agriculture (Diploma).", "You need 60 credits in all.",
		"Digital skills [rule 2.4]\n- Choose 2 of these 3:\n  - Digital literacy: 4 credits\n    - It has this keyword: digital-literacy.",
		"- You must have learned it within this time before we look: 5 years. [rule 2.4]",
		"- You need at least 16 credits. What you bring counts when all of this is true:\n  - It is in this field: AGRI or BUS.\n- The level must be 4 or higher (EQF).\n- At most 6 credits of this part may come from: BUS. [rule 3.2]",
		"Only what you do at Green University counts for this part.",
		"This much at most may come from other institutions: 50 percent, that is 30 credits. [rule 1.2]",
		"It counts as one of these: Soil or Water.", "What is left of it counts in this field: AGRI.",
		"Level 4.5 of NSQF is level 5 here.", "you have 30 days to say so. Write to: the registrar of the university.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	for _, l := range i18n.Languages() {
		w := words(t, l.Tag)
		every, _ := whole()
		for _, text := range []string{Of(p, w, Names{}).Text(w), Of(every, w, Names{}).Text(w)} {
			for _, code := range []string{"section.", "requirement.", "selector.", "policy.max", "award.", "{", "}"} {
				if strings.Contains(text, code) {
					t.Errorf("%s: %q is in\n%s", l.Tag, code, text)
				}
			}
		}
	}
}
