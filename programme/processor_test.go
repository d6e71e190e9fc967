package programme_test

import (
	"syscall"
	"time"
)

// processorTime is what this process has used so far. Bounds on work are held
// against it and not against the clock, which other processes slow down.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
