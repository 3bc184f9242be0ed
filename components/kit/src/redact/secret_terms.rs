//! The words that names of secrets are made of, and those that make them harmless. Data,
//! to be read on a screen or two.

/// Words that make a name a secret's wherever they stand in it, even run together with
/// others. Lower case, by their first letter, so that each place is looked at once.
pub const STRONG: [&str; 79] = [
    "accesskey",
    "accountkey",
    "answer",
    "apikey",
    "assertion",
    "authkey",
    "authnkey",
    "authorization",
    "backupcode",
    "bearer",
    "bypasscode",
    "clientkey",
    "connectionstring",
    "cookie",
    "credential",
    "creds",
    "csrf",
    "decryptionkey",
    "devicecode",
    "encryptionkey",
    "hmac",
    "jsession",
    "jwt",
    "keytab",
    "magiclink",
    "masterkey",
    "mfacode",
    "mnemonic",
    "obsso",
    "onetimecode",
    "opcprincipal",
    "otpcode",
    "otpvalue",
    "passcode",
    "passphrase",
    "passwd",
    "passwort",
    "password",
    "phpsess",
    "pincode",
    "pincodes",
    "presharedkey",
    "privatekey",
    "privkey",
    "pswd",
    "pwd",
    "recoverycode",
    "recoverykey",
    "refreshkey",
    "relaystate",
    "samlart",
    "samlrequest",
    "samlresponse",
    "secret",
    "securitycode",
    "securitykey",
    "seedphrase",
    "serverkey",
    "sessid",
    "sessioncode",
    "sessionkey",
    "sharedkey",
    "signature",
    "signingkey",
    "smscode",
    "sshkey",
    "subscriptionkey",
    "ticket",
    "token",
    "totp",
    "usercode",
    "verificationcode",
    "verificationkey",
    "verifier",
    "verifycode",
    "webhookkey",
    "wrappingkey",
    "xsrf",
    "xauth",
];

/// Words that do so only where they stand by themselves.
pub const WORDS: [&str; 12] =
    ["hotp", "otp", "otps", "pass", "pin", "pins", "pw", "seed", "sid", "sids", "sig", "tgt"];

/// Behind a secret's word these make it something about the secret.
pub const ABOUT: [&str; 27] = [
    "attempt",
    "authenticator",
    "authority",
    "challenge",
    "chang",
    "complexity",
    "count",
    "enabled",
    "endpoint",
    "error",
    "expir",
    "failure",
    "format",
    "history",
    "issuer",
    "length",
    "less",
    "lifetime",
    "method",
    "must",
    "polic",
    "required",
    "reset",
    "status",
    "strength",
    "ttl",
    "type",
];

/// Before `code` these make it no secret: `statusCode`, `zip_code`.
pub const PLAIN_CODES: [&str; 45] = [
    "action",
    "area",
    "bar",
    "byte",
    "class",
    "color",
    "company",
    "cost",
    "country",
    "currency",
    "de",
    "department",
    "dial",
    "en",
    "error",
    "event",
    "exception",
    "exit",
    "failure",
    "fault",
    "geo",
    "hard",
    "http",
    "integration",
    "lang",
    "language",
    "locale",
    "op",
    "operation",
    "org",
    "post",
    "postal",
    "product",
    "project",
    "reason",
    "region",
    "resource",
    "response",
    "result",
    "return",
    "source",
    "state",
    "status",
    "uni",
    "zip",
];

/// What people write around a word when they write it all in one.
pub const BEFORE: [&str; 34] = [
    "access", "account", "admin", "app", "auth", "authn", "card", "client", "current", "device",
    "email", "http", "idcs", "login", "mail", "mfa", "my", "new", "oam", "oci", "old", "phone",
    "reset", "security", "server", "session", "sms", "sso", "temp", "the", "user", "verify", "web",
    "x",
];
pub const BEHIND: [&str; 18] = [
    "confirm",
    "data",
    "encrypted",
    "entered",
    "field",
    "hash",
    "hint",
    "input",
    "new",
    "old",
    "param",
    "plain",
    "raw",
    "s",
    "string",
    "text",
    "val",
    "value",
];

/// For each letter, the second and the third letters of the words that begin with it, by
/// their place in the alphabet.
pub const BEGINNINGS: [(u32, u32); 26] = {
    let mut table = [(0, 0); 26];
    let mut at = 0;
    while at < STRONG.len() {
        let word = STRONG[at].as_bytes();
        let (seconds, thirds) = &mut table[(word[0] - b'a') as usize];
        *seconds |= 1 << (word[1] - b'a');
        *thirds |= 1 << (word[2] - b'a');
        at += 1;
    }
    table
};

/// For each letter, where the words that begin with it are in [`STRONG`].
pub const BY_LETTER: [(u8, u8); 26] = {
    let mut table = [(0, 0); 26];
    let mut at = 0;
    while at < STRONG.len() {
        let letter = (STRONG[at].as_bytes()[0] - b'a') as usize;
        if table[letter].1 == 0 {
            table[letter].0 = at as u8;
        }
        table[letter].1 = at as u8 + 1;
        at += 1;
    }
    table
};
