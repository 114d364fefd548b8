//! Calls over literals, in as much of SQL as the answers use: literals, CAST of literals, `||`, `+`, `-`, `*`, and the
//! special syntaxes of functions, lowered as the binder lowers them.

use data::text::number::parse_decimal;
use data::text::parse_value;
use data::time::Zone;
use data::types::{IntervalDay, IntervalMonth, MAX_LENGTH};
use data::{DataType, TypeKind, Value};

pub(crate) enum Node {
    Literal(Typed),
    Call(String, Vec<Node>),
}

pub(crate) struct Typed {
    pub(crate) value: Value,
    pub(crate) data_type: DataType,
}

pub(crate) fn parse(sql: &str) -> Result<Node, String> {
    let mut parser = Parser { rest: sql };
    let node = parser.expression()?;
    match parser.rest.trim() {
        "" => Ok(node),
        rest => Err(format!("`{rest}` is left over")),
    }
}

struct Parser<'a> {
    rest: &'a str,
}

impl Parser<'_> {
    fn skip(&mut self, text: &str) -> bool {
        self.rest = self.rest.trim_start();
        let Some(after) = self.rest.strip_prefix(text) else { return false };
        let word = text.ends_with(|c: char| c.is_ascii_alphanumeric());
        if word && after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') {
            return false;
        }
        self.rest = after;
        true
    }

    fn expect(&mut self, text: &str) -> Result<(), String> {
        if self.skip(text) { Ok(()) } else { Err(format!("`{text}` expected before `{}`", self.rest)) }
    }

    fn expression(&mut self) -> Result<Node, String> {
        let mut left = self.product()?;
        loop {
            let Some(operator) = ["||", "+", "-"].into_iter().find(|operator| self.skip(operator)) else {
                return Ok(left);
            };
            let right = self.product()?;
            left = Node::Call(operator.into(), vec![left, right]);
        }
    }

    fn product(&mut self) -> Result<Node, String> {
        let mut left = self.primary()?;
        while self.skip("*") {
            left = Node::Call("*".into(), vec![left, self.primary()?]);
        }
        Ok(left)
    }

    fn primary(&mut self) -> Result<Node, String> {
        self.rest = self.rest.trim_start();
        if self.skip("(") {
            let inner = self.expression()?;
            self.expect(")")?;
            return Ok(inner);
        }
        if self.rest.starts_with('\'') {
            let text = self.string()?;
            let data_type = DataType::not_null(TypeKind::Char(text.encode_utf16().count() as u32));
            return Ok(literal(Value::String(text), data_type));
        }
        if self.rest.starts_with("x'") {
            self.rest = &self.rest[1..];
            let hex = self.string()?;
            let data_type = DataType::not_null(TypeKind::Binary(hex.len() as u32 / 2));
            return Ok(literal(json(&data_type, &hex)?, data_type));
        }
        if self.rest.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
            return self.number();
        }
        let end = self.rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        match word {
            "TRUE" | "FALSE" => Ok(literal(Value::Boolean(word == "TRUE"), DataType::not_null(TypeKind::Boolean))),
            "NULL" => Ok(literal(Value::Null, DataType::new(TypeKind::Null))),
            "DATE" | "TIME" | "TIMESTAMP" if self.rest.trim_start().starts_with('\'') => self.datetime(word),
            "INTERVAL" => self.interval(),
            "CAST" => self.cast(),
            "ARRAY" | "MAP" if self.rest.starts_with('[') => {
                self.rest = &self.rest[1..];
                let mut parts = Vec::new();
                while !self.skip("]") {
                    parts.push(self.expression()?);
                    self.skip(",");
                }
                Ok(Node::Call(word.to_owned(), parts))
            }
            _ if self.rest.starts_with('(') => {
                self.rest = &self.rest[1..];
                self.call(word.to_owned())
            }
            _ => Ok(Node::Call(word.to_owned(), Vec::new())),
        }
    }

    fn string(&mut self) -> Result<String, String> {
        let mut text = String::new();
        let mut rest = &self.rest.trim_start()[1..];
        loop {
            let end = rest.find('\'').ok_or("a text without end")?;
            text.push_str(&rest[..end]);
            rest = &rest[end + 1..];
            match rest.strip_prefix('\'') {
                Some(after) => {
                    text.push('\'');
                    rest = after;
                }
                None => break,
            }
        }
        self.rest = rest;
        Ok(text)
    }

    fn number(&mut self) -> Result<Node, String> {
        let end = self.rest[1..].find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E'))).map(|at| at + 1);
        let (mut text, mut rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        if text.ends_with(['e', 'E']) && rest.starts_with('-') {
            let end = rest[1..].find(|c: char| !c.is_ascii_digit()).map_or(rest.len(), |at| at + 1);
            text = &self.rest[..text.len() + end];
            rest = &rest[end..];
        }
        self.rest = rest;
        if text.contains(['e', 'E']) {
            let number = text.parse().map_err(|_| "a number")?;
            return Ok(literal(Value::Double(number), DataType::not_null(TypeKind::Double)));
        }
        if let Some((whole, fraction)) = text.split_once('.') {
            let digits = whole.trim_start_matches(['-', '0']).len() + fraction.len();
            let (precision, scale) = (digits.max(fraction.len()) as u8, fraction.len() as u8);
            let value = parse_decimal(text, precision, scale).map_err(|_| "a decimal")?;
            return Ok(literal(Value::Decimal(value), DataType::decimal(precision, scale).with_nullable(false)));
        }
        Ok(match text.parse::<i32>() {
            Ok(number) => literal(Value::Int(number), DataType::not_null(TypeKind::Int)),
            Err(_) => {
                literal(Value::BigInt(text.parse().map_err(|_| "a number")?), DataType::not_null(TypeKind::BigInt))
            }
        })
    }

    fn datetime(&mut self, word: &str) -> Result<Node, String> {
        let text = self.string()?;
        let fraction = text.split_once('.').map_or(0, |(_, fraction)| fraction.len() as u8);
        let data_type = DataType::not_null(match word {
            "DATE" => TypeKind::Date,
            "TIME" => TypeKind::Time(fraction),
            _ => TypeKind::Timestamp(fraction),
        });
        Ok(literal(json(&data_type, &text)?, data_type))
    }

    fn interval(&mut self) -> Result<Node, String> {
        let text = self.string()?;
        let unit = ["DAY TO SECOND", "YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"]
            .into_iter()
            .find(|unit| self.skip(unit))
            .ok_or("an interval's unit")?;
        let number = || text.parse::<f64>().map_err(|_| format!("`{text}` is no number"));
        Ok(match unit {
            "YEAR" | "MONTH" => {
                let months = number()? as i32 * if unit == "YEAR" { 12 } else { 1 };
                literal(Value::IntervalMonth(months), DataType::not_null(TypeKind::IntervalMonth(IntervalMonth::Month)))
            }
            _ => {
                let millis = match unit {
                    "DAY" => number()? * 86_400_000.0,
                    "HOUR" => number()? * 3_600_000.0,
                    "MINUTE" => number()? * 60_000.0,
                    _ => number()? * 1_000.0,
                };
                let kind = TypeKind::IntervalDay(IntervalDay::Second);
                literal(Value::IntervalDay(millis as i64), DataType::not_null(kind))
            }
        })
    }

    /// CAST of a literal.
    fn cast(&mut self) -> Result<Node, String> {
        self.expect("(")?;
        let Node::Literal(from) = self.primary()? else { return Err("CAST of a literal only".into()) };
        self.expect("AS")?;
        let end = self.matching_end()?;
        let to = self.rest[..end].trim();
        let kind = type_of(to)?;
        self.rest = &self.rest[end + 1..];
        let data_type = DataType::new(kind).with_nullable(from.value.is_null());
        let value = match from.value {
            Value::Null => Value::Null,
            Value::String(text) => json(&data_type, &text)?,
            other => widened(other, &from.data_type, &data_type),
        };
        Ok(literal(value, data_type))
    }

    /// Where the parenthesis closes that is open here.
    fn matching_end(&self) -> Result<usize, String> {
        let mut depth = 1;
        for (at, character) in self.rest.char_indices() {
            depth += match character {
                '(' => 1,
                ')' => -1,
                _ => 0,
            };
            if depth == 0 {
                return Ok(at);
            }
        }
        Err("a parenthesis without end".into())
    }

    fn call(&mut self, name: String) -> Result<Node, String> {
        let mut args = Vec::new();
        if self.skip(")") {
            return Ok(Node::Call(name, args));
        }
        if name == "TRIM" {
            let ends = ["BOTH", "LEADING", "TRAILING"].into_iter().find(|ends| self.skip(ends));
            let first = if ends.is_some() && self.skip("FROM") { None } else { Some(self.expression()?) };
            let (set, text) = match first {
                None => (word(" "), self.expression()?),
                Some(first) if self.skip("FROM") => (first, self.expression()?),
                Some(text) => (word(" "), text),
            };
            self.expect(")")?;
            return Ok(Node::Call(name, vec![word(ends.unwrap_or("BOTH")), set, text]));
        }
        loop {
            let unit_first = args.is_empty() && (matches!(name.as_str(), "TIMESTAMPADD" | "TIMESTAMPDIFF" | "EXTRACT"));
            args.push(if unit_first { self.unit()? } else { self.expression()? });
            if self.skip("TO") {
                args.push(self.unit()?);
            }
            let separator = [",", "IN", "FROM", "FOR", "PLACING"].into_iter().find(|separator| self.skip(separator));
            if separator.is_none() {
                break;
            }
        }
        self.expect(")")?;
        Ok(Node::Call(name, args))
    }

    fn unit(&mut self) -> Result<Node, String> {
        self.rest = self.rest.trim_start();
        let end = self.rest.find(|c: char| !(c.is_ascii_alphabetic() || c == '_')).unwrap_or(self.rest.len());
        let (unit, rest) = self.rest.split_at(end);
        self.rest = rest;
        Ok(word(unit))
    }
}

