//! A small client of an identity domain: gets a token, searches, walks.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use serde_json::Value;
use signon_simulator::Simulator;

use crate::client::{Reply, escaped, time};
use crate::web::{ask, basic, written};

pub const TOKEN: &str = "/idcs/oauth2/v1/token";
pub const EVENTS: &str = "/idcs/admin/v1/AuditEvents";
pub const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
pub const GRANT: &str = "grant_type=client_credentials&scope=urn%3Aopc%3Aidm%3A__myscopes__";

pub struct Domain<'a> {
    pub simulator: &'a Simulator,
    authorization: String,
    bearer: String,
    pub statuses: Vec<u16>,
}

impl<'a> Domain<'a> {
    /// With a token for all that the client may do.
    pub async fn new(simulator: &'a Simulator) -> Self {
        let secret = written(simulator, "idcs_client_secret");
        let authorization = basic(simulator.idcs_client_id(), &secret);
        let mut domain =
            Self { simulator, authorization, bearer: String::new(), statuses: Vec::new() };
        domain.renew(GRANT).await;
        domain
    }

    /// Gets a token, whatever goes wrong in between.
    pub async fn renew(&mut self, grant: &str) {
        loop {
            let headers = [FORM, ("authorization", &*self.authorization)];
            let reply = ask(self.simulator, Method::POST, TOKEN, &headers, grant).await;
            if reply.status == 200 && reply.body.is_some() {
                let token = reply.json()["access_token"].as_str().unwrap().to_owned();
                self.bearer = format!("Bearer {token}");
                return;
            }
            assert!(reply.status == 200 || reply.status == 429 || reply.status.as_u16() >= 500);
        }
    }

    pub async fn get(&self, target: &str) -> Reply {
        ask(self.simulator, Method::GET, target, &[("authorization", &*self.bearer)], "").await
    }

    pub async fn post(&self, body: &Value) -> Reply {
        let headers = [("authorization", &*self.bearer), ("content-type", "application/scim+json")];
        let target = format!("{EVENTS}/.search");
        ask(self.simulator, Method::POST, &target, &headers, &body.to_string()).await
    }

    /// `GET /AuditEvents` with these parameters, escaped here.
    pub async fn list(&self, parameters: &[(&str, &str)]) -> Reply {
        let query: Vec<String> =
            parameters.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
        self.get(&format!("{EVENTS}?{}", query.join("&"))).await
    }

    /// The same until it is answered: renews a lost token, tries again.
    pub async fn patiently(&mut self, parameters: &[(&str, &str)]) -> Value {
        let mut failures = 0;
        loop {
            let reply = self.list(parameters).await;
            self.statuses.push(reply.status.as_u16());
            match reply.status.as_u16() {
                200 if reply.body.is_some() => return reply.json(),
                401 => self.renew(GRANT).await,
                _ => {}
            }
            failures += 1;
            assert!(failures <= 4, "{:?}", self.statuses);
        }
    }

    /// Reads `[from, to)` by key, with pages of one single time read by id.
    pub async fn walk(&mut self, from: i64, to: i64, count: usize) -> Walk {
        let mut walk = Walk::default();
        let (mut key, end) = (time(from), time(to));
        loop {
            let filter = format!("timestamp ge \"{key}\" and timestamp lt \"{end}\"");
            let page = self.page(&filter, "timestamp", 1, count).await;
            walk.totals.push(page["totalResults"].as_u64().unwrap());
            let rows = rows(&page);
            walk.take(&rows);
            if rows.len() < count {
                return walk;
            }
            let last = timestamp(&rows[count - 1]);
            if timestamp(&rows[0]) == last {
                walk.plateaus += 1;
                self.plateau(&mut walk, &last, count).await;
                let later = chrono::DateTime::parse_from_rfc3339(&last).unwrap();
                key = time(later.timestamp_millis() + 1);
            } else {
                key = last;
            }
        }
    }

    async fn plateau(&mut self, walk: &mut Walk, timestamp: &str, count: usize) {
        let filter = format!("timestamp eq \"{timestamp}\"");
        for start in (1..).step_by(count) {
            let rows = rows(&self.page(&filter, "id", start, count).await);
            walk.take(&rows);
            if rows.len() < count {
                return;
            }
        }
    }

    async fn page(&mut self, filter: &str, sort: &str, start: usize, count: usize) -> Value {
        let (start, count) = (start.to_string(), count.to_string());
        self.patiently(&[
            ("filter", filter),
            ("sortBy", sort),
            ("startIndex", &start),
            ("count", &count),
        ])
        .await
    }
}

#[derive(Debug, Default)]
pub struct Walk {
    pub rows: BTreeMap<String, Value>,
    pub totals: Vec<u64>,
    /// Full pages of one single time.
    pub plateaus: usize,
}

impl Walk {
    fn take(&mut self, rows: &[Value]) {
        self.rows.extend(rows.iter().map(|row| (id(row), row.clone())));
    }

    pub fn ids(&self) -> BTreeSet<String> {
        self.rows.keys().cloned().collect()
    }
}

pub fn rows(reply: &Value) -> Vec<Value> {
    reply["Resources"].as_array().unwrap().clone()
}

pub fn id(row: &Value) -> String {
    row["id"].as_str().unwrap().to_owned()
}

fn timestamp(row: &Value) -> String {
    row["timestamp"].as_str().unwrap().to_owned()
}
