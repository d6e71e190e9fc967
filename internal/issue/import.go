package issue

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"cairn.example"
	"cairn.example/jcs"
)

// Limits of one import.
const (
	maxImportProblems = 10_000 // problems that are listed; more are only counted
	importChunk       = 256    // rows between two records of progress
	importWorkers     = 32     // rows at the same time, so that they share commits
)

// ImportOptions asks for an import.
type ImportOptions struct {
	Institution cairn.InstitutionID
	Actor       string // who asked, for the record of events
	// DryRun checks every row and changes nothing.
	DryRun bool
	// SkipBad imports the good rows of a file that also has bad ones; without it
	// such a file changes nothing.
	SkipBad bool
	// Progress is told after every few hundred rows; it may be nil.
	Progress func(ImportReport)
	// Row is told each credential, in the order of the file, also of rows that an
	// earlier import issued already. An error of it ends the import. It may be nil.
	Row func(line int, i Issued) error
}

// ImportReport says what an import did or, for a dry run, would do.
type ImportReport struct {
	Digest   string       `json:"digest"` // of the file
	Total    int          `json:"total"`  // data rows
	Done     int          `json:"done"`   // rows whose credential is issued
	Failed   int          `json:"failed"` // rows with problems
	Problems []RowProblem `json:"problems,omitempty"`
	// Unlisted counts problems beyond the first 10,000.
	Unlisted int `json:"unlisted,omitempty"`
	// Warnings are about rows that are imported all the same, the first 1,000.
	Warnings []RowProblem `json:"warnings,omitempty"`
}

// maxImportWarnings bounds the warnings of a report.
const maxImportWarnings = 1000

func (r *ImportReport) add(p ...RowProblem) {
	room := min(len(p), maxImportProblems-len(r.Problems))
	r.Problems = append(r.Problems, p[:room]...)
	r.Unlisted += len(p) - room
}

// warn says what of a good row a person should look at.
func (r *ImportReport) warn(row importRow) {
	for _, c := range []struct {
		column string
		texts  []string
	}{{"full_name", []string{row.learner.FullName}}, {"other_names", row.learner.OtherNames}, {"learner_number", []string{row.learner.Number}}, {"narrative", []string{row.award.Narrative}}} {
		for _, t := range Composed(c.texts...) {
			if len(r.Warnings) < maxImportWarnings {
				r.Warnings = append(r.Warnings, RowProblem{Line: row.line, Column: c.column, Code: "text.composed", Message: ComposedWarning(t)})
			}
		}
	}
}

// ImportJob is how far the import of one file has come.
type ImportJob struct {
	Institution         cairn.InstitutionID
	Digest              string
	Total, Done, Failed int
	Updated             time.Time
}

// ImportTx is what imports need of a store.
type ImportTx interface {
	// SaveImportJob stores or replaces the job of a file.
	SaveImportJob(ctx context.Context, j ImportJob) error
	// ImportJob returns the job of a file, or an error of kind NotFound.
	ImportJob(ctx context.Context, inst cairn.InstitutionID, digest string) (ImportJob, error)
}

// Import issues a credential for each row of a CSV file with ImportColumns.
// Rows are known by their award_key, so the same file again, after a crash or by
// mistake, issues only what is missing. The report lists every bad row; the
// error is for what stops the whole import.
func (s *Service) Import(ctx context.Context, data []byte, o ImportOptions) (ImportReport, error) {
	report := ImportReport{Digest: jcs.Digest(data)}
	if _, err := s.Institution(ctx, o.Institution); err != nil {
		return report, err
	}
	rows, err := s.readImport(ctx, data, o, &report)
	if err != nil || o.DryRun {
		return report, err
	}
	if report.Failed > 0 && !o.SkipBad {
		return report, &cairn.Error{Kind: cairn.Invalid, Code: "import.bad-rows", Message: "some rows are wrong, so nothing was issued", Hint: "correct the rows in the report and import the file again"}
	}
	for chunk := range slices.Chunk(rows, importChunk) {
		issued, problems, stop := s.importChunk(ctx, chunk)
		for i, row := range chunk {
			switch {
			case problems[i] != nil:
				report.Failed++
				report.add(*problems[i])
			case issued[i].ID() != "":
				report.Done++
				if o.Row != nil && stop == nil {
					stop = o.Row(row.line, issued[i])
				}
			}
		}
		err := s.Tx(ctx, func(tx Tx) error {
			return tx.SaveImportJob(ctx, ImportJob{Institution: o.Institution, Digest: report.Digest, Total: report.Total, Done: report.Done, Failed: report.Failed, Updated: s.now()})
		})
		if stop != nil || err != nil {
			return report, errors.Join(stop, err)
		}
		s.Trace(stepImported)
		if o.Progress != nil {
			o.Progress(report)
		}
	}
	return report, nil
}

