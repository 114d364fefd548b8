//! Connectors as the planner wants to know them: what a table with a connector can do, by its declaration alone.

use catalog::Table;
use connect::{Accepts, ConnectorDef, TableSpec};
use data::Diagnostic;
use plan::connector::{MetadataKey, MetadataKeys, SinkCapability, SourceCapability};
use plan::{ChangelogMode, TableCapabilities, TableProvider, Writers};

/// Tables of the connectors of this program.
#[derive(Clone, Copy, Debug, Default)]
pub struct ConnectedTables;

impl TableProvider for ConnectedTables {
    fn knows(&self, connector: Option<&str>) -> bool {
        connector.is_some_and(|identifier| connect::connector(identifier).is_some())
    }

    fn connectors(&self) -> Vec<&'static str> {
        connect::connectors().iter().map(|connector| connector.identifier).collect()
    }

    fn describe(&self, table: &Table, _writers: Writers) -> Result<TableCapabilities, Box<Diagnostic>> {
        let spec = table_spec(table);
        if let Some(error) = connect::validate(&spec).into_iter().find(Diagnostic::is_error) {
            return Err(Box::new(error));
        }
        let Some(connector) = table.connector().and_then(connect::connector) else {
            return Ok(TableCapabilities::default());
        };
        Ok(TableCapabilities {
            source: connector.source.as_ref().map(|_| SourceCapability {
                changelog: ChangelogMode::INSERT_ONLY,
                bounded: connector.is_bounded(&spec),
                deletes_by_key: false,
            }),
            sink: connector.sink.as_ref().map(|sink| SinkCapability {
                accepts: match sink.accepts {
                    Accepts::Inserts => Some(ChangelogMode::INSERT_ONLY),
                    Accepts::Changes => None,
                },
                deletes_by_key: false,
            }),
            lookup: None,
            metadata: metadata(connector),
        })
    }
}

fn metadata(connector: &ConnectorDef) -> MetadataKeys {
    let key = |metadata: &connect::MetadataDef| {
        let data_type = sql::parse_type(metadata.data_type).ok()?;
        let data_type = sql::types::to_data_type(&data_type).ok()?;
        Some(MetadataKey { key: metadata.key.to_owned(), data_type, writable: connector.sink.is_some() })
    };
    MetadataKeys::Listed(connector.metadata.iter().filter_map(key).collect())
}

/// The table as its connector sees it.
pub fn table_spec(table: &Table) -> TableSpec {
    let columns: Vec<_> = table.read_columns().collect();
    TableSpec {
        name: table.path.to_string(),
        schema: table.read_schema(),
        metadata: columns.iter().map(|column| column.metadata_key().map(str::to_owned)).collect(),
        options: table.options.clone(),
        partition_keys: table.partition_keys.clone(),
        primary_key: table.primary_key.as_ref().map(|key| key.columns.clone()).unwrap_or_default(),
        projection: None,
    }
}
