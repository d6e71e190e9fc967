package programme

import (
	"errors"
	"fmt"
	"strings"

	"cairn.example"
)

// maxProblems bounds the problems of one document that are told at once. After so
// many, the rest mostly follow from the first.
const maxProblems = 20

// Problem is one thing that is wrong with a programme document.
type Problem struct {
	Line        int    `json:"line"` // from 1; 0 when it has no place
	Column      int    `json:"column"`
	Field       string `json:"field,omitempty"` // path, such as requirements[2].all[0].credits
	Requirement string `json:"requirement,omitempty"`
	Clause      string `json:"clause,omitempty"` // as the requirement has it
	Message     string `json:"message"`
}

// Words says what is wrong and in which requirement, without the line.
func (p Problem) Words() string {
	switch {
	case p.Requirement != "" && p.Clause != "":
		return fmt.Sprintf("requirement %s, clause %s: %s", p.Requirement, p.Clause, p.Message)
	case p.Requirement != "":
		return fmt.Sprintf("requirement %s: %s", p.Requirement, p.Message)
	case p.Field != "":
		return p.Field + ": " + p.Message
	}
	return p.Message
}

// String says it with the line and the column.
func (p Problem) String() string {
	if p.Line == 0 {
		return p.Words()
	}
	return fmt.Sprintf("line %d, column %d: %s", p.Line, p.Column, p.Words())
}

// Problems are what Parse found, in the order of the document. There are at most
// 20; with More there would be others.
type Problems struct {
	List []Problem
	More bool
}

func (p *Problems) Error() string {
	var lines []string
	for _, one := range p.List {
		lines = append(lines, one.String())
	}
	if p.More {
		lines = append(lines, "and more")
	}
	return strings.Join(lines, "; ")
}

// ProblemsOf returns the problems inside an error of Parse, or nil when it has none
// with a place, as when the document is too large.
func ProblemsOf(err error) *Problems {
	var p *Problems
	if errors.As(err, &p) {
		return p
	}
	return nil
}

func (p *Problems) add(one Problem) {
	if len(p.List) == maxProblems {
		p.More = true
		return
	}
	p.List = append(p.List, one)
}

// err returns the problems as an error, or nil when there are none.
func (p *Problems) err() error {
	if len(p.List) == 0 {
		return nil
	}
	return &cairn.Error{Kind: cairn.Invalid, Code: "programme.document", Message: "the document can't be accepted", Err: p}
}
