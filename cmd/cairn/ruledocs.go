package main

import (
	"os"
	"path/filepath"
	"slices"

	"cairn.example"
	"cairn.example/programme"
)

type rulesCmd struct {
	Check  rulesCheckCmd  `cmd:"" help:"Read rule documents and say what is wrong with them: exit code 0 nothing, 1 errors."`
	Format rulesFormatCmd `cmd:"" help:"Lay a rule document out in the usual way; comments stay."`
	Schema rulesSchemaCmd `cmd:"" help:"Print the JSON Schema of a kind of rule documents."`

	Add         rulesAddCmd         `cmd:"" help:"Keep a rule document, for programmes to use; it waits for a second person, or for two signatures."`
	Approve     rulesApproveCmd     `cmd:"" help:"Approve a rule document that somebody else added."`
	Sign        rulesSignCmd        `cmd:"" help:"Sign an agreement for an institution of this server; prints the token for the other party."`
	Countersign rulesCountersignCmd `cmd:"" help:"Keep the token by which the other party signed an agreement."`
	List        rulesListCmd        `cmd:"" help:"List the rule documents of an institution, and who stands behind them."`
	Show        rulesShowCmd        `cmd:"" help:"Print a rule document that is kept."`
}

type rulesCheckCmd struct {
	Files []string `arg:"" help:"YAML or JSON files."`
}

func (f rulesCheckCmd) Run(c *console) error {
	var all []programme.Finding
	w := &writer{w: c.out}
	for _, file := range f.Files {
		b, err := c.read(file)
		if err != nil {
			return err
		}
		r, err := programme.ParseRules(b)
		found, err := problemsOf(err)
		if err != nil {
			return err
		}
		if all = append(all, found...); len(found) > 0 {
			if err := c.findings(file, found); err != nil {
				return err
			}
			continue
		}
		title, _ := r.Title.In("en")
		w.printf("%s: %s %s, version %s: %s\n%s\n", file, r.Kind, r.ID, r.Version, title, r.Digest())
	}
	return firstError(w.err, judgement(all))
}

// problemsOf turns the problems of a document into findings; other errors stay.
func problemsOf(err error) (out []programme.Finding, rest error) {
	found := programme.ProblemsOf(err)
	if found == nil {
		return nil, err
	}
	for _, one := range found.List {
		out = append(out, programme.Finding{Severity: programme.LintError, Code: cairn.CodeOf(err), Problem: one})
	}
	return out, nil
}

type rulesFormatCmd struct {
	File  string `arg:"" help:"YAML or JSON file."`
	Write bool   `xor:"how" help:"Write the file anew; its digest changes."`
	Diff  bool   `xor:"how" help:"Show what would change; exit code 1 when anything would."`
}

func (f rulesFormatCmd) Run(c *console) error {
	b, err := c.read(f.File)
	if err != nil {
		return err
	}
	out, err := programme.FormatRules(b)
	if err != nil {
		if programme.ProblemsOf(err) != nil {
			return rulesCheckCmd{[]string{f.File}}.Run(c)
		}
		return err
	}
	return programmeFormatCmd(f).put(c, b, out)
}

type rulesSchemaCmd struct {
	Kind string `arg:"" help:"grade-scale, level-framework, credit-conversion, policy or agreement."`
}

func (f rulesSchemaCmd) Run(c *console) error {
	b, err := programme.RuleSchema(programme.Kind(f.Kind))
	if err != nil {
		return err
	}
	_, err = c.out.Write(b)
	return err
}

// ruleDocuments reads the rule documents of files and folders. A programme among them
// is left out: it stands beside what it uses.
func (c *console) ruleDocuments(paths []string) (out []*programme.Rules, err error) {
	for _, path := range paths {
		files := []string{path}
		info, err := os.Stat(path)
		if err != nil {
			return nil, &cairn.Error{Kind: cairn.NotFound, Code: "cli.file", Object: path, Message: "there is no such file or folder", Err: err}
		}
		if info.IsDir() {
			if files, err = filepath.Glob(filepath.Join(path, "*.yaml")); err != nil {
				return nil, err
			}
		}
		for _, file := range files {
			b, err := c.read(file)
			if err != nil {
				return nil, err
			}
			r, err := programme.ParseRules(b)
			if err != nil {
				if _, bad := programme.Parse(b); info.IsDir() && bad == nil {
					continue
				}
				found, rest := problemsOf(err)
				return nil, firstError(rest, c.findings(file, found), &cairn.Error{Kind: cairn.Invalid, Code: cairn.CodeOf(err), Object: file, Message: "the document can't be accepted", Hint: "mend what is named above"})
			}
			if !slices.ContainsFunc(out, func(o *programme.Rules) bool { return o.Digest() == r.Digest() }) {
				out = append(out, r)
			}
		}
	}
	return out, nil
}

// whole puts a programme together with its rule documents, if any were given. Without
// a programme the findings say why.
func (c *console) whole(p *programme.Programme, with []string) (*programme.Programme, []programme.Finding, error) {
	if len(with) == 0 {
		return p, nil, nil
	}
	documents, err := c.ruleDocuments(with)
	if err != nil {
		return nil, nil, err
	}
	whole, found := p.Resolve(documents)
	if whole != nil {
		found = append(found, whole.CheckDates(c.now())...)
	}
	return whole, found, nil
}
