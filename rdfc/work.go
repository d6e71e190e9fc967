package rdfc

import (
	"crypto/sha256"
	"slices"
	"strings"

	"github.com/piprate/json-gold/ld"
)

// RDFC-1.0 labels a blank node at once when its own statements tell it from all
// others. Only blank nodes that look alike and are linked with each other cost
// permutations, and their number explodes (RDF-CANON, "Dataset Poisoning"). Real
// credentials have hardly any. The library has no limit, so we look first.
const (
	maxAlikeLinked = 5   // blank nodes that look alike in one linked group: 5! orders
	maxAlike       = 400 // blank nodes that look alike, in all groups together
)

// checkWork refuses graphs on which canonicalisation would take long.
func checkWork(quads []*ld.Quad) error {
	statements := map[string][]*ld.Quad{}
	for _, q := range quads {
		for _, n := range []ld.Node{q.Subject, q.Object, q.Graph} {
			if n != nil && ld.IsBlankNode(n) && !slices.Contains(statements[n.GetValue()], q) {
				statements[n.GetValue()] = append(statements[n.GetValue()], q)
			}
		}
	}
	byLook := map[[32]byte][]string{}
	for name, qs := range statements {
		look := firstDegree(name, qs)
		byLook[look] = append(byLook[look], name)
	}
	alike := map[string]bool{}
	for _, names := range byLook {
		if len(names) > 1 {
			for _, n := range names {
				alike[n] = true
			}
		}
	}
	if len(alike) > maxAlike {
		return fail("rdfc.work-limit", "", "%d unnamed objects can't be told apart by what they say; at most %d are accepted", len(alike), maxAlike)
	}
	visited := map[string]bool{}
	for start := range alike {
		size := 0
		for queue := []string{start}; len(queue) > 0; {
			name := queue[0]
			queue = queue[1:]
			if visited[name] {
				continue
			}
			visited[name] = true
			if size++; size > maxAlikeLinked {
				return fail("rdfc.work-limit", "", "more than %d unnamed objects that look alike refer to each other", maxAlikeLinked)
			}
			for _, q := range statements[name] {
				for _, n := range []ld.Node{q.Subject, q.Object, q.Graph} {
					if n != nil && ld.IsBlankNode(n) && alike[n.GetValue()] {
						queue = append(queue, n.GetValue())
					}
				}
			}
		}
	}
	return nil
}

// firstDegree hashes what a blank node's own statements say, as RDFC-1.0 does in
// "Hash First Degree Quads": itself as _:a, every other blank node as _:z.
func firstDegree(name string, quads []*ld.Quad) [32]byte {
	lines := make([]string, len(quads))
	for i, q := range quads {
		var b strings.Builder
		for _, n := range []ld.Node{q.Subject, q.Predicate, q.Object, q.Graph} {
			switch {
			case n == nil:
			case !ld.IsBlankNode(n):
				b.WriteString(describe(n))
			case n.GetValue() == name:
				b.WriteString("_:a")
			default:
				b.WriteString("_:z")
			}
			b.WriteByte(0)
		}
		lines[i] = b.String()
	}
	slices.Sort(lines)
	return sha256.Sum256([]byte(strings.Join(lines, "\n")))
}
