package issue

import (
	"encoding/csv"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"

	"cairn.example/internal/bounds"
)

// FuzzCSV compares the reader with the standard library's: what both read must
// be the same cells, and what we read it must read too.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "a;b\r\n\"x;\"\"y\";2", "a\n\"open\nb\n", "\ufeffa,b\n,\n", "a\r\rb\n", "\"a\"b,c\n", "a,\xff\n"} {
		f.Add(s)
	}
	f.Fuzz(bounds.Each(func(t *testing.T, s string) {
		ours, err := newCSV([]byte(s))
		if err != nil {
			return
		}
		lines := strings.Count(s, "\n") + 1
		var got [][]string
		clean := true
		for n := 0; ; n++ {
			cells, line, bad, more := ours.next()
			if !more {
				break
			}
			if n > lines || line < 1 || line > lines {
				t.Fatalf("record %d on line %d of %d", n, line, lines)
			}
			if bad != nil {
				clean = false
				continue
			}
			got = append(got, cells)
		}
		// The standard reader drops every CR before LF, also inside quotes, and CR
		// at the end of the file; those files can't be compared.
		if !clean || strings.Contains(s, "\r") {
			return
		}
		std := csv.NewReader(strings.NewReader(strings.TrimPrefix(s, "\ufeff")))
		std.FieldsPerRecord, std.Comma = -1, rune(ours.comma)
		var want [][]string
		for {
			record, err := std.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("we read %q, the standard library: %v", got, err)
			}
			want = append(want, record)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got %q, want %q", got, want)
		}
	}))
}

// FuzzImportRow reads whatever a file has below a header of all columns.
func FuzzImportRow(f *testing.F) {
	f.Add("k,n,Amina,,1998,,https://a.example,1,2026-10-30,,,,3,A,,\n")
	f.Add("'=k,'+n,\"=x\",a|b,~1998-05,did:example:a,u,,2026-10-30,2026-01-01,2026-02-01,2030-01-01,10/3,-3,s,\"two\nlines\"\n")
	f.Fuzz(bounds.Each(func(t *testing.T, s string) {
		file, err := newCSV([]byte(strings.Join(ImportColumns, ",") + "\n" + s))
		if err != nil {
			return
		}
		header, _, bad, _ := file.next()
		if bad != nil {
			t.Fatal(bad)
		}
		at, problems := readHeader(header)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		for {
			cells, line, bad, more := file.next()
			if !more {
				return
			}
			if bad != nil {
				continue
			}
			row, problems := readRow(at, len(header), cells, line, "college", "fuzz")
			if len(problems) > 0 {
				continue
			}
			if row.award.Key == "" || row.learner.FullName == "" || row.award.AwardedOn.IsZero() {
				t.Fatalf("%q was read as %+v", cells, row)
			}
			for _, text := range []string{row.award.Key, row.learner.FullName, row.learner.Number, row.award.Grade} {
				if strings.ContainsAny(text, "\x00\n\u202e") {
					t.Fatalf("%q was let in", text)
				}
			}
		}
	}))
}

func FuzzNormaliseCode(f *testing.F) {
	f.Add("abcd-efgh-jkmn")
	f.Add("0000 0000 0000")
	f.Fuzz(bounds.Each(func(t *testing.T, s string) {
		code, err := NormaliseCode(s)
		if err != nil {
			return
		}
		if again, err := NormaliseCode(strings.ToLower(code[:4] + "-" + code[4:])); err != nil || again != code || len(code) != codeLetters+1 {
			t.Fatalf("%q became %q and then %q (%v)", s, code, again, err)
		}
	}))
}
