package federation

import (
	"maps"
	"slices"
	"strings"

	"cairn.example/jcs"
)

// A policy is what superiors demand of metadata (section 6.1): by entity type, by
// parameter, by operator.
type policy map[string]map[string]map[string]any

func policyError(parameter, format string, args ...any) error {
	return bad("federation.policy", parameter, format, args...)
}

// The standard operators (section 6.1.3.1) in the order in which they are applied.
// Others are passed over, as section 6.1.3.2 asks: a statement in which they are
// critical was refused.
var operators = []string{"value", "add", "default", "one_of", "subset_of", "superset_of", "essential"}

// readPolicy reads a policy and checks every rule in it.
func readPolicy(v any) (policy, error) {
	out := policy{}
	if v == nil {
		return out, nil
	}
	types, ok := v.(map[string]any)
	if !ok || len(types) > maxTypes {
		return nil, policyError("", "a policy is not an object of at most %d entity types", maxTypes)
	}
	for name, v := range types {
		params, ok := v.(map[string]any)
		if !ok || len(params) > maxParameters {
			return nil, policyError(name, "the policy of a type is not an object of at most %d parameters", maxParameters)
		}
		out[name] = map[string]map[string]any{}
		for p, v := range params {
			given, ok := v.(map[string]any)
			if !ok {
				return nil, policyError(p, "the rules of a parameter are not an object")
			}
			rule := map[string]any{}
			for _, op := range operators {
				if v, ok := given[op]; ok {
					rule[op] = v
				}
			}
			if err := checkRule(p, rule); err != nil {
				return nil, err
			}
			out[name][p] = rule
		}
	}
	return out, nil
}

// checkRule checks the values of the operators of a parameter, and that they may
// stand together.
func checkRule(p string, rule map[string]any) error {
	for op, v := range rule {
		switch op {
		case "value": // any, null too
		case "default":
			if v == nil {
				return policyError(p, "default is null")
			}
		case "essential":
			if _, ok := v.(bool); !ok {
				return policyError(p, "essential is not true or false")
			}
		default:
			if list, ok := v.([]any); !ok || len(list) > maxValues || slices.Contains(list, nil) {
				return policyError(p, "%s is not a list of at most %d values", op, maxValues)
			}
		}
	}
	has := func(op string) bool { _, ok := rule[op]; return ok }
	within := func(small, large string) error {
		if !has(small) || !has(large) {
			return nil
		}
		a, okA := rule[small].([]any)
		b, okB := rule[large].([]any)
		if !okA || !okB || !subset(a, b) {
			return policyError(p, "%s is not within %s", small, large)
		}
		return nil
	}
	for _, pair := range [][2]string{{"add", "value"}, {"value", "subset_of"}, {"superset_of", "value"}, {"add", "subset_of"}, {"superset_of", "subset_of"}} {
		if err := within(pair[0], pair[1]); err != nil {
			return err
		}
	}
	if has("one_of") {
		if has("add") || has("subset_of") || has("superset_of") {
			return policyError(p, "one_of stands with an operator for lists")
		}
		if has("value") && !among(rule["value"], rule["one_of"].([]any)) {
			return policyError(p, "value is not among one_of")
		}
	}
	if has("value") && rule["value"] == nil && (has("default") || rule["essential"] == true) {
		return policyError(p, "the parameter must be absent, and must be there")
	}
	return nil
}

// merge returns the policy of a superior with that of its subordinate, which can
// only narrow it (section 6.1.4.1).
func (sup policy) merge(sub policy) (policy, error) {
	out := policy{}
	for name, params := range sup {
		out[name] = maps.Clone(params)
	}
	for name, params := range sub {
		if out[name] == nil {
			out[name] = map[string]map[string]any{}
		}
		for p, rule := range params {
			merged := maps.Clone(out[name][p])
			if merged == nil {
				merged = map[string]any{}
			}
			for op, v := range rule {
				before, ok := merged[op]
				if !ok {
					merged[op] = v
					continue
				}
				var err error
				if merged[op], err = mergeValues(p, op, before, v); err != nil {
					return nil, err
				}
			}
			if err := checkRule(p, merged); err != nil {
				return nil, err
			}
			out[name][p] = merged
		}
	}
	return out, nil
}

