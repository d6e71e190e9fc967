// Package ctdl writes programmes in the Credential Transparency Description Language
// of Credential Engine (https://credreg.net/ctdl/terms), as JSON-LD: the programme
// as a ceterms:Pathway with its components and conditions, its agreements as
// ceterms:TransferValueProfile.
//
// Export is the one function. CTDL describes; it has no terms for most rules of
// recognition, such as caps, the age of learning or levels by mapping. What it can't
// say is left out of the document and listed in Document.Unsaid, so that nobody takes
// the pathway for the rules. docs/specs/exports.md says what becomes what.
//
// The package does not read CTDL, assigns no CTIDs (a registry does) and publishes
// nothing.
package ctdl

import (
	"net/url"
	"strconv"

	"cairn.example"
	"cairn.example/jcs"
	"cairn.example/programme"
)

// Context is the address of the JSON-LD context of CTDL.
const Context = "https://credreg.net/ctdl/schema/context/json"

// Document is a programme in CTDL.
type Document struct {
	JSON []byte // in the form of RFC 8785, so the same programme gives the same bytes
	// Unsaid are the members of the programme that JSON does not carry, or not whole,
	// as places such as requirements[2].minLevel, in an order that stays the same.
	Unsaid []string
}

// object is a JSON-LD node.
type object = map[string]any

// credentialTypes are the classes of CTDL for achievement types of Open Badges that
// mean the same.
var credentialTypes = map[string]string{
	"AssociateDegree": "ceterms:AssociateDegree", "BachelorDegree": "ceterms:BachelorDegree",
	"Badge": "ceterms:Badge", "Certificate": "ceterms:Certificate", "Certification": "ceterms:Certification",
	"Degree": "ceterms:Degree", "Diploma": "ceterms:Diploma", "DoctoralDegree": "ceterms:DoctoralDegree",
	"License": "ceterms:License", "MasterDegree": "ceterms:MasterDegree", "MicroCredential": "ceterms:MicroCredential",
}

// Export writes a programme. A programme that uses rule documents must be resolved
// (see programme.Resolve) for their rules to be in it; those that are only named are
// listed as unsaid.
func Export(p *programme.Programme) (*Document, error) {
	e := &exporter{p: p, slots: map[string]string{}}
	e.base = string(p.Award.Achievement) + "#programme/" + url.PathEscape(string(p.ID)) + "/" + url.PathEscape(p.Edition)
	for i := range p.Requirements {
		for _, s := range p.Requirements[i].Slots() {
			e.slots[s.ID] = e.at("slot", s.ID)
			if p.Requirements[i].Number > 0 {
				e.slots[s.ID] = e.at("requirement", p.Requirements[i].ID) // its places have no components
			}
		}
	}
	pathway := object{
		"@id": e.base, "@type": "ceterms:Pathway",
		"ceterms:name":                    languageMap(p.Title),
		"ceterms:ownedBy":                 []any{string(p.Institution)},
		"ceterms:hasDestinationComponent": []any{e.award()},
		"ceterms:versionIdentifier":       []any{object{"@type": "ceterms:IdentifierValue", "ceterms:identifierValueCode": p.Edition}},
	}
	if len(p.Description) > 0 {
		pathway["ceterms:description"] = languageMap(p.Description)
	}
	destination := object{
		"@id": e.award(), "@type": "ceterms:CredentialComponent",
		"ceterms:name":                     languageMap(p.Title),
		"ceterms:proxyFor":                 []any{string(p.Award.Achievement)},
		"ceterms:isDestinationComponentOf": []any{e.base},
		"ceterms:hasCondition":             []any{e.whole()},
		"ceterms:hasChild":                 e.children(),
	}
	e.credit(destination, "ceterms:creditValue", p.Credit.Total, "credit.total")
	if t, ok := credentialTypes[p.Award.Type]; ok {
		destination["ceterms:credentialType"] = t
	} else {
		e.unsaid("award.type")
	}
	e.component(destination)
	e.rest("", p, "id", "edition", "institution", "title", "description", "language", "award", "credit", "agreements", "requirements", "policy", "choices")
	e.rest("award", p.Award, "achievement", "type")
	e.rest("credit", p.Credit, "unit", "total")
	e.rest("policy", p.Policy)
	for i := range p.Choices {
		e.unsaid("choices[" + strconv.Itoa(i) + "]")
	}
	for i := range p.Requirements {
		e.requirement("requirements["+strconv.Itoa(i)+"]", &p.Requirements[i])
	}
	for i := range p.Agreements {
		e.agreement("agreements["+strconv.Itoa(i)+"]", &p.Agreements[i])
	}
	pathway["ceterms:hasPart"] = e.parts
	b, err := jcs.Marshal(object{"@context": Context, "@graph": append([]any{pathway}, e.graph...)})
	if err != nil {
		return nil, &cairn.Error{Kind: cairn.Invalid, Code: "ctdl.document", Object: string(p.ID), Message: "the programme can't be written as JSON", Err: err}
	}
	return &Document{JSON: b, Unsaid: e.left}, nil
}

