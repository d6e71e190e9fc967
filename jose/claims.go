package jose

import (
	"encoding/json"
	"math"
	"time"
)

// maxTime is the end of the year 9999 in seconds since 1970.
const maxTime = 253402300799

// Time reads a NumericDate claim (RFC 7519, section 2): seconds since 1970, with a
// fraction if need be. It reports false when the claim is absent. A text, a
// negative number and a date after the year 9999 are refused (jose.time).
func Time(claims map[string]any, name string) (time.Time, bool, error) {
	v, ok := claims[name]
	if !ok {
		return time.Time{}, false, nil
	}
	n, ok := v.(json.Number)
	if !ok {
		return time.Time{}, false, bad("jose.time", name, "%s must be a number of seconds", name)
	}
	f, err := n.Float64()
	if err != nil || math.IsNaN(f) || f < 0 || f > maxTime {
		return time.Time{}, false, bad("jose.time", name, "%s is not a date", name)
	}
	whole, fraction := math.Modf(f)
	return time.Unix(int64(whole), int64(fraction*1e9)).UTC(), true, nil
}

// Period checks exp and nbf at a time, with an allowance for clocks that differ.
// Codes: jose.expired, jose.not-yet, jose.time. The claims may be absent.
func Period(claims map[string]any, at time.Time, leeway time.Duration) error {
	nbf, ok, err := Time(claims, "nbf")
	if err != nil {
		return err
	}
	if ok && at.Add(leeway).Before(nbf) {
		return bad("jose.not-yet", "nbf", "it is not valid before %s", nbf.Format(time.RFC3339))
	}
	exp, ok, err := Time(claims, "exp")
	if err != nil {
		return err
	}
	if ok && !at.Add(-leeway).Before(exp) { // RFC 7519, 4.1.4: on or after
		return bad("jose.expired", "exp", "it was valid until %s", exp.Format(time.RFC3339))
	}
	return nil
}

// Text reads a claim that must be a text if it is there.
func Text(claims map[string]any, name string) (string, error) {
	v, ok := claims[name]
	if !ok {
		return "", nil
	}
	s, ok := v.(string)
	if !ok || s == "" {
		return "", bad("jose.claim", name, "%s must be a text", name)
	}
	return s, nil
}

// Audience reads aud, a text or a list of texts (RFC 7519, section 4.1.3).
func Audience(claims map[string]any) ([]string, error) {
	v, ok := claims["aud"]
	if !ok {
		return nil, nil
	}
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	var out []string
	for _, e := range list {
		s, ok := e.(string)
		if !ok || s == "" {
			return nil, bad("jose.claim", "aud", "aud must be a text or a list of texts")
		}
		out = append(out, s)
	}
	return out, nil
}
