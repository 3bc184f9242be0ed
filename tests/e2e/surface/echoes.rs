//! Services that repeat what they were sent: nobody is shown a credential.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use super::callers::{free_address, get};
use crate::support::{Finished, Running, run, signon, wait_until};

/// No two begin or end alike, so that a part of one is told from chance.
const SECRETS: [&str; 6] = [
    "Kq7CLIENTsecretzxcvbnm",
    "Wd4BEARERtokenqwertyui",
    "Hb9OAMpasswordpoiuytre",
    "Jf2TOKENquerylkjhgfdsa",
    "Ls6SINKbearermnbvcxzaq",
    "Tg3SINKqueryujmnhytgbv",
];

/// Answers everything with everything that came: head, body, and both again as JSON
/// escapes them; but `/ok/token` with a token.
fn echo(stream: TcpStream) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut writer = stream;
    loop {
        let (mut head, mut length) = (String::new(), 0);
        loop {
            let before = head.len();
            if reader.read_line(&mut head).ok()? == 0 {
                return None;
            }
            let line = head[before..].to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
            if line.trim().is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let came = head + &String::from_utf8_lossy(&body);
        let (status, answer) = if came.starts_with("POST /ok/token") {
            let token = SECRETS[1];
            (200, serde_json::json!({ "access_token": token, "expires_in": 3600 }))
        } else {
            let schemas = ["urn:ietf:params:scim:api:messages:2.0:Error"];
            let answer = serde_json::json!({
                "code": came, "message": came, "detail": came, "schemas": schemas, "text": came,
                "error": came, "error_description": came
            });
            (if came.starts_with("POST /bad/token") { 401 } else { 400 }, answer)
        };
        let text = answer.to_string();
        write!(writer, "HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n{text}", text.len())
            .ok()?;
    }
}

fn start() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || echo(stream));
        }
    });
    port
}

/// Neither whole nor ten characters of it, which nothing else is likely to hold.
fn assert_silent(place: &str, text: &str) {
    for secret in SECRETS {
        for start in 0..=secret.len() - 10 {
            let part = &secret[start..start + 10];
            assert!(!text.contains(part), "{place}: {part} of {secret}\n{text}");
        }
    }
    for pair in [format!("clientc:{}", SECRETS[0]), format!("useru:{}", SECRETS[2])] {
        use base64::Engine as _;
        let encoded = base64::engine::general_purpose::STANDARD.encode(pair);
        assert!(!text.contains(&encoded[..20]), "{place}: {encoded}");
    }
}

#[test]
fn a_credential_that_is_echoed_anywhere_is_shown_at_none() {
    let (port, address) = (start(), free_address());
    let [client, _, password, token_query, bearer, sink_query] = SECRETS;
    let mut text =
        format!("data_dir = 'data'\nmetrics_listen = '{address}'\nmetrics_streams = true\n");
    for (name, way, path) in
        [("refused", "basic", "bad"), ("refused_body", "body", "bad"), ("taken", "basic", "ok")]
    {
        text += &format!(
            "[sources.{name}]\ntype = 'idcs'\ndomain_url = 'http://127.0.0.1:{port}/{name}'\n\
             allow_private_addresses = true\nstart = '5m ago'\npoll_interval = '1s'\n\
             credentials = {{ type = 'oauth2_client_credentials', client_id = 'clientc', \
             authentication = '{way}', client_secret = '{client}', \
             token_url = 'http://127.0.0.1:{port}/{path}/token?key={token_query}' }}\n"
        );
    }
    text += &format!(
        "[sources.oam]\ntype = 'oam'\nbase_url = 'http://127.0.0.1:{port}'\n\
         allow_private_addresses = true\nstart = '5m ago'\npoll_interval = '1s'\n\
         credentials = {{ type = 'basic', username = 'useru', password = '{password}' }}\n\
         [sinks.out]\ntype = 'file'\ninputs = ['*']\npath = 'out.ndjson'\n\
         [sinks.far]\ntype = 'http'\ninputs = ['*']\nretry_for = '1s'\n\
         uri = 'http://127.0.0.1:{port}/sink?key={sink_query}'\n\
         auth = {{ type = 'bearer', token = '{bearer}' }}\n"
    );
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("signon.toml");
    std::fs::write(&config, text).unwrap();
    let with = |words: &[&str]| Finished::of(signon(words).arg("--config").arg(&config));
    let running = Running::start(run(&config, false).env("SIGNON_LOG", "debug"));
    wait_until("every source to fail", || {
        let health = get(&address, "/healthz").unwrap_or_default();
        health.matches("\"error\":\"").count() >= 4
    });
    for endpoint in ["/healthz", "/metrics", "/coverage"] {
        assert_silent(endpoint, &get(&address, endpoint).unwrap());
    }
    let health = get(&address, "/healthz").unwrap();
    assert!(health.contains("[secret]"), "something of it is shown: {health}");
    running.terminate();
    assert_silent("the log", &running.wait().stderr);
    for words in [&["check"][..], &["run", "--once"], &["coverage"], &["deadletter", "list"]] {
        let finished = with(words);
        assert_silent(words[0], &finished.stdout);
        assert_silent(words[0], &finished.stderr);
    }
}
