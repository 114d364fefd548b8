//! Statements that define.

use super::Printer;
use crate::ast::{
    AlterFunction, AlterMaterializedTable, AlterMaterializedTableAction, AlterObject, AlterObjectAction, AlterSchema,
    AlterTableAction, AlterView, AlterViewAction, Column, ColumnKind, ColumnPosition, Columns, Constraint,
    ConstraintKind, CreateFunction, CreateMaterializedTable, CreateModel, CreateTable, CreateView, Distribution,
    DistributionKind, Drop, FunctionDefinition, FunctionLanguage, FunctionScope, LikeFeature, LikeStrategy,
    PartitionValue, RefreshMode, ResourceKind, StartMode, StartModeKind, TableLike, Text, Watermark,
};

impl Printer {
    pub(super) fn create_table(&mut self, create: &CreateTable) {
        self.put(if create.replace { "REPLACE" } else { "CREATE" });
        self.put_if(create.or_replace, "OR REPLACE");
        self.put_if(create.temporary, "TEMPORARY");
        self.put("TABLE");
        self.put_if(create.if_not_exists, "IF NOT EXISTS");
        self.name(&create.name);
        self.columns(&create.columns);
        self.comment(&create.comment);
        if let Some(distribution) = &create.distribution {
            self.put("DISTRIBUTED");
            self.distribution(distribution);
        }
        if !create.partitioned_by.is_empty() {
            self.put("PARTITIONED BY");
            self.idents(&create.partitioned_by);
        }
        self.with_options(&create.options);
        if let Some(like) = &create.like {
            self.like(like);
        }
        if let Some(query) = &create.query {
            self.put("AS");
            self.query(query);
        }
    }

    fn columns(&mut self, columns: &Columns) {
        let separate: Vec<&Constraint> = columns.constraints.iter().filter(|one| !one.inline).collect();
        if columns.columns.is_empty() && columns.watermark.is_none() && separate.is_empty() {
            return;
        }
        self.put("(");
        let mut first = true;
        let mut comma = |printer: &mut Self| {
            if !std::mem::take(&mut first) {
                printer.tight(",");
            }
        };
        for column in &columns.columns {
            comma(self);
            let inline = columns.constraints.iter().find(|one| one.inline && one.columns[0].value == column.name.value);
            self.column(column, inline);
        }
        if let Some(watermark) = &columns.watermark {
            comma(self);
            self.watermark(watermark);
        }
        for constraint in separate {
            comma(self);
            self.constraint(constraint);
        }
        self.tight(")");
    }

    fn column(&mut self, column: &Column, constraint: Option<&Constraint>) {
        self.ident(&column.name);
        match &column.kind {
            ColumnKind::Name => {}
            ColumnKind::Physical { data_type } => self.type_name(data_type),
            ColumnKind::Computed { expr } => {
                self.put("AS");
                self.expr(expr);
            }
            ColumnKind::Metadata { data_type, from, virtual_ } => {
                self.type_name(data_type);
                self.put("METADATA");
                if let Some(from) = from {
                    self.put("FROM");
                    self.text(from);
                }
                self.put_if(*virtual_, "VIRTUAL");
            }
        }
        if let Some(constraint) = constraint {
            self.constraint_head(constraint);
            self.enforced(constraint);
        }
        self.comment(&column.comment);
    }

    fn watermark(&mut self, watermark: &Watermark) {
        self.put("WATERMARK FOR");
        self.name(&watermark.column);
        self.put("AS");
        self.expr(&watermark.expr);
    }

    fn constraint(&mut self, constraint: &Constraint) {
        self.constraint_head(constraint);
        self.idents(&constraint.columns);
        self.enforced(constraint);
    }

    fn constraint_head(&mut self, constraint: &Constraint) {
        if let Some(name) = &constraint.name {
            self.put("CONSTRAINT");
            self.ident(name);
        }
        self.put(if constraint.kind == ConstraintKind::Unique { "UNIQUE" } else { "PRIMARY KEY" });
    }

    fn enforced(&mut self, constraint: &Constraint) {
        match constraint.enforced {
            Some(true) => self.put("ENFORCED"),
            Some(false) => self.put("NOT ENFORCED"),
            None => {}
        }
    }

