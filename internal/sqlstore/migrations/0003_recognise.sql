-- +goose Up
CREATE TABLE programme_edition (
  institution TEXT NOT NULL REFERENCES institution (id),
  id          TEXT NOT NULL,
  edition     TEXT NOT NULL,
  digest      TEXT NOT NULL,
  document    BLOB NOT NULL,
  published   TEXT NOT NULL,
  PRIMARY KEY (institution, id, edition)
) STRICT;
CREATE UNIQUE INDEX programme_digest ON programme_edition (institution, digest);

CREATE TABLE application (
  institution  TEXT NOT NULL REFERENCES institution (id),
  id           TEXT NOT NULL,
  key          TEXT NOT NULL,
  learner      TEXT NOT NULL,
  learner_name TEXT NOT NULL,
  programme    TEXT NOT NULL,
  digest       TEXT NOT NULL,
  state        TEXT NOT NULL,
  revision     INTEGER NOT NULL,
  items        INTEGER NOT NULL,
  waiting      INTEGER NOT NULL,
  created      TEXT NOT NULL,
  updated      TEXT NOT NULL,
  body         TEXT NOT NULL, -- JSON of the whole application
  PRIMARY KEY (institution, id)
) STRICT;
CREATE UNIQUE INDEX application_key ON application (institution, key);
CREATE INDEX application_learner ON application (institution, learner);
CREATE INDEX application_due ON application (state) WHERE state IN ('submitted', 'decided', 'reserved', 'awarded');

-- What was spent on what: one row for each credential, ever.
CREATE TABLE credit_use (
  institution TEXT NOT NULL REFERENCES institution (id),
  issuer      TEXT NOT NULL,
  credential  TEXT NOT NULL,
  learner     TEXT NOT NULL,
  programme   TEXT NOT NULL,
  application TEXT NOT NULL,
  at          TEXT NOT NULL,
  PRIMARY KEY (institution, issuer, credential)
) STRICT;

-- +goose Down
DROP TABLE credit_use; DROP TABLE application; DROP TABLE programme_edition;
