-- +goose Up
CREATE TABLE setting (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;

CREATE TABLE institution (
  id       TEXT PRIMARY KEY,
  name     TEXT NOT NULL, -- JSON: language → text
  country  TEXT NOT NULL,
  language TEXT NOT NULL,
  did      TEXT NOT NULL UNIQUE,
  url      TEXT NOT NULL
) STRICT;

CREATE TABLE signing_key (
  institution TEXT NOT NULL REFERENCES institution (id),
  id          TEXT NOT NULL,
  public      BLOB NOT NULL,
  sealed      BLOB NOT NULL,
  created     TEXT NOT NULL,
  retired     TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (institution, id)
) STRICT;
CREATE UNIQUE INDEX signing_key_id ON signing_key (id);

CREATE TABLE achievement (
  institution TEXT NOT NULL REFERENCES institution (id),
  id          TEXT NOT NULL,
  version     TEXT NOT NULL,
  definition  TEXT NOT NULL, -- JSON
  created     TEXT NOT NULL,
  PRIMARY KEY (institution, id, version)
) STRICT;

CREATE TABLE learner (
  institution TEXT NOT NULL REFERENCES institution (id),
  id          TEXT NOT NULL,
  full_name   TEXT NOT NULL,
  other_names TEXT NOT NULL, -- JSON list
  birth       TEXT NOT NULL,
  did         TEXT NOT NULL,
  number      TEXT NOT NULL,
  salt        TEXT NOT NULL,
  stack_hash  TEXT NOT NULL DEFAULT '', -- SHA-256 of the token of the learner's page
  created     TEXT NOT NULL,
  PRIMARY KEY (institution, id)
) STRICT;
CREATE UNIQUE INDEX learner_number ON learner (institution, number) WHERE number <> '';
CREATE UNIQUE INDEX learner_stack ON learner (stack_hash) WHERE stack_hash <> '';

CREATE TABLE status_list (
  institution TEXT NOT NULL REFERENCES institution (id),
  id          TEXT NOT NULL,
  purpose     TEXT NOT NULL,
  secret      BLOB NOT NULL, -- orders the indexes; see issue.permute
  used        INTEGER NOT NULL,
  closed      INTEGER NOT NULL DEFAULT 0,
  revision    INTEGER NOT NULL DEFAULT 0, -- grows with every change of a status
  published   BLOB,             -- the signed list
  published_revision INTEGER NOT NULL DEFAULT -1,
  published_at TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (institution, id)
) STRICT;
CREATE UNIQUE INDEX status_list_id ON status_list (id);

CREATE TABLE credential (
  institution  TEXT NOT NULL REFERENCES institution (id),
  id           TEXT NOT NULL,
  key          TEXT NOT NULL,    -- idempotency key of the request
  fingerprint  TEXT NOT NULL,    -- of the request, so that one key can't mean two things
  kind         TEXT NOT NULL,
  learner      TEXT NOT NULL,
  title        TEXT NOT NULL,
  state        TEXT NOT NULL CHECK (state IN ('prepared', 'issued', 'void')),
  list         TEXT,
  list_index   INTEGER,
  key_id       TEXT NOT NULL,
  unsigned     BLOB NOT NULL,
  unsigned_digest TEXT NOT NULL,
  created      TEXT NOT NULL,
  signed       BLOB,
  signed_digest TEXT NOT NULL DEFAULT '',
  issued       TEXT NOT NULL DEFAULT '',
  void_reason  TEXT NOT NULL DEFAULT '',
  revoked      TEXT NOT NULL DEFAULT '',
  revoked_by   TEXT NOT NULL DEFAULT '',
  revoked_reason TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (institution, id),
  CHECK ((state = 'issued') = (signed IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX credential_key ON credential (institution, key);
CREATE UNIQUE INDEX credential_status ON credential (list, list_index) WHERE list IS NOT NULL;
CREATE INDEX credential_learner ON credential (institution, learner, created);
CREATE INDEX credential_prepared ON credential (state) WHERE state = 'prepared';

CREATE TABLE claim (
  institution TEXT NOT NULL,
  code_hash   TEXT NOT NULL,
  credential  TEXT NOT NULL,
  created     TEXT NOT NULL,
  expires     TEXT NOT NULL,
  replaced    INTEGER NOT NULL DEFAULT 0,
  claims      INTEGER NOT NULL DEFAULT 0,
  last_claim  TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (institution, code_hash),
  FOREIGN KEY (institution, credential) REFERENCES credential (institution, id)
) STRICT;
CREATE UNIQUE INDEX claim_code ON claim (code_hash);
CREATE INDEX claim_credential ON claim (institution, credential);

CREATE TABLE import_job (
  institution TEXT NOT NULL REFERENCES institution (id),
  digest      TEXT NOT NULL, -- of the file
  total       INTEGER NOT NULL,
  done        INTEGER NOT NULL,
  failed      INTEGER NOT NULL,
  updated     TEXT NOT NULL,
  PRIMARY KEY (institution, digest)
) STRICT;

-- What happened, in order; each row's hash covers the one before.
CREATE TABLE event (
  seq         INTEGER PRIMARY KEY,
  institution TEXT NOT NULL,
  at          TEXT NOT NULL,
  kind        TEXT NOT NULL,
  object      TEXT NOT NULL,
  actor       TEXT NOT NULL,
  detail      TEXT NOT NULL, -- canonical JSON
  prev        TEXT NOT NULL,
  hash        TEXT NOT NULL
) STRICT;

-- +goose Down
DROP TABLE event; DROP TABLE import_job; DROP TABLE claim; DROP TABLE credential; DROP TABLE status_list; DROP TABLE learner; DROP TABLE achievement; DROP TABLE signing_key; DROP TABLE institution; DROP TABLE setting;
