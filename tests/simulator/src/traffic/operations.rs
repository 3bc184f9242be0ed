//! Calls of ordinary services, as they are named in audit records.
//!
//! The invariant: no service part contains `IdentitySignOn`, and none changes an account.
//! One comes close, so that a careless prefix is found out.

/// An API call.
pub(super) struct Operation {
    /// Service part of the event type.
    pub(super) service: &'static str,
    pub(super) source: &'static str,
    pub(super) name: &'static str,
    pub(super) action: &'static str,
    pub(super) path: &'static str,
    /// Kind of resource in OCIDs.
    pub(super) resource: &'static str,
}

const fn call(
    service: &'static str,
    source: &'static str,
    name: &'static str,
    action: &'static str,
    path: &'static str,
    resource: &'static str,
) -> Operation {
    Operation { service, source, name, action, path, resource }
}

/// What ordinary records are about.
pub(super) const OPERATIONS: [Operation; 24] = [
    call("ComputeApi", "ComputeApi", "GetInstance", "GET", "/20160918/instances", "instance"),
    call("ComputeApi", "ComputeApi", "LaunchInstance", "POST", "/20160918/instances", "instance"),
    call("ComputeApi", "ComputeApi", "InstanceAction", "POST", "/20160918/instances", "instance"),
    call("BlockVolumes", "BlockVolumes", "CreateVolume", "POST", "/20160918/volumes", "volume"),
    call("objectstorage", "ObjectStorage", "GetObject", "GET", "/n/simulated/b/data/o", "bucket"),
    call("objectstorage", "ObjectStorage", "PutObject", "PUT", "/n/simulated/b/data/o", "bucket"),
    call("objectstorage", "ObjectStorage", "ListObjects", "GET", "/n/simulated/b/data/o", "bucket"),
    call("objectstorage", "ObjectStorage", "CreateBucket", "POST", "/n/simulated/b", "bucket"),
    call(
        "identityControlPlane",
        "identityControlPlane",
        "ListUsers",
        "GET",
        "/20160918/users",
        "user",
    ),
    call(
        "identityControlPlane",
        "identityControlPlane",
        "CreatePolicy",
        "POST",
        "/20160918/policies",
        "policy",
    ),
    call(
        "identityControlPlane",
        "identityControlPlane",
        "ListGroups",
        "GET",
        "/20160918/groups",
        "group",
    ),
    call(
        "identityControlPlane",
        "identityControlPlane",
        "GetUser",
        "GET",
        "/20160918/users",
        "user",
    ),
    call("virtualNetwork", "virtualNetwork", "CreateVcn", "POST", "/20160918/vcns", "vcn"),
    call("virtualNetwork", "virtualNetwork", "GetVnic", "GET", "/20160918/vnics", "vnic"),
    call(
        "virtualNetwork",
        "virtualNetwork",
        "UpdateSecurityList",
        "PUT",
        "/20160918/securityLists",
        "securitylist",
    ),
    call(
        "DatabaseService",
        "Database",
        "GetAutonomousDatabase",
        "GET",
        "/20160918/autonomousDatabases",
        "autonomousdatabase",
    ),
    call("DatabaseService", "Database", "StopDbNode", "POST", "/20160918/dbNodes", "dbnode"),
    call("functions", "functions", "InvokeFunction", "POST", "/20181201/functions", "fnfunc"),
    call(
        "loggingControlPlane",
        "LoggingControlPlane",
        "ListLogGroups",
        "GET",
        "/20200531/logGroups",
        "loggroup",
    ),
    call("monitoring", "telemetry", "SummarizeMetricsData", "POST", "/20180401/metrics", "metric"),
    call(
        "KeyManagementService",
        "KeyManagementService",
        "Decrypt",
        "POST",
        "/20180608/decrypt",
        "key",
    ),
    call("auditControlPlane", "audit", "ListEvents", "GET", "/20190901/auditEvents", "auditevent"),
    call(
        "FileStorage",
        "FileStorage",
        "ListFileSystems",
        "GET",
        "/20171215/fileSystems",
        "filesystem",
    ),
    call("IdentitySync", "IdentitySync", "SignOnPolicySync", "POST", "/v1/policies", "policy"),
];
