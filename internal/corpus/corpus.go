// Package corpus is for tests whose cases are also files, which other
// implementations can use.
package corpus

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"cairn.example/jcs"
)

// Same compares what the cases make with their file. With CAIRN_UPDATE set it writes
// the file.
func Same(t testing.TB, file string, v any) {
	t.Helper()
	canonical, err := jcs.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := json.Indent(&b, canonical, "", " "); err != nil {
		t.Fatal(err)
	}
	b.WriteByte('\n')
	if os.Getenv("CAIRN_UPDATE") != "" {
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if old, err := os.ReadFile(file); err != nil || !bytes.Equal(old, b.Bytes()) {
		t.Errorf("%s is not what the cases make (%v); run with CAIRN_UPDATE=1 and look at the difference", file, err)
	}
}
