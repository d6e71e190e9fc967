package main

import (
	"bytes"
	"os"
	"slices"
	"strings"

	"cairn.example/internal/durable"
	"cairn.example/internal/verify"
	"cairn.example/programme"
)

type programmeFormatCmd struct {
	File  string `arg:"" help:"YAML or JSON file."`
	Write bool   `xor:"how" help:"Write the file anew."`
	Diff  bool   `xor:"how" help:"Show what would change; exit code 1 when anything would."`
}

func (f programmeFormatCmd) Run(c *console) error {
	b, err := c.read(f.File)
	if err != nil {
		return err
	}
	out, err := programme.Format(b)
	if err != nil {
		if programme.ProblemsOf(err) != nil {
			return programmeCheckCmd{File: f.File}.Run(c)
		}
		return err
	}
	return f.put(c, b, out)
}

// put writes what was laid out, or shows what would change.
func (f programmeFormatCmd) put(c *console, b, out []byte) error {
	same := bytes.Equal(b, out)
	switch {
	case f.Write && f.File != "-":
		if same {
			return nil
		}
		info, err := os.Stat(f.File)
		if err != nil {
			return err
		}
		return durable.Publish(durable.OS{}, f.File, info.Mode().Perm(), out)
	case f.Diff:
		if same {
			return nil
		}
		w := &writer{w: c.out}
		w.printf("--- %s\n+++ %s, formatted\n", f.File, f.File)
		for _, line := range changes(strings.Split(string(b), "\n"), strings.Split(string(out), "\n")) {
			w.printf("%s\n", line)
		}
		return firstError(w.err, exit(verify.Invalid.ExitCode()))
	}
	_, err := c.out.Write(out)
	return err
}

// maxChanged bounds the lines that are compared one by one; with more between the
// first and the last change, all of them are shown as taken out and put in.
const maxChanged = 2000

// changes lists the lines that are taken out (-) and put in (+).
func changes(a, b []string) (out []string) {
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	// common[i][j] is how many lines of a[i:] and b[j:] stay.
	common := make([][]uint16, len(a)+1)
	if len(a) <= maxChanged && len(b) <= maxChanged {
		for i := range common {
			common[i] = make([]uint16, len(b)+1)
		}
		for i := range slices.Backward(a) {
			for j := range slices.Backward(b) {
				if common[i][j] = max(common[i+1][j], common[i][j+1]); a[i] == b[j] {
					common[i][j] = common[i+1][j+1] + 1
				}
			}
		}
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		compared := common[0] != nil && i < len(a) && j < len(b)
		switch {
		case compared && a[i] == b[j]:
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && (!compared || common[i+1][j] >= common[i][j+1]):
			out = append(out, "-"+a[i])
			i++
		default:
			out = append(out, "+"+b[j])
			j++
		}
	}
	return out
}
