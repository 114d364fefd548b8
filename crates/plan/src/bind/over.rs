//! OVER: window functions. Calls with the same partition, order and frame share one node.
//!
//! ROW_NUMBER with a filter on it becomes a Top-N or a deduplication later, in a rewrite.

use super::correlate::own_column;
use super::order::sort_key;
use super::walk::walk;
use super::{Binder, Clause, all};
use crate::error::Bound;
use crate::node::{AggregateCall, Column, Frame, Node, Op, SortKey};
use crate::types::cast_to;
use data::types::{DataType, TypeKind};
use data::{Diagnostic, Span, Value};
use functions::{BindArg, Expr};
use sql::ast::{self, ArgValue, ExprKind as Syntax, FrameBound, FrameUnit, Over, WindowSpec};

/// How columns of results are named until the SELECT names them.
pub(crate) const RESULT_COLUMN: &str = "$w";

/// An OVER call over the frame's relation, and its column once it is computed.
#[derive(Clone, Debug)]
pub(crate) struct BoundOver {
    pub(crate) window: BoundWindow,
    pub(crate) call: OverCall,
    pub(crate) column: Expr,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BoundWindow {
    partition: Vec<Expr>,
    order: Vec<(Expr, SortKey)>,
    frame: Frame,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OverCall {
    function: String,
    args: Vec<Expr>,
    distinct: bool,
    filter: Option<Expr>,
    result: DataType,
}

/// The expressions an OVER call is computed from.
pub(crate) fn parts(call: &ast::Call) -> Vec<&ast::Expr> {
    let args = call.args.iter().filter_map(|arg| match &arg.value {
        ArgValue::Expr(expr) => Some(expr),
        _ => None,
    });
    let mut parts: Vec<&ast::Expr> = args.chain(&call.filter).collect();
    if let Some(Over::Spec(spec)) = &call.over {
        parts.extend(&spec.partition_by);
        parts.extend(spec.order_by.iter().map(|item| &item.expr));
    }
    parts
}

impl Binder<'_> {
    /// Computes all OVER calls of a SELECT as columns behind the frame's relation.
    pub(crate) fn collect_overs(&mut self, select: &ast::Select, order_by: &[ast::OrderItem]) -> Bound<()> {
        let items = select.items.iter().filter_map(|item| match &item.kind {
            ast::SelectItemKind::Expr { expr, .. } => Some(expr),
            _ => None,
        });
        let mut calls = Vec::new();
        for expr in items.chain(&select.qualify).chain(order_by.iter().map(|item| &item.expr)) {
            walk(expr, &mut |part| {
                if let Syntax::Call(call) = &part.kind
                    && call.over.is_some()
                {
                    calls.push((&**call, part.span));
                }
            });
        }
        let mut bound: Vec<BoundOver> = Vec::new();
        let mut failed = Ok(());
        for (call, span) in calls {
            match self.in_clause(Clause::Select, |binder| binder.bind_over(call, span)) {
                Ok(over) if bound.iter().any(|known| known.window == over.window && known.call == over.call) => {}
                Ok(over) => bound.push(over),
                Err(reported) => failed = Err(reported),
            }
        }
        failed?;
        self.apply_overs(bound);
        Ok(())
    }

    fn apply_overs(&mut self, mut bound: Vec<BoundOver>) {
        if bound.is_empty() {
            return;
        }
        let mut windows: Vec<BoundWindow> = Vec::new();
        for over in &bound {
            if !windows.contains(&over.window) {
                windows.push(over.window.clone());
            }
        }
        let mut node = self.frame().node.take().expect("a SELECT has a relation");
        for window in windows {
            node = over_node(node, &window, &mut bound);
        }
        self.frame().node = Some(node);
        self.frame().overs = bound;
    }

    /// The column of an OVER call that was computed before.
    pub(crate) fn over_call(&mut self, call: &ast::Call, span: Span) -> Bound<Expr> {
        if self.frame().overs.is_empty() {
            return self.fail(
                Diagnostic::plan("HW2008", span, "OVER cannot stand here")
                    .detail("Windowed aggregate expression is illegal in this clause")
                    .hint("compute it in the SELECT list of a subquery and filter outside, or use QUALIFY"),
            );
        }
        let over = self.bind_over(call, span)?;
        let known = self.frame().overs.iter().find(|known| known.window == over.window && known.call == over.call);
        match known {
            Some(known) => Ok(known.column.clone()),
            None => self.unsupported(span, "an OVER call inside another", "compute the inner one in a subquery"),
        }
    }

    fn bind_over(&mut self, call: &ast::Call, span: Span) -> Bound<BoundOver> {
        let spec = match &call.over {
            Some(Over::Spec(spec)) => spec.clone(),
            Some(Over::Name(name)) => self.named_window(name)?,
            None => return self.unsupported(span, "this call", "write OVER"),
        };
        let spec = self.refined(spec)?;
        let window = self.window(&spec, call, span)?;
        let call = self.over_function(call, &window.frame, span)?;
        let column = Expr::column(usize::MAX, call.result.clone());
        Ok(BoundOver { window, call, column })
    }

    fn named_window(&mut self, name: &ast::Ident) -> Bound<WindowSpec> {
        let window = self.frame().windows.iter().find(|window| window.name.value == name.value);
        match window.map(|window| window.spec.clone()) {
            Some(spec) => Ok(spec),
            None => self.fail(
                Diagnostic::plan("HW2019", name.span, format!("there is no window '{}'", name.value))
                    .detail(format!("Window '{}' not found", name.value))
                    .hint(format!("add WINDOW {} AS (...) to the query", name.value)),
            ),
        }
    }

    /// A specification that begins with the name of another adds to it.
    fn refined(&mut self, spec: WindowSpec) -> Bound<WindowSpec> {
        let Some(base) = &spec.base else { return Ok(spec) };
        let base = self.named_window(base)?;
        let base = self.refined(base)?;
        Ok(WindowSpec {
            base: None,
            partition_by: if spec.partition_by.is_empty() { base.partition_by } else { spec.partition_by },
            order_by: if spec.order_by.is_empty() { base.order_by } else { spec.order_by },
            frame: spec.frame.or(base.frame),
            span: spec.span,
        })
    }

    fn window(&mut self, spec: &WindowSpec, call: &ast::Call, span: Span) -> Bound<BoundWindow> {
        let partition = self.exprs(&spec.partition_by);
        let mut order = Vec::new();
        for item in &spec.order_by {
            order.push(self.expr(&item.expr).map(|expr| (expr, sort_key(item, 0))));
        }
        let frame = self.over_frame(spec, call, span);
        Ok(BoundWindow { partition: partition?, order: all(order)?, frame: frame? })
    }

    fn over_frame(&mut self, spec: &WindowSpec, call: &ast::Call, span: Span) -> Bound<Frame> {
        let ranking = is_ranking(call.name.last());
        if (ranking || is_offset(call.name.last())) && spec.order_by.is_empty() {
            let name = call.name.last().to_uppercase();
            return self.fail(
                Diagnostic::plan("HW2019", span, format!("{name} needs an order"))
                    .detail(
                        "Over Agg: The window rank function requires order by clause with non-constant fields. \
                         please re-check the over window statement.",
                    )
                    .hint("add ORDER BY to the OVER clause"),
            );
        }
        let Some(frame) = &spec.frame else {
            // The whole partition without an order, else up to the current row and its peers.
            let following = if spec.order_by.is_empty() { None } else { Some(0) };
            let rows = call.name.last().eq_ignore_ascii_case("ROW_NUMBER");
            return Ok(Frame { rows, preceding: None, following });
        };
        if ranking || is_offset(call.name.last()) {
            return self.fail(
                Diagnostic::plan("HW2019", frame.span, format!("{} has no frame", call.name.last().to_uppercase()))
                    .detail("ROW/RANGE not allowed with RANK, DENSE_RANK, ROW_NUMBER, PERCENTILE_CONT/DISC or LAG/LEAD functions")
                    .hint("leave the frame out"),
            );
        }
        if frame.disallow_partial {
            return self.unsupported(frame.span, "DISALLOW PARTIAL", "leave it out");
        }
        let preceding = self.frame_bound(&frame.start, false)?;
        let following = self.frame_bound(&frame.end, true)?;
        Ok(Frame { rows: frame.unit == FrameUnit::Rows, preceding, following })
    }

    /// Distance of a bound from the current row, in the frame's direction.
    fn frame_bound(&mut self, bound: &FrameBound, end: bool) -> Bound<Option<i64>> {
        let (expr, behind) = match bound {
            FrameBound::UnboundedPreceding | FrameBound::UnboundedFollowing => return Ok(None),
            FrameBound::CurrentRow => return Ok(Some(0)),
            FrameBound::Preceding(expr) => (expr, true),
            FrameBound::Following(expr) => (expr, false),
        };
        let value = self.expr(expr)?;
        let amount = match self.session.constant(&value) {
            Some(Value::Int(amount)) => i64::from(amount),
            Some(Value::BigInt(amount) | Value::IntervalDay(amount)) => amount,
            _ => {
                return self.fail(
                    Diagnostic::plan("HW2015", expr.span, "a window frame needs a constant distance")
                        .detail("the bounds of a frame are numbers or intervals")
                        .hint("write 10 PRECEDING or INTERVAL '1' HOUR PRECEDING"),
                );
            }
        };
        Ok(Some(if behind == end { -amount } else { amount }))
    }

    fn over_function(&mut self, call: &ast::Call, frame: &Frame, span: Span) -> Bound<OverCall> {
        let name = call.name.last().to_uppercase();
        let args = call.args.iter().filter_map(|arg| match &arg.value {
            ArgValue::Expr(expr) => Some(self.expr(expr)),
            _ => None,
        });
        let args = all(args.collect())?;
        let filter = call.filter.as_ref().map(|filter| self.condition(filter, "FILTER")).transpose()?;
        if is_ranking(&name) {
            let is_share = ["PERCENT_RANK", "CUME_DIST"].contains(&name.as_str());
            let result = DataType::not_null(if is_share { TypeKind::Double } else { TypeKind::BigInt });
            if name == "NTILE" {
                self.whole_number(args.first(), 1, &name, span)?;
            }
            return Ok(OverCall { function: name, args, distinct: false, filter, result });
        }
        if is_offset(&name) {
            return self.offset_function(name, args, filter, span);
        }
        let Some(def) = functions::aggregate(&name) else {
            return self.unsupported(span, &format!("{name} with OVER"), "use an aggregate function or ROW_NUMBER");
        };
        let bind_args: Vec<BindArg> =
            args.iter().map(|arg| BindArg { data_type: &arg.data_type, literal: arg.as_literal() }).collect();
        // Flink takes a frame that does not begin with the partition for one that may be empty.
        match (def.bind)(&bind_args, frame.preceding.is_none()) {
            Ok(binding) => {
                let args = args.into_iter().zip(&binding.params).map(|(arg, param)| cast_to(arg, param)).collect();
                let function = def.name.to_owned();
                Ok(OverCall { function, args, distinct: call.distinct, filter, result: binding.result })
            }
            Err(error) => self.fail(
                Diagnostic::plan("HW2006", span, format!("'{name}' cannot aggregate these arguments"))
                    .detail(error.message)
                    .hint(error.hint.unwrap_or_else(|| format!("it is written {}", def.syntax.join(" or ")))),
            ),
        }
    }

    /// LAG and LEAD: a value, how many rows away, and what stands where there is no such row.
    fn offset_function(
        &mut self,
        function: String,
        mut args: Vec<Expr>,
        filter: Option<Expr>,
        span: Span,
    ) -> Bound<OverCall> {
        let Some(value) = args.first().map(|value| value.data_type.clone()).filter(|_| args.len() <= 3) else {
            return self.fail(
                Diagnostic::plan("HW2005", span, format!("'{function}' has no form with {} arguments", args.len()))
                    .detail("it takes a value, a number of rows and a default")
                    .hint(format!("it is written {function}(value [, rows [, default]])")),
            );
        };
        if args.len() > 1 {
            self.whole_number(args.get(1), i64::MIN, &function, span)?;
        }
        let nullable = args.get(2).is_none_or(|default| default.data_type.nullable);
        let result = value.clone().with_nullable(nullable);
        if let Some(default) = args.get(2)
            && functions::typing::common_type(&[&value, &default.data_type]).is_none()
        {
            let message = format!("the default of {function} has another type than its value");
            return self.fail(
                Diagnostic::plan("HW2006", span, message)
                    .detail(format!("{} is no {}", default.data_type, value))
                    .hint("write a default of the value's type, or CAST it"),
            );
        }
        if let [_, _, default] = args.as_mut_slice() {
            *default = cast_to(default.clone(), &result);
        }
        Ok(OverCall { function, args, distinct: false, filter, result })
    }

    /// An argument has to be a constant whole number.
    fn whole_number(&mut self, arg: Option<&Expr>, least: i64, function: &str, span: Span) -> Bound<()> {
        let value = arg.and_then(|arg| self.session.constant(arg));
        let value = match value {
            Some(Value::TinyInt(value)) => Some(i64::from(value)),
            Some(Value::SmallInt(value)) => Some(i64::from(value)),
            Some(Value::Int(value)) => Some(i64::from(value)),
            Some(Value::BigInt(value)) => Some(value),
            _ => None,
        };
        match value.filter(|value| *value >= least) {
            Some(_) => Ok(()),
            None => self.fail(
                Diagnostic::plan("HW2006", span, format!("{function} needs a constant number of rows or buckets"))
                    .detail("the number is part of the plan")
                    .hint(format!("write a number: {function}({}2)", if function == "NTILE" { "" } else { "value, " })),
            ),
        }
    }
}

fn is_offset(name: &str) -> bool {
    ["LAG", "LEAD"].iter().any(|known| name.eq_ignore_ascii_case(known))
}

fn is_ranking(name: &str) -> bool {
    ["ROW_NUMBER", "RANK", "DENSE_RANK", "PERCENT_RANK", "CUME_DIST", "NTILE"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
}

/// One Over node, with what it needs computed below it.
fn over_node(input: Node, window: &BoundWindow, bound: &mut [BoundOver]) -> Node {
    let mut more: Vec<(String, Expr)> = Vec::new();
    let width = input.width();
    let mut place = |expr: &Expr| {
        if let Some(at) = own_column(expr) {
            return at;
        }
        if let Some(at) = more.iter().position(|(_, known)| known == expr) {
            return width + at;
        }
        more.push((format!("$o{}", more.len()), expr.clone()));
        width + more.len() - 1
    };
    let partition = window.partition.iter().map(&mut place).collect();
    let order = window.order.iter().map(|(expr, key)| SortKey { column: place(expr), ..*key }).collect();
    let mut calls = Vec::new();
    let mut names = Vec::new();
    for over in bound.iter_mut().filter(|over| over.window == *window) {
        let args = over.call.args.iter().map(|arg| match arg.kind {
            functions::ExprKind::Literal(_) => arg.clone(),
            _ => Expr::column(place(arg), arg.data_type.clone()),
        });
        let args = args.collect();
        let filter = over.call.filter.as_ref().map(&mut place);
        let (function, result) = (over.call.function.clone(), over.call.result.clone());
        names.push(Column::new(format!("{RESULT_COLUMN}{}", calls.len()), result.clone()));
        calls.push(AggregateCall { function, args, distinct: over.call.distinct, filter, result });
    }
    let below = Node::append(input, more);
    let first = below.width();
    let columns: Vec<Column> = below.columns.iter().cloned().chain(names).collect();
    for (at, over) in bound.iter_mut().filter(|over| over.window == *window).enumerate() {
        over.column = Expr::column(first + at, over.call.result.clone());
    }
    Node::new(Op::Over { partition, order, frame: window.frame.clone(), calls }, vec![below], columns)
}
