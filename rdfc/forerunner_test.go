package rdfc

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestForerunnerSuite runs the tests of URDNA2015, which became RDFC-1.0, with the
// vectors that the module json-gold carries (go.sum pins them). 49 of the 64
// results of the suite of RDFC-1.0 are among them byte for byte, so this stands in
// for it where there is no checkout; TestRDFCanonSuite is the whole.
func TestForerunnerSuite(t *testing.T) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/piprate/json-gold").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	folder := filepath.Join(strings.TrimSpace(string(out)), "ld", "testdata", "normalization")
	var manifest struct {
		Entries []struct{ ID, Type, Action, Result string }
	}
	if err := json.Unmarshal(readFile(t, filepath.Join(folder, "manifest-urdna2015.jsonld")), &manifest); err != nil {
		t.Fatal(err)
	}
	if len(manifest.Entries) != 62 {
		t.Errorf("%d tests", len(manifest.Entries))
	}
	passed := 0
	for _, e := range manifest.Entries {
		if e.Type != "rdfn:Urdna2015EvalTest" {
			t.Errorf("%s: tests of type %s are not known", e.ID, e.Type)
		}
		got, err := canonicalise(nquads(t, string(readFile(t, filepath.Join(folder, e.Action)))))
		want := string(readFile(t, filepath.Join(folder, e.Result)))
		if e.ID == "manifest-urdna2015#test060" {
			// The canonical form of N-Quads has these as escapes since (RDFC-1.0, section 5).
			want = strings.NewReplacer("\b", `\b`, "\t", `\t`, "\f", `\f`).Replace(want)
		}
		if err != nil || string(got) != want {
			t.Errorf("%s: %v\n%swant\n%s", e.ID, err, got, want)
			continue
		}
		passed++
	}
	t.Logf("of %d tests passed: %d", len(manifest.Entries), passed)
}
