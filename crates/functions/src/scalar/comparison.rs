//! Comparison of values of one type, and tests for NULL.

use crate::registry::ScalarDef;

pub(crate) static FUNCTIONS: &[ScalarDef] = &[];
