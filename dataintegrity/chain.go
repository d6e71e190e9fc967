package dataintegrity

import (
	"fmt"
	"maps"
	"slices"

	"cairn.example"
)

// maxChained bounds the proofs of a document that are over others: each is over a
// document of its own, which has to be brought into its canonical form.
const maxChained = 5

// previousOf reads previousProof: the id of one proof, or a list of them.
func previousOf(m map[string]any) ([]string, error) {
	v, ok := m["previousProof"]
	if !ok {
		return nil, nil
	}
	var out []string
	for _, e := range listOf(v) {
		s, ok := e.(string)
		if !ok || s == "" {
			return nil, bad("proof.malformed", "proof.previousProof", "a previous proof is named by its id")
		}
		if slices.Contains(out, s) {
			return nil, bad("proof.chain", "proof.previousProof", "a previous proof is named twice")
		}
		out = append(out, s)
	}
	if len(out) == 0 {
		return nil, bad("proof.malformed", "proof.previousProof", "the list of previous proofs is empty")
	}
	return out, nil
}

// checkChain refuses proofs that can't be told apart, or that refer to none, or
// to each other in a circle.
func checkChain(proofs []Proof) error {
	byID := map[string]int{}
	chained := 0
	for i, p := range proofs {
		if p.Previous != nil {
			chained++
		}
		if p.ID == "" {
			continue
		}
		if _, twice := byID[p.ID]; twice {
			return bad("proof.chain", fmt.Sprintf("proof/%d", i), "two proofs have one id")
		}
		byID[p.ID] = i
	}
	if chained > maxChained {
		return &cairn.Error{Kind: cairn.TooLarge, Code: "proof.too-many", Field: "proof", Message: fmt.Sprintf("more than %d proofs are over others", maxChained)}
	}
	const begun, done = 1, 2
	state := make([]int, len(proofs))
	var follow func(i int) error
	follow = func(i int) error {
		if state[i] == done {
			return nil
		}
		if state[i] == begun {
			return bad("proof.chain", "proof.previousProof", "the proofs refer to each other in a circle")
		}
		state[i] = begun
		for _, id := range proofs[i].Previous {
			next, ok := byID[id]
			if !ok {
				return bad("proof.chain", "proof.previousProof", "there is no proof %.120q in this document", id)
			}
			if err := follow(next); err != nil {
				return err
			}
		}
		state[i] = done
		return nil
	}
	for i := range proofs {
		if err := follow(i); err != nil {
			return err
		}
	}
	return nil
}

// withPrevious returns what a proof is over: the document without its proofs, but
// with those that the proof names as previous ones, in the order in which the
// document has them (Data Integrity 1.0, sections 4.3 and 4.5).
func withPrevious(doc, proof map[string]any) (map[string]any, error) {
	out := maps.Clone(doc)
	delete(out, "proof")
	previous, err := previousOf(proof)
	if err != nil || previous == nil {
		return out, err
	}
	var matching []any
	for _, e := range listOf(doc["proof"]) {
		if m, ok := e.(map[string]any); ok {
			if id, _ := m["id"].(string); slices.Contains(previous, id) {
				matching = append(matching, m)
			}
		}
	}
	if len(matching) != len(previous) {
		return nil, bad("proof.chain", "proof.previousProof", "a previous proof is missing in this document")
	}
	out["proof"] = matching
	return out, nil
}
