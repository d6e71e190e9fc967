package rdfc

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cairn.example"
	"cairn.example/internal/bounds"
	"cairn.example/jcs"
)

// The document, pointers, key and results of W3C vc-di-bbs, section "Baseline
// Enhanced Example", which are the document and pointers of vc-di-ecdsa, too. The
// example has a vocabulary of its own in an inline context; the test puts its
// names in the place of another vocabulary's.
const (
	undefinedTerms = "https://www.w3.org/ns/credentials/undefined-term#"
	windVocabulary = "https://windsurf.grotto-networking.com/selective#"
	windKey        = "00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF"
	windDocument   = `{"@context": ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/undefined-terms/v2"],
	"type": ["VerifiableCredential"], "issuer": "https://vc.example/windsurf/racecommittee",
	"credentialSubject": {"sailNumber": "Earth101",
		"sails": [{"size": 5.5, "sailName": "Kihei", "year": 2023}, {"size": 6.1, "sailName": "Lahaina", "year": 2023},
			{"size": 7.0, "sailName": "Lahaina", "year": 2020}, {"size": 7.8, "sailName": "Lahaina", "year": 2023}],
		"boards": [{"boardName": "CompFoil170", "brand": "Wailea", "year": 2022}, {"boardName": "Kanaha Custom", "brand": "Wailea", "year": 2019}]}}`
	windShuffled = `0 _:b0 <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <https://www.w3.org/2018/credentials#VerifiableCredential> .
1 _:b0 <https://www.w3.org/2018/credentials#credentialSubject> _:b3 .
2 _:b0 <https://www.w3.org/2018/credentials#issuer> <https://vc.example/windsurf/racecommittee> .
3 _:b1 <https://windsurf.grotto-networking.com/selective#sailName> "Lahaina" .
4 _:b1 <https://windsurf.grotto-networking.com/selective#size> "7.8E0"^^<http://www.w3.org/2001/XMLSchema#double> .
5 _:b1 <https://windsurf.grotto-networking.com/selective#year> "2023"^^<http://www.w3.org/2001/XMLSchema#integer> .
6 _:b2 <https://windsurf.grotto-networking.com/selective#boardName> "CompFoil170" .
7 _:b2 <https://windsurf.grotto-networking.com/selective#brand> "Wailea" .
8 _:b2 <https://windsurf.grotto-networking.com/selective#year> "2022"^^<http://www.w3.org/2001/XMLSchema#integer> .
9 _:b3 <https://windsurf.grotto-networking.com/selective#boards> _:b2 .
10 _:b3 <https://windsurf.grotto-networking.com/selective#boards> _:b4 .
11 _:b3 <https://windsurf.grotto-networking.com/selective#sailNumber> "Earth101" .
12 _:b3 <https://windsurf.grotto-networking.com/selective#sails> _:b1 .
13 _:b3 <https://windsurf.grotto-networking.com/selective#sails> _:b5 .
14 _:b3 <https://windsurf.grotto-networking.com/selective#sails> _:b6 .
15 _:b3 <https://windsurf.grotto-networking.com/selective#sails> _:b7 .
16 _:b4 <https://windsurf.grotto-networking.com/selective#boardName> "Kanaha Custom" .
17 _:b4 <https://windsurf.grotto-networking.com/selective#brand> "Wailea" .
18 _:b4 <https://windsurf.grotto-networking.com/selective#year> "2019"^^<http://www.w3.org/2001/XMLSchema#integer> .
19 _:b5 <https://windsurf.grotto-networking.com/selective#sailName> "Kihei" .
20 _:b5 <https://windsurf.grotto-networking.com/selective#size> "5.5E0"^^<http://www.w3.org/2001/XMLSchema#double> .
21 _:b5 <https://windsurf.grotto-networking.com/selective#year> "2023"^^<http://www.w3.org/2001/XMLSchema#integer> .
22 _:b6 <https://windsurf.grotto-networking.com/selective#sailName> "Lahaina" .
23 _:b6 <https://windsurf.grotto-networking.com/selective#size> "6.1E0"^^<http://www.w3.org/2001/XMLSchema#double> .
24 _:b6 <https://windsurf.grotto-networking.com/selective#year> "2023"^^<http://www.w3.org/2001/XMLSchema#integer> .
25 _:b7 <https://windsurf.grotto-networking.com/selective#sailName> "Lahaina" .
26 _:b7 <https://windsurf.grotto-networking.com/selective#size> "7"^^<http://www.w3.org/2001/XMLSchema#integer> .
27 _:b7 <https://windsurf.grotto-networking.com/selective#year> "2020"^^<http://www.w3.org/2001/XMLSchema#integer> .
`
)

var (
	windMandatory = []string{"/issuer", "/credentialSubject/sailNumber", "/credentialSubject/sails/1", "/credentialSubject/boards/0/year", "/credentialSubject/sails/2"}
	windSelective = []string{"/credentialSubject/boards/0", "/credentialSubject/boards/1"}
)

