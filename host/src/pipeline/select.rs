//! Which events are wanted. Pure. A filtered event is counted and goes nowhere; it
//! is not remembered either, so that a filter that is taken away later does not
//! hide what it filtered.

use crate::config::{FilterConfig, fits};
use crate::contract::{EventClasses, Outcome, SignOnEvent};

/// The filters of a source.
#[derive(Debug, Clone)]
pub struct Filter {
    /// Components drop others by themselves; one that does not changes nothing.
    classes: EventClasses,
    include: FilterConfig,
    exclude: FilterConfig,
}

impl Filter {
    /// From the configuration.
    pub fn new(classes: EventClasses, include: &FilterConfig, exclude: &FilterConfig) -> Self {
        Self { classes, include: include.clone(), exclude: exclude.clone() }
    }

    /// Whether an event is wanted: it is of a class that is, and it fits every list of `include` that is not
    /// empty, and no list of `exclude`.
    pub fn wants(&self, event: &SignOnEvent) -> bool {
        if !self.classes.has(event.class) {
            return false;
        }
        let traits = Traits::of(event);
        let include = traits.fit(&self.include);
        let exclude = traits.fit(&self.exclude);
        include.iter().all(|fit| fit != &Some(false)) && !exclude.contains(&Some(true))
    }
}

/// What an event is judged by.
struct Traits<'e> {
    users: Vec<&'e str>,
    display_names: Vec<&'e str>,
    emails: Vec<&'e str>,
    events: Vec<&'e str>,
    domains: Vec<&'e str>,
    outcome: &'e str,
}

impl<'e> Traits<'e> {
    fn of(event: &'e SignOnEvent) -> Self {
        let user = event.user.as_ref();
        let of_user = |text: fn(&crate::contract::Identity) -> &Option<String>| {
            user.and_then(|user| text(user).as_deref())
        };
        let users =
            [of_user(|user| &user.name), of_user(|user| &user.uid), of_user(|user| &user.uid_alt)];
        let events = [
            Some(event.native_type.as_str()),
            event.native_name.as_deref(),
            event.domain_event_id.as_deref(),
        ];
        Self {
            users: users.into_iter().flatten().collect(),
            display_names: of_user(|user| &user.display_name).into_iter().collect(),
            emails: of_user(|user| &user.email).into_iter().collect(),
            events: events.into_iter().flatten().collect(),
            domains: domains(event).collect(),
            outcome: match &event.outcome {
                Outcome::Success => "success",
                Outcome::Failure => "failure",
                Outcome::Initiated => "initiated",
                Outcome::Unknown => "unknown",
                Outcome::Other(word) => word,
            },
        }
    }

    /// For each list whether the event fits it; `None` for an empty list.
    fn fit(&self, filter: &FilterConfig) -> [Option<bool>; 6] {
        let any = |patterns: &[String], texts: &[&str]| {
            let fit = |pattern: &String| texts.iter().any(|text| fits(pattern, text));
            (!patterns.is_empty()).then(|| patterns.iter().any(fit))
        };
        [
            any(&filter.users, &self.users),
            any(&filter.display_names, &self.display_names),
            any(&filter.emails, &self.emails),
            any(&filter.events, &self.events),
            any(&filter.domains, &self.domains),
            any(&filter.outcomes, &[self.outcome]),
        ]
    }
}

/// The domain of the user, and the identity domain in which it happened by each of
/// its names.
fn domains(event: &SignOnEvent) -> impl Iterator<Item = &str> {
    let user = event.user.as_ref().and_then(|user| user.domain.as_deref());
    user.into_iter().chain(identity_domain(event))
}

