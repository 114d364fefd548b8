//! Statements.

use super::Printer;
use crate::ast::{
    AlterScope, Analyze, ConflictAction, CreateConnection, Delete, Describe, Explain, ExplainDetail, Ident, Insert,
    Merge, ScopeSetting, Show, ShowCreate, ShowWhat, Statement, StatementKind, StopJob, Update,
};

impl Printer {
    pub(super) fn statement(&mut self, statement: &Statement) {
        use StatementKind as S;
        match &statement.kind {
            S::Query(query) => self.query(query),
            S::Insert(insert) => self.insert(insert),
            S::StatementSet(inserts) => {
                self.put("EXECUTE");
                self.statement_set(inserts);
            }
            S::BeginStatementSet => self.put("BEGIN STATEMENT SET"),
            S::End => self.put("END"),
            S::Delete(delete) => self.delete(delete),
            S::Update(update) => self.update(update),
            S::Merge(merge) => self.merge(merge),
            S::Truncate(name) => {
                self.put("TRUNCATE TABLE");
                self.name(name);
            }
            S::CompilePlan { path, if_not_exists, statement } => {
                self.put("COMPILE PLAN");
                self.text(path);
                self.put_if(*if_not_exists, "IF NOT EXISTS");
                self.put("FOR");
                self.planned(statement);
            }
            S::CompileAndExecutePlan { path, statement } => {
                self.put("COMPILE AND EXECUTE PLAN");
                self.text(path);
                self.put("FOR");
                self.planned(statement);
            }
            S::ExecutePlan(path) => {
                self.put("EXECUTE PLAN");
                self.text(path);
            }
            S::Explain(explain) => self.explain(explain),
            S::Show(show) => self.show(show),
            S::Describe(describe) => self.describe(describe),
            S::Analyze(analyze) => self.analyze(analyze),
            S::AlterScope(alter) => self.alter_scope(alter),
            S::Client(order) => self.put(order.word()),
            S::Call(call) => {
                self.put("CALL");
                self.call(call);
            }
            S::StopJob(stop) => self.stop_job(stop),
            _ if self.session(&statement.kind) => {}
            kind => self.definition_statement(kind),
        }
    }

    /// Short orders to the session; false when it is none.
    fn session(&mut self, kind: &StatementKind) -> bool {
        use StatementKind as S;
        match kind {
            S::Set(property) => {
                self.put("SET");
                if let Some(property) = property {
                    self.property(property);
                }
            }
            S::Reset(key) => {
                self.put("RESET");
                if let Some(key) = key {
                    self.text(key);
                }
            }
            S::UseCatalog(name) => {
                self.put("USE CATALOG");
                self.ident(name);
            }
            S::UseDatabase(name) => {
                self.put("USE");
                self.name(name);
            }
            S::UseModules(names) => {
                self.put("USE MODULES");
                self.list(names, Self::ident);
            }
            S::LoadModule { name, options } => {
                self.put("LOAD MODULE");
                self.ident(name);
                self.with_options(options);
            }
            S::UnloadModule(name) => {
                self.put("UNLOAD MODULE");
                self.ident(name);
            }
            S::AddJar(path) => {
                self.put("ADD JAR");
                self.text(path);
            }
            S::RemoveJar(path) => {
                self.put("REMOVE JAR");
                self.text(path);
            }
            _ => return false,
        }
        true
    }

    fn definition_statement(&mut self, kind: &StatementKind) {
        use StatementKind as S;
        match kind {
            S::CreateTable(create) => self.create_table(create),
            S::CreateView(create) => self.create_view(create),
            S::CreateMaterializedTable(create) => self.create_materialized_table(create),
            S::CreateFunction(create) => self.create_function(create),
            S::CreateModel(create) => self.create_model(create),
            S::CreateConnection(create) => self.create_connection(create),
            S::CreateCatalog(create) => {
                self.put("CREATE CATALOG");
                self.put_if(create.if_not_exists, "IF NOT EXISTS");
                self.ident(&create.name);
                self.comment(&create.comment);
                self.with_options(&create.options);
            }
            S::CreateDatabase(create) => {
                self.put("CREATE DATABASE");
                self.put_if(create.if_not_exists, "IF NOT EXISTS");
                self.name(&create.name);
                self.comment(&create.comment);
                self.with_options(&create.options);
            }
            S::AlterTable(alter) => {
                self.put("ALTER TABLE");
                self.put_if(alter.if_exists, "IF EXISTS");
                self.name(&alter.name);
                self.alter_table_action(&alter.action);
            }
            S::AlterView(alter) => self.alter_view(alter),
            S::AlterMaterializedTable(alter) => self.alter_materialized_table(alter),
            S::AlterCatalog(alter) => {
                self.put("ALTER CATALOG");
                self.ident(&alter.name);
                self.object_action(&alter.action);
            }
            S::AlterDatabase(alter) => {
                self.put("ALTER DATABASE");
                self.name(&alter.name);
                self.put("SET");
                self.properties(&alter.options);
            }
            S::AlterFunction(alter) => self.alter_function(alter),
            S::AlterModel(alter) => self.alter_object("ALTER MODEL", alter),
            S::AlterConnection(alter) => self.alter_object("ALTER CONNECTION", alter),
            S::Drop(drop) => self.drop(drop),
            _ => {}
        }
    }

