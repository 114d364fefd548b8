//! What a scalar function is: one [`ScalarDef`] in the table of its family. Adding one is one entry and its `.slt` cases.

use arrow_array::ArrayRef;
use data::{DataType, Value, Watermarks};

/// The documented families, in the order of Flink's documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    Comparison,
    Logical,
    Arithmetic,
    String,
    Temporal,
    Conditional,
    Conversion,
    Collection,
    Json,
    Construction,
    Hash,
    Aggregate,
}

/// When a call gives the same answer again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Volatility {
    /// Always, for the same arguments: may be folded.
    Immutable,
    /// Within one epoch (or one batch query): follows the injected clock.
    Epoch,
    /// Never: RAND, UUID.
    Volatile,
}

/// A tested example: `sql` evaluates to `result`, printed as `Row.toString` prints it.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    pub sql: &'static str,
    pub result: &'static str,
}

/// A scalar function or operator.
pub struct ScalarDef {
    /// Upper case; operators by their symbol (`+`), predicates by their words (`IS NULL`).
    pub name: &'static str,
    pub aliases: &'static [&'static str],
    pub family: Family,
    /// How it is written, one line per form.
    pub syntax: &'static [&'static str],
    /// What it does, one to three sentences.
    pub doc: &'static str,
    pub examples: &'static [Example],
    pub volatility: Volatility,
    /// Whether a row can fail (then it is not evaluated for rows that do not need it).
    pub fallible: bool,
    pub bind: fn(&[BindArg]) -> Result<Binding, BindError>,
    /// Chosen once per call site, by types and literals; dynamic dispatch is per batch.
    pub kernel: fn(&CallSite) -> Result<Kernel, BindError>,
}

/// An argument as the binder sees it.
#[derive(Clone, Copy, Debug)]
pub struct BindArg<'a> {
    pub data_type: &'a DataType,
    /// When the argument is a literal.
    pub literal: Option<&'a Value>,
}

/// Types of a call: what each argument is implicitly cast to, and the result.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    pub params: Vec<DataType>,
    pub result: DataType,
}

/// Why a call does not type-check. `message` names what was given, `hint` what would do.
#[derive(Clone, Debug, PartialEq)]
pub struct BindError {
    pub message: String,
    pub hint: Option<String>,
}

impl BindError {
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// What is known about a call when its kernel is chosen.
pub struct CallSite<'a> {
    pub arg_types: &'a [DataType],
    /// Literal arguments, so that patterns and formats are compiled once.
    pub literals: &'a [Option<Value>],
    pub result_type: &'a DataType,
}

/// Evaluates one call over columns. NULL handling is the kernel's own.
pub type Kernel = Box<dyn Fn(&KernelArgs) -> Result<ArrayRef, EvalError> + Send + Sync>;

pub struct KernelArgs<'a> {
    /// Each of `rows` length, or of length 1 when `constant`.
    pub columns: &'a [ArrayRef],
    /// Which arguments hold one value for all rows.
    pub constant: &'a [bool],
    pub rows: usize,
    pub result_type: &'a DataType,
    pub context: &'a EvalContext,
}

/// The world as an expression may see it; nothing else reaches a kernel.
#[derive(Clone, Debug)]
pub struct EvalContext {
    /// Processing time of the epoch, milliseconds since 1970-01-01T00:00:00Z.
    pub clock_millis: i64,
    /// `table.local-time-zone`.
    pub time_zone: chrono_tz::Tz,
    /// Event time of the rows.
    pub watermarks: Watermarks,
    /// Seed of RAND and UUID: of the run and the operator; the row's own number is added to `first_row`.
    pub seed: u64,
    pub first_row: u64,
}

impl Default for EvalContext {
    fn default() -> Self {
        Self { clock_millis: 0, time_zone: chrono_tz::Tz::UTC, watermarks: Watermarks::NONE, seed: 0, first_row: 0 }
    }
}

/// A row that could not be evaluated; Flink fails the job there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvalError {
    /// `HW3…`
    pub code: &'static str,
    pub message: String,
    /// Index of the row in the columns given.
    pub row: usize,
}
