//! Credentials, for runtimes where nobody attaches them: a transport that does.
//!
//! The product's own host never uses this: there secrets stay outside the sandbox
//! and the key `auth` is refused. Invariants: without `auth` requests go out as they
//! are; what a service refused is shown to it again only if it has been renewed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rand_core::{CryptoRng, RngCore};

use crate::config::Reader;
use crate::http::{Request, Response, Transport, TransportError};
use crate::secret::Secret;

/// What signing needs besides requests.
pub trait Surroundings {
    /// The time of day, in milliseconds since 1970.
    fn wall_clock_ms(&self) -> i64;

    /// Fills a buffer with bytes that nobody foresees.
    fn random(&mut self, buffer: &mut [u8]);
}

/// A credential at work.
pub trait Authorize {
    /// The headers to put on a request. May make requests of its own.
    ///
    /// # Errors
    ///
    /// When there is no credential to be had.
    fn headers<T: Transport + Surroundings>(
        &mut self,
        request: &Request,
        transport: &mut T,
    ) -> Result<Vec<(&'static str, String)>, TransportError>;

    /// A service answered 401. Whether the next headers are worth another try.
    fn refused(&mut self) -> bool {
        false
    }
}

/// A transport that attaches a credential, if there is one.
#[derive(Debug)]
pub struct Authorized<T, A> {
    transport: T,
    credential: Option<A>,
}

impl<T, A> Authorized<T, A> {
    /// Requests through `transport`.
    pub fn new(transport: T, credential: Option<A>) -> Self {
        Self { transport, credential }
    }
}

impl<T: Transport + Surroundings, A: Authorize> Transport for Authorized<T, A> {
    type Body = T::Body;

    fn send(&mut self, request: &Request) -> Result<Response<T::Body>, TransportError> {
        let Some(credential) = &mut self.credential else {
            return self.transport.send(request);
        };
        let mut attach = |credential: &mut A| {
            let mut signed = request.clone();
            signed.headers.extend(credential.headers(request, &mut self.transport)?);
            self.transport.send(&signed)
        };
        let response = attach(credential)?;
        if response.status == 401 && credential.refused() {
            return attach(credential);
        }
        Ok(response)
    }

    fn elapsed_ms(&self) -> u64 {
        self.transport.elapsed_ms()
    }
}

/// The surroundings as a source of randomness.
#[derive(Debug)]
pub struct Random<'t, T>(pub &'t mut T);

impl<T: Surroundings> RngCore for Random<'_, T> {
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.0.random(&mut bytes);
        u32::from_le_bytes(bytes)
    }

    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.0.random(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    fn fill_bytes(&mut self, buffer: &mut [u8]) {
        self.0.random(buffer);
    }

    fn try_fill_bytes(&mut self, buffer: &mut [u8]) -> Result<(), rand_core::Error> {
        self.0.random(buffer);
        Ok(())
    }
}

/// `wasi:random` is a generator fit for secrets.
impl<T: Surroundings> CryptoRng for Random<'_, T> {}

/// Login and password (RFC 7617). Never shown again once refused: accounts get
/// locked.
#[derive(Debug, Clone, PartialEq)]
pub struct Basic {
    username: String,
    password: Secret,
}

impl Basic {
    /// Reads the table `auth` of a configuration, if it is there.
    pub fn read(reader: &mut Reader) -> Option<Self> {
        let mut table = reader.table("auth")?;
        let username = table.required_text("username", "audit.reader");
        let password = table.required_secret("password");
        if username.contains(':') {
            table.wrong("username", "has a colon in it", "write the login alone");
        }
        reader.absorb(table);
        Some(Self { username, password })
    }

    /// The value of `Authorization` for a login and a password.
    pub fn value(username: &str, password: &str) -> String {
        format!("Basic {}", STANDARD.encode(format!("{username}:{password}")))
    }
}

impl Authorize for Basic {
    fn headers<T: Transport + Surroundings>(
        &mut self,
        _: &Request,
        _: &mut T,
    ) -> Result<Vec<(&'static str, String)>, TransportError> {
        Ok(vec![("authorization", Self::value(&self.username, self.password.expose()))])
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::http::Method;
    use crate::http::scripted::{Answer, Scripted};

    fn request() -> Request {
        Request {
            method: Method::Get,
            origin: "https://a.example".to_owned(),
            target: "/x".to_owned(),
            headers: vec![("accept", "application/json".to_owned())],
            body: Vec::new(),
        }
    }

    #[test]
    fn a_password_goes_with_every_request_and_is_not_shown_again_once_refused() {
        let mut reader =
            Reader::new(r#"{"auth":{"username":"reader","password":"S3CRET"}}"#).unwrap();
        let basic = Basic::read(&mut reader);
        assert!(reader.finish(()).is_ok());
        assert!(!format!("{basic:?}").contains("S3CRET"));
        let seen = RefCell::new(Vec::new());
        let answer = |request: &Request| {
            seen.borrow_mut().push(request.headers.clone());
            Ok(Answer::status(401, ""))
        };
        let mut transport = Authorized::new(Scripted::new(answer), basic);
        assert_eq!(transport.send(&request()).unwrap().status, 401);
        let expected = ("authorization", "Basic cmVhZGVyOlMzQ1JFVA==".to_owned());
        assert_eq!(seen.borrow().len(), 1);
        assert_eq!(seen.borrow()[0][1], expected);
    }

    #[test]
    fn without_a_credential_a_request_goes_out_as_it_is() {
        let answer = |sent: &Request| {
            assert_eq!(*sent, request());
            Ok(Answer::ok(""))
        };
        Authorized::<_, Basic>::new(Scripted::new(answer), None).send(&request()).unwrap();
    }
}
