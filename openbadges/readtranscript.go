package openbadges

import (
	"fmt"
	"slices"
	"strconv"

	"cairn.example"
)

// ReadTranscript returns what a ClrCredential says. tree must be the verified
// tree; the credentials inside are handed over as they are, unverified. Like
// Read it is tolerant of other issuers and strict on types.
func ReadTranscript(tree map[string]any) (TranscriptFacts, error) {
	r := &reader{}
	f := r.transcript(tree)
	if r.err != nil {
		return TranscriptFacts{}, r.err
	}
	return f, nil
}

func (r *reader) transcript(tree map[string]any) TranscriptFacts {
	if !slices.Contains(r.types(tree, ""), "ClrCredential") {
		r.fail(codeType, "/type", "this is not a Comprehensive Learner Record")
		return TranscriptFacts{}
	}
	r.need(tree, "", "id", "issuer", "validFrom", "credentialSubject")
	const at = "/credentialSubject"
	subject := r.object(tree, "", "credentialSubject")
	r.need(subject, at, "verifiableCredential")
	if r.err != nil {
		return TranscriptFacts{}
	}
	f := TranscriptFacts{CredentialID: r.str(tree, "", "id"), Language: cairn.Lang(r.str(tree, "", "inLanguage"))}
	f.Name = r.text(tree, "", "name", f.Language)
	f.Description = r.text(tree, "", "description", f.Language)
	f.Issuer, f.IssuerName, _ = r.profile(tree, "", "issuer")
	f.ValidFrom = r.time(tree, "", "validFrom")
	f.ValidUntil = r.time(tree, "", "validUntil")
	if f.AwardedOn = r.day(tree, "", "awardedDate"); f.AwardedOn.IsZero() {
		f.AwardedOn = r.day(tree, "", "validFrom")
	}
	f.Partial = r.boolean(tree, "", "partial")
	f.SubjectID = r.str(subject, at, "id")
	f.Credentials = r.objects(subject, at, "verifiableCredential")
	ours := extended(tree)
	for i, o := range r.objects(subject, at, "achievement") {
		f.Achievements = append(f.Achievements, r.achievement(o, fmt.Sprintf("%s/achievement/%d", at, i), ours))
	}
	for i, o := range r.objects(subject, at, "association") {
		p := fmt.Sprintf("%s/association/%d", at, i)
		r.need(o, p, "associationType", "sourceId", "targetId")
		f.Associations = append(f.Associations, Association{Type: r.str(o, p, "associationType"),
			Source: cairn.AchievementID(r.str(o, p, "sourceId")), Target: cairn.AchievementID(r.str(o, p, "targetId"))})
	}
	f.Identities = r.identities(subject, at, "identifier")
	if ours {
		f.Identities = append(f.Identities, r.identities(subject, at, "learnerIdentity")...)
		if o := r.object(subject, at, "recognition"); o != nil {
			r.recognition(&f, o, at+"/recognition")
		}
	}
	return f
}

func (r *reader) recognition(f *TranscriptFacts, m map[string]any, at string) {
	switch c := r.str(m, at, "completeness"); c {
	case "", complete:
	case partial:
		f.Partial = true
	default:
		r.fail(codeMalformed, at+"/completeness", "%.40q is neither complete nor partial", c)
	}
	f.Programme = ProgrammeRef{ID: cairn.ProgrammeID(r.str(m, at, "programme")), Edition: r.str(m, at, "edition"),
		Digest: r.str(m, at, "programmeDigest"), Title: r.str(m, at, "programmeName"), CreditUnit: r.str(m, at, "creditUnit"),
		CreditsRequired: r.amount(m, at, "creditRequired"), CreditsCounted: r.amount(m, at, "creditCounted")}
	f.Decision = cairn.CredentialID(r.str(m, at, "decision"))
	inside := map[string]bool{}
	for _, c := range f.Credentials {
		if id, ok := c["id"].(string); ok {
			inside[id] = true
		}
	}
	lines := r.objects(m, at, "line")
	f.Lines = make([]TranscriptLine, 0, len(lines))
	taken := map[int]bool{}
	positions := make([]int, 0, len(lines))
	for i, o := range lines {
		p := fmt.Sprintf("%s/line/%d", at, i)
		r.need(o, p, "credential", "source", "route", "requirement", "position")
		position, err := strconv.Atoi(r.str(o, p, "position"))
		if err != nil || position < 1 || position > len(lines) || taken[position] {
			r.fail(codeMalformed, p+"/position", "the lines are not numbered from 1 to %d", len(lines))
			return
		}
		taken[position] = true
		if id := r.str(o, p, "credential"); !inside[id] {
			r.fail(codeContradiction, p+"/credential", "the credential %.200q is not in the transcript", id)
		}
		positions = append(positions, position)
		f.Lines = append(f.Lines, TranscriptLine{
			CredentialID: cairn.CredentialID(r.str(o, p, "credential")), Title: r.str(o, p, "title"),
			RequirementID: r.str(o, p, "requirement"), RequirementTitle: r.str(o, p, "requirementTitle"), Clause: r.str(o, p, "clause"),
			Credits: r.amount(o, p, "credits"), SourceDID: cairn.DID(r.str(o, p, "source")), SourceName: r.str(o, p, "sourceName"),
			Route: r.str(o, p, "route"),
		})
	}
	// Whoever passes a document on may reorder a list without breaking the proof;
	// the signed positions restore the order.
	sorted := make([]TranscriptLine, len(lines))
	for i, position := range positions {
		sorted[position-1] = f.Lines[i]
	}
	f.Lines = sorted
}

// Strangers returns the ids of the credentials inside that are about another DID
// than the transcript. They may be the same person's, under an earlier key; a
// document alone can't tell. Credentials without a subject id are not listed,
// and nothing is when the transcript itself names no DID.
func (f TranscriptFacts) Strangers() []string {
	var out []string
	if f.SubjectID == "" {
		return nil
	}
	for _, c := range f.Credentials {
		for _, s := range many(c["credentialSubject"]) {
			subject, _ := s.(map[string]any)
			if id, ok := subject["id"].(string); ok && id != f.SubjectID {
				id, _ := c["id"].(string)
				out = append(out, id)
				break
			}
		}
	}
	return out
}
