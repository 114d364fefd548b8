//! Helpers from which most `bind` functions are made.

use crate::registry::{BindArg, BindError, Binding};
use data::{DataType, TypeKind};

/// Whether the result of a strict call may be NULL: when any argument may.
pub fn any_nullable(args: &[BindArg]) -> bool {
    args.iter().any(|arg| arg.data_type.nullable)
}

/// An error that names the argument types given and says what `form` wants.
pub fn mismatch(name: &str, args: &[BindArg], form: &str) -> BindError {
    let given: Vec<String> = args.iter().map(|arg| arg.data_type.kind.to_string()).collect();
    BindError::new(format!("{name} cannot be applied to ({})", given.join(", "))).hint(format!("write {form}"))
}

/// Checks the number of arguments.
pub fn arity(name: &str, args: &[BindArg], wanted: usize, form: &str) -> Result<(), BindError> {
    arity_between(name, args, wanted, wanted, form)
}

/// Checks that there are between `least` and `most` arguments.
pub fn arity_between(name: &str, args: &[BindArg], least: usize, most: usize, form: &str) -> Result<(), BindError> {
    if (least..=most).contains(&args.len()) {
        return Ok(());
    }
    let wanted = match most {
        _ if least == most => format!("{least}"),
        usize::MAX => format!("at least {least}"),
        _ => format!("{least} to {most}"),
    };
    let plural = if wanted == "1" { "" } else { "s" };
    Err(BindError::new(format!("{name} takes {wanted} argument{plural}, but {} are given", args.len()))
        .hint(format!("write {form}")))
}

/// A signature of given parameter types: each argument must be implicitly castable to its parameter; the result is
/// nullable when any argument is. A character or binary argument keeps its own length.
pub fn fixed(
    name: &str,
    args: &[BindArg],
    params: &[TypeKind],
    result: TypeKind,
    form: &str,
) -> Result<Binding, BindError> {
    arity(name, args, params.len(), form)?;
    let params: Option<Vec<DataType>> = args.iter().zip(params).map(|(arg, param)| coerced(arg, param)).collect();
    let params = params.ok_or_else(|| mismatch(name, args, form))?;
    Ok(Binding { params, result: DataType::new(result).with_nullable(any_nullable(args)) })
}

/// A `bind` from accepted parameter lists, the first that fits wins; the result as for [`fixed`].
pub fn signature(
    name: &str,
    args: &[BindArg],
    forms: &[&[TypeKind]],
    result: TypeKind,
    form: &str,
) -> Result<Binding, BindError> {
    forms
        .iter()
        .filter(|params| params.len() == args.len())
        .find_map(|params| fixed(name, args, params, result.clone(), form).ok())
        .ok_or_else(|| mismatch(name, args, form))
}

/// One argument, whose type is also the result's.
pub fn same_as_first(args: &[BindArg]) -> Binding {
    Binding {
        params: args.iter().map(|arg| arg.data_type.clone()).collect(),
        result: args[0].data_type.clone().with_nullable(any_nullable(args)),
    }
}

/// The arguments as they are, bare NULLs cast to `kind`.
pub fn cast_literals(args: &[BindArg], kind: &TypeKind) -> Vec<DataType> {
    args.iter()
        .map(|arg| match arg.data_type.kind {
            TypeKind::Null => DataType::new(kind.clone()),
            _ => arg.data_type.clone(),
        })
        .collect()
}

fn coerced(arg: &BindArg, param: &TypeKind) -> Option<DataType> {
    let from = arg.data_type;
    let alike = (from.kind.is_character() && param.is_character()) || (from.kind.is_binary() && param.is_binary());
    if alike {
        return Some(from.clone());
    }
    let to = DataType::new(param.clone()).with_nullable(from.nullable);
    super::implicitly_castable(from, &to).then_some(to)
}
