package jcs_test

import (
	"testing"

	"cairn.example"
	"cairn.example/jcs"
	"cairn.example/strictjson"
)

func TestExact(t *testing.T) {
	for text, exact := range map[string]bool{
		`{"a":[1,-0,0.1,3.5,1e2,1.50,1E-7,0.0]}`:        true,
		`[0.1000000000000000055]`:                       false,
		`{"a":{"b":[3.0000000000000001]}}`:              false,
		`[1e-400]`:                                      false,
		`[0.30000000000000001]`:                         false,
		`[1.00000000000000000000000000000000000000000]`: false, // too long
	} {
		v, err := strictjson.Parse([]byte(text), strictjson.Default)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if err := jcs.Exact(v); (err == nil) != exact || err != nil && cairn.CodeOf(err) != "jcs.number" {
			t.Errorf("%s: %v", text, err)
		}
	}
}
