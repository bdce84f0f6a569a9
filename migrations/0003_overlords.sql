-- Why: so that standbys are known to each other, and workers, given the address of one overlord or of what stands in front of them, learn of all. Each overlord renews its own row every few seconds; one
-- that has not for 30 s does not count. Nothing is decided by these rows, so nothing fences them.

CREATE TABLE ingestion_overlord (
  url TEXT NOT NULL,               -- base URL, as others reach it
  environment TEXT NOT NULL,
  release TEXT NOT NULL,
  protocol TEXT NOT NULL,          -- between overlords and workers
  seen_at TIMESTAMPTZ NOT NULL,    -- by this database's clock
  CONSTRAINT ingestion_overlord_pkey PRIMARY KEY (url)
);
