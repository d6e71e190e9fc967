package hold

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"cairn.example"
	"cairn.example/dataintegrity"
	"cairn.example/did"
	"cairn.example/internal/bounds"
	"cairn.example/strictjson"
	"cairn.example/vc"
)

func TestPresent(t *testing.T) {
	w := create(t, 1)
	a := receive(t, w, badge(t, 1, w.DID(), now)).Entry
	b := receive(t, w, badge(t, 2, "", now)).Entry
	receive(t, w, badge(t, 3, w.DID(), now))
	out, err := w.Present(context.Background(), PresentRequest{Credentials: []string{a.ID, b.Digest, a.Digest}, Challenge: "c-123", Domain: "university.example", Now: now})
	if err != nil {
		t.Fatal(err)
	}
	d, err := vc.Parse(out)
	if err != nil {
		t.Fatal(err)
	}
	p, problems := vc.ReadPresentation(d.Tree())
	if len(problems) > 0 || p.Holder != string(w.DID()) || len(p.Credentials) != 2 || !strings.HasPrefix(p.ID, "urn:uuid:") {
		t.Fatalf("holder %s, %d credentials, %v", p.Holder, len(p.Credentials), problems)
	}
	list, err := dataintegrity.Proofs(d.Tree())
	if err != nil || len(list) != 1 {
		t.Fatal(err)
	}
	proof := list[0]
	if proof.Purpose != did.Authentication || proof.Challenge != "c-123" || len(proof.Domains) != 1 || proof.Domains[0] != "university.example" || !proof.Created.Equal(now) {
		t.Errorf("proof %+v", proof)
	}
	doc, err := did.ResolveKey(w.DID())
	if err != nil {
		t.Fatal(err)
	}
	m, err := doc.Method(proof.Method, did.Authentication)
	if err != nil {
		t.Fatal(err)
	}
	if err := dataintegrity.Verify(d.Tree(), proof, m); err != nil {
		t.Error(err)
	}
	for i, c := range p.Credentials { // the issuers' proofs still hold inside
		list, err := dataintegrity.Proofs(c)
		if err != nil {
			t.Fatal(err)
		}
		controller, _, _ := did.SplitKeyID(list[0].Method)
		doc, err := did.ResolveKey(controller)
		if err != nil {
			t.Fatal(err)
		}
		m, err := doc.Method(list[0].Method, did.AssertionMethod)
		if err == nil {
			err = dataintegrity.Verify(c, list[0], m)
		}
		if err != nil {
			t.Errorf("credential %d: %v", i, err)
		}
	}
	// One changed letter anywhere breaks the holder's proof.
	changed, err := vc.Parse(bytes.Replace(out, []byte("Course 1"), []byte("Course 7"), 1))
	if err != nil {
		t.Fatal(err)
	}
	if dataintegrity.Verify(changed.Tree(), proof, m) == nil {
		t.Error("a changed presentation verifies")
	}
}

