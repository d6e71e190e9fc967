package issue_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"cairn.example"
	"cairn.example/internal/issue"
	"cairn.example/openbadges"
)

const importHead = "award_key,learner_number,full_name,achievement,awarded_on,credits,grade,birth,did\n"

func importLine(key, number, name string) string {
	return key + "," + number + "," + name + "," + string(soil().ID) + ",2026-10-30,,,,\n"
}

func TestImport(t *testing.T) {
	o := open(t, t.TempDir(), nil)
	o.open(t)
	var b strings.Builder
	b.WriteString("\ufeff" + importHead)
	const rows = 300
	for i := range rows {
		b.WriteString(importLine(fmt.Sprint("k", i), fmt.Sprint("N-", i/2), fmt.Sprint("Learner ", i/2)))
	}
	data := []byte(b.String())

	dry, err := o.Import(t.Context(), data, issue.ImportOptions{Institution: college, DryRun: true})
	if err != nil || dry.Total != rows || dry.Failed != 0 || dry.Done != 0 {
		t.Fatalf("dry run: %+v, %v", dry, err)
	}
	if list, err := o.Learners(t.Context(), college, "Learner", "", 10); err != nil || len(list) != 0 {
		t.Fatalf("a dry run registered %d learners (%v)", len(list), err)
	}

	// It stops in the middle, as a killed process would, and goes on.
	stop := errors.New("stop")
	ids := map[int]cairn.CredentialID{}
	_, err = o.Import(t.Context(), data, issue.ImportOptions{Institution: college, Row: func(line int, i issue.Issued) error {
		if line > 200 {
			return stop
		}
		ids[line] = i.ID()
		return nil
	}})
	if !errors.Is(err, stop) {
		t.Fatal(err)
	}
	job, err := o.ImportJob(t.Context(), college, dry.Digest)
	if err != nil || job.Total != rows || job.Done == 0 || job.Done >= rows {
		t.Fatalf("%+v, %v", job, err)
	}
	var told []int
	count := 0
	done, err := o.Import(t.Context(), data, issue.ImportOptions{Institution: college, Progress: func(r issue.ImportReport) { told = append(told, r.Done) },
		Row: func(line int, i issue.Issued) error {
			count++
			if before, ok := ids[line]; ok && before != i.ID() {
				t.Errorf("line %d was issued twice: %s and %s", line, before, i.ID())
			}
			return nil
		}})
	if err != nil || done.Done != rows || done.Failed != 0 || count != rows || fmt.Sprint(told) != "[256 300]" {
		t.Fatalf("%+v, %v, %d rows, told %v", done, err, count, told)
	}
	if job, err = o.ImportJob(t.Context(), college, dry.Digest); err != nil || job.Done != rows {
		t.Errorf("%+v, %v", job, err)
	}
	all := 0
	for after := cairn.LearnerID(""); ; {
		list, err := o.Learners(t.Context(), college, "Learner", after, 200)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 0 {
			break
		}
		for _, l := range list {
			c, err := o.CredentialsOf(t.Context(), college, l.ID)
			if err != nil || len(c) != 2 {
				t.Errorf("%s has %d credentials (%v)", l.FullName, len(c), err)
			}
		}
		all, after = all+len(list), list[len(list)-1].ID
	}
	if all != rows/2 {
		t.Errorf("%d learners", all)
	}

	// A newer version of the achievement does not change what was asked.
	next := soil()
	next.Version, next.Name = "2", cairn.Text{"en": "Soil"}
	if err := o.DefineAchievement(t.Context(), next); err != nil {
		t.Fatal(err)
	}
	if again, err := o.Import(t.Context(), data, issue.ImportOptions{Institution: college}); err != nil || again.Done != rows {
		t.Errorf("after a new version: %+v, %v", again, err)
	}
}

