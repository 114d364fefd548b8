//! Every example in the table of functions gives what it says, through the real program.

use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Stdio};

fn headwater(args: &[&str], stdin: String) -> Vec<Value> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_headwater"))
        .args(args)
        .args(["--output", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program");
    let mut input = child.stdin.take().expect("its standard input");
    let writer = std::thread::spawn(move || input.write_all(stdin.as_bytes()));
    let output = child.wait_with_output().expect("its end");
    writer.join().expect("its input").ok();
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON lines")).collect()
}

#[test]
fn scalar_examples_give_what_they_say() {
    let functions = headwater(&["functions"], String::new());
    let mut examples = Vec::new();
    for function in functions.iter().filter(|function| function["kind"] == "scalar") {
        let of_function = function["examples"].as_array().expect("examples");
        examples.extend(of_function.iter().map(|example| (&function["name"], example)));
    }
    assert!(examples.len() > 100, "the table has examples");
    let requests: Vec<String> =
        examples.iter().map(|(_, example)| json!({ "expr": example["sql"] }).to_string()).collect();
    let answers = headwater(&["eval"], requests.join("\n"));
    assert_eq!(answers.len(), examples.len(), "one answer per example");
    let mut wrong = Vec::new();
    for ((name, example), answer) in examples.iter().zip(&answers) {
        if answer["value"] != example["result"] {
            wrong.push(format!("{name}: {example} gave {answer}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
