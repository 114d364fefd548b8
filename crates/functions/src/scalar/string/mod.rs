//! String functions.

use crate::registry::ScalarDef;

pub(crate) static FUNCTIONS: &[ScalarDef] = &[];
