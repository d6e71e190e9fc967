package programme_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"cairn.example/programme"
)

// onlyParse are the words of what only Parse refuses; docs/specs/programme.md lists it.
var onlyParse = regexp.MustCompile(`id of its own|letters, digits|no slot|not on the scale|levels\.framework|two limits|between 1 and|below min|ends before|needs credits|needs its hours|needs the total|too fine|too large|` +
	`at most 100|age limit|not a date|hidden characters|more than 400 slots|belongs to credits|limits to credits|either a percentage or an amount|exactly one of|plain figure|must be a decentralised identifier|and what it counts as|too long`)

// cases is how many random cases a test tries: few, so that all tests take about a
// minute, and many where CAIRN_CASES asks for more, as in CI.
func cases(t testing.TB, few, many int) int {
	t.Helper()
	if os.Getenv("CAIRN_CASES") == "" {
		return few
	}
	return many
}

// What Parse accepts, the schema accepts; what only Parse refuses is what the schema
// can't say.
func TestSchemaAgreesWithParse(t *testing.T) {
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(programme.Schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("programme", schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("programme")
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(6, 6))
	both, neither, parse := 0, 0, 0
	n := cases(t, 120, 1000)
	for range n {
		var tree any
		if err := yaml.Unmarshal([]byte(example(t)), &tree); err != nil {
			t.Fatal(err)
		}
		change(rng, &tree)
		text, err := json.Marshal(tree)
		if err != nil {
			t.Fatal(err)
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		_, refused := programme.Parse(text)
		invalid := compiled.Validate(v)
		switch {
		case refused == nil && invalid != nil:
			t.Errorf("Parse accepts what the schema refuses: %v\n%s", invalid, text)
		case refused != nil && invalid == nil:
			if parse++; !onlyParse.MatchString(refused.Error()) {
				t.Errorf("only Parse refuses this, and the document does not say so: %v\n%s", refused, text)
			}
		case refused == nil:
			both++
		default:
			neither++
		}
	}
	if both < n/10 || neither < n/10 || parse < n/80 {
		t.Errorf("accepted %d, refused %d, refused by Parse alone %d", both, neither, parse)
	}
}

// change replaces, doubles or takes out one thing in a document.
func change(rng *rand.Rand, at *any) {
	values := []any{5, 2.5, 0, -1, "x", "5", "", "2024", "10/3", "did:web:x.example", []any{}, map[string]any{}, true, []any{"x"}, 2024, "C1", "R1"}
	switch v := (*at).(type) {
	case map[string]any:
		keys := slices.Sorted(maps.Keys(v)) // so that each run makes the same changes
		if len(keys) == 0 {
			break
		}
		k := keys[rng.IntN(len(keys))]
		if rng.IntN(8) == 0 {
			delete(v, k)
			return
		}
		inside := v[k]
		change(rng, &inside)
		v[k] = inside
		return
	case []any:
		if len(v) == 0 {
			break
		}
		i := rng.IntN(len(v))
		if rng.IntN(8) == 0 {
			*at = append(v, v[i])
			return
		}
		change(rng, &v[i])
		return
	}
	*at = values[rng.IntN(len(values))]
}
