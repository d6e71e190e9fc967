// Package webvh checks the logs of did:webvh identifiers (did:webvh DID Method,
// version 1.0): a did:web whose whole history is signed and chained, so that the web
// site alone can't replace it.
//
// Most callers need URLs, Parse and Log.Document, and Log.VerifyWitnesses where
// Log.Witnessed says so. The package does no I/O and makes no logs. It does not
// follow identifiers that were moved: a log in which the identifier was ever
// another one is refused.
package webvh

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mr-tron/base58"

	"cairn.example"
	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/jcs"
	"cairn.example/strictjson"
	"cairn.example/vc"
)

// Limits of a log.
const (
	MaxLog      = 256 << 10 // bytes of did.jsonl
	maxEntries  = 250
	maxValues   = 2000 // of one entry: each proof works them all out again
	maxProofs   = 2    // of one entry
	maxKeys     = 50
	maxWitness  = 50
	maxWatchers = 50
	maxTTL      = 1 << 31
	maxPastKeys = 200
)

// tolerance is how far the clock of who made an entry may be ahead of ours (section
// "Read", step 4).
const tolerance = 5 * time.Minute

// version is the only one that is known here. Another is refused, never read as
// this one.
const version = "did:webvh:1.0"

// placeholder stands for the SCID where that is worked out.
const placeholder = "{SCID}"

// scid is the text of a SHA-256 multihash: 34 bytes that begin with 0x12 0x20.
var scid = regexp.MustCompile(`^Qm[1-9A-HJ-NP-Za-km-z]{44}$`)

func bad(code, object, format string, args ...any) error {
	if len(object) > 120 {
		object = object[:120] + "…"
	}
	return &cairn.Error{Kind: cairn.Invalid, Code: code, Object: object, Message: fmt.Sprintf(format, args...)}
}

func tooLarge(d cairn.DID, format string, args ...any) error {
	return &cairn.Error{Kind: cairn.TooLarge, Code: "webvh.too-large", Object: string(d), Message: fmt.Sprintf(format, args...)}
}

// URLs returns where the log of an identifier is, and the file of its witnesses
// (section "The DID to HTTPS Transformation"). It takes the hosts and paths that
// did.WebURL takes.
func URLs(d cairn.DID) (log, witnesses string, err error) {
	_, rest, err := split(d)
	if err != nil {
		return "", "", err
	}
	document, err := did.WebURL(cairn.DID("did:web:" + rest))
	if err != nil {
		return "", "", err
	}
	base := strings.TrimSuffix(document, "did.json")
	return base + "did.jsonl", base + "did-witness.json", nil
}

// split separates the SCID of an identifier from host and path.
func split(d cairn.DID) (id, rest string, err error) {
	id, rest, _ = strings.Cut(strings.TrimPrefix(string(d), "did:webvh:"), ":")
	if _, err := did.Parse(string(d)); err != nil || did.MethodName(d) != "webvh" || !scid.MatchString(id) || rest == "" {
		return "", "", bad("did.syntax", string(d), "this is not a did:webvh identifier")
	}
	return id, rest, nil
}

// multihash is base58btc(multihash(SHA-256)), the only hash of version 1.0.
func multihash(data []byte) string {
	sum := sha256.Sum256(data)
	return base58.Encode(append([]byte{0x12, sha256.Size}, sum[:]...))
}

// A Log is the checked history of one identifier.
type Log struct {
	did       cairn.DID
	now       time.Time
	entries   []entry
	witnessed bool // the witnesses were checked, or there are none
}

// An entry is one version of the document, with what is in force for it.
type entry struct {
	versionID   string
	time        time.Time
	state       map[string]any
	deactivated bool
	witness     witness // who must have approved of this entry
}

// Parse reads the log of an identifier and checks every entry (section "Read"):
// the identifier is the hash of the first one, each contains the hash of the one
// before, is signed with a key that was in force, committed to before where the log
// does that, and is not of the future of now. What witnesses say is the only thing
// left: see Witnessed. One bad entry makes the log bad.
//
// The code did.no-document says that the data is no log at all, which says nothing
// of the identifier.
func Parse(d cairn.DID, data []byte, now time.Time) (*Log, error) {
	id, _, err := split(d)
	if err != nil {
		return nil, err
	}
	if len(data) > MaxLog {
		return nil, tooLarge(d, "the log has more than %d bytes", MaxLog)
	}
	r := reader{did: d, scid: id, now: now}
	l := &Log{did: d, now: now}
	lines := bytes.Split(bytes.TrimSuffix(data, []byte("\n")), []byte("\n"))
	if len(lines) > maxEntries {
		return nil, tooLarge(d, "the log has more than %d entries", maxEntries)
	}
	for i, line := range lines {
		e, err := r.next(line)
		if err != nil {
			return nil, fmt.Errorf("entry %d: %w", i+1, err)
		}
		l.entries = append(l.entries, e)
	}
	l.witnessed = !l.Witnessed()
	return l, nil
}

