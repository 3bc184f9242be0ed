//! Writing JSON in the order in which Oracle writes it.
//!
//! Why not a value tree: the order of keys matters to whoever reads a stream
//! (the event type comes first, but not always), and records are made by the
//! hundred thousand. The invariant: what is written is valid JSON.

/// An object under construction.
pub(super) struct Object<'a> {
    out: &'a mut Vec<u8>,
    empty: bool,
}

impl Object<'_> {
    /// Appends an object with the members that `fill` adds.
    pub(super) fn write(out: &mut Vec<u8>, fill: impl FnOnce(&mut Object<'_>)) {
        out.push(b'{');
        fill(&mut Object { out, empty: true });
        out.push(b'}');
    }

    fn key(&mut self, key: &str) {
        if !self.empty {
            self.out.push(b',');
        }
        self.empty = false;
        string(self.out, key);
        self.out.push(b':');
    }

    pub(super) fn text(&mut self, key: &str, value: &str) {
        self.key(key);
        string(self.out, value);
    }

    /// A text, or `null`.
    pub(super) fn maybe(&mut self, key: &str, value: Option<&str>) {
        match value {
            Some(value) => self.text(key, value),
            None => self.null(key),
        }
    }

    pub(super) fn null(&mut self, key: &str) {
        self.raw(key, "null");
    }

    pub(super) fn nulls(&mut self, keys: &[&str]) {
        for key in keys {
            self.null(key);
        }
    }

    /// A member whose value is JSON already.
    pub(super) fn raw(&mut self, key: &str, json: &str) {
        self.key(key);
        self.out.extend_from_slice(json.as_bytes());
    }

    /// A list with one text: how headers and parameters are recorded.
    pub(super) fn list(&mut self, key: &str, value: &str) {
        self.key(key);
        self.out.push(b'[');
        string(self.out, value);
        self.out.push(b']');
    }

    pub(super) fn object(&mut self, key: &str, fill: impl FnOnce(&mut Object<'_>)) {
        self.key(key);
        Object::write(self.out, fill);
    }
}

fn string(out: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(out, text).expect("a text always serializes, and a Vec never refuses");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_is_read() {
        let mut out = Vec::new();
        Object::write(&mut out, |object| {
            object.text("a\"", "line\nbreak \u{1f511}");
            object.maybe("b", None);
            object.object("c", |_| {});
            object.list("d", "\u{1}");
            object.raw("e", "18446744073709551615");
        });
        let read: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(
            read,
            serde_json::json!({
                "a\"": "line\nbreak \u{1f511}", "b": null, "c": {}, "d": ["\u{1}"],
                "e": 18_446_744_073_709_551_615_u64
            })
        );
    }
}
