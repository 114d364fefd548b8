//! Hash functions: digests of bytes, or of a text's UTF-8 form, in lower-case hexadecimal.

use crate::registry::{BindArg, BindError, Binding, EvalError, Example, Family, KernelArgs, ScalarDef, Volatility};
use crate::scalar::columns::{byte_strings, primitives, texts, try_build_text};
use crate::typing::signature;
use arrow_array::ArrayRef;
use arrow_array::types::Int32Type;
use arrow_schema::DataType as ArrowType;
use data::types::MAX_LENGTH;
use data::{TypeKind, Value};
use md5::Md5;
use sha1::Sha1;
use sha2::digest::Digest;
use sha2::{Sha224, Sha256, Sha384, Sha512};

const STRING: TypeKind = TypeKind::VarChar(MAX_LENGTH);
const BYTES: TypeKind = TypeKind::VarBinary(MAX_LENGTH);

/// A function of one text with a digest of a fixed length.
macro_rules! digest {
    ($name:literal, $algorithm:ty, $hex_digits:literal, $example:literal) => {
        ScalarDef {
            name: $name,
            aliases: &[],
            family: Family::Hash,
            syntax: &[concat!($name, "(string)")],
            doc: concat!("The ", $name, " digest of bytes, or of the text's UTF-8 form, in hexadecimal."),
            examples: &[Example { sql: concat!($name, "('a')"), result: $example }],
            volatility: Volatility::Immutable,
            fallible: false,
            bind: |args| {
                let forms: &[&[TypeKind]] = &[&[STRING], &[BYTES]];
                signature($name, args, forms, TypeKind::Char($hex_digits), concat!($name, "(string)"))
            },
            kernel: |_| Ok(Box::new(hash::<$algorithm>)),
        }
    };
}

pub(crate) static FUNCTIONS: &[ScalarDef] = &[
    digest!("MD5", Md5, 32, "0cc175b9c0f1b6a831c399e269772661"),
    digest!("SHA1", Sha1, 40, "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"),
    digest!("SHA224", Sha224, 56, "abd37534c7d9a2efb9465de931cd7055ffdb8879563ae98078d6d6d5"),
    digest!("SHA256", Sha256, 64, "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"),
    digest!(
        "SHA384",
        Sha384,
        96,
        "54a59b9f22b0b80880d8427e548b7c23abd873486e1f035dce9cd697e85175033caa88e6d57bc35efae0b5afd3145f31"
    ),
    digest!(
        "SHA512",
        Sha512,
        128,
        "1f40fc92da241694750979ee6cf582f2d5d7d28e18335de05abc54d0560e0f5302860c652bf08d560252aa5e74210546f369fbbbce8c12cfc7957b2652fe9a75"
    ),
    ScalarDef {
        name: "SHA2",
        aliases: &[],
        family: Family::Hash,
        syntax: &["SHA2(string, bits)"],
        doc: "The digest of bytes, or of the text's UTF-8 form, by the SHA-2 function with so many bits (224, 256, 384 or 512), in \
              hexadecimal.",
        examples: &[Example {
            sql: "SHA2('a', 256)",
            result: "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb",
        }],
        volatility: Volatility::Immutable,
        fallible: true,
        bind: bind_sha2,
        kernel: |site| {
            let bits = match site.literals.get(1) {
                Some(Some(Value::Int(bits))) => Some(*bits),
                _ => None,
            };
            Ok(Box::new(move |args| match bits {
                // A wrong literal is wrong for NULL, too.
                Some(bits) if args.rows > 0 && !FUNCTIONS_BY_BITS.contains(&bits) => Err(no_such_function(bits, 0)),
                _ => sha2(args),
            }))
        },
    },
];

const FUNCTIONS_BY_BITS: [i32; 4] = [224, 256, 384, 512];

fn no_such_function(bits: i32, row: usize) -> EvalError {
    let message = format!("SHA2 has no function with {bits} bits, only with 224, 256, 384 and 512");
    EvalError { code: "HW3121", message, row }
}

fn bind_sha2(args: &[BindArg]) -> Result<Binding, BindError> {
    let forms: &[&[TypeKind]] = &[&[STRING, TypeKind::Int], &[BYTES, TypeKind::Int]];
    signature("SHA2", args, forms, TypeKind::VarChar(128), "SHA2(string, bits)")
}

fn hash<D: Digest>(args: &KernelArgs) -> Result<ArrayRef, EvalError> {
    let input = inputs(args);
    try_build_text(args.rows, |row, out| Ok(input(row).map(|bytes| append_digest::<D>(out, bytes))))
}

fn sha2(args: &KernelArgs) -> Result<ArrayRef, EvalError> {
    let (input, bits) = (inputs(args), primitives::<Int32Type>(args, 1));
    try_build_text(args.rows, |row, out| {
        let (Some(bytes), Some(bits)) = (input(row), bits.get(row)) else { return Ok(None) };
        match bits {
            224 => append_digest::<Sha224>(out, bytes),
            256 => append_digest::<Sha256>(out, bytes),
            384 => append_digest::<Sha384>(out, bytes),
            512 => append_digest::<Sha512>(out, bytes),
            _ => return Err(no_such_function(bits, row)),
        }
        Ok(Some(()))
    })
}

/// The bytes of the first argument in a row.
fn inputs<'a>(args: &KernelArgs<'a>) -> Box<dyn Fn(usize) -> Option<&'a [u8]> + 'a> {
    if args.columns[0].data_type() == &ArrowType::Binary {
        let bytes = byte_strings(args, 0);
        return Box::new(move |row| bytes.get(row));
    }
    let text = texts(args, 0);
    Box::new(move |row| text.get(row).map(str::as_bytes))
}

fn append_digest<D: Digest>(out: &mut String, bytes: &[u8]) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    for byte in D::digest(bytes) {
        out.push(char::from(HEX[usize::from(byte >> 4)]));
        out.push(char::from(HEX[usize::from(byte & 15)]));
    }
}
