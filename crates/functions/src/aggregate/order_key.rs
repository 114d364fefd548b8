//! Order keys: values as plain data that compares as the values do, NaN above all other numbers.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
};
use arrow_array::{ArrayRef, BooleanArray, PrimitiveArray, StringArray};
use arrow_schema::DataType as ArrowType;
use data::DataType;
use data::storage::storage_type;
use std::hash::Hash;
use std::sync::Arc;

/// The order key of a group of storage types.
pub(super) trait OrderKey: Ord + Hash + Clone + Send + 'static {
    type Bytes: AsRef<[u8]>;

    /// Of each row that is not NULL.
    fn of_column(column: &ArrayRef) -> Vec<Option<Self>>;

    /// Values of `data_type` again.
    fn to_column(data_type: &DataType, keys: &mut dyn Iterator<Item = Option<&Self>>) -> ArrayRef;

    /// As checkpoints hold it.
    fn bytes(&self) -> Self::Bytes;

    fn from_bytes(bytes: &[u8]) -> Self;
}

fn keys<T: ArrowPrimitiveType, K>(column: &ArrayRef, key: impl Fn(T::Native) -> K) -> Vec<Option<K>> {
    column.as_primitive::<T>().iter().map(|value| value.map(&key)).collect()
}

fn values<T: ArrowPrimitiveType, K: Copy + 'static>(
    data_type: &DataType,
    keys: &mut dyn Iterator<Item = Option<&K>>,
    value: impl Fn(K) -> T::Native,
) -> ArrayRef {
    let column = PrimitiveArray::<T>::from_iter(keys.map(|key| key.map(|key| value(*key))));
    Arc::new(column.with_data_type(storage_type(data_type)))
}

/// The bytes of an unsigned integer, the highest first.
macro_rules! integer_bytes {
    ($key:ty) => {
        type Bytes = [u8; size_of::<$key>()];

        fn bytes(&self) -> Self::Bytes {
            self.to_be_bytes()
        }

        fn from_bytes(bytes: &[u8]) -> Self {
            Self::from_be_bytes(bytes.try_into().expect("a checkpoint holds keys of this type"))
        }
    };
}

/// Order keys of a signed integer: its bits with the sign turned.
macro_rules! integer_key {
    ($key:ty, $arrow:ty) => {
        impl OrderKey for $key {
            integer_bytes!($key);

            fn of_column(column: &ArrayRef) -> Vec<Option<Self>> {
                keys::<$arrow, _>(column, |value| value as $key ^ 1 << (<$key>::BITS - 1))
            }

            fn to_column(data_type: &DataType, keys: &mut dyn Iterator<Item = Option<&Self>>) -> ArrayRef {
                values::<$arrow, _>(data_type, keys, |key: $key| (key ^ 1 << (<$key>::BITS - 1)) as _)
            }
        }
    };
}

integer_key!(u16, Int16Type);
integer_key!(u32, Int32Type);
integer_key!(u128, Decimal128Type);

/// TINYINT and BOOLEAN.
impl OrderKey for u8 {
    integer_bytes!(u8);

    fn of_column(column: &ArrayRef) -> Vec<Option<Self>> {
        if let Some(flags) = column.as_boolean_opt() {
            return flags.iter().map(|flag| flag.map(u8::from)).collect();
        }
        keys::<Int8Type, _>(column, |value| value as u8 ^ 1 << 7)
    }

    fn to_column(data_type: &DataType, keys: &mut dyn Iterator<Item = Option<&Self>>) -> ArrayRef {
        if storage_type(data_type) == ArrowType::Boolean {
            return Arc::new(BooleanArray::from_iter(keys.map(|key| key.map(|key| *key == 1))));
        }
        values::<Int8Type, _>(data_type, keys, |key: u8| (key ^ 1 << 7) as i8)
    }
}

/// What is stored in 64 bits, and FLOAT as a DOUBLE.
impl OrderKey for u64 {
    integer_bytes!(u64);

    fn of_column(column: &ArrayRef) -> Vec<Option<Self>> {
        match column.data_type() {
            ArrowType::Float32 => keys::<Float32Type, _>(column, |value| float_key(f64::from(value))),
            ArrowType::Float64 => keys::<Float64Type, _>(column, float_key),
            _ => keys::<Int64Type, _>(column, |value| value as u64 ^ 1 << 63),
        }
    }

