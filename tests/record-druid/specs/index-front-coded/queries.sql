SELECT "s", COUNT(*) AS n FROM "index-front-coded" GROUP BY 1
SELECT SUM("l") AS l FROM "index-front-coded" WHERE "tags" = 't1' AND "s" <> 'value 001'
SELECT COUNT(*) AS n FROM "index-front-coded" WHERE "u" LIKE 'prefix/shared/1%'
