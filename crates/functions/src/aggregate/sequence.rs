//! Aggregates that depend on the order in which rows came: FIRST_VALUE, LAST_VALUE, LISTAGG, ARRAY_AGG, JSON_ARRAYAGG.
//!
//! Each group keeps its values by number of arrival. A value that is taken back is the earliest equal one. Over rows that only
//! come, FIRST_VALUE and LAST_VALUE keep one.

use super::entries::Changed;
use super::json_object::JSON_TEXT;
use super::{Accumulator, AggregateDef, AggregateRows, AggregateSite};
use crate::registry::{BindArg, BindError, Binding, EvalError, Example};
use crate::scalar::json::{Converter, Json, checked_value_type, failed};
use crate::typing::{arity, arity_between, mismatch};
use arrow_array::ArrayRef;
use arrow_row::{RowConverter, SortField};
use data::storage::storage_type;
use data::{DataType, TypeKind, Value};
use std::collections::BTreeMap;

/// What becomes of the values of a group.
#[derive(Clone, Debug)]
enum Shape {
    First,
    Last,
    /// Joined by this text.
    Join(String),
    /// An ARRAY; NULLs are elements, too.
    Array,
    /// A JSON array, with or without NULLs.
    Json {
        nulls: bool,
        converter: Converter,
    },
}

impl Shape {
    fn keeps_nulls(&self) -> bool {
        matches!(self, Self::Array | Self::Json { nulls: true, .. })
    }
}

pub(super) static FUNCTIONS: &[AggregateDef] = &[
    AggregateDef {
        name: "FIRST_VALUE",
        aliases: &[],
        syntax: &["FIRST_VALUE(value)"],
        doc: "The value that came first, NULLs aside.",
        examples: &[Example { sql: "FIRST_VALUE(x) FROM (VALUES (5), (3)) AS t (x)", result: "5" }],
        bind: |args, grouped| bind_value("FIRST_VALUE", args, grouped),
        make: |site| Ok(Box::new(Sequence::new(site, Shape::First))),
    },
    AggregateDef {
        name: "LAST_VALUE",
        aliases: &[],
        syntax: &["LAST_VALUE(value)"],
        doc: "The value that came last, NULLs aside.",
        examples: &[Example { sql: "LAST_VALUE(x) FROM (VALUES (5), (3)) AS t (x)", result: "3" }],
        bind: |args, grouped| bind_value("LAST_VALUE", args, grouped),
        make: |site| Ok(Box::new(Sequence::new(site, Shape::Last))),
    },
    AggregateDef {
        name: "LISTAGG",
        aliases: &[],
        syntax: &["LISTAGG([DISTINCT] string [, separator])"],
        doc: "The strings that are not NULL in the order in which they came, joined by the separator, a comma by default; NULL \
              when there are none.",
        examples: &[Example { sql: "LISTAGG(x, '-') FROM (VALUES ('a'), ('b')) AS t (x)", result: "a-b" }],
        bind: bind_listagg,
        make: |site| {
            let separator = match site.literals.get(1) {
                Some(Some(Value::String(text))) => text.clone(),
                _ => ",".to_owned(),
            };
            Ok(Box::new(Sequence::new(site, Shape::Join(separator))))
        },
    },
    AggregateDef {
        name: "ARRAY_AGG",
        aliases: &[],
        syntax: &["ARRAY_AGG([DISTINCT] value)"],
        doc: "The values in the order in which they came, as an ARRAY, NULLs among them.",
        examples: &[Example { sql: "ARRAY_AGG(x) FROM (VALUES (2), (1)) AS t (x)", result: "[2, 1]" }],
        bind: |args, _| {
            arity("ARRAY_AGG", args, 1, "ARRAY_AGG(value)")?;
            let element = args[0].data_type.clone();
            Ok(Binding { params: vec![element.clone()], result: DataType::new(TypeKind::Array(Box::new(element))) })
        },
        make: |site| Ok(Box::new(Sequence::new(site, Shape::Array))),
    },
    AggregateDef {
        name: "JSON_ARRAYAGG",
        aliases: &[],
        syntax: &["JSON_ARRAYAGG(value [NULL | ABSENT ON NULL])"],
        doc: "The values in the order in which they came, as a JSON array; NULLs are left out unless NULL ON NULL is given.",
        examples: &[Example { sql: "JSON_ARRAYAGG(x) FROM (VALUES (2), (1)) AS t (x)", result: "[2,1]" }],
        bind: bind_json,
        make: |site| {
            let word = |argument: usize, wanted: &str| site.literals[argument] == Some(Value::string(wanted));
            let converter = Converter::new(&site.arg_types[2], word(1, "RAW"));
            Ok(Box::new(Sequence::of(site, 2, Shape::Json { nulls: word(0, "NULL"), converter })))
        },
    },
];

