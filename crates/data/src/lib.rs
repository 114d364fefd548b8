//! The vocabulary every crate shares: Flink's types and values over Arrow columns, change batches,
//! text rendering and casts, diagnostics, and the ports through which rows enter and leave.
//!
//! - *logical type* ([`DataType`]): what SQL sees, with nullability.
//! - *change batch*: columns of rows, each with a [`RowKind`].

pub mod diagnostic;
pub mod kind;
pub mod schema;
pub mod types;

pub use diagnostic::{Diagnostic, Level, Phase, Span};
pub use kind::RowKind;
pub use schema::{Field, Schema};
pub use types::{DataType, TypeKind};
