-- What is kept for clients: asynchronous requests and their answers, keys of idempotency, files, batches.
CREATE TABLE record (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    principal TEXT NOT NULL,
    label TEXT NOT NULL,
    facts_json TEXT NOT NULL,
    body BLOB NOT NULL,
    size INTEGER NOT NULL CHECK (size >= 0), -- bytes that count towards the bounds of its kind
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL, -- 0: never
    revision INTEGER NOT NULL DEFAULT 1,
    UNIQUE (kind, id)
) STRICT;
CREATE INDEX record_by_owner ON record (kind, principal, sequence);
CREATE INDEX record_by_end ON record (kind, expires_ms) WHERE expires_ms > 0;
