//! Type names.

use super::{Expect, Parser, Read};
use crate::ast::{Ident, ObjectName, RowFieldType, Text, TimeZone, TypeName, TypeNameKind};
use crate::keyword::Kw;
use crate::lexer::TokenKind;

impl Parser<'_> {
    /// A type with the nullability that may follow it: in columns, fields, elements.
    pub(crate) fn type_name(&mut self) -> Read<TypeName> {
        self.type_with_suffixes(true)
    }

    /// The target of a CAST, whose own nullability is not written.
    pub(super) fn cast_type(&mut self) -> Read<TypeName> {
        if self.peek_kw(Kw::INTERVAL) {
            let start = self.advance().span;
            let qualifier = self.interval_qualifier()?;
            return Ok(TypeName { kind: TypeNameKind::Interval(qualifier), nullable: None, span: self.since(start) });
        }
        self.type_with_suffixes(false)
    }

    /// `INT ARRAY MULTISET`: each suffix wraps the type once more.
    fn type_with_suffixes(&mut self, nullability: bool) -> Read<TypeName> {
        let start = self.span();
        let mut read = self.nested(Self::type_base)?;
        let mut suffixes = 0;
        loop {
            if nullability {
                self.nullability(&mut read)?;
            }
            let array = self.at_kw(Kw::ARRAY);
            if !array && !self.at_kw(Kw::MULTISET) {
                return Ok(read);
            }
            self.check_depth(suffixes)?;
            suffixes += 1;
            self.advance();
            if !nullability {
                // In a cast, what stands before the suffix is never NULL: CAST(x AS INT ARRAY) is ARRAY<INT NOT NULL>.
                read.nullable = Some(false);
            }
            let kind = if array { TypeNameKind::Array(Box::new(read)) } else { TypeNameKind::Multiset(Box::new(read)) };
            read = TypeName { kind, nullable: None, span: self.since(start) };
        }
    }

    /// The element of ARRAY<...> or MULTISET<...>, which takes no suffix.
    fn element_type(&mut self) -> Read<TypeName> {
        let mut read = self.nested(Self::type_base)?;
        self.nullability(&mut read)?;
        Ok(read)
    }

    fn nullability(&mut self, read: &mut TypeName) -> Read<()> {
        if self.peek_kws(&[Kw::NOT, Kw::NULL]) {
            self.advance();
            self.advance();
            read.nullable = Some(false);
        } else if self.eat_kw(Kw::NULL) {
            read.nullable = Some(true);
        } else {
            return Ok(());
        }
        read.span = read.span.to(self.previous());
        Ok(())
    }

    fn type_base(&mut self) -> Read<TypeName> {
        let start = self.span();
        let kind = match self.keyword() {
            Some(keyword) => match self.keyword_type(keyword)? {
                Some(kind) => kind,
                None => self.user_type()?,
            },
            None => self.user_type()?,
        };
        Ok(TypeName { kind, nullable: None, span: self.since(start) })
    }

    fn user_type(&mut self) -> Read<TypeNameKind> {
        if !self.at_ident() {
            self.expect(Expect::Thing("a type"));
            return self.unexpected();
        }
        let name = self.object_name()?;
        if self.peek(TokenKind::LeftParen) {
            let error = crate::types::unknown(name.span(), &name.to_string());
            return self.fail(data::Diagnostic { phase: data::Phase::Parse, ..error });
        }
        Ok(TypeNameKind::User(name))
    }

    fn keyword_type(&mut self, keyword: Kw) -> Read<Option<TypeNameKind>> {
        use TypeNameKind as T;
        let simple = match keyword {
            Kw::BOOLEAN => T::Boolean,
            Kw::TINYINT => T::TinyInt,
            Kw::SMALLINT => T::SmallInt,
            Kw::INT | Kw::INTEGER => T::Int,
            Kw::BIGINT => T::BigInt,
            Kw::FLOAT => T::Float,
            // Flink reads the name and then has no such type.
            Kw::REAL => T::User(ObjectName(vec![Ident::new("REAL", self.span())])),
            Kw::STRING => T::String,
            Kw::BYTES => T::Bytes,
            Kw::DATE => T::Date,
            Kw::VARIANT => T::Variant,
            Kw::BITMAP => T::Bitmap,
            _ => return self.parameterized_type(keyword),
        };
        self.advance();
        Ok(Some(simple))
    }

    /// `CHARACTER SET x` behind a type of text, of which there is one.
    fn no_character_set(&mut self) -> Read<()> {
        let start = self.span();
        if !self.peek_kws(&[Kw::CHARACTER, Kw::SET]) {
            return Ok(());
        }
        self.advance();
        self.advance();
        let name = self.object_name()?;
        if name.last().eq_ignore_ascii_case("UTF-16LE") {
            return Ok(());
        }
        let span = self.since(start);
        self.fail(
            data::Diagnostic::plan("HW1008", span, "texts have no other character set than Unicode")
                .hint("leave CHARACTER SET out"),
        )
    }

    fn parameterized_type(&mut self, keyword: Kw) -> Read<Option<TypeNameKind>> {
        use TypeNameKind as T;
        Ok(Some(match keyword {
            Kw::DOUBLE => {
                self.advance();
                self.eat_kw(Kw::PRECISION);
                T::Double
            }
            Kw::DECIMAL | Kw::DEC | Kw::NUMERIC => {
                self.advance();
                self.decimal()?
            }
            Kw::CHAR | Kw::CHARACTER => {
                self.advance();
                let kind = if self.eat_kw(Kw::VARYING) { T::VarChar(self.length()?) } else { T::Char(self.length()?) };
                self.no_character_set()?;
                kind
            }
            Kw::VARCHAR => {
                self.advance();
                let length = self.length()?;
                self.no_character_set()?;
                T::VarChar(length)
            }
            Kw::BINARY => {
                self.advance();
                if self.eat_kw(Kw::VARYING) { T::VarBinary(self.length()?) } else { T::Binary(self.length()?) }
            }
            Kw::VARBINARY => {
                self.advance();
                T::VarBinary(self.length()?)
            }
            Kw::TIME | Kw::TIMESTAMP | Kw::TIMESTAMP_LTZ => self.time_type(keyword)?,
            Kw::MAP if self.ahead(1) != TokenKind::Less => return Ok(None),
            Kw::ARRAY | Kw::MULTISET | Kw::MAP | Kw::ROW | Kw::STRUCTURED | Kw::RAW => self.nested_type(keyword)?,
            _ => return Ok(None),
        }))
    }

    fn time_type(&mut self, keyword: Kw) -> Read<TypeNameKind> {
        self.advance();
        let precision = self.length()?;
        Ok(match keyword {
            Kw::TIME => TypeNameKind::Time { precision, zone: self.zone()? },
            Kw::TIMESTAMP => TypeNameKind::Timestamp { precision, zone: self.zone()? },
            _ => TypeNameKind::Timestamp { precision, zone: TimeZone::Local },
        })
    }

    /// Types made of other types, and RAW.
    fn nested_type(&mut self, keyword: Kw) -> Read<TypeNameKind> {
        use TypeNameKind as T;
        Ok(match keyword {
            Kw::ARRAY | Kw::MULTISET => {
                self.advance();
                let element = self.in_angles(Self::element_type)?;
                if keyword == Kw::ARRAY { T::Array(Box::new(element)) } else { T::Multiset(Box::new(element)) }
            }
            Kw::MAP => {
                self.advance();
                let (key, value) = self.in_angles(|parser| {
                    let key = parser.type_name()?;
                    parser.need(TokenKind::Comma)?;
                    Ok((key, parser.type_name()?))
                })?;
                T::Map(Box::new(key), Box::new(value))
            }
            Kw::ROW => {
                self.advance();
                T::Row(self.row_fields()?)
            }
            Kw::STRUCTURED => {
                self.advance();
                self.in_angles(Self::structured)?
            }
            _ => {
                self.advance();
                self.note_tight();
                self.need(TokenKind::LeftParen)?;
                let class = self.text_literal()?;
                self.need(TokenKind::Comma)?;
                let serializer = self.text_literal()?;
                self.need(TokenKind::RightParen)?;
                T::Raw { class, serializer }
            }
        })
    }

    fn decimal(&mut self) -> Read<TypeNameKind> {
        let mut kind = TypeNameKind::Decimal { precision: None, scale: None };
        if let TypeNameKind::Decimal { precision, scale } = &mut kind
            && self.peek(TokenKind::LeftParen)
        {
            self.note_tight();
            self.advance();
            *precision = Some(self.integer()?);
            if self.eat(TokenKind::Comma) {
                *scale = Some(self.integer()?);
            }
            self.need(TokenKind::RightParen)?;
        }
        Ok(kind)
    }

    /// `(n)`
    fn length(&mut self) -> Read<Option<u32>> {
        if self.peek(TokenKind::LeftParen) {
            self.note_tight();
        }
        if !self.eat(TokenKind::LeftParen) {
            return Ok(None);
        }
        let length = self.integer()?;
        self.need(TokenKind::RightParen)?;
        Ok(Some(length))
    }

    fn zone(&mut self) -> Read<TimeZone> {
        if self.peek_kws(&[Kw::WITHOUT, Kw::TIME]) {
            self.need_kws(&[Kw::WITHOUT, Kw::TIME, Kw::ZONE])?;
        } else if self.peek_kw(Kw::WITH) {
            self.need_kws(&[Kw::WITH, Kw::LOCAL, Kw::TIME, Kw::ZONE])?;
            return Ok(TimeZone::Local);
        }
        Ok(TimeZone::Without)
    }

    fn in_angles<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        self.note_tight();
        self.note_glued();
        self.need(TokenKind::Less)?;
        let inner = read(self)?;
        self.note_tight();
        self.need(TokenKind::Greater)?;
        Ok(inner)
    }

    /// `<a INT, b STRING>` or the same in parentheses.
    fn row_fields(&mut self) -> Read<Vec<RowFieldType>> {
        self.note_tight();
        self.note_glued();
        let close = match self.kind() {
            TokenKind::Less => TokenKind::Greater,
            TokenKind::LeftParen => TokenKind::RightParen,
            TokenKind::NotEqual => {
                self.advance();
                return Ok(Vec::new());
            }
            _ => {
                self.eat(TokenKind::Less);
                self.eat(TokenKind::LeftParen);
                return self.unexpected();
            }
        };
        self.advance();
        if self.eat(close) {
            return Ok(Vec::new());
        }
        let fields = self.comma_list(Self::row_field)?;
        self.note_tight();
        self.need(close)?;
        Ok(fields)
    }

    fn row_field(&mut self) -> Read<RowFieldType> {
        let name: Ident = self.ident()?;
        let data_type = self.type_name()?;
        let comment = if self.peek(TokenKind::String) { Some(self.text_literal()?) } else { None };
        Ok(RowFieldType { name, data_type, comment })
    }

    fn structured(&mut self) -> Read<TypeNameKind> {
        let class: Text = self.text_literal()?;
        let mut fields = Vec::new();
        while self.eat(TokenKind::Comma) {
            fields.push(self.row_field()?);
        }
        Ok(TypeNameKind::Structured { class, fields })
    }
}
