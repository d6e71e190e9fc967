package batch_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"cairn.example"
	"cairn.example/internal/batch"
	"cairn.example/internal/bounds"
	"cairn.example/internal/i18n"
	"cairn.example/internal/verify"
)

func names(items iter.Seq[batch.Item]) (out []string) {
	for i := range items {
		s := i.Name
		if i.Err != nil {
			s += "!" + cairn.CodeOf(i.Err)
		}
		out = append(out, s)
	}
	return out
}

func zipped(t *testing.T, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range files {
		name, text, _ := strings.Cut(f, "=")
		e, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWhatIsFound(t *testing.T) {
	folder := batch.Folder(fstest.MapFS{"b.json": {}, "a/one.pdf": {}, "a/.hidden": {}, ".git/x": {}, "__MACOSX/b.json": {}, "big": {Data: make([]byte, batch.MaxItem+1)}})
	if got := names(folder); !slices.Equal(got, []string{"a/one.pdf", "b.json", "big!batch.item"}) {
		t.Errorf("folder: %q", got)
	}
	archive, err := batch.Archive(zipped(t, "x.json={}", "f/=", "f/y.json={}", "../../etc/passwd=z", "__MACOSX/x.json="), batch.MaxArchive)
	if err != nil {
		t.Fatal(err)
	}
	if got := names(archive); !slices.Equal(got, []string{"x.json", "f/y.json", "../../etc/passwd"}) {
		t.Errorf("archive: %q", got)
	}
	for name, data := range map[string][]byte{"none": nil, "cut": zipped(t, "x=1")[:30], "other": []byte("PK\x03\x04 something")} {
		if _, err := batch.Archive(data, batch.MaxArchive); cairn.CodeOf(err) != "batch.zip" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A small archive can unpack to a great deal; no more than the limits is held.
func TestArchiveBomb(t *testing.T) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := range 3 {
		e, err := w.Create(fmt.Sprint(i))
		if err != nil {
			t.Fatal(err)
		}
		zeros := make([]byte, 1<<20)
		for range 40 {
			if _, err := e.Write(zeros); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	items, err := batch.Archive(b.Bytes(), batch.MaxArchive)
	if err != nil {
		t.Fatal(err)
	}
	for i := range items {
		if cairn.CodeOf(i.Err) != "batch.item" || len(i.Data) > 0 {
			t.Errorf("%s: %d bytes, %v", i.Name, len(i.Data), i.Err)
		}
	}
}

func TestSheetOfCredentials(t *testing.T) {
	open := func(column, value string) ([]byte, error) {
		if value == "gone" {
			return nil, errors.New("no such file")
		}
		return []byte(column + ":" + value), nil
	}
	for name, c := range map[string]struct{ text, want string }{
		"comma":     {"Name,File\nA,x.json\nB,gone\n", `line 2=file:x.json;line 3!`},
		"semicolon": {"\ufeffName;Credential\nA;\"{\"\"a\"\": 1}\"\n", `line 2={"a": 1}`},
		"tab":       {"url\tName\nhttps://x.example/1\tA\n", `line 2=url:https://x.example/1`},
		"short row": {"Name,File\nA\n\nB,y\n", `line 2!batch.item;line 4=file:y`},
		"empty":     {"Name,File\nA, \n", `line 2!batch.item`},
		"quote":     {"File\nx\n\"y\nz\n", `line 2=file:x;!batch.item`},
	} {
		_, items, err := batch.Sheet([]byte(c.text), open)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []string
		for i := range items {
			if i.Err != nil {
				got = append(got, i.Name+"!"+cairn.CodeOf(i.Err))
			} else {
				got = append(got, i.Name+"="+string(i.Data))
			}
		}
		if strings.Join(got, ";") != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	for name, text := range map[string]string{"no column": "Name,Title\nA,B\n", "two": "file,url\nA,B\n", "nothing": "", "UTF-16": "\xff\xfeN\x00"} {
		if _, _, err := batch.Sheet([]byte(text), open); cairn.CodeOf(err) != "batch.sheet" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func list(n int) iter.Seq[batch.Item] {
	return func(yield func(batch.Item) bool) {
		for i := range n {
			if !yield(batch.Item{Name: fmt.Sprint(i)}) {
				return
			}
		}
	}
}

// Answers come in the order of the items, no more are worked on at once than was
// said, and a caller who has seen enough can stop.
// A spreadsheet of more rows than one run takes says so in the first row beyond.
func TestSheetOfTooMany(t *testing.T) {
	_, items, err := batch.Sheet([]byte("credential\n"+strings.Repeat("x\n", batch.MaxItems+3)), nil)
	if err != nil {
		t.Fatal(err)
	}
	n, refused := 0, 0
	for item := range items {
		n++
		if item.Err != nil {
			refused++
			if cairn.CodeOf(item.Err) != "batch.many" || n <= batch.MaxItems {
				t.Fatalf("row %d: %v", n, item.Err)
			}
		}
	}
	if refused != 1 || n != batch.MaxItems+1 {
		t.Errorf("%d rows, %d refused", n, refused)
	}
}

func TestRun(t *testing.T) {
	var working, most atomic.Int32
	judge := func(context.Context, []byte) (verify.Report, error) {
		n := working.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		time.Sleep(time.Millisecond)
		working.Add(-1)
		return verify.Report{Verdict: verify.Valid}, nil
	}
	n := 0
	for a := range batch.Run(context.Background(), list(100), 4, judge) {
		if a.Item.Name != fmt.Sprint(n) {
			t.Fatalf("answer %d is of %s", n, a.Item.Name)
		}
		n++
	}
	if n != 100 || most.Load() > 4 || most.Load() < 2 {
		t.Errorf("%d answers, %d at once", n, most.Load())
	}
	n = 0
	for range batch.Run(context.Background(), list(1_000_000), 4, judge) {
		if n++; n == 5 {
			break
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	n = 0
	for range batch.Run(ctx, list(1_000_000), 4, judge) {
		if n++; n == 5 {
			stop()
		}
	}
	if n != 5 {
		t.Errorf("%d answers after the end", n)
	}
}

func TestVerdictOfMany(t *testing.T) {
	for _, c := range []struct {
		all  []verify.Verdict
		want verify.Verdict
	}{
		{nil, verify.Undetermined}, {[]verify.Verdict{verify.Valid}, verify.Valid}, {[]verify.Verdict{verify.Valid, verify.Undetermined}, verify.Undetermined},
		{[]verify.Verdict{verify.Undetermined, verify.Invalid, verify.Valid}, verify.Invalid}, {[]verify.Verdict{""}, verify.Undetermined},
	} {
		var w batch.Worst
		for _, v := range c.all {
			w.Add(v)
		}
		if w.Verdict() != c.want {
			t.Errorf("%v: %s, want %s", c.all, w.Verdict(), c.want)
		}
	}
}

// Every row has the same columns, names the reason, and no cell is a formula.
func TestWriter(t *testing.T) {
	catalogue, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w, err := batch.NewWriter(&b, catalogue.For("en"), []string{"Applicant"})
	if err != nil {
		t.Fatal(err)
	}
	good := verify.Finding{Axis: verify.AxisProof, Outcome: verify.Yes, Code: "proof.good", AsOf: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}
	inner := verify.Report{Verdict: verify.Invalid, Kind: verify.KindBadge, Findings: []verify.Finding{good, {Axis: verify.AxisStatus, Outcome: verify.No, Code: "status.revoked"}}}
	for _, a := range []batch.Answer{
		{Item: batch.Item{Name: "line 2", Cells: []string{"=HYPERLINK(\"x\")"}}, Report: verify.Report{Verdict: verify.Invalid, Kind: verify.KindPresentation, Findings: []verify.Finding{good},
			Credentials: []verify.Report{inner}, Shown: &verify.Shown{Title: "+1", Learner: "@x"}}},
		{Item: batch.Item{Name: "line 3", Cells: []string{"B", "too", "many"}}, Err: errors.New("no such file")},
	} {
		if err := w.Write(a); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(b.String(), "\ufeff"))).ReadAll()
	if err != nil || len(rows) != 4 {
		t.Fatalf("%d rows, %v\n%s", len(rows), err, b.String())
	}
	cell := func(row int, column string) string { return rows[row][slices.Index(rows[0], column)] }
	if cell(1, "Applicant") != `'=HYPERLINK("x")` || cell(1, "title") != "'+1" || cell(1, "learner") != "'@x" {
		t.Errorf("a cell can be a formula: %q", rows[1])
	}
	if cell(1, "verdict") != "invalid" || cell(1, "reason") == "" || cell(1, "reason") != cell(2, "reason") || cell(1, "oldest data") != "2026-11-01" {
		t.Errorf("%q", rows[1])
	}
	if cell(2, "part") != "1" || cell(2, "status") != "no" || !strings.Contains(cell(2, "codes"), "status.revoked") {
		t.Errorf("%q", rows[2])
	}
	if cell(3, "verdict") != "undetermined" || cell(3, "reason") != "no such file" || cell(3, "Applicant") != "B" {
		t.Errorf("%q", rows[3])
	}
}

func FuzzSheet(f *testing.F) {
	f.Add([]byte("Name,File\nA,x\n"))
	f.Add([]byte("credential;x\n\"a\nb\";2\n\"\n"))
	f.Fuzz(bounds.Each(func(t *testing.T, data []byte) {
		_, items, err := batch.Sheet(data, func(string, string) ([]byte, error) { return nil, nil })
		if err != nil {
			return
		}
		for i := range items {
			if i.Err == nil && i.Cells == nil {
				t.Error("a row of nothing")
			}
		}
	}))
}

func FuzzArchive(f *testing.F) {
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Fuzz(bounds.Each(func(t *testing.T, data []byte) {
		items, err := batch.Archive(data, batch.MaxArchive)
		if err != nil {
			return
		}
		for i := range items {
			if len(i.Data) > batch.MaxItem {
				t.Error("more than the limit")
			}
		}
	}))
}
