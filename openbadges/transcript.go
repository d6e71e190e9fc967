package openbadges

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"cairn.example"
	"cairn.example/rdfc"
	"cairn.example/vc"
)

var digestForm = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// Document returns the unsigned ClrCredential of t as a tree of the types that
// strictjson returns. The signed credentials inside are not copied and must not
// be changed afterwards. It refuses what makes no sense, naming the field.
//
// Two members that CLR 2.0 has are not used, because the published versions of
// its context disagree about them and a proof over them would not verify
// everywhere (STANDARDS 11.1, trap 6): identifier of the subject stands in our
// learnerIdentity, partial in our recognition.
func (t Transcript) Document() (map[string]any, error) {
	if err := checkURI("id", string(t.ID)); err != nil {
		return nil, err
	}
	if err := checkName("name", t.Name); err != nil {
		return nil, err
	}
	if err := checkTime("awardedOn", t.AwardedOn); err != nil {
		return nil, err
	}
	period, err := validity(t.AwardedOn, t.ValidFrom, t.ValidUntil)
	if err != nil {
		return nil, err
	}
	issuer, err := t.Issuer.tree("issuer")
	if err != nil {
		return nil, err
	}
	subject, err := t.subject()
	if err != nil {
		return nil, err
	}
	doc := map[string]any{
		"@context":          []any{vc.ContextV2, ContextCLR, ContextOB, rdfc.CairnContext},
		"id":                string(t.ID),
		"type":              []any{"VerifiableCredential", "ClrCredential"},
		"name":              t.Name,
		"issuer":            issuer,
		"credentialSubject": subject,
		"credentialSchema":  []any{map[string]any{"id": SchemaCLR, "type": schemaType}},
	}
	maps.Copy(doc, period)
	if t.Description != "" {
		if err := narrative("description", t.Description); err != nil {
			return nil, err
		}
		doc["description"] = t.Description
	}
	if t.Language != "" {
		if err := checkLang("language", t.Language); err != nil {
			return nil, err
		}
		doc["inLanguage"] = string(t.Language)
	}
	return doc, addStatus(doc, t.Status)
}

func (t Transcript) subject() (map[string]any, error) {
	if t.Subject.DID == "" && len(t.Subject.Identities) == 0 {
		return nil, refuse(codeMissing, "subject", "the transcript is about nobody: there is neither a DID nor an identity")
	}
	m := map[string]any{"type": []any{"ClrSubject"}}
	if t.Subject.DID != "" {
		if err := checkDID("subject.did", t.Subject.DID); err != nil {
			return nil, err
		}
		m["id"] = string(t.Subject.DID)
	}
	ids, err := identityTrees("subject.identities", t.Subject.Identities)
	if err != nil {
		return nil, err
	}
	if len(ids) > 0 {
		m["learnerIdentity"] = ids
	}
	inside, achievements, err := t.inside()
	if err != nil {
		return nil, err
	}
	credentials := make([]any, len(t.Credentials))
	for i, c := range t.Credentials {
		credentials[i] = c
	}
	m["verifiableCredential"] = credentials

	var own []any
	for i, a := range t.Achievements {
		field := fmt.Sprintf("achievements[%d]", i)
		tree, err := achievementTree(field, a)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(t.Achievements[:i], func(b cairn.Achievement) bool { return a.ID == b.ID }) {
			return nil, refuse(codeContradiction, field+".id", "the achievement %.200q is given twice", string(a.ID))
		}
		achievements[string(a.ID)] = true
		own = append(own, tree)
	}
	if len(own) > maxList {
		return nil, refuse(codeTooLarge, "achievements", "there are %d achievements; at most %d are accepted", len(own), maxList)
	}
	if len(own) > 0 {
		m["achievement"] = own
	}
	associations, err := t.associations(achievements)
	if err != nil {
		return nil, err
	}
	if len(associations) > 0 {
		m["association"] = associations
	}
	m["recognition"], err = t.recognition(inside)
	return m, err
}

