//! Where pipelines run. Today one target: this process, with the embedded engine.
//!
//! - *project folder*: found by walking up to `headwater.toml` or `pipelines/` ([`files`]).
//! - *pipelines*: a project's tables and statements, planned ([`pipelines`]).
//! - *checkpoint*: state, positions and time at the end of an epoch ([`checkpoint`]).

pub mod checkpoint;
mod clock;
mod crash;
pub mod door;
pub mod embedded;
pub mod files;
mod load;
pub mod pipelines;
mod selection;
pub mod tables;

pub use clock::{Clock, instant, wall_millis};
pub use load::{Loaded, load};
pub use selection::{Selector, select};