fn literal(value: Value, data_type: DataType) -> Node {
    Node::Literal(Typed { value, data_type })
}

fn word(text: &str) -> Node {
    literal(Value::string(text), DataType::not_null(TypeKind::Char(text.encode_utf16().count() as u32)))
}

fn json(data_type: &DataType, text: &str) -> Result<Value, String> {
    parse_value(data_type, &serde_json::Value::String(text.to_owned()), Zone::UTC)
}

fn type_of(text: &str) -> Result<TypeKind, String> {
    if let Some(element) = text.strip_prefix("ARRAY<").and_then(|rest| rest.strip_suffix('>')) {
        return Ok(TypeKind::Array(Box::new(DataType::new(type_of(element)?))));
    }
    if let Some(entry) = text.strip_prefix("MAP<").and_then(|rest| rest.strip_suffix('>')) {
        let (key, value) = entry.split_once(',').ok_or("a map of keys and values")?;
        let (key, value) = (DataType::new(type_of(key.trim())?), DataType::new(type_of(value.trim())?));
        return Ok(TypeKind::Map(Box::new(key), Box::new(value)));
    }
    let (name, arguments) = text.split_once('(').unwrap_or((text, ""));
    let mut numbers = arguments.trim_end_matches(')').split(',').map(|number| number.trim().parse::<u32>());
    let mut number = |default: u32| numbers.next().and_then(Result::ok).unwrap_or(default);
    Ok(match name.trim() {
        "STRING" => TypeKind::VarChar(MAX_LENGTH),
        "VARCHAR" => TypeKind::VarChar(number(1)),
        "CHAR" => TypeKind::Char(number(1)),
        "BYTES" => TypeKind::VarBinary(MAX_LENGTH),
        "BOOLEAN" => TypeKind::Boolean,
        "TINYINT" => TypeKind::TinyInt,
        "SMALLINT" => TypeKind::SmallInt,
        "INT" => TypeKind::Int,
        "BIGINT" => TypeKind::BigInt,
        "FLOAT" => TypeKind::Float,
        "DOUBLE" => TypeKind::Double,
        "DECIMAL" => TypeKind::Decimal { precision: number(10) as u8, scale: number(0) as u8 },
        "DATE" => TypeKind::Date,
        "TIME" => TypeKind::Time(number(0) as u8),
        "TIMESTAMP" => TypeKind::Timestamp(number(6) as u8),
        "TIMESTAMP_LTZ" => TypeKind::TimestampLtz(number(6) as u8),
        other => return Err(format!("type {other} is not known here")),
    })
}

