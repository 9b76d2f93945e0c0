-- The registry: models, versions and files, aliases; what changed; claims on work.
CREATE TABLE model (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    task TEXT NOT NULL,
    description TEXT NOT NULL,
    tags_json TEXT NOT NULL,
    base_model TEXT NOT NULL,
    device TEXT NOT NULL,
    settings_json TEXT NOT NULL,
    last_number INTEGER NOT NULL DEFAULT 0, -- of a version; numbers are not used again
    created_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE TABLE version (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    model_id INTEGER NOT NULL REFERENCES model (id) ON DELETE CASCADE,
    number INTEGER NOT NULL CHECK (number > 0),
    label TEXT NOT NULL,
    source TEXT NOT NULL,
    source_revision TEXT NOT NULL,
    engine TEXT NOT NULL,
    state TEXT NOT NULL
        CHECK (state IN ('registered', 'installing', 'ready', 'failed', 'deprecated')),
    state_reason TEXT NOT NULL,
    metrics_json TEXT NOT NULL,
    lineage_json TEXT NOT NULL,
    facts_json TEXT NOT NULL,
    base_version_id INTEGER REFERENCES version (id),
    created_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1,
    UNIQUE (model_id, number)
) STRICT;
CREATE INDEX version_by_base ON version (base_version_id) WHERE base_version_id IS NOT NULL;

CREATE TABLE file (
    version_id INTEGER NOT NULL REFERENCES version (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    path TEXT NOT NULL,
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
    size INTEGER NOT NULL CHECK (size >= 0),
    PRIMARY KEY (version_id, path)
) STRICT, WITHOUT ROWID;
CREATE INDEX file_by_sha256 ON file (sha256);

CREATE TABLE alias (
    model_id INTEGER NOT NULL REFERENCES model (id) ON DELETE CASCADE,
    name TEXT NOT NULL CHECK (name <> 'latest'),
    number INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (model_id, name),
    FOREIGN KEY (model_id, number) REFERENCES version (model_id, number) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX alias_by_version ON alias (model_id, number);

CREATE TABLE change (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('model', 'version', 'alias')),
    model_id INTEGER NOT NULL,
    deleted INTEGER NOT NULL CHECK (deleted IN (0, 1))
) STRICT;

CREATE TABLE claim (
    work TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    expires_ms INTEGER NOT NULL,
    fence INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
