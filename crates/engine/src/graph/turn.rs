//! One epoch's way through the graph: which operator gets which changes when.
//!
//! In record delivery each row runs through all of its consequences, depth first, before the next one is looked at, and
//! the watermark follows it. In batch delivery batches run through stateless operators at once; then, inputs before
//! consumers, each operator is flushed and its watermark catches up.

use super::{Body, Graph, NodeId};
use crate::epoch::{Failure, Input, StatementId};
use crate::operator::{Context, Operator, Output, Result};
use crate::options::{Mode, Options};
use data::batch::FINAL_WATERMARK;
use data::{ChangeBatch, Diagnostic, Watermarks};
use std::collections::BTreeMap;

pub(crate) struct Turn<'a> {
    graph: &'a mut Graph,
    options: &'a Options,
    clock_millis: i64,
    record: bool,
    pub(crate) collected: BTreeMap<StatementId, Vec<ChangeBatch>>,
    /// Changes of watched tables, by name.
    pub(crate) tables: BTreeMap<String, Vec<ChangeBatch>>,
    /// Nodes of watched tables.
    watched: Vec<(NodeId, String)>,
    pub(crate) failures: Vec<Failure>,
    /// Why the whole epoch came to nothing.
    pub(crate) stopped: Option<Diagnostic>,
    /// Bytes collected, counted where all input comes in one epoch.
    held: usize,
}

impl<'a> Turn<'a> {
    pub(crate) fn new(graph: &'a mut Graph, options: &'a Options, clock_millis: i64) -> Self {
        let record = options.record_delivery();
        let watched = graph.tables.iter().filter(|(_, entry)| entry.watched);
        let watched = watched.filter_map(|(name, entry)| entry.node.map(|node| (node, name.clone()))).collect();
        let (collected, tables) = (BTreeMap::new(), BTreeMap::new());
        let failures = Vec::new();
        Self { graph, options, clock_millis, record, collected, tables, watched, failures, stopped: None, held: 0 }
    }

    /// Starts operators that are new: rows of statements, and what managed tables already hold.
    pub(crate) fn start(&mut self) {
        let fresh: Vec<NodeId> = self.graph.order.iter().copied().filter(|id| self.graph.nodes[*id].fresh).collect();
        let backfill = self.backfill(&fresh);
        for &id in &fresh {
            self.graph.nodes[id].fresh = false;
        }
        for (scan, batches) in backfill {
            for batch in batches.iter() {
                if self.record {
                    self.deliver_rows(scan, 0, batch.clone());
                } else {
                    self.feed_scans(&[scan], 0, batch);
                }
            }
        }
        for id in fresh {
            self.run(id, false, |operator, context, out| operator.start(context, out));
            if self.record {
                self.catch_up(id);
            }
        }
    }

    /// Taken for all new scans before any of them runs: what they cause reaches the others as changes.
    fn backfill(&mut self, fresh: &[NodeId]) -> Vec<(NodeId, std::sync::Arc<[ChangeBatch]>)> {
        let mut found = Vec::new();
        for &id in fresh {
            let Body::Scan(scan) = &self.graph.nodes[id].body else { continue };
            let Some(table) = self.graph.tables[scan.table.as_str()].node else { continue };
            let Body::Table(table) = &mut self.graph.nodes[table].body else { continue };
            let content = table.content();
            if content.iter().any(|batch| !batch.is_empty()) {
                found.push((id, content));
            }
        }
        found
    }

    /// Takes one input in.
    pub(crate) fn feed(&mut self, input: &Input) {
        let Some(entry) = self.graph.tables.get(input.table()) else { return };
        let (node, scans) = (entry.node, entry.scans.clone());
        if let Some(node) = node {
            match input {
                Input::Rows { batch, .. } => return self.deliver_rows(node, 0, batch.clone()),
                Input::End { .. } => {
                    self.graph.nodes[node].ports[0].watermark = FINAL_WATERMARK;
                    return if self.record {
                        self.catch_up(node)
                    };
                }
                _ => {}
            }
        }
        match input {
            Input::Rows { split, batch, .. } if self.record => {
                for row in 0..batch.rows() {
                    let row = batch.slice(row, 1);
                    for &scan in &scans {
                        self.feed_scan(scan, *split, &row);
                    }
                }
            }
            Input::Rows { split, batch, .. } => self.feed_scans(&scans, *split, batch),
            event => scans.iter().for_each(|scan| self.feed_event(*scan, event)),
        }
    }

