-- Why: what Druid keeps in ZooKeeper, and what fences it. ingestion_leader has one row whose key is the epoch: every transaction of a leader
-- takes that row FOR KEY SHARE and compares, a renewal of the lease changes other columns only (FOR NO KEY UPDATE, which does not conflict),
-- and a take-over changes the key, which waits for the transactions of the old epoch and makes those that come later see that they are stale.

CREATE TABLE ingestion_cluster (
  cluster_id UUID NOT NULL,
  only_row BOOLEAN NOT NULL DEFAULT TRUE,
  CONSTRAINT ingestion_cluster_pkey PRIMARY KEY (only_row),
  CONSTRAINT ingestion_cluster_one_row CHECK (only_row)
);
INSERT INTO ingestion_cluster (cluster_id) VALUES (gen_random_uuid());

CREATE TABLE ingestion_leader (
  epoch BIGINT NOT NULL,
  leader_url TEXT,            -- null: nobody leads
  lease_until TIMESTAMPTZ,    -- by this database's clock
  raised_at TIMESTAMPTZ,
  only_row BOOLEAN NOT NULL DEFAULT TRUE,
  CONSTRAINT ingestion_leader_pkey PRIMARY KEY (epoch),
  CONSTRAINT ingestion_leader_one_row UNIQUE (only_row),
  CONSTRAINT ingestion_leader_only_true CHECK (only_row)
);
INSERT INTO ingestion_leader (epoch) VALUES (0);
