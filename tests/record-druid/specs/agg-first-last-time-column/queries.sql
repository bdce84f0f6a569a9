SELECT "k", EARLIEST("f") AS f, LATEST("l") AS l, EARLIEST("sf", 100) AS sf, LATEST("sl", 100) AS sl FROM "agg-first-last-time-column" GROUP BY 1
