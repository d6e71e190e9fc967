package verify_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"cairn.example/dataintegrity"
	"cairn.example/internal/reportcheck"
	"cairn.example/internal/verify"
	"cairn.example/jose"
	"cairn.example/vcjwt"
)

// genuineForms are documents that are valid, one of each form that the engine tells
// apart, by name.
func genuineForms(t testing.TB) map[string][]byte {
	t.Helper()
	doc := badge(t, nil)
	options := vcjwt.Options{At: today.Add(-time.Hour)}
	token := seal(t, "vc+jwt", doc, college, options)
	return map[string][]byte{
		"JSON":       sign(t, doc, college, dataintegrity.Options{}),
		"vc+jwt":     token,
		"vc+sd-jwt":  seal(t, "vc+sd-jwt", doc, college, options),
		"JWT":        seal(t, "JWT", doc, college, options),
		"vc+cose":    seal(t, "vc+cose", doc, college, options),
		"carried":    write(t, map[string]any{"@context": "https://www.w3.org/ns/credentials/v2", "type": "EnvelopedVerifiableCredential", "id": "data:application/vc+jwt," + string(token)}),
		"dc+sd-jwt":  present(t, issueVC(t, award(nil), jose.Header{KeyID: string(college.KeyID())}, tokenSigner(t, college)), "course", "grade"),
		"paper":      []byte(paper(t, card(nil), college)),
		"PixelPass":  []byte(pixelPass(t, sign(t, doc, college, dataintegrity.Options{}))),
		"claim 169":  []byte(identityCode(t, nil, college)),
		"with lines": append([]byte("\r\n  "), append(slices.Clone(token), " \n"...)...),
	}
}

// stillWorld is one whose status list is made once.
func stillWorld(t testing.TB) engine {
	t.Helper()
	w := openScope(newWorld())
	list, _, err := w.StatusList(t.Context(), listURL)
	if err != nil {
		t.Fatal(err)
	}
	w.broken = func() ([]byte, error) { return list, nil }
	return w.engine()
}

// shownLeaves are the values in what is shown, by their place.
func shownLeaves(t testing.TB, s *verify.Shown) map[string]string {
	t.Helper()
	out := map[string]string{}
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := json.Unmarshal(b, &tree); err != nil {
		t.Fatal(err)
	}
	var walk func(at string, v any)
	walk = func(at string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for k, e := range v {
				walk(at+"/"+k, e)
			}
		case []any:
			for i, e := range v {
				walk(fmt.Sprint(at, "/", i), e)
			}
		default:
			out[at] = fmt.Sprint(v)
		}
	}
	walk("", tree)
	return out
}

