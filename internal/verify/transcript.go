package verify

import (
	"context"
	"fmt"

	"cairn.example/openbadges"
)

// contained verifies each credential of a transcript. A part that is not genuine
// makes the transcript itself wrong; a part that was withdrawn or has ended since
// is marked, because the transcript stays a true record of what was decided.
func (c *check) contained(ctx context.Context, r *Report, tree map[string]any, depth int) {
	facts, err := openbadges.ReadTranscript(tree)
	if err != nil || len(facts.Credentials) > maxCredentials {
		r.Findings[1] = Finding{Axis: AxisModel, Outcome: No, Code: "model.too-many", Args: map[string]string{"limit": fmt.Sprint(maxCredentials)}}
		return
	}
	marked := 0
	for _, inner := range facts.Credentials {
		report := c.document(ctx, inner, depth+1)
		r.Credentials = append(r.Credentials, report)
		if report.Verdict != Valid {
			marked++
		}
		for _, a := range []Axis{AxisProof, AxisModel} {
			if report.Finding(a).Outcome == No {
				r.Findings[1] = Finding{Axis: AxisModel, Outcome: No, Code: "model.part-not-genuine", Args: map[string]string{"part": fmt.Sprint(len(r.Credentials))}}
			}
		}
	}
	if n := len(facts.Strangers()); n > 0 {
		r.Notes = append(r.Notes, Note{Code: "note.other-person", Args: map[string]string{"count": fmt.Sprint(n)}})
	}
	if marked > 0 {
		r.Notes = append(r.Notes, Note{Code: "note.parts-marked", Args: map[string]string{"count": fmt.Sprint(marked), "of": fmt.Sprint(len(r.Credentials))}})
	}
}