func TestPresentRefuses(t *testing.T) {
	w := create(t, 1)
	mine := receive(t, w, badge(t, 1, w.DID(), now)).Entry
	other := receive(t, w, badge(t, 2, issuer().did, now)).Entry
	good := PresentRequest{Credentials: []string{mine.ID}, Challenge: "c", Domain: "d", Now: now}
	for name, c := range map[string]struct {
		change func(*PresentRequest)
		kind   cairn.Kind
		code   string
	}{
		"no challenge":     {func(r *PresentRequest) { r.Challenge = "" }, cairn.Invalid, "wallet.present-challenge"},
		"blank domain":     {func(r *PresentRequest) { r.Domain = " " }, cairn.Invalid, "wallet.present-domain"},
		"huge challenge":   {func(r *PresentRequest) { r.Challenge = strings.Repeat("x", 2000) }, cairn.TooLarge, "wallet.present-challenge"},
		"nothing":          {func(r *PresentRequest) { r.Credentials = nil }, cairn.Invalid, "wallet.present-nothing"},
		"unknown":          {func(r *PresentRequest) { r.Credentials = []string{"urn:x:y"} }, cairn.NotFound, "wallet.no-credential"},
		"somebody else's":  {func(r *PresentRequest) { r.Credentials = []string{mine.ID, other.ID} }, cairn.Denied, "wallet.not-yours"},
		"too many to show": {func(r *PresentRequest) { r.Credentials = make([]string, maxPresented+1) }, cairn.TooLarge, "wallet.present-many"},
	} {
		r := good
		c.change(&r)
		if out, err := w.Present(context.Background(), r); cairn.KindOf(err) != c.kind || cairn.CodeOf(err) != c.code || out != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	allowed := good
	allowed.Credentials, allowed.AllowOthers = []string{other.ID}, true
	if _, err := w.Present(context.Background(), allowed); err != nil {
		t.Error(err)
	}
	w.Close()
	_, err := w.Present(context.Background(), good)
	wantCode(t, err, cairn.Invalid, "wallet.closed")
}

func TestBackupOpens(t *testing.T) {
	w := create(t, 1)
	e := receive(t, w, badge(t, 1, w.DID(), now)).Entry
	copyPath := filepath.Join(t.TempDir(), "copy")
	if err := w.Backup(copyPath); err != nil {
		t.Fatal(err)
	}
	wantCode(t, w.Backup(copyPath), cairn.Conflict, "wallet.exists")
	wantCode(t, w.Backup(w.path), cairn.Conflict, "wallet.exists")
	b, err := Open(copyPath, phrase, options(5))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if b.DID() != w.DID() {
		t.Error("the copy has another key")
	}
	if got, err := b.Show(e.Digest); err != nil || !bytes.Equal(got.Document, e.Document) {
		t.Error(err)
	}
}

func TestExport(t *testing.T) {
	w := create(t, 1)
	first := badge(t, 1, w.DID(), now)
	receive(t, w, first)
	second := receive(t, w, badge(t, 1, w.DID(), now.AddDate(0, 0, 1))).Entry
	var out bytes.Buffer
	wantCode(t, w.Export(&out, ExportOptions{Form: ExportZip}), cairn.Denied, "wallet.export-clear")
	wantCode(t, w.Export(&out, ExportOptions{Form: "exe", InTheClear: true}), cairn.Invalid, "wallet.export-form")
	if out.Len() > 0 {
		t.Error("a refused export wrote something")
	}
	if err := w.Export(&out, ExportOptions{Form: ExportZip, InTheClear: true}); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if got[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(got["credentials/001-course-1.json"], second.Document) || !bytes.Equal(got["history/001-course-1-01.json"], first) {
		t.Errorf("the credentials are not there byte for byte: %d files", len(got))
	}
	if strings.Contains(string(got["wallet.json"]), "secretKey") || !strings.Contains(string(got["README.txt"]), "not in this export") {
		t.Error("the key was exported unasked")
	}
	out.Reset()
	if err := w.Export(&out, ExportOptions{Form: ExportUniversalWallet, InTheClear: true, WithKey: true}); err != nil {
		t.Fatal(err)
	}
	tree, err := strictjson.ParseObject(out.Bytes(), strictjson.Transcript)
	if err != nil {
		t.Fatal(err)
	}
	contents := tree["contents"].([]any)
	key := contents[0].(map[string]any)
	if tree["status"] != "UNLOCKED" || len(contents) != 2 || !strings.HasPrefix(key["secretKeyMultibase"].(string), "z3u2") {
		t.Errorf("export %v", tree)
	}
}

func TestFileName(t *testing.T) {
	for title, want := range map[string]string{"Soil & water": "soil-water", "": "credential", "../../etc/passwd": "etc-passwd",
		"CON": "con", "امتحان": "امتحان", "<>": "credential", "a\x00b": "a-b"} {
		if got := fileName(title); got != want {
			t.Errorf("%q: %q", title, got)
		}
	}
	if got := fileName(strings.Repeat("é", 300)); len(got) > 70 {
		t.Errorf("%d bytes", len(got))
	}
}

// FuzzDecode reads what is inside a wallet file after decryption.
func FuzzDecode(f *testing.F) {
	w := create(f, 1)
	receive(f, w, badge(f, 1, w.DID(), now))
	receive(f, w, badge(f, 1, w.DID(), now.AddDate(0, 0, 1)))
	plain, err := encode(w.state)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(plain)
	f.Add([]byte(`{"format":"cairn-wallet","version":1,"created":"","did":"","key":"","credentials":[]}`))
	f.Add([]byte(`{"format":"cairn-wallet","version":2,"new":true}`))
	f.Add([]byte(`{"format":"cairn-wallet","version":1,"credentials":[{"history":null}]}`))
	f.Fuzz(bounds.Each(func(t *testing.T, data []byte) {
		s, err := decode(data)
		if err != nil {
			if cairn.KindOf(err) != cairn.Invalid {
				t.Fatalf("kind %q: %v", cairn.KindOf(err), err)
			}
			return
		}
		again, err := encode(s)
		if err != nil {
			t.Fatal(err)
		}
		back, err := decode(again)
		if err != nil {
			t.Fatalf("what was read can't be written: %v", err)
		}
		third, err := encode(back)
		if err != nil || !bytes.Equal(again, third) {
			t.Fatalf("the state changes when it is stored: %v", err)
		}
	}))
}

func TestDecodeRefuses(t *testing.T) {
	w := create(t, 1)
	receive(t, w, badge(t, 1, w.DID(), now))
	plain, err := encode(w.state)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(m map[string]any)
		code   string
	}{
		"another format":   {func(m map[string]any) { m["format"] = "other" }, "wallet.format"},
		"newer version":    {func(m map[string]any) { m["version"] = json.Number("2") }, "wallet.version"},
		"no version":       {func(m map[string]any) { delete(m, "version") }, "wallet.damaged"},
		"unknown member":   {func(m map[string]any) { m["extra"] = true }, "wallet.damaged"},
		"another key":      {func(m map[string]any) { m["key"] = strings.Repeat("A", 43) }, "wallet.damaged"},
		"short key":        {func(m map[string]any) { m["key"] = "AAAA" }, "wallet.damaged"},
		"bad time":         {func(m map[string]any) { m["created"] = "yesterday" }, "wallet.damaged"},
		"twice":            {func(m map[string]any) { l := m["credentials"].([]any); m["credentials"] = []any{l[0], l[0]} }, "wallet.damaged"},
		"another document": {func(m map[string]any) { m["credentials"].([]any)[0].(map[string]any)["document"] = "{}" }, "wallet.damaged"},
		"another digest":   {func(m map[string]any) { m["credentials"].([]any)[0].(map[string]any)["digest"] = "sha256:00" }, "wallet.damaged"},
	} {
		tree, err := strictjson.ParseObject(plain, strictjson.Transcript)
		if err != nil {
			t.Fatal(err)
		}
		c.change(tree)
		b, err := json.Marshal(tree)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decode(b); cairn.CodeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
}
