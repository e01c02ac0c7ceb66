//! What is wrong with a deployment file, and where.

use std::fmt;

/// What is wrong with a deployment file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SdlError {
    /// From 1.
    pub line: usize,
    /// From 1.
    pub column: usize,
    /// The field, for instance `services.web.image`; empty for the file as a whole.
    pub field: String,
    /// What is wrong, and what to change.
    pub reason: String,
}

impl fmt::Display for SdlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: ", self.line, self.column)?;
        if !self.field.is_empty() {
            write!(f, "`{}`: ", self.field)?;
        }
        f.write_str(&self.reason)
    }
}

impl std::error::Error for SdlError {}
