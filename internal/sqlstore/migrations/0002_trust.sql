-- +goose Up
-- The trust lists that this server follows. They belong to their operators and
-- hold for every institution here.
CREATE TABLE trust_list (
  seq      INTEGER PRIMARY KEY,
  id       TEXT NOT NULL UNIQUE,
  operator TEXT NOT NULL,
  version  INTEGER NOT NULL,
  document BLOB NOT NULL
) STRICT;

-- +goose Down
DROP TABLE trust_list;