    fn feed_scan(&mut self, id: NodeId, split: u32, batch: &ChangeBatch) {
        if let Some(rows) = self.read(id, split, batch) {
            self.emit(id, Output::of(rows));
        }
    }

    /// Rows of a table as a scan gives them on.
    fn read(&mut self, id: NodeId, split: u32, batch: &ChangeBatch) -> Option<ChangeBatch> {
        let context = self.context(id);
        let node = &mut self.graph.nodes[id];
        if node.failed {
            return None;
        }
        let Body::Scan(scan) = &mut node.body else { return None };
        node.rows_in += batch.rows() as u64;
        match scan.read(split, batch, &context) {
            Ok(rows) => {
                self.follow_idleness(id);
                Some(rows)
            }
            Err(fault) => {
                self.fail(id, fault.into());
                None
            }
        }
    }

    /// Hands rows of one table to its scans. Before a row that the watermark has reached, what stands behind the scans catches
    /// up with the watermark: which rows are late must not depend on how rows are grouped into epochs.
    fn feed_scans(&mut self, scans: &[NodeId], split: u32, batch: &ChangeBatch) {
        if self.is_stopped() {
            return;
        }
        let read: Vec<(NodeId, ChangeBatch)> =
            scans.iter().filter_map(|id| Some((*id, self.read(*id, split, batch)?))).collect();
        let mut start = 0;
        for cut in self.cuts(&read, batch.rows()) {
            self.emit_part(&read, start, cut);
            self.settle(&read, cut);
            start = cut;
        }
        self.emit_part(&read, start, usize::MAX);
    }

    fn emit_part(&mut self, read: &[(NodeId, ChangeBatch)], start: usize, end: usize) {
        for (id, rows) in read {
            let end = end.min(rows.rows());
            if start == 0 && end == rows.rows() {
                self.emit(*id, Output::of(rows.clone()));
            } else if start < end {
                self.emit(*id, Output::of(rows.slice(start, end - start)));
            }
        }
    }

    /// Where to cut the rows that scans of one table have read of the same `rows` rows.
    fn cuts(&self, read: &[(NodeId, ChangeBatch)], rows: usize) -> Vec<usize> {
        // A scan that leaves out -U has other rows; and an updating table has no rows that are late.
        let matters = read.iter().any(|(id, _)| self.graph.nodes[*id].tells_late_rows);
        if !matters || self.options.mode == Mode::Batch || read.iter().any(|(_, read)| read.rows() != rows) {
            return Vec::new();
        }
        let mut cuts = Vec::new();
        for (id, rows) in read {
            let Body::Scan(scan) = &self.graph.nodes[*id].body else { continue };
            cuts.extend(scan.cuts(rows, self.graph.nodes[*id].watermark));
        }
        cuts.sort_unstable();
        cuts.dedup();
        cuts
    }

    /// Brings what stands behind scans to the watermark before a row of what they read.
    fn settle(&mut self, read: &[(NodeId, ChangeBatch)], row: usize) {
        for (id, rows) in read {
            self.reach(*id, rows.watermarks().before(row));
        }
        let scans: Vec<NodeId> = read.iter().map(|(id, _)| *id).collect();
        for id in self.graph.behind(&scans) {
            self.run(id, false, |operator, context, out| operator.flush(context, out));
            self.catch_up(id);
        }
    }

    fn feed_event(&mut self, id: NodeId, event: &Input) {
        let Body::Scan(scan) = &mut self.graph.nodes[id].body else { return };
        scan.event(event);
        self.follow_idleness(id);
        if self.record {
            self.catch_up(id);
        }
    }

    /// Rows from outside or from storage, in the way of this delivery.
    fn deliver_rows(&mut self, id: NodeId, port: usize, batch: ChangeBatch) {
        if !self.record {
            return self.deliver(id, port, batch);
        }
        for row in 0..batch.rows() {
            self.deliver(id, port, batch.slice(row, 1));
        }
    }

