//! Views: all published tables as of one epoch.

use super::index::Index;
use super::ring::Ring;
use data::{ChangeBatch, Value};
use std::sync::{Arc, OnceLock};

/// Published tables by their position in the project.
#[derive(Default)]
pub(crate) struct View {
    /// The last epoch that it holds; 0 before the first.
    pub(crate) epoch: u64,
    pub(crate) tables: Vec<Option<Arc<TableView>>>,
}

pub(crate) enum Content {
    /// Rows in the order in which they came.
    Log(Vec<Arc<ChangeBatch>>),
    Index(Box<Index>),
}

/// One table's rows.
pub(crate) struct TableView {
    pub(crate) content: Content,
    pub(crate) rows: u64,
    pub(crate) ring: Arc<Ring>,
    /// All rows as columns, made when somebody asks first.
    all: OnceLock<Arc<[ChangeBatch]>>,
}

impl View {
    pub(crate) fn table(&self, position: usize) -> Option<&Arc<TableView>> {
        self.tables.get(position)?.as_ref()
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        self.tables.iter().flatten().map(|table| table.memory_bytes()).sum()
    }
}

impl TableView {
    pub(crate) fn new(content: Content, ring: Arc<Ring>) -> Self {
        let rows = match &content {
            Content::Log(batches) => batches.iter().map(|batch| batch.rows() as u64).sum(),
            Content::Index(index) => index.rows(),
        };
        Self { content, rows, ring, all: OnceLock::new() }
    }

    /// The row with this key, of a table that keeps one row per key.
    pub(crate) fn get(&self, key: &[Value]) -> Option<(&ChangeBatch, usize)> {
        match &self.content {
            Content::Index(index) => index.get(key),
            Content::Log(_) => None,
        }
    }

    /// All rows: in the order of their keys, or in which they came.
    pub(crate) fn all(&self) -> Arc<[ChangeBatch]> {
        let make = || match &self.content {
            Content::Log(batches) => batches.iter().map(|batch| (**batch).clone()).collect(),
            Content::Index(index) => index.all().into(),
        };
        Arc::clone(self.all.get_or_init(make))
    }

    fn memory_bytes(&self) -> usize {
        let all = |batches: &Arc<[ChangeBatch]>| batches.iter().map(ChangeBatch::memory_bytes).sum();
        match &self.content {
            Content::Log(batches) => batches.iter().map(|batch| batch.memory_bytes()).sum(),
            Content::Index(index) => index.memory_bytes() + self.all.get().map_or(0, all),
        }
    }
}
