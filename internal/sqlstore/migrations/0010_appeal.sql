-- +goose Up
-- An appeal is an application against what an earlier one led to, of which there is
-- one that was not withdrawn. due is the last day on which it is to be decided.
ALTER TABLE application ADD COLUMN appeal TEXT NOT NULL DEFAULT '';
ALTER TABLE application ADD COLUMN due TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX application_appeal ON application (institution, appeal) WHERE appeal <> '' AND state <> 'withdrawn';

-- +goose Down
DROP INDEX application_appeal;
ALTER TABLE application DROP COLUMN due;
ALTER TABLE application DROP COLUMN appeal;
