//! Orders to the session: SET, USE, SHOW, DESCRIBE, EXPLAIN, modules, jars, jobs, plans.

use super::{Expect, Parser, Read, Stop};
use crate::ast::{
    Analyze, Describe, Explain, ExplainDetail, Property, Show, ShowCreate, ShowLike, ShowWhat, Statement,
    StatementKind, StopJob, Text,
};
use crate::keyword::Kw;
use crate::lexer::TokenKind;
use data::Diagnostic;

impl Parser<'_> {
    pub(super) fn session_statement(&mut self, keyword: Kw) -> Read<Option<StatementKind>> {
        Ok(Some(match keyword {
            Kw::SET => self.set()?,
            Kw::RESET => {
                self.advance();
                let key = if self.at_end_of_statement() { None } else { Some(self.option_key()?) };
                StatementKind::Reset(key)
            }
            Kw::USE => self.use_statement()?,
            Kw::LOAD => {
                self.advance();
                self.need_kw(Kw::MODULE)?;
                StatementKind::LoadModule { name: self.ident()?, options: self.with_properties()? }
            }
            Kw::UNLOAD => {
                self.advance();
                self.need_kw(Kw::MODULE)?;
                StatementKind::UnloadModule(self.ident()?)
            }
            Kw::SHOW => StatementKind::Show(Box::new(self.show()?)),
            Kw::DESCRIBE | Kw::DESC => StatementKind::Describe(Box::new(self.describe_statement()?)),
            Kw::EXPLAIN => StatementKind::Explain(Box::new(self.explain()?)),
            Kw::COMPILE => self.compile()?,
            Kw::ANALYZE => StatementKind::Analyze(Box::new(self.analyze()?)),
            Kw::CALL => {
                self.advance();
                let name = self.object_name()?;
                StatementKind::Call(Box::new(self.call_arguments(name)?))
            }
            Kw::ADD => {
                self.advance();
                self.need_kw(Kw::JAR)?;
                StatementKind::AddJar(self.text_literal()?)
            }
            Kw::REMOVE => {
                self.advance();
                self.need_kw(Kw::JAR)?;
                StatementKind::RemoveJar(self.text_literal()?)
            }
            Kw::STOP => StatementKind::StopJob(Box::new(self.stop_job()?)),
            _ => return Ok(None),
        }))
    }

    fn at_end_of_statement(&self) -> bool {
        matches!(self.kind(), TokenKind::Semicolon | TokenKind::End)
    }

    fn set(&mut self) -> Read<StatementKind> {
        self.need_kw(Kw::SET)?;
        if self.at_end_of_statement() {
            return Ok(StatementKind::Set(None));
        }
        let key = self.option_key()?;
        self.need(TokenKind::Equal)?;
        let value = if matches!(self.kind(), TokenKind::String | TokenKind::PrefixedString) {
            self.text_literal()?
        } else {
            self.bare_text(None)?
        };
        Ok(StatementKind::Set(Some(Property { key, value })))
    }

    /// The key of an option: a string literal, or bare as Flink's SQL client takes it.
    fn option_key(&mut self) -> Read<Text> {
        if matches!(self.kind(), TokenKind::Word(_)) {
            self.bare_text(Some(TokenKind::Equal))
        } else {
            self.text_literal()
        }
    }

    /// What stands there up to a token or the end of the statement, as it is written.
    fn bare_text(&mut self, end: Option<TokenKind>) -> Read<Text> {
        let start = self.span();
        let first = self.at;
        while !self.at_end_of_statement() && Some(self.kind()) != end {
            self.advance();
        }
        let behind = self.at;
        if let Some(layout) = &mut self.layout {
            layout.verbatim.push((first, behind));
        }
        let span = self.since(start);
        let value = self.slice(span);
        if value.is_empty() {
            self.expect(Expect::Thing("a string literal"));
            return self.unexpected();
        }
        Ok(Text { value: value.to_string(), span })
    }

    fn use_statement(&mut self) -> Read<StatementKind> {
        self.need_kw(Kw::USE)?;
        if self.eat_kw(Kw::CATALOG) {
            return Ok(StatementKind::UseCatalog(self.ident()?));
        }
        if self.eat_kw(Kw::MODULES) {
            return Ok(StatementKind::UseModules(self.comma_list(Self::ident)?));
        }
        Ok(StatementKind::UseDatabase(self.object_name()?))
    }

    // SHOW.

    fn show(&mut self) -> Read<Show> {
        self.need_kw(Kw::SHOW)?;
        let what = self.show_what()?;
        let mut show = Show { what, from: None, like: None };
        let (scope, filter) = match show.what {
            ShowWhat::Catalogs => (false, true),
            ShowWhat::Databases
            | ShowWhat::Tables
            | ShowWhat::MaterializedTables
            | ShowWhat::Views
            | ShowWhat::Functions { .. }
            | ShowWhat::Procedures
            | ShowWhat::Models
            | ShowWhat::Connections
            | ShowWhat::Columns => (true, true),
            _ => (false, false),
        };
        if scope {
            if self.eat_kw(Kw::FROM) || self.eat_kw(Kw::IN) {
                show.from = Some(self.object_name()?);
            } else if show.what == ShowWhat::Columns {
                return self.unexpected();
            }
        }
        if filter {
            show.like = self.show_like()?;
        }
        Ok(show)
    }

    fn show_what(&mut self) -> Read<ShowWhat> {
        let plain = [
            (Kw::CATALOGS, ShowWhat::Catalogs),
            (Kw::DATABASES, ShowWhat::Databases),
            (Kw::TABLES, ShowWhat::Tables),
            (Kw::VIEWS, ShowWhat::Views),
            (Kw::FUNCTIONS, ShowWhat::Functions { user: false }),
            (Kw::PROCEDURES, ShowWhat::Procedures),
            (Kw::MODELS, ShowWhat::Models),
            (Kw::CONNECTIONS, ShowWhat::Connections),
            (Kw::MODULES, ShowWhat::Modules { full: false }),
            (Kw::JARS, ShowWhat::Jars),
            (Kw::JOBS, ShowWhat::Jobs),
            (Kw::COLUMNS, ShowWhat::Columns),
        ];
        for (keyword, what) in plain {
            if self.eat_kw(keyword) {
                return Ok(what);
            }
        }
        if self.eat_kw(Kw::CURRENT) {
            if self.eat_kw(Kw::CATALOG) {
                return Ok(ShowWhat::CurrentCatalog);
            }
            self.need_kw(Kw::DATABASE)?;
            return Ok(ShowWhat::CurrentDatabase);
        }
        if self.eat_kw(Kw::MATERIALIZED) {
            self.need_kw(Kw::TABLES)?;
            return Ok(ShowWhat::MaterializedTables);
        }
        if self.eat_kw(Kw::USER) {
            self.need_kw(Kw::FUNCTIONS)?;
            return Ok(ShowWhat::Functions { user: true });
        }
        if self.eat_kw(Kw::FULL) {
            self.need_kw(Kw::MODULES)?;
            return Ok(ShowWhat::Modules { full: true });
        }
        if self.eat_kw(Kw::PARTITIONS) {
            let table = self.object_name()?;
            let partition = if self.eat_kw(Kw::PARTITION) { self.partition_values(true)? } else { Vec::new() };
            return Ok(ShowWhat::Partitions { table, partition });
        }
        self.need_kw(Kw::CREATE)?;
        let object = self.show_create()?;
        Ok(ShowWhat::Create { object, name: self.object_name()? })
    }

    fn show_create(&mut self) -> Read<ShowCreate> {
        let kinds = [
            (Kw::TABLE, ShowCreate::Table),
            (Kw::VIEW, ShowCreate::View),
            (Kw::CATALOG, ShowCreate::Catalog),
            (Kw::MODEL, ShowCreate::Model),
            (Kw::CONNECTION, ShowCreate::Connection),
        ];
        for (keyword, kind) in kinds {
            if self.eat_kw(keyword) {
                return Ok(kind);
            }
        }
        self.need_kw(Kw::MATERIALIZED)?;
        self.need_kw(Kw::TABLE)?;
        Ok(ShowCreate::MaterializedTable)
    }

    fn show_like(&mut self) -> Read<Option<ShowLike>> {
        let negated = self.eat_kw(Kw::NOT);
        let ilike = self.eat_kw(Kw::ILIKE);
        if !ilike && !self.eat_kw(Kw::LIKE) {
            return if negated { self.unexpected() } else { Ok(None) };
        }
        Ok(Some(ShowLike { negated, ilike, pattern: self.text_literal()? }))
    }

    // DESCRIBE.

    fn describe_statement(&mut self) -> Read<Describe> {
        let is_long = self.advance().kind == TokenKind::Word(Some(Kw::DESCRIBE));
        let kinds = [Kw::CATALOG, Kw::DATABASE, Kw::FUNCTION, Kw::MODEL, Kw::CONNECTION, Kw::JOB];
        let kind = kinds.into_iter().find(|&keyword| self.peek_kw(keyword) && self.name_follows());
        if let Some(kind) = kind {
            self.advance();
            if kind == Kw::JOB {
                return Ok(Describe::Job(self.text_literal()?));
            }
            let extended = self.eat_kw(Kw::EXTENDED);
            if kind == Kw::CATALOG {
                return Ok(Describe::Catalog { name: self.ident()?, extended });
            }
            let name = self.object_name()?;
            return Ok(match kind {
                Kw::DATABASE => Describe::Database { name, extended },
                Kw::FUNCTION => Describe::Function { name, extended },
                Kw::MODEL => Describe::Model { name, extended },
                _ => Describe::Connection { name, extended },
            });
        }
        // DESC is for tables and their like only.
        if is_long && let Some(describe) = self.describe_other()? {
            return Ok(describe);
        }
        let extended = self.eat_kw(Kw::EXTENDED);
        Ok(Describe::Table { name: self.object_name()?, extended })
    }

    /// Whether the next word is followed by one more of the same statement (and is no table's name itself).
    fn name_follows(&self) -> bool {
        matches!(self.ahead(1), TokenKind::Word(_) | TokenKind::Quoted | TokenKind::String)
    }

    // EXPLAIN, plans.

    fn explain(&mut self) -> Read<Explain> {
        self.need_kw(Kw::EXPLAIN)?;
        let mut details = Vec::new();
        if self.peek_kws(&[Kw::PLAN, Kw::FOR]) {
            self.advance();
            self.advance();
        } else {
            while let Some(detail) = self.explain_detail() {
                if !details.contains(&detail) {
                    details.push(detail);
                }
                if !self.eat(TokenKind::Comma) {
                    break;
                }
            }
        }
        let statement = Box::new(self.planned_statement()?);
        Ok(Explain { details, statement })
    }

    fn explain_detail(&mut self) -> Option<ExplainDetail> {
        let details = [
            (Kw::ESTIMATED_COST, ExplainDetail::EstimatedCost),
            (Kw::CHANGELOG_MODE, ExplainDetail::ChangelogMode),
            (Kw::JSON_EXECUTION_PLAN, ExplainDetail::JsonExecutionPlan),
            (Kw::PLAN_ADVICE, ExplainDetail::PlanAdvice),
        ];
        details.into_iter().find(|&(keyword, _)| self.eat_kw(keyword)).map(|(_, detail)| detail)
    }

    /// What can be explained.
    fn planned_statement(&mut self) -> Read<Statement> {
        let start = self.span();
        let before = self.errors.len();
        let kind = match self.keyword() {
            Some(Kw::STATEMENT) => self.statement_set()?,
            Some(Kw::EXECUTE) => self.execute()?,
            Some(Kw::INSERT | Kw::UPSERT) => StatementKind::Insert(Box::new(self.insert()?)),
            Some(Kw::DELETE | Kw::UPDATE | Kw::MERGE) => self.statement()?.kind,
            Some(Kw::CREATE | Kw::REPLACE) => self.create()?,
            _ if self.at_query() || self.peek(TokenKind::LeftParen) => StatementKind::Query(Box::new(self.query()?)),
            _ => {
                for keyword in [Kw::SELECT, Kw::INSERT, Kw::STATEMENT, Kw::CREATE] {
                    self.expect(Expect::Kw(keyword));
                }
                return self.unexpected();
            }
        };
        if self.errors.len() > before {
            return Err(Stop);
        }
        let span = self.since(start);
        let planned = match &kind {
            StatementKind::CreateTable(create) => create.query.is_some(),
            StatementKind::Query(_) | StatementKind::Insert(_) | StatementKind::StatementSet(_) => true,
            StatementKind::Delete(_) | StatementKind::Update(_) | StatementKind::Merge(_) => true,
            _ => false,
        };
        if !planned {
            return self.fail(
                Diagnostic::parse("HW1001", span, "this statement has no plan to explain")
                    .hint("explain a query, an INSERT, a statement set or a CREATE TABLE ... AS"),
            );
        }
        Ok(Statement { kind, span })
    }

    fn compile(&mut self) -> Read<StatementKind> {
        self.need_kw(Kw::COMPILE)?;
        let execute = self.eat_kw(Kw::AND);
        if execute {
            self.need_kw(Kw::EXECUTE)?;
        }
        self.need_kw(Kw::PLAN)?;
        let path = self.text_literal()?;
        let if_not_exists = !execute && self.if_not_exists()?;
        self.need_kw(Kw::FOR)?;
        if !self.at_kw(Kw::INSERT) && !self.at_kw(Kw::STATEMENT) {
            return self.unexpected();
        }
        let statement = Box::new(self.planned_statement()?);
        Ok(if execute {
            StatementKind::CompileAndExecutePlan { path, statement }
        } else {
            StatementKind::CompilePlan { path, if_not_exists, statement }
        })
    }

    fn analyze(&mut self) -> Read<Analyze> {
        self.need_kws(&[Kw::ANALYZE, Kw::TABLE])?;
        let table = self.object_name()?;
        let partition = if self.eat_kw(Kw::PARTITION) { self.partition_values(false)? } else { Vec::new() };
        self.need_kws(&[Kw::COMPUTE, Kw::STATISTICS])?;
        let mut analyze = Analyze { table, partition, columns: Vec::new(), all_columns: false };
        if self.eat_kw(Kw::FOR) {
            analyze.all_columns = self.eat_kw(Kw::ALL);
            self.need_kw(Kw::COLUMNS)?;
            if !analyze.all_columns {
                analyze.columns = self.comma_list(Self::ident)?;
            }
        }
        Ok(analyze)
    }

    fn stop_job(&mut self) -> Read<StopJob> {
        self.need_kws(&[Kw::STOP, Kw::JOB])?;
        let job = self.text_literal()?;
        let with_savepoint = self.eat_kw(Kw::WITH);
        if with_savepoint {
            self.need_kw(Kw::SAVEPOINT)?;
        }
        let with_drain = with_savepoint && self.eat_kw(Kw::WITH);
        if with_drain {
            self.need_kw(Kw::DRAIN)?;
        }
        Ok(StopJob { job, with_savepoint, with_drain })
    }
}
