//! Window table functions: TUMBLE, HOP and CUMULATE over a table with a time attribute.

use super::{Binder, Frame};
use crate::error::{Bound, did_you_mean};
use crate::node::{Bound as WindowBound, Column, Node, Op, TimeAttribute, Window, WindowKind};
use data::types::{DataType, TypeKind};
use data::{Diagnostic, Span, Value};
use sql::ast::{self, ArgValue, TableArgSource};

/// Parameters of the functions in the order of positional arguments.
const TUMBLE: &[&str] = &["DATA", "TIMECOL", "SIZE", "OFFSET"];
const HOP: &[&str] = &["DATA", "TIMECOL", "SLIDE", "SIZE", "OFFSET"];
const CUMULATE: &[&str] = &["DATA", "TIMECOL", "STEP", "SIZE", "OFFSET"];

impl Binder<'_> {
    pub(crate) fn table_function(&mut self, call: &ast::Call, span: Span) -> Bound<Node> {
        let name = call.name.last().to_uppercase();
        let params = match name.as_str() {
            "TUMBLE" => TUMBLE,
            "HOP" => HOP,
            "CUMULATE" => CUMULATE,
            "SESSION" => {
                return self.unsupported(span, "the SESSION window function", "use TUMBLE or HOP windows");
            }
            _ => return self.unknown_table_function(&name, span),
        };
        let args = self.window_args(&name, call, params, span)?;
        let wrong = |binder: &mut Self| binder.wrong_window_call(&name, params, span);
        let (Some(Some(data)), Some(Some(time))) = (args.first(), args.get(1)) else { return wrong(self) };
        let input = match &data.value {
            ArgValue::Table(table) => self.table_argument(table)?,
            _ => return wrong(self),
        };
        let ArgValue::Descriptor(columns) = &time.value else { return wrong(self) };
        let [column] = columns.as_slice() else { return wrong(self) };
        let (column, attribute) = self.time_column(&input, column)?;
        let mut amounts = Vec::new();
        for (arg, param) in args[2..].iter().zip(&params[2..]) {
            amounts.push(match arg {
                Some(arg) => Some(self.interval_argument(arg, &name)?),
                None if *param == "OFFSET" => None,
                None => return wrong(self),
            });
        }
        let kind = self.window_kind(&name, &amounts, span)?;
        let window = Window { kind, bound: WindowBound::Time(column), time_attribute: attribute };
        Ok(assign(input, window, column))
    }

    fn unknown_table_function<T>(&mut self, name: &str, span: Span) -> Bound<T> {
        if matches!(name, "ML_PREDICT" | "ML_EVALUATE" | "VECTOR_SEARCH" | "TO_CHANGELOG" | "FROM_CHANGELOG") {
            return self.unsupported(span, &format!("the table function {name}"), "leave it out");
        }
        let hint = did_you_mean(name, ["TUMBLE", "HOP", "CUMULATE"], "there are TUMBLE, HOP and CUMULATE");
        self.fail(
            Diagnostic::plan("HW2004", span, format!("there is no table function '{name}'"))
                .detail(format!("No match found for function signature {name}"))
                .hint(hint),
        )
    }

    fn wrong_window_call<T>(&mut self, name: &str, params: &[&str], span: Span) -> Bound<T> {
        let intervals: Vec<String> = params[2..params.len() - 1].iter().map(|param| param.to_lowercase()).collect();
        let form = format!("{name}(TABLE t, DESCRIPTOR(ts), {} [, offset])", intervals.join(", "));
        self.fail(
            Diagnostic::plan("HW2032", span, format!("{name} is called with the wrong arguments"))
                .detail(format!("Supported form(s): {form}"))
                .hint(format!("write {form}, each interval like INTERVAL '5' MINUTE")),
        )
    }

    /// Arguments by parameter, whether they were named or not.
    fn window_args<'a>(
        &mut self,
        name: &str,
        call: &'a ast::Call,
        params: &[&str],
        span: Span,
    ) -> Bound<Vec<Option<&'a ast::Arg>>> {
        let mut args: Vec<Option<&ast::Arg>> = vec![None; params.len()];
        for (at, arg) in call.args.iter().enumerate() {
            let position = match &arg.name {
                None => Some(at).filter(|at| *at < params.len()),
                Some(given) => params.iter().position(|param| param.eq_ignore_ascii_case(&given.value)),
            };
            match position {
                Some(at) => args[at] = Some(arg),
                None => return self.wrong_window_call(name, params, span),
            }
        }
        Ok(args)
    }

    fn table_argument(&mut self, table: &ast::TableArg) -> Bound<Node> {
        if !table.partition_by.is_empty() || !table.order_by.is_empty() {
            return self.unsupported(table.span, "PARTITION BY in a window function", "group by the columns instead");
        }
        match &table.source {
            TableArgSource::Table(name) => {
                let (node, _) = self.table(name, &[])?;
                match node.columns.last() {
                    Some(last) if last.name == super::table::ROWTIME => {
                        let visible: Vec<usize> = (0..node.width() - 1).collect();
                        Ok(Node::project(node, &visible))
                    }
                    _ => Ok(node),
                }
            }
            TableArgSource::Query(query) => {
                let (node, _) = self.in_frame(Frame::new(Default::default(), None), |binder| binder.subquery(query));
                node
            }
        }
    }

    fn time_column(&mut self, input: &Node, ident: &ast::Ident) -> Bound<(usize, TimeAttribute)> {
        let (name, span) = (ident.value.as_str(), ident.span);
        let Some(at) = input.columns.iter().position(|column| column.name == name) else {
            let names = input.columns.iter().map(|column| column.name.as_str());
            let hint = did_you_mean(name, names, "name a column of the table");
            return self.fail(
                Diagnostic::plan("HW2002", span, format!("column '{name}' is unknown"))
                    .detail(format!("Unknown identifier '{name}'"))
                    .hint(hint),
            );
        };
        let column = &input.columns[at];
        let timestamp = column.data_type.kind.is_timestamp();
        match column.time {
            Some(time) => Ok((at, time)),
            None if self.batch && timestamp => Ok((at, TimeAttribute::Event)),
            None => {
                let data_type = column.data_type.clone();
                let wanted = if timestamp { "is a time attribute type" } else { "to be TIMESTAMP or TIMESTAMP_LTZ" };
                self.fail(
                    Diagnostic::plan("HW2033", span, format!("'{name}' is no time attribute"))
                        .detail(format!("The window function requires the timecol {wanted}, but is {data_type}."))
                        .hint(format!("declare WATERMARK FOR {name} AS ... in its table, and do not cast the column")),
                )
            }
        }
    }

    /// Milliseconds of an interval argument.
    fn interval_argument(&mut self, arg: &ast::Arg, name: &str) -> Bound<i64> {
        let bound = match &arg.value {
            ArgValue::Expr(expr) => {
                let frame = Frame::new(Default::default(), None);
                let (bound, _) = self.in_frame(frame, |binder| binder.expr(expr));
                Some(bound?)
            }
            _ => None,
        };
        match bound.and_then(|expr| self.session.constant(&expr)) {
            Some(Value::IntervalDay(millis)) => Ok(millis),
            _ => self.fail(
                Diagnostic::plan("HW2032", arg.span, format!("{name} needs an interval of days to seconds"))
                    .detail("the size of a window is a constant number of milliseconds")
                    .hint("write INTERVAL '5' MINUTE"),
            ),
        }
    }

    fn window_kind(&mut self, name: &str, amounts: &[Option<i64>], span: Span) -> Bound<WindowKind> {
        let first = amounts[0].unwrap_or(0);
        let offset = amounts.last().copied().flatten().unwrap_or(0);
        let (size, step) = if name == "TUMBLE" { (first, first) } else { (amounts[1].unwrap_or(0), first) };
        if size <= 0 || step <= 0 {
            let error = Diagnostic::plan("HW2034", span, format!("the windows of {name} have no length"))
                .detail(format!("{name} needs sizes greater than 0"))
                .hint("write a positive interval");
            return self.fail(error);
        }
        if name == "CUMULATE" && size % step != 0 {
            return self.fail(
                Diagnostic::plan("HW2034", span, "the size of CUMULATE is no multiple of its step")
                    .detail(format!(
                        "CUMULATE table function based aggregate requires maxSize must be an integral multiple of \
                         step, but got maxSize {size} ms and step {step} ms"
                    ))
                    .hint("choose a size that is a multiple of the step"),
            );
        }
        Ok(match name {
            "TUMBLE" => WindowKind::Tumble { size, offset },
            "HOP" => WindowKind::Hop { size, slide: step, offset },
            _ => WindowKind::Cumulate { max: size, step, offset },
        })
    }
}

/// The input with window_start, window_end and window_time.
fn assign(input: Node, window: Window, time: usize) -> Node {
    let edge = DataType::not_null(TypeKind::Timestamp(3));
    let attribute = Column {
        name: "window_time".to_owned(),
        data_type: input.columns[time].data_type.clone().with_nullable(false),
        time: input.columns[time].time,
    };
    let mut columns = input.columns.clone();
    columns.push(Column::new("window_start", edge.clone()));
    columns.push(Column::new("window_end", edge));
    columns.push(attribute);
    Node::new(Op::WindowAssign { window }, vec![input], columns)
}
