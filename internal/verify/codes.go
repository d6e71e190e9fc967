package verify

// Code is a code that a Finding or a Note can carry. Codes are stable: programs
// and sentences rely on them.
type Code struct {
	Name string
	Axis Axis   // empty for the code of a note
	From string // the package that the code comes from, when it is passed on
	Doc  string
}

// AxisNote stands in lists of codes for notes, which answer no axis.
const AxisNote Axis = ""

// Codes lists every code, in the order of the axes. It must not be changed.
var Codes = []Code{
	{"proof.good", AxisProof, "", "every proof is by the issuer (or holder) and fits the document"},
	{"proof.missing", AxisProof, "dataintegrity", "no proof"},
	{"proof.too-many", AxisProof, "dataintegrity", "more proofs than the limit"},
	{"proof.malformed", AxisProof, "dataintegrity", "a proof has not the form of one"},
	{"proof.chain", AxisProof, "dataintegrity", "the proofs refer to each other in a way that can't be: to none, to themselves, or to one of two"},
	{"proof.context", AxisProof, "dataintegrity", "the document does not begin with the contexts under which it was signed"},
	{"proof.unknown-member", AxisProof, "dataintegrity", "a proof has a member that no proof has"},
	{"proof.method", AxisProof, "dataintegrity", "the proof and the key do not belong together"},
	{"proof.value", AxisProof, "dataintegrity", "the signature has not the form of one"},
	{"proof.signature", AxisProof, "dataintegrity", "the signature does not fit: changed, or signed by another key"},
	{"proof.unsupported", AxisProof, "", "a proof type or suite that is not known here"},
	{"proof.does-not-cover", AxisProof, "", "some part of the document is not protected by the signature"},
	{"proof.part-not-allowed", AxisProof, "", "a presentation or a status list is signed so that a part of it could be shown"},
	{"proof.no-holder", AxisProof, "", "a presentation names no holder"},
	{"proof.signer-kind", AxisProof, "", "the signer is neither a decentralised identifier nor an https address"},
	{"proof.key-unavailable", AxisProof, "", "the keys of the signer could not be found now"},
	{"proof.keys-changed", AxisProof, "", "the keys at the signer's address are not those that were there before: perhaps the address has a new owner"},
	{"proof.bundle-ended", AxisProof, "", "the keys of the signer are in a bundle that has ended"},
	{"proof.key-unusable", AxisProof, "", "the document of the signer is malformed or not its own"},
	{"proof.no-roots", AxisProof, "", "the issuer is known by certificates (x5c), and no authority for them is relied on here"},
	{"proof.certificate", AxisProof, "", "the certificates lead to no authority that is relied on here, or are not valid now"},
	{"proof.federation", AxisProof, "", "the issuer is in a federation (OpenID Federation), and its statements do not hold, or lead to nobody who is relied on here"},
	{"proof.lookup-limit", AxisProof, "", "more identifiers, statements and lists than one verification may look up (64)"},
	{"proof.purpose", AxisProof, "", "signed for another purpose"},
	{"proof.not-the-signers-key", AxisProof, "", "the key is not one of the signer for this purpose"},
	{"proof.from-the-future", AxisProof, "", "created more than five minutes after now"},
	{"proof.not-yet", AxisProof, "", "an envelope that is meant to count later"},
	{"proof.ended", AxisProof, "", "the proof's own end is past"},
	{"proof.key-revoked", AxisProof, "", "the key was revoked; nobody but the signer says when it was used"},
	{"proof.key-ended", AxisProof, "", "the key had ended when the proof was made, or has ended and the proof does not say when it was made"},
	{"proof.key-retired", AxisProof, "", "paper: the key has ended, and the code has no time of signature"},
	{"proof.challenge", AxisProof, "", "the presentation answers another challenge"},
	{"proof.domain", AxisProof, "", "the presentation is meant for another domain"},
	{"proof.not-checked", AxisProof, "", "not asked for this kind, or not reached"},

	{"model.good", AxisModel, "", "the form that the standards ask for"},
	{"model.bad", AxisModel, "", "a rule of a standard or schema is broken; place says where"},
	{"model.part", AxisModel, "", "a part is shown that lacks what a schema demands; the whole may have it"},
	{"model.type", AxisModel, "", "the claims are not what the description of their type says, or the description is not the one that the issuer fixed"},
	{"model.resource", AxisModel, "", "something that the credential fixes by a digest, and that is known here, is another one"},
	{"model.unreadable", AxisModel, "", "not JSON in the strict form, not a paper code, or nested too deep"},
	{"model.newer-version", AxisModel, "", "a paper code of a later version: a newer program is needed"},
	{"model.content", AxisModel, "", "the content contradicts itself or can't be read"},
	{"model.too-many", AxisModel, "", "more credentials inside than the limit"},
	{"model.part-not-genuine", AxisModel, "", "a credential inside a transcript has a bad proof or form"},
	{"model.part-open", AxisModel, "", "a credential inside a transcript could not be checked, was withdrawn, or its issuer is not recognised for it"},
	{"model.part-of-another", AxisModel, "", "a credential inside a transcript names another identifier, and no line of the transcript counts it"},
	{"model.endorses-another", AxisModel, "", "an endorsement that is of something else than what it stands in, or is no endorsement"},
	{"model.not-checked", AxisModel, "", "not reached"},

	{"period.open", AxisPeriod, "", "valid, without an end"},
	{"period.current", AxisPeriod, "", "valid until a time to come"},
	{"period.not-yet", AxisPeriod, "", "validFrom is to come"},
	{"period.ended", AxisPeriod, "", "validUntil is now or past"},
	{"period.not-shown", AxisPeriod, "", "a part is shown, without an end; the whole may have one"},
	{"period.unreadable", AxisPeriod, "", "the dates can't be read"},
	{"period.not-checked", AxisPeriod, "", "not asked for this kind, or not reached"},

	{"status.good", AxisStatus, "", "not withdrawn; the list is at most 7 days old"},
	{"status.good-older", AxisStatus, "", "not withdrawn; the list is 7 to 60 days old, or the copy is older than the issuer says that copies may be (online)"},
	{"status.none-declared", AxisStatus, "", "the issuer foresaw no way to withdraw it"},
	{"status.not-shown", AxisStatus, "", "a part is shown, without a status; the whole may have one"},
	{"status.revoked", AxisStatus, "", "withdrawn for good"},
	{"status.suspended", AxisStatus, "", "stopped for now"},
	{"status.of-a-list", AxisStatus, "", "a status list that has a status itself"},
	{"status.too-many", AxisStatus, "", "more status entries than the limit"},
	{"status.unknown-type", AxisStatus, "statuslist", "another type than BitstringStatusListEntry and StatusList2021Entry"},
	{"status.unsupported-size", AxisStatus, "statuslist", "more than eight bits a credential"},
	{"status.entry", AxisStatus, "statuslist", "the entry can't be one"},
	{"status.purpose", AxisStatus, "", "entry and list have different purposes"},
	{"status.range", AxisStatus, "", "the index is outside the list"},
	{"status.unknown-purpose", AxisStatus, "", "a purpose other than revocation, suspension, message and refresh, whatever its value"},
	{"status.message-unread", AxisStatus, "", "an entry for a message or a newer credential (message, refresh) whose list can't be its own; it withdraws nothing, and what it would say is unknown"},
	{"status.too-old", AxisStatus, "", "the list is more than 60 days old or has no date"},
	{"status.unavailable", AxisStatus, "", "the list could not be fetched"},
	{"status.lookup-limit", AxisStatus, "", "more identifiers, statements and lists than one verification may look up (64, and 64 MiB of lists)"},
	{"status.unreadable", AxisStatus, "", "what was fetched is not a status list"},
	{"status.other-issuer", AxisStatus, "", "the list is of another issuer than the credential, and signed by that one"},
	{"status.other-address", AxisStatus, "", "the list names another address than where it was found"},
	{"status.list-not-signed", AxisStatus, "", "the proof of the list is missing or wrong; reason has its code"},
	{"status.list-with-status", AxisStatus, "", "the list could be withdrawn itself"},
	{"status.list-not-yet", AxisStatus, "", "the list is not valid yet"},
	{"status.list-ended", AxisStatus, "", "the list is not valid any more (online only)"},
	{"status.bundle-ended", AxisStatus, "", "the list is in a bundle that has ended, and does not say that it was withdrawn for good; reason has the code of what it says"},
	{"status.not-checked", AxisStatus, "", "not asked, because the proof is not good or for this kind"},

	{"holder.signed", AxisHolder, "", "presentation: the holder answered the challenge"},
	{"holder.subject", AxisHolder, "", "the credential is about the holder who signed the presentation"},
	{"holder.bound", AxisHolder, "", "an SD-JWT: whoever shows it proved, for this challenge, to hold the key that the issuer bound it to"},
	{"holder.not-bound", AxisHolder, "", "an SD-JWT, when a challenge was given: no proof of possession, or one by another key, for another challenge or verifier, or not just made"},
	{"holder.key-unknown", AxisHolder, "", "an SD-JWT that is bound to a key by a name that says nothing here"},
	{"holder.other", AxisHolder, "", "the credential is about another identifier than the holder"},
	{"holder.bearer", AxisHolder, "", "in a presentation: the credential names no identifier of its subject, so the holder's key proves nothing of it"},
	{"holder.paper", AxisHolder, "", "paper: whoever has it shows it"},
	{"holder.not-shown", AxisHolder, "", "a credential alone, not in a presentation"},
	{"holder.not-proven", AxisHolder, "", "the proof of the presentation is not good"},
	{"holder.no-challenge", AxisHolder, "", "no challenge was expected (of an SD-JWT: no challenge and domain), so it could be a copy"},
	{"holder.not-checked", AxisHolder, "", "not reached, or in a presentation and not genuine itself"},

	{"issuer.recognised", AxisIssuer, "", "a list that is followed recognises the issuer for this"},
	{"issuer.operator", AxisIssuer, "", "a trust list or bundle of an operator who is followed"},
	{"issuer.outside-scope", AxisIssuer, "", "listed, but not for this type, level or field"},
	{"issuer.type-not-listed", AxisIssuer, "", "an SD-JWT VC, or an endorsement, of an issuer who is listed, and of a type that the list does not name"},
	{"issuer.not-at-that-time", AxisIssuer, "", "listed for this, but not on the day of the award"},
	{"issuer.not-listed", AxisIssuer, "", "no list that is followed names the issuer"},
	{"issuer.list-ended", AxisIssuer, "", "the lists that could say are not valid now"},
	{"issuer.bundle-ended", AxisIssuer, "", "the lists are in a bundle that has ended"},
	{"issuer.no-list", AxisIssuer, "", "no list is followed"},
	{"issuer.lists-unavailable", AxisIssuer, "", "the lists that are followed, or the one that could say, could not be read"},
	{"issuer.not-shown", AxisIssuer, "", "a part is shown, without what the issuer is recognised for or when; the whole may have it"},
	{"issuer.no-date", AxisIssuer, "", "no day of the award, or only a month or year, and the answer depends on the day"},
	{"issuer.not-checked", AxisIssuer, "", "not asked, because the proof is not good or for this kind"},

	{"note.part-shown", AxisNote, "", "the holder shows a part of what was signed, or could have done so"},
	{"note.legacy-proof", AxisNote, "", "signed with Ed25519Signature2020, a form before today's"},
	{"note.legacy-model", AxisNote, "", "of version 1.1 of the data model, a form before today's"},
	{"note.legacy-status", AxisNote, "", "its status is told with StatusList2021, a form before today's"},
	{"note.certified", AxisNote, "", "an SD-JWT VC or identity whose issuer is known by a certificate (x5c): the name of the authority that it leads to, and the SHA-256 of that certificate. Whether the issuer is recognised is on the issuer axis"},
	{"note.federated", AxisNote, "", "an SD-JWT VC or identity whose issuer's keys come from a federation: the anchor that is relied on, and until when its statements hold. Whether the issuer is recognised is on the issuer axis"},
	{"note.status-message", AxisNote, "", "a status of the purpose message: what the issuer says of the credential, in its words. It withdraws nothing"},
	{"note.status-refresh", AxisNote, "", "a status of the purpose refresh: there is a newer credential. It withdraws nothing"},
	{"note.vouched-for", AxisNote, "", "somebody else signed it too; that proof is good"},
	{"note.type-not-checked", AxisNote, "", "the description of the type of an SD-JWT VC was not looked at: it is not fixed by a hash, or could not be had"},
	{"note.resources-not-checked", AxisNote, "", "things that the credential fixes by digests and that are not known here"},
	{"note.schemas-not-checked", AxisNote, "", "schemas that the credential names and that are not known here"},
	{"note.not-looked-at", AxisNote, "", "members that were signed and that nothing here fetches or carries out: evidence, renderMethod and the like"},
	{"note.endorsements-not-checked", AxisNote, "", "endorsements beyond the limit (20), or of endorsements"},
	{"note.parts-marked", AxisNote, "", "some credentials inside are not valid on their own today"},
	{"note.other-person", AxisNote, "", "some credentials inside name another identifier than the transcript"},
	{"note.bundle-ended", AxisNote, "", "the bundle that everything comes from has ended"},
	{"note.keys-not-remembered", AxisNote, "", "the keys of the signer could not be remembered, so that a change of them would not be noticed"},
	{"note.list-unavailable", AxisNote, "", "a list of issuers that is followed could not be checked"},
	{"note.identity", AxisNote, "", "a signed identity: it says who somebody is and nothing of learning; photographs and other biometric data are not shown"},
	{"note.paper-full", AxisNote, "", "paper: digest of the bytes of the full document"},
}

var known = func() map[string]bool {
	m := map[string]bool{}
	for _, c := range Codes {
		m[c.Name] = true
	}
	return m
}()

// declared returns a code that was passed on, or another one when it is not
// declared here, so that a lower package can't bring a code without a sentence.
func declared(code, otherwise string) string {
	if known[code] {
		return code
	}
	return otherwise
}
