SELECT "s", COUNT(*) AS n FROM "index-long-auto" GROUP BY 1
SELECT SUM("l") AS l FROM "index-long-auto" WHERE "tags" = 't1' AND "s" <> 'value 001'
SELECT COUNT(*) AS n FROM "index-long-auto" WHERE "u" LIKE 'prefix/shared/1%'
