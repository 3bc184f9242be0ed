//! What one guest holds, and what it sees of the host: clocks, random bytes, and
//! the egress.

use wasmtime::component::ResourceTable;
use wasmtime_wasi::cli::{WasiCliCtxView, WasiCliView};
use wasmtime_wasi::clocks::{WasiClocksCtxView, WasiClocksView};
use wasmtime_wasi::filesystem::{WasiFilesystemCtxView, WasiFilesystemView};
use wasmtime_wasi::random::WasiRandomCtx;
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};
use wasmtime_wasi_io::IoView;

use super::guest_log::GuestLog;
use crate::egress::EgressSession;
use crate::limits::{Limits, Meter, size};

/// Everything a guest holds.
pub struct Guest {
    table: ResourceTable,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    pub(super) egress_session: EgressSession,
    pub(super) meter: Meter,
    /// Ticks of computing in the call under way.
    pub(super) ticks: u64,
}

impl Guest {
    pub(super) fn new(limits: &Limits, egress_session: EgressSession) -> Self {
        let mut table = ResourceTable::new();
        table.set_max_capacity(size(limits.handles));
        let log = GuestLog::new(egress_session.clone());
        let mut http = WasiHttpCtx::new();
        http.set_field_size_limit(size(limits.header_bytes));
        Self {
            table,
            wasi: WasiCtxBuilder::new()
                .max_random_size(limits.random_bytes)
                .stdout(log.clone())
                .stderr(log)
                .build(),
            http,
            egress_session,
            meter: Meter::new(limits),
            ticks: 0,
        }
    }

    pub(super) fn random(&mut self) -> &mut WasiRandomCtx {
        self.wasi.random()
    }
}

impl IoView for Guest {
    fn table(&mut self) -> &mut ResourceTable {
        &mut self.table
    }
}

impl WasiClocksView for Guest {
    fn clocks(&mut self) -> WasiClocksCtxView<'_> {
        WasiClocksCtxView { ctx: self.wasi.clocks(), table: &mut self.table }
    }
}

impl WasiCliView for Guest {
    fn cli(&mut self) -> WasiCliCtxView<'_> {
        WasiCliCtxView { ctx: self.wasi.cli(), table: &mut self.table }
    }
}

impl WasiFilesystemView for Guest {
    fn filesystem(&mut self) -> WasiFilesystemCtxView<'_> {
        WasiFilesystemCtxView { ctx: self.wasi.filesystem(), table: &mut self.table }
    }
}

impl WasiHttpView for Guest {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            ctx: &mut self.http,
            table: &mut self.table,
            hooks: &mut self.egress_session,
        }
    }
}
