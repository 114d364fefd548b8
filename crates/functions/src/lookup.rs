//! Functions by name. Names are not case-sensitive; an alias finds the function it stands for.

use crate::aggregate::AggregateDef;
use crate::registry::ScalarDef;
use std::collections::HashMap;
use std::sync::LazyLock;

static SCALARS: LazyLock<HashMap<&'static str, &'static ScalarDef>> = LazyLock::new(|| {
    all().flat_map(|def| std::iter::once(def.name).chain(def.aliases.iter().copied()).map(move |n| (n, def))).collect()
});

static AGGREGATES: LazyLock<HashMap<&'static str, &'static AggregateDef>> = LazyLock::new(|| {
    all_aggregates()
        .flat_map(|def| std::iter::once(def.name).chain(def.aliases.iter().copied()).map(move |n| (n, def)))
        .collect()
});

/// The scalar function or operator of this name.
pub fn scalar(name: &str) -> Option<&'static ScalarDef> {
    SCALARS.get(name).or_else(|| SCALARS.get(name.to_ascii_uppercase().as_str())).copied()
}

/// The aggregate function of this name.
pub fn aggregate(name: &str) -> Option<&'static AggregateDef> {
    AGGREGATES.get(name).or_else(|| AGGREGATES.get(name.to_ascii_uppercase().as_str())).copied()
}

/// Every scalar function, family by family.
pub fn all() -> impl Iterator<Item = &'static ScalarDef> {
    crate::scalar::FAMILIES.iter().copied().flatten()
}

/// Every aggregate function.
pub fn all_aggregates() -> impl Iterator<Item = &'static AggregateDef> {
    crate::aggregate::FAMILIES.iter().copied().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_upper_case_and_defined_once() {
        let mut seen = std::collections::HashSet::new();
        for def in all() {
            for name in std::iter::once(&def.name).chain(def.aliases) {
                assert_eq!(*name, name.to_ascii_uppercase());
                assert!(seen.insert(*name), "{name} is defined twice");
            }
        }
    }
}
