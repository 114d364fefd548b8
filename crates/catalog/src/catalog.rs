//! The objects of a session by name: catalogs hold databases, databases hold tables and views.
//!
//! *Home*: the current catalog and database, in which names of one or two parts are looked up.

use crate::table::{ObjectPath, Table, View};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

pub const DEFAULT_CATALOG: &str = "default_catalog";
pub const DEFAULT_DATABASE: &str = "default_database";

/// A table or a view.
#[derive(Clone, Debug, PartialEq)]
pub enum Object {
    Table(Arc<Table>),
    View(Arc<View>),
}

impl Object {
    pub fn path(&self) -> &ObjectPath {
        match self {
            Self::Table(table) => &table.path,
            Self::View(view) => &view.path,
        }
    }

    pub fn temporary(&self) -> bool {
        match self {
            Self::Table(table) => table.temporary,
            Self::View(view) => view.temporary,
        }
    }

    pub fn kind(&self) -> &'static str {
        match self {
            Self::Table(_) => "table",
            Self::View(_) => "view",
        }
    }
}

/// Why a catalog refuses a change. `Display` is one lower-case sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CatalogError {
    NoCatalog(String),
    NoDatabase {
        catalog: String,
        database: String,
    },
    NoObject {
        path: ObjectPath,
        wanted: &'static str,
    },
    CatalogExists(String),
    DatabaseExists {
        catalog: String,
        database: String,
    },
    ObjectExists(ObjectPath),
    /// A database that still holds objects is dropped with CASCADE only.
    DatabaseNotEmpty(String),
    /// What one works in cannot be dropped.
    InUse(String),
    /// A temporary object hides the permanent one.
    Hidden {
        path: ObjectPath,
        kind: &'static str,
    },
}

impl fmt::Display for CatalogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCatalog(name) => write!(f, "catalog '{name}' does not exist"),
            Self::NoDatabase { catalog, database } => {
                write!(f, "database '{database}' does not exist in catalog '{catalog}'")
            }
            Self::NoObject { path, wanted } => write!(f, "{wanted} '{path}' does not exist"),
            Self::CatalogExists(name) => write!(f, "catalog '{name}' already exists"),
            Self::DatabaseExists { catalog, database } => {
                write!(f, "database '{database}' already exists in catalog '{catalog}'")
            }
            Self::ObjectExists(path) => write!(f, "table or view '{path}' already exists"),
            Self::DatabaseNotEmpty(name) => write!(f, "database '{name}' is not empty"),
            Self::InUse(name) => write!(f, "'{name}' is in use and cannot be dropped"),
            Self::Hidden { path, kind } => write!(f, "a temporary {kind} hides '{path}'"),
        }
    }
}

impl std::error::Error for CatalogError {}

#[derive(Clone, Debug, Default)]
struct Database {
    objects: BTreeMap<String, Object>,
    comment: Option<String>,
    options: BTreeMap<String, String>,
}

/// All objects that a session sees.
#[derive(Clone, Debug)]
pub struct Catalog {
    catalogs: BTreeMap<String, BTreeMap<String, Database>>,
    temporary: BTreeMap<ObjectPath, Object>,
    current_catalog: String,
    current_database: Option<String>,
}

impl Default for Catalog {
    fn default() -> Self {
        Self::new()
    }
}

impl Catalog {
    /// `default_catalog` with `default_database`, both empty and current.
    pub fn new() -> Self {
        let databases = BTreeMap::from([(DEFAULT_DATABASE.to_owned(), Database::default())]);
        Self {
            catalogs: BTreeMap::from([(DEFAULT_CATALOG.to_owned(), databases)]),
            temporary: BTreeMap::new(),
            current_catalog: DEFAULT_CATALOG.to_owned(),
            current_database: Some(DEFAULT_DATABASE.to_owned()),
        }
    }

    pub fn current_catalog(&self) -> &str {
        &self.current_catalog
    }

    /// `None` after USE CATALOG of a catalog without a default database.
    pub fn current_database(&self) -> Option<&str> {
        self.current_database.as_deref()
    }

    pub fn catalogs(&self) -> impl Iterator<Item = &str> {
        self.catalogs.keys().map(String::as_str)
    }

