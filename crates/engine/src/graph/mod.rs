//! The graph of running operators: nodes, edges, and which statements need them.
//!
//! - *state id*: names an operator's state: its plan hash, mixed with the generation of the statements it was made for.
//! - *generation*: statements attached before the same epoch; only they share operators, because an operator that has
//!   already run cannot tell a newcomer what it has told the others.

mod shards;
mod table_input;
mod turn;

pub(crate) use turn::Turn;

use crate::epoch::{NodeStatistics, StatementId};
use crate::operator::join::TableLookup;
use crate::operator::{self, Context, Operator, Output, Result, Scan};
use crate::options::Options;
use crate::table::{Table, TableDef, TableKind};
use data::Diagnostic;
use data::batch::{FINAL_WATERMARK, NO_WATERMARK};
use hashbrown::HashMap;
use plan::{Node, Op};
use smallvec::SmallVec;
use xxhash_rust::xxh3::{xxh3_64_with_seed, xxh3_128};

pub(crate) type NodeId = usize;

/// Event time at one input of a node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Port {
    pub watermark: i64,
    pub idle: bool,
    /// Ends the table when it ends; not so for an INSERT that reads no table.
    pub sourceless: bool,
}

pub(crate) enum Body {
    Scan(Box<Scan>),
    Table(Box<Table>),
    Operator(Box<dyn Operator>),
}

pub(crate) struct GraphNode {
    pub name: &'static str,
    pub state_id: u128,
    /// Of RAND and UUID here.
    pub seed: u64,
    pub body: Body,
    pub ports: Vec<Port>,
    /// What the operator has reached.
    pub watermark: i64,
    /// What consumers have been told.
    pub sent: i64,
    pub idle: bool,
    pub consumers: SmallVec<[(NodeId, usize); 2]>,
    /// Statements whose root this is.
    pub roots: SmallVec<[StatementId; 1]>,
    /// Statements that need it.
    pub statements: Vec<StatementId>,
    /// What it gives depends on which rows are late, beyond the watermark that each row has met; of a scan, whether that is so of
    /// an operator behind it.
    pub tells_late_rows: bool,
    /// Looks rows of its inputs up in tables, so that it is flushed only when the tables have told all they hold.
    pub reads_tables: bool,
    /// Has not seen its first epoch.
    pub fresh: bool,
    pub failed: bool,
    pub rows_in: u64,
    pub rows_out: u64,
}

impl GraphNode {
    fn new(name: &'static str, state_id: u128, body: Body, ports: usize, options: &Options) -> Self {
        let seed = xxh3_64_with_seed(&state_id.to_be_bytes(), options.seed);
        let port = Port { watermark: NO_WATERMARK, idle: false, sourceless: false };
        Self {
            name,
            state_id,
            seed,
            body,
            ports: vec![port; ports],
            watermark: NO_WATERMARK,
            sent: NO_WATERMARK,
            idle: false,
            consumers: SmallVec::new(),
            roots: SmallVec::new(),
            statements: Vec::new(),
            tells_late_rows: false,
            reads_tables: false,
            fresh: true,
            failed: false,
            rows_in: 0,
            rows_out: 0,
        }
    }

    /// The minimum over the inputs that are not idle; final when there are none.
    fn input_watermark(&self) -> i64 {
        match &self.body {
            Body::Table(_) => self.table_watermark(),
            _ => {
                let active = self.ports.iter().filter(|port| !port.idle).map(|port| port.watermark);
                let all = self.ports.iter().map(|port| port.watermark);
                active.min().or_else(|| all.min()).unwrap_or(FINAL_WATERMARK)
            }
        }
    }

    /// Event time does not pass through tables; only their end does: when outside says so, or all writers have ended
    /// and one of them reads a table that has ended.
    fn table_watermark(&self) -> i64 {
        let (outside, writers) = self.ports.split_first().expect("port 0 is the outside");
        let mut own = writers.iter().filter(|port| !port.sourceless).peekable();
        let ended = own.peek().is_some() && own.all(|port| port.watermark == FINAL_WATERMARK);
        if ended || outside.watermark == FINAL_WATERMARK { FINAL_WATERMARK } else { NO_WATERMARK }
    }

    pub(crate) fn operator(&mut self) -> Option<&mut dyn Operator> {
        match &mut self.body {
            Body::Scan(_) => None,
            Body::Table(table) => Some(table.as_mut()),
            Body::Operator(operator) => Some(operator.as_mut()),
        }
    }

