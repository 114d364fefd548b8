//! The table of all scalar functions and operators: one slice per file of a family, in the order of the documentation.
//!
//! A big family is a folder with a file per group of functions; each of its files has its own line here.

pub(crate) mod arithmetic;
pub(crate) mod collection;
pub(crate) mod columns;
pub(crate) mod comparison;
pub(crate) mod conditional;
pub(crate) mod construction;
pub(crate) mod conversion;
pub(crate) mod hash;
pub(crate) mod json;
pub(crate) mod logical;
pub(crate) mod string;
pub(crate) mod temporal;

use crate::registry::ScalarDef;

/// Every scalar function. A name is defined once.
pub(crate) static FAMILIES: &[&[ScalarDef]] = &[
    comparison::equality::FUNCTIONS,
    comparison::order::FUNCTIONS,
    comparison::pattern::FUNCTIONS,
    comparison::similar::FUNCTIONS,
    logical::FUNCTIONS,
    arithmetic::operators::FUNCTIONS,
    arithmetic::elementary::FUNCTIONS,
    arithmetic::sign::FUNCTIONS,
    arithmetic::rounding::FUNCTIONS,
    arithmetic::random::FUNCTIONS,
    arithmetic::digits::FUNCTIONS,
    string::join::FUNCTIONS,
    string::case::FUNCTIONS,
    string::search::FUNCTIONS,
    string::printf::FUNCTIONS,
    string::trim::FUNCTIONS,
    string::replace::FUNCTIONS,
    string::regex::FUNCTIONS,
    string::slice::FUNCTIONS,
    string::encode::FUNCTIONS,
    string::network::FUNCTIONS,
    temporal::clock::FUNCTIONS,
    temporal::extract::FUNCTIONS,
    temporal::shift::FUNCTIONS,
    temporal::text::FUNCTIONS,
    conditional::FUNCTIONS,
    conversion::FUNCTIONS,
    collection::array::FUNCTIONS,
    collection::set::FUNCTIONS,
    collection::order::FUNCTIONS,
    collection::map::FUNCTIONS,
    collection::text::FUNCTIONS,
    json::predicate::FUNCTIONS,
    json::query::FUNCTIONS,
    json::construct::FUNCTIONS,
    construction::build::FUNCTIONS,
    construction::access::FUNCTIONS,
    hash::FUNCTIONS,
];
