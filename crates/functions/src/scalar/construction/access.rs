//! Parts of arrays, maps and rows: `x[…]` (ITEM), CARDINALITY and ELEMENT.

use crate::registry::{
    BindArg, BindError, Binding, CallSite, EvalError, Example, Family, Kernel, KernelArgs, ScalarDef, Volatility,
};
use crate::typing::{arity, implicitly_castable, mismatch};
use crate::vector::broadcast;
use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, ArrayRef, ListArray, UInt32Array};
use arrow_ord::ord::make_comparator;
use arrow_schema::SortOptions;
use arrow_select::take::take;
use data::types::RowField;
use data::{DataType, TypeKind, Value};

pub(crate) static FUNCTIONS: &[ScalarDef] = &[
    ScalarDef {
        name: "ITEM",
        aliases: &[],
        family: Family::Collection,
        syntax: &["array[index]", "map[key]", "row[index]", "row['field']"],
        doc: "The element of an array, counted from 1; the value of a key of a map; a field of a row. NULL where there is \
              none; an index below 1 fails.",
        examples: &[
            Example { sql: "ARRAY['a', 'b'][2]", result: "b" },
            Example { sql: "ARRAY['a', 'b'][3]", result: "null" },
            Example { sql: "MAP['a', 1]['a']", result: "1" },
        ],
        volatility: Volatility::Immutable,
        fallible: true,
        bind: bind_item,
        kernel: item_kernel,
    },
    ScalarDef {
        name: "CARDINALITY",
        aliases: &[],
        family: Family::Collection,
        syntax: &["CARDINALITY(array)", "CARDINALITY(map)"],
        doc: "How many elements or entries there are.",
        examples: &[Example { sql: "CARDINALITY(ARRAY[1, 2])", result: "2" }],
        volatility: Volatility::Immutable,
        fallible: false,
        bind: bind_cardinality,
        kernel: |_| Ok(Box::new(cardinality)),
    },
    ScalarDef {
        name: "ELEMENT",
        aliases: &[],
        family: Family::Collection,
        syntax: &["ELEMENT(array)"],
        doc: "The only element of an array; NULL when it is empty. More than one element fails.",
        examples: &[Example { sql: "ELEMENT(ARRAY[1])", result: "1" }],
        volatility: Volatility::Immutable,
        fallible: true,
        bind: bind_element,
        kernel: |_| Ok(Box::new(element)),
    },
];

/// An index below 1, or more elements than one.
const BAD_ELEMENT: &str = "HW3004";

fn bind_item(args: &[BindArg]) -> Result<Binding, BindError> {
    let form = "array[index], map[key] or row[index]";
    arity("ITEM", args, 2, form)?;
    let (container, index) = (args[0].data_type, args[1].data_type);
    let (param, result) = match &container.kind {
        TypeKind::Array(element) => match index.kind {
            TypeKind::Int => (index.clone(), element.kind.clone()),
            _ => return Err(mismatch("[ ]", args, "array[index] with an INT index")),
        },
        TypeKind::Map(key, value) => {
            let param =
                key_param(key, index).ok_or_else(|| mismatch("[ ]", args, "map[key] with a key of its type"))?;
            (param, value.kind.clone())
        }
        TypeKind::Row(fields) => {
            let field = args[1].literal.and_then(|literal| field_of(fields, literal));
            let field = field.ok_or_else(|| {
                BindError::new("a field of a ROW is chosen by a literal position or name")
                    .hint("write row[1] or row['field'], or row.field")
            })?;
            let field = &fields[field].data_type;
            let result = field.clone().with_nullable(field.nullable || container.nullable);
            return Ok(Binding { params: vec![container.clone(), index.clone()], result });
        }
        _ => return Err(mismatch("[ ]", args, form)),
    };
    Ok(Binding { params: vec![container.clone(), param], result: DataType::new(result) })
}

/// The type in which a key is looked up: that of the map's keys.
fn key_param(key: &DataType, given: &DataType) -> Option<DataType> {
    let wanted = DataType::new(key.kind.clone()).with_nullable(given.nullable);
    let characters = key.kind.is_character() && given.kind.is_character();
    let numbers = key.kind.is_numeric() && given.kind.is_numeric();
    if characters {
        return Some(given.clone());
    }
    (numbers || implicitly_castable(given, &wanted)).then_some(wanted)
}

fn field_of(fields: &[RowField], literal: &Value) -> Option<usize> {
    match literal {
        Value::Int(position) => usize::try_from(i64::from(*position) - 1).ok().filter(|index| *index < fields.len()),
        Value::String(name) => fields.iter().position(|field| field.name == *name),
        _ => None,
    }
}

