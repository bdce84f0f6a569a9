-- Why: what lets a start be refused that would break "one epoch at a time can change anything": an overlord of another environment on this
-- database, and an overlord of Druid that wrote to it after ours had stopped leading (its rows are then newer than last_seen).

ALTER TABLE ingestion_cluster ADD COLUMN environment TEXT; -- of the first overlord that started; null: none has

ALTER TABLE ingestion_leader ADD COLUMN last_seen TIMESTAMPTZ; -- when a leader last renewed: the later of this database's clock and the leader's own
UPDATE ingestion_leader SET last_seen = clock_timestamp() WHERE epoch > 0;
