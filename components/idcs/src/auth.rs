//! Tokens by OAuth 2.0 client credentials (RFC 6749, 4.4; assertions by RFC 7523), for
//! runtimes where nobody attaches them.
//!
//! Invariants: a token is asked for when it is first needed, kept until shortly before
//! its end, and asked for anew once when the service refuses it; neither it nor what
//! proves the client stands in an error.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oci_signature::PrivateKey;
use serde_json::Value;
use signon_kit::auth::{Authorize, Basic, Random, Surroundings};
use signon_kit::config::Reader;
use signon_kit::contract::AccessRule;
use signon_kit::endpoint::split_url;
use signon_kit::http::{Body as _, Method, Request, Transport, TransportError};
use signon_kit::secret::Secret;
use signon_kit::text::{cut, hex, percent_encode};

/// Where an identity domain gives tokens, below its URL.
pub const TOKEN_PATH: &str = "/oauth2/v1/token";

/// Every scope that the client's app roles allow.
const SCOPE: &str = "urn:opc:idm:__myscopes__";

/// Whom assertions are for, as Oracle documents it.
const AUDIENCE: &str = "https://identity.oraclecloud.com/";

/// A token is renewed this long before its end, or after nine tenths of its life if
/// that is sooner: a page under way must not outlive it.
const MARGIN_MS: u64 = 60_000;

/// Life of a token whose answer does not tell.
const UNTOLD_LIFE_MS: u64 = 300_000;

/// Longest life that is believed.
const LONGEST_LIFE_MS: u64 = 86_400_000;

/// Life of an assertion.
const ASSERTION_SECONDS: i64 = 300;

/// Largest answer of a token endpoint that is read.
const ANSWER_BYTES: usize = 64 << 10;

/// How a client proves itself.
#[derive(Debug, Clone, PartialEq)]
enum Proof {
    Secret(Secret),
    Key { pem: Secret, passphrase: Option<Secret>, key_id: Option<String> },
}

/// A client that gets its own tokens.
#[derive(Debug, Clone, PartialEq)]
pub struct Client {
    origin: String,
    path: String,
    client_id: String,
    proof: Proof,
    scope: String,
    token: Option<Token>,
}

#[derive(Debug, Clone, PartialEq)]
struct Token {
    value: Secret,
    /// On the transport's clock.
    renew_at_ms: u64,
}

impl Client {
    /// Reads the table `auth` of a configuration, if it is there. `origin` and
    /// `base_path` are the domain's.
    pub fn read(reader: &mut Reader, origin: &str, base_path: &str) -> Option<Self> {
        let mut table = reader.table("auth")?;
        let client_id = table.required_text("client_id", "0123456789abcdef");
        let secret = table.secret("client_secret");
        let pem = table.secret("private_key");
        let passphrase = table.secret("passphrase");
        let key_id = table.text("key_id");
        let token_url = table.text("token_url");
        let scope = table.text("scope").unwrap_or_else(|| SCOPE.to_owned());
        let proof = match (secret, pem) {
            (Some(secret), None) => Proof::Secret(secret),
            (None, Some(pem)) => {
                let proof = Proof::Key { pem, passphrase, key_id };
                if let Err(problem) = proof.key() {
                    table.wrong("private_key", problem, "paste the text of the PEM file");
                }
                proof
            }
            (one, _) => {
                let problem = match one {
                    Some(_) => "is there beside client_secret",
                    None => "and client_secret are both missing",
                };
                table.wrong("private_key", problem, "give one of client_secret and private_key");
                Proof::Secret(Secret::new(String::new()))
            }
        };
        let (origin, path) = match token_url {
            None => (origin.to_owned(), format!("{base_path}{TOKEN_PATH}")),
            Some(url) => split_url(&url).unwrap_or_else(|problem| {
                let fix = "write it like https://idcs-….identity.oraclecloud.com/oauth2/v1/token";
                table.wrong("token_url", format!("{url:?} {problem}"), fix);
                Default::default()
            }),
        };
        reader.absorb(table);
        Some(Self { origin, path, client_id, proof, scope, token: None })
    }

    /// The request for a token.
    pub fn access(&self) -> AccessRule {
        AccessRule {
            origin: self.origin.clone(),
            methods: vec!["POST".to_owned()],
            path_prefix: self.path.clone(),
        }
    }

    fn fetch<T: Transport + Surroundings>(
        &self,
        transport: &mut T,
    ) -> Result<Token, TransportError> {
        let asked_at = transport.elapsed_ms();
        let request = self.request(transport)?;
        let mut response = transport.send(&request)?;
        let mut body = Vec::new();
        while body.len() <= ANSWER_BYTES && response.body.read(&mut body)? {}
        read_answer(response.status, &body, asked_at)
    }

