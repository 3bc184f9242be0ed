//! A page by itself: charts and tables, for people who look.
//!
//! Invariants: the page asks for nothing, and its policy forbids a browser to; it holds no
//! script; every text of a record is escaped, stands for itself whatever direction its
//! script has, and shows what would be obeyed; no text is longer than [`LONGEST`].

mod chart;

use std::fmt::Write as _;

use base64::Engine as _;
use sha2::{Digest as _, Sha256};

use super::answer::{Cell, Table, Totals};
use super::plain::summary;
use crate::shown;

const STYLE: &str = include_str!("html/style.css");

/// Longest text in a cell, in characters; longer ones are for CSV and JSON.
const LONGEST: usize = 400;

/// The page. `files` is what it was made from.
pub fn page(totals: &Totals, tables: &[Table], files: &str) -> String {
    // The browser takes this one style sheet, by its digest, and nothing else: the icon is
    // an empty one, so that none is asked for.
    let digest = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(STYLE));
    let mut page = String::with_capacity(64 << 10);
    let _ = write!(
        page,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <link rel=\"icon\" href=\"data:,\">\n\
         <title>Sign-ons</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#content\">To the reports</a>\n<header>\n<h1>Sign-ons</h1>\n"
    );
    header(&mut page, totals);
    navigation(&mut page, tables);
    page.push_str("</header>\n<main id=\"content\">\n");
    chart::timeline(&mut page, &totals.timeline);
    for table in tables {
        section(&mut page, table);
    }
    page.push_str("</main>\n<footer>\n<p>Made by signon report from ");
    text(&mut page, files);
    page.push_str(
        ". Times are UTC. Whoever signs in chooses the texts in the tables; \
         what a browser or terminal would obey is <span class=\"u\">shown</span>.</p>\n\
         </footer>\n</body>\n</html>\n",
    );
    page
}

fn header(page: &mut String, totals: &Totals) {
    for line in summary(totals).iter().take(1) {
        page.push_str("<p>");
        text(page, line);
        page.push_str("</p>\n");
    }
    page.push_str("<dl>\n");
    for (name, value, is_bad) in [
        ("Sign-ons", totals.sign_ons.successes, false),
        ("Failures", totals.sign_ons.failures, totals.sign_ons.failures > 0),
        ("Changes of accounts", totals.accounts, false),
        ("Events", totals.events.events, false),
        ("Lines that are no events", totals.unknown, totals.unknown > 0),
    ] {
        let class = if is_bad { " class=\"bad\"" } else { "" };
        let _ = writeln!(page, "<div><dt>{name}</dt><dd{class}>{value}</dd></div>");
    }
    page.push_str("</dl>\n");
}

fn navigation(page: &mut String, tables: &[Table]) {
    page.push_str("<nav aria-label=\"Reports\"><ul>\n");
    for (at, table) in tables.iter().enumerate() {
        let _ = write!(page, "<li><a href=\"#r{at}\">");
        text(page, &table.title);
        let _ = writeln!(page, "</a> <span class=\"none\">{}</span></li>", table.rows.len());
    }
    page.push_str("</ul></nav>\n");
    // The sections are numbered: an id of a search could be that of something else.
    debug_assert!(tables.len() < 10_000);
}

