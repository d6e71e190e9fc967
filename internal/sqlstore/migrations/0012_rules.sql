-- +goose Up
-- Rule documents that programmes use: scales, levels, conversions, policies,
-- agreements. A document never changes; what is added later is who approved it.
CREATE TABLE rule_document (
  institution TEXT NOT NULL REFERENCES institution (id),
  kind        TEXT NOT NULL,
  id          TEXT NOT NULL,
  version     TEXT NOT NULL,
  digest      TEXT NOT NULL,
  document    BLOB NOT NULL,
  added       TEXT NOT NULL,
  added_by    TEXT NOT NULL,
  approved    TEXT NOT NULL, -- "" while no second person has
  approved_by TEXT NOT NULL,
  PRIMARY KEY (institution, digest),
  UNIQUE (institution, kind, id, version)
) STRICT;

-- By which a party agreed to the bytes of an agreement.
CREATE TABLE rule_signature (
  institution TEXT NOT NULL,
  digest      TEXT NOT NULL,
  party       TEXT NOT NULL,
  token       TEXT NOT NULL,
  added       TEXT NOT NULL,
  PRIMARY KEY (institution, digest, party),
  FOREIGN KEY (institution, digest) REFERENCES rule_document (institution, digest)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE rule_signature;
DROP TABLE rule_document;