func mergeValues(p, op string, a, b any) (any, error) {
	switch op {
	case "value", "default":
		if text(a) != text(b) {
			return nil, policyError(p, "two different values of %s", op)
		}
		return a, nil
	case "essential":
		return a == true || b == true, nil
	case "add", "superset_of":
		return union(a.([]any), b.([]any)), nil
	}
	both := intersection(a.([]any), b.([]any))
	if op == "one_of" && len(both) == 0 {
		return nil, policyError(p, "nothing is left of one_of")
	}
	return both, nil
}

// apply applies a policy to the metadata of one entity type (section 6.1.4.2).
func apply(params map[string]any, rules map[string]map[string]any) (map[string]any, error) {
	out := maps.Clone(params)
	for p, rule := range rules {
		v, present := out[p]
		if s, ok := v.(string); ok && p == "scope" { // section 6.1.3.1.8
			v = words(s)
		}
		for _, op := range operators {
			if arg, ok := rule[op]; ok {
				if s, ok := arg.(string); ok && p == "scope" {
					arg = words(s)
				}
				var err error
				if v, present, err = operate(p, op, arg, v, present); err != nil {
					return nil, err
				}
			}
		}
		if !present {
			delete(out, p)
			continue
		}
		if p == "scope" {
			v = joined(v)
		}
		out[p] = v
	}
	return out, nil
}

// operate applies one operator to a parameter that may be absent.
func operate(p, op string, arg, v any, present bool) (any, bool, error) {
	switch {
	case op == "value":
		return arg, arg != nil, nil
	case op == "default":
		if !present {
			v = arg
		}
		return v, true, nil
	case op == "essential":
		if arg == true && !present {
			return nil, false, policyError(p, "the parameter must be there")
		}
		return v, present, nil
	case op == "add" && !present:
		return arg, true, nil
	case !present:
		return nil, false, nil
	case op == "one_of":
		if !among(v, arg.([]any)) {
			return nil, false, policyError(p, "the parameter has another value than it may have")
		}
		return v, true, nil
	}
	list, ok := v.([]any)
	if !ok {
		return nil, false, policyError(p, "the parameter is not a list")
	}
	switch op {
	case "add":
		return union(list, arg.([]any)), true, nil
	case "subset_of":
		return intersection(list, arg.([]any)), true, nil
	}
	if !subset(arg.([]any), list) { // superset_of
		return nil, false, policyError(p, "the parameter lacks values that it must have")
	}
	return v, true, nil
}

// text is the canonical text of a value: equal values have equal texts, 1 and 1.0
// too.
func text(v any) string {
	b, err := jcs.Marshal(v)
	if err != nil { // a number that is none; strictjson has refused it
		return ""
	}
	return string(b)
}

func among(v any, list []any) bool {
	return slices.ContainsFunc(list, func(e any) bool { return text(e) == text(v) })
}

// set holds the texts of a list, so that long lists don't take their square.
func set(list []any) map[string]bool {
	out := map[string]bool{}
	for _, e := range list {
		out[text(e)] = true
	}
	return out
}

func subset(a, b []any) bool {
	in := set(b)
	return !slices.ContainsFunc(a, func(e any) bool { return !in[text(e)] })
}

func union(a, b []any) []any {
	in, out := set(a), slices.Clone(a)
	for _, e := range b {
		if !in[text(e)] {
			in[text(e)] = true
			out = append(out, e)
		}
	}
	return out
}

func intersection(a, b []any) []any {
	in, out := set(b), []any{}
	for _, e := range a {
		if in[text(e)] {
			out = append(out, e)
		}
	}
	return out
}

func words(s string) []any {
	out := []any{}
	for _, w := range strings.Fields(s) {
		out = append(out, w)
	}
	return out
}

// joined writes a list of words as scope has them.
func joined(v any) any {
	list, ok := v.([]any)
	if !ok {
		return v
	}
	var out []string
	for _, e := range list {
		s, ok := e.(string)
		if !ok {
			return v
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}
