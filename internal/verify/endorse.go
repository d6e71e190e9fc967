package verify

import (
	"context"
	"fmt"
	"slices"

	"cairn.example/vcjwt"
)

// maxEndorsements bounds the endorsements of one verification, wherever they stand.
const maxEndorsements = 20

// endorsed is something in a credential that others may endorse.
type endorsed struct {
	id     string
	holder map[string]any // of the members endorsement and endorsementJwt
}

// endorsements verifies what others say of a credential that is genuine: of itself,
// its issuer and its achievements. Each is reported by itself. None changes the
// verdict: anybody can endorse anything, and a bad endorsement says nothing of what
// it was put into.
func (c *check) endorsements(ctx context.Context, r *Report, tree map[string]any, depth int) {
	id, _ := tree["id"].(string)
	places := []endorsed{{id, tree}}
	for _, m := range objects(tree["issuer"]) {
		places = append(places, place(m))
	}
	for _, subject := range objects(tree["credentialSubject"]) {
		for _, a := range objects(subject["achievement"]) {
			places = append(places, place(a))
			for _, m := range objects(a["creator"]) {
				places = append(places, place(m))
			}
		}
	}
	left := 0
	for _, p := range places {
		for _, judge := range c.endorsementsOf(p.holder) {
			if depth+1 >= maxNesting || c.endorsed >= maxEndorsements {
				left++
				continue
			}
			c.endorsed++
			r.Endorsements = append(r.Endorsements, about(judge(ctx, depth+1), p.id))
		}
	}
	if left > 0 {
		r.Notes = append(r.Notes, Note{Code: "note.endorsements-not-checked", Args: map[string]string{"count": fmt.Sprint(left)}})
	}
}

func place(m map[string]any) endorsed {
	id, _ := m["id"].(string)
	return endorsed{id, m}
}

// endorsementsOf returns what judges each of the endorsements of one thing.
func (c *check) endorsementsOf(m map[string]any) []func(context.Context, int) Report {
	var out []func(context.Context, int) Report
	for _, e := range objects(m["endorsement"]) {
		out = append(out, func(ctx context.Context, depth int) Report { return c.document(ctx, e, depth, nil) })
	}
	tokens, ok := m["endorsementJwt"].([]any)
	if !ok {
		tokens = []any{m["endorsementJwt"]}
	}
	for _, e := range tokens {
		if text, ok := e.(string); ok {
			out = append(out, func(ctx context.Context, depth int) Report {
				s, err := vcjwt.Read(text)
				if err != nil {
					return c.unreadable(err)
				}
				return c.enveloped(ctx, fromJOSE(s), depth)
			})
		}
	}
	return out
}

// about holds an endorsement against what it stands in: one of something else, or
// something else than an endorsement, is none.
func about(r Report, id string) Report {
	subject := ""
	switch {
	case r.Kind == KindUnreadable || r.Kind == KindEndorsement && r.Shown == nil:
		return r // nobody is known to have said anything
	case r.Shown != nil:
		subject = r.Shown.SubjectID
	}
	if r.Kind == KindEndorsement && subject != "" && subject == id {
		return r
	}
	f := Finding{Axis: AxisModel, Outcome: No, Code: "model.endorses-another", Args: map[string]string{"subject": brief(subject)}}
	r.Findings[slices.Index(Axes, AxisModel)] = f
	r.settle(policyFor(r.Kind))
	return r
}