const stepImported = "imported"

// ImportJob returns how far the import of the file with this digest has come.
func (s *Service) ImportJob(ctx context.Context, inst cairn.InstitutionID, digest string) (j ImportJob, err error) {
	err = s.View(ctx, func(tx Tx) error {
		j, err = tx.ImportJob(ctx, inst, digest)
		return err
	})
	return j, err
}

// readImport reads and checks all rows. It returns the good ones.
func (s *Service) readImport(ctx context.Context, data []byte, o ImportOptions, report *ImportReport) ([]importRow, error) {
	file, err := newCSV(data)
	if err != nil {
		return nil, err
	}
	header, _, bad, _ := file.next()
	if bad != nil {
		return nil, &cairn.Error{Kind: cairn.Invalid, Code: bad.code, Field: "line 1", Message: bad.message}
	}
	at, problems := readHeader(header)
	if len(problems) > 0 {
		report.add(problems...)
		lines := make([]string, len(problems))
		for i, p := range problems {
			lines[i] = p.String()
		}
		return nil, &cairn.Error{Kind: cairn.Invalid, Code: "import.header", Message: "the first row does not name the columns: " + strings.Join(lines, "; ")}
	}
	check := &importCheck{service: s, keys: map[string]int{}, people: map[string]person{}, achievements: map[[2]string]achievementOrError{}}
	var rows []importRow
	for {
		cells, line, bad, more := file.next()
		if !more {
			break
		}
		if report.Total++; report.Total > MaxImportRows {
			return nil, &cairn.Error{Kind: cairn.TooLarge, Code: "import.rows", Message: "the file has more than 100,000 rows", Hint: "split it into several files"}
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		var row importRow
		var problems []RowProblem
		if bad != nil {
			problems = []RowProblem{{Line: line, Code: bad.code, Message: bad.message}}
		} else if row, problems = readRow(at, len(header), cells, line, o.Institution, o.Actor); len(problems) == 0 {
			if problems, err = check.row(ctx, row); err != nil {
				return nil, err
			}
		}
		if len(problems) > 0 {
			slices.SortStableFunc(problems, func(a, b RowProblem) int { return strings.Compare(a.Column, b.Column) })
			report.Failed++
			report.add(problems...)
			continue
		}
		report.warn(row)
		rows = append(rows, row)
	}
	return rows, nil
}

// importChunk issues rows side by side. A problem belongs to its row; stop ends
// the import, since the next row would meet it too.
func (s *Service) importChunk(ctx context.Context, rows []importRow) (issued []Issued, problems []*RowProblem, stop error) {
	issued, problems = make([]Issued, len(rows)), make([]*RowProblem, len(rows))
	var mu sync.Mutex
	var wg sync.WaitGroup
	next := make(chan int)
	for range min(importWorkers, len(rows)) {
		wg.Go(func() {
			for i := range next {
				got, err := s.importRow(ctx, rows[i])
				switch cairn.KindOf(err) {
				case "":
					issued[i] = got
				case cairn.Invalid, cairn.Conflict, cairn.NotFound, cairn.Denied:
					p := problemOf(rows[i].line, err)
					problems[i] = &p
				default:
					mu.Lock()
					stop = err
					mu.Unlock()
				}
			}
		})
	}
	for i := range rows {
		mu.Lock()
		ended := stop != nil
		mu.Unlock()
		if ended {
			break
		}
		next <- i
	}
	close(next)
	wg.Wait()
	return issued, problems, stop
}

func (s *Service) importRow(ctx context.Context, row importRow) (Issued, error) {
	learner, err := s.RegisterLearner(ctx, row.learner)
	if err != nil {
		return Issued{}, err
	}
	if row.learner.DID != "" && learner.DID == "" {
		if err := s.SetLearnerDID(ctx, learner.Institution, learner.ID, row.learner.DID); err != nil {
			return Issued{}, err
		}
	}
	award := row.award
	award.Learner = learner.ID
	return s.Award(ctx, award)
}

func problemOf(line int, err error) RowProblem {
	var e *cairn.Error
	if !errors.As(err, &e) {
		return RowProblem{Line: line, Code: "import.row", Message: err.Error()}
	}
	p := RowProblem{Line: line, Column: columnOf[e.Field], Code: e.Code, Message: e.Message, Hint: e.Hint}
	if e.Object != "" {
		p.Message = short(e.Object) + ": " + p.Message
	}
	if p.Column == "" && e.Field != "" {
		p.Message = e.Field + ": " + p.Message
	}
	return p
}

// importCheck finds what would refuse a row later, before anything is issued.
type importCheck struct {
	service      *Service
	keys         map[string]int    // award key → line
	people       map[string]person // number of a new learner → as first written
	achievements map[[2]string]achievementOrError
}

type person struct {
	line    int
	learner cairn.Learner
}

type achievementOrError struct {
	achievement cairn.Achievement
	err         error
}

// row returns the problems of a row. An error is not the row's fault.
func (c *importCheck) row(ctx context.Context, row importRow) ([]RowProblem, error) {
	r := &rowReader{line: row.line}
	if line, twice := c.keys[row.award.Key]; twice {
		r.bad("award_key", "import.key-twice", "line %d has the same key", line)
	} else {
		c.keys[row.award.Key] = row.line
	}
	learner, err := c.person(ctx, r, row)
	if err != nil {
		return nil, err
	}
	key := [2]string{string(row.award.Achievement), row.award.Version}
	found, ok := c.achievements[key]
	if !ok {
		found.achievement, found.err = c.service.Achievement(ctx, row.award.Institution, row.award.Achievement, row.award.Version)
		if kind := cairn.KindOf(found.err); kind != "" && kind != cairn.NotFound {
			return nil, found.err
		}
		c.achievements[key] = found
	}
	if found.err != nil {
		r.bad("achievement", "import.achievement", "%s %s is not defined", short(string(row.award.Achievement)), short(row.award.Version))
		return r.problems, nil
	}
	award := row.award
	award.Learner = learner.ID
	if err := c.service.tryAward(ctx, award, found.achievement, learner); err != nil {
		if kind := cairn.KindOf(err); kind == cairn.Unavailable || kind == cairn.Internal {
			return nil, err
		}
		r.add("", err)
	}
	return r.problems, nil
}

// person finds the learner of a row, or what would be registered.
func (c *importCheck) person(ctx context.Context, r *rowReader, row importRow) (LearnerRecord, error) {
	l := row.learner
	var known LearnerRecord
	err := c.service.View(ctx, func(tx Tx) (err error) {
		known, err = tx.LearnerByNumber(ctx, l.Institution, l.Number)
		return err
	})
	switch {
	case cairn.KindOf(err) == cairn.NotFound:
		before, seen := c.people[l.Number]
		if !seen {
			c.people[l.Number] = person{row.line, l}
		} else if !samePerson(before.learner, l) {
			r.bad("learner_number", "import.number-twice", "line %d gives this number to %q", before.line, before.learner.FullName)
		}
		return LearnerRecord{Learner: l, Salt: strings.Repeat("0", 32)}, nil
	case err != nil:
		return known, err
	case !samePerson(known.Learner, l):
		r.bad("learner_number", "learner.other-name", "this number belongs to %q", known.FullName)
	case l.DID != "" && known.DID != "" && l.DID != known.DID:
		r.bad("did", "import.other-did", "this learner already has another identifier")
	}
	return known, nil
}

func samePerson(known, l cairn.Learner) bool {
	return known.FullName == l.FullName || slices.Contains(known.OtherNames, l.FullName)
}