fn item_kernel(site: &CallSite) -> Result<Kernel, BindError> {
    match &site.arg_types[0].kind {
        TypeKind::Array(_) => Ok(Box::new(array_item)),
        TypeKind::Map(_, _) => Ok(Box::new(|args| Ok(map_item(args)))),
        TypeKind::Row(fields) => {
            let literal = site.literals[1].as_ref();
            let index = literal.and_then(|literal| field_of(fields, literal));
            let index = index.ok_or_else(|| BindError::new("a field of a ROW is chosen by a literal"))?;
            Ok(Box::new(move |args| {
                let field = crate::eval::field(&args.columns[0], index);
                Ok(if args.constant[0] { broadcast(&field, args.rows) } else { field })
            }))
        }
        kind => Err(BindError::new(format!("{kind} has no elements"))),
    }
}

/// The element range of a row, unless the list is NULL.
fn range(list: &ListArray, row: usize) -> Option<std::ops::Range<usize>> {
    let offsets = list.value_offsets();
    list.is_valid(row).then(|| offsets[row] as usize..offsets[row + 1] as usize)
}

fn picked(values: &ArrayRef, positions: Vec<Option<u32>>) -> ArrayRef {
    take(values, &UInt32Array::from(positions), None).expect("an element of the list")
}

fn array_item(args: &KernelArgs) -> Result<ArrayRef, EvalError> {
    let (list, indices) = (args.columns[0].as_list::<i32>(), args.columns[1].as_primitive::<Int32Type>());
    let mut positions = Vec::with_capacity(args.rows);
    for row in 0..args.rows {
        let (elements, at) = (range(list, args.position(0, row)), args.position(1, row));
        let (Some(elements), true) = (elements, indices.is_valid(at)) else {
            positions.push(None);
            continue;
        };
        let index = indices.value(at);
        let Some(offset) = usize::try_from(index).ok().and_then(|index| index.checked_sub(1)) else {
            let message = format!("Array element access needs an index starting at 1 but was {index}.");
            return Err(EvalError { code: BAD_ELEMENT, message, row });
        };
        positions.push((offset < elements.len()).then(|| (elements.start + offset) as u32));
    }
    Ok(picked(list.values(), positions))
}

fn map_item(args: &KernelArgs) -> ArrayRef {
    let list = args.columns[0].as_list::<i32>();
    let entries = list.values().as_struct();
    let compare =
        make_comparator(entries.column(0), &args.columns[1], SortOptions::default()).expect("keys of one type");
    let position = |row: usize| {
        let wanted = args.position(1, row);
        range(list, args.position(0, row))?.find(|entry| compare(*entry, wanted).is_eq()).map(|entry| entry as u32)
    };
    picked(entries.column(1), (0..args.rows).map(position).collect())
}

fn bind_cardinality(args: &[BindArg]) -> Result<Binding, BindError> {
    let form = "CARDINALITY(array) or CARDINALITY(map)";
    arity("CARDINALITY", args, 1, form)?;
    let given = args[0].data_type;
    if !matches!(given.kind, TypeKind::Array(_) | TypeKind::Map(_, _)) {
        return Err(mismatch("CARDINALITY", args, form));
    }
    Ok(Binding { params: vec![given.clone()], result: DataType::int().with_nullable(given.nullable) })
}

fn cardinality(args: &KernelArgs) -> Result<ArrayRef, EvalError> {
    let list = args.columns[0].as_list::<i32>();
    crate::scalar::columns::build::<Int32Type>(args.rows, |row| {
        range(list, args.position(0, row)).map(|elements| elements.len() as i32)
    })
}

fn bind_element(args: &[BindArg]) -> Result<Binding, BindError> {
    let form = "ELEMENT(array)";
    arity("ELEMENT", args, 1, form)?;
    let given = args[0].data_type;
    let TypeKind::Array(element) = &given.kind else { return Err(mismatch("ELEMENT", args, form)) };
    let result = DataType::new(element.kind.clone()).with_nullable(element.nullable || given.nullable);
    Ok(Binding { params: vec![given.clone()], result })
}

fn element(args: &KernelArgs) -> Result<ArrayRef, EvalError> {
    let list = args.columns[0].as_list::<i32>();
    let mut positions = Vec::with_capacity(args.rows);
    for row in 0..args.rows {
        let elements = range(list, args.position(0, row)).unwrap_or(0..0);
        if elements.len() > 1 {
            return Err(EvalError { code: BAD_ELEMENT, message: "Array has more than one element.".into(), row });
        }
        positions.push((!elements.is_empty()).then_some(elements.start as u32));
    }
    Ok(picked(list.values(), positions))
}