// whole is the condition of the award: every requirement. Those of a track are only
// for learners who chose it, so they are children of the award but no condition.
func (e *exporter) whole() object {
	var targets []any
	for _, r := range e.p.Requirements {
		if r.Track == "" {
			targets = append(targets, e.at("requirement", r.ID))
		}
	}
	return condition(len(targets), "logic:And", targets)
}

func (e *exporter) children() []any {
	var all []any
	for _, r := range e.p.Requirements {
		all = append(all, e.at("requirement", r.ID))
	}
	return all
}

// requirement writes a requirement and its slots. Members of conditions that CTDL has
// no words for are unsaid.
func (e *exporter) requirement(place string, r *programme.Requirement) {
	id := e.at("requirement", r.ID)
	m := object{"@id": id, "@type": "ceterms:BasicComponent", "ceterms:name": languageMap(r.Title), "ceterms:isChildOf": []any{e.award()}}
	if r.Clause != "" {
		m["ceterms:codedNotation"] = r.Clause
	}
	if len(r.After) > 0 {
		var before []any
		for _, name := range r.After {
			address := e.at("requirement", name)
			if slot, ok := e.slots[name]; ok {
				address = slot
			}
			before = append(before, address)
		}
		m["ceterms:prerequisite"] = before
	}
	said := []string{"id", "clause", "title", "after", "all", "choose", "of", "credits"}
	switch {
	case len(r.All) > 0:
		e.choice(m, len(r.All), "logic:And", r.All)
		e.component(m)
		e.fill(place+".all", id, r.All)
	case len(r.Of) > 0:
		e.choice(m, r.Choose, "logic:Or", r.Of)
		e.component(m)
		e.fill(place+".of", id, r.Of)
	default:
		e.credit(m, "ceterms:creditValue", r.Credits, place+".credits")
		e.component(m)
	}
	e.rest(place, *r, said...)
}

func (e *exporter) choice(m object, n int, operator string, slots []programme.Slot) {
	var targets []any
	for _, s := range slots {
		targets = append(targets, e.at("slot", s.ID))
	}
	m["ceterms:hasCondition"] = []any{condition(n, operator, targets)}
	m["ceterms:hasChild"] = targets
}

// fill writes the slots of a requirement. Only a slot that exactly one achievement
// fills stands for that achievement; the selector of any other is unsaid.
func (e *exporter) fill(place, parent string, slots []programme.Slot) {
	for i, s := range slots {
		m := object{"@id": e.at("slot", s.ID), "@type": "ceterms:CredentialComponent", "ceterms:name": languageMap(s.Title), "ceterms:isChildOf": []any{parent}}
		at := place + "[" + strconv.Itoa(i) + "]"
		e.credit(m, "ceterms:creditValue", s.Credits, at+".credits")
		if len(s.Match.Achievements) == 1 {
			m["ceterms:proxyFor"] = []any{string(s.Match.Achievements[0])}
			e.rest(at+".match", s.Match, "achievements")
		} else {
			e.rest(at+".match", s.Match)
		}
		e.component(m)
	}
}

// agreement writes an agreement as a TransferValueProfile, which runs one way as the
// agreement does.
func (e *exporter) agreement(place string, a *programme.Agreement) {
	m := object{
		"@id": e.at("agreement", a.ID), "@type": "ceterms:TransferValueProfile",
		"ceterms:name":              object{string(e.p.Language): a.ID},
		"ceterms:ownedBy":           []any{string(e.p.Institution)},
		"ceterms:transferValueFrom": []any{e.foreign(a)},
	}
	if !a.From.IsZero() {
		m["ceterms:startDate"] = a.From.Earliest().Format("2006-01-02")
	}
	if !a.Until.IsZero() {
		m["ceterms:endDate"] = a.Until.Latest().Format("2006-01-02")
	}
	if len(a.CountsAs) > 0 {
		var targets []any
		for _, s := range a.CountsAs {
			targets = append(targets, e.slots[s])
		}
		m["ceterms:transferValueFor"] = targets
	}
	e.credit(m, "ceterms:transferValue", a.Credits, place+".credits")
	e.graph = append(e.graph, m)
	e.rest(place, *a, "id", "issuer", "achievement", "countsAs", "from", "until", "credits", "party")
}

// foreign writes what an agreement is about and who awards it, once each, and returns
// its address.
func (e *exporter) foreign(a *programme.Agreement) string {
	from := string(a.Achievement)
	if e.once("credential " + from) {
		e.graph = append(e.graph, object{"@id": from, "@type": "ceterms:Credential", "ceterms:ownedBy": []any{string(a.Issuer)}})
	}
	if len(a.Party) > 0 && e.once("organization "+string(a.Issuer)) {
		e.graph = append(e.graph, object{"@id": string(a.Issuer), "@type": "ceterms:CredentialOrganization", "ceterms:name": languageMap(a.Party)})
	}
	return from
}
