//! What differs between the versions of the schema, as far as it touches sign-ons.
//! Each difference is one question here, asked where the attribute is written.

/// A version of the schema that lines can conform to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// April 2025.
    V1_5,
    /// November 2025.
    V1_7,
    /// March 2026.
    V1_8,
    /// August 2026.
    V1_9,
}

impl Version {
    /// `metadata.version`
    pub const fn number(self) -> &'static str {
        match self {
            Self::V1_5 => "1.5.0",
            Self::V1_7 => "1.7.0",
            Self::V1_8 => "1.8.0",
            Self::V1_9 => "1.9.0",
        }
    }

    /// Whether `user.type_id` 4 is a service: from 1.6.0.
    pub fn has_service_users(self) -> bool {
        self >= Self::V1_7
    }

    /// Whether `metadata` has `source`: from 1.7.0.
    pub fn has_source(self) -> bool {
        self >= Self::V1_7
    }

    /// Whether Account Change has `auth_factors`: from 1.7.0.
    pub fn has_factors_of_accounts(self) -> bool {
        self >= Self::V1_7
    }

    /// Whether User Management (3007) replaces Account Change (3001), with other
    /// numbers for the same activities: from 1.9.0.
    pub fn has_user_management(self) -> bool {
        self >= Self::V1_9
    }

    /// Whether `http_response.status` replaces `message`: from 1.9.0.
    pub fn has_response_status(self) -> bool {
        self >= Self::V1_9
    }

    /// Whether `actor.application` replaces `app_name` and `app_uid`: from 1.9.0.
    pub fn has_application(self) -> bool {
        self >= Self::V1_9
    }
}