func readStatements(t testing.TB, text string) *Statements {
	t.Helper()
	s, err := NewStatements(object(t, text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// rename puts one vocabulary in the place of another.
func (s *Statements) rename(t *testing.T, from, to string) {
	moved := func(q quad) quad {
		q.predicate = strings.Replace(q.predicate, from, to, 1)
		return q
	}
	old := s.from
	s.from = map[quad][]source{}
	for q, v := range old {
		s.from[moved(q)] = v
	}
	for i := range s.quads {
		s.quads[i] = moved(s.quads[i])
	}
	var err error
	if s.labels, err = canonicalLabels(s.quads); err != nil {
		t.Fatal(err)
	}
}

// shuffled is createShuffledIdLabelMapFunction of vc-di-bbs.
func shuffled(t *testing.T, labels []string) map[string]string {
	key, err := hex.DecodeString(windKey)
	if err != nil {
		t.Fatal(err)
	}
	digest := func(l string) string {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(l))
		return "u" + base64.RawURLEncoding.EncodeToString(h.Sum(nil))
	}
	byDigest := slices.SortedFunc(slices.Values(labels), func(a, b string) int { return strings.Compare(digest(a), digest(b)) })
	out := map[string]string{}
	for i, l := range byDigest {
		out[l] = "b" + strconv.Itoa(i)
	}
	return out
}

func same(labels []string) map[string]string {
	out := map[string]string{}
	for _, l := range labels {
		out[l] = l
	}
	return out
}

func TestSpecificationGroups(t *testing.T) {
	s := readStatements(t, windDocument)
	s.rename(t, undefinedTerms, windVocabulary)
	sorted, err := s.Sort(shuffled(t, s.Labels()))
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for i, l := range sorted.Lines {
		fmt.Fprintf(&got, "%d %s", i, l)
	}
	if got.String() != windShuffled {
		t.Errorf("got\n%s", got.String())
	}
	combined := slices.Concat(windMandatory, windSelective)
	for _, c := range []struct {
		name     string
		pointers []string
		want     []int
	}{
		{"mandatory", windMandatory, []int{0, 1, 2, 8, 9, 11, 14, 15, 22, 23, 24, 25, 26, 27}},
		{"selective", windSelective, []int{0, 1, 6, 7, 8, 9, 10, 16, 17, 18}},
		{"combined", combined, []int{0, 1, 2, 6, 7, 8, 9, 10, 11, 14, 15, 16, 17, 18, 22, 23, 24, 25, 26, 27}},
		{"nothing", nil, nil},
	} {
		got, err := sorted.Select(c.pointers)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, %v; want %v", c.name, got, err, c.want)
		}
	}
	indexes, err := sorted.Select(combined)
	if err != nil {
		t.Fatal(err)
	}
	labels, err := sorted.LabelsOf(indexes)
	want := map[string]string{"c14n0": "b2", "c14n1": "b4", "c14n2": "b3", "c14n3": "b7", "c14n4": "b6", "c14n5": "b0"}
	if err != nil || !maps.Equal(labels, want) {
		t.Errorf("labels: got %v, %v; want %v", labels, err, want)
	}
	part, err := Part(s.doc, combined)
	if err != nil {
		t.Fatal(err)
	}
	wantPart := object(t, windDocument)
	subject := wantPart["credentialSubject"].(map[string]any)
	subject["sails"] = subject["sails"].([]any)[1:3]
	if !reflect.DeepEqual(part, wantPart) {
		b, _ := jcs.Marshal(part)
		t.Errorf("part: got %s", b)
	}
}

const partial = `{"@context": ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/undefined-terms/v2"],
	"id": "urn:uuid:0", "type": ["VerifiableCredential", "Other"], "issuer": {"id": "https://issuer.example/", "type": "Profile", "city": "Kisumu"},
	"name": [{"@value": "a", "@language": "en"}, {"@value": "b", "@language": "fr"}],
	"a/b": "slash", "m~n": "tilde", "empty": [{"k": 1}, {"k": 1, "l": 2}],
	"credentialSubject": [{"id": "did:example:1", "shared": {"id": "urn:shared", "x": 1}}, {"again": {"id": "urn:shared", "x": 1, "y": 2}}]}`

// A part makes exactly the statements that Select says, under the names that
// LabelsOf says: for every pair of pointers into the document.
func TestPartsMakeTheSelectedStatements(t *testing.T) {
	for _, text := range []string{partial, strings.ReplaceAll(windDocument, "\n", " ")} {
		s := readStatements(t, text)
		sorted, err := s.Sort(same(s.Labels()))
		if err != nil {
			t.Fatal(err)
		}
		var pointers []string
		var walk func(at string, v any)
		walk = func(at string, v any) {
			pointers = append(pointers, at)
			switch v := v.(type) {
			case map[string]any:
				if v["@value"] != nil {
					return
				}
				for k, e := range v {
					if k != "@context" {
						walk(below(at, k), e)
					}
				}
			case []any:
				for i, e := range v {
					walk(at+"/"+strconv.Itoa(i), e)
				}
			}
		}
		walk("", s.doc)
		slices.Sort(pointers)
		for i, p := range pointers {
			for _, q := range pointers[i:] {
				both := []string{p, q}
				indexes, err := sorted.Select(both)
				if err != nil {
					t.Fatalf("%q: %v", both, err)
				}
				names, err := sorted.LabelsOf(indexes)
				if err != nil {
					t.Fatalf("%q: %v", both, err)
				}
				part, err := Part(s.doc, both)
				if err != nil {
					t.Fatalf("%q: %v", both, err)
				}
				of, err := NewStatements(part)
				if err != nil {
					t.Fatalf("%q: %v", both, err)
				}
				again, err := of.Sort(names)
				if err != nil {
					t.Fatalf("%q: %v", both, err)
				}
				var want []string
				for _, i := range indexes {
					want = append(want, sorted.Lines[i])
				}
				if !slices.Equal(again.Lines, want) {
					t.Errorf("%q: got %q, want %q", both, again.Lines, want)
				}
			}
		}
	}
}

func TestSortedIsCanonical(t *testing.T) {
	doc := object(t, partial)
	want, err := Canonical(doc)
	if err != nil {
		t.Fatal(err)
	}
	s := readStatements(t, partial)
	sorted, err := s.Sort(same(s.Labels()))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(sorted.Lines, ""); got != string(want) {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestPointersThatDoNotFit(t *testing.T) {
	s := readStatements(t, partial)
	sorted, err := s.Sort(same(s.Labels()))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{"issuer", "/nothing", "/issuer/city/0", "/credentialSubject/2", "/credentialSubject/00", "/credentialSubject/-", "/credentialSubject/-1",
		"/credentialSubject/+1", "/m~n", "/m~2n", "/a/b", "/name/0/@value", "/" + strings.Repeat("x", maxPointerLength), "/proof"} {
		if _, err := sorted.Select([]string{"/issuer", p}); cairn.CodeOf(err) != "rdfc.pointer" {
			t.Errorf("%.60s: got %v", p, err)
		}
	}
	if _, err := sorted.Select(make([]string, maxPointers+1)); cairn.CodeOf(err) != "rdfc.pointer" {
		t.Errorf("many pointers: %v", err)
	}
	if _, err := Part(object(t, partial), []string{"/nothing"}); cairn.CodeOf(err) != "rdfc.pointer" {
		t.Errorf("Part: %v", err)
	}
	for _, names := range []map[string]string{nil, {"c14n0": "x"}, func() map[string]string { m := same(s.Labels()); m["c14n1"] = m["c14n0"]; return m }()} {
		if _, err := s.Sort(names); cairn.CodeOf(err) != "rdfc.label" {
			t.Errorf("names %v: got %v", names, err)
		}
	}
}

// A part is a copy: changing it leaves the document as it was.
func TestPartIsACopy(t *testing.T) {
	doc, untouched := object(t, partial), object(t, partial)
	part, err := Part(doc, []string{"/issuer", "/credentialSubject"})
	if err != nil {
		t.Fatal(err)
	}
	part["issuer"].(map[string]any)["city"] = "elsewhere"
	part["@context"].([]any)[0] = "elsewhere"
	part["type"].([]any)[0] = "elsewhere"
	if !reflect.DeepEqual(doc, untouched) {
		t.Error("the document changed")
	}
}

// Pointers come from the issuer and from the holder. Whatever they are, they make
// a part with the selected statements, or an error.
func FuzzPointers(f *testing.F) {
	f.Add("/issuer", "/credentialSubject/0/shared")
	f.Add("", "/name/0")
	f.Add("/m~0n", "/a~1b")
	f.Fuzz(bounds.Pair(func(t *testing.T, p, q string) {
		s := readStatements(t, partial)
		sorted, err := s.Sort(same(s.Labels()))
		if err != nil {
			t.Fatal(err)
		}
		pointers := []string{p, q}
		indexes, err := sorted.Select(pointers)
		if err != nil {
			if cairn.CodeOf(err) != "rdfc.pointer" {
				t.Errorf("%q: %v", pointers, err)
			}
			return
		}
		part, err := Part(s.doc, pointers)
		if err != nil {
			t.Fatal(err)
		}
		of, err := NewStatements(part)
		if err != nil || len(of.quads) != len(indexes) {
			t.Errorf("%q: %d statements instead of %d, %v", pointers, len(of.quads), len(indexes), err)
		}
	}))
}
