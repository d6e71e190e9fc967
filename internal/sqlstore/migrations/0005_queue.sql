-- +goose Up
-- The queue goes by age: since when the learner has waited, or, for a draft, since
-- when it is there. Applications from before did not record the first.
ALTER TABLE application ADD COLUMN since TEXT NOT NULL DEFAULT '';
UPDATE application SET since = created;
CREATE INDEX application_queue ON application (institution, since, id);

-- +goose Down
DROP INDEX application_queue;
ALTER TABLE application DROP COLUMN since;
