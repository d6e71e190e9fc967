package verify

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"cairn.example"
	"cairn.example/openbadges"
)

// contained verifies each credential of a transcript, whose own proof is good. What
// the parts say counts in the model axis of the whole (STANDARDS 11.2): the proof of
// the whole says that its issuer put them in, and not that they are genuine.
//
// A part that is not genuine makes the transcript wrong. One that could not be
// checked, was withdrawn or is of another person leaves it open, since somebody has
// to look. One that has ended since is only marked: the transcript stays a true
// record of what counted then.
func (c *check) contained(ctx context.Context, r *Report, tree map[string]any, depth int) {
	model := &r.Findings[slices.IndexFunc(r.Findings, func(f Finding) bool { return f.Axis == AxisModel })]
	facts, err := openbadges.ReadTranscript(tree)
	if err != nil || len(facts.Credentials) > maxCredentials {
		*model = Finding{Axis: AxisModel, Outcome: No, Code: "model.too-many", Args: map[string]string{"limit": fmt.Sprint(maxCredentials)}}
		return
	}
	var marked, strangers, subjects []string
	for i, inner := range facts.Credentials {
		part := c.document(ctx, inner, depth+1, nil)
		r.Credentials = append(r.Credentials, part)
		number := fmt.Sprint(i + 1)
		finding := judgePart(part)
		if part.Verdict != Valid {
			marked = append(marked, number)
		}
		if other := stranger(facts, inner); other != "" {
			strangers, subjects = append(strangers, number), append(subjects, other)
			if finding.Outcome == Yes && !counted(facts, inner) {
				finding.Outcome, finding.Code = Unknown, "model.part-of-another"
			}
		}
		if finding.Outcome == No && model.Outcome != No || finding.Outcome == Unknown && model.Outcome == Yes {
			finding.Args = map[string]string{"part": number}
			*model = finding
		}
	}
	if len(strangers) > 0 {
		r.Notes = append(r.Notes, Note{Code: "note.other-person", Args: map[string]string{"count": fmt.Sprint(len(strangers)),
			"parts": strings.Join(strangers, ", "), "subjects": strings.Join(subjects, " ")}})
	}
	if len(marked) > 0 {
		r.Notes = append(r.Notes, Note{Code: "note.parts-marked", Args: map[string]string{"count": fmt.Sprint(len(marked)), "of": fmt.Sprint(len(r.Credentials)),
			"parts": strings.Join(marked, ", ")}})
	}
}

// judgePart says what a part means for the whole.
func judgePart(part Report) Finding {
	f := Finding{Axis: AxisModel, Outcome: Unknown, Code: "model.part-open"}
	if part.Finding(AxisProof).Outcome == No || part.Finding(AxisModel).Outcome == No {
		f.Outcome, f.Code = No, "model.part-not-genuine"
		return f
	}
	required := policyFor(part.Kind).Required
	for _, a := range Axes {
		p := part.Finding(a)
		if p.Code != "period.ended" && (p.Outcome == No || p.Outcome != Yes && slices.Contains(required, a)) {
			return f
		}
	}
	if part.Kind == KindPresentation && part.Verdict != Valid {
		return f // which stands for everything in it
	}
	f.Outcome, f.Code = Yes, "model.good"
	return f
}

// stranger returns the identifier that a part names as its subject, when it is
// another one than that of the transcript.
func stranger(facts openbadges.TranscriptFacts, inner map[string]any) string {
	facts.Credentials = []map[string]any{inner}
	if len(facts.Strangers()) == 0 {
		return ""
	}
	subjects, ok := inner["credentialSubject"].([]any)
	if !ok {
		subjects = []any{inner["credentialSubject"]}
	}
	for _, s := range subjects {
		m, _ := s.(map[string]any)
		if id, _ := m["id"].(string); id != "" && id != facts.SubjectID {
			return id
		}
	}
	return ""
}

// counted reports whether the transcript itself counts a part for its subject, in a
// line of its own. Then its issuer answers for whose it is: it may be the same
// person with an earlier key.
func counted(facts openbadges.TranscriptFacts, inner map[string]any) bool {
	id, _ := inner["id"].(string)
	return slices.ContainsFunc(facts.Lines, func(l openbadges.TranscriptLine) bool { return l.CredentialID == cairn.CredentialID(id) })
}
