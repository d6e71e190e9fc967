package verify

import (
	"fmt"
	"slices"
	"strings"

	"cairn.example"
	"cairn.example/openbadges"
	"cairn.example/rdfc"
	"cairn.example/vc"
)

// maxNamed bounds how many things of a credential one note names.
const maxNamed = 5

// related holds a credential that was signed against what it names and we have: the
// resources whose bytes it fixes, and schemas. What we do not have is named in a
// note and never fetched: whoever writes a credential would choose whom we ask.
func related(r *Report, tree map[string]any, cred vc.Credential) Finding {
	f := Finding{Axis: AxisModel, Outcome: Yes, Code: "model.good"}
	var resources, schemas, unused []string
	for _, one := range cred.Resources() {
		data, have := rdfc.ContextBytes(one.ID)
		if !have {
			resources = append(resources, one.ID)
			continue
		}
		switch err := one.Check(data); {
		case cairn.CodeOf(err) == "resource.unsupported":
			resources = append(resources, one.ID)
		case err != nil:
			return Finding{Axis: AxisModel, Outcome: No, Code: "model.resource", Args: because(err, "resource", brief(one.ID))}
		}
	}
	for _, m := range objects(tree["credentialSchema"]) {
		id, _ := m["id"].(string)
		if !slices.ContainsFunc(ownSchemas[id], cred.HasType) {
			schemas = append(schemas, id)
		}
	}
	for _, name := range []string{"confidenceMethod", "evidence", "refreshService", "renderMethod", "termsOfUse"} {
		if _, ok := tree[name]; ok {
			unused = append(unused, name)
		}
	}
	for _, n := range []struct {
		code  string
		names []string
	}{{"note.resources-not-checked", resources}, {"note.schemas-not-checked", schemas}, {"note.not-looked-at", unused}} {
		if len(n.names) > 0 {
			r.Notes = append(r.Notes, Note{Code: n.code, Args: map[string]string{"count": fmt.Sprint(len(n.names)), "names": listed(n.names)}})
		}
	}
	return f
}

// ownSchemas are the schemas that CheckSchema stands for, with the types of what is
// checked by it.
var ownSchemas = map[string][]string{openbadges.SchemaOB: {"OpenBadgeCredential", "AchievementCredential"}, openbadges.SchemaCLR: {"ClrCredential"}}

// listed joins the first of some names.
func listed(names []string) string {
	var out []string
	for _, n := range names[:min(len(names), maxNamed)] {
		out = append(out, brief(n))
	}
	if len(names) > maxNamed {
		out = append(out, "…")
	}
	return strings.Join(slices.Compact(out), ", ")
}

// objects returns the objects of a member that is one or a list of them.
func objects(v any) []map[string]any {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	var out []map[string]any
	for _, e := range list {
		if m, ok := e.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}
