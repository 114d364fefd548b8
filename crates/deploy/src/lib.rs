//! Where pipelines run. Today one target: this process, with the embedded engine.
//!
//! - *checkpoint*: state, positions and time at the end of an epoch ([`checkpoint`]).
//! - *project folder*: found by walking up to `headwater.toml` or `pipelines/` ([`files`]).

pub mod checkpoint;
