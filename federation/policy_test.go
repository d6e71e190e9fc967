package federation_test

import (
	"testing"

	"cairn.example"
	"cairn.example/federation"
	"cairn.example/jcs"
)

// resolved applies policies, the anchor's first, to the metadata of one parameter.
func resolved(t testing.TB, upper, lower, parameter, metadata string) (string, error) {
	t.Helper()
	rules := func(text string) func(object) {
		if text == "" {
			return nil
		}
		return func(c object) {
			c["metadata_policy"] = object{"x": object{parameter: tree(t, text)}}
		}
	}
	r, err := verify(t, with(func(c object) { c["metadata"] = object{"x": tree(t, metadata)} }, rules(lower), rules(upper))...)
	if err != nil {
		return "", err
	}
	b, err := jcs.Marshal(r.Metadata["x"])
	return string(b), err
}

// The rules of OpenID Federation 1.0, section 6.1.3.1, one by one, and how they are
// merged. An empty want is a policy error.
func TestOperators(t *testing.T) {
	for _, c := range []struct{ upper, lower, metadata, want string }{
		{`{"value":"a"}`, ``, `{}`, `{"p":"a"}`},
		{`{"value":"a"}`, ``, `{"p":"b"}`, `{"p":"a"}`},
		{`{"value":null}`, ``, `{"p":"b"}`, `{}`},
		{`{"value":["a","b"],"add":["b"]}`, ``, `{}`, `{"p":["a","b"]}`},
		{`{"value":["a"],"add":["b"]}`, ``, `{}`, ``},
		{`{"value":"a","add":["a"]}`, ``, `{}`, ``},
		{`{"value":"a","default":"b"}`, ``, `{}`, `{"p":"a"}`},
		{`{"value":null,"default":"b"}`, ``, `{}`, ``},
		{`{"value":null,"essential":true}`, ``, `{}`, ``},
		{`{"value":null,"essential":false}`, ``, `{"p":1}`, `{}`},
		{`{"value":"a","one_of":["a","b"]}`, ``, `{}`, `{"p":"a"}`},
		{`{"value":"c","one_of":["a","b"]}`, ``, `{}`, ``},
		{`{"value":null,"one_of":["a","b"]}`, ``, `{}`, ``},
		{`{"value":["a"],"subset_of":["a","b"]}`, ``, `{}`, `{"p":["a"]}`},
		{`{"value":["c"],"subset_of":["a","b"]}`, ``, `{}`, ``},
		{`{"value":["a","b","c"],"superset_of":["a","b"]}`, ``, `{}`, `{"p":["a","b","c"]}`},
		{`{"value":["a"],"superset_of":["a","b"]}`, ``, `{}`, ``},
		{`{"value":"a"}`, `{"value":"a"}`, `{}`, `{"p":"a"}`},
		{`{"value":1}`, `{"value":1.0}`, `{}`, `{"p":1}`},
		{`{"value":"a"}`, `{"value":"b"}`, `{}`, ``},
		{`{"add":["b"]}`, ``, `{"p":["a","b"]}`, `{"p":["a","b"]}`},
		{`{"add":["b"]}`, `{"add":["c"]}`, `{"p":["a"]}`, `{"p":["a","b","c"]}`},
		{`{"add":["b"]}`, ``, `{}`, `{"p":["b"]}`},
		{`{"add":["b"]}`, ``, `{"p":"a"}`, ``},
		{`{"add":"b"}`, ``, `{}`, ``},
		{`{"add":["b"],"one_of":["b"]}`, ``, `{}`, ``},
		{`{"add":["a"],"subset_of":["a","b"]}`, ``, `{"p":["b","c"]}`, `{"p":["b","a"]}`},
		{`{"add":["c"],"subset_of":["a","b"]}`, ``, `{}`, ``},
		{`{"add":["c"]}`, `{"subset_of":["a","b"]}`, `{}`, ``},
		{`{"default":"a"}`, ``, `{}`, `{"p":"a"}`},
		{`{"default":"a"}`, ``, `{"p":"b"}`, `{"p":"b"}`},
		{`{"default":null}`, ``, `{}`, ``},
		{`{"default":"a"}`, `{"default":"b"}`, `{}`, ``},
		{`{"default":"a","essential":true}`, ``, `{}`, `{"p":"a"}`},
		{`{"one_of":["a","b"]}`, ``, `{"p":"b"}`, `{"p":"b"}`},
		{`{"one_of":["a","b"]}`, ``, `{"p":"c"}`, ``},
		{`{"one_of":["a","b"]}`, ``, `{"p":["a"]}`, ``},
		{`{"one_of":["a","b"]}`, ``, `{}`, `{}`},
		{`{"one_of":["a","b"]}`, `{"one_of":["b","c"]}`, `{"p":"b"}`, `{"p":"b"}`},
		{`{"one_of":["a","b"]}`, `{"one_of":["b","c"]}`, `{"p":"a"}`, ``},
		{`{"one_of":["a","b"]}`, `{"one_of":["c"]}`, `{}`, ``},
		{`{"one_of":["a"],"subset_of":["a"]}`, ``, `{}`, ``},
		{`{"one_of":["a"]}`, `{"superset_of":["a"]}`, `{}`, ``},
		{`{"one_of":[1,{"a":1}]}`, ``, `{"p":{"a":1}}`, `{"p":{"a":1}}`},
		// the table in section 6.1.3.1.8
		{`{"essential":true,"subset_of":["a","b","c"]}`, ``, `{"p":["a","e"]}`, `{"p":["a"]}`},
		{`{"essential":false,"subset_of":["a","b","c"]}`, ``, `{"p":["a","e"]}`, `{"p":["a"]}`},
		{`{"essential":true,"subset_of":["a","b","c"]}`, ``, `{"p":["d","e"]}`, `{"p":[]}`},
		{`{"essential":false,"subset_of":["a","b","c"]}`, ``, `{"p":["d","e"]}`, `{"p":[]}`},
		{`{"essential":true,"subset_of":["a","b","c"]}`, ``, `{}`, ``},
		{`{"essential":false,"subset_of":["a","b","c"]}`, ``, `{}`, `{}`},
		{`{"subset_of":["a","b"]}`, `{"subset_of":["c"]}`, `{"p":["a"]}`, `{"p":[]}`},
		{`{"subset_of":["a"]}`, ``, `{"p":"a"}`, ``},
		{`{"superset_of":["a"]}`, ``, `{"p":["a"]}`, `{"p":["a"]}`},
		{`{"superset_of":["a"]}`, `{"superset_of":["b"]}`, `{"p":["a","c"]}`, ``},
		{`{"superset_of":["a"]}`, `{"superset_of":["b"]}`, `{"p":["b","a"]}`, `{"p":["b","a"]}`},
		{`{"superset_of":["a","c"],"subset_of":["a","b"]}`, ``, `{}`, ``},
		{`{"superset_of":["a"]}`, `{"subset_of":["b"]}`, `{}`, ``},
		{`{"superset_of":[null]}`, ``, `{}`, ``},
		{`{"essential":true}`, ``, `{"p":{"a":1}}`, `{"p":{"a":1}}`},
		{`{"essential":true}`, `{"essential":false}`, `{}`, ``},
		{`{"essential":"true"}`, ``, `{}`, ``},
		{`{"regexp":"^a"}`, ``, `{"p":"b"}`, `{"p":"b"}`}, // not critical, so passed over
	} {
		got, err := resolved(t, c.upper, c.lower, "p", c.metadata)
		if got != c.want || c.want == "" && cairn.CodeOf(err) != "federation.policy" {
			t.Errorf("%s over %s on %s: %s, %v, want %s", c.upper, c.lower, c.metadata, got, err, c.want)
		}
	}
	for _, c := range []struct{ rule, metadata, want string }{
		{`{"subset_of":["openid","email"]}`, `{"scope":"openid phone"}`, `{"scope":"openid"}`},
		{`{"superset_of":["email"]}`, `{"scope":"openid phone"}`, ``},
		{`{"default":["openid","email"]}`, `{}`, `{"scope":"openid email"}`},
		{`{"default":"openid email"}`, `{}`, `{"scope":"openid email"}`},
	} {
		if got, err := resolved(t, c.rule, "", "scope", c.metadata); got != c.want {
			t.Errorf("%s on %s: %s, %v", c.rule, c.metadata, got, err)
		}
	}
}

