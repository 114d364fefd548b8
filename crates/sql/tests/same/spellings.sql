select a from t === SELECT `a` FROM `t` === select /* x */ a from t -- y
select a from t where a is distinct from 1 and b in (1,2) === SELECT a FROM t WHERE ((a IS DISTINCT FROM 1) AND (b IN (1, 2)))
select a from t limit 3 === select a from t fetch first 3 rows only === select a from t fetch next 3 row only
select a from t limit 3 offset 2 === select a from t offset 2 rows fetch next 3 rows only
select a from t === select all a from t === (select a from t) === ((select a from t)) === select a from t limit all
select a from t order by a === select a from t order by a asc
select cast(a as integer) from t === select cast(a as int) from t
select cast(a as decimal), cast(b as dec(5)) from t === select cast(a as numeric(10, 0)), cast(b as decimal(5, 0)) from t
select cast(a as timestamp with local time zone) === select cast(a as timestamp_ltz(6))
select cast(a as timestamp without time zone) === select cast(a as timestamp(6))
select cast(a as int array) === select cast(a as array<int not null>)
select cast(a as varchar), cast(b as varbinary) === select cast(a as string), cast(b as bytes)
select cast(a as row(x int, y string)) === select cast(a as row<x int, y varchar(2147483647)>)
select cast(a as character varying(3)) === select cast(a as varchar(3))
select cast(a as double precision) === select cast(a as double)
select try_cast(a as int) === select safe_cast(a as int)
select substring(a, 1, 2) === select substring(a from 1 for 2)
select trim(a) === select trim(both from a)
select trim('x' from a) === select trim(both 'x' from a)
select ceiling(a) === select ceil(a) === select CEIL(a)
select Count(*), uPPer(a) from t === select COUNT(*), UPPER(a) from t
select to_date(a) from t === select TO_DATE(a) from t === select `to_date`(a) from t
select current_timestamp === select CURRENT_TIMESTAMP
select timestampadd(sql_tsi_day, 1, a) === select timestampadd(day, 1, a)
select interval '1' days === select interval '1' day === select interval +'1' day
select interval '-1' day === select interval -'1' day
select (a, b) === select row(a, b)
select a between 1 and 2 === select a between asymmetric 1 and 2
select a = some (select 1) === select a = any (select 1)
select a is json === select a is json value
select json_object('a' value 1) === select json_object(key 'a' value 1) === select json_object('a': 1)
select sum(a) over (order by b rows 3 preceding) === select sum(a) over (order by b rows between 3 preceding and current row)
select * from a, b === select * from a cross join b
select * from a join b on a.x = b.x === select * from a inner join b on a.x = b.x
select * from a left outer join b using (x) === select * from a left join b using (x)
select * from f(x) === select * from table(f(x))
select * from a, unnest(a.b) as t(x) === select * from a cross join lateral unnest(a.b) as t(x)
select a as b from t x === select a b from t as x
select 1 union select 2 === select 1 union distinct select 2
values 1, 2 === values (1), (2) === values row(1), row(2)
select X'0aff' === select x'0AFF'
select 'it''s' === select E'it\'s' === select U&'it''s'
select 007, 12., 1e+3, .5e1 === select 7, 12, 1E3, 0.5E1
desc t === describe t
show tables in d === show tables from d
explain plan for select 1 === explain select 1
create table t (a int null) === create table t (a int)
create table t (a int, primary key (a) not enforced, watermark for a as a) === create table t (a int, watermark for a as a, primary key (a) not enforced)
set table.local-time-zone = UTC === SET 'table.local-time-zone' = 'UTC'
reset table.local-time-zone === RESET 'table.local-time-zone'
execute insert into t select 1 === insert into t select 1
