//! A normalizer under way: bytes in, events out, with no way out.

use wasmtime::component::ResourceAny;

use super::Sandbox;
use super::error::SandboxError;
use super::instance::{Instance, call};
use super::load::LoadedComponent;
use crate::contract::{Batch, BatchLimits, ReadOptions, TypeCount};
use crate::limits::Limits;

/// Most entries of the list of what was passed over: 64 types and the rest.
const MOST_TYPES: usize = 65;

/// Longest name of a type, in bytes.
const LONGEST_TYPE: usize = 128;

/// A normalizer under way. It has no way out.
pub struct NormalizerInstance {
    instance: Instance,
    normalizer: ResourceAny,
}

impl std::fmt::Debug for NormalizerInstance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NormalizerInstance").field("component", &self.instance.name).finish()
    }
}

impl NormalizerInstance {
    /// Most linear memory held so far, in bytes.
    pub fn peak_memory(&self) -> usize {
        self.instance.store.data().meter.peak_memory
    }

    /// What is left of the instructions it may execute, where they are counted.
    #[cfg(test)]
    pub(super) fn fuel(&self) -> u64 {
        self.instance.store.get_fuel().unwrap_or_default()
    }

    /// Opens a normalizer in a store of its own.
    ///
    /// # Errors
    ///
    /// When the component refuses or misbehaves.
    pub async fn open(
        sandbox: &Sandbox,
        component: &LoadedComponent,
        limits: &Limits,
        options: ReadOptions,
    ) -> Result<Self, SandboxError> {
        let mut instance = sandbox.pure(component, limits).await?;
        let normalizer = call!(&mut instance, "normalizer.open", [normalizer] call_open(options))?;
        let normalizer = instance.settle("normalizer.open", normalizer, |_, _| Ok(()))?;
        Ok(Self { instance, normalizer })
    }

    /// Hands more bytes in.
    ///
    /// # Errors
    ///
    /// When the component misbehaves.
    pub async fn push(&mut self, chunk: &[u8]) -> Result<(), SandboxError> {
        if self.instance.ended {
            return Err(self.instance.is_over("normalizer.push"));
        }
        let normalizer = self.normalizer;
        call!(&mut self.instance, "normalizer.push", [normalizer] call_push(normalizer, chunk))
    }

    /// There are no more bytes.
    ///
    /// # Errors
    ///
    /// When the component misbehaves.
    pub async fn finish(&mut self) -> Result<(), SandboxError> {
        if self.instance.ended {
            return Err(self.instance.is_over("normalizer.finish"));
        }
        let normalizer = self.normalizer;
        call!(&mut self.instance, "normalizer.finish", [normalizer] call_finish(normalizer))
    }

    /// Reads on.
    ///
    /// # Errors
    ///
    /// When the bytes cannot be read or the component misbehaves.
    pub async fn next(&mut self, limits: BatchLimits) -> Result<Batch, SandboxError> {
        if self.instance.ended {
            return Err(self.instance.is_over("normalizer.next"));
        }
        let normalizer = self.normalizer;
        let batch = call!(&mut self.instance, "normalizer.next", [normalizer] call_next(normalizer, limits))?;
        self.instance
            .settle("normalizer.next", batch, |called, batch| called.check_batch(batch, false))
    }

    /// What was passed over so far, by type: the first entries of what the component
    /// says, as far as the contract has them.
    ///
    /// # Errors
    ///
    /// When the component misbehaves.
    pub async fn passed_over(&mut self) -> Result<Vec<TypeCount>, SandboxError> {
        if self.instance.ended {
            return Err(self.instance.is_over("normalizer.passed-over"));
        }
        let normalizer = self.normalizer;
        let mut types = call!(&mut self.instance, "normalizer.passed-over", [normalizer] call_passed_over(normalizer))?;
        types.truncate(MOST_TYPES);
        types.retain(|of| of.name.len() <= LONGEST_TYPE);
        Ok(types)
    }
}
