//! Reading with filters, order and paging, and queries: requests become plans, plans run over a view.
//!
//! - *parameter* ([`parameters`]): a name and a value of a query string, decoded.
//! - *selection* ([`selection`]): the parameters of `GET /v1/tables/{t}` as a query's syntax tree. Texts become literals of
//!   it and are never spliced into SQL.
//! - *run* ([`run`]): a plan over published tables, with limits of time, memory and number.

mod filter;
pub(crate) mod parameters;
mod run;
mod selection;
mod syntax;

pub(crate) use filter::parse_operand;
pub(crate) use run::{first_rows, run};
pub(crate) use selection::Selection;