/// The identity domain in which an event happened, by each of its names.
fn identity_domain(event: &SignOnEvent) -> impl Iterator<Item = &str> {
    let domain = event.cloud.as_ref().and_then(|cloud| cloud.domain.as_ref());
    let names = domain.map(|domain| [&domain.display_name, &domain.name, &domain.uid]);
    names.into_iter().flatten().filter_map(|name| name.as_deref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{EventClass, IdentityDomain};
    use crate::render::sample::sample_event;

    fn filtering(include: &FilterConfig, exclude: &FilterConfig) -> Filter {
        Filter::new(EventClasses::ALL, include, exclude)
    }

    fn list(patterns: &[&str]) -> Vec<String> {
        patterns.iter().map(|pattern| (*pattern).to_owned()).collect()
    }

    fn event(user: &str, name: &str, domain: &str, outcome: Outcome) -> SignOnEvent {
        let mut event = sample_event();
        let identity = event.user.as_mut().unwrap();
        identity.name = Some(user.to_owned());
        identity.domain = Some(domain.to_owned());
        event.native_name = Some(name.to_owned());
        event.outcome = outcome;
        event
    }

    #[test]
    fn monitors_are_excluded_and_one_domain_is_included() {
        let include = FilterConfig { domains: list(&["exfhtest"]), ..FilterConfig::default() };
        let exclude = FilterConfig { users: list(&["*rats_monitor*"]), ..FilterConfig::default() };
        let filter = filtering(&include, &exclude);
        let wants =
            |user, domain| filter.wants(&event(user, "InteractiveLogin", domain, Outcome::Success));
        assert!(wants("joe", "EXFHTEST"));
        assert!(!wants("joe", "Default"));
        assert!(!wants("RATS_MONITOR", "exfhtest"));
    }

    #[test]
    fn events_and_outcomes_filter_too_and_nothing_filters_nothing() {
        let exclude = FilterConfig {
            events: list(&["Token*"]),
            outcomes: list(&["initiated"]),
            ..FilterConfig::default()
        };
        let filter = filtering(&FilterConfig::default(), &exclude);
        assert!(!filter.wants(&event("joe", "TokenRequest", "d", Outcome::Success)));
        assert!(!filter.wants(&event("joe", "FactorMfa", "d", Outcome::Initiated)));
        assert!(filter.wants(&event("joe", "InteractiveLogin", "d", Outcome::Failure)));
        assert!(filtering(&FilterConfig::default(), &FilterConfig::default()).wants(&event(
            "",
            "",
            "",
            Outcome::Unknown
        )));
    }

    #[test]
    fn nobody_hides_behind_what_she_calls_herself() {
        let patterns = list(&["rats_monitor*"]);
        let mut mallory = event("mallory", "InteractiveLogin", "d", Outcome::Success);
        let identity = mallory.user.as_mut().unwrap();
        identity.display_name = Some("rats_monitor".to_owned());
        identity.email = Some("rats_monitor@acme.example".to_owned());
        let users = FilterConfig { users: patterns.clone(), ..FilterConfig::default() };
        assert!(filtering(&FilterConfig::default(), &users).wants(&mallory));
        assert!(!filtering(&users, &FilterConfig::default()).wants(&mallory));
        for told in [
            FilterConfig { display_names: patterns.clone(), ..FilterConfig::default() },
            FilterConfig { emails: patterns, ..FilterConfig::default() },
        ] {
            assert!(!filtering(&FilterConfig::default(), &told).wants(&mallory));
            assert!(filtering(&told, &FilterConfig::default()).wants(&mallory));
        }
    }

    #[test]
    fn an_event_of_a_class_that_is_not_wanted_is_filtered_whatever_else_it_fits() {
        let everybody = FilterConfig { users: list(&["*"]), ..FilterConfig::default() };
        let wanted = EventClasses { sign_on: true, account: true, other: false };
        let filter = Filter::new(wanted, &everybody, &FilterConfig::default());
        let of = |class| SignOnEvent { class, ..sample_event() };
        assert!(filter.wants(&of(EventClass::SignOn)) && filter.wants(&of(EventClass::Account)));
        assert!(!filter.wants(&of(EventClass::Other)));
    }

    #[test]
    fn a_domain_is_known_by_each_of_its_names_and_by_that_of_the_user() {
        let domain = IdentityDomain {
            uid: Some("ocid1.domain.oc1..a".to_owned()),
            name: Some("idcs-0123456789abcdef0123456789abcdef".to_owned()),
            display_name: Some("Partners".to_owned()),
        };
        let mut event = event("joe", "InteractiveLogin", "users-own", Outcome::Success);
        event.cloud.as_mut().unwrap().domain = Some(domain);
        for (pattern, fits) in [
            ("users-own", true),
            ("partners", true),
            ("IDCS-0123*", true),
            ("ocid1.domain.*", true),
            ("Default", false),
        ] {
            let domains = FilterConfig { domains: list(&[pattern]), ..FilterConfig::default() };
            assert_eq!(
                filtering(&domains, &FilterConfig::default()).wants(&event),
                fits,
                "{pattern}"
            );
            event.user.as_mut().unwrap().domain = Some("users-own".to_owned());
        }
    }

    #[test]
    fn an_event_without_a_user_fits_no_user_pattern() {
        let include = FilterConfig { users: list(&["*"]), ..FilterConfig::default() };
        let mut nobody = sample_event();
        nobody.user = None;
        assert!(!filtering(&include, &FilterConfig::default()).wants(&nobody));
        assert!(filtering(&FilterConfig::default(), &include).wants(&nobody));
    }
}
