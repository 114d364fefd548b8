//! The sink that forgets: for measuring, and for statements run for their side effects.

use crate::options::{OptionDef, OptionKind};
use crate::spec::{Accepts, ConnectorDef, SinkDef};
use data::port::Sink;
use data::{ChangeBatch, Diagnostic};

pub(crate) const DEF: ConnectorDef = ConnectorDef {
    identifier: "blackhole",
    doc: "Takes every change and keeps none",
    options: &[OptionDef::new("property-version", OptionKind::Integer, "Without effect").default("1")],
    metadata: &[],
    formats: false,
    source: None,
    sink: Some(SinkDef {
        guarantee: "none is needed: nothing is kept",
        accepts: Accepts::Changes,
        open: |_, _| Ok(Box::new(Blackhole)),
    }),
    check: |_| Vec::new(),
};

struct Blackhole;

impl Sink for Blackhole {
    fn write(&mut self, _batch: &ChangeBatch) -> Result<(), Diagnostic> {
        Ok(())
    }

    fn prepare(&mut self, _epoch: u64) -> Result<(), Diagnostic> {
        Ok(())
    }

    fn commit(&mut self, _epoch: u64) -> Result<(), Diagnostic> {
        Ok(())
    }

    fn begin(&mut self, _run: &str, _epoch: Option<u64>) -> Result<(), Diagnostic> {
        Ok(())
    }
}
