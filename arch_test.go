package cairn_test

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// layers is the architecture: a package imports only packages of lower layers.
// docs/ARCHITECTURE.md explains the order. A package that is in no layer, and a
// listed package that no longer exists, both fail the test.
var layers = [][]string{
	0:  {""},
	1:  {"strictjson", "jcs", "rdfc", "jose", "strictcbor", "cose", "base45", "inflate", "vc", "bbs", "docs/specs"},
	2:  {"did", "statuslist", "tokenstatus", "bake", "pixelpass", "claim169", "openbadges", "programme"},
	3:  {"dataintegrity", "papercode", "sdjwt", "vcjwt", "vccose", "webvh", "federation", "ctdl"},
	4:  {"internal/corpus", "internal/durable", "internal/throttle", "internal/keys", "internal/trust", "internal/i18n", "internal/fetch", "internal/bounds", "internal/reportcheck"},
	5:  {"internal/verify", "internal/issue", "internal/prospectus"},
	6:  {"internal/hold", "internal/recognise", "internal/staff"},
	7:  {"internal/sqlstore", "internal/paper", "internal/batch", "internal/conformance"},
	8:  {"internal/web"},
	9:  {"internal/app", "examples"},
	10: {"internal/demo"},
	11: {"cmd/cairn", "interop/vcjosecose"},
}

// sameLayer lists the imports allowed inside a layer: they are deliberate.
var sameLayer = map[string][]string{
	"jcs":           {"strictjson"},
	"rdfc":          {"strictjson", "jcs"},
	"jose":          {"strictjson", "jcs"},
	"cose":          {"jose", "strictcbor"}, // the same keys and algorithms
	"vc":            {"strictjson"},
	"vcjwt":         {"sdjwt"},
	"webvh":         {"dataintegrity"}, // entries of a log are signed documents
	"vccose":        {"vcjwt"},         // the objects that carry both into a presentation
	"openbadges":    {"statuslist"},    // a badge carries its place in a list
	"internal/keys": {"internal/durable"},
}

// forbidden lists what the specification packages (layers 0 to 3) never touch:
// they do no I/O, so the same code runs in a server, a test and an offline tool.
var forbidden = []string{"net/http", "database/sql", "os", "os/exec", "net"}

// restricted lists packages that only the named ones may import.
var restricted = map[string][]string{
	"internal/sqlstore": {"internal/app", "cmd/cairn"},
}

// modules is the allow-list of direct dependencies; docs/ARCHITECTURE.md has a
// line of reason for each.
var modules = []string{
	"filippo.io/age",
	"github.com/alecthomas/kong",
	"github.com/cloudflare/circl",
	"github.com/fxamacker/cbor/v2",
	"github.com/go-text/typesetting",
	"github.com/goccy/go-yaml",
	"github.com/makiuchi-d/gozxing",
	"github.com/mr-tron/base58",
	"github.com/pressly/goose/v3",
	"github.com/santhosh-tekuri/jsonschema/v6",
	"golang.org/x/crypto",
	"golang.org/x/text",
	"modernc.org/sqlite",
}

const module = "cairn.example"

type goPackage struct {
	ImportPath string
	GoFiles    []string
	Imports    []string
	Module     *struct{ Path string }
}

func listPackages(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.Command("go", "list", "-deps", "-json=ImportPath,GoFiles,Imports,Module", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []goPackage
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var p goPackage
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

func ours(path string) (string, bool) {
	if path == module {
		return "", true
	}
	return strings.CutPrefix(path, module+"/")
}

func TestImportDirection(t *testing.T) {
	layerOf := map[string]int{}
	for n, names := range layers {
		for _, name := range names {
			layerOf[name] = n
		}
	}
	seen := map[string]bool{}
	for _, p := range listPackages(t) {
		name, ok := ours(p.ImportPath)
		if !ok {
			continue
		}
		if len(p.GoFiles) == 0 {
			continue // tests only, such as interop
		}
		seen[name] = true
		layer, ok := layerOf[name]
		if !ok {
			t.Errorf("%s is in no layer; give it one in layers and in docs/ARCHITECTURE.md", name)
			continue
		}
		for _, imp := range p.Imports {
			dep, ok := ours(imp)
			if !ok {
				if layer <= 3 && slices.Contains(forbidden, imp) {
					t.Errorf("specification package %s must not import %s", name, imp)
				}
				continue
			}
			if depLayer := layerOf[dep]; depLayer >= layer && !slices.Contains(sameLayer[name], dep) {
				t.Errorf("%s (layer %d) must not import %s (layer %d)", name, layer, dep, depLayer)
			}
			if allowed, ok := restricted[dep]; ok && !slices.Contains(allowed, name) {
				t.Errorf("%s must not import %s; only %v may", name, dep, allowed)
			}
		}
	}
	for name := range layerOf {
		if !seen[name] {
			t.Errorf("package %q is in a layer but does not exist", name)
		}
	}
}

func TestDirectDependencies(t *testing.T) {
	moduleOf := map[string]string{}
	all := listPackages(t)
	for _, p := range all {
		if p.Module != nil {
			moduleOf[p.ImportPath] = p.Module.Path
		}
	}
	used := map[string]bool{}
	for _, p := range all {
		name, ok := ours(p.ImportPath)
		if !ok {
			continue
		}
		for _, imp := range p.Imports {
			m := moduleOf[imp]
			if m == "" || m == module {
				continue
			}
			used[m] = true
			if !slices.Contains(modules, m) {
				t.Errorf("package %q imports %s of module %s, which is not in the allow-list", name, imp, m)
			}
		}
	}
	for _, m := range modules {
		if !used[m] {
			t.Errorf("module %s is in the allow-list but no package imports it", m)
		}
	}
}
