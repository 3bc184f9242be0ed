//! Who acts in the simulated tenancy, from where and with what.
//!
//! The invariant: nobody here exists. Addresses are from the ranges reserved
//! for documentation (RFC 5737, RFC 3849) or private ones.

use std::borrow::Cow;

use crate::identity::{Names, ocid};
use crate::prng::Prng;

/// Everything that records refer to; follows from the seed.
pub(super) struct World {
    pub(super) tenancy: String,
    pub(super) tenancy_name: &'static str,
    pub(super) people: Vec<Person>,
    pub(super) domains: Vec<Domain>,
    pub(super) compartments: Vec<Compartment>,
    /// Regions in which resources are.
    pub(super) regions: Vec<String>,
}

pub(super) struct Person {
    pub(super) login: &'static str,
    pub(super) display: &'static str,
    pub(super) ocid: String,
    /// 32 hexadecimal digits: how identity domains name a user.
    pub(super) domain_id: String,
    pub(super) domain: usize,
}

pub(super) struct Domain {
    pub(super) display: &'static str,
    pub(super) name: String,
    pub(super) ocid: String,
}

pub(super) struct Compartment {
    pub(super) name: &'static str,
    pub(super) ocid: String,
}

const PEOPLE: [(&str, &str); 16] = [
    ("rats_monitor", "rats_monitor"),
    ("alice.ng@example.com", "Alice Ng"),
    ("bob@example.com", "Bob Miller"),
    ("carol.o'neil@example.com", "Carol O'Neil"),
    ("dmitri@example.org", "Дмитрий Соколов"),
    ("asta.thorsdottir@example.com", "Ásta Þórsdóttir"),
    ("yamada.taro", "山田 太郎"),
    ("m.alhashimi@example.com", "محمد الهاشمي"),
    ("jürgen.weiß@example.de", "Jürgen Weiß"),
    ("svc-fusion-batch", "Fusion Batch"),
    ("EXAMPLE\\jdoe", "John \"JD\" Doe"),
    ("priya.k+oci@example.com", "Priya K."),
    ("nina", "Nina 🦊"),
    ("oracleidentitycloudservice/li.wei@example.com", "李伟"),
    ("break-glass-admin", "Break Glass, Administrator"),
    ("zoe@example.com", "Zoë Brontë"),
];

const DOMAINS: [&str; 4] = ["Default", "exfhtest", "OracleIdentityCloudService", "Zürich Kunden"];

const COMPARTMENTS: [&str; 4] = ["network", "storage", "fusion-prod", "sandbox"];

const AGENTS: [&str; 12] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:127.0) Gecko/20100101 Firefox/127.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0",
    "Oracle-PythonSDK/2.128.0 (python 3.11.9; x86_64-Linux) Oracle-PythonCLI/3.43.1",
    "Oracle-GoSDK/65.67.0 (linux/amd64; go/go1.22.4) terraform-provider-oci/6.0.0",
    "Oracle-JavaSDK/3.43.0 (Linux/5.15.0; Java/17.0.11; OpenJDK 64-Bit Server VM/17.0.11+9)",
    "\"quoted\" agent \\ with 'both' kinds; and a <script>alert(1)</script>",
    "curl/8.5.0\tand a tab",
    "Passwordless 🔑🦊 1.0 (テスト)",
    "",
];

impl World {
    pub(super) fn new(names: &Names, regions: &[String], seed: u64) -> Self {
        // Kept apart from the record generators, which use the bare index.
        let mut random = Prng::new(seed ^ 0x0070_0e1d, 0);
        let people = PEOPLE.map(|(login, display)| Person {
            login,
            display,
            ocid: ocid("user", "", &mut random),
            domain_id: random.hex(32),
            domain: random.index(DOMAINS.len()),
        });
        let domains = DOMAINS.map(|display| Domain {
            display,
            name: format!("idcs-{}", random.hex(32)),
            ocid: ocid("domain", "", &mut random),
        });
        let compartments = COMPARTMENTS
            .map(|name| Compartment { name, ocid: ocid("compartment", "", &mut random) });
        Self {
            tenancy: names.tenancy.clone(),
            tenancy_name: "simulated",
            people: people.into(),
            domains: domains.into(),
            compartments: compartments.into(),
            regions: regions.to_vec(),
        }
    }
}

/// A user agent; now and then a very long one.
pub(super) fn agent(random: &mut Prng) -> Cow<'static, str> {
    if random.one_in(200) {
        return Cow::Owned(format!("Mozilla/5.0 (padded; {})", "long-token/1.0 ".repeat(80)));
    }
    // Ordinary browsers most of the time, the odd ones one time in four.
    match random.one_in(4) {
        true => Cow::Borrowed(*random.pick(&AGENTS)),
        false => Cow::Borrowed(*random.pick(&AGENTS[..5])),
    }
}

/// A source address: IPv4, IPv6, or the comma list that proxies leave.
pub(super) fn address(random: &mut Prng) -> String {
    match random.below(10) {
        0 => format!("2001:db8:{:x}::{:x}", random.below(0xffff), 1 + random.below(0xfffe)),
        1 => format!("{},{}", private(random), public(random)),
        2 => private(random),
        _ => public(random),
    }
}

fn private(random: &mut Prng) -> String {
    format!("10.0.{}.{}", random.below(256), 1 + random.below(254))
}

fn public(random: &mut Prng) -> String {
    let network = random.pick(&["192.0.2", "198.51.100", "203.0.113"]);
    format!("{network}.{}", 1 + random.below(254))
}
