package federation

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// constraints bound what a superior's subordinates can be (section 6.2). Others than
// these are passed over, as the section asks.
type constraints struct {
	intermediates *int // max_path_length; nil without a bound
	permitted     []string
	hasPermitted  bool
	excluded      []string
	types         []string
	hasTypes      bool
}

func readConstraints(v any) (constraints, error) {
	var c constraints
	if v == nil {
		return c, nil
	}
	m, ok := v.(map[string]any)
	if !ok {
		return c, bad("federation.constraint", "", "the constraints are not an object")
	}
	if v, ok := m["max_path_length"]; ok {
		n, _ := v.(json.Number)
		length, err := strconv.Atoi(string(n))
		if err != nil || length < 0 {
			return c, bad("federation.constraint", "max_path_length", "this is not a whole number from 0")
		}
		c.intermediates = &length
	}
	if v, ok := m["naming_constraints"]; ok {
		naming, ok := v.(map[string]any)
		if !ok {
			return c, bad("federation.constraint", "naming_constraints", "this is not an object")
		}
		var err error
		if v, ok := naming["permitted"]; ok {
			c.hasPermitted = true
			if c.permitted, err = names(v, maxNames); err != nil {
				return c, err
			}
		}
		if v, ok := naming["excluded"]; ok {
			if c.excluded, err = names(v, maxNames); err != nil {
				return c, err
			}
		}
	}
	if v, ok := m["allowed_entity_types"]; ok {
		c.hasTypes = true
		var err error
		if c.types, err = names(v, maxTypes); err != nil {
			return c, err
		}
		if slices.Contains(c.types, "federation_entity") {
			return c, bad("federation.constraint", "allowed_entity_types", "federation_entity is always allowed, and not named")
		}
	}
	return c, nil
}

// check checks the constraints in the statement at a place of a chain, of which the
// statements before are about subordinates.
func (c constraints) check(chain []*Statement, at int) error {
	if c.intermediates != nil && at-1 > *c.intermediates {
		return bad("federation.constraint", chain[at].Issuer, "%d intermediates are between it and the subject, where %d may be", at-1, *c.intermediates)
	}
	for _, s := range chain[:at+1] {
		u, err := url.Parse(s.Subject)
		if err != nil {
			return bad("federation.constraint", s.Subject, "this is no address")
		}
		host := u.Hostname()
		under := func(name string) bool { return inside(host, name) }
		if slices.ContainsFunc(c.excluded, under) || c.hasPermitted && !slices.ContainsFunc(c.permitted, under) {
			return bad("federation.constraint", s.Subject, "%s may not have subordinates of this name", chain[at].Issuer)
		}
	}
	return nil
}

// inside says whether a host is one that a name stands for (RFC 5280, section
// 4.2.1.10): .example.com for every host below example.com, and others for
// themselves.
func inside(host, name string) bool {
	name = strings.ToLower(name)
	if strings.HasPrefix(name, ".") {
		return strings.HasSuffix(host, name)
	}
	return host == name
}
