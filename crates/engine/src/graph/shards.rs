//! A keyed operator as several instances, each with its key groups. Runs them on threads when there is enough to do.

use crate::checkpoint::EntryRef;
use crate::operator::{Context, Operator, Output, Result};
use crate::state::{RowCodec, StateWriter, key_groups, shard_of};
use arrow_array::{ArrayRef, UInt32Array};
use data::{ChangeBatch, Diagnostic};
use plan::Node;

/// Below this many rows threads cost more than they give.
const PARALLEL_FROM_ROWS: usize = 4096;

struct Shard {
    operator: Box<dyn Operator>,
    /// Taken in since the last flush, not processed yet.
    pending: Vec<(usize, ChangeBatch)>,
    out: Output,
}

impl Shard {
    fn run(&mut self, context: &Context) -> Result {
        for (port, batch) in std::mem::take(&mut self.pending) {
            self.operator.process(port, &batch, context, &mut self.out)?;
        }
        self.operator.flush(context, &mut self.out)
    }
}

pub(crate) struct Sharded {
    shards: Vec<Shard>,
    /// Key columns per port and how their bytes are made.
    keys: Vec<(Vec<usize>, RowCodec)>,
    pending_rows: usize,
}

impl Sharded {
    pub(crate) fn new(
        node: &Node,
        keys: Vec<Vec<usize>>,
        shards: usize,
        make: impl Fn() -> std::result::Result<Box<dyn Operator>, Diagnostic>,
    ) -> std::result::Result<Self, Diagnostic> {
        let shard = |_| Ok(Shard { operator: make()?, pending: Vec::new(), out: Output::default() });
        let codec = |(port, columns): (usize, Vec<usize>)| {
            let types = columns.iter().map(|column| &node.inputs[port].columns[*column].data_type);
            let codec = RowCodec::new(types);
            (columns, codec)
        };
        Ok(Self {
            shards: (0..shards).map(shard).collect::<std::result::Result<_, Diagnostic>>()?,
            keys: keys.into_iter().enumerate().map(codec).collect(),
            pending_rows: 0,
        })
    }

    fn split(&self, port: usize, batch: &ChangeBatch) -> Vec<Vec<u32>> {
        let (columns, codec) = &self.keys[port];
        let columns: Vec<ArrayRef> = columns.iter().map(|column| batch.column(*column).clone()).collect();
        let mut rows = vec![Vec::new(); self.shards.len()];
        for (row, group) in key_groups(codec, &columns, batch.rows()).into_iter().enumerate() {
            rows[shard_of(group, self.shards.len())].push(row as u32);
        }
        rows
    }

    fn each(&mut self, out: &mut Output, mut step: impl FnMut(&mut dyn Operator, &mut Output) -> Result) -> Result {
        self.shards.iter_mut().try_for_each(|shard| step(shard.operator.as_mut(), out))
    }
}

impl Operator for Sharded {
    fn start(&mut self, context: &Context, out: &mut Output) -> Result {
        self.each(out, |operator, out| operator.start(context, out))
    }

    fn process(&mut self, port: usize, batch: &ChangeBatch, _context: &Context, _out: &mut Output) -> Result {
        self.pending_rows += batch.rows();
        for (shard, rows) in self.split(port, batch).into_iter().enumerate() {
            if rows.is_empty() {
                continue;
            }
            let part = if rows.len() == batch.rows() { batch.clone() } else { batch.take(&UInt32Array::from(rows)) };
            self.shards[shard].pending.push((port, part));
        }
        Ok(())
    }

    fn flush(&mut self, context: &Context, out: &mut Output) -> Result {
        let rows = std::mem::take(&mut self.pending_rows);
        if rows < PARALLEL_FROM_ROWS {
            self.shards.iter_mut().try_for_each(|shard| shard.run(context))?;
        } else {
            let results: Vec<Result> = std::thread::scope(|scope| {
                let running: Vec<_> =
                    self.shards.iter_mut().map(|shard| scope.spawn(move || shard.run(context))).collect();
                let join = |thread: std::thread::ScopedJoinHandle<'_, Result>| {
                    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
                };
                running.into_iter().map(join).collect()
            });
            results.into_iter().collect::<Result>()?;
        }
        for shard in &mut self.shards {
            std::mem::take(&mut shard.out).into_batches().into_iter().for_each(|batch| out.push(batch));
        }
        Ok(())
    }

    fn advance(&mut self, context: &Context, out: &mut Output) -> Result {
        self.each(out, |operator, out| operator.advance(context, out))
    }

    fn tick(&mut self, context: &Context, out: &mut Output) -> Result {
        self.each(out, |operator, out| operator.tick(context, out))
    }

    fn next_timer(&self) -> Option<i64> {
        self.shards.iter().filter_map(|shard| shard.operator.next_timer()).min()
    }

    fn output_watermark(&self, watermark: i64) -> i64 {
        self.shards[0].operator.output_watermark(watermark)
    }

    fn save(&mut self, writer: &mut StateWriter) {
        self.shards.iter_mut().for_each(|shard| shard.operator.save(writer));
    }

    fn load(&mut self, entry: EntryRef) -> Result {
        let shard = shard_of(entry.group, self.shards.len());
        self.shards[shard].operator.load(entry)
    }

    fn loaded(&mut self) -> Result {
        self.shards.iter_mut().try_for_each(|shard| shard.operator.loaded())
    }

    fn state_bytes(&self) -> usize {
        self.shards.iter().map(|shard| shard.operator.state_bytes()).sum()
    }

    fn rows_late(&self) -> u64 {
        self.shards.iter().map(|shard| shard.operator.rows_late()).sum()
    }
}
