package web_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"fmt"
	"mime/multipart"
	"slices"
	"strings"
	"testing"
)

func archive(t *testing.T, files map[string][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, data := range files {
		e, err := z.Create(name)
		must(t, err)
		_, err = e.Write(data)
		must(t, err)
	}
	must(t, z.Close())
	return b.Bytes()
}

// Several files, one archive of them, or one spreadsheet: each item has its own
// answer, and one that is broken does not stop the others.
func TestVerifyMany(t *testing.T) {
	w := open(t, plain)
	b := w.browser(t)
	good := w.badges[0].Document()
	changed := bytes.Replace(good, []byte("Amina Wanjiru"), []byte("Somebody Else"), 1)

	b.get("/verify/many").is(t, "the form", 200, `enctype="multipart/form-data"`, `multiple`, "At most 200")
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	b.attach(m, "good.json", good)
	b.attach(m, "changed.json", changed)
	b.attach(m, "<b>x.txt", []byte("hello"))
	want := []string{"3 were checked", "good.json", "Amina Wanjiru", "changed.json", "was changed", "cannot hold a credential"}
	b.postMultipart("/verify/many", m, &body).is(t, "three files", 200, append(want, "&lt;b&gt;x.txt")...)
	b.upload("/verify/many", "a.zip", archive(t, map[string][]byte{"good.json": good, "changed.json": changed, "x.txt": []byte("hello")})).is(t, "an archive", 200, want...)

	quoted := func(data []byte) string { return `"` + strings.ReplaceAll(string(data), `"`, `""`) + `"` }
	sheet := "Applicant,Credential\n=1+1," + quoted(good) + "\nBen," + quoted(changed) + "\n"
	got := b.upload("/verify/many", "a.csv", []byte(sheet), "as", "sheet")
	got.is(t, "a spreadsheet", 200)
	if kind := got.Header.Get("Content-Disposition"); kind != `attachment; filename="cairn-answers.csv"` {
		t.Errorf("sent as %q", kind)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(got.body, "\ufeff"))).ReadAll()
	must(t, err)
	at := slices.Index(rows[0], "verdict")
	if len(rows) != 3 || rows[1][0] != "'=1+1" || rows[1][at] == "invalid" || rows[2][at] != "invalid" {
		t.Errorf("%q", rows)
	}
}

func TestVerifyManyRefuses(t *testing.T) {
	w := open(t, plain)
	b := w.browser(t)
	several := map[string][]byte{}
	for i := range 201 {
		several[fmt.Sprint(i, ".json")] = []byte("{}")
	}
	for name, v := range map[string]struct {
		got      answer
		status   int
		contains string
	}{
		"nothing":           {b.post("/verify/many"), 400, `role="alert"`},
		"half an archive":   {b.upload("/verify/many", "a.zip", archive(t, several)[:500]), 400, "ZIP archive is damaged"},
		"too many":          {b.upload("/verify/many", "a.zip", archive(t, several)), 413, "more than a page checks"},
		"no such column":    {b.upload("/verify/many", "a.csv", []byte("Name,Title\nA,B\n")), 400, "name exactly one column credential"},
		"an address to ask": {b.upload("/verify/many", "a.csv", []byte("url\nhttp://127.0.0.1/x\n")), 200, "no files and no addresses"},
	} {
		v.got.is(t, name, v.status, v.contains)
	}
}
