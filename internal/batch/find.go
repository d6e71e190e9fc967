package batch

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"cairn.example"
)

func tooLarge(name string) error {
	return &cairn.Error{Kind: cairn.TooLarge, Code: "batch.item", Object: name, Message: fmt.Sprintf("this is larger than %d MiB", MaxItem>>20), Hint: "a credential is far smaller; give the credential itself"}
}

func unreadable(name string, err error) error {
	return &cairn.Error{Kind: cairn.Invalid, Code: "batch.item", Object: name, Message: "this can't be read", Err: err}
}

func tooMany() error {
	return &cairn.Error{Kind: cairn.TooLarge, Code: "batch.many", Message: fmt.Sprintf("more than %d items", MaxItems), Hint: "check them in several runs"}
}

// hidden reports whether a file is not meant for people: their systems put such
// files beside what they chose.
func hidden(name string) bool {
	return slices.ContainsFunc(strings.Split(name, "/"), func(s string) bool {
		return strings.HasPrefix(s, ".") && s != "." && s != ".." || s == "__MACOSX" || s == "Thumbs.db"
	})
}

func read(r io.Reader, name string) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, MaxItem+1))
	switch {
	case err != nil:
		return nil, unreadable(name, err)
	case len(b) > MaxItem:
		return nil, tooLarge(name)
	}
	return b, nil
}

// Folder finds every file in a folder and in the folders within it. Links are not
// followed.
func Folder(folder fs.FS) iter.Seq[Item] {
	return func(yield func(Item) bool) {
		n := 0
		stopped := errors.New("stopped")
		err := fs.WalkDir(folder, ".", func(name string, d fs.DirEntry, err error) error {
			switch {
			case err == nil && name != "." && hidden(name):
				if d.IsDir() {
					return fs.SkipDir
				}
				return nil
			case err == nil && !d.Type().IsRegular():
				return nil
			}
			if n++; n > MaxItems {
				return tooMany()
			}
			item := Item{Name: name}
			if err != nil {
				item.Err = unreadable(name, err)
			} else {
				item.Data, item.Err = readFile(folder, name)
			}
			if !yield(item) {
				return stopped
			}
			return nil
		})
		if err != nil && err != stopped {
			yield(Item{Name: ".", Err: err})
		}
	}
}

func readFile(folder fs.FS, name string) ([]byte, error) {
	f, err := folder.Open(name)
	if err != nil {
		return nil, unreadable(name, err)
	}
	defer f.Close()
	return read(f, name)
}

// Archive finds the files of a ZIP archive. Nothing is unpacked to a disk, and
// archives inside are items that hold no credential. After unpacking most bytes in
// all, what follows is named and not opened.
func Archive(data []byte, most int64) (iter.Seq[Item], error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // no path is used but to name the row
		return nil, &cairn.Error{Kind: cairn.Invalid, Code: "batch.zip", Message: "this is not a whole ZIP archive", Err: err}
	}
	if len(z.File) > MaxItems {
		return nil, tooMany()
	}
	return func(yield func(Item) bool) {
		left := most
		for _, f := range z.File {
			name := strings.ToValidUTF8(strings.ReplaceAll(f.Name, `\`, "/"), "?")
			if f.FileInfo().IsDir() || hidden(path.Clean(name)) {
				continue
			}
			item := Item{Name: name}
			switch {
			case f.Flags&1 != 0:
				item.Err = unreadable(name, errors.New("it is encrypted"))
			case left <= 0:
				item.Err = &cairn.Error{Kind: cairn.TooLarge, Code: "batch.zip", Object: name, Message: fmt.Sprintf("the archive unpacks to more than %d MiB", most>>20), Hint: "check it in several parts"}
			default:
				item.Data, item.Err = unzip(f, name)
				left -= int64(len(item.Data))
				if item.Err != nil {
					left -= MaxItem // what failed may have cost that much
				}
			}
			if !yield(item) {
				return
			}
		}
	}, nil
}

func unzip(f *zip.File, name string) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, unreadable(name, err)
	}
	defer r.Close()
	return read(r, name)
}

// The columns that name what a row of a spreadsheet asks about.
const (
	ColumnCredential = "credential" // the text itself: JSON, or a paper code
	ColumnFile       = "file"       // a file beside the spreadsheet
	ColumnURL        = "url"        // a web address
)

// Open reads what a row names: a file or a web address.
type Open func(column, value string) ([]byte, error)

// Sheet finds the rows of a spreadsheet in CSV, with a comma, a semicolon or a
// tab. The first row names the columns; one of them must be credential, file or
// url. The others are kept beside the answer. An item is named by its line.
func Sheet(data []byte, open Open) (header []string, items iter.Seq[Item], err error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !utf8.Valid(data) {
		return nil, nil, &cairn.Error{Kind: cairn.Invalid, Code: "batch.sheet", Message: "the spreadsheet is not UTF-8 text", Hint: "save it as \"CSV UTF-8\""}
	}
	r := csv.NewReader(bytes.NewReader(data))
	r.Comma = separator(data)
	r.FieldsPerRecord = -1
	header, err = r.Read()
	if err != nil {
		return nil, nil, &cairn.Error{Kind: cairn.Invalid, Code: "batch.sheet", Message: "the spreadsheet has no first row with the names of its columns", Err: err}
	}
	at, column := -1, ""
	for i, name := range header {
		header[i] = strings.TrimSpace(name)
		name := strings.ToLower(header[i])
		if !slices.Contains([]string{ColumnCredential, ColumnFile, ColumnURL}, name) {
			continue
		}
		if at >= 0 {
			return nil, nil, &cairn.Error{Kind: cairn.Invalid, Code: "batch.sheet", Field: name, Message: "more than one column names what to check", Hint: "keep one of: credential, file, url"}
		}
		at, column = i, name
	}
	if at < 0 {
		return nil, nil, &cairn.Error{Kind: cairn.Invalid, Code: "batch.sheet", Message: "no column names what to check", Hint: "name one column credential, file or url"}
	}
	return header, func(yield func(Item) bool) {
		for n := 1; ; n++ {
			cells, err := r.Read()
			if err == io.EOF {
				return
			}
			item := Item{Cells: cells}
			if err == nil {
				line, _ := r.FieldPos(0)
				item.Name = fmt.Sprint("line ", line)
			}
			switch {
			case n > MaxItems:
				item.Err = tooMany()
			case err != nil:
				item.Err = unreadable("", err) // the error names the line
			case len(cells) != len(header):
				item.Err = unreadable(item.Name, fmt.Errorf("it has %d columns and the first row has %d", len(cells), len(header)))
			case strings.TrimSpace(cells[at]) == "":
				item.Err = unreadable(item.Name, fmt.Errorf("the column %s is empty", column))
			case column == ColumnCredential:
				item.Data = []byte(cells[at])
			default:
				item.Data, item.Err = open(column, strings.TrimSpace(cells[at]))
			}
			if !yield(item) || n > MaxItems {
				return
			}
			// After a quote that is never closed nothing is sure to be a row.
			if err != nil {
				return
			}
		}
	}, nil
}

// separator is the one that the first row uses most.
func separator(data []byte) rune {
	first, _, _ := bytes.Cut(data, []byte("\n"))
	best := ','
	for _, c := range []rune{';', '\t'} {
		if bytes.Count(first, []byte(string(c))) > bytes.Count(first, []byte(string(best))) {
			best = c
		}
	}
	return best
}
