package rdfc

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"cairn.example/strictjson"
)

// suite returns the folder of a public test suite, which is not kept here.
func suite(t *testing.T, variable, repository string) string {
	t.Helper()
	folder := os.Getenv(variable)
	if folder == "" {
		t.Skipf("set %s to a checkout of %s to run its tests", variable, repository)
	}
	return filepath.Join(folder, "tests")
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// nquads reads N-Quads as the suites have them: well formed.
func nquads(t *testing.T, text string) []quad {
	t.Helper()
	var out []quad
	for line := range strings.Lines(text) {
		rest := strings.TrimSpace(line)
		if rest == "" || rest[0] == '#' {
			continue
		}
		next := func() (x term, some bool) {
			rest = strings.TrimLeft(rest, " \t")
			switch {
			case rest[0] == '.':
				return x, false
			case rest[0] == '<':
				end := strings.IndexByte(rest, '>')
				x = term{kind: iri, value: unescape(t, rest[1:end])}
				rest = rest[end+1:]
			case strings.HasPrefix(rest, "_:"):
				end := strings.IndexAny(rest, " \t")
				x = term{kind: blank, value: rest[:end]}
				rest = rest[end:]
			case rest[0] == '"':
				end := 1
				for ; rest[end] != '"'; end++ {
					if rest[end] == '\\' {
						end++
					}
				}
				x = term{kind: literal, value: unescape(t, rest[1:end])}
				rest = rest[end+1:]
				switch {
				case strings.HasPrefix(rest, "^^<"):
					end := strings.IndexByte(rest, '>')
					x.datatype, rest = unescape(t, rest[3:end]), rest[end+1:]
				case strings.HasPrefix(rest, "@"):
					end := strings.IndexAny(rest, " \t.")
					x.language, rest = rest[1:end], rest[end:]
				}
			default:
				t.Fatalf("this is no N-Quads: %s", line)
			}
			return x, true
		}
		var q quad
		q.subject, _ = next()
		predicate, _ := next()
		q.predicate = predicate.value
		q.object, _ = next()
		q.graph, _ = next()
		out = append(out, q)
	}
	return out
}

func unescape(t *testing.T, s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			continue
		}
		i++
		if at := strings.IndexByte("btnfr\"'\\", s[i]); at >= 0 {
			b.WriteByte("\b\t\n\f\r\"'\\"[at])
			continue
		}
		digits := map[byte]int{'u': 4, 'U': 8}[s[i]]
		var r rune
		if _, err := fmt.Sscanf(s[i+1:i+1+digits], "%x", &r); err != nil || !utf8.ValidRune(r) {
			t.Fatalf("%q: %v", s, err)
		}
		b.WriteRune(r)
		i += digits
	}
	return b.String()
}

// TestRDFCanonSuite runs the suite of w3c/rdf-canon.
func TestRDFCanonSuite(t *testing.T) {
	folder := suite(t, "CAIRN_RDF_CANON", "github.com/w3c/rdf-canon")
	var manifest struct {
		Entries []struct{ ID, Type, Action, Result, HashAlgorithm string }
	}
	if err := json.Unmarshal(readFile(t, filepath.Join(folder, "manifest.jsonld")), &manifest); err != nil {
		t.Fatal(err)
	}
	passed := map[string]int{}
	for _, e := range manifest.Entries {
		quads := nquads(t, string(readFile(t, filepath.Join(folder, e.Action))))
		hash := digest
		if e.HashAlgorithm == "SHA384" {
			hash = digest384
		}
		switch e.Type {
		case "rdfc:RDFC10EvalTest":
			got, err := canonicaliseWith(quads, hash)
			if want := readFile(t, filepath.Join(folder, e.Result)); err != nil || string(got) != string(want) {
				t.Errorf("%s: %v\n%swant\n%s", e.ID, err, got, want)
				continue
			}
		case "rdfc:RDFC10MapTest":
			var want map[string]string
			if err := json.Unmarshal(readFile(t, filepath.Join(folder, e.Result)), &want); err != nil {
				t.Fatal(err)
			}
			got, err := labelsWith(quads, hash)
			same := err == nil && len(got) == len(want)
			for from, to := range want {
				same = same && strings.TrimPrefix(got["_:"+from], "_:") == to
			}
			if !same {
				t.Errorf("%s: %v %v, want %v", e.ID, got, err, want)
				continue
			}
		case "rdfc:RDFC10NegativeEvalTest":
			if _, err := canonicaliseWith(quads, hash); err == nil {
				t.Errorf("%s was not refused", e.ID)
				continue
			}
		default:
			t.Errorf("%s: tests of type %s are not known", e.ID, e.Type)
			continue
		}
		passed[e.Type]++
	}
	t.Logf("of %d tests passed: %v", len(manifest.Entries), passed)
}

// TestJSONLDSuite measures our conversion to RDF against the tests of
// w3c/json-ld-api. We refuse most of JSON-LD on purpose; what we accept must be
// right.
func TestJSONLDSuite(t *testing.T) {
	folder := suite(t, "CAIRN_JSON_LD_API", "github.com/w3c/json-ld-api")
	var manifest struct {
		Sequence []struct {
			ID            string `json:"@id"`
			Type          any    `json:"@type"`
			Input, Expect string
			Option        map[string]any
		}
	}
	if err := json.Unmarshal(readFile(t, filepath.Join(folder, "toRdf-manifest.jsonld")), &manifest); err != nil {
		t.Fatal(err)
	}
	var right, refused, rightlyRefused int
	reasons := map[string]int{}
	for _, e := range manifest.Sequence {
		types := fmt.Sprint(e.Type)
		if e.Option["specVersion"] == "json-ld-1.0" {
			continue
		}
		doc, err := strictjson.ParseObject(readFile(t, filepath.Join(folder, e.Input)), strictjson.Transcript)
		var got []byte
		if err == nil {
			got, err = Canonical(doc)
		}
		switch {
		case err != nil && strings.Contains(types, "Negative"):
			rightlyRefused++
		case err != nil:
			refused++
			reasons[reason(err)]++
		case e.Expect == "":
			t.Errorf("%s is accepted and must be refused", e.ID)
		default:
			want, err := canonicalise(nquads(t, string(readFile(t, filepath.Join(folder, e.Expect)))))
			if err != nil || string(got) != string(want) {
				t.Errorf("%s: %v\n%swant\n%s", e.ID, err, got, want)
				continue
			}
			right++
		}
	}
	t.Logf("%d right, %d rightly refused, %d refused on purpose: %v", right, rightlyRefused, refused, reasons)
}

func reason(err error) string {
	s := err.Error()
	if at := strings.Index(s, "rdfc."); at >= 0 {
		s = s[at:]
	}
	return s[:min(len(s), 24)]
}
