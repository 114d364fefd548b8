//! Images: whether updates come with their old row. Each node is asked for one of two things and says whether it can.

use super::kinds::can_turn;
use super::monotonic::only_rises;
use crate::node::{ChangelogMode, Node, Op, SortKey};
use data::{Diagnostic, RowKind, Span};

/// What a consumer asks of updates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Image {
    /// The new row is enough.
    After,
    /// The old row, too.
    Both,
}

/// The plan of a query that nobody asks for -U, unless it cannot do without.
pub(crate) fn assign_any(node: Node) -> Result<Node, Vec<Diagnostic>> {
    first_of(&node, &[Image::After, Image::Both])
}

/// The plan under the first of these that it can give.
pub(crate) fn first_of(node: &Node, images: &[Image]) -> Result<Node, Vec<Diagnostic>> {
    images.iter().find_map(|image| satisfy(node, *image)).ok_or_else(|| {
        let error = Diagnostic::plan(
            "HW2504",
            Span::default(),
            "the query's updates cannot be brought into the form its consumer needs",
        )
        .detail("an operator needs the old rows of updates and its input cannot give them")
        .hint("let the source send -U, or declare its primary key");
        vec![error]
    })
}

/// The node with the modes that result when it is asked for `image`; nothing when it cannot give that.
fn satisfy(node: &Node, image: Image) -> Option<Node> {
    let updates = node.changelog.contains(RowKind::UpdateAfter);
    let input_images: Vec<Image> = match &node.op {
        Op::Scan { table, .. } => return scan(node, table.changelog, image),
        Op::Values { .. } => Vec::new(),
        Op::Calc { condition, .. } => {
            let turns = condition.as_ref().is_some_and(|condition| can_turn(condition, &node.inputs[0].upsert_keys));
            if image == Image::After && updates && turns {
                return None;
            }
            vec![image]
        }
        // Rows that are there several times cannot be updated by a new row alone.
        Op::Replicate if image == Image::After && updates => return None,
        Op::Replicate | Op::Unnest { .. } => vec![image],
        Op::Union | Op::Expand { .. } | Op::WindowAssign { .. } | Op::Sink { .. } => vec![image; node.inputs.len()],
        // Rows that only rise need not be taken back.
        Op::Rank { partition, order, .. } if rises(node, partition, order) => vec![Image::After],
        Op::SortLimit { order, .. } if rises(node, &[], order) => vec![Image::After],
        Op::Aggregate { .. }
        | Op::WindowAggregate { .. }
        | Op::WindowRank { .. }
        | Op::Rank { .. }
        | Op::SortLimit { .. }
        | Op::Deduplicate { .. }
        | Op::Over { .. }
        | Op::Sort { .. } => vec![Image::Both],
        Op::WindowJoin { .. } | Op::IntervalJoin { .. } => vec![Image::Both; 2],
        Op::Join { left_keys, right_keys, .. } => {
            if image == Image::After && !(keeps_key(node, 0, left_keys) && keeps_key(node, 1, right_keys)) {
                return None;
            }
            vec![image; 2]
        }
        // Where nobody needs old rows, an upsert source's own changes will do.
        Op::ChangelogNormalize { condition: None, .. }
            if image == Image::After && node.inputs[0].changelog.contains(RowKind::Delete) =>
        {
            return satisfy(&node.inputs[0], Image::After);
        }
        Op::ChangelogNormalize { .. } | Op::DropUpdateBefore => vec![Image::After],
    };
    let inputs =
        node.inputs.iter().zip(input_images).map(|(input, image)| satisfy(input, image)).collect::<Option<_>>()?;
    Some(Node { inputs, changelog: with_image(node.changelog, image), ..node.clone() })
}

/// Whether a Top-N can take its input without old rows, because rows only rise.
fn rises(node: &Node, partition: &[usize], order: &[SortKey]) -> bool {
    let input = &node.inputs[0];
    !input.changelog.is_insert_only() && only_rises(input, partition, order) && satisfy(input, Image::After).is_some()
}

/// Whether an update of this input stays under its join key: some upsert key holds it.
fn keeps_key(node: &Node, index: usize, join_keys: &[usize]) -> bool {
    let input = &node.inputs[index];
    !input.changelog.contains(RowKind::UpdateAfter)
        || input.upsert_keys.iter().any(|key| join_keys.iter().all(|column| key.contains(column)))
}

fn scan(node: &Node, source: ChangelogMode, image: Image) -> Option<Node> {
    let scan = Node { changelog: source, ..node.clone() };
    let (has_before, has_after) = (source.contains(RowKind::UpdateBefore), source.contains(RowKind::UpdateAfter));
    match image {
        Image::Both if has_after && !has_before => None,
        Image::After if has_before => {
            let mut drop = Node::new(Op::DropUpdateBefore, vec![scan], node.columns.clone());
            drop.changelog = source.without(RowKind::UpdateBefore);
            drop.upsert_keys.clone_from(&node.upsert_keys);
            Some(drop)
        }
        _ => Some(scan),
    }
}

fn with_image(mode: ChangelogMode, image: Image) -> ChangelogMode {
    if image == Image::Both && mode.contains(RowKind::UpdateAfter) { mode.with(RowKind::UpdateBefore) } else { mode }
}
