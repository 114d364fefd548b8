//! The calls of an OVER node: aggregates over frames, and functions of a row's place in its partition.

use super::run::{Order, Run};
use crate::operator::groups::Groups;
use crate::operator::{Result, Setup, input_types, pick};
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, BooleanArray, Float64Array, Int64Array, UInt32Array};
use arrow_select::concat::concat;
use arrow_select::interleave::interleave;
use arrow_select::take::take;
use data::{ChangeBatch, DataType, Diagnostic, TypeKind, Value};
use functions::{Expr, ExprKind};
use plan::{AggregateCall, Frame, Node, SortKey};
use std::ops::Range;
use std::sync::Arc;

/// Rows of frames that are aggregated together.
const ROWS_AT_ONCE: usize = 1 << 15;

enum Function {
    /// By its place among the aggregated calls.
    Aggregate(usize),
    /// By the place of the count of rows up to the last peer.
    Rank {
        rows: usize,
    },
    /// By the places of that count and of the count of peer groups.
    DenseRank {
        rows: usize,
        peer_groups: usize,
    },
    PercentRank,
    CumeDist,
    Ntile(i64),
    /// The value so many rows ahead, else the default.
    Offset {
        value: Expr,
        rows: i64,
        default: Option<Expr>,
    },
}

/// Which rows a frame begins and ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// From the partition's first row to the current one: totals that grow.
    Growing,
    /// Any other.
    Moving,
}

/// How results are asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    /// Totals go on; otherwise they begin anew.
    pub(super) kept: bool,
    pub(super) in_stream: bool,
}

pub(super) struct Functions {
    functions: Vec<Function>,
    pub(super) frame: Frame,
    pub(super) reach: Reach,
    order: Option<Order>,
    partition: Vec<usize>,
    /// By partition while totals grow, else by frame.
    pub(super) groups: Groups,
}

impl Functions {
    pub(super) fn new(
        node: &Node,
        partition: &[usize],
        order: &[SortKey],
        frame: &Frame,
        calls: &[AggregateCall],
        setup: Setup,
    ) -> std::result::Result<Self, Diagnostic> {
        let types = input_types(node, 0);
        let mut aggregated = Vec::new();
        let functions = calls.iter().map(|call| function(call, types.len(), &mut aggregated)).collect();
        let is_growing = frame.preceding.is_none() && frame.following == Some(0);
        let reach = if is_growing { Reach::Growing } else { Reach::Moving };
        let (key_types, setup) = match reach {
            Reach::Growing => (pick(&types, partition), setup.lasting()),
            Reach::Moving => {
                (vec![DataType::not_null(TypeKind::BigInt)], Setup { checkpoints: false, ..setup.lasting() })
            }
        };
        Ok(Self {
            functions,
            frame: frame.clone(),
            reach,
            order: order.first().map(|key| Order::new(&types, key)),
            partition: partition.to_vec(),
            groups: Groups::new(node, &key_types, &aggregated, false, setup)?,
        })
    }

    /// How many rows before the current one the calls look at, besides growing totals.
    pub(super) fn rows_back(&self) -> usize {
        let back = self.functions.iter().filter_map(|function| match function {
            Function::Offset { rows, .. } => usize::try_from(-rows).ok(),
            _ => None,
        });
        let frame = if self.frame.rows { self.frame.preceding } else { None };
        back.chain(frame.and_then(|rows| usize::try_from(rows).ok())).max().unwrap_or(0)
    }

    /// Results for the fresh rows, a column per call.
    pub(super) fn results(&mut self, run: &Run, asked: Asked) -> Result<Vec<ArrayRef>> {
        let fresh = run.fresh();
        let aggregates = match self.reach {
            Reach::Growing => self.grow(run, &fresh, asked.kept)?,
            Reach::Moving => self.move_along(run, &fresh)?,
        };
        let place = |function: &Function| self.place(function, run, &fresh, &aggregates, asked.in_stream);
        Ok(self.functions.iter().map(place).collect())
    }

