-- What is kept for clients: asynchronous requests and their answers, keys of idempotency, files, batches.
CREATE TABLE record (
    sequence BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    principal TEXT COLLATE "C" NOT NULL,
    label TEXT COLLATE "C" NOT NULL,
    facts_json TEXT NOT NULL,
    body BYTEA NOT NULL,
    size BIGINT NOT NULL CHECK (size >= 0), -- bytes that count towards the bounds of its kind
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL, -- 0: never
    revision BIGINT NOT NULL DEFAULT 1,
    UNIQUE (kind, id)
);
CREATE INDEX record_by_owner ON record (kind, principal, sequence);
CREATE INDEX record_by_end ON record (kind, expires_ms) WHERE expires_ms > 0;
