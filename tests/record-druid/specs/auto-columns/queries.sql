SELECT "s", COUNT(*) AS n, SUM("l") AS l, SUM("d") AS d FROM "auto-columns" GROUP BY 1
SELECT "l", COUNT(*) AS n FROM "auto-columns" GROUP BY 1
SELECT "b", MAX("l") AS l FROM "auto-columns" GROUP BY 1
SELECT SUM("as_long") AS l, SUM("as_double") AS d, MAX("as_double") AS most FROM "auto-columns"
SELECT "s", "l" FROM "auto-columns" WHERE "l" >= 4 AND "s" <> 'z'
SELECT COUNT(*) AS n FROM "auto-columns" WHERE "d" BETWEEN 0 AND 2.25
SELECT COUNT(*) AS n FROM "auto-columns" WHERE "s" = 'x' OR "s" IS NULL
SELECT COUNT(*) AS n FROM "auto-columns" WHERE "as_string" = '5' OR "as_string" = '1.5'
SELECT COUNT(*) AS n FROM "auto-columns" WHERE "none" IS NULL
SELECT COUNT(*) AS n FROM "auto-columns" WHERE "late" LIKE 'only%'
SELECT COUNT(DISTINCT "s") AS s, COUNT(DISTINCT "l") AS l FROM "auto-columns"
SELECT "s", "d" FROM "auto-columns" WHERE "d" > 1 AND "b" = 1
