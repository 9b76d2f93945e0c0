-- The registry: models, versions and files, aliases; what changed; claims on work. Texts compare by
-- their bytes, as in SQLite, whatever the database's locale is.
CREATE TABLE model (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL UNIQUE,
    task TEXT COLLATE "C" NOT NULL,
    description TEXT NOT NULL,
    tags_json TEXT NOT NULL,
    base_model TEXT NOT NULL,
    device TEXT COLLATE "C" NOT NULL,
    settings_json TEXT NOT NULL,
    last_number BIGINT NOT NULL DEFAULT 0, -- of a version; numbers are not used again
    created_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL,
    revision BIGINT NOT NULL DEFAULT 1
);

CREATE TABLE version (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    model_id BIGINT NOT NULL REFERENCES model (id) ON DELETE CASCADE,
    number BIGINT NOT NULL CHECK (number > 0),
    label TEXT NOT NULL,
    source TEXT NOT NULL,
    source_revision TEXT NOT NULL,
    engine TEXT NOT NULL,
    state TEXT COLLATE "C" NOT NULL
        CHECK (state IN ('registered', 'installing', 'ready', 'failed', 'deprecated')),
    state_reason TEXT NOT NULL,
    metrics_json TEXT NOT NULL,
    lineage_json TEXT NOT NULL,
    facts_json TEXT NOT NULL,
    base_version_id BIGINT REFERENCES version (id),
    created_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL,
    revision BIGINT NOT NULL DEFAULT 1,
    UNIQUE (model_id, number)
);
CREATE INDEX version_by_base ON version (base_version_id) WHERE base_version_id IS NOT NULL;

CREATE TABLE file (
    version_id BIGINT NOT NULL REFERENCES version (id) ON DELETE CASCADE,
    position BIGINT NOT NULL,
    path TEXT COLLATE "C" NOT NULL,
    sha256 TEXT COLLATE "C" NOT NULL CHECK (length(sha256) = 64),
    size BIGINT NOT NULL CHECK (size >= 0),
    PRIMARY KEY (version_id, path)
);
CREATE INDEX file_by_sha256 ON file (sha256);

CREATE TABLE alias (
    model_id BIGINT NOT NULL REFERENCES model (id) ON DELETE CASCADE,
    name TEXT COLLATE "C" NOT NULL CHECK (name <> 'latest'),
    number BIGINT NOT NULL,
    revision BIGINT NOT NULL DEFAULT 1,
    PRIMARY KEY (model_id, name),
    FOREIGN KEY (model_id, number) REFERENCES version (model_id, number) ON DELETE CASCADE
);
CREATE INDEX alias_by_version ON alias (model_id, number);

-- Numbered by change_head and not by a sequence of PostgreSQL's: those have gaps, and show a later
-- number before an earlier one when two writers commit. Whoever writes the registry holds its row.
CREATE TABLE change (
    sequence BIGINT PRIMARY KEY,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('model', 'version', 'alias')),
    model_id BIGINT NOT NULL,
    deleted BOOLEAN NOT NULL
);
CREATE TABLE change_head (
    only_row BOOLEAN PRIMARY KEY DEFAULT true CHECK (only_row),
    sequence BIGINT NOT NULL
);
INSERT INTO change_head (sequence) VALUES (0);

CREATE TABLE claim (
    work TEXT COLLATE "C" PRIMARY KEY,
    owner TEXT COLLATE "C" NOT NULL,
    expires_ms BIGINT NOT NULL,
    fence BIGINT NOT NULL
);
