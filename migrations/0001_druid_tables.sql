-- Why: the tables that we share with Druid's Coordinator, Broker and overlord. Where Druid has made them they are used as they are and nothing
-- of them is altered: its release may have other columns and indexes than ours. Where they are absent they are made exactly as Druid 33
-- makes them (names of constraints and indexes included), so that a Druid started later finds what it expects.
-- ${...} are the names of druid.metadata.storage.tables.*; like Druid we leave them unquoted, so PostgreSQL folds them to lower case.

DO $$ BEGIN IF to_regclass('${dataSource}') IS NULL THEN
  CREATE TABLE ${dataSource} (
    datasource VARCHAR(255) NOT NULL,
    created_date VARCHAR(255) NOT NULL,
    commit_metadata_payload BYTEA NOT NULL,
    commit_metadata_sha1 VARCHAR(255) NOT NULL,
    PRIMARY KEY (datasource)
  );
END IF; END $$;

DO $$ BEGIN IF to_regclass('${pendingSegments}') IS NULL THEN
  CREATE TABLE ${pendingSegments} (
    id VARCHAR(255) NOT NULL,
    datasource VARCHAR(255) NOT NULL,
    created_date VARCHAR(255) NOT NULL,
    start VARCHAR(255) NOT NULL,
    "end" VARCHAR(255) NOT NULL,
    sequence_name VARCHAR(255) NOT NULL,
    sequence_prev_id VARCHAR(255) NOT NULL,
    sequence_name_prev_id_sha1 VARCHAR(255) NOT NULL,
    payload BYTEA NOT NULL,
    upgraded_from_segment_id VARCHAR(255),
    task_allocator_id VARCHAR(255),
    PRIMARY KEY (id),
    UNIQUE (sequence_name_prev_id_sha1)
  );
  CREATE INDEX idx_${pendingSegments}_datasource_end ON ${pendingSegments} (datasource, "end");
  CREATE INDEX idx_${pendingSegments}_datasource_sequence ON ${pendingSegments} (datasource, sequence_name);
  CREATE INDEX idx_${pendingSegments}_datasource_task_allocator_id ON ${pendingSegments} (datasource, task_allocator_id);
END IF; END $$;

DO $$ BEGIN IF to_regclass('${segments}') IS NULL THEN
  CREATE TABLE ${segments} (
    id VARCHAR(255) NOT NULL,
    datasource VARCHAR(255) NOT NULL,
    created_date VARCHAR(255) NOT NULL,
    start VARCHAR(255) NOT NULL,
    "end" VARCHAR(255) NOT NULL,
    partitioned BOOLEAN NOT NULL,
    version VARCHAR(255) NOT NULL,
    used BOOLEAN NOT NULL,
    payload BYTEA NOT NULL,
    used_status_last_updated VARCHAR(255) NOT NULL,
    upgraded_from_segment_id VARCHAR(255),
    PRIMARY KEY (id)
  );
  CREATE INDEX idx_${segments}_used ON ${segments} (used);
  CREATE INDEX idx_${segments}_datasource_used_end_start ON ${segments} (datasource, used, "end", start);
  CREATE INDEX idx_${segments}_datasource_upgraded_from_segment_id ON ${segments} (datasource, upgraded_from_segment_id);
END IF; END $$;

DO $$ BEGIN IF to_regclass('${upgradeSegments}') IS NULL THEN
  CREATE TABLE ${upgradeSegments} (
    id BIGSERIAL NOT NULL,
    task_id VARCHAR(255) NOT NULL,
    segment_id VARCHAR(255) NOT NULL,
    lock_version VARCHAR(255) NOT NULL,
    PRIMARY KEY (id)
  );
  CREATE INDEX idx_${upgradeSegments}_task ON ${upgradeSegments} (task_id);
END IF; END $$;

DO $$ BEGIN IF to_regclass('${rules}') IS NULL THEN
  CREATE TABLE ${rules} (
    id VARCHAR(255) NOT NULL,
    datasource VARCHAR(255) NOT NULL,
    version VARCHAR(255) NOT NULL,
    payload BYTEA NOT NULL,
    PRIMARY KEY (id)
  );
  CREATE INDEX idx_${rules}_datasource ON ${rules} (datasource);
END IF; END $$;

DO $$ BEGIN IF to_regclass('${config}') IS NULL THEN
  CREATE TABLE ${config} (
    name VARCHAR(255) NOT NULL,
    payload BYTEA NOT NULL,
    PRIMARY KEY (name)
  );
END IF; END $$;

DO $$ BEGIN IF to_regclass('${tasks}') IS NULL THEN
  CREATE TABLE ${tasks} (
    id VARCHAR(255) NOT NULL,
    created_date VARCHAR(255) NOT NULL,
    datasource VARCHAR(255) NOT NULL,
    payload BYTEA NOT NULL,
    status_payload BYTEA NOT NULL,
    active BOOLEAN NOT NULL DEFAULT FALSE,
    type VARCHAR(255),
    group_id VARCHAR(255),
    PRIMARY KEY (id)
  );
  CREATE INDEX idx_${tasks}_active_created_date ON ${tasks} (active, created_date);
  CREATE INDEX idx_${tasks}_datasource_active ON ${tasks} (datasource, active);
END IF; END $$;

DO $$ BEGIN IF to_regclass('${taskLock}') IS NULL THEN
  CREATE TABLE ${taskLock} (
    id BIGSERIAL NOT NULL,
    task_id VARCHAR(255) DEFAULT NULL,
    lock_payload BYTEA,
    PRIMARY KEY (id)
  );
  CREATE INDEX idx_${taskLock}_task_id ON ${taskLock} (task_id);
END IF; END $$;

DO $$ BEGIN IF to_regclass('${supervisors}') IS NULL THEN
  CREATE TABLE ${supervisors} (
    id BIGSERIAL NOT NULL,
    spec_id VARCHAR(255) NOT NULL,
    created_date VARCHAR(255) NOT NULL,
    payload BYTEA NOT NULL,
    PRIMARY KEY (id)
  );
  CREATE INDEX idx_${supervisors}_spec_id ON ${supervisors} (spec_id);
END IF; END $$;

DO $$ BEGIN IF to_regclass('${audit}') IS NULL THEN
  CREATE TABLE ${audit} (
    id BIGSERIAL NOT NULL,
    audit_key VARCHAR(255) NOT NULL,
    type VARCHAR(255) NOT NULL,
    author VARCHAR(255) NOT NULL,
    comment VARCHAR(2048) NOT NULL,
    created_date VARCHAR(255) NOT NULL,
    payload BYTEA NOT NULL,
    PRIMARY KEY (id)
  );
  CREATE INDEX idx_${audit}_key_time ON ${audit} (audit_key, created_date);
  CREATE INDEX idx_${audit}_type_time ON ${audit} (type, created_date);
  CREATE INDEX idx_${audit}_audit_time ON ${audit} (created_date);
END IF; END $$;
