package bounds

import (
	"testing"
	"time"
)

// recorder is a test that notes whether it would have failed.
type recorder struct {
	testing.TB
	failed bool
}

func (r *recorder) Helper()               {}
func (r *recorder) Failed() bool          { return r.failed }
func (r *recorder) Errorf(string, ...any) { r.failed = true }
func (r *recorder) Fatal(...any)          { r.failed = true }

var kept []byte // so that what is allocated is allocated

func TestCheck(t *testing.T) {
	spend := func(d time.Duration) {
		for begin := processorTime(t); processorTime(t)-begin < d; {
		}
	}
	for name, c := range map[string]struct {
		run  func()
		fail bool
	}{
		"nothing":         {func() {}, false},
		"within":          {func() { kept = make([]byte, Memory/2); spend(Time / 2) }, false},
		"too much memory": {func() { kept = make([]byte, Memory+1) }, true},
		"much, bit by bit": {func() {
			for range 130 {
				kept = make([]byte, 1<<19)
			}
		}, true},
		"too long":                {func() { spend(Time*slack*instrumented + 10*time.Millisecond) }, true},
		"waiting takes no effort": {func() { time.Sleep(Time*slack + 50*time.Millisecond) }, false},
	} {
		r := &recorder{TB: t}
		Check(r, c.run)
		if r.failed != c.fail {
			t.Errorf("%s: failed is %v", name, r.failed)
		}
	}
	kept = nil
}
