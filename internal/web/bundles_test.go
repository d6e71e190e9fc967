package web

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cairn.example"
)

// One bundle is made at a time and kept for a while; who asks meanwhile has the one
// before, or waits for as long as they like.
func TestBundles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s bundles
		var mu sync.Mutex
		made, inside := 0, 0
		var fault error
		build := func(ctx context.Context) ([]byte, error) {
			mu.Lock()
			made++
			n := made
			if inside++; inside > 1 {
				t.Error("two are made at once")
			}
			mu.Unlock()
			time.Sleep(10 * time.Second)
			mu.Lock()
			defer mu.Unlock()
			inside--
			return []byte{byte(n)}, errors.Join(fault, ctx.Err())
		}
		get := func(ctx context.Context) (byte, error) {
			b, err := s.get(ctx, "ministry", time.Now, build)
			if err != nil {
				return 0, err
			}
			return b[0], nil
		}
		want := func(what string, n byte) {
			t.Helper()
			if got, err := get(t.Context()); got != n || err != nil {
				t.Errorf("%s: bundle %d, %v", what, got, err)
			}
		}
		var wait sync.WaitGroup
		impatient, leave := context.WithTimeout(t.Context(), time.Second)
		defer leave()
		wait.Go(func() { // goes away while making it, and others have it all the same
			if _, err := get(impatient); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		for range 20 {
			wait.Go(func() { want("while the first is made", 1) })
		}
		wait.Go(func() {
			if _, err := get(impatient); cairn.CodeOf(err) != "web.busy" {
				t.Errorf("one who does not wait: %v", err)
			}
		})
		wait.Wait()
		want("soon after", 1)
		time.Sleep(bundleLife)
		wait.Go(func() { want("due", 2) })
		synctest.Wait()
		start := time.Now()
		want("while the next is made", 1)
		if time.Since(start) > 0 {
			t.Error("somebody waits though there is a bundle")
		}
		wait.Wait()

		fault = &cairn.Error{Kind: cairn.Unavailable, Code: "x.unreachable", Message: "unreachable"}
		time.Sleep(bundleLife)
		want("when no new one can be made", 2)
		want("soon after that", 2)
		if made != 3 {
			t.Errorf("a failure is not remembered: tried %d times", made)
		}
		time.Sleep(bundleRetry)
		want("after the next try", 2)
		if made != 4 {
			t.Errorf("tried %d times", made)
		}
		time.Sleep(bundleStale)
		for range 3 {
			if _, err := get(t.Context()); cairn.CodeOf(err) != "x.unreachable" {
				t.Errorf("a day old: %v", err)
			}
		}
		if made != 5 {
			t.Errorf("tried %d times", made)
		}
		fault = nil
		time.Sleep(bundleRetry)
		want("reachable again", 6)

		fault = errBusy
		time.Sleep(bundleStale)
		for range 2 {
			if _, err := get(t.Context()); !errors.Is(err, errBusy) {
				t.Error(err)
			}
		}
		if made != 8 {
			t.Errorf("that one caller was refused is remembered for others: tried %d times", made)
		}
	})
}

// Who finds no place to make a bundle that is due has the one before, and does not
// ask for a place again and again.
func TestBundleBusy(t *testing.T) {
	var s bundles
	at := time.Unix(0, 0)
	tries := 0
	get := func() (string, error) {
		b, err := s.get(t.Context(), "ministry", func() time.Time { return at }, func(context.Context) ([]byte, error) {
			switch tries++; {
			case tries == 1:
				return []byte("first"), nil
			case tries > 10:
				t.Fatal("it is tried without end")
			}
			return nil, errBusy
		})
		return string(b), err
	}
	for n, want := range []int{1, 2, 3} {
		if b, err := get(); b != "first" || err != nil || tries != want {
			t.Errorf("request %d: %q %v after %d tries", n, b, err, tries)
		}
		at = at.Add(bundleLife)
	}
}

// A fault while making a bundle leaves nobody waiting.
func TestBundleFault(t *testing.T) {
	var s bundles
	func() {
		defer func() { _ = recover() }() // the page answers it
		_, _ = s.get(t.Context(), "ministry", time.Now, func(context.Context) ([]byte, error) { panic("a fault") })
	}()
	if _, err := s.get(t.Context(), "ministry", time.Now, func(context.Context) ([]byte, error) { return nil, nil }); cairn.CodeOf(err) != "web.fault" {
		t.Error(err)
	}
}