    fn deliver(&mut self, id: NodeId, port: usize, batch: ChangeBatch) {
        if self.graph.nodes[id].failed || self.is_stopped() {
            return;
        }
        let batch = self.merge_watermarks(id, port, batch);
        let context = self.context(id);
        let node = &mut self.graph.nodes[id];
        let mut out = Output::default();
        let mut result = node.process(port, &batch, &context, &mut out);
        if self.record && result.is_ok() {
            let (first, sent) = (out.len(), node.sent);
            if let Some(operator) = node.operator() {
                result = operator.flush(&context, &mut out);
            }
            out.stamp(first, sent);
        }
        match result {
            Ok(()) => self.emit(id, out),
            Err(fault) => self.fail(id, fault.into()),
        }
    }

    /// Whether limits end this epoch early.
    fn is_stopped(&mut self) -> bool {
        if self.stopped.is_none() && self.options.cancel.is_some() {
            let limits = self.options.limits();
            // A query holds nothing between epochs: what it takes counts while it runs.
            let state = if limits.memory.is_some() { self.graph.state_bytes() } else { 0 };
            self.stopped = limits.check().and_then(|()| limits.hold(state + self.held)).err();
        }
        self.stopped.is_some()
    }

    /// A row's watermark at a node with several inputs is the minimum over them.
    fn merge_watermarks(&mut self, id: NodeId, port: usize, batch: ChangeBatch) -> ChangeBatch {
        let node = &mut self.graph.nodes[id];
        let after = batch.watermarks().after();
        if !self.record {
            node.ports[port].watermark = node.ports[port].watermark.max(after);
        }
        if node.ports.len() < 2 || matches!(node.body, Body::Table(_)) {
            return batch;
        }
        let others = node.ports.iter().enumerate().filter(|(other, state)| *other != port && !state.idle);
        let limit = others.map(|(_, state)| state.watermark).min().unwrap_or(FINAL_WATERMARK);
        let watermarks = match batch.watermarks() {
            Watermarks::Constant(watermark) => Watermarks::Constant((*watermark).min(limit)),
            Watermarks::PerRow { before, after } => Watermarks::PerRow {
                before: before.iter().map(|watermark| (*watermark).min(limit)).collect(),
                after: (*after).min(limit),
            },
        };
        batch.with_watermarks(watermarks)
    }

    /// Passes on what a node gave out.
    fn emit(&mut self, id: NodeId, out: Output) {
        for batch in out.into_batches() {
            let node = &mut self.graph.nodes[id];
            node.rows_out += batch.rows() as u64;
            if !batch.is_empty() {
                if self.options.cancel.is_some() && !node.roots.is_empty() {
                    self.held += crate::limits::bytes(&batch);
                }
                for statement in &node.roots {
                    self.collected.entry(*statement).or_default().push(batch.clone());
                }
                if let (Some((_, name)), Body::Table(table)) =
                    (self.watched.iter().find(|(node, _)| *node == id), &node.body)
                {
                    self.tables.entry(name.clone()).or_default().push(table.without_ids(&batch));
                }
            }
            let consumers = node.consumers.clone();
            if !self.record && matches!(self.graph.nodes[id].body, Body::Table(_)) {
                let scans: Vec<NodeId> = consumers.iter().map(|(scan, _)| *scan).collect();
                self.feed_scans(&scans, 0, &batch);
                continue;
            }
            if !self.record {
                for (consumer, port) in consumers {
                    self.deliver(consumer, port, batch.clone());
                }
                continue;
            }
            for row in 0..batch.rows() {
                let before = batch.watermarks().before(row);
                let single = if batch.rows() == 1 { batch.clone() } else { batch.slice(row, 1) };
                let single = single.with_watermarks(Watermarks::Constant(before));
                for &(consumer, port) in &consumers {
                    self.deliver(consumer, port, single.clone());
                }
                if matches!(self.graph.nodes[id].body, Body::Scan(_)) {
                    self.catch_up(id);
                }
            }
        }
    }

    /// Lets the watermark at a node go as far as its inputs allow, and in record delivery its consumers' after it.
    fn catch_up(&mut self, id: NodeId) {
        if self.graph.nodes[id].failed {
            return;
        }
        let node = &mut self.graph.nodes[id];
        let reached = match &mut node.body {
            Body::Scan(scan) => {
                let through_table = node.ports[0].watermark == FINAL_WATERMARK;
                if through_table { FINAL_WATERMARK } else { scan.watermark() }
            }
            _ => node.input_watermark(),
        };
        self.reach(id, reached);
    }

