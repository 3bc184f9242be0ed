//! Answers that could be taken for those of another request.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use super::*;

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

/// Serves connections by number, one after the other.
fn serve(each: impl Fn(usize, &mut TcpStream) + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().flatten().enumerate() {
            each(number, &mut { stream });
        }
    });
    port
}

/// Reads until a request's head and its one event are there; `None` at the end.
fn request(stream: &mut TcpStream) -> Option<String> {
    let mut text = Vec::new();
    let mut piece = [0; 4096];
    while !text.ends_with(b"}\n") {
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => return None,
            Ok(read) => text.extend_from_slice(&piece[..read]),
        }
    }
    String::from_utf8(text).ok()
}

async fn try_deliver(sink: &HttpSink, id: &str) -> Result<(), SinkError> {
    sink.deliver(&lines(&[id])).await.map(|receipt| receipt.settle())
}

#[tokio::test]
async fn a_second_answer_to_a_request_acknowledges_no_other() {
    // Together with the first, or while nothing is asked.
    for pause in [Duration::ZERO, Duration::from_millis(50)] {
        let port = serve(move |number, stream| {
            let Some(_) = request(stream) else { return };
            if number > 0 {
                return;
            }
            match pause {
                Duration::ZERO => stream.write_all(&OK.repeat(2)).unwrap(),
                pause => {
                    stream.write_all(OK).unwrap();
                    std::thread::sleep(pause);
                    // Closed already, it is not taken.
                    let _ = stream.write_all(OK);
                }
            }
            // Reads what follows, and answers nothing.
            request(stream);
        });
        let folder = tempfile::tempdir().unwrap();
        let sink = sink(folder.path(), port, "retry_for = '1s'\ntimeout = '1s'");
        try_deliver(&sink, "a").await.unwrap();
        tokio::time::sleep(4 * pause).await;
        try_deliver(&sink, "b").await.unwrap_err();
    }
}

#[tokio::test]
async fn an_answer_that_comes_too_late_acknowledges_no_other_request() {
    let (told, over) = std::sync::mpsc::channel::<()>();
    let over = std::sync::Mutex::new(over);
    let port = serve(move |number, stream| {
        let Some(_) = request(stream) else { return };
        if number == 0 {
            over.lock().unwrap().recv().unwrap();
            let _ = stream.write_all(OK);
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let sink = sink(folder.path(), port, "retry_for = '1s'\ntimeout = '1s'");
    try_deliver(&sink, "a").await.unwrap_err();
    told.send(()).unwrap();
    try_deliver(&sink, "b").await.unwrap_err();
}

#[tokio::test]
async fn an_answer_before_the_request_was_sent_acknowledges_nothing() {
    let port = serve(|_, stream| {
        // The start of the head, and not a byte more.
        stream.read_exact(&mut [0; 16]).unwrap();
        stream.write_all(OK).unwrap();
        // Left open to the end of the test.
        std::mem::forget(stream.try_clone().unwrap());
    });
    let folder = tempfile::tempdir().unwrap();
    let keys = "retry_for = '1s'\ntimeout = '1s'\nbatch_bytes = 50000000";
    let sink = sink(folder.path(), port, keys);
    let large = Line { text: "x".repeat(40_000_000), ..line("a") };
    let error = sink.deliver(&[large]).await.map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("before it had the request"), "{error}");
}

#[tokio::test]
async fn an_announcement_of_an_answer_is_none() {
    for early in ["100 Continue", "102 Processing", "103 Early Hints"] {
        let port = serve(move |_, stream| {
            if request(stream).is_some() {
                let head = format!("HTTP/1.1 {early}\r\n\r\n");
                stream.write_all(head.as_bytes()).unwrap();
            }
        });
        let folder = tempfile::tempdir().unwrap();
        let sink = sink(folder.path(), port, "retry_for = '1s'\ntimeout = '1s'");
        try_deliver(&sink, "a").await.unwrap_err();
    }
}

#[tokio::test]
async fn a_batch_of_one_source_says_so_in_its_head_and_a_mixed_one_says_nothing() {
    let world = World::new("", |_| Reply::status(200));
    let of = |id: &str, tenant: &str, source: &str| {
        let owner = Owner { tenant: tenant.to_owned(), ..Owner::of_source(source) };
        Line { owner: owner.into(), ..line(id) }
    };
    let one = [of("a", "acme süd", "one"), of("b", "acme süd", "one")];
    let mixed = [of("c", "acme süd", "one"), of("d", "acme süd", "two")];
    for batch in [&one, &mixed] {
        world.sink.deliver(batch).await.unwrap().settle();
    }
    let requests = world.receiver.requests();
    assert_eq!(requests[0].headers["signon-source"], "one");
    assert_eq!(requests[0].headers["signon-tenant"], "acme süd");
    assert!(
        requests[1]
            .headers
            .keys()
            .all(|name| { !["signon-source", "signon-tenant"].contains(&name.as_str()) })
    );
}
