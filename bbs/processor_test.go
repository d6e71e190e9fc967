package bbs

import (
	"syscall"
	"testing"
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

// Whoever sends the largest proof that is read, to a process that has not seen
// one, makes it compute every constant. That takes a quarter of a second on a
// quiet machine and is not done twice; the bound leaves room for a busy one.
func TestLargestProof(t *testing.T) {
	k := signerKey(t).Public()
	proof := unhex(t, proofVectors[2].proof)
	for Hidden(len(proof)) < MaxMessages {
		proof = append(proof, proof[len(proof)-scalarSize:]...)
	}
	was := messageGenerators
	messageGenerators = &generators{seed: seed}
	defer func() { messageGenerators = was }()
	for i, bound := range []time.Duration{time.Second, 250 * time.Millisecond} {
		start := processorTime()
		wantCode(t, ProofVerify(k, proof, nil, nil, nil, nil), "bbs.proof")
		took := processorTime() - start
		if took > bound {
			t.Errorf("call %d took %v", i, took)
		}
		t.Logf("call %d took %v", i, took)
	}
}
