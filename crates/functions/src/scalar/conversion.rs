//! Conversion functions other than CAST, which is an expression form of its own.

use crate::registry::ScalarDef;

pub(crate) static FUNCTIONS: &[ScalarDef] = &[];