    fn distribution(&mut self, distribution: &Distribution) {
        if !distribution.columns.is_empty() {
            self.put("BY");
            match distribution.kind {
                Some(DistributionKind::Hash) => self.put("HASH"),
                Some(DistributionKind::Range) => self.put("RANGE"),
                None => {}
            }
            self.idents(&distribution.columns);
        }
        if let Some(buckets) = distribution.buckets {
            self.put(&format!("INTO {buckets} BUCKETS"));
        }
    }

    fn like(&mut self, like: &TableLike) {
        self.put("LIKE");
        self.name(&like.name);
        if like.options.is_empty() {
            return;
        }
        self.put("(");
        for option in &like.options {
            self.put(match option.strategy {
                LikeStrategy::Including => "INCLUDING",
                LikeStrategy::Excluding => "EXCLUDING",
                LikeStrategy::Overwriting => "OVERWRITING",
            });
            self.put(match option.feature {
                LikeFeature::All => "ALL",
                LikeFeature::Constraints => "CONSTRAINTS",
                LikeFeature::Distribution => "DISTRIBUTION",
                LikeFeature::Generated => "GENERATED",
                LikeFeature::Metadata => "METADATA",
                LikeFeature::Options => "OPTIONS",
                LikeFeature::Partitions => "PARTITIONS",
                LikeFeature::Watermarks => "WATERMARKS",
            });
        }
        self.tight(")");
    }

    pub(super) fn create_view(&mut self, create: &CreateView) {
        self.put("CREATE");
        self.put_if(create.or_replace, "OR REPLACE");
        self.put_if(create.temporary, "TEMPORARY");
        self.put("VIEW");
        self.put_if(create.if_not_exists, "IF NOT EXISTS");
        self.name(&create.name);
        if !create.columns.is_empty() {
            self.idents(&create.columns);
        }
        self.comment(&create.comment);
        self.put("AS");
        self.query(&create.query);
    }

    pub(super) fn create_materialized_table(&mut self, create: &CreateMaterializedTable) {
        self.put("CREATE");
        self.put_if(create.or_alter, "OR ALTER");
        self.put("MATERIALIZED TABLE");
        self.name(&create.name);
        self.columns(&create.columns);
        self.comment(&create.comment);
        if let Some(distribution) = &create.distribution {
            self.put("DISTRIBUTED");
            self.distribution(distribution);
        }
        if !create.partitioned_by.is_empty() {
            self.put("PARTITIONED BY");
            self.idents(&create.partitioned_by);
        }
        self.with_options(&create.options);
        if let Some(mode) = &create.start_mode {
            self.start_mode(mode);
        }
        self.clause("FRESHNESS =", create.freshness.as_ref());
        if let Some(mode) = create.refresh_mode {
            self.refresh_mode(mode);
        }
        self.put("AS");
        self.query(&create.query);
    }

    fn refresh_mode(&mut self, mode: RefreshMode) {
        self.put("REFRESH_MODE =");
        self.put(if mode == RefreshMode::Full { "FULL" } else { "CONTINUOUS" });
    }

    fn start_mode(&mut self, mode: &StartMode) {
        self.put("START_MODE =");
        self.put(match mode.kind {
            StartModeKind::FromBeginning => "FROM_BEGINNING",
            StartModeKind::FromNow => "FROM_NOW",
            StartModeKind::FromTimestamp => "FROM_TIMESTAMP",
            StartModeKind::ResumeOrFromBeginning => "RESUME_OR_FROM_BEGINNING",
            StartModeKind::ResumeOrFromNow => "RESUME_OR_FROM_NOW",
            StartModeKind::ResumeOrFromTimestamp => "RESUME_OR_FROM_TIMESTAMP",
        });
        if let Some(argument) = &mode.argument {
            self.tight("(");
            self.expr(argument);
            self.tight(")");
        }
    }

    fn scope(&mut self, scope: FunctionScope) {
        match scope {
            FunctionScope::Permanent => {}
            FunctionScope::Temporary => self.put("TEMPORARY"),
            FunctionScope::System => self.put("TEMPORARY SYSTEM"),
        }
        self.put("FUNCTION");
    }