    fn request<T: Surroundings>(&self, transport: &mut T) -> Result<Request, TransportError> {
        let id = percent_encode(&self.client_id);
        let mut form =
            format!("grant_type=client_credentials&scope={}", percent_encode(&self.scope));
        let mut headers = vec![
            ("accept", "application/json".to_owned()),
            ("content-type", "application/x-www-form-urlencoded".to_owned()),
        ];
        match &self.proof {
            Proof::Secret(secret) => {
                let secret = percent_encode(secret.expose());
                headers.push(("authorization", Basic::value(&id, &secret)));
            }
            Proof::Key { key_id, .. } => {
                let key = self.proof.key().map_err(TransportError::Unauthorized)?;
                let assertion = self.assertion(&key, key_id.as_deref(), transport)?;
                form.push_str(&format!(
                    "&client_assertion_type=\
                     urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer\
                     &client_assertion={assertion}&client_id={id}"
                ));
            }
        }
        Ok(Request {
            method: Method::Post,
            origin: self.origin.clone(),
            target: self.path.clone(),
            headers,
            body: form.into_bytes(),
        })
    }

    fn assertion<T: Surroundings>(
        &self,
        key: &PrivateKey,
        key_id: Option<&str>,
        transport: &mut T,
    ) -> Result<String, TransportError> {
        let now = transport.wall_clock_ms().div_euclid(1000);
        let mut head = serde_json::json!({ "alg": "RS256", "typ": "JWT" });
        if let Some(key_id) = key_id {
            head["kid"] = key_id.into();
        }
        let mut number = [0; 16];
        transport.random(&mut number);
        let claims = serde_json::json!({
            "iss": self.client_id, "sub": self.client_id, "aud": AUDIENCE,
            "iat": now, "exp": now + ASSERTION_SECONDS, "jti": hex(&number),
        });
        let text = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(head.to_string()),
            URL_SAFE_NO_PAD.encode(claims.to_string())
        );
        let signature = key
            .sign_sha256(&text, &mut Random(transport))
            .map_err(|error| TransportError::Unauthorized(error.to_string()))?;
        Ok(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

impl Proof {
    fn key(&self) -> Result<PrivateKey, String> {
        match self {
            Self::Secret(_) => Err("no private key".to_owned()),
            Self::Key { pem, passphrase, .. } => {
                PrivateKey::from_pem(pem.expose(), passphrase.as_ref().map(Secret::expose))
                    .map_err(|error| error.to_string())
            }
        }
    }
}

impl Authorize for Client {
    fn headers<T: Transport + Surroundings>(
        &mut self,
        _: &Request,
        transport: &mut T,
    ) -> Result<Vec<(&'static str, String)>, TransportError> {
        let now = transport.elapsed_ms();
        let token = match self.token.take().filter(|token| now < token.renew_at_ms) {
            Some(token) => token,
            None => self.fetch(transport)?,
        };
        let header = ("authorization", format!("Bearer {}", token.value.expose()));
        self.token = Some(token);
        Ok(vec![header])
    }

    fn refused(&mut self) -> bool {
        self.token.take().is_some()
    }
}

/// Only what the server says of the error is told, never what it gave.
fn read_answer(status: u16, body: &[u8], asked_at: u64) -> Result<Token, TransportError> {
    let said = format!("the token endpoint answered {status}");
    let unavailable = |problem: &str| TransportError::Unavailable(format!("{said}{problem}"));
    if status == 429 || status >= 500 {
        return Err(unavailable(""));
    }
    let answer: Value =
        serde_json::from_slice(body).map_err(|_| unavailable(" with something that is no JSON"))?;
    let text = |key: &str| answer[key].as_str();
    if status != 200 {
        let error = text("error").unwrap_or("no error code");
        let described = cut(text("error_description").unwrap_or_default(), 200);
        return Err(TransportError::Unauthorized(format!(
            "{said} {error}: {described}; check client id, secret or key in auth, and that the \
             application is activated and allowed client credentials"
        )));
    }
    let value = text("access_token").ok_or_else(|| unavailable(" without access_token"))?;
    let life = match &answer["expires_in"] {
        Value::Number(seconds) => seconds.as_u64(),
        Value::String(seconds) => seconds.parse().ok(),
        _ => None,
    };
    let life = life.map_or(UNTOLD_LIFE_MS, |seconds| seconds.saturating_mul(1000));
    let life = life.min(LONGEST_LIFE_MS);
    Ok(Token {
        value: Secret::new(value.to_owned()),
        renew_at_ms: asked_at.saturating_add(life.saturating_sub(MARGIN_MS.min(life / 10))),
    })
}
