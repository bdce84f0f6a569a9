SELECT "s", COUNT(*) AS n FROM "index-without-bitmaps" GROUP BY 1
SELECT SUM("l") AS l FROM "index-without-bitmaps" WHERE "tags" = 't1' AND "s" <> 'value 001'
SELECT COUNT(*) AS n FROM "index-without-bitmaps" WHERE "u" LIKE 'prefix/shared/1%'
