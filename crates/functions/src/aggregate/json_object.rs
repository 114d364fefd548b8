//! JSON_OBJECTAGG: a JSON object of names and values; a name must not come twice.
//!
//! Its arguments are what becomes of NULLs, whether a text is JSON already, the name and the value; see the binder.

use super::entries::Changed;
use super::{Accumulator, AggregateDef, AggregateRows, AggregateSite};
use crate::registry::{BindArg, BindError, Binding, EvalError, Example};
use crate::scalar::json::{Converter, Json, checked_value_type, failed};
use crate::typing::arity;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, StringArray};
use arrow_row::{RowConverter, SortField};
use data::storage::storage_type;
use data::{DataType, TypeKind, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// As long as Calcite makes the texts of JSON aggregates.
pub(super) const JSON_TEXT: TypeKind = TypeKind::VarChar(2_000);

const NAME: usize = 2;
const VALUE: usize = 3;

pub(super) static FUNCTIONS: &[AggregateDef] = &[AggregateDef {
    name: "JSON_OBJECTAGG",
    aliases: &[],
    syntax: &["JSON_OBJECTAGG([KEY] name VALUE value [NULL | ABSENT ON NULL])"],
    doc: "A JSON object of the names and values of all rows, sorted by name. A NULL is written as null unless ABSENT ON NULL \
          is given. A name must not be NULL, nor come twice.",
    examples: &[Example {
        sql: "JSON_OBJECTAGG(x VALUE y) FROM (VALUES ('b', 1), ('a', 2)) AS t (x, y)",
        result: "{\"a\":2,\"b\":1}",
    }],
    bind,
    make: |site| Ok(Box::new(Objects::new(site))),
}];

fn bind(args: &[BindArg], _grouped: bool) -> Result<Binding, BindError> {
    arity("JSON_OBJECTAGG", args, 4, "JSON_OBJECTAGG(name VALUE value)")?;
    if !args[NAME].data_type.kind.is_character() {
        let given = args[NAME].data_type;
        return Err(
            BindError::new(format!("a name in JSON_OBJECTAGG is a text, not {given}")).hint("cast the name to STRING")
        );
    }
    checked_value_type("JSON_OBJECTAGG", args[VALUE].data_type)?;
    let params = args.iter().map(|arg| arg.data_type.clone()).collect();
    Ok(Binding { params, result: DataType::not_null(JSON_TEXT) })
}

struct Objects {
    absent: bool,
    json: Converter,
    value: DataType,
    /// Values in row format by name, per group.
    entries: Vec<BTreeMap<String, Box<[u8]>>>,
    converter: RowConverter,
    changed: Changed<String>,
}

impl Objects {
    fn new(site: &AggregateSite) -> Self {
        let word = |argument: usize, wanted: &str| site.literals[argument] == Some(Value::string(wanted));
        let value = site.arg_types[VALUE].clone();
        let converter =
            RowConverter::new(vec![SortField::new(storage_type(&value))]).expect("storage types have a row format");
        Self {
            absent: word(0, "ABSENT"),
            json: Converter::new(&value, word(1, "RAW")),
            value,
            entries: Vec::new(),
            converter,
            changed: Changed::default(),
        }
    }

    fn decode(&self, bytes: &[u8]) -> Value {
        let parser = self.converter.parser();
        let columns = self.converter.convert_rows([parser.parse(bytes)]).expect("bytes come from this converter");
        Value::at(columns[0].as_ref(), &self.value, 0)
    }

    fn object(&self, group: u32) -> Result<String, String> {
        let mut object = Vec::new();
        for (name, bytes) in &self.entries[group as usize] {
            let value = self.decode(bytes);
            if !(self.absent && value.is_null()) {
                object.push((name.clone(), self.json.json(&value)?));
            }
        }
        let mut text = String::new();
        Json::Object(object).append(&mut text);
        Ok(text)
    }
}

impl Accumulator for Objects {
    fn resize(&mut self, groups: usize) {
        self.entries.resize_with(groups, BTreeMap::new);
    }

    fn update(&mut self, rows: &AggregateRows) -> Result<(), EvalError> {
        let names = rows.args[NAME].as_string::<i32>();
        let values = self
            .converter
            .convert_columns(std::slice::from_ref(&rows.args[VALUE]))
            .expect("the column has the converter's type");
        for (row, group) in rows.groups.iter().enumerate() {
            if names.is_null(row) {
                return Err(failed(row, "a name in JSON_OBJECTAGG is NULL"));
            }
            let name = names.value(row).to_owned();
            let entries = &mut self.entries[*group as usize];
            if rows.additions.is_none_or(|additions| additions.value(row)) {
                if entries.insert(name.clone(), values.row(row).data().into()).is_some() {
                    return Err(failed(row, format!("the name '{name}' comes twice in JSON_OBJECTAGG")));
                }
            } else {
                entries.remove(&name);
            }
            self.changed.mark(*group, name);
        }
        Ok(())
    }

    fn results(&self, groups: &[u32]) -> Result<ArrayRef, EvalError> {
        let object = |(row, group): (usize, &u32)| self.object(*group).map_err(|problem| failed(row, problem));
        let texts = groups.iter().enumerate().map(object).collect::<Result<Vec<String>, EvalError>>()?;
        Ok(Arc::new(StringArray::from_iter_values(texts)))
    }

    fn clear(&mut self, groups: &[u32]) {
        for group in groups {
            for name in std::mem::take(&mut self.entries[*group as usize]).into_keys() {
                self.changed.mark(*group, name);
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
        for (group, name) in self.changed.take() {
            visit(group, name.as_bytes(), self.entries[group as usize].get(&name).map(AsRef::as_ref));
        }
    }

    fn entries(&self, visit: &mut dyn FnMut(u32, &[u8], &[u8])) {
        for (group, entries) in self.entries.iter().enumerate() {
            entries.iter().for_each(|(name, value)| visit(group as u32, name.as_bytes(), value));
        }
    }

    fn load_entry(&mut self, group: u32, key: &[u8], value: &[u8]) {
        let name = String::from_utf8_lossy(key).into_owned();
        self.entries[group as usize].insert(name, value.into());
    }

    fn memory_bytes(&self) -> usize {
        let entries = self.entries.iter().flatten().map(|(name, value)| name.len() + value.len() + 48);
        self.entries.capacity() * 24 + entries.sum::<usize>() + self.changed.memory_bytes()
    }
}
