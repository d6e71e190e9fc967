package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"cairn.example"
	"cairn.example/internal/batch"
	"cairn.example/internal/fetch"
	"cairn.example/internal/verify"
)

// maxMany bounds an archive or a spreadsheet, which are read whole.
const maxMany = 512 << 20

// manyItems is what a run over many goes through.
type manyItems struct {
	verifyCmd
	header []string
	items  iter.Seq[batch.Item]
	done   func() error
}

// many opens a folder, an archive or a spreadsheet; it is nil for anything else.
func (v verifyCmd) many(c *console) (*manyItems, error) {
	info, err := os.Stat(v.What)
	if v.What == "-" || err != nil {
		return nil, nil // one document, or a name that input will complain about
	}
	m := &manyItems{verifyCmd: v, done: func() error { return nil }}
	if info.IsDir() {
		root, err := os.OpenRoot(v.What)
		if err != nil {
			return nil, &cairn.Error{Kind: cairn.NotFound, Code: "cli.file", Object: v.What, Message: "the folder can't be read", Err: err}
		}
		m.items, m.done = batch.Folder(root.FS()), root.Close
		return m, nil
	}
	name := strings.ToLower(v.What)
	sheet := strings.HasSuffix(name, ".csv") || strings.HasSuffix(name, ".tsv")
	if !sheet && !isZip(v.What) {
		return nil, nil
	}
	data, err := c.readUpTo(v.What, maxMany)
	if err != nil {
		return nil, err
	}
	if !sheet {
		m.items, err = batch.Archive(data, batch.MaxArchive)
		return m, err
	}
	root, err := os.OpenRoot(filepath.Dir(v.What))
	if err != nil {
		return nil, &cairn.Error{Kind: cairn.NotFound, Code: "cli.file", Object: v.What, Message: "the folder of the spreadsheet can't be read", Err: err}
	}
	m.done = root.Close
	m.header, m.items, err = batch.Sheet(data, v.opener(c, root))
	if err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return m, nil
}

func isZip(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 4)
	n, _ := f.Read(head) // a file that can't be read is no archive; input says why
	return bytes.Equal(head[:n], []byte("PK\x03\x04")) || bytes.Equal(head[:n], []byte("PK\x05\x06"))
}

// opener opens what a row of a spreadsheet names: a file in the folder of the
// spreadsheet, and nowhere else, or a web address.
func (v verifyCmd) opener(c *console, folder *os.Root) batch.Open {
	client := fetch.New(fetch.Options{Loopback: loopback(v.URL), Now: c.now})
	return func(column, value string) ([]byte, error) {
		if column == batch.ColumnURL {
			if v.Offline {
				return nil, &cairn.Error{Kind: cairn.Invalid, Code: "cli.offline", Object: value, Message: "a web address can't be asked with --offline", Hint: "save the credential to a file first"}
			}
			r, err := client.Get(c.ctx, value, batch.MaxItem)
			return r.Body, err
		}
		info, err := folder.Stat(value)
		switch {
		case err != nil:
			return nil, &cairn.Error{Kind: cairn.NotFound, Code: "cli.file", Object: value, Message: "there is no such file in the folder of the spreadsheet", Err: err}
		case !info.Mode().IsRegular() || info.Size() > batch.MaxItem:
			return nil, &cairn.Error{Kind: cairn.Invalid, Code: "cli.file", Object: value, Message: "this is not a file, or it is too large"}
		}
		return folder.ReadFile(value)
	}
}

// run judges everything, says each answer, and sums up.
func (m *manyItems) run(c *console, judge batch.Judge) (err error) {
	defer func() { err = errors.Join(err, m.done()) }()
	say := m.say(c)
	if m.Sheet != "" {
		f, failed := os.Create(m.Sheet)
		if failed != nil {
			return &cairn.Error{Kind: cairn.Unavailable, Code: "cli.sheet", Object: m.Sheet, Message: "the spreadsheet can't be written", Err: failed}
		}
		w, failed := batch.NewWriter(f, c.words(), m.header)
		if failed != nil {
			return errors.Join(failed, f.Close())
		}
		line := say
		say = func(a batch.Answer) error { return errors.Join(line(a), w.Write(a)) }
		defer func() { err = errors.Join(err, w.Flush(), f.Close()) }()
	}
	var sum batch.Worst
	last := c.now()
	for a := range batch.Run(c.ctx, m.items, runtime.GOMAXPROCS(0), judge) {
		sum.Add(a.Verdict())
		if err := say(a); err != nil {
			return err
		}
		if now := c.now(); now.Sub(last) > 2*time.Second {
			last = now
			m.progress(c, sum, "so far")
		}
	}
	if err := c.ctx.Err(); err != nil {
		return &cairn.Error{Kind: cairn.Unavailable, Code: "cli.interrupted", Object: m.What, Message: "stopped before everything was checked", Err: err}
	}
	if sum == (batch.Worst{}) {
		return &cairn.Error{Kind: cairn.NotFound, Code: "cli.nothing", Object: m.What, Message: "there is nothing in it to check"}
	}
	m.progress(c, sum, "in all")
	if code := sum.Verdict().ExitCode(); code != 0 {
		return exit(code)
	}
	return nil
}

func (m *manyItems) progress(c *console, w batch.Worst, when string) {
	out := &writer{w: c.err}
	out.printf("%d checked %s: %d valid, %d invalid, %d undetermined\n", w.Valid+w.Invalid+w.Undetermined, when, w.Valid, w.Invalid, w.Undetermined)
}

// say prints an answer: a line for people, or an object on a line for programs.
func (m *manyItems) say(c *console) func(batch.Answer) error {
	w := &writer{w: c.out}
	if m.JSON {
		return func(a batch.Answer) error {
			line := struct {
				Item   string         `json:"item"`
				Report *verify.Report `json:"report,omitempty"`
				Code   string         `json:"code,omitempty"`
				Error  string         `json:"error,omitempty"`
			}{Item: a.Item.Name, Report: &a.Report}
			if a.Err != nil {
				line.Report, line.Code, line.Error = nil, cairn.CodeOf(a.Err), a.Err.Error()
			}
			b, err := json.Marshal(line)
			w.printf("%s\n", b)
			return errors.Join(err, w.err)
		}
	}
	return func(a batch.Answer) error {
		reason, title := "", ""
		if a.Err != nil {
			reason = a.Err.Error()
		} else {
			f := a.Report.Reason()
			reason = c.words().Map("verify", f.Code, f.Args)
			if s := a.Report.Shown; s != nil {
				title = strings.Trim(s.Title+", "+s.Learner, ", ") + ": "
			}
		}
		w.printf("%-12s  %s: %s%s\n", strings.ToUpper(string(a.Verdict())), a.Item.Name, title, reason)
		return w.err
	}
}
