//! Tokens: who gets one, who does not, and how long it is good.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use rsa::pkcs8::DecodePrivateKey;
use rsa::{Pkcs1v15Sign, RsaPrivateKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use signon_simulator::{Options, SECRET_MARKER, Service, Simulator};

use crate::client::{NOW, Reply, escaped, options, start};
use crate::domain::{Domain, EVENTS, FORM, GRANT, TOKEN};
use crate::web::{ask, basic, written};

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

async fn domain() -> Simulator {
    start(Options { services: vec![Service::Idcs], idcs_event_count: 20, ..options(0) }).await
}

async fn ask_token(simulator: &Simulator, authorization: Option<&str>, form: &str) -> Reply {
    let mut headers = vec![FORM];
    headers.extend(authorization.map(|value| ("authorization", value)));
    ask(simulator, Method::POST, TOKEN, &headers, form).await
}

fn error(reply: &Reply) -> (u16, String) {
    let body = reply.json();
    assert!(body["error_description"].is_string(), "{body}");
    (reply.status.as_u16(), body["error"].as_str().unwrap().to_owned())
}

fn header(simulator: &Simulator) -> Value {
    json!({ "alg": "RS256", "typ": "JWT", "kid": simulator.idcs_key_id() })
}

fn claims(simulator: &Simulator) -> Value {
    let id = simulator.idcs_client_id();
    let now = simulator.now() / 1000;
    json!({
        "iss": id, "sub": id, "aud": "https://identity.oraclecloud.com/", "jti": "1",
        "iat": now, "exp": now + 60,
    })
}

fn assertion(key: &RsaPrivateKey, header: &Value, claims: &Value) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", encode(header), encode(claims));
    let digest = Sha256::digest(signed.as_bytes());
    let signature = key.sign(Pkcs1v15Sign::new::<Sha256>(), &digest).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn key(simulator: &Simulator) -> RsaPrivateKey {
    RsaPrivateKey::from_pkcs8_pem(&written(simulator, "idcs_client_key.pem")).unwrap()
}

fn asserted(assertion: &str) -> String {
    format!(
        "{GRANT}&client_assertion_type={}&client_assertion={}",
        escaped(JWT_BEARER),
        escaped(assertion)
    )
}

#[tokio::test]
async fn a_client_proves_itself_by_header_body_or_assertion() {
    let simulator = domain().await;
    let (id, secret) = (simulator.idcs_client_id(), written(&simulator, "idcs_client_secret"));
    assert_ne!(escaped(&secret), secret, "encoding matters");
    let plain = basic(id, &secret);
    let encoded = basic(&escaped(id), &escaped(&secret));
    let body = format!("{GRANT}&client_id={id}&client_secret={}", escaped(&secret));
    let key = key(&simulator);
    let mut other = claims(&simulator);
    other["aud"] = json!(["elsewhere", "https://identity.oraclecloud.com"]);
    let by_key = asserted(&assertion(&key, &header(&simulator), &claims(&simulator)));
    let by_key_again = asserted(&assertion(&key, &header(&simulator), &other));
    for (authorization, form) in [
        (Some(&*plain), GRANT),
        (Some(&*encoded), GRANT),
        (None, &*body),
        (None, &*by_key),
        (None, &*by_key_again),
    ] {
        let reply = ask_token(&simulator, authorization, form).await;
        assert_eq!(reply.status, 200, "{form}: {:?}", reply.body);
        assert_eq!(reply.header("content-type"), Some("application/json;charset=UTF-8"));
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        assert_eq!(reply.header("pragma"), Some("no-cache"));
        assert!(reply.header("x-oracle-dms-ecid").is_some());
        let body = reply.json();
        assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("Bearer"), &json!(3600)));
        let token = body["access_token"].as_str().unwrap();
        assert!(token.contains(SECRET_MARKER));
        let bearer = format!("Bearer {token}");
        let reply = ask(&simulator, Method::GET, EVENTS, &[("authorization", &*bearer)], "").await;
        assert_eq!(reply.status, 200);
    }
}