// reader is what is in force after the entries that were read.
type reader struct {
	did      cairn.DID
	scid     string
	now      time.Time
	count    int
	previous entry
	params   parameters
}

// next checks one entry, in the order of section "Read".
func (r *reader) next(line []byte) (entry, error) {
	var e entry
	tree, err := strictjson.ParseObject(line, strictjson.Limits{Bytes: MaxLog, Depth: 32, Values: maxValues})
	if err != nil || tree["versionId"] == nil {
		code := "webvh.entry"
		if r.count == 0 {
			code = "did.no-document"
		}
		return e, &cairn.Error{Kind: cairn.Invalid, Code: code, Object: string(r.did), Message: "this is no entry of a log", Err: err}
	}
	for name := range tree {
		switch name {
		case "versionId", "versionTime", "parameters", "state", "proof":
		default:
			return e, bad("webvh.entry", string(r.did), "an entry has no member %.60q", name)
		}
	}
	if r.previous.deactivated {
		return e, bad("webvh.after-end", string(r.did), "the identifier was deactivated, and nothing can follow that")
	}
	var ok bool
	if e.state, ok = tree["state"].(map[string]any); !ok {
		return e, bad("webvh.entry", string(r.did), "the entry has no document")
	}
	before := r.params
	if r.params, err = before.update(tree["parameters"], r.count == 0); err != nil {
		return e, err
	}
	if r.count == 0 && r.params.scid != r.scid {
		return e, bad("webvh.scid", string(r.did), "the log is of %.60q", r.params.scid)
	}
	keys := r.params.updateKeys
	if r.count > 0 && len(before.nextKeyHashes) == 0 {
		keys = before.updateKeys
	}
	if err := r.signed(tree, keys); err != nil { // refuses numbers that no hash covers, too
		return e, err
	}
	if err := r.chained(tree, &e); err != nil {
		return e, err
	}
	if e.state["id"] != string(r.did) {
		return e, bad("webvh.moved", string(r.did), "the entry is about %.120q; identifiers that were moved are not supported", e.state["id"])
	}
	e.deactivated = r.params.deactivated
	// Witnesses are dismissed, or replaced, by those that there were before.
	if e.witness = before.witness; len(e.witness.ids) == 0 {
		e.witness = r.params.witness
	}
	r.count++
	r.previous = e
	return e, nil
}

// signed checks that all proofs of an entry were made with keys in force (section
// "Authorized Keys").
func (r *reader) signed(tree map[string]any, keys []string) error {
	proofs, err := dataintegrity.Proofs(tree)
	if err != nil {
		return err
	}
	if len(proofs) > maxProofs {
		return tooLarge(r.did, "an entry has more than %d proofs", maxProofs)
	}
	checker := dataintegrity.NewChecker(tree)
	for _, p := range proofs {
		key, err := verify(checker, p)
		if err != nil {
			return err
		}
		if !slices.Contains(keys, key) {
			return bad("webvh.key", string(r.did), "the entry is signed with %.60s, which could not do that then", key)
		}
	}
	return nil
}

// verify checks a proof by a did:key, and returns the key. Whose it is, is for the
// caller. A proof that ends, or is part of a chain, has no meaning in a log.
func verify(c *dataintegrity.Checker, p dataintegrity.Proof) (string, error) {
	if p.Type != dataintegrity.ProofType || p.Cryptosuite != dataintegrity.EdDSAJCS2022 {
		return "", bad("webvh.cryptosuite", string(p.Method), "proofs of a log are of the cryptosuite %s, not %.60q", dataintegrity.EdDSAJCS2022, p.Cryptosuite)
	}
	if p.Purpose != did.AssertionMethod || !p.Expires.IsZero() || p.Previous != nil {
		return "", bad("webvh.proof", string(p.Method), "this proof is for something else")
	}
	owner, fragment, err := did.SplitKeyID(p.Method)
	if err != nil {
		return "", err
	}
	doc, err := did.ResolveKey(owner) // refuses what is no did:key
	if err != nil {
		return "", err
	}
	m, err := doc.Method(p.Method, did.AssertionMethod)
	if err != nil {
		return "", err
	}
	return fragment, c.Verify(p, m)
}

// chained checks versionId, versionTime and, for the first entry, the SCID.
func (r *reader) chained(tree map[string]any, e *entry) error {
	e.versionID, _ = tree["versionId"].(string)
	number, hash, _ := strings.Cut(e.versionID, "-")
	if number != strconv.Itoa(r.count+1) {
		return bad("webvh.version-id", string(r.did), "the version of the entry is %.60q, and not %d", e.versionID, r.count+1)
	}
	bare := map[string]any{"versionTime": tree["versionTime"], "parameters": tree["parameters"], "state": tree["state"]}
	if r.count == 0 {
		if err := r.selfCertifying(bare); err != nil {
			return err
		}
		bare["versionId"] = r.scid
	} else {
		bare["versionId"] = r.previous.versionID
	}
	canonical, err := jcs.Marshal(bare)
	if err != nil {
		return wrap("webvh.entry", r.did, "the entry can't be written in canonical form", err)
	}
	if multihash(canonical) != hash {
		return bad("webvh.hash", string(r.did), "the hash of the entry does not fit: it was changed, or does not follow the one before")
	}
	text, _ := tree["versionTime"].(string)
	if e.time, err = vc.ParseTime(text); err != nil || !strings.HasSuffix(text, "Z") && !strings.HasSuffix(text, "+00:00") {
		return bad("webvh.time", string(r.did), "versionTime is not a date and time in UTC")
	}
	if r.count > 0 && !e.time.After(r.previous.time) {
		return bad("webvh.time", string(r.did), "the entry is not later than the one before")
	}
	if e.time.After(r.now.Add(tolerance)) {
		return bad("webvh.time", string(r.did), "the entry is from the future (%s)", vc.FormatTime(e.time))
	}
	return nil
}

