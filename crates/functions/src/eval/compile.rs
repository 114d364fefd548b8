//! From typed expressions to nodes.

use super::member::Members;
use super::{Block, Node, Op, Operand, Program};
use crate::expr::{Expr, ExprKind};
use crate::registry::{BindError, CallSite, Volatility};
use data::cast;
use data::{DataType, Diagnostic, Level, Phase, TypeKind, Value};
use std::collections::HashMap;

pub(super) fn program(exprs: &[Expr]) -> Result<Program, Diagnostic> {
    let mut compiler = Compiler::default();
    let outputs = exprs.iter().map(|expr| compiler.node(expr)).collect::<Result<_, _>>()?;
    Ok(Program { nodes: compiler.nodes, outputs })
}

/// Whether evaluating an expression can fail for some row.
pub(super) fn fallible(expr: &Expr) -> bool {
    let mut found = false;
    expr.walk(&mut |expr| {
        found |= match &expr.kind {
            ExprKind::Call { function, .. } => crate::scalar(function).is_none_or(|def| def.fallible),
            ExprKind::Cast { input, is_try: false } => {
                cast::supports(&input.data_type, &expr.data_type).is_none_or(|castable| castable.fallible)
            }
            _ => false,
        }
    });
    found
}

/// Whether an expression has one value for all rows of a batch.
pub(super) fn row_independent(expr: &Expr) -> bool {
    let mut independent = true;
    expr.walk(&mut |expr| {
        independent &= match &expr.kind {
            ExprKind::Column(_) => false,
            ExprKind::Call { function, .. } => {
                crate::scalar(function).is_some_and(|def| def.volatility != Volatility::Volatile)
            }
            _ => true,
        }
    });
    independent
}

/// Whether an expression draws random numbers: written twice, it has two values.
fn draws(expr: &Expr) -> bool {
    let mut found = false;
    expr.walk(&mut |expr| {
        if let ExprKind::Call { function, .. } = &expr.kind {
            found |= crate::scalar(function).is_some_and(|def| def.volatility == Volatility::Volatile);
        }
    });
    found
}

/// Whether an expression gives the same value at any time, in any zone.
pub(super) fn immutable(expr: &Expr) -> bool {
    let mut immutable = true;
    expr.walk(&mut |expr| {
        immutable &= match &expr.kind {
            // What is done with an instant follows the zone: its parts, its text, its rounding.
            ExprKind::Call { function, args } => {
                let instants = args.iter().any(|arg| matches!(arg.data_type.kind, TypeKind::TimestampLtz(_)));
                !instants && crate::scalar(function).is_some_and(|def| def.volatility == Volatility::Immutable)
            }
            ExprKind::Cast { input, .. } => !cast::follows_zone(&input.data_type, &expr.data_type),
            _ => true,
        }
    });
    immutable
}

/// Who can be asked for columns: the program around a block.
trait Outer {
    /// The node of this expression if there is one already that is not constant.
    fn known(&self, key: &str) -> Option<usize>;
    fn node(&mut self, expr: &Expr) -> Result<usize, Diagnostic>;
}

#[derive(Default)]
struct Compiler<'outer> {
    nodes: Vec<Node>,
    /// By the expression's debug text, which unlike JSON tells NaN from infinity.
    known: HashMap<String, usize>,
    outer: Option<&'outer mut dyn Outer>,
    /// Nodes of the outer program that are this one's columns.
    inputs: Vec<usize>,
}

impl Outer for Compiler<'_> {
    fn known(&self, key: &str) -> Option<usize> {
        self.known.get(key).copied().filter(|node| !self.nodes[*node].constant)
    }

    fn node(&mut self, expr: &Expr) -> Result<usize, Diagnostic> {
        let key = format!("{expr:?}");
        let shared = !draws(expr);
        if let (Some(node), true) = (self.known.get(&key), shared) {
            return Ok(*node);
        }
        let node = match self.outer_node(expr, &key)? {
            Some(outer) => {
                let index = self.inputs.iter().position(|input| *input == outer).unwrap_or(self.inputs.len());
                if index == self.inputs.len() {
                    self.inputs.push(outer);
                }
                Node { op: Op::Column(index), data_type: expr.data_type.clone(), constant: false }
            }
            None => {
                let op = self.op(expr)?;
                Node { op, data_type: expr.data_type.clone(), constant: row_independent(expr) }
            }
        };
        self.nodes.push(node);
        if shared {
            self.known.insert(key, self.nodes.len() - 1);
        }
        Ok(self.nodes.len() - 1)
    }
}

