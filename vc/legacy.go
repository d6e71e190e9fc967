package vc

import (
	"maps"
	"slices"
)

// ReadLegacy is ReadCredential for version 1.1 of the data model, which is read and
// never written: the credential is valid from its issuanceDate to its
// expirationDate. What both versions have is checked by the rules of 2.0, which
// are the stricter ones. A document with the first context of 2.0, or with members
// of both versions, has a problem with the code vc.mixed.
func ReadLegacy(tree map[string]any) (Credential, []Problem) {
	r := &reader{}
	contexts := many(tree["@context"])
	if !IsVersion1(tree) {
		r.add("vc.context", "/@context/0", "the first context must be %s", ContextV1)
		return Credential{Tree: tree}, r.problems
	}
	if slices.Contains(contexts, any(ContextV2)) {
		r.add("vc.mixed", "/@context", "the contexts of versions 1.1 and 2.0 are both there")
	}
	for _, name := range []string{"validFrom", "validUntil"} {
		if _, ok := tree[name]; ok {
			r.add("vc.mixed", "/"+name, "%s belongs to version 2.0 of the data model; 1.1 says issuanceDate and expirationDate", name)
		}
	}
	if _, ok := tree["issuanceDate"]; !ok {
		r.add("vc.issuance-date", "/issuanceDate", "issuanceDate is missing")
	}
	c, problems := ReadCredential(Modernised(tree))
	for _, p := range problems {
		switch p.Path {
		case "/validFrom":
			p.Path, p.Message = "/issuanceDate", "issuanceDate must be a date and time with a zone, such as 2026-03-01T09:30:00Z"
		case "/validUntil":
			p.Path = "/expirationDate"
			if p.Code == "vc.time" {
				p.Message = "expirationDate must be a date and time with a zone, such as 2026-03-01T09:30:00Z"
			}
		}
		r.problems = append(r.problems, p)
	}
	c.Tree = tree
	if len(c.Contexts) > 0 {
		c.Contexts[0] = ContextV1
	}
	return c, r.problems
}

// Modernised returns a copy of a document of version 1.1 in the words of version
// 2.0, for readers who know only these. It is not signed: check the proof of the
// original first. A document of another version comes back as it is.
func Modernised(tree map[string]any) map[string]any {
	if !IsVersion1(tree) {
		return tree
	}
	out := maps.Clone(tree)
	contexts := slices.Clone(many(tree["@context"]))
	contexts[0] = ContextV2
	out["@context"] = contexts
	for old, name := range map[string]string{"issuanceDate": "validFrom", "expirationDate": "validUntil"} {
		if v, ok := out[old]; ok {
			delete(out, old)
			out[name] = v
		}
	}
	return out
}
