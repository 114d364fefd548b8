//! Functions of arrays and maps, in one file per kind. Elements are never copied one by one: a function says which
//! elements of which column make its result, and they are gathered at the end.

pub(crate) mod array;
pub(crate) mod map;
pub(crate) mod order;
pub(crate) mod set;
pub(crate) mod text;

use crate::registry::{
    BindArg, BindError, Binding, CallSite, EvalError, Example, Family, Kernel, KernelArgs, ScalarDef, Volatility,
};
use crate::scalar::columns::try_build_lists;
use crate::typing::{arity_between, common_type, implicitly_castable, mismatch};
use arrow_array::{Array, ArrayRef};
use arrow_select::interleave::interleave;
use data::{DataType, TypeKind};

/// A collection function that never fails and always gives the same answer.
const fn pure(
    name: &'static str,
    syntax: &'static [&'static str],
    doc: &'static str,
    examples: &'static [Example],
    bind: fn(&[BindArg]) -> Result<Binding, BindError>,
    kernel: fn(&CallSite) -> Result<Kernel, BindError>,
) -> ScalarDef {
    ScalarDef {
        name,
        aliases: &[],
        family: Family::Collection,
        syntax,
        doc,
        examples,
        volatility: Volatility::Immutable,
        fallible: false,
        bind,
        kernel,
    }
}

/// The element type of an array argument.
fn element<'a>(name: &str, args: &[BindArg<'a>], argument: usize, form: &str) -> Result<&'a DataType, BindError> {
    match &args[argument].data_type.kind {
        TypeKind::Array(element) => Ok(element),
        _ => Err(mismatch(name, args, form)),
    }
}

/// The type in which a value is compared with elements or put among them: theirs, and NULL where the value is.
fn as_element(name: &str, args: &[BindArg], element: &DataType, form: &str) -> Result<DataType, BindError> {
    let given = args[1].data_type;
    let nullable = given.nullable || given.kind == TypeKind::Null;
    let wanted = element.clone().with_nullable(nullable);
    if implicitly_castable(given, &wanted.clone().with_nullable(true)) {
        return Ok(wanted);
    }
    Err(mismatch(name, args, form))
}

/// One type for all arguments, which are arrays or maps; the result is NULL when one is.
fn bind_common(name: &str, args: &[BindArg], least: usize, form: &str) -> Result<Binding, BindError> {
    arity_between(name, args, least, usize::MAX, form)?;
    let types: Vec<&DataType> = args.iter().map(|arg| arg.data_type).collect();
    let common = common_type(&types).ok_or_else(|| mismatch(name, args, form))?;
    let params = types.iter().map(|data_type| common.clone().with_nullable(data_type.nullable)).collect();
    let nullable = types.iter().any(|data_type| data_type.nullable);
    Ok(Binding { params, result: common.with_nullable(nullable) })
}

/// Which element of which source stands where.
type Places = Vec<(usize, usize)>;

/// Lists whose elements are gathered from `sources`: `append` adds the places of a row's elements.
fn gather(
    args: &KernelArgs,
    sources: &[&ArrayRef],
    mut append: impl FnMut(usize, &mut Places) -> Result<Option<()>, EvalError>,
) -> Result<ArrayRef, EvalError> {
    let mut places = Places::new();
    let lists = try_build_lists(args.rows, |row| {
        let start = places.len();
        match append(row, &mut places)? {
            Some(()) => Ok(Some(places.len())),
            None => {
                places.truncate(start);
                Ok(None)
            }
        }
    })?;
    let sources: Vec<&dyn Array> = sources.iter().map(|source| source.as_ref()).collect();
    Ok(lists.of(args, interleave(&sources, &places).expect("all sources have one storage type")))
}