    pub fn databases(&self, catalog: &str) -> Result<impl Iterator<Item = &str>, CatalogError> {
        let databases = self.catalogs.get(catalog).ok_or_else(|| CatalogError::NoCatalog(catalog.to_owned()))?;
        Ok(databases.keys().map(String::as_str))
    }

    /// Makes a full path of a name of one to three parts.
    pub fn qualify(&self, parts: &[&str]) -> ObjectPath {
        let database = self.current_database.as_deref().unwrap_or("");
        match parts {
            [catalog, database, name] => ObjectPath::new(*catalog, *database, *name),
            [database, name] => ObjectPath::new(&self.current_catalog, *database, *name),
            [name] => ObjectPath::new(&self.current_catalog, database, *name),
            _ => ObjectPath::new(&self.current_catalog, database, parts.join(".")),
        }
    }

    /// The object at a path; a temporary one first.
    pub fn get(&self, path: &ObjectPath) -> Option<&Object> {
        self.temporary.get(path).or_else(|| self.permanent(path))
    }

    fn permanent(&self, path: &ObjectPath) -> Option<&Object> {
        self.catalogs.get(&path.catalog)?.get(&path.database)?.objects.get(&path.name)
    }

    /// The object that a name means here.
    pub fn resolve(&self, parts: &[&str]) -> Option<&Object> {
        self.get(&self.qualify(parts))
    }

    pub fn table(&self, path: &ObjectPath) -> Option<&Arc<Table>> {
        match self.get(path)? {
            Object::Table(table) => Some(table),
            Object::View(_) => None,
        }
    }

    /// All tables and views, temporary ones instead of what they hide.
    pub fn objects(&self) -> impl Iterator<Item = &Object> {
        let permanent = self.catalogs.values().flat_map(|databases| databases.values());
        let permanent = permanent.flat_map(|database| database.objects.values());
        permanent.filter(|object| !self.temporary.contains_key(object.path())).chain(self.temporary.values())
    }

    /// Names of the objects in one database for which `keep` holds, sorted.
    pub fn names(&self, catalog: &str, database: &str, keep: impl Fn(&Object) -> bool) -> Vec<String> {
        let here = |path: &ObjectPath| path.catalog == catalog && path.database == database;
        let names: BTreeSet<String> = self
            .objects()
            .filter(|object| here(object.path()) && keep(object))
            .map(|object| object.path().name.clone())
            .collect();
        names.into_iter().collect()
    }

    /// Adds an object. One that exists at the same level (permanent or temporary) is an error.
    pub fn create(&mut self, object: Object) -> Result<(), CatalogError> {
        let path = object.path().clone();
        if object.temporary() {
            if self.temporary.contains_key(&path) {
                return Err(CatalogError::ObjectExists(path));
            }
            self.temporary.insert(path, object);
            return Ok(());
        }
        let database = self.database_mut(&path.catalog, &path.database)?;
        if database.objects.contains_key(&path.name) {
            return Err(CatalogError::ObjectExists(path));
        }
        database.objects.insert(path.name.clone(), object);
        Ok(())
    }

    /// Puts the object in place of the one with its path and level.
    pub fn replace(&mut self, object: Object) -> Result<(), CatalogError> {
        let path = object.path().clone();
        if object.temporary() {
            self.temporary.insert(path, object);
        } else {
            self.database_mut(&path.catalog, &path.database)?.objects.insert(path.name, object);
        }
        Ok(())
    }

    /// Whether an object of this path exists at this level.
    pub fn exists(&self, path: &ObjectPath, temporary: bool) -> bool {
        if temporary { self.temporary.contains_key(path) } else { self.permanent(path).is_some() }
    }

