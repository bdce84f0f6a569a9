SELECT "s", COUNT(*) AS n FROM "index-none" GROUP BY 1
SELECT SUM("l") AS l FROM "index-none" WHERE "tags" = 't1' AND "s" <> 'value 001'
SELECT COUNT(*) AS n FROM "index-none" WHERE "u" LIKE 'prefix/shared/1%'
