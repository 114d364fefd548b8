//! Made-up data in the shapes of known cases: any size, the same for the same seed, and with the trouble that real
//! data has (rows sent twice, late versions, refunds, deletes, rows that cannot be read).

pub mod c360;
mod csv;
pub mod random;