#[tokio::test]
async fn who_is_not_the_client_gets_no_token() {
    let simulator = domain().await;
    let (id, secret) = (simulator.idcs_client_id(), written(&simulator, "idcs_client_secret"));
    let by_header = [
        basic(id, "wrong"),
        basic("somebody", &secret),
        basic(id, ""),
        "Basic ???".to_owned(),
        "Basic".to_owned(),
        format!("Bearer {secret}"),
    ];
    for authorization in &by_header {
        let reply = ask_token(&simulator, Some(authorization), GRANT).await;
        assert_eq!(error(&reply), (401, "invalid_client".to_owned()), "{authorization}");
        assert!(reply.header("www-authenticate").unwrap().starts_with("Basic "));
    }
    let by_body = [
        GRANT.to_owned(),
        format!("{GRANT}&client_id={id}"),
        format!("{GRANT}&client_id={id}&client_secret=wrong"),
        format!("{GRANT}&client_id=somebody&client_secret={}", escaped(&secret)),
    ];
    for form in &by_body {
        let reply = ask_token(&simulator, None, form).await;
        assert_eq!(error(&reply), (401, "invalid_client".to_owned()), "{form}");
    }
    let form = format!("{GRANT}&client_id=somebody");
    let other = ask_token(&simulator, Some(&basic(id, &secret)), &form).await;
    assert_eq!(error(&other).0, 401);
    let refused = by_header.len() + by_body.len() + 1;
    assert_eq!(simulator.statistics().rejected[&401], refused as u64);
}

#[tokio::test]
async fn an_assertion_that_is_wrong_in_any_part_is_refused() {
    let simulator = domain().await;
    let own = key(&simulator);
    let strange = RsaPrivateKey::new(&mut rand_core::OsRng, 2048).unwrap();
    let (head, said) = (header(&simulator), claims(&simulator));
    let with = |value: &Value, name: &str, new: Value| {
        let mut value = value.clone();
        value[name] = new;
        value
    };
    let now = simulator.now() / 1000;
    let sound = assertion(&own, &head, &said);
    let (signed, signature) = sound.rsplit_once('.').unwrap();
    let later = assertion(&own, &head, &with(&said, "exp", json!(now + 3600)));
    let cases = [
        (assertion(&strange, &head, &said), "signature"),
        (format!("{}.{signature}", later.rsplit_once('.').unwrap().0), "signature"),
        (format!("{signed}."), "signature"),
        (assertion(&own, &with(&head, "alg", json!("none")), &said), "alg"),
        (assertion(&own, &with(&head, "alg", json!("HS256")), &said), "alg"),
        (assertion(&own, &with(&head, "kid", json!("another")), &said), "kid"),
        (assertion(&own, &json!({"alg": "RS256"}), &said), "kid"),
        (assertion(&own, &with(&head, "typ", json!("at+jwt")), &said), "typ"),
        (assertion(&own, &head, &with(&said, "iss", json!("somebody"))), "iss"),
        (assertion(&own, &head, &with(&said, "sub", json!("somebody"))), "sub"),
        (assertion(&own, &head, &with(&said, "aud", json!(simulator.idcs_url()))), "aud"),
        (assertion(&own, &head, &with(&said, "exp", json!(now - 1))), "expired"),
        (assertion(&own, &head, &with(&said, "exp", json!("soon"))), "exp"),
        (assertion(&own, &head, &with(&said, "iat", json!(now + 3600))), "iat"),
        ("one.two.three".to_owned(), "header"),
        ("nonsense".to_owned(), "JSON web token"),
    ];
    for (assertion, says) in &cases {
        let reply = ask_token(&simulator, None, &asserted(assertion)).await;
        assert_eq!(error(&reply), (401, "invalid_client".to_owned()), "{says}");
        let description = reply.json()["error_description"].as_str().unwrap().to_owned();
        assert!(description.contains(says), "{says}: {description}");
    }
}

#[tokio::test]
async fn a_request_that_makes_no_sense_is_named() {
    let simulator = domain().await;
    let (id, secret) = (simulator.idcs_client_id(), written(&simulator, "idcs_client_secret"));
    let authorization = basic(id, &secret);
    let secret = escaped(&secret);
    let scope = "scope=urn:opc:idm:__myscopes__";
    for (form, expected) in [
        (String::new(), "invalid_request"),
        (scope.to_owned(), "invalid_request"),
        (format!("{GRANT}&grant_type=client_credentials"), "invalid_request"),
        (format!("{GRANT}&client_id={id}&client_secret={secret}"), "invalid_request"),
        (format!("{GRANT}&client_assertion_type=x"), "invalid_request"),
        ("grant_type=%zz".to_owned(), "invalid_request"),
        (format!("grant_type=password&{scope}"), "unsupported_grant_type"),
        ("grant_type=client_credentials".to_owned(), "invalid_scope"),
        ("grant_type=client_credentials&scope=".to_owned(), "invalid_scope"),
        ("grant_type=client_credentials&scope=openid".to_owned(), "invalid_scope"),
        (format!("grant_type=client_credentials&{scope}+openid"), "invalid_scope"),
        (
            format!("grant_type=client_credentials&{scope}+urn:opc:resource:expiry=0"),
            "invalid_scope",
        ),
        (
            "grant_type=client_credentials&scope=urn:opc:resource:expiry=60".to_owned(),
            "invalid_scope",
        ),
    ] {
        let reply = ask_token(&simulator, Some(&authorization), &form).await;
        assert_eq!(error(&reply), (400, expected.to_owned()), "{form}");
    }
    for form in
        [format!("{GRANT}&client_secret={secret}"), format!("{GRANT}&client_assertion=a.b.c")]
    {
        let reply = ask_token(&simulator, None, &form).await;
        assert_eq!(error(&reply), (400, "invalid_request".to_owned()), "{form}");
    }
    let headers = [("content-type", "application/json"), ("authorization", &*authorization)];
    let reply = ask(&simulator, Method::POST, TOKEN, &headers, GRANT).await;
    assert_eq!(error(&reply), (400, "invalid_request".to_owned()));
}