/// A number as a value of a wider type, and NULL as NULL.
pub(crate) fn widened(value: Value, from: &DataType, to: &DataType) -> Value {
    let (number, scale) = match value {
        Value::TinyInt(number) => (i128::from(number), 0),
        Value::SmallInt(number) => (i128::from(number), 0),
        Value::Int(number) => (i128::from(number), 0),
        Value::BigInt(number) => (i128::from(number), 0),
        Value::Decimal(unscaled) => match from.kind {
            TypeKind::Decimal { scale, .. } => (unscaled, u32::from(scale)),
            _ => (unscaled, 0),
        },
        Value::Float(number) => return Value::Double(f64::from(number)),
        Value::Double(number) if to.kind == TypeKind::Float => return Value::Float(number as f32),
        other => return other,
    };
    match to.kind {
        TypeKind::TinyInt => Value::TinyInt(number as i8),
        TypeKind::SmallInt => Value::SmallInt(number as i16),
        TypeKind::Int => Value::Int(number as i32),
        TypeKind::BigInt => Value::BigInt(number as i64),
        TypeKind::Float => Value::Float((number as f64 / 10_f64.powi(scale as i32)) as f32),
        TypeKind::Double => Value::Double(number as f64 / 10_f64.powi(scale as i32)),
        TypeKind::Decimal { scale: wanted, .. } => {
            Value::Decimal(number * 10_i128.pow(u32::from(wanted).saturating_sub(scale)))
        }
        _ => Value::Int(number as i32),
    }
}