/// What becomes of NULLs, whether a text is JSON already, and the value; see the binder.
fn bind_json(args: &[BindArg], _grouped: bool) -> Result<Binding, BindError> {
    arity("JSON_ARRAYAGG", args, 3, "JSON_ARRAYAGG(value)")?;
    checked_value_type("JSON_ARRAYAGG", args[2].data_type)?;
    let params = args.iter().map(|arg| arg.data_type.clone()).collect();
    Ok(Binding { params, result: DataType::not_null(JSON_TEXT) })
}

/// The type of the value, which no group is without when it is not NULL.
fn same_type(args: &[BindArg], grouped: bool) -> DataType {
    let input = args[0].data_type;
    input.clone().with_nullable(input.nullable || !grouped)
}

fn bind_value(name: &str, args: &[BindArg], grouped: bool) -> Result<Binding, BindError> {
    arity(name, args, 1, &format!("{name}(value)"))?;
    Ok(Binding { params: vec![args[0].data_type.clone()], result: same_type(args, grouped) })
}

fn bind_listagg(args: &[BindArg], _grouped: bool) -> Result<Binding, BindError> {
    let form = "LISTAGG(string [, separator])";
    arity_between("LISTAGG", args, 1, 2, form)?;
    if args.iter().any(|arg| !arg.data_type.kind.is_character()) {
        return Err(mismatch("LISTAGG", args, form));
    }
    if args.get(1).is_some_and(|separator| !matches!(separator.literal, Some(Value::String(_)))) {
        return Err(BindError::new("the separator of LISTAGG is not a literal").hint("write it as a string, like ', '"));
    }
    // Its type is the text's, even where there may be no text at all.
    Ok(Binding { params: args.iter().map(|arg| arg.data_type.clone()).collect(), result: args[0].data_type.clone() })
}

struct Sequence {
    shape: Shape,
    retractable: bool,
    /// Which argument holds the values.
    argument: usize,
    input: DataType,
    result: DataType,
    /// Values by number of arrival, per group.
    values: Vec<BTreeMap<u64, Value>>,
    next: u64,
    converter: RowConverter,
    changed: Changed<u64>,
}

impl Sequence {
    fn new(site: &AggregateSite, shape: Shape) -> Self {
        Self::of(site, 0, shape)
    }

    fn of(site: &AggregateSite, argument: usize, shape: Shape) -> Self {
        let input = site.arg_types[argument].clone();
        let converter =
            RowConverter::new(vec![SortField::new(storage_type(&input))]).expect("storage types have a row format");
        let (retractable, result) = (site.retractable, site.result_type.clone());
        let (values, changed) = (Vec::new(), Changed::default());
        Self { shape, retractable, argument, input, result, values, next: 0, converter, changed }
    }

    fn add(&mut self, group: u32, value: Value) {
        if value.is_null() && !self.shape.keeps_nulls() {
            return;
        }
        let values = &mut self.values[group as usize];
        if !self.retractable && !values.is_empty() {
            match self.shape {
                Shape::First => return,
                Shape::Last => {
                    for old in std::mem::take(values).into_keys() {
                        self.changed.mark(group, old);
                    }
                }
                Shape::Join(_) | Shape::Array | Shape::Json { .. } => {}
            }
        }
        let number = self.next;
        self.next += 1;
        self.values[group as usize].insert(number, value);
        self.changed.mark(group, number);
    }

    fn remove(&mut self, group: u32, value: &Value) {
        let values = &mut self.values[group as usize];
        let number = values.iter().find(|(_, known)| *known == value).map(|(number, _)| *number);
        if let Some(number) = number {
            values.remove(&number);
            self.changed.mark(group, number);
        }
    }