// selfCertifying checks that the SCID is the hash of the first entry with a
// placeholder wherever it stands (section "Verify SCID").
func (r *reader) selfCertifying(bare map[string]any) error {
	bare["versionId"] = placeholder
	canonical, err := jcs.Marshal(bare)
	if err != nil {
		return wrap("webvh.entry", r.did, "the entry can't be written in canonical form", err)
	}
	canonical = bytes.ReplaceAll(canonical, []byte(r.scid), []byte(placeholder))
	tree, err := strictjson.ParseObject(canonical, strictjson.Default) // names can have another order now
	if err == nil {
		canonical, err = jcs.Marshal(tree)
	}
	if err != nil {
		return wrap("webvh.entry", r.did, "the entry can't be written in canonical form", err)
	}
	if multihash(canonical) != r.scid {
		return bad("webvh.scid", string(r.did), "the identifier is not the hash of the first entry")
	}
	return nil
}

// Document returns the document of the identifier now. When the identifier was
// deactivated the error is Unavailable, with the code webvh.deactivated: nobody
// answers for it any more, which makes nothing wrong that it signed before. A log
// whose witnesses were not checked has none (webvh.not-witnessed).
func (l *Log) Document() (*did.Document, error) { return l.document(l.entries[len(l.entries)-1]) }

// WithPast is Document together with the keys that earlier documents had, revoked
// from when they were left out. What was signed with such a key is not as if somebody
// else had signed it: it may well be good, but the key could have been stolen since,
// so nobody can tell (did.Method.InLife). A key whose name was given to another key
// is not among them, nor are more than 200.
func (l *Log) WithPast() (*did.Document, error) {
	doc, err := l.Document()
	if err != nil {
		return nil, err
	}
	named := map[cairn.KeyID]bool{}
	for _, m := range doc.Methods {
		named[m.ID] = true
	}
	past := 0
	for i := len(l.entries) - 2; i >= 0; i-- {
		old, err := l.document(l.entries[i])
		if err != nil {
			continue // it had no keys that anybody could use
		}
		for _, m := range old.Methods {
			if named[m.ID] || past >= maxPastKeys {
				continue
			}
			named[m.ID] = true
			past++
			end := l.entries[i+1].time
			if end.After(l.now) { // within the tolerance
				end = l.now
			}
			if m.Revoked.IsZero() || m.Revoked.After(end) {
				m.Revoked = end
			}
			doc.Methods = append(doc.Methods, m)
			if slices.Contains(old.Assertion, m.ID) {
				doc.Assertion = append(doc.Assertion, m.ID)
			}
			if slices.Contains(old.Authentication, m.ID) {
				doc.Authentication = append(doc.Authentication, m.ID)
			}
		}
	}
	return doc, nil
}

// At is Document for an earlier time: the document that was in force then,
// according to the log. Before the first entry there is none (NotFound). What was
// in force is no proof of when something was signed: whoever has an old key can
// write any time into a signature.
func (l *Log) At(t time.Time) (*did.Document, error) {
	for i := len(l.entries) - 1; i >= 0; i-- {
		if !l.entries[i].time.After(t) {
			return l.document(l.entries[i])
		}
	}
	return nil, &cairn.Error{Kind: cairn.NotFound, Code: "webvh.too-early", Object: string(l.did), Message: "the identifier did not exist at " + vc.FormatTime(t)}
}

func (l *Log) document(e entry) (*did.Document, error) {
	if !l.witnessed {
		return nil, &cairn.Error{Kind: cairn.Unavailable, Code: "webvh.not-witnessed", Object: string(l.did), Message: "what the witnesses say was not checked"}
	}
	if e.deactivated {
		return nil, &cairn.Error{Kind: cairn.Unavailable, Code: "webvh.deactivated", Object: string(l.did), Message: "the identifier was deactivated at " + vc.FormatTime(e.time)}
	}
	data, err := jcs.Marshal(e.state)
	if err != nil {
		return nil, wrap("webvh.entry", l.did, "the document can't be written", err)
	}
	return did.ParseDocument(data, l.did)
}

func wrap(code string, d cairn.DID, message string, err error) error {
	return &cairn.Error{Kind: cairn.Invalid, Code: code, Object: string(d), Message: message, Err: err}
}
