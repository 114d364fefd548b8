//! The HTTP door, driven over plain sockets: reads, look-ups, filters, live changes, appended rows that survive, limits.

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const ORDERS: &str = "CREATE TABLE orders (
  id INT NOT NULL, customer STRING, amount DECIMAL(10, 2), placed TIMESTAMP(3), PRIMARY KEY (id) NOT ENFORCED
) WITH ('changelog.mode' = 'append');";
const TOTALS: &str = "CREATE TABLE totals (
  customer STRING NOT NULL, orders BIGINT NOT NULL, total DECIMAL(38, 2), PRIMARY KEY (customer) NOT ENFORCED
) COMMENT 'What each customer spent';";
const FILL: &str = "INSERT INTO totals SELECT customer, COUNT(*), SUM(amount) FROM orders WHERE customer IS NOT NULL GROUP BY customer;";

/// A running project; killed when dropped.
struct Running {
    child: Child,
    address: String,
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn project() -> tempfile::TempDir {
    support::project(&[
        ("headwater.toml", "name = \"shop\"\n"),
        ("pipelines/sources/shop/orders/sql-scripts/ddl.orders.sql", ORDERS),
        ("pipelines/facts/shop/totals/sql-scripts/ddl.totals.sql", TOTALS),
        ("pipelines/facts/shop/totals/sql-scripts/dml.totals.sql", FILL),
    ])
}

fn start(project: &Path) -> Running {
    let mut child = Command::new(env!("CARGO_BIN_EXE_headwater"))
        .args(["--output", "json", "--project"])
        .arg(project)
        .args(["run", "--http", "127.0.0.1:0"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let ready = lines.next().expect("an event").expect("text");
    let ready: serde_json::Value = serde_json::from_str(&ready).expect("JSON");
    assert_eq!(ready["event"], "ready");
    // Somebody has to read the rest, or the program waits for it.
    std::thread::spawn(move || lines.for_each(drop));
    let address = ready["http"].as_str().expect("an address").trim_start_matches("http://").to_owned();
    Running { child, address }
}

impl Running {
    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
        stream
    }

    fn request(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        let mut stream = self.connect();
        let host = if headers.contains("Host:") { String::new() } else { format!("Host: {}\r\n", self.address) };
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\n{host}{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        )
        .expect("sent");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("an answer");
        let (head, body) = text.split_once("\r\n\r\n").expect("a head");
        let status = head.split(' ').nth(1).expect("a status").parse().expect("a number");
        Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
    }

    fn get(&self, path: &str) -> Answer {
        self.request("GET", path, "", "")
    }

    fn json(&self, path: &str) -> serde_json::Value {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        serde_json::from_str(&answer.body).expect("JSON")
    }

    fn append(&self, rows: &str, headers: &str) -> Answer {
        self.request("POST", "/v1/tables/orders", &format!("Content-Type: application/json\r\n{headers}"), rows)
    }

    /// Waits until a path gives a text, for as long as rows may take to get there.
    fn wait(&self, path: &str, wanted: &str) {
        for _ in 0..2000 {
            if self.get(path).body.contains(wanted) {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("{path} never has {wanted}: {}", self.get(path).body);
    }

    /// Lines of a stream of events until one contains `last`.
    fn events(&self, path: &str, headers: &str, last: &str, then: impl FnOnce()) -> Vec<String> {
        let mut stream = self.connect();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {}\r\n{headers}\r\n", self.address).expect("sent");
        let mut lines = BufReader::new(stream).lines().map(|line| line.expect("a line"));
        let head: Vec<String> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
        assert!(head[0].contains("200"), "{head:?}");
        then();
        let mut found = Vec::new();
        for line in lines {
            let is_last = line.contains(last);
            found.push(line);
            if is_last {
                break;
            }
        }
        found
    }
}

#[test]
fn reads_filters_and_refuses() {
    let dir = project();
    let run = start(dir.path());
    let rows = r#"[{"id":1,"customer":"ada","amount":"12.50","placed":"2024-06-20T12:00"},
        {"id":2,"customer":"bob","amount":"3"},{"id":3,"customer":"ada","amount":"0.10"},{"id":4,"customer":"a,b/c"}]"#;
    let answer = run.append(rows, "");
    assert_eq!((answer.status, answer.body.as_str()), (201, "{\"rows\":4}"));
    run.wait("/v1/tables/totals/ada", "12.60");
    let row = run.json("/v1/tables/totals/ada");
    assert_eq!(row, serde_json::json!({ "customer": "ada", "orders": 2, "total": "12.60" }));
    assert_eq!(run.json("/v1/tables/totals/a%2Cb%2Fc")["orders"], 1);
    assert_eq!(run.get("/v1/tables/totals/nobody").status, 404);
    assert_eq!(run.json("/v1/tables/totals/a,b%2Fc")["orders"], 1, "one part is taken as a whole");
    assert_eq!(run.get("/v1/tables/orders/1").status, 409, "an append table has no row per key");
    let names = |path: &str| -> Vec<String> {
        let rows = run.json(path);
        rows.as_array().expect("rows").iter().map(|row| row["customer"].as_str().unwrap_or("-").to_owned()).collect()
    };
    assert_eq!(names("/v1/tables/totals"), ["a,b/c", "ada", "bob"]);
    assert_eq!(names("/v1/tables/totals?total=gte.3.5"), ["ada"]);
    assert_eq!(names("/v1/tables/totals?total=is.null"), ["a,b/c"]);
    assert_eq!(names("/v1/tables/totals?customer=in.(ada,bob)&order=orders.asc"), ["bob", "ada"]);
    assert_eq!(names("/v1/tables/totals?customer=not.ilike.*A*&select=customer"), ["bob"]);
    assert_eq!(names("/v1/tables/totals?order=total.desc.nullsfirst&limit=1&offset=1"), ["ada"]);
    assert_eq!(names("/v1/tables/totals?limit=0"), Vec::<String>::new());
    assert_eq!(
        run.json("/v1/tables/orders?placed=lt.2024-06-20T13:00&select=id,placed")[0]["placed"],
        "2024-06-20T12:00"
    );
    let counted = run.request("GET", "/v1/tables/totals?limit=2&orders=gte.1", "Prefer: count=exact\r\n", "");
    assert!(counted.head.contains("content-range: 0-1/3"), "{}", counted.head);
    assert!(counted.head.contains("headwater-epoch: "), "{}", counted.head);
    for (path, status) in [
        ("/v1/tables/totals?nope=eq.1", 400),
        ("/v1/tables/totals?orders=eq.many", 400),
        ("/v1/tables/totals?orders=between.1", 400),
        ("/v1/tables/totals?limit=100000", 400),
        ("/v1/tables/totals?select=customer,customer", 400),
        ("/v1/tables/nothing", 404),
        ("/v1/nothing", 404),
    ] {
        let answer = run.get(path);
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.head.contains("application/problem+json"), "{path}: {}", answer.head);
        assert!(answer.body.contains("\"code\":\"HW5"), "{path}: {}", answer.body);
    }
    let long = run.get(&format!("/v1/tables/totals?customer=eq.{}", "a".repeat(17 << 10)));
    assert!(long.status == 431 && long.body.contains("\"code\":\"HW5032\""), "{}", long.head);
    let put = run.request("PUT", "/v1/tables/totals", "", "");
    assert!(put.status == 405 && put.head.contains("allow: "), "{}", put.head);
    assert_eq!(run.get("/v1/tables/TOTALS").status, 404, "names are case-sensitive");
    assert_eq!(run.request("GET", "/v1/tables", "Host: evil.example\r\n", "").status, 403);
    let foreign = format!("Host: {}\r\nOrigin: http://evil.example\r\n", run.address);
    assert_eq!(run.request("GET", "/v1/tables", &foreign, "").status, 403);
    let tables = run.json("/v1/tables");
    assert_eq!(tables["tables"][1]["comment"], "What each customer spent");
    assert_eq!(tables["tables"][1]["layer"], "facts");
    run.wait("/metrics", "headwater_table_rows{table=\"totals\"} 3");
    run.wait("/metrics", "headwater_operator_state_bytes{operator=\"Aggregate\"} ");
    if cfg!(target_os = "linux") {
        run.wait("/metrics", "headwater_resident_bytes ");
    }
    assert_eq!(run.get("/ready").status, 200);
    assert_eq!(run.json("/v1/status")["mode"], "stream");
    assert_eq!(run.json("/v1/pipeline")["statements"][0]["target"], "totals");
    assert!(run.json("/openapi.json")["paths"]["/v1/tables/totals/{key}"].is_object());
}

#[test]
fn queries_read_and_nothing_else() {
    let dir = project();
    let run = start(dir.path());
    let rows: Vec<String> =
        (0..3000).map(|id| format!("{{\"id\":{id},\"customer\":\"c{}\",\"amount\":\"{id}.25\"}}", id % 7)).collect();
    assert_eq!(run.append(&format!("[{}]", rows.join(",")), "").status, 201);
    run.wait("/v1/tables/orders?id=eq.2999", "c3");
    let post = |path: &str, body: &str| run.request("POST", path, "Content-Type: application/json\r\n", body);
    let answer = post("/v1/query", r#"{"sql": "SELECT COUNT(*) AS n, AVG(orders) AS a FROM totals"}"#);
    let result: serde_json::Value = serde_json::from_str(&answer.body).expect("JSON");
    assert_eq!(result["rows"], serde_json::json!([[7, 428]]), "{}", answer.body);
    assert_eq!(result["columns"][0]["type"], "BIGINT NOT NULL");
    let cut = post("/v1/query", r#"{"sql": "SELECT id FROM orders", "limit": 2}"#);
    assert!(cut.body.contains("\"truncated\":true"), "{}", cut.body);
    for (sql, status) in [
        ("SELECT 1 FROM nothing", 422),
        ("SELEC 1", 422),
        ("DROP TABLE totals", 422),
        ("INSERT INTO orders SELECT 1, 'x', 1.0, NULL", 422),
        ("SELECT 1; SELECT 2", 422),
        ("SELECT 1 / (orders - orders) FROM totals", 422),
        ("SELECT a.id, b.customer, c.amount FROM orders a, orders b, orders c", 422),
    ] {
        let answer = post("/v1/query", &serde_json::json!({ "sql": sql }).to_string());
        assert_eq!(answer.status, status, "{sql}: {}", answer.body);
    }
    assert_eq!(post("/v1/query", "{\"sql\": 1}").status, 400);
    assert_eq!(run.request("POST", "/v1/query", "Content-Type: text/plain\r\n", "SELECT 1").status, 415);
    let encoded = "Content-Type: application/json\r\nContent-Encoding: gzip\r\n";
    assert_eq!(run.request("POST", "/v1/query", encoded, "{}").status, 415);
    let plan = post("/v1/explain", r#"{"sql": "SELECT customer, COUNT(*) FROM orders GROUP BY customer"}"#);
    assert!(plan.status == 200 && plan.body.contains("Aggregate"), "{}", plan.body);
    assert_eq!(run.get("/v1/tables/totals/c1").status, 200, "it still answers");
}

#[test]
fn changes_come_and_resume() {
    let dir = project();
    let run = start(dir.path());
    assert_eq!(run.append(r#"[{"id":1,"customer":"ada","amount":"1"}]"#, "").status, 201);
    run.wait("/v1/tables/totals", "ada");
    let path = "/v1/tables/totals/changes";
    let events = run.events(&format!("{path}?snapshot=true"), "", "\"total\":\"3.00\"", || {
        assert_eq!(run.append(r#"[{"id":2,"customer":"ada","amount":"2"}]"#, "").status, 201);
    });
    let text = events.join("\n");
    assert!(text.contains("\"kind\":\"+I\",\"row\":{\"customer\":\"ada\",\"orders\":1,\"total\":\"1.00\"}"), "{text}");
    assert!(text.contains("event: snapshot-end"), "{text}");
    assert!(text.contains("\"kind\":\"-U\"") && text.contains("\"kind\":\"+U\""), "{text}");
    let id = events.iter().rev().find_map(|line| line.strip_prefix("id: ")).expect("an id").to_owned();
    assert_eq!(run.append(r#"[{"id":3,"customer":"bob","amount":"5"}]"#, "").status, 201);
    run.wait("/v1/tables/totals/bob", "5.00");
    let resumed = run.events(path, &format!("Last-Event-ID: {id}\r\n"), "\"bob\"", || {}).join("\n");
    assert!(!resumed.contains("ada") && !resumed.contains("reset"), "{resumed}");
    let reset = run.events(path, "Last-Event-ID: 0-1-1\r\n", "snapshot-end", || {}).join("\n");
    assert!(reset.contains("event: reset") && reset.contains("ada") && reset.contains("bob"), "{reset}");
}

#[test]
fn appended_rows_survive_a_kill() {
    let dir = project();
    let mut run = start(dir.path());
    let bad = run.append(r#"[{"id":1},{"id":"x"}]"#, "");
    assert!(bad.status == 422 && bad.body.contains("row 2"), "{}", bad.body);
    assert_eq!(run.request("POST", "/v1/tables/totals", "Content-Type: application/json\r\n", "[]").status, 405);
    let first = r#"[{"id":1,"customer":"ada","amount":"1.00"}]"#;
    assert_eq!(run.append(first, "Idempotency-Key: one\r\n").status, 201);
    let again = run.append(first, "Idempotency-Key: one\r\n");
    assert!(again.status == 201 && again.head.contains("idempotency-replayed: true"), "{}", again.head);
    assert_eq!(run.append("[]", "Idempotency-Key: one\r\n").status, 409);
    let lines = "{\"id\":2,\"customer\":\"ada\",\"amount\":\"2\"}\n{\"id\":3,\"customer\":\"bob\",\"amount\":\"3\"}\n";
    let answer = run.request("POST", "/v1/tables/orders", "Content-Type: application/x-ndjson\r\n", lines);
    assert_eq!((answer.status, answer.body.as_str()), (201, "{\"rows\":2}"));
    run.child.kill().expect("it runs");
    run.child.wait().expect("it ends");
    let run = start(dir.path());
    run.wait("/v1/tables/totals/ada", "3.00");
    run.wait("/v1/tables/totals/bob", "3.00");
    let again = run.append(first, "Idempotency-Key: one\r\n");
    assert!(again.status == 201 && again.head.contains("idempotency-replayed: true"), "{}", again.head);
    assert_eq!(run.json("/v1/tables/orders").as_array().expect("rows").len(), 3);
}

#[test]
fn it_ends_cleanly_while_somebody_follows() {
    let dir = project();
    let mut run = start(dir.path());
    let mut stream = run.connect();
    write!(stream, "GET /v1/tables/totals/changes HTTP/1.1\r\nHost: {}\r\n\r\n", run.address).expect("sent");
    let mut first = [0; 16];
    stream.read_exact(&mut first).expect("an answer");
    let killed = Command::new("kill").args(["-TERM", &run.child.id().to_string()]).status().expect("kill is there");
    assert!(killed.success());
    assert!(run.child.wait().expect("it ends").success(), "SIGTERM ends a run cleanly");
    let mut rest = String::new();
    stream.read_to_string(&mut rest).expect("the stream ends");
}
