//! IMF-fixdate, the only date form the signature knows: `Wed, 01 May 2024 12:00:00 GMT`.
//!
//! Invariant: for every second of the years 0000 to 9999, parsing what was written gives the
//! second back. A received date is never rewritten: signatures cover its text.

const SECONDS_PER_DAY: i64 = 86_400;
/// 0000-01-01T00:00:00Z, the first second a four-digit year can say.
const FIRST: i64 = -62_167_219_200;
/// 9999-12-31T23:59:59Z, the last second a four-digit year can say.
const LAST: i64 = 253_402_300_799;
/// 1970-01-01 was a Thursday.
const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/// The calendar repeats every 400 years, which are this many days.
const DAYS_PER_ERA: i64 = 146_097;
/// Days from 0000-03-01, where the algorithm's eras start, to 1970-01-01.
const EPOCH_FROM_ERA_START: i64 = 719_468;

/// The moment as IMF-fixdate. Seconds outside the years 0000 to 9999 are moved to the nearest one
/// inside, because the form has four digits for the year.
pub fn imf_fixdate(unix_seconds: i64) -> String {
    let seconds = unix_seconds.clamp(FIRST, LAST);
    let days = seconds.div_euclid(SECONDS_PER_DAY);
    let second_of_day = seconds.rem_euclid(SECONDS_PER_DAY);
    let (year, month, day) = civil_from_days(days);
    let weekday = WEEKDAYS[days.rem_euclid(7) as usize];
    let month_name = MONTHS[month as usize - 1];
    format!(
        "{weekday}, {day:02} {month_name} {year:04} {:02}:{:02}:{:02} GMT",
        second_of_day / 3600,
        second_of_day / 60 % 60,
        second_of_day % 60
    )
}

/// Seconds since 1970 of an IMF-fixdate, or `None` if the text is not one.
///
/// The weekday must be a weekday's name but need not be the right one: Oracle's own published
/// example says `Thu, 05 Jan 2014`, which was a Sunday. Second 60 is a leap second (RFC 9110,
/// section 5.6.7) and counts as the second after 59.
pub fn parse_imf_fixdate(text: &str) -> Option<i64> {
    let bytes: &[u8; 29] = text.as_bytes().try_into().ok()?;
    let separators =
        [(3, b','), (4, b' '), (7, b' '), (11, b' '), (16, b' '), (19, b':'), (22, b':')];
    if separators.iter().any(|&(at, byte)| bytes[at] != byte) || &bytes[25..] != b" GMT" {
        return None;
    }
    WEEKDAYS.iter().find(|name| name.as_bytes() == &bytes[..3])?;
    let month = 1 + MONTHS.iter().position(|name| name.as_bytes() == &bytes[8..11])? as i64;
    let day = number(&bytes[5..7])?;
    let year = number(&bytes[12..16])?;
    let (hour, minute, second) =
        (number(&bytes[17..19])?, number(&bytes[20..22])?, number(&bytes[23..25])?);
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let days = days_from_civil(year, month, day);
    // A day that the month does not have comes back as another one.
    if civil_from_days(days) != (year, month, day) {
        return None;
    }
    Some(days * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second)
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |value, digit| {
        digit.is_ascii_digit().then(|| value * 10 + i64::from(digit - b'0'))
    })
}

/// Year, month and day of a count of days since 1970-01-01: Howard Hinnant's `civil_from_days`,
/// which starts years in March so that the leap day is the last of its year.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + EPOCH_FROM_ERA_START;
    let era = shifted.div_euclid(DAYS_PER_ERA);
    let day_of_era = shifted.rem_euclid(DAYS_PER_ERA);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = (shifted_month + 2) % 12 + 1;
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// Days since 1970-01-01 of a civil date: Howard Hinnant's `days_from_civil`.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let shifted_year = year - i64::from(month <= 2);
    let era = shifted_year.div_euclid(400);
    let year_of_era = shifted_year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * DAYS_PER_ERA + day_of_era - EPOCH_FROM_ERA_START
}
