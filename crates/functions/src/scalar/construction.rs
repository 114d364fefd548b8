//! Constructors of arrays, maps and rows, and access to their parts.

use crate::registry::ScalarDef;

pub(crate) static FUNCTIONS: &[ScalarDef] = &[];