// inside checks the credentials that the transcript carries and returns their
// ids and those of their achievements.
func (t Transcript) inside() (ids, achievements map[string]bool, err error) {
	if len(t.Credentials) == 0 {
		return nil, nil, refuse(codeMissing, "credentials", "the transcript has no credential")
	}
	if len(t.Credentials) > maxCredentials {
		return nil, nil, refuse(codeTooLarge, "credentials", "there are %d credentials; at most %d are accepted", len(t.Credentials), maxCredentials)
	}
	ids, achievements = map[string]bool{}, map[string]bool{}
	for i, c := range t.Credentials {
		field := fmt.Sprintf("credentials[%d]", i)
		contexts := many(c["@context"])
		if len(contexts) == 0 || contexts[0] != vc.ContextV2 {
			return nil, nil, refuse(codeMalformed, field+".@context", "only credentials of version 2.0 of the data model can be inside a CLR 2.0")
		}
		if slices.ContainsFunc(contexts, otherOpenBadges) {
			return nil, nil, refuse(codeContradiction, field+".@context", "it uses another version of the Open Badges context than the transcript, whose terms can't be redefined")
		}
		if !slices.Contains(many(c["type"]), any("VerifiableCredential")) {
			return nil, nil, refuse(codeMalformed, field+".type", "it is not a credential")
		}
		if c["proof"] == nil {
			return nil, nil, refuse(codeMissing, field+".proof", "it is not signed")
		}
		id, ok := c["id"].(string)
		if !ok || id == "" {
			return nil, nil, refuse(codeMissing, field+".id", "a credential in a transcript needs an id")
		}
		if ids[id] || id == string(t.ID) {
			return nil, nil, refuse(codeContradiction, field+".id", "the id %.200q is used twice", id)
		}
		ids[id] = true
		for _, s := range many(c["credentialSubject"]) {
			subject, _ := s.(map[string]any)
			for _, a := range many(subject["achievement"]) {
				achievement, _ := a.(map[string]any)
				if id, ok := achievement["id"].(string); ok {
					achievements[id] = true
				}
			}
		}
	}
	return ids, achievements, nil
}

// otherOpenBadges finds the contexts of Open Badges 3.0 that are not ours: the
// terms of both are protected and differ, so one document can't have both.
func otherOpenBadges(context any) bool {
	s, ok := context.(string)
	return ok && s != ContextOB && strings.HasPrefix(s, "https://purl.imsglobal.org/spec/ob/v3p0/context")
}

func (t Transcript) associations(known map[string]bool) ([]any, error) {
	var list []any
	for i, a := range t.Associations {
		field := fmt.Sprintf("associations[%d]", i)
		if a.Type == "" {
			return nil, refuse(codeMissing, field+".type", "the type is missing")
		}
		if err := checkOneOf(field+".type", a.Type, associationTypes...); err != nil {
			return nil, err
		}
		for _, end := range []struct {
			name string
			id   cairn.AchievementID
		}{{".source", a.Source}, {".target", a.Target}} {
			if err := checkURI(field+end.name, string(end.id)); err != nil {
				return nil, err
			}
			if !known[string(end.id)] {
				return nil, refuse(codeContradiction, field+end.name, "the achievement %.200q is not in the transcript", string(end.id))
			}
		}
		if a.Source == a.Target {
			return nil, refuse(codeContradiction, field+".target", "an achievement is not related to itself")
		}
		list = append(list, map[string]any{"type": "Association", "associationType": a.Type,
			"sourceId": string(a.Source), "targetId": string(a.Target)})
	}
	return list, checkDistinctUpTo("associations", list, maxLines)
}

// associationTypes is the enumeration AssociationType of CLR 2.0.
var associationTypes = []string{ExactMatchOf, IsChildOf, IsParentOf, IsPartOf, IsPeerOf, IsRelatedTo, Precedes, ReplacedBy}

const (
	complete = "complete"
	partial  = "partial"
)