    fn result(&self, group: u32) -> Result<Value, String> {
        let values = &self.values[group as usize];
        Ok(match &self.shape {
            Shape::Json { converter, .. } => {
                let items =
                    values.values().map(|value| converter.json(value)).collect::<Result<Vec<Json>, String>>()?;
                let mut text = String::new();
                Json::Array(items).append(&mut text);
                Value::String(text)
            }
            _ if values.is_empty() => Value::Null,
            Shape::First => values.values().next().cloned().unwrap_or(Value::Null),
            Shape::Last => values.values().next_back().cloned().unwrap_or(Value::Null),
            Shape::Array => Value::Array(values.values().cloned().collect()),
            Shape::Join(separator) => {
                let mut text = String::new();
                for (index, value) in values.values().enumerate() {
                    if index > 0 {
                        text.push_str(separator);
                    }
                    if let Value::String(part) = value {
                        text.push_str(part);
                    }
                }
                Value::String(text)
            }
        })
    }

    fn encode(&self, value: &Value) -> Box<[u8]> {
        let column = Value::column(&self.input, [value]);
        let rows = self.converter.convert_columns(&[column]).expect("the column has the converter's type");
        rows.row(0).data().into()
    }

    fn decode(&self, bytes: &[u8]) -> Value {
        let parser = self.converter.parser();
        let columns = self.converter.convert_rows([parser.parse(bytes)]).expect("bytes come from this converter");
        Value::at(columns[0].as_ref(), &self.input, 0)
    }
}

impl Accumulator for Sequence {
    fn resize(&mut self, groups: usize) {
        self.values.resize_with(groups, BTreeMap::new);
    }

    fn update(&mut self, rows: &AggregateRows) -> Result<(), EvalError> {
        for (row, group) in rows.groups.iter().enumerate() {
            let value = Value::at(rows.args[self.argument].as_ref(), &self.input, row);
            if rows.additions.is_none_or(|additions| additions.value(row)) {
                self.add(*group, value);
            } else {
                self.remove(*group, &value);
            }
        }
        Ok(())
    }

    fn results(&self, groups: &[u32]) -> Result<ArrayRef, EvalError> {
        let result = |(row, group): (usize, &u32)| self.result(*group).map_err(|problem| failed(row, problem));
        let values = groups.iter().enumerate().map(result).collect::<Result<Vec<Value>, EvalError>>()?;
        Ok(Value::column(&self.result, &values))
    }

    fn clear(&mut self, groups: &[u32]) {
        for group in groups {
            for number in std::mem::take(&mut self.values[*group as usize]).into_keys() {
                self.changed.mark(*group, number);
            }
        }
    }

    fn state_types(&self) -> Vec<DataType> {
        Vec::new()
    }

    fn save(&self, _groups: &[u32]) -> Vec<ArrayRef> {
        Vec::new()
    }

    fn load(&mut self, _groups: &[u32], _columns: &[ArrayRef]) {}

    fn changed_entries(&mut self, visit: &mut dyn FnMut(u32, &[u8], Option<&[u8]>)) {
        for (group, number) in self.changed.take() {
            let value = self.values[group as usize].get(&number).map(|value| self.encode(value));
            visit(group, &number.to_be_bytes(), value.as_deref());
        }
    }

    fn entries(&self, visit: &mut dyn FnMut(u32, &[u8], &[u8])) {
        for (group, values) in self.values.iter().enumerate() {
            values.iter().for_each(|(number, value)| visit(group as u32, &number.to_be_bytes(), &self.encode(value)));
        }
    }

    fn load_entry(&mut self, group: u32, key: &[u8], value: &[u8]) {
        let number = key.try_into().map_or(0, u64::from_be_bytes);
        let value = self.decode(value);
        self.values[group as usize].insert(number, value);
        self.next = self.next.max(number + 1);
    }

    fn memory_bytes(&self) -> usize {
        let entries: usize = self.values.iter().map(BTreeMap::len).sum();
        self.values.capacity() * 24 + entries * (size_of::<Value>() + 24) + self.changed.memory_bytes()
    }
}
