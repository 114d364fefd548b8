//! Rows written in the statement: emitted once, then the input ends.

use super::{Context, Operator, Output, Result};
use crate::checkpoint::EntryRef;
use crate::state::StateWriter;
use data::{ChangeBatch, Value};
use plan::Node;

pub(crate) struct Values {
    rows: ChangeBatch,
    emitted: bool,
    saved: bool,
}

impl Values {
    pub(crate) fn new(node: &Node, rows: &[Vec<Value>]) -> Self {
        let column = |(index, data_type)| Value::column(data_type, rows.iter().map(|row| &row[index]));
        let columns = node.types().enumerate().map(column).collect();
        Self { rows: ChangeBatch::inserts(columns, rows.len()), emitted: false, saved: false }
    }
}

impl Operator for Values {
    fn start(&mut self, _context: &Context, out: &mut Output) -> Result {
        if !self.emitted {
            self.emitted = true;
            out.push(self.rows.clone());
        }
        Ok(())
    }

    fn process(&mut self, _port: usize, _batch: &ChangeBatch, _context: &Context, _out: &mut Output) -> Result {
        Ok(())
    }

    fn save(&mut self, writer: &mut StateWriter) {
        if self.emitted && (writer.all || !self.saved) {
            self.saved = true;
            writer.put(0, 0, b"emitted", Some(&[1]));
        }
    }

    fn load(&mut self, _entry: EntryRef) -> Result {
        self.emitted = true;
        self.saved = true;
        Ok(())
    }
}
