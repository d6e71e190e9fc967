package main

// The examples of every command's --help. Those with demo-data and
// demo-artefacts work after cairn demo --once; words in capitals stand for what
// an earlier command printed. A test runs them all, in one folder.

func (demoCmd) Help() string {
	return `Examples:
  cairn demo
  cairn demo --once`
}

func (serveCmd) Help() string {
	return `Example:
  cairn serve --url https://credentials.college.example --listen 127.0.0.1:8080 --proxy 127.0.0.1/32`
}

func (institutionAddCmd) Help() string {
	return `With a public https address the institution is did:web below it, else did:key.

Examples:
  cairn institution add college --name "en=Lakeside College" --name "sw=Chuo cha Ziwa" --country KE --url https://credentials.college.example
  cairn institution add workshop --name "en=Village Workshop" --country KE`
}

func (institutionListCmd) Help() string {
	return `Example:
  cairn institution list`
}

func (achievementAddCmd) Help() string {
	return `The id in the file begins with the address of this server. To change an
achievement, add it again with another version.

Example:
  cairn achievement add examples/achievements/first-aid.yaml --url https://credentials.college.example`
}

func (achievementListCmd) Help() string {
	return `Example:
  cairn achievement list college`
}

func (learnerAddCmd) Help() string {
	return `It prints the learner's id, which award and link ask for.

Examples:
  cairn learner add college "Amina Wanjiru" --number L-001
  cairn learner add college Madonna`
}

func (learnerListCmd) Help() string {
	return `Examples:
  cairn learner list college
  cairn learner list college Wanji`
}

func (learnerLinkCmd) Help() string {
	return `LEARNER is the id that learner list shows first. Whoever has the link sees the page.

Example:
  cairn learner link college LEARNER`
}

func (awardCmd) Help() string {
	return `LEARNER is the id that learner list shows first.

Example:
  cairn award college LEARNER https://credentials.college.example/i/college/achievements/first-aid --key 2026-17 --on 2026-03-31 --out badge.json --url https://credentials.college.example`
}

func (importCmd) Help() string {
	return `The first line of the file names the columns: award_key, learner_number,
full_name, achievement, awarded_on. Nothing is issued while a row is wrong; the
same file twice is one import.

Examples:
  cairn import college demo-artefacts/workshop.csv --dry-run --data demo-data
  cairn import college demo-artefacts/workshop.csv --data demo-data`
}

func (printCmd) Help() string {
	return `The signed document is attached to the PDF, and its QR code carries the short form.

Examples:
  cairn print university demo-artefacts/decision.json --out decision.pdf --lang fr --data demo-data
  cairn print college badge.json --card --out card.pdf --url https://credentials.college.example`
}

func (revokeCmd) Help() string {
	return `CREDENTIAL is the id in the document (urn:uuid:…).

Example:
  cairn revoke college CREDENTIAL --reason "awarded to the wrong person" --by grace --url https://credentials.college.example`
}

func (walletCreateCmd) Help() string {
	return `The passphrase stands in a file that only you can read (chmod 600). Nobody can
open the wallet without it.

Example:
  cairn wallet create --passphrase secret.txt`
}

func (walletReceiveCmd) Help() string {
	return `Example:
  cairn wallet receive demo-artefacts/credentials/agroforestry.json --bundle demo-artefacts/trust-bundle.json --operator demo-artefacts/operator.json --passphrase secret.txt`
}

func (walletListCmd) Help() string {
	return `Example:
  cairn wallet list --passphrase secret.txt`
}

func (walletShowCmd) Help() string {
	return `DIGEST is what wallet list shows first.

Example:
  cairn wallet show DIGEST --passphrase secret.txt`
}

func (walletPresentCmd) Help() string {
	return `A credential can be presented by the wallet to whose key it was issued. The
receiver checks it with: cairn verify FILE --challenge … --domain …

Example:
  cairn wallet present --challenge c-17 --domain https://employer.example --out shown.json --wallet demo-artefacts/amina.wallet --passphrase secret.txt`
}

func (walletExportCmd) Help() string {
	return `Examples:
  cairn wallet export copy.wallet --passphrase secret.txt
  cairn wallet export all.zip --form zip --clear --passphrase secret.txt`
}

func (walletRemoveCmd) Help() string {
	return `DIGEST is what wallet list shows first.

Example:
  cairn wallet remove DIGEST --passphrase secret.txt`
}

func (trustPublishCmd) Help() string {
	return `Example:
  cairn trust publish college lakes examples/trust-list.yaml --url https://credentials.college.example`
}

func (trustFollowCmd) Help() string {
	return `OPERATOR is the identifier of whoever signed the list, learned in another way
than from the list itself. The data folder must know the operator's keys or be
able to fetch them.

Example:
  cairn trust follow demo-artefacts/trust-list.json --operator OPERATOR --data demo-data`
}

func (trustShowCmd) Help() string {
	return `Example:
  cairn trust show --data demo-data`
}

func (trustBundleCmd) Help() string {
	return `Example:
  cairn trust bundle lake-region bundle.json --data demo-data`
}

