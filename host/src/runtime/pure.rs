//! The calls that look at a component and its configuration. All but `check` run
//! with no way out.

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
