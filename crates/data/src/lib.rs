//! The vocabulary every crate shares: Flink's types and values over Arrow columns, change batches,
//! text rendering and casts, diagnostics, and the ports through which rows enter and leave.
//!
//! - *logical type* ([`DataType`]): what SQL sees, with nullability.
//! - *storage type*: the Arrow type that holds it ([`storage`]); several logical types share one.
//! - *change batch* ([`ChangeBatch`]): columns of rows, each with a [`RowKind`] and the watermark it met.

pub mod batch;
pub mod cast;
pub mod crash;
pub mod diagnostic;
pub mod kind;
pub mod located;
pub mod port;
pub mod schema;
pub mod storage;
pub mod text;
pub mod time;
pub mod types;
pub mod value;
pub mod varint;

pub use batch::{ChangeBatch, Watermarks};
pub use diagnostic::{Diagnostic, Level, Phase, Span};
pub use kind::RowKind;
pub use located::Located;
pub use schema::{Field, Schema};
pub use types::{DataType, TypeKind};
pub use value::Value;
