package issue

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"cairn.example"
	"cairn.example/did"
)

// ImportColumns are the columns of an imported file, in any order; those in
// ImportRequired must be there. other_names are separated by "|". Days are
// written 2026-03-31, birth dates 1998, 1998-05 or 1998-05-17, credits 3, 3.5 or
// 10/3; valid_until is the last day. Without credits the learner earned the whole credit of the achievement,
// without version the newest one.
var (
	ImportColumns = []string{"award_key", "learner_number", "full_name", "other_names", "birth", "did", "achievement", "version",
		"awarded_on", "activity_start", "activity_end", "valid_until", "credits", "grade", "grade_scale", "narrative"}
	ImportRequired = []string{"award_key", "learner_number", "full_name", "achievement", "awarded_on"}
)

// RowProblem is something wrong with one row of an imported file.
type RowProblem struct {
	Line    int    `json:"line"`             // from 1, the header included
	Column  string `json:"column,omitempty"` // empty when it is the whole row
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

func (p RowProblem) String() string {
	s := fmt.Sprintf("line %d", p.Line)
	if p.Column != "" {
		s += ", " + p.Column
	}
	s += ": " + p.Message
	if p.Hint != "" {
		s += " (" + p.Hint + ")"
	}
	return s
}

// importRow is a row that could be read.
type importRow struct {
	line    int
	learner cairn.Learner
	award   AwardRequest
}

// readHeader finds the place of each column.
func readHeader(cells []string) (map[string]int, []RowProblem) {
	var problems []RowProblem
	at := map[string]int{}
	for i, c := range cells {
		name := strings.ToLower(strings.TrimSpace(c))
		_, twice := at[name]
		switch {
		case name == "":
			problems = append(problems, RowProblem{1, "", "import.header", fmt.Sprintf("column %d has no name", i+1), "delete the empty column"})
		case !contains(ImportColumns, name):
			problems = append(problems, RowProblem{1, short(name), "import.header", "this column is not known", "use " + strings.Join(ImportColumns, ", ")})
		case twice:
			problems = append(problems, RowProblem{1, name, "import.header", "this column is there twice", ""})
		}
		at[name] = i
	}
	for _, name := range ImportRequired {
		if _, ok := at[name]; !ok {
			problems = append(problems, RowProblem{1, name, "import.header", "this column is missing", "add it"})
		}
	}
	return at, problems
}

func contains(list []string, s string) bool {
	for _, v := range list {
		if v == s {
			return true
		}
	}
	return false
}

func short(s string) string {
	const limit = 60
	if len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "") + "…"
	}
	return s
}

// rowReader reads the cells of one row and collects everything wrong with them.
type rowReader struct {
	line     int
	at       map[string]int
	cells    []string
	problems []RowProblem
}

func (r *rowReader) bad(column, code, format string, args ...any) {
	r.problems = append(r.problems, RowProblem{Line: r.line, Column: column, Code: code, Message: fmt.Sprintf(format, args...)})
}

// add turns an error into a problem of the row.
func (r *rowReader) add(column string, err error) {
	p := problemOf(r.line, err)
	if column != "" {
		p.Column = column
	}
	r.problems = append(r.problems, p)
}

// text returns a cell. A cell that a spreadsheet would run as a formula is
// refused; one that was made harmless with an apostrophe is read without it.
func (r *rowReader) text(column string) string {
	i, ok := r.at[column]
	if !ok {
		return ""
	}
	s := strings.TrimSpace(r.cells[i])
	if len(s) > maxImportCell {
		r.bad(column, "import.cell-long", "the cell is longer than %d bytes", maxImportCell)
		return ""
	}
	for _, c := range s {
		if hidden(c) && !(column == "narrative" && (c == '\n' || c == '\r' || c == '\t')) {
			r.bad(column, "import.character", "the cell has the invisible character %U", c)
			return ""
		}
	}
	if rest, ok := strings.CutPrefix(s, "'"); ok && formula(rest) {
		return rest
	}
	if formula(s) && !number(s) {
		r.bad(column, "import.formula", "%q would run as a formula in a spreadsheet", short(s))
		r.problems[len(r.problems)-1].Hint = "write an apostrophe before it if it is meant as text"
		return ""
	}
	return s
}

