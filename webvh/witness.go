package webvh

import (
	"cairn.example"
	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/strictjson"
)

// Limits of the file of the witnesses.
const (
	MaxWitnesses     = 256 << 10 // bytes of did-witness.json
	maxWitnessProofs = 500       // by witnesses of the log
)

// Witnessed says whether witnesses must have approved of entries of the log: then it
// has no document before VerifyWitnesses.
func (l *Log) Witnessed() bool {
	for _, e := range l.entries {
		if len(e.witness.ids) > 0 {
			return true
		}
	}
	return false
}

// VerifyWitnesses checks that enough witnesses approved of every entry that needs
// it (section "Verifying Witness Proofs During Resolution"). data is the file beside
// the log. A witness approves of an entry and of all before it; entries that the
// log does not have, proofs that do not hold and those of others count for nothing.
// The code did.no-document says that the data is no such file at all.
func (l *Log) VerifyWitnesses(data []byte) error {
	tree, err := strictjson.Parse(data, strictjson.Limits{Bytes: MaxWitnesses, Depth: 16, Values: 40_000})
	list, ok := tree.([]any)
	if err != nil || !ok {
		return &cairn.Error{Kind: cairn.Invalid, Code: "did.no-document", Object: string(l.did), Message: "this is no file of witnesses", Err: err}
	}
	approved, err := l.approvals(list)
	if err != nil {
		return err
	}
	for i, e := range l.entries {
		count := 0
		for _, id := range e.witness.ids {
			if approved[id] > i {
				count++
			}
		}
		if count < e.witness.threshold {
			return bad("webvh.witness", string(l.did), "%d witnesses approved of entry %d, where %d must", count, i+1, e.witness.threshold)
		}
	}
	l.witnessed = true
	return nil
}

// approvals returns, for each witness, how many entries of the log it approved of.
func (l *Log) approvals(list []any) (map[cairn.DID]int, error) {
	known := map[cairn.DID]bool{}
	place := map[string]int{}
	for i, e := range l.entries {
		place[e.versionID] = i + 1
		for _, id := range e.witness.ids {
			known[id] = true
		}
	}
	approved := map[cairn.DID]int{}
	checked := 0
	for _, v := range list {
		e, _ := v.(map[string]any)
		versionID, _ := e["versionId"].(string)
		proofs, _ := e["proof"].([]any)
		n := place[versionID]
		if n == 0 {
			continue
		}
		for _, p := range proofs {
			doc := map[string]any{"versionId": versionID, "proof": p}
			read, err := dataintegrity.Proofs(doc)
			if err != nil || len(read) != 1 {
				continue
			}
			by, _, err := did.SplitKeyID(read[0].Method)
			if err != nil || !known[by] {
				continue
			}
			if checked++; checked > maxWitnessProofs {
				return nil, tooLarge(l.did, "there are more than %d proofs of witnesses", maxWitnessProofs)
			}
			if _, err := verify(dataintegrity.NewChecker(doc), read[0]); err == nil {
				approved[by] = max(approved[by], n)
			}
		}
	}
	return approved, nil
}
