//! Three-valued logic: NOT and the tests for TRUE, FALSE and UNKNOWN.

use crate::registry::ScalarDef;

pub(crate) static FUNCTIONS: &[ScalarDef] = &[];
