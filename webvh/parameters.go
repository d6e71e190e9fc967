package webvh

import (
	"encoding/json"
	"slices"
	"strconv"

	"cairn.example"
	"cairn.example/did"
)

// parameters are the settings of a log that are in force after an entry (section
// "did:webvh DID Method Parameters"). What an entry does not set stays as it is.
type parameters struct {
	scid          string
	updateKeys    []string
	nextKeyHashes []string
	witness       witness
	deactivated   bool
}

// A witness is a set of keys, so many of which must approve of an entry.
type witness struct {
	threshold int
	ids       []cairn.DID // did:key identifiers
}

func parameter(format string, args ...any) error { return bad("webvh.parameter", "", format, args...) }

// update returns what is in force after an entry with these parameters. Null, which
// early makers of logs wrote for "none", is read so where the specification asks.
func (p parameters) update(v any, first bool) (parameters, error) {
	m, ok := v.(map[string]any)
	if !ok {
		return p, parameter("the parameters of an entry are not an object")
	}
	for name, v := range m {
		var err error
		switch name {
		case "method":
			if v != version {
				err = bad("webvh.version", "", "the log is of version %.40q; only %s is supported", v, version)
			}
		case "scid":
			if p.scid, ok = v.(string); !ok || !first {
				err = parameter("scid stands in the first entry, as a text")
			}
		case "updateKeys":
			p.updateKeys, err = texts(name, v, maxKeys)
		case "nextKeyHashes": // while keys are committed to, this is read below
		case "witness":
			p.witness, err = readWitness(v)
		case "watchers": // they help to find a log, and change nothing of what it says
			_, err = texts(name, v, maxWatchers)
		case "portable":
			if portable, ok := v.(bool); !ok || portable && !first {
				err = parameter("portable is true or false, and true in the first entry only")
			}
		case "deactivated":
			if p.deactivated, ok = v.(bool); !ok {
				err = parameter("deactivated is not true or false")
			}
		case "ttl":
			err = checkTTL(v)
		default:
			err = parameter("version 1.0 has no parameter %.60q", name)
		}
		if err != nil {
			return p, err
		}
	}
	_, hasKeys := m["updateKeys"]
	_, hasHashes := m["nextKeyHashes"]
	_, hasMethod := m["method"]
	if first && (!hasMethod || !hasKeys || p.scid == "") {
		return p, parameter("the first entry lacks method, scid or updateKeys")
	}
	if len(p.nextKeyHashes) > 0 {
		if !hasKeys || !hasHashes {
			return p, bad("webvh.pre-rotation", "", "keys were committed to, so the entry must have updateKeys and nextKeyHashes")
		}
		for _, k := range p.updateKeys {
			if !slices.Contains(p.nextKeyHashes, multihash([]byte(k))) {
				return p, bad("webvh.pre-rotation", "", "the entry before did not commit to the key %.60s", k)
			}
		}
	}
	if hasHashes {
		var err error
		if p.nextKeyHashes, err = texts("nextKeyHashes", m["nextKeyHashes"], maxKeys); err != nil {
			return p, err
		}
	}
	return p, nil
}

// texts reads a list of different texts; null is an empty one.
func texts(name string, v any, limit int) ([]string, error) {
	if v == nil {
		return nil, nil
	}
	list, ok := v.([]any)
	if !ok || len(list) > limit {
		return nil, parameter("%s is not a list of at most %d texts", name, limit)
	}
	var out []string
	for _, e := range list {
		s, ok := e.(string)
		if !ok || s == "" || slices.Contains(out, s) {
			return nil, parameter("%s is not a list of different texts", name)
		}
		out = append(out, s)
	}
	return out, nil
}

func checkTTL(v any) error {
	if v == nil {
		return nil
	}
	n, ok := v.(json.Number)
	if seconds, err := strconv.ParseInt(string(n), 10, 64); !ok || err != nil || seconds < 0 || seconds > maxTTL {
		return parameter("ttl is not a whole number of seconds")
	}
	return nil
}

// readWitness reads who must approve of entries (section "The witness Parameter").
// A set that nobody or everybody could satisfy is refused here, before it is in
// force.
func readWitness(v any) (witness, error) {
	var w witness
	m, ok := v.(map[string]any)
	if v == nil || ok && len(m) == 0 {
		return w, nil
	}
	list, isList := m["witnesses"].([]any)
	if !ok || !isList || len(m) != 2 || len(list) > maxWitness {
		return w, parameter("witness is not an object of threshold and at most %d witnesses", maxWitness)
	}
	for _, e := range list {
		entry, _ := e.(map[string]any)
		text, _ := entry["id"].(string)
		id := cairn.DID(text)
		if len(entry) != 1 || slices.Contains(w.ids, id) {
			return w, parameter("a witness is not an object with an id of its own")
		}
		if doc, err := did.ResolveKey(id); err != nil || doc.Methods[0].PublicKey == nil {
			return w, parameter("the witness %.80q is not a did:key with an Ed25519 key", id)
		}
		w.ids = append(w.ids, id)
	}
	n, _ := m["threshold"].(json.Number)
	threshold, err := strconv.Atoi(string(n))
	if err != nil || threshold < 1 || threshold > len(w.ids) {
		return w, parameter("the threshold is not between 1 and the number of witnesses")
	}
	w.threshold = threshold
	return w, nil
}