func TestImportReadsEveryColumn(t *testing.T) {
	o := open(t, t.TempDir(), nil)
	o.open(t)
	text := strings.ReplaceAll(strings.Join(issue.ImportColumns, ";"), "_on", "_ON") + "\r\n" +
		`k1;B-9;"'=Zuri ""Z""";Zoe|زوري;~1998-05;;` + string(soil().ID) + `;1;2026-10-30;2026-01-05;2026-10-29;2030-01-01;10/3;-3;Danish;"Two` + "\n" + `lines; one cell"` + "\r\n"
	var got issue.Issued
	r, err := o.Import(t.Context(), []byte(text), issue.ImportOptions{Institution: college, Row: func(_ int, i issue.Issued) error { got = i; return nil }})
	if err != nil || r.Done != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	f, err := openbadges.Read(verify(t, got.Document()))
	if err != nil {
		t.Fatal(err)
	}
	if f.CreditsEarned.String() != "10/3" || f.Grade != "-3" || f.AwardedOn.String() != "2026-10-30" || f.ValidUntil.Format(time.RFC3339) != "2030-01-01T23:59:59Z" {
		t.Errorf("%+v", f)
	}
	l, err := o.Learner(t.Context(), college, got.Learner())
	if err != nil || l.FullName != `=Zuri "Z"` || len(l.OtherNames) != 2 || l.Birth.String() != "~1998-05" || l.Number != "B-9" {
		t.Errorf("%+v, %v", l, err)
	}
}

// TestImportReportsEveryBadRow also holds U07 and U08.
func TestImportReportsEveryBadRow(t *testing.T) {
	o := open(t, t.TempDir(), nil)
	amina := o.open(t)
	if _, err := o.Award(t.Context(), request(amina, "taken")); err != nil {
		t.Fatal(err)
	}
	a := string(soil().ID)
	type bad struct{ row, column, code string }
	cases := []bad{
		{importLine("g1", "X-1", "Good One"), "", ""},
		{"k1,X-2\n", "", "import.width"},
		{`k2,X-3,Ann "A" Bee,` + a + ",2026-10-30,,,,\n", "", "import.quotes"},
		{`k3,X-4,"Ann" Bee,` + a + ",2026-10-30,,,,\n", "", "import.quotes"},
		{"k4,X-5,\xff\xfe," + a + ",2026-10-30,,,,\n", "", "import.encoding"},
		{"k5,X-6,A\x00nn," + a + ",2026-10-30,,,,\n", "full_name", "import.character"},
		{"k6,X-7,=HYPERLINK(1)," + a + ",2026-10-30,,,,\n", "full_name", "import.formula"},
		{"k7,X-8,＝cmd," + a + ",2026-10-30,,,,\n", "full_name", "import.formula"},
		{"k8,X-9,Ann\u202eeeB," + a + ",2026-10-30,,,,\n", "full_name", "import.character"},
		{"k9,X-10,," + a + ",2026-10-30,,,,\n", "full_name", "import.empty-cell"},
		{",X-11,Ann," + a + ",2026-10-30,,,,\n", "award_key", "import.empty-cell"},
		{"k10,X-12,Ann,https://nowhere.example/a,2026-10-30,,,,\n", "achievement", "import.achievement"},
		{"k11,X-13,Ann," + a + ",30/10/2026,,,,\n", "awarded_on", "import.day"},
		{"k12,X-14,Ann," + a + ",2027-10-30,,,,\n", "awarded_on", "award.date-future"},
		{"k13,X-15,Ann," + a + ",2026-10-30,5,,,\n", "credits", "award.credits-too-many"},
		{"k14,X-16,Ann," + a + ",2026-10-30,a lot,,,\n", "credits", "credits.malformed"},
		{"k15,X-17,Ann," + a + ",2026-10-30,,,yesterday,\n", "birth", "date.malformed"},
		{"k16,X-18,Ann," + a + ",2026-10-30,,,,nobody\n", "did", "did.syntax"},
		{importLine("g1", "X-1", "Good One"), "award_key", "import.key-twice"},
		{importLine("k17", "X-1", "Somebody Else"), "learner_number", "import.number-twice"},
		{importLine("k18", "A-17", "Not Amina"), "learner_number", "learner.other-name"},
		{importLine("taken", "A-17", "Amina"), "award_key", "issue.key-used"},
		{"k19,X-19," + strings.Repeat("n", 4001) + "," + a + ",2026-10-30,,,,\n", "full_name", "import.cell-long"},
		{"k20,X-20," + strings.Repeat(",", 200) + "\n", "", "import.columns"},
		{importLine(strings.Repeat("k", 201), "X-21", "Ann"), "award_key", "import.cell-long"},
		{importLine("g2", "X-22", "Good Two"), "", ""},
		{`k21,X-23,"Ann,` + a + ",2026-10-30,,,,\n", "", "import.quotes"},
		{importLine("g3", "X-24", "Good Three"), "", ""},
	}
	file := importHead
	for _, c := range cases {
		file += c.row
	}
	report, err := o.Import(t.Context(), []byte(file), issue.ImportOptions{Institution: college, DryRun: true})
	if err != nil {
		t.Fatal(err)
	}
	byLine := map[int][]issue.RowProblem{}
	for _, p := range report.Problems {
		byLine[p.Line] = append(byLine[p.Line], p)
	}
	failed := 0
	for i, c := range cases {
		got := byLine[i+2]
		if c.code == "" {
			if len(got) > 0 {
				t.Errorf("line %d is good: %v", i+2, got)
			}
			continue
		}
		failed++
		if len(got) == 0 || got[0].Column != c.column || got[0].Code != c.code {
			t.Errorf("line %d: want %s in %q, got %v", i+2, c.code, c.column, got)
		}
	}
	if report.Total != len(cases) || report.Failed != failed {
		t.Errorf("%d of %d rows failed", report.Failed, report.Total)
	}
	if r, err := o.Import(t.Context(), []byte(file), issue.ImportOptions{Institution: college}); cairn.CodeOf(err) != "import.bad-rows" || r.Done != 0 {
		t.Errorf("a file with bad rows: %+v, %v", r, err)
	}
	r, err := o.Import(t.Context(), []byte(file), issue.ImportOptions{Institution: college, SkipBad: true})
	if err != nil || r.Done != 3 || r.Failed != failed {
		t.Errorf("the good rows alone: done %d, failed %d, %v", r.Done, r.Failed, err)
	}
}