func (programmeCheckCmd) Help() string {
	return `Examples:
  cairn programme check examples/programmes/sustainable-agriculture.yaml
  cairn programme check examples/programmes/sustainable-agriculture.yaml --json
  cairn programme check examples/rules/programme.yaml --with examples/rules`
}

func (rulesCheckCmd) Help() string {
	return `Prints the digest by which a programme names a document.

Examples:
  cairn rules check examples/rules/grade-scale.yaml
  cairn rules check examples/rules/national-policy.yaml examples/rules/agreement.yaml`
}

func (rulesFormatCmd) Help() string {
	return `Example:
  cairn rules format examples/rules/agreement.yaml`
}

func (rulesSchemaCmd) Help() string {
	return `Example:
  cairn rules schema agreement`
}

func (rulesAddCmd) Help() string {
	return `A document of the same kind, id and version is kept once. A second person
approves it (cairn rules approve); the parties of an agreement sign it.

Examples:
  cairn rules add university examples/rules/grade-scale.yaml --by amina --data demo-data
  cairn rules add university agreement.yaml --by amina --data demo-data`
}

func (rulesApproveCmd) Help() string {
	return `Read it before (cairn rules show): a wrong table of grades makes marks out of
nothing. Whoever added it can't approve it.

Example:
  cairn rules approve university SCALE --by juma --data demo-data`
}

func (rulesSignCmd) Help() string {
	return `Send the token to the other institution, which keeps it with cairn rules
countersign.

Example:
  cairn rules sign university AGREEMENT --by juma --data demo-data`
}

func (rulesCountersignCmd) Help() string {
	return `The key of the party is looked up from its identifier, and what it signed must be
these bytes.

Example:
  cairn rules countersign university AGREEMENT token.txt --by juma --data demo-data`
}

func (rulesListCmd) Help() string {
	return `Examples:
  cairn rules list university --data demo-data
  cairn rules list university --kind agreement --data demo-data`
}

func (rulesShowCmd) Help() string {
	return `Example:
  cairn rules show university SCALE --data demo-data`
}

func (programmeFormatCmd) Help() string {
	return `Example:
  cairn programme format examples/programmes/sustainable-agriculture.yaml`
}

func (programmeExportCmd) Help() string {
	return `The document goes to the output; what the format has no words for is listed,
place by place, on the error output.

Examples:
  cairn programme export examples/programmes/sustainable-agriculture.yaml
  cairn programme export examples/rules/programme.yaml --with examples/rules`
}

func (programmeShowCmd) Help() string {
	return `Examples:
  cairn programme show examples/programmes/sustainable-agriculture.yaml
  cairn programme show examples/programmes/sustainable-agriculture.yaml --lang sw
  cairn programme show examples/rules/programme.yaml --with examples/rules`
}

func (programmeSchemaCmd) Help() string {
	return `Example:
  cairn programme schema`
}

func (programmePublishCmd) Help() string {
	return `An edition is published once. To change the rules, publish another edition;
applications that were begun keep theirs.

Example:
  cairn programme publish university demo-artefacts/programme.yaml --data demo-data`
}

func (programmeListCmd) Help() string {
	return `Example:
  cairn programme list university --data demo-data`
}

func (recogniseReplayCmd) Help() string {
	return `Example:
  cairn recognise --replay demo-artefacts/decision.json --programme demo-artefacts/programme.yaml --credentials demo-artefacts/credentials`
}

func (recogniseQueueCmd) Help() string {
	return `Oldest first: who handed in first waits longest.

Examples:
  cairn recognise queue university --data demo-data
  cairn recognise queue university --state evaluated --search Otieno --data demo-data`
}

func (recogniseDecideCmd) Help() string {
	return `APPLICATION is what recognise queue shows first. return gives it back to the
learner, to be completed. An appeal is accepted or the decision upheld, by
somebody who did not sign that decision, and --original names it. Where the
programme asks for a second signature, recognise countersign gives it.

Example:
  cairn recognise decide university APPLICATION accept --by grace --reason "as the rules say" --data demo-data`
}

func (recogniseCountersignCmd) Help() string {
	return `For applications in the state countersigning (recognise queue --state
countersigning). The same person can't sign twice, and whoever decided can undo
it as well.

Examples:
  cairn recognise countersign university APPLICATION --by henry --role dean --reason "seen" --data demo-data
  cairn recognise countersign university APPLICATION --by henry --reason "evidence is missing" --undo --data demo-data`
}

func (staffAddCmd) Help() string {
	return `The first password stands in a file that only you can read (chmod 600).

Example:
  cairn staff add college grace --display "Grace Achieng" --role registrar --role officer --from secret.txt`
}

func (staffListCmd) Help() string {
	return `Example:
  cairn staff list college`
}

func (staffPasswordCmd) Help() string {
	return `Example:
  cairn staff password college grace --from secret.txt`
}

func (staffDisableCmd) Help() string {
	return `Example:
  cairn staff disable college grace`
}

func (checkCmd) Help() string {
	return `Example:
  cairn check --data demo-data`
}

func (adoptCmd) Help() string {
	return `Only after the folder was put back from a copy: the lists that were in use are
closed, so that no place in them is given twice.

Example:
  cairn adopt --data demo-data`
}

func (versionCmd) Help() string {
	return `Example:
  cairn version`
}
