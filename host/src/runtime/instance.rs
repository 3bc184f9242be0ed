//! One store: how it is called, and how a call that misbehaves ends.
//!
//! Invariant: whatever happens inside, the caller gets an error that names the
//! component, the call and, where one was exceeded, the limit; the store is
//! dropped and nothing of it remains.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use wasmtime::{Store, UpdateDeadline};

use super::Sandbox;
use super::error::SandboxError;
use super::failure::{Called, OutOfTicks, OutOfTime};
use super::guest::Guest;
use super::load::LoadedComponent;
use super::response_errors::GuestTexts;
use crate::contract::{SignonSource, SourceError};
use crate::egress::Egress;
use crate::limits::{Claim, CpuScheduler, Limits, size};

/// A live instance.
pub struct Instance {
    pub name: Arc<str>,
    pub source: Arc<str>,
    pub store: Store<Guest>,
    pub bindings: SignonSource,
    pub limits: Limits,
    /// Who is told that it computes.
    pub scheduler: CpuScheduler,
    /// Whether it failed once: what is left of it is not to be called.
    pub ended: bool,
    // Given back when the instance goes: the source's, then the process's.
    _places: [Option<OwnedSemaphorePermit>; 2],
}

impl Instance {
    pub async fn new(
        sandbox: &Sandbox,
        component: &LoadedComponent,
        limits: &Limits,
        egress: Egress,
    ) -> Result<Self, SandboxError> {
        let source = egress.owner().clone();
        // In this order: a source that waits for a place of its own holds none of
        // those that all share.
        let own = egress.place().await;
        let shared = sandbox
            .places
            .clone()
            .acquire_owned()
            .await
            .map_err(|error| SandboxError::Engine(error.to_string()))?;
        let allowance = egress.allowance();
        egress.take_part(&sandbox.scheduler);
        let egress_session = egress.egress_session(size(limits.requests));
        let mut store = Store::new(&sandbox.engine, Guest::new(limits, egress_session));
        store.limiter(|guest| &mut guest.meter);
        // Where the work of guests is counted, it is not limited.
        #[cfg(test)]
        let _ = store.set_fuel(u64::MAX);
        store.set_hostcall_fuel(size(limits.lifted_bytes));
        store.set_max_component_handles(size(limits.handles));
        store.set_epoch_deadline(1);
        let (budget, scheduler) = (limits.cpu_ticks, sandbox.scheduler.clone());
        // Called at most once a tick, and only while the guest computes: a guest
        // that waits spends nothing. Yielding lets others have the thread.
        store.epoch_deadline_callback(move |mut context| {
            let guest = context.data_mut();
            guest.ticks += 1;
            if guest.ticks > budget {
                return Err(OutOfTicks.into());
            }
            Ok(match allowance.claim() {
                Claim::Free => UpdateDeadline::Yield(1),
                Claim::Turn { used } => {
                    UpdateDeadline::YieldCustom(1, Box::pin(scheduler.clone().take(used)))
                }
            })
        });
        let instantiate = within(limits.wall_time, component.linked.instantiate_async(&mut store));
        let instantiated = sandbox.scheduler.computing(instantiate).await;
        let bindings = instantiated.map_err(|error| {
            let component = component.name();
            let called = Called { source: &source, component, call: "instantiate", limits };
            called.failure(store.data().meter.refused, &error)
        })?;
        Ok(Self {
            name: component.name.clone(),
            source,
            store,
            bindings,
            limits: limits.clone(),
            scheduler: sandbox.scheduler.clone(),
            ended: false,
            _places: [own, Some(shared)],
        })
    }

    /// For errors of a call.
    pub fn called(&self, call: &'static str) -> Called<'_> {
        Called { source: &self.source, component: &self.name, call, limits: &self.limits }
    }
}

/// Calls a function of an instance within its limits:
/// `call!(instance, "name in errors", [resource] function(arguments))`.
macro_rules! call {
    ($instance:expr, $call:literal, $([$resource:ident])? $function:ident($($argument:expr),*)) => {{
        let instance: &mut $crate::runtime::instance::Instance = $instance;
        let guest = instance.store.data_mut();
        guest.ticks = 0;
        guest.meter.refused = None;
        guest.egress_session.begin_call();
        let result = instance
            .scheduler
            .computing($crate::runtime::instance::within(
                instance.limits.wall_time,
                instance
                    .bindings
                    .signon_source_source()
                    $(.$resource())?
                    .$function(&mut instance.store, $($argument),*),
            ))
            .await;
        result.map_err(|error| {
            instance.ended = true;
            let refused = instance.store.data().meter.refused;
            let failure = instance.called($call).failure(refused, &error);
            instance.explain($call, failure)
        })
    }};
}
pub(super) use call;

impl Instance {
    /// Makes an answer of the component one of the sandbox: its errors in our words,
    /// its values checked, nothing told that was sent.
    pub fn settle<T: GuestTexts>(
        &mut self,
        call: &'static str,
        answer: Result<T, SourceError>,
        check: impl FnOnce(Called<'_>, &T) -> Result<(), SandboxError>,
    ) -> Result<T, SandboxError> {
        let called = self.called(call);
        let egress_session = &self.store.data().egress_session;
        match answer {
            Ok(mut value) => {
                let checked = check(called, &value);
                value.clean(|text| egress_session.clean(text));
                self.ended |= checked.is_err();
                checked.map(|()| value)
            }
            Err(error) => {
                let mut checked = called.check_error(error);
                if let SandboxError::Source(error) = &mut checked {
                    error.clean(|text| egress_session.clean(text));
                }
                Err(self.explain(call, checked))
            }
        }
    }

    /// For a call after the one that ended it.
    pub fn is_over(&self, call: &'static str) -> SandboxError {
        SandboxError::Trap {
            name: self.name.to_string(),
            call,
            problem: "its session had ended before; open another".to_owned(),
        }
    }

    /// Adds what only the egress knows: which request it denied, and what would allow
    /// it. Not where the component says that something else is the matter.
    pub fn explain(&self, call: &'static str, error: SandboxError) -> SandboxError {
        if self.store.data().egress_session.asked_too_often() {
            return self.called(call).exceeded("call_requests");
        }
        let fits = matches!(
            error,
            SandboxError::Trap { .. }
                | SandboxError::Source(
                    SourceError::Unauthorized(_)
                        | SourceError::Forbidden(_)
                        | SourceError::Unavailable(_)
                        | SourceError::Malformed(_)
                )
        );
        match self.store.data().egress_session.denial().filter(|_| fits) {
            Some(denial) => SandboxError::Denied { denial, source: Box::new(error) },
            None => error,
        }
    }
}

/// Bounds waiting.
pub async fn within<T>(
    wall_time: Duration,
    call: impl Future<Output = wasmtime::Result<T>>,
) -> wasmtime::Result<T> {
    match tokio::time::timeout(wall_time, call).await {
        Ok(result) => result,
        Err(_) => Err(OutOfTime.into()),
    }
}
