package openbadges_test

import (
	"testing"

	"cairn.example/jcs"
	"cairn.example/openbadges"
	"cairn.example/rdfc"
	"cairn.example/strictjson"
	"cairn.example/vc"
)

func TestDocument(t *testing.T) {
	doc, err := award(t).Document()
	if err != nil {
		t.Fatal(err)
	}
	b, err := jcs.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s", b)
	tree, err := strictjson.ParseObject(b, strictjson.Default)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range openbadges.CheckSchema(tree) {
		t.Error(p)
	}
	if _, problems := vc.ReadCredential(tree); len(problems) > 0 {
		t.Error(problems)
	}
	nq, err := rdfc.Canonical(tree)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s", nq)
}
