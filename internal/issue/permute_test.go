package issue

import "testing"

func TestPermuteIsAPermutation(t *testing.T) {
	for _, secret := range []string{"a", "another secret"} {
		seen := make([]bool, listSize)
		inOrder := 0
		for n := range listSize {
			p := permute([]byte(secret), n)
			if p < 0 || p >= listSize || seen[p] {
				t.Fatalf("%q: %d goes to %d, which is taken or outside", secret, n, p)
			}
			seen[p] = true
			if p == n {
				inOrder++
			}
		}
		if inOrder > 20 {
			t.Errorf("%q: %d entries stay in their place", secret, inOrder)
		}
	}
}