func TestImportRefusesFiles(t *testing.T) {
	o := open(t, t.TempDir(), nil)
	o.open(t)
	for _, c := range []struct{ file, code string }{
		{"", "import.empty"},
		{"\ufeff\n\n", "import.empty"},
		{"\xff\xfea\x00", "import.encoding"},
		{"award_key,full_name\nk,n\n", "import.header"},
		{importHead[:len(importHead)-1] + ",colour\n", "import.header"},
		{importHead[:len(importHead)-1] + ",grade\n", "import.header"},
		{strings.Repeat(",", 1_000_000) + "\n", "import.columns"},
		{`"award_key`, "import.quotes"},
		{importHead + strings.Repeat("x\n", issue.MaxImportRows+1), "import.rows"},
		{importHead + strings.Repeat("x", issue.MaxImportBytes), "import.size"},
	} {
		if _, err := o.Import(t.Context(), []byte(c.file), issue.ImportOptions{Institution: college, SkipBad: true}); cairn.CodeOf(err) != c.code {
			t.Errorf("%.40q: %v", c.file, err)
		}
	}
	if _, err := o.Import(t.Context(), []byte(importHead), issue.ImportOptions{Institution: "nobody"}); cairn.KindOf(err) != cairn.NotFound {
		t.Errorf("another institution: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := o.Import(ctx, []byte(importHead+importLine("k", "n", "Ann")), issue.ImportOptions{Institution: college}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