    pub(super) fn create_function(&mut self, create: &CreateFunction) {
        self.put("CREATE");
        self.put_if(create.or_replace, "OR REPLACE");
        self.scope(create.scope);
        self.put_if(create.if_not_exists, "IF NOT EXISTS");
        self.name(&create.name);
        self.definition(&create.definition);
        self.with_options(&create.options);
    }

    pub(super) fn alter_function(&mut self, alter: &AlterFunction) {
        self.put("ALTER");
        self.scope(alter.scope);
        self.put_if(alter.if_exists, "IF EXISTS");
        self.name(&alter.name);
        self.definition(&alter.definition);
    }

    fn definition(&mut self, definition: &FunctionDefinition) {
        self.put("AS");
        self.text(&definition.class);
        if let Some(language) = definition.language {
            self.put(match language {
                FunctionLanguage::Java => "LANGUAGE JAVA",
                FunctionLanguage::Scala => "LANGUAGE SCALA",
                FunctionLanguage::Python => "LANGUAGE PYTHON",
                FunctionLanguage::Sql => "LANGUAGE SQL",
            });
        }
        if !definition.using.is_empty() {
            self.put("USING");
            self.list(&definition.using, |printer, resource| {
                printer.put(if resource.kind == ResourceKind::Jar { "JAR" } else { "ARTIFACT" });
                printer.text(&resource.uri);
            });
        }
    }

    pub(super) fn create_model(&mut self, create: &CreateModel) {
        self.put("CREATE");
        self.put_if(create.or_replace, "OR REPLACE");
        self.put_if(create.temporary, "TEMPORARY");
        self.put("MODEL");
        self.put_if(create.if_not_exists, "IF NOT EXISTS");
        self.name(&create.name);
        for (word, columns) in [("INPUT", &create.input), ("OUTPUT", &create.output)] {
            if !columns.is_empty() {
                self.put(word);
                self.paren_list(columns, |printer, column| printer.column(column, None));
            }
        }
        self.comment(&create.comment);
        self.with_options(&create.options);
        if let Some(query) = &create.query {
            self.put("AS");
            self.query(query);
        }
    }

    pub(super) fn drop(&mut self, drop: &Drop) {
        self.put("DROP");
        self.put_if(drop.temporary, "TEMPORARY");
        self.put_if(drop.system, "SYSTEM");
        self.put(drop.object.keywords());
        self.put_if(drop.if_exists, "IF EXISTS");
        self.name(&drop.name);
        match drop.cascade {
            Some(true) => self.put("CASCADE"),
            Some(false) => self.put("RESTRICT"),
            None => {}
        }
    }

    // ALTER.

    pub(super) fn alter_view(&mut self, alter: &AlterView) {
        self.put("ALTER VIEW");
        self.name(&alter.name);
        match &alter.action {
            AlterViewAction::Rename(name) => {
                self.put("RENAME TO");
                self.name(name);
            }
            AlterViewAction::As(query) => {
                self.put("AS");
                self.query(query);
            }
        }
    }

    pub(super) fn alter_object(&mut self, word: &str, alter: &AlterObject) {
        self.put(word);
        self.put_if(alter.if_exists, "IF EXISTS");
        self.name(&alter.name);
        self.object_action(&alter.action);
    }

    pub(super) fn object_action(&mut self, action: &AlterObjectAction) {
        match action {
            AlterObjectAction::Rename(name) => {
                self.put("RENAME TO");
                self.name(name);
            }
            AlterObjectAction::SetOptions(options) => {
                self.put("SET");
                self.properties(options);
            }
            AlterObjectAction::ResetOptions(keys) => self.reset(keys),
            AlterObjectAction::Comment(text) => {
                self.put("COMMENT");
                self.text(text);
            }
        }
    }

    fn reset(&mut self, keys: &[Text]) {
        self.put("RESET");
        self.paren_list(keys, Self::text);
    }

    pub(super) fn partition(&mut self, values: &[PartitionValue]) {
        self.put("PARTITION");
        self.paren_list(values, |printer, value| {
            printer.ident(&value.key);
            printer.clause("=", value.value.as_ref());
        });
    }