// recognition writes where the credit of each credential went, and under which
// edition of which programme and which decision.
func (t Transcript) recognition(inside map[string]bool) (map[string]any, error) {
	m := map[string]any{"type": []any{"Recognition"}, "completeness": complete}
	if t.Partial {
		m["completeness"] = partial
	}
	p := t.Programme
	for _, f := range []struct{ field, member, value string }{
		{"programme.id", "programme", string(p.ID)}, {"programme.edition", "edition", p.Edition},
		{"programme.title", "programmeName", p.Title}, {"programme.creditUnit", "creditUnit", p.CreditUnit},
	} {
		if f.value == "" {
			continue
		}
		if err := checkName(f.field, f.value); err != nil {
			return nil, err
		}
		m[f.member] = f.value
	}
	if p.Digest != "" {
		if !digestForm.MatchString(p.Digest) {
			return nil, refuse(codeMalformed, "programme.digest", "%.80q is not sha256: and 64 hexadecimal digits", p.Digest)
		}
		m["programmeDigest"] = p.Digest
	}
	if p.ID == "" && (p.Digest != "" || p.Edition != "" || p.Title != "") {
		return nil, refuse(codeMissing, "programme.id", "the programme has no id")
	}
	for _, f := range []struct {
		field, member string
		value         cairn.Credits
	}{{"programme.creditsRequired", "creditRequired", p.CreditsRequired}, {"programme.creditsCounted", "creditCounted", p.CreditsCounted}} {
		if f.value.IsZero() {
			continue
		}
		if err := checkWritable(f.field, f.value); err != nil {
			return nil, err
		}
		if p.CreditUnit == "" {
			return nil, refuse(codeMissing, "programme.creditUnit", "there are credits without a unit")
		}
		m[f.member] = f.value.String()
	}
	if t.Decision != "" {
		if err := checkURI("decision", string(t.Decision)); err != nil {
			return nil, err
		}
		m["decision"] = string(t.Decision)
	}
	var lines []any
	seen := map[[2]string]bool{}
	for i, l := range t.Lines {
		field := fmt.Sprintf("lines[%d]", i)
		tree, err := l.tree(field)
		if err != nil {
			return nil, err
		}
		if !inside[string(l.CredentialID)] {
			return nil, refuse(codeContradiction, field+".credentialId", "the credential %.200q is not in the transcript", string(l.CredentialID))
		}
		if key := [2]string{string(l.CredentialID), l.RequirementID}; seen[key] {
			return nil, refuse(codeContradiction, field, "the same credential goes to the same requirement twice")
		} else {
			seen[key] = true
		}
		if p.CreditUnit == "" && !l.Credits.IsZero() {
			return nil, refuse(codeMissing, "programme.creditUnit", "there are credits without a unit")
		}
		tree["position"] = fmt.Sprint(i + 1) // a list is a set in RDF; the number is signed
		lines = append(lines, tree)
	}
	if len(lines) > maxLines {
		return nil, refuse(codeTooLarge, "lines", "there are %d lines; at most %d are accepted", len(lines), maxLines)
	}
	if len(lines) > 0 {
		m["line"] = lines
	}
	return m, nil
}

func (l TranscriptLine) tree(field string) (map[string]any, error) {
	if err := checkURI(field+".credentialId", string(l.CredentialID)); err != nil {
		return nil, err
	}
	if err := checkDID(field+".sourceDid", l.SourceDID); err != nil {
		return nil, err
	}
	if l.Route == "" {
		return nil, refuse(codeMissing, field+".route", "the route is missing")
	}
	if err := checkOneOf(field+".route", l.Route, RouteInResidence, RouteTransfer, RouteRPL); err != nil {
		return nil, err
	}
	if l.Credits.Sign() < 0 {
		return nil, refuse(codeMalformed, field+".credits", "the credits are less than zero")
	}
	if err := checkWritable(field+".credits", l.Credits); err != nil {
		return nil, err
	}
	if err := checkName(field+".requirementId", l.RequirementID); err != nil {
		return nil, err
	}
	m := map[string]any{
		"type": []any{"RecognitionLine"}, "credential": string(l.CredentialID), "source": string(l.SourceDID),
		"route": l.Route, "credits": l.Credits.String(), "requirement": l.RequirementID,
	}
	for _, f := range []struct {
		field, member, value string
		check                func(field, s string) error
	}{
		{".title", "title", l.Title, checkName}, {".requirementTitle", "requirementTitle", l.RequirementTitle, checkName},
		{".clause", "clause", l.Clause, narrative}, {".sourceName", "sourceName", l.SourceName, checkName},
	} {
		if f.value == "" {
			continue
		}
		if err := f.check(field+f.field, f.value); err != nil {
			return nil, err
		}
		m[f.member] = f.value
	}
	return m, nil
}

// many returns one value or a list of values as a list, and nothing for nil.
func many(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}
