//! `CREATE TABLE ... LIKE other (INCLUDING ... EXCLUDING ... OVERWRITING ...)`
//!
//! - *strategy*: INCLUDING takes a feature over and refuses conflicts, OVERWRITING lets the new table win, EXCLUDING
//!   leaves the feature out. Without a word options are overwriting, everything else is included.

use crate::bind::Binder;
use crate::error::Bound;
use catalog::{Column, ColumnKind, Object, Table};
use data::Diagnostic;
use sql::ast::{LikeFeature, LikeStrategy, TableLike};

/// The strategy for a feature: its own, else ALL's, else the default.
fn strategy(clause: &TableLike, feature: LikeFeature) -> LikeStrategy {
    let written = |wanted: LikeFeature| {
        clause.options.iter().rev().find(|option| option.feature == wanted).map(|option| option.strategy)
    };
    let default = match feature {
        LikeFeature::Options => LikeStrategy::Overwriting,
        _ => LikeStrategy::Including,
    };
    written(feature).or_else(|| written(LikeFeature::All)).unwrap_or(default)
}

/// The table with what it takes over from the other.
pub(super) fn merge(binder: &mut Binder<'_>, own: Table, clause: &TableLike) -> Bound<Table> {
    let parts: Vec<&str> = clause.name.parts().collect();
    let other = match binder.resolve(&parts) {
        Some(Object::Table(table)) => table,
        Some(Object::View(view)) => {
            let error = Diagnostic::plan("HW2025", clause.span, format!("'{}' is a view", view.path))
                .detail(format!("Source table '{}' of the LIKE clause can not be a VIEW", view.path))
                .hint("use CREATE TABLE ... AS SELECT * FROM the view");
            return binder.fail(error);
        }
        None => {
            return binder.unknown_table(&clause.name);
        }
    };
    let mut merged = Table {
        columns: Vec::new(),
        watermark: None,
        primary_key: None,
        partition_keys: Vec::new(),
        distribution: None,
        options: std::collections::BTreeMap::new(),
        ..own.clone()
    };
    columns(binder, &mut merged, &own, &other, clause)?;
    let both = |binder: &mut Binder<'_>, feature, theirs: bool, ours: bool, what: &str| match strategy(clause, feature)
    {
        LikeStrategy::Excluding => Ok(false),
        LikeStrategy::Including if theirs && ours => conflict(binder, clause, what),
        _ => Ok(theirs && !ours),
    };
    let (theirs, ours) = (other.watermark.is_some(), own.watermark.is_some());
    let take = both(binder, LikeFeature::Watermarks, theirs, ours, "a watermark")?;
    merged.watermark = if take { other.watermark.clone() } else { own.watermark };
    let (theirs, ours) = (other.primary_key.is_some(), own.primary_key.is_some());
    let take = both(binder, LikeFeature::Constraints, theirs, ours, "a primary key")?;
    merged.primary_key = if take { other.primary_key.clone() } else { own.primary_key };
    let (theirs, ours) = (!other.partition_keys.is_empty(), !own.partition_keys.is_empty());
    let take = both(binder, LikeFeature::Partitions, theirs, ours, "partitions")?;
    merged.partition_keys = if take { other.partition_keys.clone() } else { own.partition_keys };
    let (theirs, ours) = (other.distribution.is_some(), own.distribution.is_some());
    let take = both(binder, LikeFeature::Distribution, theirs, ours, "a distribution")?;
    merged.distribution = if take { other.distribution.clone() } else { own.distribution };
    let how = strategy(clause, LikeFeature::Options);
    if how != LikeStrategy::Excluding {
        merged.options.clone_from(&other.options);
    }
    for (key, value) in own.options {
        if merged.options.insert(key.clone(), value).is_some() && how == LikeStrategy::Including {
            return conflict(binder, clause, &format!("option '{key}'"));
        }
    }
    if merged.comment.is_none() {
        merged.comment.clone_from(&other.comment);
    }
    Ok(merged)
}

fn conflict<T>(binder: &mut Binder<'_>, clause: &TableLike, what: &str) -> Bound<T> {
    binder.fail(
        Diagnostic::plan("HW2037", clause.span, format!("both tables declare {what}"))
            .detail("the base table has the same definition; there can be one only")
            .hint("add OVERWRITING or EXCLUDING for it to the LIKE clause"),
    )
}

/// The other table's columns, then the new ones.
fn columns(binder: &mut Binder<'_>, merged: &mut Table, own: &Table, other: &Table, clause: &TableLike) -> Bound<()> {
    let how = |column: &Column| match column.kind {
        ColumnKind::Physical => None,
        ColumnKind::Metadata { .. } => Some(strategy(clause, LikeFeature::Metadata)),
        ColumnKind::Computed { .. } => Some(strategy(clause, LikeFeature::Generated)),
    };
    for column in &other.columns {
        if how(column) != Some(LikeStrategy::Excluding) {
            merged.columns.push(column.clone());
        }
    }
    for column in &own.columns {
        let known = merged.columns.iter().position(|known| known.name == column.name);
        match known {
            None => merged.columns.push(column.clone()),
            Some(at) if how(&merged.columns[at]) == Some(LikeStrategy::Overwriting) => {
                merged.columns[at] = column.clone();
            }
            Some(_) => return conflict(binder, clause, &format!("column '{}'", column.name)),
        }
    }
    Ok(())
}