    /// Takes rows into their partitions' totals, all partitions a step at a time, and reads the totals after each.
    fn grow(&mut self, run: &Run, fresh: &UInt32Array, kept: bool) -> Result<Vec<ArrayRef>> {
        let batch = run.batch.take(fresh);
        let leads: BooleanArray = fresh
            .values()
            .iter()
            .map(|row| (run.peers(*row as usize).start == *row as usize).then_some(true))
            .collect();
        let columns = batch.columns().iter().cloned().chain([Arc::new(leads) as ArrayRef]).collect();
        let batch = ChangeBatch::inserts(columns, fresh.len());
        let ids = self.groups.of(&pick(batch.columns(), &self.partition), batch.rows());
        let steps = run.steps(!self.frame.rows);
        let mut order: Vec<u32> = (0..steps.len() as u32).collect();
        order.sort_by_key(|row| steps[*row as usize]);
        let mut chunks: Vec<Vec<ArrayRef>> = Vec::new();
        for rows in order.chunk_by(|a, b| steps[*a as usize] == steps[*b as usize]) {
            let groups: Vec<u32> = rows.iter().map(|row| ids[*row as usize]).collect();
            self.groups.absorb(&batch.take(&UInt32Array::from(rows.to_vec())), &groups)?;
            chunks.push(self.groups.results(&groups)?);
        }
        if chunks.is_empty() {
            chunks.push(self.groups.results(&[])?);
        }
        if !kept {
            self.groups.release(&ids);
        }
        self.groups.settle();
        let mut places = vec![0; order.len()];
        order.iter().enumerate().for_each(|(place, row)| places[*row as usize] = place as u32);
        Ok(rearranged(&chunks, &UInt32Array::from(places)))
    }

    /// Aggregates every frame for itself; equal ones once.
    fn move_along(&mut self, run: &Run, fresh: &UInt32Array) -> Result<Vec<ArrayRef>> {
        let frames = run.frames(fresh, &self.frame, self.order.as_ref());
        let mut distinct: Vec<Range<usize>> = Vec::new();
        let mut places = Vec::with_capacity(frames.len());
        for frame in frames {
            if distinct.last() != Some(&frame) {
                distinct.push(frame);
            }
            places.push(distinct.len() as u32 - 1);
        }
        let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..distinct.len() as i64));
        let ids = self.groups.of(&[numbers], distinct.len());
        let (mut rows, mut groups) = (Vec::new(), Vec::new());
        for (frame, id) in distinct.iter().zip(&ids) {
            rows.extend(frame.clone().map(|row| row as u32));
            groups.resize(rows.len(), *id);
            if rows.len() >= ROWS_AT_ONCE {
                self.groups.absorb(&run.batch.take(&UInt32Array::from(std::mem::take(&mut rows))), &groups)?;
                groups.clear();
            }
        }
        self.groups.absorb(&run.batch.take(&UInt32Array::from(rows)), &groups)?;
        let results = self.groups.results(&ids)?;
        self.groups.release(&ids);
        self.groups.settle();
        Ok(rearranged(&[results], &UInt32Array::from(places)))
    }

    fn place(
        &self,
        function: &Function,
        run: &Run,
        fresh: &UInt32Array,
        done: &[ArrayRef],
        in_stream: bool,
    ) -> ArrayRef {
        let whole = |value: &dyn Fn(usize) -> i64| -> ArrayRef {
            Arc::new(fresh.values().iter().map(|row| value(*row as usize)).collect::<Int64Array>())
        };
        let share = |value: &dyn Fn(usize) -> f64| -> ArrayRef {
            Arc::new(fresh.values().iter().map(|row| value(*row as usize)).collect::<Float64Array>())
        };
        let size = |row: usize| run.part(row).end - run.part(row).start;
        match function {
            Function::Aggregate(at) => done[*at].clone(),
            // A stream counts peers like the rows before them.
            Function::Rank { rows } | Function::DenseRank { rows, .. } if in_stream => done[*rows].clone(),
            Function::DenseRank { peer_groups, .. } => done[*peer_groups].clone(),
            Function::Rank { rows } => {
                let counts = done[*rows].as_primitive::<Int64Type>();
                let peers_counted = |row: usize| {
                    let peers = run.peers(row);
                    if self.frame.rows { row + 1 - peers.start } else { peers.len() }
                };
                let rank = |(count, row): (&i64, &u32)| count - peers_counted(*row as usize) as i64 + 1;
                Arc::new(counts.values().iter().zip(fresh.values()).map(rank).collect::<Int64Array>())
            }
            Function::PercentRank => share(&|row| match size(row) {
                1 => 0.0,
                size => (run.peers(row).start - run.part(row).start) as f64 / (size - 1) as f64,
            }),
            Function::CumeDist => share(&|row| (run.peers(row).end - run.part(row).start) as f64 / size(row) as f64),
            Function::Ntile(buckets) => whole(&|row| bucket(row - run.part(row).start, size(row), *buckets)),
            // A stream adds all peers before it looks back.
            Function::Offset { value, rows, default } => offset(run, fresh, (value, *rows, default.as_ref()), |row| {
                if in_stream && !self.frame.rows { run.peers(row).end - 1 } else { row }
            }),
        }
    }
}

