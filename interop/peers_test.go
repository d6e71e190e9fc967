package interop_test

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"cairn.example/internal/verify"
	"cairn.example/jcs"
	"cairn.example/rdfc"
)

// need skips where Node or one of the packages is missing, or fails where nothing
// may be skipped.
func need(t *testing.T, packages ...string) {
	t.Helper()
	_, err := exec.LookPath("node")
	for _, p := range packages {
		if err == nil {
			_, err = os.Stat("node_modules/" + p)
		}
	}
	switch {
	case err == nil:
	case os.Getenv("CAIRN_REQUIRE_ALL") != "":
		t.Fatalf("Node with the packages of interop/ is required here: %v", err)
	default:
		t.Skipf("skipped: needs Node, and npm ci in interop/ (%v)", err)
	}
}

// node runs a script of this folder.
func node(t *testing.T, in io.Reader, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "node", args...)
	cmd.Stdin = in
	var out, fault bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &fault
	if err := cmd.Run(); err != nil {
		t.Fatalf("node: %v\n%s", err, fault.String())
	}
	return out.Bytes()
}

// ask has jobs done by a script that answers each line with a line of the same id.
func ask[A, J any](t *testing.T, jobs []J, args ...string) map[string]A {
	t.Helper()
	var in bytes.Buffer
	for _, j := range jobs {
		b, err := json.Marshal(j)
		if err != nil {
			t.Fatal(err)
		}
		in.Write(append(b, '\n'))
	}
	out := map[string]A{}
	for line := range bytes.Lines(node(t, &in, args...)) {
		var name struct{ ID string }
		var a A
		if err := json.Unmarshal(line, &name); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if err := json.Unmarshal(line, &a); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		out[name.ID] = a
	}
	if len(out) != len(jobs) {
		t.Fatalf("%d answers to %d jobs", len(out), len(jobs))
	}
	return out
}

// answer is what most scripts say of a document, or make of it.
type answer struct {
	Verified bool            `json:"verified"`
	Document json.RawMessage `json:"document"`
	Error    string          `json:"error"`
}

// world writes what the other side may load.
func world(t *testing.T, documents map[string]any) string {
	t.Helper()
	dir := t.TempDir()
	contexts := map[string]json.RawMessage{}
	for _, c := range rdfc.Contexts() {
		b, _ := rdfc.ContextBytes(c.URL)
		contexts[c.URL] = b
	}
	for name, v := range map[string]any{"contexts.json": contexts, "documents.json": documents} {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// refusesChanges shows that no document with one change in one place has a proof
// that is good here, and returns how many there were.
func refusesChanges(t *testing.T, engine *verify.Engine, signed map[string]any) (n int) {
	t.Helper()
	mutate(signed, func(v any) any { return v }, func(v any) {
		m, ok := v.(map[string]any)
		if !ok {
			return
		}
		b, err := jcs.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		n++
		if engine.Verify(t.Context(), b, verify.Options{}).Finding(verify.AxisProof).Outcome == verify.Yes {
			t.Errorf("accepted after a change: %s", b)
		}
	})
	return n
}
