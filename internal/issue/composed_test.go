package issue_test

import (
	"slices"
	"strings"
	"testing"

	"cairn.example/internal/issue"
)

// P11: two names that look alike and are not the same. Neither is changed; somebody
// is told.
func TestComposed(t *testing.T) {
	composed, taken := "Jos\u00e9", "Jose\u0301"
	if got := issue.Composed(composed, taken, "Amina", "अमीना", ""); !slices.Equal(got, []string{taken}) {
		t.Errorf("otherwise composed: %q", got)
	}
	if w := issue.ComposedWarning(taken); !strings.Contains(w, `"Jose\u0301"`) || !strings.Contains(w, `"`+composed+`"`) {
		t.Errorf("the warning: %s", w)
	}
}
