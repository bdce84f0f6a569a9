SELECT "s", COUNT(*) AS n FROM "index-uncompressed" GROUP BY 1
SELECT SUM("l") AS l FROM "index-uncompressed" WHERE "tags" = 't1' AND "s" <> 'value 001'
SELECT COUNT(*) AS n FROM "index-uncompressed" WHERE "u" LIKE 'prefix/shared/1%'