    /// Removes a table (`"table"`) or view (`"view"`).
    pub fn drop_object(
        &mut self,
        path: &ObjectPath,
        wanted: &'static str,
        temporary: bool,
    ) -> Result<(), CatalogError> {
        let missing = || CatalogError::NoObject { path: path.clone(), wanted };
        if temporary {
            self.temporary.get(path).filter(|object| object.kind() == wanted).ok_or_else(missing)?;
            self.temporary.remove(path);
            return Ok(());
        }
        let found = self.permanent(path).is_some_and(|object| object.kind() == wanted);
        if let Some(hiding) = self.temporary.get(path).filter(|object| object.kind() == wanted) {
            return Err(CatalogError::Hidden { path: path.clone(), kind: hiding.kind() });
        }
        if !found {
            return Err(missing());
        }
        self.database_mut(&path.catalog, &path.database)?.objects.remove(&path.name);
        Ok(())
    }

    fn database_mut(&mut self, catalog: &str, database: &str) -> Result<&mut Database, CatalogError> {
        let databases = self.catalogs.get_mut(catalog).ok_or_else(|| CatalogError::NoCatalog(catalog.to_owned()))?;
        databases
            .get_mut(database)
            .ok_or_else(|| CatalogError::NoDatabase { catalog: catalog.to_owned(), database: database.to_owned() })
    }

    pub fn create_catalog(&mut self, name: &str) -> Result<(), CatalogError> {
        if self.catalogs.contains_key(name) {
            return Err(CatalogError::CatalogExists(name.to_owned()));
        }
        let databases = BTreeMap::from([("default".to_owned(), Database::default())]);
        self.catalogs.insert(name.to_owned(), databases);
        Ok(())
    }

    pub fn drop_catalog(&mut self, name: &str) -> Result<(), CatalogError> {
        if self.current_catalog == name {
            return Err(CatalogError::InUse(name.to_owned()));
        }
        self.catalogs.remove(name).map(|_| ()).ok_or_else(|| CatalogError::NoCatalog(name.to_owned()))
    }

    pub fn create_database(
        &mut self,
        catalog: &str,
        database: &str,
        comment: Option<String>,
        options: BTreeMap<String, String>,
    ) -> Result<(), CatalogError> {
        let databases = self.catalogs.get_mut(catalog).ok_or_else(|| CatalogError::NoCatalog(catalog.to_owned()))?;
        if databases.contains_key(database) {
            let (catalog, database) = (catalog.to_owned(), database.to_owned());
            return Err(CatalogError::DatabaseExists { catalog, database });
        }
        databases.insert(database.to_owned(), Database { objects: BTreeMap::new(), comment, options });
        Ok(())
    }

    pub fn alter_database(
        &mut self,
        catalog: &str,
        database: &str,
        options: BTreeMap<String, String>,
    ) -> Result<(), CatalogError> {
        self.database_mut(catalog, database)?.options.extend(options);
        Ok(())
    }

    /// Comment and options of a database.
    pub fn describe_database(
        &self,
        catalog: &str,
        database: &str,
    ) -> Option<(Option<&str>, &BTreeMap<String, String>)> {
        let database = self.catalogs.get(catalog)?.get(database)?;
        Some((database.comment.as_deref(), &database.options))
    }

    /// Removes a database, with its objects if `cascade`.
    pub fn drop_database(&mut self, catalog: &str, database: &str, cascade: bool) -> Result<(), CatalogError> {
        if self.current_catalog == catalog && self.current_database.as_deref() == Some(database) {
            return Err(CatalogError::InUse(database.to_owned()));
        }
        if !self.database_mut(catalog, database)?.objects.is_empty() && !cascade {
            return Err(CatalogError::DatabaseNotEmpty(database.to_owned()));
        }
        if let Some(databases) = self.catalogs.get_mut(catalog) {
            databases.remove(database);
        }
        Ok(())
    }

    pub fn use_catalog(&mut self, name: &str) -> Result<(), CatalogError> {
        let databases = self.catalogs.get(name).ok_or_else(|| CatalogError::NoCatalog(name.to_owned()))?;
        let default = if name == DEFAULT_CATALOG { DEFAULT_DATABASE } else { "default" };
        self.current_database = databases.contains_key(default).then(|| default.to_owned());
        self.current_catalog = name.to_owned();
        Ok(())
    }

    pub fn use_database(&mut self, catalog: &str, database: &str) -> Result<(), CatalogError> {
        self.database_mut(catalog, database)?;
        self.current_catalog = catalog.to_owned();
        self.current_database = Some(database.to_owned());
        Ok(())
    }
}
