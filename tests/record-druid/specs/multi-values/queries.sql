SELECT "tags", COUNT(*) AS n FROM "multi-values" GROUP BY 1
SELECT COUNT(*) AS n FROM "multi-values" WHERE MV_CONTAINS("asis", 'a')
SELECT COUNT(*) AS n FROM "multi-values" WHERE "set" IS NULL
