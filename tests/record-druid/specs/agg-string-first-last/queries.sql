SELECT "k", EARLIEST("f", 100) AS f, LATEST("l", 100) AS l, LATEST("short", 100) AS short FROM "agg-string-first-last" GROUP BY 1
