-- Look-ups by key of random customers, for wrk: how many a second and how late, while the demo streams.
--   headwater demo --customers 3000 --max-rows-per-second 3000 --http 127.0.0.1:8813
--   wrk -t1 -c32 -d12s --latency -s bench/lookups.lua http://127.0.0.1:8813
-- Customers that have not come yet are answered with 404.
local CUSTOMERS = 3000

request = function()
  return wrk.format("GET", string.format("/v1/tables/dim_c360_customers/CUST%06d", math.random(1, CUSTOMERS)))
end