    fn create_connection(&mut self, create: &CreateConnection) {
        self.put("CREATE");
        self.put_if(create.temporary, "TEMPORARY");
        self.put_if(create.system, "SYSTEM");
        self.put("CONNECTION");
        self.put_if(create.if_not_exists, "IF NOT EXISTS");
        self.name(&create.name);
        self.comment(&create.comment);
        self.put("WITH");
        self.properties(&create.options);
    }

    fn insert(&mut self, insert: &Insert) {
        self.put(match (insert.overwrite, insert.upsert) {
            (true, _) => "INSERT OVERWRITE",
            (false, true) => "UPSERT INTO",
            (false, false) => "INSERT INTO",
        });
        self.name(&insert.table);
        self.hints(&insert.hints);
        if !insert.partition.is_empty() {
            self.partition(&insert.partition);
        }
        if !insert.columns.is_empty() {
            self.paren_list(&insert.columns, Self::name);
        }
        self.query(&insert.query);
        if let Some(on_conflict) = insert.on_conflict {
            self.put(match on_conflict.action {
                ConflictAction::Deduplicate => "ON CONFLICT DO DEDUPLICATE",
                ConflictAction::Error => "ON CONFLICT DO ERROR",
                ConflictAction::Nothing => "ON CONFLICT DO NOTHING",
            });
        }
    }

    fn statement_set(&mut self, inserts: &[Insert]) {
        self.put("STATEMENT SET BEGIN");
        for insert in inserts {
            self.insert(insert);
            self.tight(";");
        }
        self.put("END");
    }

    /// In COMPILE PLAN a statement set stands without EXECUTE.
    fn planned(&mut self, statement: &Statement) {
        match &statement.kind {
            StatementKind::StatementSet(inserts) => self.statement_set(inserts),
            _ => self.statement(statement),
        }
    }

    fn target_alias(&mut self, alias: Option<&Ident>) {
        if let Some(alias) = alias {
            self.put("AS");
            self.ident(alias);
        }
    }

    fn delete(&mut self, delete: &Delete) {
        self.put("DELETE FROM");
        self.name(&delete.table);
        self.hints(&delete.hints);
        self.target_alias(delete.alias.as_ref());
        self.clause("WHERE", delete.filter.as_ref());
    }

    fn update(&mut self, update: &Update) {
        self.put("UPDATE");
        self.name(&update.table);
        self.hints(&update.hints);
        self.target_alias(update.alias.as_ref());
        self.put("SET");
        self.list(&update.assignments, |printer, (column, value)| {
            printer.ident(column);
            printer.clause("=", Some(value));
        });
        self.clause("WHERE", update.filter.as_ref());
    }

    fn merge(&mut self, merge: &Merge) {
        self.put("MERGE INTO");
        self.name(&merge.table);
        self.hints(&merge.hints);
        self.target_alias(merge.alias.as_ref());
        self.put("USING");
        self.table(&merge.source);
        self.clause("ON", Some(&merge.on));
        if let Some(assignments) = &merge.update {
            self.put("WHEN MATCHED THEN UPDATE SET");
            self.list(assignments, |printer, (column, value)| {
                printer.name(column);
                printer.clause("=", Some(value));
            });
        }
        if let Some(insert) = &merge.insert {
            self.put("WHEN NOT MATCHED THEN INSERT");
            if !insert.columns.is_empty() {
                self.paren_list(&insert.columns, Self::name);
            }
            self.put("VALUES");
            self.paren_list(&insert.row.items, Self::expr);
        }
    }

    fn alter_scope(&mut self, alter: &AlterScope) {
        self.put(if alter.system { "ALTER SYSTEM" } else { "ALTER SESSION" });
        match &alter.setting {
            ScopeSetting::Set { name, value } => {
                self.put("SET");
                self.name(name);
                self.clause("=", Some(value));
            }
            ScopeSetting::Reset(name) => {
                self.put("RESET");
                self.name(name);
            }
            ScopeSetting::ResetAll => self.put("RESET ALL"),
        }
    }