#[tokio::test]
async fn without_a_good_token_nothing_is_answered() {
    let simulator = domain().await;
    let secret = written(&simulator, "idcs_client_secret");
    let elsewhere = domain().await;
    let authorization =
        basic(elsewhere.idcs_client_id(), &written(&elsewhere, "idcs_client_secret"));
    let foreign = ask_token(&elsewhere, Some(&authorization), GRANT).await;
    let foreign = foreign.json()["access_token"].as_str().unwrap().to_owned();
    let cases = [
        None,
        Some(basic(simulator.idcs_client_id(), &secret)),
        Some("Bearer".to_owned()),
        Some("Bearer x".to_owned()),
        Some(format!("Bearer {foreign}")),
    ];
    for authorization in &cases {
        let headers: Vec<(&str, &str)> =
            authorization.iter().map(|value| ("authorization", &**value)).collect();
        let reply = ask(&simulator, Method::GET, EVENTS, &headers, "").await;
        assert_eq!(reply.status, 401);
        assert!(reply.header("www-authenticate").unwrap().starts_with("Bearer "));
        let body = reply.json();
        assert_eq!(body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
        assert_eq!(body["status"], "401");
    }
}

#[tokio::test]
async fn a_token_ends_when_its_life_does() {
    let simulator = start(Options {
        services: vec![Service::Idcs],
        token_lifetime: Duration::from_secs(7_200),
        ..options(0)
    })
    .await;
    let mut domain = Domain::new(&simulator).await;
    assert_eq!(domain.get(EVENTS).await.status, 200);
    // Half of what the server would give.
    domain.renew(&format!("{GRANT}+urn%3Aopc%3Aresource%3Aexpiry%3D3600")).await;
    assert_eq!(domain.get(EVENTS).await.status, 200);
    simulator.pass(Duration::from_secs(3_601));
    let reply = domain.get(EVENTS).await;
    assert_eq!(reply.status, 401);
    assert!(reply.header("www-authenticate").unwrap().contains("expired"));
    domain.renew(GRANT).await;
    assert_eq!(domain.get(EVENTS).await.status, 200);
}

#[tokio::test]
async fn a_role_allows_what_oracles_table_lists() {
    let simulator = domain().await;
    let search = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"] });
    let mut domain = Domain::new(&simulator).await;
    let targets = ["Schemas", "ResourceTypes", "ServiceProviderConfig"]
        .map(|name| format!("/idcs/admin/v1/{name}"));
    for target in &targets {
        assert_eq!(domain.get(target).await.status, 200, "{target}");
    }
    assert_eq!(domain.post(&search).await.status, 200);

    let role = "urn%3Aopc%3Aidm%3Arole.Audit%20Administrator";
    domain.renew(&format!("grant_type=client_credentials&scope={role}")).await;
    assert_eq!(domain.get(EVENTS).await.status, 200);
    for target in &targets {
        assert_eq!(domain.get(target).await.status, 403, "{target}");
    }
    assert_eq!(domain.post(&search).await.status, 403);
}

#[tokio::test]
async fn a_client_may_have_no_more_than_it_needs() {
    let simulator = crate::web::start_all(&["idcs-least-privilege"]).await;
    let domain = Domain::new(&simulator).await;
    assert_eq!(domain.get(EVENTS).await.status, 200);
    let reply = domain.get("/idcs/admin/v1/Schemas").await;
    assert_eq!((reply.status.as_u16(), &reply.json()["status"]), (403, &json!("403")));
    let authorization =
        basic(simulator.idcs_client_id(), &written(&simulator, "idcs_client_secret"));
    let form = "grant_type=client_credentials\
        &scope=urn:opc:idm:role.Identity%20Domain%20Administrator";
    let reply = ask_token(&simulator, Some(&authorization), form).await;
    assert_eq!(error(&reply), (400, "invalid_scope".to_owned()));
    assert!(simulator.now() >= NOW);
}