// The example of section 6.1.5: a trust anchor, an intermediate with values of its
// own, and a leaf.
func TestPolicyExample(t *testing.T) {
	r, err := verify(t, with(
		func(c object) {
			c["metadata"] = object{"openid_relying_party": tree(t, `{"redirect_uris":["https://rp.example.org/callback"],"response_types":["code"],
				"token_endpoint_auth_method":"self_signed_tls_client_auth","contacts":["rp_admins@rp.example.org"]}`)}
		},
		func(c object) {
			c["metadata_policy"] = tree(t, `{"openid_relying_party":{"grant_types":{"subset_of":["authorization_code"]},
				"token_endpoint_auth_method":{"one_of":["self_signed_tls_client_auth"]},"contacts":{"add":["helpdesk@org.example.org"]}}}`)
			c["metadata"] = tree(t, `{"openid_relying_party":{"sector_identifier_uri":"https://org.example.org/sector-ids.json","policy_uri":"https://org.example.org/policy.html"},
				"openid_provider":{"x":"only what the leaf is counts"}}`)
		},
		func(c object) {
			c["metadata_policy"] = tree(t, `{"openid_relying_party":{"grant_types":{"default":["authorization_code"],"subset_of":["authorization_code","refresh_token"],"superset_of":["authorization_code"]},
				"token_endpoint_auth_method":{"one_of":["private_key_jwt","self_signed_tls_client_auth"],"essential":true},
				"token_endpoint_auth_signing_alg":{"one_of":["PS256","ES256"]},"subject_type":{"value":"pairwise"},"contacts":{"add":["helpdesk@federation.example.org"]}}}`)
			c["metadata"] = tree(t, `{"openid_relying_party":{"policy_uri":"https://not-for-the-leaf.example"}}`)
		})...)
	if err != nil {
		t.Fatal(err)
	}
	got, err := jcs.Marshal(map[string]any{"openid_relying_party": r.Metadata["openid_relying_party"]})
	if err != nil {
		t.Fatal(err)
	}
	want, err := jcs.Marshal(object{"openid_relying_party": tree(t, `{"redirect_uris":["https://rp.example.org/callback"],"grant_types":["authorization_code"],"response_types":["code"],
		"token_endpoint_auth_method":"self_signed_tls_client_auth","subject_type":"pairwise","sector_identifier_uri":"https://org.example.org/sector-ids.json",
		"policy_uri":"https://org.example.org/policy.html","contacts":["rp_admins@rp.example.org","helpdesk@federation.example.org","helpdesk@org.example.org"]}`)})
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) || len(r.Metadata) != 1 {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if _, err := r.Keys(federation.CredentialIssuer); err == nil {
		t.Error("keys of a role that it has not")
	}
}
