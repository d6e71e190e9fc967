package sdjwt

import (
	"maps"
	"slices"
)

// node is one value of the payload with what was disclosed put in, and with the
// places of what was not.
type node struct {
	path      Path
	value     any              // a scalar
	object    map[string]*node // else
	array     []*node          // else
	selective bool             // it came from a disclosure, or would come from one
	hidden    bool             // a digest without disclosure: an element not shown, or a decoy
	withheld  int              // an object: digests without disclosure
}

// processor puts the disclosures in (RFC 9901, section 7.1, step 3).
type processor struct {
	byDigest map[string]*disclosure
	seen     map[string]bool // digests that were met
	used     int
	values   int
}

func (t *Token) process() error {
	p := &processor{byDigest: map[string]*disclosure{}, seen: map[string]bool{}}
	for _, d := range t.disclosures {
		if p.byDigest[d.digest] != nil {
			return bad("sdjwt.disclosed-twice", "", "the same disclosure is there twice")
		}
		p.byDigest[d.digest] = d
	}
	payload := maps.Clone(t.payload)
	delete(payload, memberHash)
	root, err := p.node(payload, nil, false)
	if err != nil {
		return err
	}
	if p.used != len(t.disclosures) {
		return bad("sdjwt.unreferenced", "", "a disclosure does not belong to this token")
	}
	t.root = root
	return nil
}

func (p *processor) node(v any, path Path, selective bool) (*node, error) {
	if p.values++; p.values > maxValues {
		return nil, tooLarge("the token has more than %d values", maxValues)
	}
	if len(path) > maxDepth {
		return nil, tooLarge("the token is nested deeper than %d", maxDepth)
	}
	n := &node{path: path, selective: selective}
	switch v := v.(type) {
	case map[string]any:
		return n, p.object(n, v)
	case []any:
		return n, p.array(n, v)
	}
	n.value = v
	return n, nil
}

func child(path Path, step any) Path { return append(slices.Clip(path), step) }

func (p *processor) object(n *node, m map[string]any) error {
	n.object = map[string]*node{}
	for _, name := range slices.Sorted(maps.Keys(m)) { // sorted, so that one mistake always gives one error
		if name == memberDigests {
			continue
		}
		if reserved(name) {
			return bad("sdjwt.reserved-name", n.path.String(), "%s may not stand here", name)
		}
		inner, err := p.node(m[name], child(n.path, name), false)
		if err != nil {
			return err
		}
		n.object[name] = inner
	}
	v, ok := m[memberDigests]
	if !ok {
		return nil
	}
	list, ok := v.([]any)
	if !ok {
		return bad("sdjwt.digests", n.path.String(), "_sd must be a list of digests")
	}
	for _, e := range list {
		d, err := p.lookUp(e, n.path)
		if err != nil {
			return err
		}
		if d == nil {
			n.withheld++
			continue
		}
		if d.inList {
			return bad("sdjwt.disclosure", n.path.String(), "a disclosure without a name stands for a member")
		}
		if n.object[d.name] != nil {
			return bad("sdjwt.claim-twice", n.path.String(), "the claim %.60q is there twice", d.name)
		}
		if d.node, err = p.node(d.value, child(n.path, d.name), true); err != nil {
			return err
		}
		n.object[d.name] = d.node
	}
	return nil
}

func (p *processor) array(n *node, list []any) error {
	n.array = make([]*node, 0, len(list))
	for i, e := range list {
		path := child(n.path, i)
		m, _ := e.(map[string]any)
		v, isDigest := m[memberElement]
		if !isDigest {
			inner, err := p.node(e, path, false)
			if err != nil {
				return err
			}
			n.array = append(n.array, inner)
			continue
		}
		if len(m) != 1 {
			return bad("sdjwt.digests", path.String(), "a digest in a list stands alone")
		}
		d, err := p.lookUp(v, path)
		if err != nil {
			return err
		}
		if d == nil {
			n.array = append(n.array, &node{path: path, selective: true, hidden: true})
			continue
		}
		if !d.inList {
			return bad("sdjwt.disclosure", path.String(), "a disclosure with a name stands for an element of a list")
		}
		if d.node, err = p.node(d.value, path, true); err != nil {
			return err
		}
		n.array = append(n.array, d.node)
	}
	return nil
}

// lookUp finds the disclosure of a digest, nil when there is none. A digest that
// was met before is refused, a decoy too (step 4).
func (p *processor) lookUp(v any, path Path) (*disclosure, error) {
	s, ok := v.(string)
	if !ok {
		return nil, bad("sdjwt.digests", path.String(), "a digest must be a text")
	}
	if p.seen[s] {
		return nil, bad("sdjwt.digest-twice", path.String(), "the same digest is there twice")
	}
	p.seen[s] = true
	if p.values++; p.values > maxValues {
		return nil, tooLarge("the token has more than %d values", maxValues)
	}
	d := p.byDigest[s]
	if d != nil {
		p.used++
	}
	return d, nil
}

// plain returns the processed value: what is hidden is left out.
func (n *node) plain() any {
	switch {
	case n.object != nil:
		m := map[string]any{}
		for name, e := range n.object {
			m[name] = e.plain()
		}
		return m
	case n.array != nil:
		list := []any{}
		for _, e := range n.array {
			if !e.hidden {
				list = append(list, e.plain())
			}
		}
		return list
	}
	return n.value
}

// anySelective reports whether something in n can be, or was, disclosed apart.
func (n *node) anySelective() bool {
	if n.selective || n.withheld > 0 {
		return true
	}
	for _, e := range n.object {
		if e.anySelective() {
			return true
		}
	}
	return slices.ContainsFunc(n.array, (*node).anySelective)
}

func (n *node) withheldCount() int {
	total := n.withheld
	if n.hidden {
		total++
	}
	for _, e := range n.object {
		total += e.withheldCount()
	}
	for _, e := range n.array {
		total += e.withheldCount()
	}
	return total
}
