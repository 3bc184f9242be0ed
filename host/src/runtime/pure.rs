//! The calls that look at a component and its configuration. All but `check` run
//! with no way out.

use std::sync::Arc;

use super::Sandbox;
use super::descriptor::check_descriptor;
use super::error::SandboxError;
use super::instance::{Instance, call};
use super::load::LoadedComponent;
use crate::contract::{AccessRule, Descriptor, Finding, Stream};
use crate::egress::Egress;
use crate::limits::Limits;

impl Sandbox {
    pub(super) async fn pure(
        &self,
        component: &LoadedComponent,
        limits: &Limits,
    ) -> Result<Instance, SandboxError> {
        let egress = Egress::shut(self.telemetry.no_source(component.name()))
            .counting(&component.asked_in_vain);
        Instance::new(self, component, limits, egress).await
    }

    /// What the component says about itself, held against the contract.
    ///
    /// # Errors
    ///
    /// When it traps or its descriptor cannot be used.
    pub async fn describe(
        &self,
        component: &LoadedComponent,
        limits: &Limits,
    ) -> Result<Descriptor, SandboxError> {
        let mut instance = self.pure(component, limits).await?;
        let descriptor = call!(&mut instance, "describe", call_describe())?;
        check_descriptor(component.name(), &descriptor)?;
        Ok(descriptor)
    }

    /// The same, asked once for all that is loaded of the same bytes: what a component says
    /// about itself depends on nothing else. A failure is not kept.
    ///
    /// # Errors
    ///
    /// As [`Sandbox::describe`].
    pub(crate) async fn descriptor(
        &self,
        component: &LoadedComponent,
        limits: &Limits,
    ) -> Result<Arc<Descriptor>, SandboxError> {
        let ask = || async { self.describe(component, limits).await.map(Arc::new) };
        component.descriptor.get_or_try_init(ask).await.cloned()
    }

    /// The requests a configuration needs.
    ///
    /// # Errors
    ///
    /// When the configuration is refused, or the component misbehaves.
    pub async fn access(
        &self,
        component: &LoadedComponent,
        limits: &Limits,
        config: &str,
    ) -> Result<Vec<AccessRule>, SandboxError> {
        let mut instance = self.pure(component, limits).await?;
        let rules = call!(&mut instance, "access", call_access(config))?;
        instance.settle("access", rules, |called, rules| called.check_rules(rules))
    }

    /// What a configuration expands to.
    ///
    /// # Errors
    ///
    /// When the configuration is refused, or the component misbehaves.
    pub async fn streams(
        &self,
        component: &LoadedComponent,
        limits: &Limits,
        config: &str,
    ) -> Result<Vec<Stream>, SandboxError> {
        let mut instance = self.pure(component, limits).await?;
        let streams = call!(&mut instance, "streams", call_streams(config))?;
        instance.settle("streams", streams, |called, streams| called.check_streams(streams))
    }

    /// Tries a configuration through `egress`.
    ///
    /// # Errors
    ///
    /// When the configuration is refused, or the component misbehaves.
    pub async fn check(
        &self,
        component: &LoadedComponent,
        limits: &Limits,
        egress: Egress,
        config: &str,
    ) -> Result<Vec<Finding>, SandboxError> {
        let mut instance = Instance::new(self, component, limits, egress).await?;
        let findings = call!(&mut instance, "check", call_check(config))?;
        instance.settle("check", findings, |called, findings| called.check_findings(findings))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn all_that_is_loaded_of_the_same_bytes_is_described_once() {
        let (sandbox, limits) = (Sandbox::new(&Limits::default()).unwrap(), Limits::default());
        let bytes = signon_bundle::find("oam").unwrap().bytes;
        let loaded = ["one", "other"].map(|name| sandbox.load(name, bytes).unwrap());
        let mut told = Vec::new();
        for component in &loaded {
            told.push(sandbox.descriptor(component, &limits).await.unwrap());
        }
        assert!(Arc::ptr_eq(&told[0], &told[1]));
        assert_eq!(told[0].name, "oam");
    }
}
