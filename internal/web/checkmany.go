package web

import (
	"bytes"
	"context"
	"iter"
	"net/http"
	"slices"
	"strings"

	"cairn.example"
	"cairn.example/internal/batch"
	"cairn.example/internal/verify"
)

// Limits of checking many on a page; the command line takes far more.
const (
	maxMany    = 200      // items
	maxArchive = 64 << 20 // bytes that an archive unpacks to
	manyAtOnce = 2
)

// manyPage is the form, or the results.
type manyPage struct {
	Failure *Failure
	Results []manyLine
	Sum     batch.Worst
	All     int
	Limit   int
}

// manyLine is one item, or one part of it.
type manyLine struct {
	Name, Verdict, Title, Learner, Issuer, Reason string
	Part                                          bool
}

func (s *Site) manyForm(v *visit) error {
	v.w.Header().Set("Cache-Control", "private, max-age=60")
	return v.render(http.StatusOK, "verifymany", v.W("many.title"), manyPage{Limit: maxMany})
}

// manyPost checks what was given and shows the results, or sends them as a
// spreadsheet when that button was used.
func (s *Site) manyPost(v *visit) error {
	header, items, err := manyItems(v.form.files)
	if err != nil {
		k := cairn.KindOf(err)
		if k != cairn.Invalid && k != cairn.TooLarge {
			return err
		}
		f := v.failure(err)
		f.Field = "file"
		return v.render(f.Status, "verifymany", v.W("many.title"), manyPage{Failure: &f, Limit: maxMany})
	}
	answers, err := s.judgeMany(v, items)
	if err != nil {
		return err
	}
	if v.form.Get("as") == "sheet" {
		var b bytes.Buffer
		w, err := batch.NewWriter(&b, v.Printer, header)
		if err != nil {
			return err
		}
		for _, a := range answers {
			if err := w.Write(a); err != nil {
				return err
			}
		}
		if err := w.Flush(); err != nil {
			return err
		}
		return v.download(b.Bytes(), "text/csv; charset=utf-8", "cairn-answers.csv")
	}
	p := manyPage{All: len(answers), Limit: maxMany}
	for _, a := range answers {
		p.Sum.Add(a.Verdict())
		p.Results = append(p.Results, v.manyLines(a)...)
	}
	return v.render(http.StatusOK, "verifymany", v.W("many.result-title"), p)
}

// manyItems finds what to check in the files of a form: the files themselves, or
// those of one archive, or the rows of one spreadsheet.
func manyItems(files []upload) (header []string, items iter.Seq[batch.Item], err error) {
	if len(files) == 0 {
		return nil, nil, errNothing
	}
	first := files[0]
	switch name := strings.ToLower(first.name); {
	case len(files) == 1 && bytes.HasPrefix(first.data, []byte("PK")):
		items, err = batch.Archive(first.data, maxArchive)
	case len(files) == 1 && (strings.HasSuffix(name, ".csv") || strings.HasSuffix(name, ".tsv")):
		header, items, err = batch.Sheet(first.data, func(column, value string) ([]byte, error) {
			return nil, &cairn.Error{Kind: cairn.Invalid, Code: "web.many-column", Object: column, Message: "a page opens no files and no addresses for you",
				Hint: "name the column credential and put the credential itself into it"}
		})
	default:
		items = func(yield func(batch.Item) bool) {
			for _, f := range files {
				if !yield(batch.Item{Name: f.name, Data: f.data}) {
					return
				}
			}
		}
	}
	return header, items, err
}

func (s *Site) judgeMany(v *visit, items iter.Seq[batch.Item]) ([]batch.Answer, error) {
	judge := func(_ context.Context, data []byte) (verify.Report, error) {
		inside, err := v.unwrap(data)
		if err != nil {
			return verify.Report{}, err
		}
		return s.judge(v, inside)
	}
	var answers []batch.Answer
	for a := range batch.Run(v.r.Context(), items, manyAtOnce, judge) {
		if len(answers) == maxMany {
			return nil, &cairn.Error{Kind: cairn.TooLarge, Code: "web.many", Field: "file", Message: "this is more than a page checks at once", Hint: "divide it, or use cairn verify"}
		}
		answers = append(answers, a)
	}
	return answers, v.r.Context().Err()
}

// manyLines says an answer: a line for itself, and one for each part that is not
// valid, since a reader looks for those.
func (v *visit) manyLines(a batch.Answer) []manyLine {
	if a.Err != nil {
		return []manyLine{{Name: a.Item.Name, Verdict: string(a.Verdict()), Reason: v.failure(a.Err).Message}}
	}
	line := func(r verify.Report) manyLine {
		view := v.reportView(r)
		l := manyLine{Verdict: view.Verdict, Title: view.KindName, Issuer: view.Name, Reason: v.sentence("verify", r.Reason().Code, r.Reason().Args)}
		if r.Shown != nil {
			l.Learner = r.Shown.Learner
			if r.Shown.Title != "" {
				l.Title = r.Shown.Title
			}
		}
		return l
	}
	out := []manyLine{line(a.Report)}
	out[0].Name = a.Item.Name
	for _, inner := range a.Report.Credentials {
		if inner.Verdict != verify.Valid {
			l := line(inner)
			l.Part = true
			out = append(out, l)
		}
	}
	return slices.Clip(out)
}