    fn process(&mut self, port: usize, batch: &data::ChangeBatch, context: &Context, out: &mut Output) -> Result {
        self.rows_in += batch.rows() as u64;
        match &mut self.body {
            Body::Scan(scan) => {
                let rows = scan.read(0, batch, context)?;
                out.push(rows);
                Ok(())
            }
            Body::Table(table) => table.process(port, batch, context, out),
            Body::Operator(operator) => operator.process(port, batch, context, out),
        }
    }
}

/// What the graph knows of one table.
pub(crate) struct TableEntry {
    pub def: TableDef,
    /// The table's own node when it is managed.
    pub node: Option<NodeId>,
    pub scans: Vec<NodeId>,
    /// Its changes are part of each epoch's output.
    pub watched: bool,
}

#[derive(Default)]
pub(crate) struct Graph {
    pub nodes: Vec<GraphNode>,
    /// Inputs before consumers.
    pub order: Vec<NodeId>,
    pub tables: HashMap<String, TableEntry>,
    /// Nodes that statements of one generation share, by plan hash.
    shared: HashMap<(u64, u128), NodeId>,
}

impl Graph {
    pub(crate) fn add_table(&mut self, def: TableDef, options: &Options) {
        let mut entry = TableEntry { node: None, scans: Vec::new(), watched: false, def };
        if let TableKind::Managed { mode, rowtime } = entry.def.kind {
            let table = Table::new(&entry.def, mode, rowtime, options.setup());
            let state_id = xxh3_128(format!("table {}", entry.def.name).as_bytes());
            entry.node = Some(self.nodes.len());
            self.nodes.push(GraphNode::new("Table", state_id, Body::Table(Box::new(table)), 1, options));
        }
        self.tables.insert(entry.def.name.clone(), entry);
        self.sort();
    }

    /// Adds the operators of a statement, or nothing when there is an error.
    pub(crate) fn attach(
        &mut self,
        root: &Node,
        statement: StatementId,
        generation: u64,
        options: &Options,
    ) -> std::result::Result<(), Diagnostic> {
        self.check_tables(root)?;
        let count = self.nodes.len();
        let attached = self.add_node(root, statement, generation, options);
        match attached {
            Ok(id) => {
                self.nodes[id].roots.push(statement);
                self.connect_sink(root, id);
                self.sort();
                Ok(())
            }
            Err(diagnostic) => {
                self.detach(statement);
                debug_assert!(self.nodes.len() >= count, "nodes are never renumbered");
                Err(diagnostic)
            }
        }
    }

    fn check_tables(&self, root: &Node) -> std::result::Result<(), Diagnostic> {
        let read = root.tables_read();
        for name in &read {
            if !self.tables.contains_key(*name) {
                return Err(unknown_table(name));
            }
        }
        let Op::Sink { table, .. } = &root.op else { return Ok(()) };
        let Some(entry) = self.tables.get(table) else { return Err(unknown_table(table)) };
        let Some(target) = entry.node else { return Ok(()) };
        let feeds_itself =
            read.iter().filter_map(|name| self.tables[*name].node).any(|node| self.reaches(target, node));
        if feeds_itself {
            return Err(Diagnostic::run("HW3204", format!("statement writes to `{table}`, from which it reads"))
                .detail("its changes would come back to it without end")
                .hint("write to another table"));
        }
        Ok(())
    }

    fn reaches(&self, from: NodeId, to: NodeId) -> bool {
        let mut pending = vec![from];
        let mut seen = vec![false; self.nodes.len()];
        while let Some(id) = pending.pop() {
            if id == to {
                return true;
            }
            if !std::mem::replace(&mut seen[id], true) {
                pending.extend(self.nodes[id].consumers.iter().map(|consumer| consumer.0));
            }
        }
        false
    }

    /// Operators that rows of these scans reach without passing through a table, or through a join that looks rows up in
    /// one: behind it event time means nothing, as behind every join of this kind. Inputs before consumers.
    pub(crate) fn behind(&self, scans: &[NodeId]) -> Vec<NodeId> {
        let mut reached = vec![false; self.nodes.len()];
        scans.iter().for_each(|scan| reached[*scan] = true);
        let mut behind = Vec::new();
        for &id in &self.order {
            let node = &self.nodes[id];
            if !reached[id] || node.reads_tables || matches!(node.body, Body::Table(_)) {
                continue;
            }
            if !scans.contains(&id) {
                behind.push(id);
            }
            self.nodes[id].consumers.iter().for_each(|(consumer, _)| reached[*consumer] = true);
        }
        behind
    }

