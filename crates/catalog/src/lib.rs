//! What a project consists of: tables, views and how their names resolve.
//!
//! - *object path*: `catalog.database.name`, the full name of a table or view.
//! - *temporary object*: hides a permanent one of the same path until it is dropped.

pub mod catalog;
pub mod project;
pub mod table;

pub use catalog::{Catalog, CatalogError, Object};
pub use table::{
    Column, ColumnKind, Distribution, DistributionKind, ObjectPath, PrimaryKey, Table, View, ViewColumn, Watermark,
};
