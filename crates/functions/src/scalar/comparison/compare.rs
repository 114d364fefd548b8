//! How two columns of one type are compared: strings and bytes by their bytes, floating point as Java's operators do (NaN
//! is equal to nothing and neither less nor greater), nested values part by part with NULL equal to NULL.

use crate::eval::truth;
use crate::registry::{BindArg, BindError, Binding, CallSite, Kernel, KernelArgs};
use crate::typing::{arity, comparison_type, mismatch};
use crate::vector::broadcast;
use arrow_array::cast::AsArray;
use arrow_array::types::{ArrowPrimitiveType, Decimal128Type, Float32Type, Float64Type};
use arrow_array::{Array, ArrayRef, BooleanArray, Datum, Scalar};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use arrow_ord::cmp;
use arrow_ord::ord::make_comparator;
use arrow_schema::{DataType as ArrowType, SortOptions};
use data::cast::numeric::decimal_to_double;
use data::storage::storage_type;
use data::{DataType, TypeKind, Value};
use std::cmp::Ordering;
use std::sync::Arc;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::NotEqual => ordering.is_ne(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

/// Types of a comparison written `name`. `nullable` says whether the result is NULL where a side is.
pub(super) fn bind(name: &str, args: &[BindArg], equality: bool, nullable: bool) -> Result<Binding, BindError> {
    let form = format!("a {name} b");
    arity(name, args, 2, &form)?;
    let (left, right) = (args[0].data_type, args[1].data_type);
    let both_null = left.kind == TypeKind::Null && right.kind == TypeKind::Null;
    let as_they_are = || (left.clone(), right.clone());
    let types = if both_null {
        Some(as_they_are())
    } else if !equality && let Some(types) = decimal_and_float(left, right) {
        Some(types)
    } else {
        comparison_type(left, right, equality)
            .or_else(|| (equality && never_equal(&left.kind, &right.kind)).then(as_they_are))
    };
    let hint = "both sides must have comparable types: use CAST on one of them";
    let (left, right) = types.ok_or_else(|| mismatch(name, args, &form).hint(hint))?;
    if !equality && has_no_order(&left.kind) {
        return Err(BindError::new(format!("{name} needs an order, and {} has none", left.kind)).hint(hint));
    }
    let nullable = nullable && (left.nullable || right.nullable || both_null);
    Ok(Binding { params: vec![left, right], result: DataType::boolean().with_nullable(nullable) })
}

/// A DECIMAL and a FLOAT or DOUBLE are ordered as Java's `Double.compare` does: NaN is above everything, -0 below 0. So the
/// DECIMAL stays one, for the kernel to know.
fn decimal_and_float(left: &DataType, right: &DataType) -> Option<(DataType, DataType)> {
    let is_float = |kind: &TypeKind| matches!(kind, TypeKind::Float | TypeKind::Double);
    let is_decimal = |kind: &TypeKind| matches!(kind, TypeKind::Decimal { .. });
    let double = |of: &DataType| DataType::new(TypeKind::Double).with_nullable(of.nullable);
    if is_float(&left.kind) && is_decimal(&right.kind) {
        Some((double(left), right.clone()))
    } else if is_decimal(&left.kind) && is_float(&right.kind) {
        Some((left.clone(), double(right)))
    } else {
        None
    }
}

/// Whether values of two types that have nothing in common may be asked for equality all the same. They never are equal.
fn never_equal(left: &TypeKind, right: &TypeKind) -> bool {
    let text_and = |kind: &TypeKind| *kind == TypeKind::Boolean || kind.is_interval();
    match (left, right) {
        (TypeKind::Array(_), TypeKind::Array(_))
        | (TypeKind::Map(_, _), TypeKind::Map(_, _))
        | (TypeKind::Multiset(_), TypeKind::Multiset(_)) => true,
        (TypeKind::Row(left), TypeKind::Row(right)) => left.len() == right.len(),
        _ => (left.is_character() && text_and(right)) || (right.is_character() && text_and(left)),
    }
}

fn has_no_order(kind: &TypeKind) -> bool {
    matches!(kind, TypeKind::Array(_) | TypeKind::Map(_, _) | TypeKind::Multiset(_) | TypeKind::Row(_))
}

pub(super) fn kernel(comparison: Comparison, site: &CallSite) -> Result<Kernel, BindError> {
    let types = (site.arg_types[0].clone(), site.arg_types[1].clone());
    Ok(Box::new(move |args| Ok(Arc::new(compare(comparison, &types, args)))))
}

/// IS [NOT] DISTINCT FROM: NULL counts as a value, equal to itself.
pub(super) fn distinct_kernel(distinct: bool, site: &CallSite) -> Result<Kernel, BindError> {
    let types = (site.arg_types[0].clone(), site.arg_types[1].clone());
    Ok(Box::new(move |args| {
        let equal = truth(&compare(Comparison::Equal, &types, args));
        let null = |index: usize| {
            let column = &args.columns[index];
            match column.logical_nulls() {
                None => BooleanBuffer::new_unset(args.rows),
                Some(nulls) if args.constant[index] && nulls.is_null(0) => BooleanBuffer::new_set(args.rows),
                Some(_) if args.constant[index] => BooleanBuffer::new_unset(args.rows),
                Some(nulls) => !nulls.inner(),
            }
        };
        let same = &equal | &(&null(0) & &null(1));
        Ok(Arc::new(BooleanArray::new(if distinct { !&same } else { same }, None)))
    }))
}

fn compare(comparison: Comparison, types: &(DataType, DataType), args: &KernelArgs) -> BooleanArray {
    let (data_type, other) = types;
    if let (TypeKind::Double, TypeKind::Decimal { .. }) | (TypeKind::Decimal { .. }, TypeKind::Double) =
        (&data_type.kind, &other.kind)
    {
        return with_decimal(comparison, types, args);
    }
    // Two sides with a common type were cast to it; what is still unlike has none.
    let unlike = has_no_order(&data_type.kind) && data_type.kind != other.kind;
    if unlike || storage_type(data_type) != storage_type(other) {
        let values = BooleanBuffer::collect_bool(args.rows, |_| comparison == Comparison::NotEqual);
        return BooleanArray::new(values, args.validity());
    }
    match &data_type.kind {
        TypeKind::Float => floats::<Float32Type>(comparison, args),
        TypeKind::Double => floats::<Float64Type>(comparison, args),
        kind if has_no_order(kind) => nested(comparison, data_type, args),
        _ => plain(comparison, args),
    }
}

fn plain(comparison: Comparison, args: &KernelArgs) -> BooleanArray {
    let datum = |index: usize| -> Box<dyn Datum> {
        let column = args.columns[index].clone();
        if args.constant[index] { Box::new(Scalar::new(column)) } else { Box::new(column) }
    };
    let (left, right) = (datum(0), datum(1));
    let operator = match comparison {
        Comparison::Equal => cmp::eq,
        Comparison::NotEqual => cmp::neq,
        Comparison::Less => cmp::lt,
        Comparison::LessOrEqual => cmp::lt_eq,
        Comparison::Greater => cmp::gt,
        Comparison::GreaterOrEqual => cmp::gt_eq,
    };
    let result = operator(left.as_ref(), right.as_ref()).expect("two columns of one storage type");
    if result.len() == args.rows {
        return result;
    }
    broadcast(&(Arc::new(result) as ArrayRef), args.rows).as_boolean().clone()
}

fn floats<A: ArrowPrimitiveType>(comparison: Comparison, args: &KernelArgs) -> BooleanArray
where
    A::Native: PartialOrd,
{
    let (left, right) = (args.columns[0].as_primitive::<A>().values(), args.columns[1].as_primitive::<A>().values());
    let rows = |test: &dyn Fn(A::Native, A::Native) -> bool| {
        BooleanBuffer::collect_bool(args.rows, |row| test(left[args.position(0, row)], right[args.position(1, row)]))
    };
    let values = match comparison {
        Comparison::Equal => rows(&|left, right| left == right),
        Comparison::NotEqual => rows(&|left, right| left != right),
        Comparison::Less => rows(&|left, right| left < right),
        Comparison::LessOrEqual => rows(&|left, right| left <= right),
        Comparison::Greater => rows(&|left, right| left > right),
        Comparison::GreaterOrEqual => rows(&|left, right| left >= right),
    };
    BooleanArray::new(values, args.validity())
}

/// See [`decimal_and_float`].
fn with_decimal(comparison: Comparison, types: &(DataType, DataType), args: &KernelArgs) -> BooleanArray {
    let doubles = |index: usize, data_type: &DataType| -> Vec<f64> {
        let column = &args.columns[index];
        match data_type.kind {
            TypeKind::Decimal { scale, .. } => {
                let unscaled = column.as_primitive::<Decimal128Type>().values();
                unscaled.iter().map(|unscaled| decimal_to_double(*unscaled, scale)).collect()
            }
            _ => column.as_primitive::<Float64Type>().values().to_vec(),
        }
    };
    let (left, right) = (doubles(0, &types.0), doubles(1, &types.1));
    let values = BooleanBuffer::collect_bool(args.rows, |row| {
        let (left, right) = (left[args.position(0, row)], right[args.position(1, row)]);
        // Every NaN is the same one to Java.
        let canonical = |value: f64| if value.is_nan() { f64::NAN } else { value };
        comparison.holds(canonical(left).total_cmp(&canonical(right)))
    });
    BooleanArray::new(values, args.validity())
}

fn nested(comparison: Comparison, data_type: &DataType, args: &KernelArgs) -> BooleanArray {
    let (left, right) = (&args.columns[0], &args.columns[1]);
    let nulls = args.validity();
    let known = |row: usize| nulls.as_ref().is_none_or(|nulls: &NullBuffer| nulls.is_valid(row));
    let values = if unordered(&data_type.kind) {
        BooleanBuffer::collect_bool(args.rows, |row| {
            let at = |index: usize, column: &ArrayRef| Value::at(column, data_type, args.position(index, row));
            known(row) && (same(&at(0, left), &at(1, right)) == (comparison == Comparison::Equal))
        })
    } else {
        let comparator = make_comparator(left, right, SortOptions::default()).expect("two columns of one type");
        BooleanBuffer::collect_bool(args.rows, |row| {
            known(row) && comparison.holds(comparator(args.position(0, row), args.position(1, row)))
        })
    };
    debug_assert!(matches!(left.data_type(), ArrowType::List(_) | ArrowType::Struct(_)), "a nested column");
    BooleanArray::new(values, nulls)
}

/// Whether a map is somewhere inside, whose entries have no order.
fn unordered(kind: &TypeKind) -> bool {
    match kind {
        TypeKind::Map(_, _) | TypeKind::Multiset(_) => true,
        TypeKind::Array(element) => unordered(&element.kind),
        TypeKind::Row(fields) => fields.iter().any(|field| unordered(&field.data_type.kind)),
        _ => false,
    }
}

fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Map(left), Value::Map(right)) => {
            let has =
                |entry: &(Value, Value)| right.iter().any(|other| same(&entry.0, &other.0) && same(&entry.1, &other.1));
            left.len() == right.len() && left.iter().all(has)
        }
        (Value::Array(left), Value::Array(right)) | (Value::Row(left), Value::Row(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        _ => left == right,
    }
}