    pub(super) fn alter_table_action(&mut self, action: &AlterTableAction) {
        use AlterTableAction as A;
        match action {
            A::Rename(name) => {
                self.put("RENAME TO");
                self.name(name);
            }
            A::RenameColumn { from, to } => {
                self.put("RENAME");
                self.name(from);
                self.put("TO");
                self.ident(to);
            }
            A::SetOptions(options) => {
                self.put("SET");
                self.properties(options);
            }
            A::ResetOptions(keys) => self.reset(keys),
            A::Add(schema) => self.alter_schema("ADD", schema),
            A::Modify(schema) => self.alter_schema("MODIFY", schema),
            A::DropColumns(names) => {
                self.put("DROP");
                self.paren_list(names, Self::name);
            }
            A::DropPrimaryKey => self.put("DROP PRIMARY KEY"),
            A::DropConstraint(name) => {
                self.put("DROP CONSTRAINT");
                self.ident(name);
            }
            A::DropWatermark => self.put("DROP WATERMARK"),
            A::DropDistribution => self.put("DROP DISTRIBUTION"),
            A::AddDistribution(distribution) => {
                self.put("ADD DISTRIBUTION");
                self.distribution(distribution);
            }
            A::ModifyDistribution(distribution) => {
                self.put("MODIFY DISTRIBUTION");
                self.distribution(distribution);
            }
            A::AddPartitions { if_not_exists, partitions } => {
                self.put("ADD");
                self.put_if(*if_not_exists, "IF NOT EXISTS");
                for partition in partitions {
                    self.partition(&partition.values);
                    self.with_options(&partition.options);
                }
            }
            A::DropPartitions { if_exists, partitions } => {
                self.put("DROP");
                self.put_if(*if_exists, "IF EXISTS");
                self.list(partitions, |printer, values| printer.partition(values));
            }
        }
    }

    fn alter_schema(&mut self, word: &str, schema: &AlterSchema) {
        self.put(word);
        self.put("(");
        let mut first = true;
        let mut comma = |printer: &mut Self| {
            if !std::mem::take(&mut first) {
                printer.tight(",");
            }
        };
        for positioned in &schema.columns {
            comma(self);
            let column = &positioned.column;
            if let Some((_, path)) = positioned.path.0.split_last() {
                for part in path {
                    self.ident(part);
                    self.tight(".");
                }
            }
            let inline = schema.constraints.iter().find(|one| one.inline && one.columns[0].value == column.name.value);
            self.column(column, inline);
            match &positioned.position {
                Some(ColumnPosition::First) => self.put("FIRST"),
                Some(ColumnPosition::After(name)) => {
                    self.put("AFTER");
                    self.name(name);
                }
                None => {}
            }
        }
        if let Some(watermark) = &schema.watermark {
            comma(self);
            self.watermark(watermark);
        }
        for constraint in schema.constraints.iter().filter(|one| !one.inline) {
            comma(self);
            self.constraint(constraint);
        }
        self.tight(")");
    }

    pub(super) fn alter_materialized_table(&mut self, alter: &AlterMaterializedTable) {
        use AlterMaterializedTableAction as A;
        self.put("ALTER MATERIALIZED TABLE");
        self.name(&alter.name);
        match &alter.action {
            A::Suspend => self.put("SUSPEND"),
            A::Resume(options) => {
                self.put("RESUME");
                self.with_options(options);
            }
            A::Refresh(values) => {
                self.put("REFRESH");
                if !values.is_empty() {
                    self.partition(values);
                }
            }
            A::SetFreshness(freshness) => self.clause("SET FRESHNESS =", Some(freshness)),
            A::SetRefreshMode(mode) => {
                self.put("SET");
                self.refresh_mode(*mode);
            }
            A::SetOptions(options) => {
                self.put("SET");
                self.properties(options);
            }
            A::ResetOptions(keys) => self.reset(keys),
            A::As(query) => {
                self.put("AS");
                self.query(query);
            }
            A::Table(action) => self.alter_table_action(action),
        }
    }
}