// formula reports whether a spreadsheet would take s for one.
func formula(s string) bool {
	c, _ := utf8.DecodeRuneInString(s)
	return s != "" && strings.ContainsRune("=+-@＝＋－＠", c)
}

// number reports whether s is a plain signed number, as some grades are.
func number(s string) bool {
	digits := strings.TrimLeft(s, "+-")
	return len(s)-len(digits) == 1 && digits != "" && strings.Trim(digits, "0123456789.,") == ""
}

func (r *rowReader) required(column string) string {
	before := len(r.problems)
	s := r.text(column)
	if s == "" && len(r.problems) == before {
		r.bad(column, "import.empty-cell", "the cell is empty")
	}
	return s
}

func (r *rowReader) day(column string) time.Time {
	s := r.text(column)
	if s == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		r.bad(column, "import.day", "%q is not a day; write it as 2026-03-31", short(s))
	}
	return t
}

// readRow reads one record; problems is empty when the row can be used.
func readRow(at map[string]int, width int, cells []string, line int, inst cairn.InstitutionID, actor string) (importRow, []RowProblem) {
	r := &rowReader{line: line, at: at, cells: cells}
	if len(cells) != width {
		r.bad("", "import.width", "the row has %d cells and the header %d", len(cells), width)
		return importRow{}, r.problems
	}
	row := importRow{line: line,
		learner: cairn.Learner{Institution: inst, Number: r.required("learner_number"), FullName: r.required("full_name")},
		award: AwardRequest{Institution: inst, Key: r.required("award_key"), Achievement: cairn.AchievementID(r.required("achievement")),
			Version: r.text("version"), ActivityStart: r.day("activity_start"), ActivityEnd: r.day("activity_end"), ValidUntil: r.day("valid_until"),
			Grade: r.text("grade"), GradeScale: r.text("grade_scale"), Narrative: r.text("narrative"), Actor: actor},
	}
	if r.required("awarded_on") != "" {
		row.award.AwardedOn = r.day("awarded_on")
	}
	if until := row.award.ValidUntil; !until.IsZero() {
		row.award.ValidUntil = until.Add(24*time.Hour - time.Second)
	}
	if len(row.award.Key) > maxKey {
		r.bad("award_key", "import.cell-long", "the key is longer than %d bytes", maxKey)
	}
	for name := range strings.SplitSeq(r.text("other_names"), "|") {
		if name = strings.TrimSpace(name); name != "" {
			row.learner.OtherNames = append(row.learner.OtherNames, name)
		}
	}
	for column, names := range map[string][]string{"full_name": {row.learner.FullName}, "other_names": row.learner.OtherNames, "learner_number": {row.learner.Number}} {
		for _, n := range names {
			if n == "" {
				continue // reported above
			}
			if err := checkName(column, n); err != nil {
				r.add(column, err)
			}
		}
	}
	var err error
	if row.learner.Birth, err = cairn.ParsePartialDate(r.text("birth")); err != nil {
		r.add("birth", err)
	}
	if s := r.text("did"); s != "" {
		if row.learner.DID, err = did.Parse(s); err != nil {
			r.add("did", err)
		}
	}
	if s := r.text("credits"); s != "" {
		c, err := cairn.ParseCredits(s)
		if err != nil {
			r.add("credits", err)
		}
		row.award.Credits = &c
	}
	return row, r.problems
}

// columnOf names the column behind a field of an award or a learner.
var columnOf = map[string]string{
	"key": "award_key", "number": "learner_number", "fullName": "full_name", "birth": "birth", "did": "did", "achievement": "achievement", "version": "version",
	"awardedOn": "awarded_on", "activityStart": "activity_start", "activityEnd": "activity_end", "validUntil": "valid_until",
	"credits": "credits", "creditsEarned": "credits", "grade": "grade", "gradeScale": "grade_scale", "narrative": "narrative",
}
