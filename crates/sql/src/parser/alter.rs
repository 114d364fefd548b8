//! ALTER.

use super::{Parser, Read};
use crate::ast::{
    AddPartition, AlterCatalog, AlterDatabase, AlterFunction, AlterMaterializedTable, AlterMaterializedTableAction,
    AlterObject, AlterObjectAction, AlterSchema, AlterTable, AlterTableAction, AlterView, AlterViewAction,
    ColumnPosition, ObjectName, PositionedColumn, StatementKind, Text,
};
use crate::keyword::Kw;
use crate::lexer::TokenKind;
use data::Diagnostic;

impl Parser<'_> {
    pub(super) fn alter(&mut self) -> Read<StatementKind> {
        self.need_kw(Kw::ALTER)?;
        if self.eat_kw(Kw::TABLE) {
            let if_exists = self.if_exists()?;
            let name = self.object_name()?;
            let action = self.alter_table_action()?;
            Ok(StatementKind::AlterTable(Box::new(AlterTable { if_exists, name, action })))
        } else if self.eat_kw(Kw::VIEW) {
            self.alter_view()
        } else if self.eat_kw(Kw::MATERIALIZED) {
            self.need_kw(Kw::TABLE)?;
            let name = self.object_name()?;
            let action = self.alter_materialized_action()?;
            Ok(StatementKind::AlterMaterializedTable(Box::new(AlterMaterializedTable { name, action })))
        } else if self.eat_kw(Kw::DATABASE) {
            let name = self.object_name()?;
            self.need_kw(Kw::SET)?;
            let options = self.properties()?;
            Ok(StatementKind::AlterDatabase(Box::new(AlterDatabase { name, options })))
        } else if self.eat_kw(Kw::CATALOG) {
            let name = self.ident()?;
            let action = if self.eat_kw(Kw::COMMENT) {
                AlterObjectAction::Comment(self.text_literal()?)
            } else if self.eat_kw(Kw::RESET) {
                AlterObjectAction::ResetOptions(self.keys()?)
            } else {
                self.need_kw(Kw::SET)?;
                AlterObjectAction::SetOptions(self.properties()?)
            };
            Ok(StatementKind::AlterCatalog(Box::new(AlterCatalog { name, action })))
        } else if self.eat_kw(Kw::MODEL) {
            Ok(StatementKind::AlterModel(Box::new(self.alter_object()?)))
        } else if self.eat_kw(Kw::CONNECTION) {
            Ok(StatementKind::AlterConnection(Box::new(self.alter_object()?)))
        } else if self.peek_kw(Kw::SESSION) || self.peek_kw(Kw::SYSTEM) {
            self.alter_scope()
        } else {
            self.alter_function()
        }
    }

    fn alter_function(&mut self) -> Read<StatementKind> {
        let temporary = self.eat_kw(Kw::TEMPORARY);
        let system = temporary && self.eat_kw(Kw::SYSTEM);
        self.need_kw(Kw::FUNCTION)?;
        let if_exists = self.if_exists()?;
        let name = self.object_name()?;
        let definition = self.function_definition()?;
        let scope = super::ddl::scope(temporary, system);
        Ok(StatementKind::AlterFunction(Box::new(AlterFunction { scope, if_exists, name, definition })))
    }

    fn alter_object(&mut self) -> Read<AlterObject> {
        let if_exists = self.if_exists()?;
        let name = self.object_name()?;
        let action = if self.eat_kw(Kw::SET) {
            AlterObjectAction::SetOptions(self.properties()?)
        } else if self.eat_kw(Kw::RESET) {
            AlterObjectAction::ResetOptions(self.keys()?)
        } else {
            self.need_kws(&[Kw::RENAME, Kw::TO])?;
            AlterObjectAction::Rename(self.object_name()?)
        };
        Ok(AlterObject { if_exists, name, action })
    }

    fn alter_view(&mut self) -> Read<StatementKind> {
        let name = self.object_name()?;
        let action = if self.eat_kw(Kw::RENAME) {
            self.need_kw(Kw::TO)?;
            AlterViewAction::Rename(self.object_name()?)
        } else {
            self.need_kw(Kw::AS)?;
            AlterViewAction::As(Box::new(self.query()?))
        };
        Ok(StatementKind::AlterView(Box::new(AlterView { name, action })))
    }

    /// `('key', ...)`, possibly empty.
    fn keys(&mut self) -> Read<Vec<Text>> {
        if self.peek(TokenKind::LeftParen) && self.ahead(1) == TokenKind::RightParen {
            self.advance();
            self.advance();
            return Ok(Vec::new());
        }
        self.paren_list(Self::text_literal)
    }

    fn alter_table_action(&mut self) -> Read<AlterTableAction> {
        if self.eat_kw(Kw::RENAME) {
            if self.eat_kw(Kw::TO) {
                return Ok(AlterTableAction::Rename(self.object_name()?));
            }
            self.no_column_keyword()?;
            let from = self.object_name()?;
            self.need_kw(Kw::TO)?;
            return Ok(AlterTableAction::RenameColumn { from, to: self.ident()? });
        }
        if self.eat_kw(Kw::SET) {
            return Ok(AlterTableAction::SetOptions(self.properties()?));
        }
        if self.eat_kw(Kw::RESET) {
            return Ok(AlterTableAction::ResetOptions(self.keys()?));
        }
        if self.eat_kw(Kw::ADD) {
            return self.alter_add();
        }
        if self.eat_kw(Kw::MODIFY) {
            if self.eat_kw(Kw::DISTRIBUTION) {
                return Ok(AlterTableAction::ModifyDistribution(self.distribution()?));
            }
            return Ok(AlterTableAction::Modify(self.alter_schema()?));
        }
        self.need_kw(Kw::DROP)?;
        self.alter_drop()
    }

    fn no_column_keyword(&mut self) -> Read<()> {
        if !self.peek_kw(Kw::COLUMN) {
            return Ok(());
        }
        let span = self.span();
        self.fail(
            Diagnostic::parse("HW1008", span, "the word COLUMN is not written in Flink SQL")
                .hint("write the name of the column alone"),
        )
    }

    fn alter_add(&mut self) -> Read<AlterTableAction> {
        if self.eat_kw(Kw::DISTRIBUTION) {
            return Ok(AlterTableAction::AddDistribution(self.distribution()?));
        }
        let if_not_exists = self.if_not_exists()?;
        if !if_not_exists && !(self.peek_kw(Kw::PARTITION)) {
            return Ok(AlterTableAction::Add(self.alter_schema()?));
        }
        let mut partitions = Vec::new();
        self.need_kw(Kw::PARTITION)?;
        loop {
            let values = self.partition_values(true)?;
            partitions.push(AddPartition { values, options: self.with_properties()? });
            if !self.eat_kw(Kw::PARTITION) {
                return Ok(AlterTableAction::AddPartitions { if_not_exists, partitions });
            }
        }
    }

    fn alter_drop(&mut self) -> Read<AlterTableAction> {
        if self.eat_kws(&[Kw::PRIMARY, Kw::KEY]) {
            return Ok(AlterTableAction::DropPrimaryKey);
        }
        if self.eat_kw(Kw::CONSTRAINT) {
            return Ok(AlterTableAction::DropConstraint(self.ident()?));
        }
        if self.eat_kw(Kw::WATERMARK) {
            return Ok(AlterTableAction::DropWatermark);
        }
        if self.eat_kw(Kw::DISTRIBUTION) {
            return Ok(AlterTableAction::DropDistribution);
        }
        if self.peek_kw(Kw::IF) || self.peek_kw(Kw::PARTITION) {
            let if_exists = self.if_exists()?;
            let partitions = self.comma_list(|parser| {
                parser.need_kw(Kw::PARTITION)?;
                parser.partition_values(true)
            })?;
            return Ok(AlterTableAction::DropPartitions { if_exists, partitions });
        }
        self.no_column_keyword()?;
        if self.peek(TokenKind::LeftParen) {
            return Ok(AlterTableAction::DropColumns(self.paren_list(Self::object_name)?));
        }
        Ok(AlterTableAction::DropColumns(vec![self.object_name()?]))
    }

    /// One element, or several in parentheses.
    fn alter_schema(&mut self) -> Read<AlterSchema> {
        let mut schema = AlterSchema::default();
        self.no_column_keyword()?;
        if self.peek(TokenKind::LeftParen) {
            self.paren_list(|parser| parser.schema_element(&mut schema))?;
        } else {
            self.schema_element(&mut schema)?;
        }
        Ok(schema)
    }

    fn schema_element(&mut self, schema: &mut AlterSchema) -> Read<()> {
        if self.peek_kw(Kw::WATERMARK) {
            let watermark = self.watermark()?;
            if schema.watermark.is_some() {
                return self.fail(
                    Diagnostic::parse("HW1009", watermark.span, "a table has one watermark")
                        .hint("remove one of the WATERMARK clauses"),
                );
            }
            schema.watermark = Some(watermark);
            return Ok(());
        }
        if self.at_constraint() {
            schema.constraints.push(self.constraint()?);
            return Ok(());
        }
        let path = self.column_path()?;
        let column = self.column(&mut schema.constraints)?;
        let path = ObjectName(path.into_iter().chain([column.name.clone()]).collect());
        let position = if self.eat_kw(Kw::FIRST) {
            Some(ColumnPosition::First)
        } else if self.eat_kw(Kw::AFTER) {
            Some(ColumnPosition::After(self.object_name()?))
        } else {
            None
        };
        schema.columns.push(PositionedColumn { column, path, position });
        Ok(())
    }

    /// The names before the last dot of a path.
    fn column_path(&mut self) -> Read<Vec<crate::ast::Ident>> {
        let mut path = Vec::new();
        while self.at_ident() && self.ahead(1) == TokenKind::Dot {
            path.push(self.ident()?);
            self.advance();
        }
        Ok(path)
    }

    fn alter_materialized_action(&mut self) -> Read<AlterMaterializedTableAction> {
        use AlterMaterializedTableAction as Action;
        if self.eat_kw(Kw::SUSPEND) {
            return Ok(Action::Suspend);
        }
        if self.eat_kw(Kw::RESUME) {
            return Ok(Action::Resume(self.with_properties()?));
        }
        if self.eat_kw(Kw::REFRESH) {
            let partition = if self.eat_kw(Kw::PARTITION) { self.partition_values(true)? } else { Vec::new() };
            return Ok(Action::Refresh(partition));
        }
        if self.eat_kw(Kw::SET) {
            if self.eat_kw(Kw::FRESHNESS) {
                self.need(TokenKind::Equal)?;
                return Ok(Action::SetFreshness(self.interval()?));
            }
            if self.eat_kw(Kw::REFRESH_MODE) {
                return Ok(Action::SetRefreshMode(self.refresh_mode()?));
            }
            return Ok(Action::SetOptions(self.properties()?));
        }
        if self.eat_kw(Kw::RESET) {
            return Ok(Action::ResetOptions(self.keys()?));
        }
        if self.eat_kw(Kw::AS) {
            return Ok(Action::As(Box::new(self.query()?)));
        }
        if !matches!(self.keyword(), Some(Kw::ADD | Kw::MODIFY | Kw::DROP)) {
            return self.unexpected();
        }
        Ok(Action::Table(self.alter_table_action()?))
    }
}