    fn to_column(data_type: &DataType, keys: &mut dyn Iterator<Item = Option<&Self>>) -> ArrayRef {
        match storage_type(data_type) {
            ArrowType::Float32 => values::<Float32Type, _>(data_type, keys, |key| float(key) as f32),
            ArrowType::Float64 => values::<Float64Type, _>(data_type, keys, float),
            _ => values::<Int64Type, _>(data_type, keys, |key: u64| (key ^ 1 << 63) as i64),
        }
    }
}

/// Text.
impl OrderKey for Box<[u8]> {
    type Bytes = Self;

    fn of_column(column: &ArrayRef) -> Vec<Option<Self>> {
        column.as_string::<i32>().iter().map(|text| text.map(|text| Box::from(text.as_bytes()))).collect()
    }

    fn to_column(_data_type: &DataType, keys: &mut dyn Iterator<Item = Option<&Self>>) -> ArrayRef {
        Arc::new(StringArray::from_iter(keys.map(|key| key.map(|key| String::from_utf8_lossy(key)))))
    }

    fn bytes(&self) -> Self {
        self.clone()
    }

    fn from_bytes(bytes: &[u8]) -> Self {
        bytes.into()
    }
}

/// Bits that compare as `f64::total_cmp` does, with one NaN above everything.
fn float_key(value: f64) -> u64 {
    let bits = if value.is_nan() { f64::NAN.to_bits() } else { value.to_bits() };
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

fn float(key: u64) -> f64 {
    f64::from_bits(if key >> 63 == 1 { key & !(1 << 63) } else { !key })
}

#[cfg(test)]
mod tests {
    use super::*;
    use data::TypeKind;

    /// The keys are in order, as the values are, and give the values again.
    fn check<K: OrderKey + std::fmt::Debug>(column: ArrayRef, data_type: &DataType) {
        let keys = K::of_column(&column);
        assert!(keys.is_sorted(), "{keys:?}");
        let stored: Vec<Option<K>> =
            keys.iter().map(|key| key.as_ref().map(|key| K::from_bytes(key.bytes().as_ref()))).collect();
        assert_eq!(stored, keys);
        let back = K::to_column(data_type, &mut keys.iter().map(Option::as_ref));
        assert_eq!(format!("{back:?}"), format!("{column:?}"));
    }

    #[test]
    fn order_keys_compare_as_values_do_and_come_back() {
        let doubles = [f64::NEG_INFINITY, -1.5, -0.0, 0.0, 1e-300, 2.5, f64::INFINITY, f64::NAN];
        check::<u64>(Arc::new(PrimitiveArray::<Float64Type>::from_iter_values(doubles)), &DataType::double());
        let floats = [f32::NEG_INFINITY, -1.5, -0.0, 0.0, 2.5, f32::NAN];
        let float = DataType::new(TypeKind::Float);
        check::<u64>(Arc::new(PrimitiveArray::<Float32Type>::from_iter_values(floats)), &float);
        let longs = [i64::MIN, -1, 0, i64::MAX];
        check::<u64>(Arc::new(PrimitiveArray::<Int64Type>::from_iter_values(longs)), &DataType::bigint());
        let ints = [i32::MIN, -1, 0, i32::MAX];
        check::<u32>(Arc::new(PrimitiveArray::<Int32Type>::from_iter_values(ints)), &DataType::int());
        let smalls = [i16::MIN, -1, 0, i16::MAX];
        check::<u16>(
            Arc::new(PrimitiveArray::<Int16Type>::from_iter_values(smalls)),
            &DataType::new(TypeKind::SmallInt),
        );
        let tiny = [i8::MIN, -1, 0, i8::MAX];
        check::<u8>(Arc::new(PrimitiveArray::<Int8Type>::from_iter_values(tiny)), &DataType::new(TypeKind::TinyInt));
        check::<u8>(Arc::new(BooleanArray::from(vec![false, true])), &DataType::boolean());
        let texts = StringArray::from(vec!["", "a", "ab", "b", "é"]);
        check::<Box<[u8]>>(Arc::new(texts), &DataType::string());
    }
}