// Whatever comes in, there is a report in the form that its schema says, of one form
// of input, and nobody is told that it is valid but of what somebody signed: all that
// is shown of it stands in a genuine document.
func FuzzInput(f *testing.F) {
	e := stillWorld(f)
	forms := genuineForms(f)
	names := slices.Sorted(maps.Keys(forms))
	var genuine []map[string]string
	for i, name := range names {
		r := e.Verify(f.Context(), forms[name], verify.Options{})
		if r.Verdict != verify.Valid || r.Shown == nil {
			f.Fatalf("%s: %s, %+v", name, r.Verdict, r.Reason())
		}
		genuine = append(genuine, shownLeaves(f, r.Shown))
		n := uint8(i)
		f.Add(n, uint32(0), uint16(0), []byte(nil))                                             // as it is
		f.Add(n, uint32(len(forms[name])/2), uint16(1), []byte("A"))                            // one letter
		f.Add(n, uint32(len(forms[name])/3), uint16(0xffff), []byte(nil))                       // cut off
		f.Add(n, uint32(0), uint16(1), []byte(nil))                                             // without its beginning
		f.Add(n, uint32(0), uint16(2), []byte("ey"))                                            // another beginning
		f.Add(n, uint32(0), uint16(0), []byte{0xd2})                                            // a tag before it
		f.Add(n, uint32(0), uint16(0), []byte("CRN1:"))                                         // two beginnings
		f.Add(n, uint32(len(forms[name])-1), uint16(0), []byte("~"))                            // another part
		f.Add(n, uint32(bytes.Index(forms[name], []byte("Amina"))), uint16(5), []byte("Anima")) // where it can be read
	}
	for _, s := range []string{"", " ", "ey", "ey.", "e30.e30.e30", "ey.~", "{", "{}", "[]", "null", "CRN", "CRN1", "CRN9:A", "\xd2", "\xd8\x3d", "\x84", "\x84\x40\xa0\x40\x40", "%PDF-1.7", "6BF", "\xef\xbb\xbf{}"} {
		f.Add(uint8(0), uint32(0), uint16(0xffff), []byte(s))
	}
	f.Fuzz(func(t *testing.T, which uint8, at uint32, cut uint16, insert []byte) {
		doc := forms[names[int(which)%len(names)]]
		from := int(at) % (len(doc) + 1)
		to := min(from+int(cut), len(doc))
		data := slices.Concat(doc[:from], insert, doc[to:])
		if verify.IsEnvelope(data) && verify.IsPacked(data) {
			t.Errorf("%.200q is of two forms", data)
		}
		r := e.Verify(t.Context(), data, verify.Options{})
		b, err := json.Marshal(r)
		if err == nil {
			err = reportcheck.Report(b)
		}
		if err != nil {
			t.Fatal(err)
		}
		if r.Finding(verify.AxisProof).Outcome != verify.Yes && r.Shown != nil {
			t.Errorf("something is shown that nobody signed: %s", b)
		}
		if r.Verdict != verify.Valid {
			return
		}
		got := shownLeaves(t, r.Shown)
		if len(got) < 3 || !slices.ContainsFunc(genuine, func(g map[string]string) bool {
			for place, v := range got {
				if g[place] != v {
					return false
				}
			}
			return true
		}) {
			t.Errorf("%.500q is valid, and shows what nobody signed: %s", data, b)
		}
	})
}

// Each form is told by its beginning, and what has the beginning of one is never
// read as another.
func TestFormsOfInput(t *testing.T) {
	e := stillWorld(t)
	forms := genuineForms(t)
	want := map[string]string{"JSON": "DataIntegrityProof", "carried": "vc+jwt", "with lines": "vc+jwt", "PixelPass": "DataIntegrityProof"}
	for name, data := range forms {
		r := e.Verify(t.Context(), data, verify.Options{})
		form := want[name]
		if form == "" {
			form = name
		}
		switch name {
		case "paper":
			if r.Kind != verify.KindPaper {
				t.Errorf("%s is read as %s", name, r.Kind)
			}
		case "claim 169":
			if r.Kind == verify.KindUnreadable || len(r.Notes) == 0 || r.Notes[0].Code != "note.identity" {
				t.Errorf("%s: %+v", name, r)
			}
		default:
			if len(r.Securing) != 1 || r.Securing[0].Form != form {
				t.Errorf("%s is read as %+v", name, r.Securing)
			}
		}
		// One form's beginning before another form makes neither.
		for _, beginning := range []string{"CRN1:", "ey", "\xd2", "\x84", "{", "6BF", "x"} {
			if r := e.Verify(t.Context(), append([]byte(beginning), data...), verify.Options{}); r.Verdict == verify.Valid || r.Shown != nil {
				t.Errorf("%q and %s: %s, %s", beginning, name, r.Verdict, r.Kind)
			}
		}
		// Nor does a letter more or less inside, whichever it is.
		for i := 0; i < len(data); i += 1 + len(data)/97 {
			changed := slices.Concat(data[:i], data[i+1:])
			if strings.TrimSpace(string(changed)) == strings.TrimSpace(string(data)) || name == "vc+cose" && i == 0 {
				continue // blanks around it, and the tag, may be left out (RFC 9052, section 4.2)
			}
			if r := e.Verify(t.Context(), changed, verify.Options{}); r.Verdict == verify.Valid {
				t.Errorf("%s is valid without its byte %d", name, i)
			}
		}
	}
}
