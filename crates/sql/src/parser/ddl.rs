//! CREATE and DROP.

use super::{Expect, Parser, Read, Stop};
use crate::ast::{
    Column, ColumnKind, Columns, Constraint, ConstraintKind, CreateCatalog, CreateConnection, CreateDatabase,
    CreateFunction, CreateMaterializedTable, CreateModel, CreateTable, CreateView, Distribution, DistributionKind,
    Drop, DropKind, FunctionDefinition, FunctionLanguage, FunctionScope, LikeFeature, LikeOption, LikeStrategy,
    RefreshMode, Resource, ResourceKind, StartMode, StartModeKind, StatementKind, TableLike, Watermark,
};
use crate::keyword::Kw;
use crate::layout::GroupKind;
use crate::lexer::TokenKind;
use data::{Diagnostic, Span};

/// The words between CREATE and the kind of object.
#[derive(Clone, Copy, Default)]
struct Modifiers {
    or_replace: bool,
    or_alter: bool,
    replace: bool,
    temporary: bool,
    system: bool,
}

impl Parser<'_> {
    pub(super) fn create(&mut self) -> Read<StatementKind> {
        let start = self.span();
        let mut modifiers = Modifiers { replace: self.peek_kw(Kw::REPLACE), ..Modifiers::default() };
        self.advance();
        if !modifiers.replace && self.eat_kw(Kw::OR) {
            modifiers.or_alter = self.eat_kw(Kw::ALTER);
            if !modifiers.or_alter {
                self.need_kw(Kw::REPLACE)?;
                modifiers.or_replace = true;
            }
        }
        if !modifiers.replace {
            modifiers.temporary = self.eat_kw(Kw::TEMPORARY);
            modifiers.system = modifiers.temporary && self.eat_kw(Kw::SYSTEM);
        }
        let span = self.since(start);
        let kind = self.create_object(modifiers)?;
        let allowed = match &kind {
            StatementKind::CreateTable(_) => !modifiers.or_alter && !modifiers.system,
            StatementKind::CreateView(_) => !modifiers.or_alter && !modifiers.system,
            StatementKind::CreateMaterializedTable(_) => !modifiers.or_replace && !modifiers.temporary,
            StatementKind::CreateFunction(_) => !modifiers.or_alter,
            StatementKind::CreateModel(_) => !modifiers.or_alter && !modifiers.system,
            StatementKind::CreateConnection(_) => !modifiers.or_alter && !modifiers.or_replace,
            _ => !modifiers.or_alter && !modifiers.or_replace && !modifiers.temporary,
        };
        if !allowed {
            return self.fail(
                Diagnostic::parse("HW1001", span, format!("`{}` does not fit this object", self.slice(span)))
                    .hint("write CREATE alone, or see the documentation of the statement"),
            );
        }
        Ok(kind)
    }

    fn create_object(&mut self, modifiers: Modifiers) -> Read<StatementKind> {
        if self.eat_kw(Kw::TABLE) {
            return Ok(StatementKind::CreateTable(Box::new(self.create_table(modifiers)?)));
        }
        if modifiers.replace {
            return self.unexpected();
        }
        if self.eat_kw(Kw::VIEW) {
            Ok(StatementKind::CreateView(Box::new(self.create_view(modifiers)?)))
        } else if self.eat_kw(Kw::FUNCTION) {
            Ok(StatementKind::CreateFunction(Box::new(self.create_function(modifiers)?)))
        } else if self.eat_kw(Kw::MATERIALIZED) {
            self.need_kw(Kw::TABLE)?;
            Ok(StatementKind::CreateMaterializedTable(Box::new(self.create_materialized_table(modifiers)?)))
        } else if self.eat_kw(Kw::DATABASE) {
            let if_not_exists = self.if_not_exists()?;
            let name = self.object_name()?;
            let comment = self.comment_clause()?;
            let options = self.with_properties()?;
            Ok(StatementKind::CreateDatabase(Box::new(CreateDatabase { if_not_exists, name, comment, options })))
        } else if self.eat_kw(Kw::CATALOG) {
            let if_not_exists = self.if_not_exists()?;
            let name = self.ident()?;
            let comment = self.comment_clause()?;
            let options = self.with_properties()?;
            Ok(StatementKind::CreateCatalog(Box::new(CreateCatalog { if_not_exists, name, comment, options })))
        } else if self.eat_kw(Kw::MODEL) {
            Ok(StatementKind::CreateModel(Box::new(self.create_model(modifiers)?)))
        } else if self.eat_kw(Kw::CONNECTION) {
            self.create_connection(modifiers)
        } else {
            self.unexpected()
        }
    }

    // Tables.

    fn create_table(&mut self, modifiers: Modifiers) -> Read<CreateTable> {
        let if_not_exists = self.if_not_exists()?;
        let name = self.object_name()?;
        let before = self.errors.len();
        if self.peek(TokenKind::LeftParen) {
            self.note_one_per_line();
        }
        let columns = self.columns()?;
        let comment = self.comment_clause()?;
        let distribution = if self.eat_kw(Kw::DISTRIBUTED) { Some(self.distribution()?) } else { None };
        let partitioned_by = self.partitioned_by()?;
        let mut options = Vec::new();
        if comment.is_some() || distribution.is_some() || !partitioned_by.is_empty() {
            self.note_break(GroupKind::Statement, 0);
        }
        if self.eat_kw(Kw::WITH) {
            let is_single = self.ahead(4) == TokenKind::RightParen;
            if !is_single {
                self.note_one_per_line();
            }
            options = self.properties()?;
        }
        let mut like = None;
        let mut query = None;
        if self.at_kw(Kw::LIKE) {
            like = Some(self.table_like()?);
        } else if self.eat_kw(Kw::AS) {
            self.note_break(GroupKind::Statement, 0);
            query = Some(Box::new(self.query()?));
        }
        if query.is_none() {
            self.require_types(&columns)?;
        }
        if self.errors.len() > before {
            return Err(Stop);
        }
        Ok(CreateTable {
            temporary: modifiers.temporary,
            or_replace: modifiers.or_replace,
            replace: modifiers.replace,
            if_not_exists,
            name,
            columns,
            comment,
            distribution,
            partitioned_by,
            options,
            like,
            query,
        })
    }

    fn require_types(&mut self, columns: &Columns) -> Read<()> {
        let bare = columns.columns.iter().find(|column| matches!(column.kind, ColumnKind::Name));
        match bare {
            Some(column) => self.fail(
                Diagnostic::parse("HW1001", column.span, format!("the column `{}` has no type", column.name.value))
                    .hint("write a type behind it, or AS and a query behind the table"),
            ),
            None => Ok(()),
        }
    }

    /// `(columns, constraints, watermark)`, or nothing.
    fn columns(&mut self) -> Read<Columns> {
        let mut columns = Columns::default();
        if !self.peek(TokenKind::LeftParen) {
            return Ok(columns);
        }
        self.paren_list(|parser| parser.table_element(&mut columns))?;
        Ok(columns)
    }

    fn table_element(&mut self, columns: &mut Columns) -> Read<()> {
        if self.peek_kw(Kw::WATERMARK) {
            let watermark = self.watermark()?;
            if columns.watermark.is_some() {
                return self.fail(
                    Diagnostic::parse("HW1009", watermark.span, "a table has one watermark")
                        .hint("remove one of the WATERMARK clauses"),
                );
            }
            columns.watermark = Some(watermark);
        } else if self.at_constraint() {
            columns.constraints.push(self.constraint()?);
        } else {
            let column = self.column(&mut columns.constraints)?;
            columns.columns.push(column);
        }
        Ok(())
    }

    pub(super) fn at_constraint(&self) -> bool {
        matches!(self.keyword(), Some(Kw::CONSTRAINT | Kw::PRIMARY))
            || self.peek_kw(Kw::UNIQUE) && self.ahead(1) == TokenKind::LeftParen
    }

    pub(super) fn watermark(&mut self) -> Read<Watermark> {
        let start = self.need_kw(Kw::WATERMARK)?;
        self.need_kw(Kw::FOR)?;
        let column = self.object_name()?;
        self.need_kw(Kw::AS)?;
        let expr = self.expr()?;
        Ok(Watermark { column, expr, span: self.since(start) })
    }

    /// `[CONSTRAINT name] PRIMARY KEY (columns) [NOT ENFORCED]`
    pub(super) fn constraint(&mut self) -> Read<Constraint> {
        let start = self.span();
        let name = if self.eat_kw(Kw::CONSTRAINT) { Some(self.ident()?) } else { None };
        let kind = self.constraint_kind()?;
        let columns = self.ident_list()?;
        let enforced = self.enforced()?;
        Ok(Constraint { name, kind, columns, enforced, inline: false, span: self.since(start) })
    }

    fn constraint_kind(&mut self) -> Read<ConstraintKind> {
        if self.eat_kw(Kw::UNIQUE) {
            return Ok(ConstraintKind::Unique);
        }
        self.need_kws(&[Kw::PRIMARY, Kw::KEY])?;
        Ok(ConstraintKind::PrimaryKey)
    }

    fn enforced(&mut self) -> Read<Option<bool>> {
        if self.eat_kw(Kw::ENFORCED) {
            return Ok(Some(true));
        }
        if self.eat_kw(Kw::NOT) {
            self.need_kw(Kw::ENFORCED)?;
            return Ok(Some(false));
        }
        Ok(None)
    }

    pub(super) fn column(&mut self, constraints: &mut Vec<Constraint>) -> Read<Column> {
        let start = self.span();
        let name = self.ident()?;
        let mut column = Column { name, kind: ColumnKind::Name, comment: None, span: start };
        if matches!(self.kind(), TokenKind::Comma | TokenKind::RightParen) {
            return Ok(column);
        }
        if self.eat_kw(Kw::AS) {
            column.kind = ColumnKind::Computed { expr: self.expr()? };
        } else {
            let data_type = self.type_name()?;
            column.kind = ColumnKind::Physical { data_type: data_type.clone() };
            if self.eat_kw(Kw::METADATA) {
                let from = if self.eat_kw(Kw::FROM) { Some(self.text_literal()?) } else { None };
                column.kind = ColumnKind::Metadata { data_type, from, virtual_: self.eat_kw(Kw::VIRTUAL) };
            } else if let Some(constraint) = self.column_constraint(&column)? {
                constraints.push(constraint);
            }
        }
        column.comment = self.comment_clause()?;
        column.span = self.since(start);
        Ok(column)
    }

    fn column_constraint(&mut self, column: &Column) -> Read<Option<Constraint>> {
        let start = self.span();
        let name = if self.eat_kw(Kw::CONSTRAINT) { Some(self.ident()?) } else { None };
        if name.is_none() && !self.at_kw(Kw::PRIMARY) && !self.peek_kw(Kw::UNIQUE) {
            return Ok(None);
        }
        let kind = self.constraint_kind()?;
        let enforced = self.enforced()?;
        let columns = vec![column.name.clone()];
        Ok(Some(Constraint { name, kind, columns, enforced, inline: true, span: self.since(start) }))
    }

    /// What follows DISTRIBUTED or DISTRIBUTION.
    pub(super) fn distribution(&mut self) -> Read<Distribution> {
        let start = self.previous();
        let mut distribution = Distribution { kind: None, columns: Vec::new(), buckets: None, span: start };
        let by = self.eat_kw(Kw::BY);
        if by {
            if self.eat_kw(Kw::HASH) {
                distribution.kind = Some(DistributionKind::Hash);
                self.note_tight();
            } else if self.eat_kw(Kw::RANGE) {
                distribution.kind = Some(DistributionKind::Range);
                self.note_tight();
            }
            distribution.columns = self.ident_list()?;
        }
        if self.eat_kw(Kw::INTO) {
            distribution.buckets = Some(self.integer()?);
            self.need_kw(Kw::BUCKETS)?;
        } else if !by {
            return self.unexpected();
        }
        distribution.span = self.since(start);
        Ok(distribution)
    }

    fn partitioned_by(&mut self) -> Read<Vec<crate::ast::Ident>> {
        if !self.eat_kw(Kw::PARTITIONED) {
            return Ok(Vec::new());
        }
        self.need_kw(Kw::BY)?;
        self.ident_list()
    }

    fn table_like(&mut self) -> Read<TableLike> {
        let start = self.need_kw(Kw::LIKE)?;
        let name = self.object_name()?;
        let mut options = Vec::new();
        if self.eat(TokenKind::LeftParen) {
            while !self.eat(TokenKind::RightParen) {
                options.push(self.like_option()?);
            }
        }
        Ok(TableLike { name, options, span: self.since(start) })
    }

    fn like_option(&mut self) -> Read<LikeOption> {
        let start = self.span();
        let strategy = if self.eat_kw(Kw::INCLUDING) {
            LikeStrategy::Including
        } else if self.eat_kw(Kw::EXCLUDING) {
            LikeStrategy::Excluding
        } else {
            self.need_kw(Kw::OVERWRITING)?;
            LikeStrategy::Overwriting
        };
        let features = [
            (Kw::ALL, LikeFeature::All),
            (Kw::CONSTRAINTS, LikeFeature::Constraints),
            (Kw::DISTRIBUTION, LikeFeature::Distribution),
            (Kw::GENERATED, LikeFeature::Generated),
            (Kw::METADATA, LikeFeature::Metadata),
            (Kw::OPTIONS, LikeFeature::Options),
            (Kw::PARTITIONS, LikeFeature::Partitions),
            (Kw::WATERMARKS, LikeFeature::Watermarks),
        ];
        for (keyword, feature) in features {
            if self.eat_kw(keyword) {
                return Ok(LikeOption { strategy, feature, span: self.since(start) });
            }
        }
        self.unexpected()
    }

    // Other objects.

    fn create_view(&mut self, modifiers: Modifiers) -> Read<CreateView> {
        let if_not_exists = self.if_not_exists()?;
        let name = self.object_name()?;
        let columns = if self.peek(TokenKind::LeftParen) { self.ident_list()? } else { Vec::new() };
        let comment = self.comment_clause()?;
        self.need_kw(Kw::AS)?;
        self.note_break(GroupKind::Statement, 0);
        let query = Box::new(self.query()?);
        Ok(CreateView {
            temporary: modifiers.temporary,
            or_replace: modifiers.or_replace,
            if_not_exists,
            name,
            columns,
            comment,
            query,
        })
    }

    fn create_materialized_table(&mut self, modifiers: Modifiers) -> Read<CreateMaterializedTable> {
        let name = self.object_name()?;
        let before = self.errors.len();
        let columns = self.columns()?;
        let comment = self.comment_clause()?;
        let distribution = if self.eat_kw(Kw::DISTRIBUTED) { Some(self.distribution()?) } else { None };
        let partitioned_by = self.partitioned_by()?;
        let options = self.with_properties()?;
        let start_mode = self.start_mode()?;
        let mut freshness = None;
        if self.eat_kw(Kw::FRESHNESS) {
            self.need(TokenKind::Equal)?;
            freshness = Some(self.interval()?);
        }
        let mut refresh_mode = None;
        if self.eat_kw(Kw::REFRESH_MODE) {
            refresh_mode = Some(self.refresh_mode()?);
        }
        self.need_kw(Kw::AS)?;
        self.note_break(GroupKind::Statement, 0);
        let query = Box::new(self.query()?);
        if self.errors.len() > before {
            return Err(Stop);
        }
        Ok(CreateMaterializedTable {
            or_alter: modifiers.or_alter,
            name,
            columns,
            comment,
            distribution,
            partitioned_by,
            options,
            freshness,
            refresh_mode,
            start_mode,
            query,
        })
    }

    /// `= FULL`, `= CONTINUOUS`
    pub(super) fn refresh_mode(&mut self) -> Read<RefreshMode> {
        self.need(TokenKind::Equal)?;
        if self.eat_kw(Kw::FULL) {
            return Ok(RefreshMode::Full);
        }
        self.need_kw(Kw::CONTINUOUS)?;
        Ok(RefreshMode::Continuous)
    }

    fn start_mode(&mut self) -> Read<Option<StartMode>> {
        if !self.eat_kw(Kw::START_MODE) {
            return Ok(None);
        }
        self.need(TokenKind::Equal)?;
        let kinds = [
            (Kw::FROM_BEGINNING, StartModeKind::FromBeginning),
            (Kw::FROM_NOW, StartModeKind::FromNow),
            (Kw::FROM_TIMESTAMP, StartModeKind::FromTimestamp),
            (Kw::RESUME_OR_FROM_BEGINNING, StartModeKind::ResumeOrFromBeginning),
            (Kw::RESUME_OR_FROM_NOW, StartModeKind::ResumeOrFromNow),
            (Kw::RESUME_OR_FROM_TIMESTAMP, StartModeKind::ResumeOrFromTimestamp),
        ];
        for (keyword, kind) in kinds {
            if !self.eat_kw(keyword) {
                continue;
            }
            let mut argument = None;
            if self.eat(TokenKind::LeftParen) {
                argument = Some(self.expr()?);
                self.need(TokenKind::RightParen)?;
            }
            return Ok(Some(StartMode { kind, argument }));
        }
        self.unexpected()
    }

    fn create_function(&mut self, modifiers: Modifiers) -> Read<CreateFunction> {
        let if_not_exists = self.if_not_exists()?;
        let name = self.object_name()?;
        let definition = self.function_definition()?;
        let options = self.with_properties()?;
        let scope = scope(modifiers.temporary, modifiers.system);
        Ok(CreateFunction { or_replace: modifiers.or_replace, scope, if_not_exists, name, definition, options })
    }

    /// `AS 'class' [LANGUAGE x] [USING JAR '...', ...]`
    pub(super) fn function_definition(&mut self) -> Read<FunctionDefinition> {
        self.need_kw(Kw::AS)?;
        let class = self.text_literal()?;
        let mut language = None;
        if self.eat_kw(Kw::LANGUAGE) {
            language = Some(self.function_language()?);
        }
        let using = if self.eat_kw(Kw::USING) { self.comma_list(Self::resource)? } else { Vec::new() };
        Ok(FunctionDefinition { class, language, using })
    }

    fn function_language(&mut self) -> Read<FunctionLanguage> {
        let languages = [
            (Kw::JAVA, FunctionLanguage::Java),
            (Kw::SCALA, FunctionLanguage::Scala),
            (Kw::PYTHON, FunctionLanguage::Python),
            (Kw::SQL, FunctionLanguage::Sql),
        ];
        for (keyword, language) in languages {
            if self.eat_kw(keyword) {
                return Ok(language);
            }
        }
        self.unexpected()
    }

    fn resource(&mut self) -> Read<Resource> {
        let kind = if self.eat_kw(Kw::ARTIFACT) {
            ResourceKind::Artifact
        } else {
            self.need_kw(Kw::JAR)?;
            ResourceKind::Jar
        };
        Ok(Resource { kind, uri: self.text_literal()? })
    }

    fn create_model(&mut self, modifiers: Modifiers) -> Read<CreateModel> {
        let if_not_exists = self.if_not_exists()?;
        let name = self.object_name()?;
        let input = if self.eat_kw(Kw::INPUT) { self.model_columns()? } else { Vec::new() };
        let output = if self.eat_kw(Kw::OUTPUT) { self.model_columns()? } else { Vec::new() };
        let comment = self.comment_clause()?;
        let options = self.with_properties()?;
        let query = if self.eat_kw(Kw::AS) { Some(Box::new(self.query()?)) } else { None };
        Ok(CreateModel {
            temporary: modifiers.temporary,
            or_replace: modifiers.or_replace,
            if_not_exists,
            name,
            input,
            output,
            comment,
            options,
            query,
        })
    }

    fn model_columns(&mut self) -> Read<Vec<Column>> {
        self.paren_list(|parser| {
            let start = parser.span();
            let name = parser.ident()?;
            let kind = ColumnKind::Physical { data_type: parser.type_name()? };
            let comment = parser.comment_clause()?;
            Ok(Column { name, kind, comment, span: parser.since(start) })
        })
    }

    fn create_connection(&mut self, modifiers: Modifiers) -> Read<StatementKind> {
        let if_not_exists = self.if_not_exists()?;
        let name = self.object_name()?;
        let comment = self.comment_clause()?;
        self.need_kw(Kw::WITH)?;
        let options = self.properties()?;
        Ok(StatementKind::CreateConnection(Box::new(CreateConnection {
            temporary: modifiers.temporary,
            system: modifiers.system,
            if_not_exists,
            name,
            comment,
            options,
        })))
    }

    // DROP.

    pub(super) fn drop_statement(&mut self) -> Read<StatementKind> {
        self.need_kw(Kw::DROP)?;
        let start: Span = self.span();
        let temporary = self.eat_kw(Kw::TEMPORARY);
        let system = temporary && self.eat_kw(Kw::SYSTEM);
        let object = self.drop_kind()?;
        let temporary_kind = match object {
            DropKind::Catalog | DropKind::Database | DropKind::MaterializedTable => !temporary,
            DropKind::Function | DropKind::Connection => true,
            _ => !system,
        };
        if !temporary_kind {
            let span = self.since(start);
            return self.fail(
                Diagnostic::parse("HW1001", span, format!("there is no `{}`", self.slice(span)))
                    .hint(format!("write DROP {}", object.keywords())),
            );
        }
        let if_exists = self.if_exists()?;
        let name = self.object_name()?;
        let mut cascade = None;
        if object == DropKind::Database {
            if self.eat_kw(Kw::CASCADE) {
                cascade = Some(true);
            } else if self.eat_kw(Kw::RESTRICT) {
                cascade = Some(false);
            }
        }
        Ok(StatementKind::Drop(Box::new(Drop { object, temporary, system, if_exists, name, cascade })))
    }

    fn drop_kind(&mut self) -> Read<DropKind> {
        let kinds = [
            (Kw::TABLE, DropKind::Table),
            (Kw::VIEW, DropKind::View),
            (Kw::FUNCTION, DropKind::Function),
            (Kw::DATABASE, DropKind::Database),
            (Kw::CATALOG, DropKind::Catalog),
            (Kw::MODEL, DropKind::Model),
            (Kw::CONNECTION, DropKind::Connection),
        ];
        for (keyword, kind) in kinds {
            if self.eat_kw(keyword) {
                return Ok(kind);
            }
        }
        if self.eat_kw(Kw::MATERIALIZED) {
            self.need_kw(Kw::TABLE)?;
            return Ok(DropKind::MaterializedTable);
        }
        self.expect(Expect::Kw(Kw::MATERIALIZED));
        self.unexpected()
    }
}

pub(super) fn scope(temporary: bool, system: bool) -> FunctionScope {
    match (temporary, system) {
        (_, true) => FunctionScope::System,
        (true, false) => FunctionScope::Temporary,
        (false, false) => FunctionScope::Permanent,
    }
}