    fn explain(&mut self, explain: &Explain) {
        self.put("EXPLAIN");
        let mut details = explain.details.clone();
        details.sort_by_key(|detail| detail_text(*detail));
        self.list(&details, |printer, detail| printer.put(detail_text(*detail)));
        self.planned(&explain.statement);
    }

    fn show(&mut self, show: &Show) {
        self.put("SHOW");
        match &show.what {
            ShowWhat::Catalogs => self.put("CATALOGS"),
            ShowWhat::CurrentCatalog => self.put("CURRENT CATALOG"),
            ShowWhat::Databases => self.put("DATABASES"),
            ShowWhat::CurrentDatabase => self.put("CURRENT DATABASE"),
            ShowWhat::Tables => self.put("TABLES"),
            ShowWhat::MaterializedTables => self.put("MATERIALIZED TABLES"),
            ShowWhat::Views => self.put("VIEWS"),
            ShowWhat::Functions { user } => self.put(if *user { "USER FUNCTIONS" } else { "FUNCTIONS" }),
            ShowWhat::Procedures => self.put("PROCEDURES"),
            ShowWhat::Models => self.put("MODELS"),
            ShowWhat::Connections => self.put("CONNECTIONS"),
            ShowWhat::Modules { full } => self.put(if *full { "FULL MODULES" } else { "MODULES" }),
            ShowWhat::Jars => self.put("JARS"),
            ShowWhat::Jobs => self.put("JOBS"),
            ShowWhat::Columns => self.put("COLUMNS"),
            ShowWhat::Partitions { table, partition } => {
                self.put("PARTITIONS");
                self.name(table);
                if !partition.is_empty() {
                    self.partition(partition);
                }
            }
            ShowWhat::Create { object, name } => {
                self.put(match object {
                    ShowCreate::Table => "CREATE TABLE",
                    ShowCreate::View => "CREATE VIEW",
                    ShowCreate::MaterializedTable => "CREATE MATERIALIZED TABLE",
                    ShowCreate::Catalog => "CREATE CATALOG",
                    ShowCreate::Model => "CREATE MODEL",
                    ShowCreate::Connection => "CREATE CONNECTION",
                });
                self.name(name);
            }
        }
        if let Some(from) = &show.from {
            self.put("FROM");
            self.name(from);
        }
        if let Some(like) = &show.like {
            self.put_if(like.negated, "NOT");
            self.put(if like.ilike { "ILIKE" } else { "LIKE" });
            self.text(&like.pattern);
        }
    }

    fn describe(&mut self, describe: &Describe) {
        self.put("DESCRIBE");
        let (word, extended, name) = match describe {
            Describe::Job(job) => {
                self.put("JOB");
                return self.text(job);
            }
            Describe::Catalog { name, extended } => {
                self.put("CATALOG");
                self.put_if(*extended, "EXTENDED");
                return self.ident(name);
            }
            Describe::TableColumn { name, column } => {
                self.put("TABLE");
                self.name(name);
                if let Some(column) = column {
                    self.ident(column);
                }
                return;
            }
            Describe::Statement(statement) => {
                self.put("STATEMENT");
                return self.statement(statement);
            }
            Describe::Table { name, extended } => ("", *extended, name),
            Describe::Database { name, extended } => ("DATABASE", *extended, name),
            Describe::Function { name, extended } => ("FUNCTION", *extended, name),
            Describe::Model { name, extended } => ("MODEL", *extended, name),
            Describe::Connection { name, extended } => ("CONNECTION", *extended, name),
        };
        self.put_if(!word.is_empty(), word);
        self.put_if(extended, "EXTENDED");
        self.name(name);
    }

    fn analyze(&mut self, analyze: &Analyze) {
        self.put("ANALYZE TABLE");
        self.name(&analyze.table);
        if !analyze.partition.is_empty() {
            self.partition(&analyze.partition);
        }
        self.put("COMPUTE STATISTICS");
        if analyze.all_columns {
            self.put("FOR ALL COLUMNS");
        } else if !analyze.columns.is_empty() {
            self.put("FOR COLUMNS");
            self.list(&analyze.columns, Self::ident);
        }
    }

    fn stop_job(&mut self, stop: &StopJob) {
        self.put("STOP JOB");
        self.text(&stop.job);
        self.put_if(stop.with_savepoint, "WITH SAVEPOINT");
        self.put_if(stop.with_drain, "WITH DRAIN");
    }
}

fn detail_text(detail: ExplainDetail) -> &'static str {
    match detail {
        ExplainDetail::EstimatedCost => "ESTIMATED_COST",
        ExplainDetail::ChangelogMode => "CHANGELOG_MODE",
        ExplainDetail::JsonExecutionPlan => "JSON_EXECUTION_PLAN",
        ExplainDetail::PlanAdvice => "PLAN_ADVICE",
    }
}