    fn add_node(
        &mut self,
        node: &Node,
        statement: StatementId,
        generation: u64,
        options: &Options,
    ) -> std::result::Result<NodeId, Diagnostic> {
        // A sink is its statement's own, or two statements could not be told apart.
        let can_share = node.hash != 0 && !matches!(node.op, Op::Sink { .. });
        if let Some(&id) = self.shared.get(&(generation, node.hash)).filter(|_| can_share) {
            self.need(id, statement);
            return Ok(id);
        }
        let tables = self.table_inputs(node, options);
        let reads_tables = tables.iter().any(Option::is_some);
        let plan =
            |port: usize| tables.get(port).and_then(Option::as_ref).map_or(&node.inputs[port], |table| &table.plan);
        let inputs: Vec<NodeId> = (0..node.inputs.len())
            .map(|port| self.add_node(plan(port), statement, generation, options))
            .collect::<std::result::Result<_, _>>()?;
        let body = match &node.op {
            Op::Scan { .. } => Body::Scan(Box::new(Scan::new(node)?)),
            op => {
                let lookups = tables.map(|table| table.map(|table| table.lookup));
                lookups.iter().flatten().for_each(TableLookup::lend);
                let make = || operator::make(node, &lookups, options.setup());
                match operator::shard_keys(op).filter(|_| options.parallelism > 1) {
                    Some(keys) => {
                        Body::Operator(Box::new(shards::Sharded::new(node, keys, options.parallelism, make)?))
                    }
                    None => Body::Operator(make()?),
                }
            }
        };
        let ports = if matches!(node.op, Op::Scan { .. }) { 1 } else { inputs.len() };
        let id = self.nodes.len();
        let state_id = state_id(node.hash, generation, id);
        let mut added = GraphNode::new(operator::name(&node.op), state_id, body, ports, options);
        added.statements.push(statement);
        added.tells_late_rows = operator::tells_late_rows(&node.op);
        added.reads_tables = reads_tables;
        self.nodes.push(added);
        for (port, input) in inputs.into_iter().enumerate() {
            self.connect(input, id, port);
        }
        self.connect_scan(node, id);
        if can_share {
            self.shared.insert((generation, node.hash), id);
        }
        Ok(id)
    }

    fn need(&mut self, id: NodeId, statement: StatementId) {
        if self.nodes[id].statements.contains(&statement) {
            return;
        }
        self.nodes[id].statements.push(statement);
        let inputs: Vec<NodeId> = (0..self.nodes.len())
            .filter(|input| self.nodes[*input].consumers.iter().any(|consumer| consumer.0 == id))
            .filter(|input| !matches!(self.nodes[*input].body, Body::Table(_)))
            .collect();
        for input in inputs {
            self.need(input, statement);
        }
    }

    fn connect(&mut self, from: NodeId, to: NodeId, port: usize) {
        self.nodes[from].consumers.push((to, port));
        let Port { watermark, idle, .. } =
            Port { watermark: self.nodes[from].sent, idle: self.nodes[from].idle, sourceless: false };
        let input = &mut self.nodes[to].ports[port];
        (input.watermark, input.idle) = (watermark, idle);
    }

    fn connect_scan(&mut self, node: &Node, id: NodeId) {
        let Op::Scan { table, .. } = &node.op else { return };
        let entry = self.tables.get_mut(&table.name).expect("checked before");
        entry.scans.push(id);
        if let Some(table) = entry.node {
            self.connect(table, id, 0);
        }
    }

    fn connect_sink(&mut self, root: &Node, id: NodeId) {
        let Op::Sink { table, .. } = &root.op else { return };
        let Some(table) = self.tables[table].node else { return };
        let read = root.tables_read();
        let ports = &mut self.nodes[table].ports;
        ports.push(Port { watermark: NO_WATERMARK, idle: false, sourceless: read.is_empty() });
        let port = ports.len() - 1;
        self.connect(id, table, port);
    }

    /// Removes a statement and every operator that no other statement needs.
    pub(crate) fn detach(&mut self, statement: StatementId) {
        let mut gone = vec![false; self.nodes.len()];
        for (id, node) in self.nodes.iter_mut().enumerate() {
            let needed_it = node.statements.contains(&statement);
            node.statements.retain(|other| *other != statement);
            node.roots.retain(|other| *other != statement);
            gone[id] = needed_it && node.statements.is_empty();
        }
        for id in (0..gone.len()).filter(|id| gone[*id]) {
            for (consumer, port) in std::mem::take(&mut self.nodes[id].consumers) {
                // A port of a table stays, so that others keep their numbers; it holds nothing back.
                self.nodes[consumer].ports[port].sourceless = true;
            }
            self.nodes[id].body = Body::Operator(Box::new(operator::Removed));
            self.nodes[id].failed = true;
        }
        for node in &mut self.nodes {
            node.consumers.retain(|consumer| !gone[consumer.0]);
        }
        for table in self.tables.values_mut() {
            table.scans.retain(|scan| !gone[*scan]);
        }
        self.shared.retain(|_, id| !gone[*id]);
        self.sort();
    }

