// Package bounds holds what reads outside bytes to its limits of memory and time, in
// tests. A fuzz target goes through Each, and then fails for an input that costs
// more than the limits, as it does for one that panics.
package bounds

import (
	"runtime/metrics"
	"syscall"
	"testing"
	"time"
)

// Limits of one input, whatever it is.
const (
	Memory = 64 << 20               // bytes, of all that is allocated on the way, freed or not
	Time   = 250 * time.Millisecond // of a processor of today, not of a clock on the wall

	// slack is for slow machines and for the instrumentation of the fuzzing engine.
	slack = 4
	tries = 3 // the garbage of what ran before counts too, so the least of several counts
)

// Cost is what a run took.
type Cost struct {
	Memory uint64
	Time   time.Duration
}

// Of runs f and returns what it took: what the process allocated and its processor
// time. Nothing else should run beside it.
func Of(t testing.TB, f func()) Cost {
	t.Helper()
	memory, processor := allocated(), processorTime(t)
	f()
	return Cost{allocated() - memory, processorTime(t) - processor}
}

// Check runs f, up to three times, and fails when each took more than the limits.
func Check(t testing.TB, f func()) {
	t.Helper()
	var least Cost
	for i := range tries {
		c := Of(t, f)
		if i == 0 || c.Time < least.Time {
			least.Time = c.Time
		}
		if i == 0 || c.Memory < least.Memory {
			least.Memory = c.Memory
		}
		if t.Failed() || least.within() {
			return
		}
	}
	t.Errorf("this input takes %d MiB and %v of a processor; the limits are %d MiB and %v, of which %d times as much is let pass", least.Memory>>20, least.Time, Memory>>20, Time, slack*instrumented)
}

func (c Cost) within() bool {
	return c.Memory <= Memory && c.Time <= Time*slack*instrumented
}

// Each makes a fuzz target hold each input to the limits.
func Each[T []byte | string](target func(*testing.T, T)) func(*testing.T, T) {
	return func(t *testing.T, input T) {
		t.Helper()
		Check(t, func() { target(t, input) })
	}
}

// Pair is Each for two inputs that belong together.
func Pair[T, U any](target func(*testing.T, T, U)) func(*testing.T, T, U) {
	return func(t *testing.T, one T, two U) {
		t.Helper()
		Check(t, func() { target(t, one, two) })
	}
}

func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// processorTime is that of the whole process, so that work which a decoder hands to
// others counts, and waiting for a processor does not.
func processorTime(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
