//! Fuzzes the XML side of `oam`: whatever follows stands inside `Events`, and the
//! same bytes are read as one element, whose values must all lead back into it.
#![no_main]

use oam::xml::Item;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((&size, markup)) = data.split_first() else {
        return;
    };
    let page = [&[size], b"<Events>".as_slice(), markup].concat();
    signon_fuzz::check(&page, oam::normalizer::open);
    let text = String::from_utf8_lossy(markup);
    if let Ok(item) = Item::parse(&text) {
        let json: serde_json::Value =
            serde_json::from_str(&item.to_json()).expect("an element is read as JSON");
        for name in json.as_object().into_iter().flatten().map(|(name, _)| name) {
            let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
            let spans = item.spans(&pointer);
            assert!(spans.iter().all(|span| text.get(span.clone()).is_some()));
        }
    }
});
