//! Connectors and formats: how rows come in from files, generators and clocks, and how they go out again.
//!
//! - *connector*: what a table's `'connector'` option names; a [`ConnectorDef`] in [`connectors`].
//! - *format*: how the bytes of a connector that has files or messages are laid out; a [`FormatDef`] in [`formats`].
//! - *spec*: everything a connector may know of a table ([`TableSpec`]); it never sees a catalog or a plan.
//!
//! Adding a connector is one module with a `DEF` and one line in [`connectors`].

mod blackhole;
mod clock;
mod datagen;
mod export;
mod filesystem;
mod format;
mod options;
mod print;
mod spec;
mod suggest;

pub use export::{check_export, export};
pub use format::{FormatDef, formats};
pub use options::{OptionDef, OptionKind};
pub use spec::{
    Accepts, ConnectorDef, MetadataDef, OpenContext, Output, Role, SinkDef, SourceDef, TableSpec, open_sink,
    open_source, validate,
};

/// Every connector there is.
pub fn connectors() -> &'static [ConnectorDef] {
    static CONNECTORS: &[ConnectorDef] = &[filesystem::DEF, datagen::DEF, clock::DEF, print::DEF, blackhole::DEF];
    CONNECTORS
}

/// The connector with this identifier.
pub fn connector(identifier: &str) -> Option<&'static ConnectorDef> {
    connectors().iter().find(|connector| connector.identifier == identifier)
}
