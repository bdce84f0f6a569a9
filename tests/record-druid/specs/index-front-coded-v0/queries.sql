SELECT "s", COUNT(*) AS n FROM "index-front-coded-v0" GROUP BY 1
SELECT SUM("l") AS l FROM "index-front-coded-v0" WHERE "tags" = 't1' AND "s" <> 'value 001'
SELECT COUNT(*) AS n FROM "index-front-coded-v0" WHERE "u" LIKE 'prefix/shared/1%'
