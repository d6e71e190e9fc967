package hold

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"cairn.example/strictjson"
	"cairn.example/vc"
)

// A status list hides which credential a verifier asks about among all that it
// holds (Bitstring Status List 1.0, section 6). A list for one credential hides
// nothing: whoever serves it learns each time that this credential is shown, and
// where. The wallet looks at what it can see without asking anybody.

// Codes of traces.
const (
	// TraceNamed is a list whose address has the credential or its holder in it.
	TraceNamed = "list-names-credential"
	// TraceAlone is an issuer of whose credentials here no two are in one list.
	TraceAlone = "list-of-its-own"
)

// minAlone is how many credentials of an issuer must each have a list of their own
// before that is called a habit.
const minAlone = 3

// Trace is a way in which a status list could follow the holder.
type Trace struct {
	Code    string
	List    string // address of the list
	Message string
}

func traces(e Entry, all []Entry) []Trace {
	mine := statusLists(e.Document)
	var out []Trace
	for _, list := range mine {
		if names(list, e.ID) || names(list, e.Subject) {
			out = append(out, Trace{TraceNamed, list, fmt.Sprintf("the status list of this credential has it, or you, in its address (%s): whoever serves the list can see each time where you show it", list)})
			continue
		}
		// Older versions of a credential are in the list of the newer one.
		others, alone := 0, true
		var seen []string
		for _, o := range all {
			if o.Issuer != e.Issuer || o.Digest == e.Digest {
				continue
			}
			lists := statusLists(o.Document)
			if len(lists) == 0 {
				continue
			}
			others++
			for _, l := range lists {
				alone = alone && l != list && !slices.Contains(seen, l)
			}
			seen = append(seen, lists...)
		}
		if alone && others+1 >= minAlone {
			out = append(out, Trace{TraceAlone, list, fmt.Sprintf("each of the %d credentials that you have of this issuer has a status list of its own: whoever serves the lists can see each time where you show one of them", others+1)})
		}
	}
	return out
}

// statusLists are the addresses of the lists that a credential is in, each once.
func statusLists(document []byte) (out []string) {
	tree, err := strictjson.ParseObject(document, strictjson.Transcript)
	if err != nil {
		return nil
	}
	c, _ := vc.ReadCredential(tree)
	for _, s := range c.Status {
		for _, member := range []string{"statusListCredential", "uri"} {
			if u, ok := s[member].(string); ok && !slices.Contains(out, u) {
				out = append(out, u)
			}
		}
	}
	return out
}

// names reports whether an address has an identifier in it, or the part of it that
// nobody else has.
func names(address, id string) bool {
	if id == "" {
		return false
	}
	if unescaped, err := url.PathUnescape(address); err == nil {
		address = unescaped
	}
	last := id[strings.LastIndexAny(id, ":/#")+1:]
	return strings.Contains(address, id) || len(last) >= 12 && strings.Contains(address, last)
}
