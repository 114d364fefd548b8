//! Joins of bounded input that only inserts: the right rows are hashed, the left rows look them up, and every result row is
//! told once. Rows stay in their columns.

use super::delta::gather;
use super::{Context, LEFT, Output, RIGHT, Result, Shape};
use crate::expression::mask;
use crate::state::KeyIndex;
use arrow_array::UInt32Array;
use arrow_select::take::take;
use data::{ChangeBatch, DataType};
use plan::JoinKind;

const END: u32 = u32::MAX;
/// Left rows looked up at a time; bounds the pairs held at once.
const LEFT_ROWS: usize = 16_384;
/// Pairs held at once.
const PAIRS: usize = 1 << 20;

/// Right rows chained by key.
struct Built {
    batch: ChangeBatch,
    index: KeyIndex,
    /// First row per key id; next row per row.
    first: Vec<u32>,
    next: Vec<u32>,
    /// Whether a row has met a left row; kept only where unmatched rows come out.
    matched: Vec<bool>,
}

pub(crate) fn join(shape: &Shape, deltas: &[Vec<ChangeBatch>; 2], context: &Context, out: &mut Output) -> Result {
    let concat = |side: usize| match deltas[side].as_slice() {
        [] => ChangeBatch::empty(shape.types[side].iter()),
        batches => ChangeBatch::concat(batches),
    };
    let mut built = build(shape, concat(RIGHT));
    for batch in &deltas[LEFT] {
        for start in (0..batch.rows()).step_by(LEFT_ROWS) {
            let left = batch.slice(start, LEFT_ROWS.min(batch.rows() - start));
            probe(shape, &left, &mut built, context, out)?;
        }
    }
    if shape.is_outer(RIGHT) {
        let unmatched: Vec<Option<u32>> =
            (0..built.matched.len()).filter(|row| !built.matched[*row]).map(|row| Some(row as u32)).collect();
        let missing = vec![None; unmatched.len()];
        emit(shape, None, &built.batch, missing, unmatched, out);
    }
    Ok(())
}

fn build(shape: &Shape, batch: ChangeBatch) -> Built {
    let types: Vec<&DataType> = shape.keys[RIGHT].iter().map(|&column| &shape.types[RIGHT][column]).collect();
    let mut index = KeyIndex::new(types);
    let ids = index.intern(&shape.key_columns(RIGHT, &batch), batch.rows());
    let matchable = shape.matchable(RIGHT, &batch);
    let mut first = vec![END; index.id_bound()];
    let mut next = vec![END; batch.rows()];
    // From the last row to the first, so that chains run in the order of the rows.
    for row in (0..batch.rows()).rev().filter(|row| matchable[*row]) {
        next[row] = std::mem::replace(&mut first[ids[row] as usize], row as u32);
    }
    let matched = if shape.is_outer(RIGHT) { vec![false; batch.rows()] } else { Vec::new() };
    Built { batch, index, first, next, matched }
}

fn probe(shape: &Shape, left: &ChangeBatch, built: &mut Built, context: &Context, out: &mut Output) -> Result {
    let matchable = shape.matchable(LEFT, left);
    let found = built.index.find(&shape.key_columns(LEFT, left), left.rows());
    let mut pairs = Pairs::default();
    let mut has_match = vec![false; left.rows()];
    for (row, key) in found.iter().enumerate().filter(|(row, _)| matchable[*row]) {
        let mut right = key.map_or(END, |key| built.first[key as usize]);
        while right != END {
            pairs.left.push(row as u32);
            pairs.right.push(right);
            right = built.next[right as usize];
            if pairs.left.len() >= PAIRS {
                settle(shape, left, built, std::mem::take(&mut pairs), &mut has_match, context, out)?;
            }
        }
    }
    settle(shape, left, built, pairs, &mut has_match, context, out)?;
    let alone: Vec<u32> = match shape.kind {
        JoinKind::Left | JoinKind::Full | JoinKind::Anti => rows_where(&has_match, false),
        JoinKind::Semi => rows_where(&has_match, true),
        JoinKind::Inner | JoinKind::Right => Vec::new(),
    };
    let other = vec![None; alone.len()];
    emit(shape, Some(left), &built.batch, alone.into_iter().map(Some).collect(), other, out);
    Ok(())
}

/// Rows that have equal keys.
#[derive(Default)]
struct Pairs {
    left: Vec<u32>,
    right: Vec<u32>,
}

/// Emits the pairs for which the condition holds and notes who has met whom.
fn settle(
    shape: &Shape,
    left: &ChangeBatch,
    built: &mut Built,
    pairs: Pairs,
    has_match: &mut [bool],
    context: &Context,
    out: &mut Output,
) -> Result {
    context.limits.check()?;
    let Pairs { left: left_rows, right: right_rows } = pairs;
    let holds = condition_holds(shape, left, &built.batch, &left_rows, &right_rows, context)?;
    let (mut own, mut other) = (Vec::with_capacity(left_rows.len()), Vec::with_capacity(left_rows.len()));
    for pair in (0..left_rows.len()).filter(|pair| holds.as_ref().is_none_or(|holds| holds[*pair])) {
        has_match[left_rows[pair] as usize] = true;
        if let Some(matched) = built.matched.get_mut(right_rows[pair] as usize) {
            *matched = true;
        }
        if !shape.is_left_only() {
            own.push(Some(left_rows[pair]));
            other.push(Some(right_rows[pair]));
        }
    }
    emit(shape, Some(left), &built.batch, own, other, out);
    if context.limits.memory.is_some() {
        context.limits.hold(out.bytes())?;
    }
    Ok(())
}

fn condition_holds(
    shape: &Shape,
    left: &ChangeBatch,
    right: &ChangeBatch,
    left_rows: &[u32],
    right_rows: &[u32],
    context: &Context,
) -> Result<Option<Vec<bool>>> {
    let Some(condition) = &shape.condition else { return Ok(None) };
    if left_rows.is_empty() {
        return Ok(None);
    }
    let rows = [UInt32Array::from(left_rows.to_vec()), UInt32Array::from(right_rows.to_vec())];
    let batches = [left, right];
    let column = |&(side, column): &(usize, usize)| {
        take(batches[side].column(column), &rows[side], None).expect("pairs name rows of the inputs")
    };
    let inputs = ChangeBatch::inserts(condition.inputs.iter().map(column).collect(), left_rows.len());
    let result = condition.program.run(&inputs, &context.evaluation(data::Watermarks::NONE, 0))?;
    Ok(Some(mask(&result[0]).iter().map(|holds| holds == Some(true)).collect()))
}

fn emit(
    shape: &Shape,
    left: Option<&ChangeBatch>,
    right: &ChangeBatch,
    own: Vec<Option<u32>>,
    other: Vec<Option<u32>>,
    out: &mut Output,
) {
    if own.is_empty() {
        return;
    }
    let rows = own.len();
    let mut columns = gather(left.map_or(&[], ChangeBatch::columns), &shape.types[LEFT], &UInt32Array::from(own));
    if !shape.is_left_only() {
        columns.extend(gather(right.columns(), &shape.types[RIGHT], &UInt32Array::from(other)));
    }
    out.push(ChangeBatch::inserts(columns, rows));
}

fn rows_where(flags: &[bool], wanted: bool) -> Vec<u32> {
    (0..flags.len() as u32).filter(|row| flags[*row as usize] == wanted).collect()
}
