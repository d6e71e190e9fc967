package batch

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"time"

	"cairn.example"
	"cairn.example/internal/i18n"
	"cairn.example/internal/verify"
)

// Writer writes answers as a spreadsheet, row by row: CSV in UTF-8 with the mark
// that makes spreadsheet programs read it as such. The first columns are those of
// the spreadsheet that was asked about, if any; then come item, part, verdict,
// reason, what was shown, an answer for each axis, and every code.
//
// A document of several credentials has a row for itself and one for each part.
type Writer struct {
	csv    *csv.Writer
	words  i18n.Printer
	header int
}

// NewWriter writes the first row.
func NewWriter(w io.Writer, words i18n.Printer, header []string) (*Writer, error) {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return nil, err
	}
	out := &Writer{csv: csv.NewWriter(w), words: words, header: len(header)}
	row := append([]string{}, header...)
	row = append(row, "item", "part", "verdict", "reason", "kind", "title", "learner", "credits", "unit", "level", "awarded on", "issuer", "issuer name", "list")
	for _, a := range verify.Axes {
		row = append(row, string(a))
	}
	return out, out.write(append(row, "oldest data", "codes", "checked at"))
}

// Write writes the rows of an answer.
func (w *Writer) Write(a Answer) error {
	cells := make([]string, w.header)
	copy(cells, a.Item.Cells)
	if a.Err != nil {
		row := append(cells, a.Item.Name, "", string(a.Verdict()), a.Err.Error())
		row = append(row, make([]string, 10+len(verify.Axes)+1)...)
		return w.write(append(row, cairn.CodeOf(a.Err), ""))
	}
	return w.report(cells, a.Item.Name, "", a.Report)
}

func (w *Writer) report(cells []string, item, part string, r verify.Report) error {
	row := append(append([]string{}, cells...), item, part, string(r.Verdict), w.words.Map("verify", r.Reason().Code, r.Reason().Args), r.Kind)
	var s verify.Shown
	if r.Shown != nil {
		s = *r.Shown
	}
	name, list := "", ""
	if r.Standing != nil {
		name, _ = r.Standing.Name.In(w.words.Tag)
		list, _ = r.Standing.ListName.In(w.words.Tag)
	}
	row = append(row, s.Title, s.Learner, s.Credits, s.CreditUnit, strings.TrimSpace(s.LevelFramework+" "+s.Level), s.AwardedOn, s.Issuer, name, list)
	var codes []string
	var oldest time.Time
	for _, a := range verify.Axes {
		f := r.Finding(a)
		row = append(row, string(f.Outcome))
		codes = append(codes, f.Code)
		if !f.AsOf.IsZero() && (oldest.IsZero() || f.AsOf.Before(oldest)) {
			oldest = f.AsOf
		}
	}
	for _, n := range r.Notes {
		codes = append(codes, n.Code)
	}
	day := ""
	if !oldest.IsZero() {
		day = oldest.UTC().Format(time.DateOnly)
	}
	if err := w.write(append(row, day, strings.Join(codes, " "), r.CheckedAt.Format(time.RFC3339))); err != nil {
		return err
	}
	for i, inner := range r.Credentials {
		at := fmt.Sprint(i + 1)
		if part != "" {
			at = part + "." + at
		}
		if err := w.report(cells, item, at, inner); err != nil {
			return err
		}
	}
	return nil
}

// Flush writes what is buffered.
func (w *Writer) Flush() error {
	w.csv.Flush()
	return w.csv.Error()
}

// write keeps a spreadsheet program from reading a cell that somebody else wrote
// as a formula.
func (w *Writer) write(row []string) error {
	for i, cell := range row {
		if cell != "" && strings.ContainsRune("=+-@\t\r\n|%", rune(cell[0])) {
			row[i] = "'" + cell
		}
	}
	return w.csv.Write(row)
}