    fn sort(&mut self) {
        let mut seen = vec![false; self.nodes.len()];
        let mut order = Vec::with_capacity(self.nodes.len());
        for id in (0..self.nodes.len()).filter(|id| !self.nodes[*id].failed) {
            self.visit(id, &mut seen, &mut order);
        }
        order.reverse();
        self.order = order;
        self.note_late_rows();
    }

    /// Notes of every scan whether an operator that [`Graph::behind`] finds for it tells late rows, from the last node to the
    /// first.
    fn note_late_rows(&mut self) {
        let mut reaches = vec![false; self.nodes.len()];
        for id in self.order.iter().rev().copied() {
            let is_behind = self.nodes[id].consumers.iter().any(|(consumer, _)| reaches[*consumer]);
            let node = &mut self.nodes[id];
            reaches[id] = match node.body {
                Body::Table(_) => false,
                Body::Scan(_) => {
                    node.tells_late_rows = is_behind;
                    is_behind
                }
                Body::Operator(_) => !node.reads_tables && (is_behind || node.tells_late_rows),
            };
        }
    }

    fn visit(&self, id: NodeId, seen: &mut [bool], order: &mut Vec<NodeId>) {
        if std::mem::replace(&mut seen[id], true) {
            return;
        }
        for (consumer, _) in self.nodes[id].consumers.iter().rev() {
            self.visit(*consumer, seen, order);
        }
        order.push(id);
    }

    /// Tells every node what its inputs have reached, after a restore.
    pub(crate) fn reconnect(&mut self) {
        for id in self.order.clone() {
            let node = &mut self.nodes[id];
            let is_operator = matches!(node.body, Body::Operator(_)) && !node.ports.is_empty();
            node.idle = if is_operator { node.ports.iter().all(|port| port.idle) } else { node.idle };
            let (sent, idle) = (node.sent, node.idle);
            for (consumer, port) in node.consumers.clone() {
                let port = &mut self.nodes[consumer].ports[port];
                (port.watermark, port.idle) = (sent, idle);
            }
        }
    }

    pub(crate) fn root_of(&self, statement: StatementId) -> Option<NodeId> {
        self.order.iter().copied().find(|id| self.nodes[*id].roots.contains(&statement))
    }

    pub(crate) fn context(&self, id: NodeId, clock_millis: i64, options: &Options) -> Context {
        let node = &self.nodes[id];
        Context {
            clock_millis,
            watermark: node.watermark,
            time_zone: options.time_zone,
            seed: node.seed,
            is_bounded: options.mode == crate::options::Mode::Batch,
            limits: options.limits(),
        }
    }

    pub(crate) fn next_timer(&mut self) -> Option<i64> {
        let nodes = self.nodes.iter_mut().filter(|node| !node.failed);
        nodes.filter_map(|node| node.operator().and_then(|operator| operator.next_timer())).min()
    }

    pub(crate) fn statistics(&mut self) -> Vec<NodeStatistics> {
        let order = self.order.clone();
        order.into_iter().map(|id| self.nodes[id].statistics()).collect()
    }

    pub(crate) fn state_bytes(&mut self) -> usize {
        self.nodes.iter_mut().filter_map(GraphNode::operator).map(|operator| operator.state_bytes()).sum()
    }
}

impl GraphNode {
    fn statistics(&mut self) -> NodeStatistics {
        let (state_bytes, rows_late) =
            self.operator().map_or((0, 0), |operator| (operator.state_bytes(), operator.rows_late()));
        NodeStatistics {
            operator: self.name.to_owned(),
            state_id: self.state_id,
            rows_in: self.rows_in,
            rows_out: self.rows_out,
            rows_late,
            state_bytes,
            watermark: self.sent,
            statements: self.statements.clone(),
        }
    }
}

/// A plan without a hash is named by its place, which holds as long as the statements stay the same.
fn state_id(hash: u128, generation: u64, id: NodeId) -> u128 {
    match (hash, generation) {
        (0, _) => xxh3_128(format!("node {generation} {id}").as_bytes()),
        (hash, 0) => hash,
        (hash, generation) => xxh3_128(format!("{hash:032x} {generation}").as_bytes()),
    }
}

pub(crate) fn unknown_table(name: &str) -> Diagnostic {
    Diagnostic::run("HW9201", format!("table `{name}` is not known to the engine"))
        .detail("a plan or an input names a table that was not added")
        .hint("report it: the statement should have been refused before it ran")
}
