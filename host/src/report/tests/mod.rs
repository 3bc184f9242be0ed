//! Laws of reports.
