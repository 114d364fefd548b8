//! The parameters of `GET /v1/tables/{t}`: which columns, which rows, in which order, how many.

use super::{filter, parameters, syntax};
use crate::problem::Problem;
use crate::project::TableInfo;
use data::Field;
use data::time::Zone;
use sql::ast::{BinaryOp, Expr, NullOrder, OrderItem, Query};

/// Rows of a page when no limit is given, and at most.
const LIMIT: u64 = 1000;
const LIMIT_MAX: u64 = 10_000;

pub(crate) struct Selection {
    /// Names of the columns, in order.
    pub(crate) columns: Vec<Field>,
    filter: Option<Expr>,
    order: Vec<OrderItem>,
    pub(crate) limit: u64,
    pub(crate) offset: u64,
}

impl Selection {
    pub(crate) fn parse(table: &TableInfo, query: Option<&str>, zone: Zone) -> Result<Self, Problem> {
        let mut selection = Self {
            columns: table.fields().cloned().collect(),
            filter: None,
            order: Vec::new(),
            limit: LIMIT,
            offset: 0,
        };
        let mut seen: Vec<String> = Vec::new();
        for (name, value) in parameters::parse(query)? {
            if matches!(name.as_str(), "select" | "order" | "limit" | "offset") {
                if seen.contains(&name) {
                    return Err(Problem::parameter("HW5001", format!("parameter `{name}` is given twice")));
                }
                seen.push(name.clone());
            }
            match name.as_str() {
                "select" => selection.columns = select(table, &value)?,
                "order" => selection.order = order(table, &value)?,
                "limit" => selection.limit = number("limit", &value, LIMIT_MAX)?,
                "offset" => selection.offset = number("offset", &value, i32::MAX as u64)?,
                name => {
                    let field = column(table, unquoted(name))?;
                    let condition = filter::parse(field, &value, zone)?;
                    selection.filter = Some(match selection.filter.take() {
                        Some(before) => syntax::binary(BinaryOp::And, before, condition),
                        None => condition,
                    });
                }
            }
        }
        // Rows that are equal by what was asked for still have one order, so that pages fit together.
        if !selection.order.is_empty() && table.has_lookup() {
            let keys = table.key_fields().map(|field| syntax::order(syntax::column(&field.name), false, None));
            selection.order.extend(keys);
        }
        Ok(selection)
    }

    pub(crate) fn query(&self, table: &TableInfo) -> Query {
        let items = self.columns.iter().map(|field| syntax::item(syntax::column(&field.name))).collect();
        let mut query = syntax::select(&table.path, items, self.filter.clone());
        query.order_by.clone_from(&self.order);
        query.limit = Some(syntax::number(self.limit));
        query.offset = (self.offset > 0).then(|| syntax::number(self.offset));
        query
    }

    /// How many rows there are on all pages.
    pub(crate) fn count(&self, table: &TableInfo) -> Query {
        syntax::select(&table.path, vec![syntax::item(syntax::count_rows())], self.filter.clone())
    }
}

fn column<'a>(table: &'a TableInfo, name: &str) -> Result<&'a Field, Problem> {
    let fields = &table.def.schema.fields;
    fields.iter().find(|field| field.name == name).ok_or_else(|| {
        let near = plan::nearest(name, table.fields().map(|field| field.name.as_str()));
        let problem = Problem::parameter("HW5001", format!("table `{}` has no column `{name}`", table.path.name));
        match near {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem.hint(format!("GET /v1/tables describes the columns of `{}`", table.path.name)),
        }
    })
}

/// `"limit"`: a column that is named like a parameter.
fn unquoted(name: &str) -> &str {
    name.strip_prefix('"').and_then(|name| name.strip_suffix('"')).unwrap_or(name)
}

/// Parts between commas; commas inside quotes do not count.
fn parts(text: &str) -> Vec<&str> {
    let mut is_quoted = false;
    text.split(|char: char| {
        is_quoted ^= char == '"';
        char == ',' && !is_quoted
    })
    .collect()
}

fn select(table: &TableInfo, text: &str) -> Result<Vec<Field>, Problem> {
    let mut columns: Vec<Field> = Vec::new();
    for name in parts(text) {
        let field = column(table, unquoted(name))?;
        if columns.iter().any(|known| known.name == field.name) {
            return Err(Problem::parameter("HW5001", format!("column `{}` is selected twice", field.name)));
        }
        columns.push(field.clone());
    }
    Ok(columns)
}

fn order(table: &TableInfo, text: &str) -> Result<Vec<OrderItem>, Problem> {
    let item = |text: &&str| {
        let mut rest = *text;
        let mut take = |word: &str| match rest.strip_suffix(word) {
            Some(before) => {
                rest = before;
                true
            }
            None => false,
        };
        let nulls = if take(".nullsfirst") {
            Some(NullOrder::First)
        } else if take(".nullslast") {
            Some(NullOrder::Last)
        } else {
            None
        };
        let descending = take(".desc");
        if !descending {
            take(".asc");
        }
        let field = column(table, unquoted(rest))?;
        if !syntax::is_comparable(&field.data_type.kind) {
            let detail = format!("column `{}` is {}, which has no order", field.name, field.data_type.kind);
            return Err(Problem::parameter("HW5003", detail));
        }
        Ok(syntax::order(syntax::column(&field.name), descending, nulls))
    };
    let items = parts(text);
    if let Some(twice) = items.iter().enumerate().find(|(at, item)| items[..*at].contains(item)) {
        return Err(Problem::parameter("HW5001", format!("`{}` is in the order twice", twice.1)));
    }
    items.iter().map(item).collect()
}

fn number(name: &str, text: &str, most: u64) -> Result<u64, Problem> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| digits && *number <= most).ok_or_else(|| {
        Problem::parameter("HW5004", format!("`{text}` cannot be the {name}"))
            .hint(format!("{name} is a whole number from 0 to {most}"))
    })
}