impl Compiler<'_> {
    /// What a block takes from the program around it: columns, what is computed there anyway, and what depends on the
    /// position of the row, which a block does not know.
    fn outer_node(&mut self, expr: &Expr, key: &str) -> Result<Option<usize>, Diagnostic> {
        let Some(outer) = self.outer.as_deref_mut() else { return Ok(None) };
        if let Some(node) = outer.known(key) {
            return Ok(Some(node));
        }
        let positional = !row_independent(expr) && !immutable(expr) && !fallible(expr);
        if expr.as_column().is_some() || positional { outer.node(expr).map(Some) } else { Ok(None) }
    }

    fn op(&mut self, expr: &Expr) -> Result<Op, Diagnostic> {
        Ok(match &expr.kind {
            ExprKind::Column(index) => Op::Column(*index),
            ExprKind::Literal(value) => Op::Literal(Value::column(&expr.data_type, [value])),
            ExprKind::Call { function, args } => self.call(function, args, &expr.data_type)?,
            ExprKind::Cast { input, .. } if input.data_type.kind == TypeKind::Null => {
                Op::Literal(Value::column(&expr.data_type, [&Value::Null]))
            }
            ExprKind::Cast { input, is_try } => {
                if cast::supports(&input.data_type, &expr.data_type).is_none() {
                    let message = format!("a {} cannot be cast to {}", input.data_type, expr.data_type);
                    return Err(fault("HW2603", message));
                }
                Op::Cast { input: self.node(input)?, is_try: *is_try }
            }
            ExprKind::Case { branches, otherwise } => {
                let mut compiled = Vec::with_capacity(branches.len());
                for (index, (when, then)) in branches.iter().enumerate() {
                    let when = if index == 0 { Operand::Strict(self.node(when)?) } else { self.operand(when)? };
                    compiled.push((when, self.operand(then)?));
                }
                let null = Expr::literal(Value::Null, expr.data_type.clone());
                Op::Case { branches: compiled, otherwise: self.operand(otherwise.as_deref().unwrap_or(&null))? }
            }
            ExprKind::And(operands) => Op::And(self.operands(operands)?),
            ExprKind::Or(operands) => Op::Or(self.operands(operands)?),
            ExprKind::Coalesce(operands) => Op::Coalesce(self.operands(operands)?),
            ExprKind::InList { input, list } => self.in_list(input, list)?,
            ExprKind::Field { input, index } => Op::Field { input: self.node(input)?, index: *index },
        })
    }

    fn call(&mut self, function: &str, args: &[Expr], result_type: &DataType) -> Result<Op, Diagnostic> {
        let def = crate::scalar(function).ok_or_else(|| fault("HW2601", format!("no function is named {function}")))?;
        let arg_types: Vec<DataType> = args.iter().map(|arg| arg.data_type.clone()).collect();
        let literals: Vec<Option<Value>> = args.iter().map(|arg| arg.as_literal().cloned()).collect();
        let site = CallSite { arg_types: &arg_types, literals: &literals, result_type };
        let kernel = (def.kernel)(&site).map_err(|error| invalid(function, error))?;
        let args: Vec<usize> = args.iter().map(|arg| self.node(arg)).collect::<Result<_, _>>()?;
        let constant = args.iter().map(|arg| self.nodes[*arg].constant).collect();
        let draw = (def.volatility == Volatility::Volatile).then_some(self.nodes.len() as u64);
        Ok(Op::Call { kernel, args, constant, draw })
    }

    /// The first operand is always needed; another is a block when it can fail.
    fn operands(&mut self, operands: &[Expr]) -> Result<Vec<Operand>, Diagnostic> {
        let mut compiled = Vec::with_capacity(operands.len());
        for (index, operand) in operands.iter().enumerate() {
            compiled.push(if index == 0 { Operand::Strict(self.node(operand)?) } else { self.operand(operand)? });
        }
        Ok(compiled)
    }

    fn operand(&mut self, expr: &Expr) -> Result<Operand, Diagnostic> {
        if self.known.contains_key(&format!("{expr:?}")) || !fallible(expr) {
            return Ok(Operand::Strict(self.node(expr)?));
        }
        let mut inner = Compiler { outer: Some(self), ..Compiler::default() };
        let output = inner.node(expr)?;
        let Compiler { nodes, inputs, .. } = inner;
        Ok(Operand::Lazy(Block { inputs, program: Program { nodes, outputs: vec![output] } }))
    }

    /// Literals are looked up in a set; other items are compared one by one, as OR would.
    fn in_list(&mut self, input: &Expr, list: &[Expr]) -> Result<Op, Diagnostic> {
        let literals: Vec<&Value> = list.iter().filter_map(Expr::as_literal).collect();
        let others: Vec<&Expr> = list.iter().filter(|item| item.as_literal().is_none()).collect();
        let members = if literals.len() > 1 { Members::of(&input.data_type, &literals) } else { None };
        let node = self.node(input)?;
        match members {
            Some(members) if others.is_empty() => Ok(Op::Member { input: node, members }),
            members => {
                let compared: Vec<&Expr> = if members.is_some() { others } else { list.iter().collect() };
                let nullable = DataType::boolean();
                let equals = |item: &Expr| Expr::call("=", vec![input.clone(), item.clone()], nullable.clone());
                let mut operands = Vec::with_capacity(compared.len() + 1);
                if let Some(members) = members {
                    let constant = self.nodes[node].constant;
                    let op = Op::Member { input: node, members };
                    self.nodes.push(Node { op, data_type: nullable.clone(), constant });
                    operands.push(Operand::Strict(self.nodes.len() - 1));
                }
                for item in compared {
                    operands.push(self.operand(&equals(item))?);
                }
                Ok(Op::Or(operands))
            }
        }
    }
}

fn fault(code: &'static str, message: String) -> Diagnostic {
    Diagnostic::new(Level::Error, Phase::Plan, code, message)
}

fn invalid(function: &str, error: BindError) -> Diagnostic {
    let diagnostic = fault("HW2602", format!("{function} cannot be evaluated")).detail(error.message);
    match error.hint {
        Some(hint) => diagnostic.hint(hint),
        None => diagnostic,
    }
}
