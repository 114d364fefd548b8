//! DROP of tables, views, databases and catalogs.

use super::Done;
use super::create::catalog_error;
use crate::error::unsupported;
use crate::session::{Planned, Session};
use catalog::CatalogError;
use sql::ast::{Drop, DropKind};

pub(super) fn drop(session: &mut Session, drop: &Drop) -> Done {
    let parts: Vec<&str> = drop.name.parts().collect();
    let span = drop.name.span();
    let catalog = &mut session.state.catalog;
    let result = match drop.object {
        DropKind::Table => catalog.drop_object(&catalog.qualify(&parts), "table", drop.temporary),
        DropKind::View => catalog.drop_object(&catalog.qualify(&parts), "view", drop.temporary),
        DropKind::Database => {
            let (home, database) = super::order::database_parts(catalog, &parts);
            catalog.drop_database(&home, &database, drop.cascade == Some(true))
        }
        DropKind::Catalog => catalog.drop_catalog(drop.name.last()),
        other => {
            let feature = format!("DROP {}", other.keywords());
            return super::fail(unsupported(span, &feature, "leave the statement out"));
        }
    };
    match result {
        Ok(()) => Ok(Planned::Done),
        Err(CatalogError::NoObject { .. } | CatalogError::NoDatabase { .. } | CatalogError::NoCatalog(_))
            if drop.if_exists =>
        {
            Ok(Planned::Done)
        }
        Err(error) => super::fail(catalog_error(&error, span)),
    }
}
