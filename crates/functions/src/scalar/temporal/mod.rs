//! Date and time functions.

pub(crate) mod arithmetic;

use crate::registry::ScalarDef;

pub(crate) static FUNCTIONS: &[ScalarDef] = &[];