fn section(page: &mut String, table: &Table) {
    let at = page.matches("<section").count();
    let _ = write!(page, "<section aria-labelledby=\"r{at}\">\n<h2 id=\"r{at}\">");
    text(page, &table.title);
    page.push_str("</h2>\n");
    for line in std::iter::once(&table.about).chain(&table.notes).filter(|line| !line.is_empty()) {
        page.push_str("<p>");
        text(page, line);
        page.push_str("</p>\n");
    }
    if table.rows.is_empty() {
        page.push_str("<p class=\"none\">None.</p>\n</section>\n");
        return;
    }
    let _ = write!(
        page,
        "<div class=\"table\" role=\"region\" tabindex=\"0\" aria-labelledby=\"r{at}\">\n\
         <table>\n<thead><tr>"
    );
    let spark = chart::Bars::of(table);
    for (at, head) in table.heads.iter().enumerate() {
        let class = if is_numeric(table, at) { " class=\"number\"" } else { "" };
        let _ = write!(page, "<th scope=\"col\"{class}>");
        text(page, head);
        page.push_str("</th>");
        if spark.as_ref().is_some_and(|bars| bars.after == at) {
            page.push_str("<th scope=\"col\" class=\"spark\">of the largest</th>");
        }
    }
    page.push_str("</tr></thead>\n<tbody>\n");
    for row in &table.rows {
        page.push_str("<tr>");
        for (at, cell) in row.iter().enumerate() {
            value(page, cell, at == 0);
            if let Some(bars) = spark.as_ref().filter(|bars| bars.after == at) {
                page.push_str("<td class=\"spark\">");
                bars.draw(page, row);
                page.push_str("</td>");
            }
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</tbody>\n</table>\n</div>\n</section>\n");
}

fn is_numeric(table: &Table, at: usize) -> bool {
    table.rows.iter().any(|row| row[at].is_number())
}

fn value(page: &mut String, cell: &Cell, is_head: bool) {
    let (tag, scope) = if is_head { ("th", " scope=\"row\"") } else { ("td", "") };
    match cell {
        Cell::Nothing => {
            let _ = write!(page, "<{tag}{scope}><span class=\"none\">not told</span></{tag}>");
        }
        Cell::Number(number) => {
            let _ = write!(page, "<{tag}{scope} class=\"number\">{number}</{tag}>");
        }
        Cell::Time(time) => {
            let _ = write!(page, "<{tag}{scope} class=\"time\">{}</{tag}>", super::rfc3339(*time));
        }
        Cell::Text(said) => {
            // What does not fit is shown where a keyboard or a pointer is on it.
            let focus = if said.chars().count() > 60 { " tabindex=\"0\"" } else { "" };
            let _ = write!(page, "<{tag}{scope}><div{focus}><bdi>");
            text(page, said);
            let _ = write!(page, "</bdi></div></{tag}>");
        }
    }
}

/// Writes a text that anybody may have written.
fn text(page: &mut String, said: &str) {
    for (count, character) in said.chars().enumerate() {
        if count == LONGEST {
            page.push_str("<span class=\"u\">…</span>");
            return;
        }
        match character {
            '<' => page.push_str("&lt;"),
            '>' => page.push_str("&gt;"),
            '&' => page.push_str("&amp;"),
            '"' => page.push_str("&quot;"),
            '\'' => page.push_str("&#39;"),
            character if shown::is_obeyed(character) => {
                let _ = write!(page, "<span class=\"u\">U+{:04X}</span>", u32::from(character));
            }
            character => page.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn table(said: &str) -> Table {
        Table {
            id: "users".to_owned(),
            title: said.to_owned(),
            about: String::new(),
            notes: vec![said.to_owned()],
            heads: vec!["user", "events", "successes", "failures"],
            named_by: 1,
            rows: vec![
                vec![
                    Cell::Text(said.to_owned()),
                    Cell::Number(2),
                    Cell::Number(1),
                    Cell::Number(1),
                ],
                vec![Cell::Nothing, Cell::Number(1), Cell::Number(0), Cell::Number(0)],
            ],
        }
    }

    /// The tags of a page without what is in them but their names.
    fn tags(page: &str) -> Vec<String> {
        let tags = page.split('<').skip(1);
        tags.map(|tag| tag.split([' ', '>', '\n']).next().unwrap().to_owned()).collect()
    }

    #[test]
    fn the_page_holds_no_script_and_asks_for_nothing() {
        let page = page(&Totals::default(), &[table("joe")], "f");
        for asked in
            ["<script", "http://", "https://", "src=", "url(", "@import", "javascript:", " on"]
        {
            let found = page.matches(asked).count();
            // Words of ours have ` on`; attributes would have `onload=`.
            assert!(found == 0 || asked == " on", "{asked}");
        }
        assert!(!page.contains("onload=") && page.contains("default-src 'none'"));
        assert!(!page.contains("style=\""), "the policy forbids styles of elements");
    }

    proptest! {
        #[test]
        fn no_text_becomes_markup_or_is_obeyed(said in any::<String>()) {
            // What was there before counts; a text may be as long as a harmless one.
            let plain: String = said.chars().map(|_| 'a').take(LONGEST).collect();
            let hostile = page(&Totals::default(), &[table(&said)], &said);
            let harmless = page(&Totals::default(), &[table(&plain)], &plain);
            let ours = |page: &str| {
                let mut tags = tags(page);
                tags.retain(|tag| tag != "span" && tag != "/span");
                tags
            };
            prop_assert_eq!(ours(&hostile), ours(&harmless));
            prop_assert!(!hostile.replace('\n', "").contains(shown::is_obeyed));
        }
    }

    #[test]
    fn hostile_names_are_shown_as_what_they_are() {
        let mut out = String::new();
        text(&mut out, "<script>alert('1')</script>\u{202e}\u{7}&\"");
        assert_eq!(
            out,
            "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;<span class=\"u\">U+202E</span>\
             <span class=\"u\">U+0007</span>&amp;&quot;"
        );
        let mut out = String::new();
        text(&mut out, &"x".repeat(100_000));
        assert!(out.len() < 500);
    }
}
