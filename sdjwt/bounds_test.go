package sdjwt_test

import (
	"fmt"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"cairn.example/sdjwt"
)

// processorTime is what this process has used, which other work on the machine
// does not change.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// The largest inputs that are read, and some that are not, stay within the bounds
// on work: 250 ms of processor time and 64 MiB.
func TestBounds(t *testing.T) {
	serial := 0
	wide := func(n int) (disclosure, digest string) { // a disclosure with n values
		serial++
		return salted(fmt.Sprintf(`["s","a%d",[%s]]`, serial, strings.TrimSuffix(strings.Repeat("1,", n-1), ",")))
	}
	var digests, disclosures []string
	for range 999 {
		d, h := wide(49)
		disclosures = append(disclosures, d)
		digests = append(digests, `"`+h+`"`)
	}
	var large []string
	for range 4 {
		d, _ := wide(15_000)
		large = append(large, d)
	}
	var decoys []string
	for i := range 9000 {
		decoys = append(decoys, fmt.Sprintf(`"%043d"`, i))
	}
	chain, parent := []string{}, ""
	for range 60 { // each disclosure inside the next one
		body := `1`
		if parent != "" {
			body = `{"_sd":["` + parent + `"]}`
		}
		d, h := salted(`["s","x",` + body + `]`)
		chain, parent = append(chain, d), h
	}
	for name, in := range map[string]string{
		"many disclosures":         forge(t, `{"_sd":[`+strings.Join(digests, ",")+`]}`, disclosures...),
		"disclosures without home": forge(t, `{}`, disclosures...),
		"many values":              forge(t, `{}`, large...),
		"nested":                   forge(t, `{"_sd":["`+parent+`"]}`, chain...),
		"many digests":             forge(t, `{"_sd":[`+strings.Join(decoys, ",")+`]}`),
		"large text":               forge(t, `{"a":"`+strings.Repeat("a", 700_000)+`"}`),
		"only ~":                   strings.Repeat("~", sdjwt.MaxBytes),
		"only dots":                strings.Repeat(".", sdjwt.MaxBytes-1) + "~",
		"deep":                     forge(t, `{"a":`+strings.Repeat("[", 60)+strings.Repeat("]", 60)+`}`),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := processorTime()
		token, err := sdjwt.Parse(in)
		if err == nil {
			_, err = token.Verify(issuer.PublicKey(), sdjwt.VCPolicy())
		}
		took := processorTime() - start
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; took > 250*time.Millisecond || used > 64<<20 {
			t.Errorf("%s: %v and %d MiB for %d bytes (%v)", name, took, used>>20, len(in), err)
		} else {
			t.Logf("%s: %v, %d KiB, %d bytes: %v", name, took, used>>10, len(in), err)
		}
	}
}