/// What a call becomes; what it aggregates is added to `aggregated`. `width` is the column that is set for the first of
/// peers.
fn function(call: &AggregateCall, width: usize, aggregated: &mut Vec<AggregateCall>) -> Function {
    let mut aggregate = |call: AggregateCall| {
        aggregated.push(call);
        aggregated.len() - 1
    };
    let count = |args: Vec<Expr>| AggregateCall {
        function: "COUNT".to_owned(),
        args,
        distinct: false,
        filter: None,
        result: DataType::not_null(TypeKind::BigInt),
    };
    let literal = |at: usize| match call.args.get(at).and_then(|arg| arg.as_literal()) {
        Some(Value::TinyInt(value)) => i64::from(*value),
        Some(Value::SmallInt(value)) => i64::from(*value),
        Some(Value::Int(value)) => i64::from(*value),
        Some(Value::BigInt(value)) => *value,
        _ => 1,
    };
    let offset = |sign: i64| Function::Offset {
        value: call.args[0].clone(),
        rows: sign * literal(1),
        default: call.args.get(2).cloned(),
    };
    match call.function.as_str() {
        "ROW_NUMBER" => Function::Aggregate(aggregate(count(Vec::new()))),
        "RANK" => Function::Rank { rows: aggregate(count(Vec::new())) },
        "DENSE_RANK" => {
            let leads = Expr::column(width, DataType::new(TypeKind::Boolean));
            Function::DenseRank { rows: aggregate(count(Vec::new())), peer_groups: aggregate(count(vec![leads])) }
        }
        "PERCENT_RANK" => Function::PercentRank,
        "CUME_DIST" => Function::CumeDist,
        "NTILE" => Function::Ntile(literal(0)),
        "LAG" => offset(-1),
        "LEAD" => offset(1),
        _ => Function::Aggregate(aggregate(call.clone())),
    }
}

/// The number of the bucket that holds a place, from 1; the first ones are one larger where they cannot be equal.
fn bucket(place: usize, size: usize, buckets: i64) -> i64 {
    let (place, size) = (place as i64, size as i64);
    let (small, larger) = (size / buckets, size % buckets);
    let in_larger = larger * (small + 1);
    1 + if place < in_larger { place / (small + 1) } else { larger + (place - in_larger) / small.max(1) }
}

fn offset(
    run: &Run,
    fresh: &UInt32Array,
    (value, rows, default): (&Expr, i64, Option<&Expr>),
    from: impl Fn(usize) -> usize,
) -> ArrayRef {
    let column = |expr: &Expr| match &expr.kind {
        ExprKind::Column(column) => run.batch.column(*column).clone(),
        ExprKind::Literal(value) => Value::column(&expr.data_type, std::iter::repeat_n(value, run.batch.rows())),
        _ => Value::column(&expr.data_type, std::iter::repeat_n(&Value::Null, run.batch.rows())),
    };
    let values = column(value);
    let defaults = default
        .map_or_else(|| Value::column(&value.data_type, std::iter::repeat_n(&Value::Null, run.batch.rows())), column);
    let pick = |row: &u32| {
        let row = *row as usize;
        let part = run.part(row);
        let place = usize::try_from((from(row) as i64).saturating_add(rows)).ok();
        match place.filter(|place| (part.start..part.end).contains(place)) {
            Some(place) => (0, place),
            None => (1, row),
        }
    };
    let places: Vec<(usize, usize)> = fresh.values().iter().map(pick).collect();
    interleave(&[&*values, &*defaults], &places).expect("the default has the value's type")
}

/// The rows of chunks, one after another, in another order.
fn rearranged(chunks: &[Vec<ArrayRef>], places: &UInt32Array) -> Vec<ArrayRef> {
    let Some(first) = chunks.first() else { return Vec::new() };
    let column = |index: usize| {
        let parts: Vec<&dyn Array> = chunks.iter().map(|chunk| chunk[index].as_ref()).collect();
        take(&concat(&parts).expect("chunks have the same types"), places, None).expect("places are rows")
    };
    (0..first.len()).map(column).collect()
}
