-- +goose Up
-- When the program last tried to go on with an application, so that those that are
-- stuck do not keep the others waiting; empty before the first time.
ALTER TABLE application ADD COLUMN tried TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE application DROP COLUMN tried;
