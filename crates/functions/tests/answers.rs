//! Every line of `answers/*.tsv` is an expression, its type and its value, as a real Flink 2.3 gave them. The
//! expressions are calls over literals; each is evaluated over constants and over columns.

#[path = "answers/call.rs"]
mod call;

use arrow_array::ArrayRef;
use call::{Node, Typed};
use data::cast::{CastOptions, cast};
use data::text::row_to_string;
use data::time::Zone;
use data::{DataType, Value};
use functions::{BindArg, CallSite, EvalContext, KernelArgs};

#[test]
fn answers_are_flinks() {
    let mut failures = Vec::new();
    let mut count = 0;
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/answers");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "tsv"));
    files.sort();
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            count += 1;
            let mut parts = line.splitn(3, '\t');
            let (sql, data_type, value) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap_or(""));
            let got = std::panic::catch_unwind(|| answer(sql)).unwrap_or_else(|_| Err("panicked".into()));
            let same = match &got {
                Ok((got_type, got_value)) => got_type == data_type && got_value == value,
                Err(_) => data_type == "-",
            };
            if !same {
                failures.push(format!("{sql}\n    want {data_type}: {value}\n    got  {got:?}"));
            }
        }
    }
    assert!(failures.is_empty(), "{} of {count} differ:\n{}", failures.len(), failures.join("\n"));
}

fn answer(sql: &str) -> Result<(String, String), String> {
    let node = call::parse(sql)?;
    let constant = evaluate(&node, true)?;
    let columnar = evaluate(&node, false)?;
    let shown = |typed: &Evaluated, row: usize| {
        let text = row_to_string(None, std::slice::from_ref(&typed.column), [&typed.data_type], row);
        text[1..text.len() - 1].to_owned()
    };
    let first = shown(&constant, 0);
    for (typed, row) in [(&constant, typed_rows(&constant) - 1), (&columnar, 0), (&columnar, 1)] {
        let other = shown(typed, row);
        if other != first {
            return Err(format!("{first} over constants, but {other} over columns"));
        }
    }
    Ok((constant.data_type.to_string(), first))
}

struct Evaluated {
    column: ArrayRef,
    data_type: DataType,
    literal: Option<Value>,
}

fn typed_rows(typed: &Evaluated) -> usize {
    typed.column.len()
}

fn evaluate(node: &Node, constant: bool) -> Result<Evaluated, String> {
    let (name, args) = match node {
        Node::Literal(Typed { value, data_type }) => {
            let column = Value::column(data_type, std::iter::repeat_n(value, if constant { 1 } else { 2 }));
            return Ok(Evaluated { column, data_type: data_type.clone(), literal: Some(value.clone()) });
        }
        Node::Call(name, args) => (name, args),
    };
    let def = functions::scalar(name).ok_or_else(|| format!("no function {name}"))?;
    let args = args.iter().map(|arg| evaluate(arg, constant)).collect::<Result<Vec<_>, _>>()?;
    let bind_args: Vec<BindArg> =
        args.iter().map(|arg| BindArg { data_type: &arg.data_type, literal: arg.literal.as_ref() }).collect();
    let binding = (def.bind)(&bind_args).map_err(|error| error.message)?;
    let columns =
        args.iter().zip(&binding.params).map(|(arg, param)| coerce(arg, param)).collect::<Result<Vec<_>, _>>()?;
    let literals: Vec<Option<Value>> = args.iter().map(|arg| arg.literal.clone()).collect();
    let site = CallSite { arg_types: &binding.params, literals: &literals, result_type: &binding.result };
    let kernel = (def.kernel)(&site).map_err(|error| error.message)?;
    let all_constant = columns.iter().all(|column| column.len() == 1);
    let flags = vec![constant && all_constant; columns.len()];
    let kernel_args = KernelArgs {
        columns: &columns,
        constant: &flags,
        rows: if constant && all_constant { 1 } else { 2 },
        result_type: &binding.result,
        context: &EvalContext::default(),
    };
    let column = kernel(&kernel_args).map_err(|error| error.message)?;
    Ok(Evaluated { column, data_type: binding.result, literal: None })
}

/// The implicit cast to a parameter's type, which the binder makes explicit.
fn coerce(arg: &Evaluated, param: &DataType) -> Result<ArrayRef, String> {
    let options = CastOptions { time_zone: Zone::UTC, is_try: false };
    cast(&arg.column, &arg.data_type, param, &options).map_err(|error| error.message)
}