    fn reach(&mut self, id: NodeId, reached: i64) {
        let node = &mut self.graph.nodes[id];
        if reached > node.watermark {
            node.watermark = reached;
            self.run(id, true, |operator, context, out| operator.advance(context, out));
        }
        let node = &mut self.graph.nodes[id];
        let reached = node.watermark;
        let output = node.operator().map_or(reached, |operator| operator.output_watermark(reached));
        if output <= node.sent {
            return;
        }
        node.sent = output;
        for (consumer, port) in node.consumers.clone() {
            self.graph.nodes[consumer].ports[port].watermark = output;
            if self.record {
                self.catch_up(consumer);
            }
        }
    }

    /// Runs one step of an operator and passes on what it gives out, under the watermark known to its consumers.
    fn run(&mut self, id: NodeId, flush: bool, step: impl FnOnce(&mut dyn Operator, &Context, &mut Output) -> Result) {
        let context = self.context(id);
        if self.graph.nodes[id].failed || self.is_stopped() {
            return;
        }
        let node = &mut self.graph.nodes[id];
        let sent = node.sent;
        let Some(operator) = node.operator() else { return };
        let mut out = Output::default();
        let mut result = step(operator, &context, &mut out);
        if flush && result.is_ok() {
            result = operator.flush(&context, &mut out);
        }
        out.stamp(0, sent);
        match result {
            Ok(()) => self.emit(id, out),
            Err(fault) => self.fail(id, fault.into()),
        }
    }

    /// Passes on that a scan fell idle or woke up.
    fn follow_idleness(&mut self, id: NodeId) {
        let Body::Scan(scan) = &self.graph.nodes[id].body else { return };
        let idle = scan.is_idle();
        self.set_idle(id, idle);
    }

    fn set_idle(&mut self, id: NodeId, idle: bool) {
        if self.graph.nodes[id].idle == idle {
            return;
        }
        self.graph.nodes[id].idle = idle;
        for (consumer, port) in self.graph.nodes[id].consumers.clone() {
            let node = &mut self.graph.nodes[consumer];
            node.ports[port].idle = idle;
            if matches!(node.body, Body::Table(_)) {
                continue;
            }
            let all = node.ports.iter().all(|port| port.idle);
            self.set_idle(consumer, all);
            if self.record {
                self.catch_up(consumer);
            }
        }
    }

    /// Fires processing-time timers.
    pub(crate) fn tick(&mut self) {
        for id in self.graph.order.clone() {
            let clock = self.clock_millis;
            let due = |operator: &mut dyn Operator| operator.next_timer().is_some_and(|timer| timer < clock);
            if self.graph.nodes[id].operator().is_some_and(due) {
                self.run(id, true, |operator, context, out| operator.tick(context, out));
            }
        }
    }

    /// Ends the epoch: nothing stays absorbed and unflushed.
    pub(crate) fn finish(&mut self) {
        if self.record {
            return;
        }
        for id in self.graph.order.clone() {
            self.run(id, false, |operator, context, out| operator.flush(context, out));
            self.catch_up(id);
        }
    }

    /// Stops the statements that need what this node cannot give. Those behind a table keep what the table has.
    fn fail(&mut self, id: NodeId, diagnostic: Diagnostic) {
        let mut statements = Vec::new();
        let mut pending = vec![id];
        while let Some(id) = pending.pop() {
            let node = &self.graph.nodes[id];
            statements.extend(node.roots.iter().copied());
            let is_table = |consumer: NodeId| matches!(self.graph.nodes[consumer].body, Body::Table(_));
            pending.extend(node.consumers.iter().map(|consumer| consumer.0).filter(|consumer| !is_table(*consumer)));
        }
        statements.sort();
        statements.dedup();
        for statement in statements {
            if !self.failures.iter().any(|failure| failure.statement == statement) {
                self.failures.push(Failure { statement, diagnostic: diagnostic.clone() });
            }
        }
        let has_failed = |statement: &StatementId| self.failures.iter().any(|failure| failure.statement == *statement);
        for node in self.graph.nodes.iter_mut().filter(|node| !node.statements.is_empty()) {
            node.failed |= node.statements.iter().all(has_failed);
        }
    }

    fn context(&self, id: NodeId) -> Context {
        self.graph.context(id, self.clock_millis, self.options)
    }
}
