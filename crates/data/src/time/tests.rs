//! Dates and times against chrono, and against what Flink answered.

use super::*;
use chrono::{Datelike, NaiveDate, TimeZone, Timelike};
use proptest::prelude::*;

proptest! {
    #[test]
    fn days_and_civil_dates_agree_with_chrono(days in -800_000_i32..3_000_000) {
        let date = NaiveDate::from_num_days_from_ce_opt(days + 719_163).unwrap();
        prop_assert_eq!(civil_from_days(i64::from(days)), (date.year(), date.month(), date.day()));
        prop_assert_eq!(days_from_civil(date.year(), date.month(), date.day()), days);
        prop_assert_eq!(iso_weekday(days), date.weekday().number_from_monday());
        prop_assert_eq!(day_of_year(days), date.ordinal());
        prop_assert_eq!(iso_week(days), (date.iso_week().year(), date.iso_week().week()));
    }

    #[test]
    fn parts_and_nanoseconds_are_inverse(nanos in -62_000_000_000_000_000_000_i128..253_000_000_000_000_000_000) {
        prop_assert_eq!(DateTime::from_nanos(nanos).to_nanos(), nanos);
    }

    #[test]
    fn printed_timestamps_are_read_back(nanos in -62_000_000_000_000_000_000_i128..253_000_000_000_000_000_000) {
        let mut text = String::new();
        append_timestamp_sql(&mut text, nanos, 9);
        prop_assert_eq!(parse_timestamp(&text, 9), Some(nanos));
    }

    #[test]
    fn months_are_added_as_chrono_adds_them(days in -300_000_i32..2_000_000, months in -5_000_i32..5_000) {
        let date = NaiveDate::from_num_days_from_ce_opt(days + 719_163).unwrap();
        let moved = if months < 0 {
            date.checked_sub_months(chrono::Months::new(months.unsigned_abs()))
        } else {
            date.checked_add_months(chrono::Months::new(months as u32))
        };
        prop_assert_eq!(add_months(days, months) + 719_163, moved.unwrap().num_days_from_ce());
    }

    #[test]
    fn instants_survive_their_zone(seconds in -2_000_000_000_i64..4_000_000_000) {
        let zone = Zone::Named(chrono_tz::Tz::Europe__Berlin);
        let instant = i128::from(seconds) * NANOS_PER_SECOND;
        let local = chrono_tz::Tz::Europe__Berlin.timestamp_opt(seconds, 0).unwrap();
        prop_assert_eq!(DateTime::from_nanos(zone.to_local(instant)).hour, local.hour());
        // Only the later of the two hours of an overlap is not its own image.
        let back = zone.to_instant(zone.to_local(instant));
        prop_assert!(back == instant || back == instant - 3_600 * NANOS_PER_SECOND);
    }
}

#[test]
fn clock_changes_follow_java() {
    let zone = Zone::parse("America/Los_Angeles").unwrap();
    for (local, expect) in [
        ("2021-03-14 01:59:59", "2021-03-14T09:59:59Z"),
        ("2021-03-14 02:30:00", "2021-03-14T10:30:00Z"),
        ("2021-03-14 03:00:00", "2021-03-14T10:00:00Z"),
        ("2021-11-07 01:30:00", "2021-11-07T08:30:00Z"),
        ("2021-11-07 02:00:00", "2021-11-07T10:00:00Z"),
    ] {
        let mut text = String::new();
        append_instant_iso(&mut text, zone.to_instant(parse_timestamp(local, 3).unwrap()));
        assert_eq!(text, expect, "{local}");
    }
}

#[test]
fn zones_are_read_as_java_reads_them() {
    for (text, expect) in [
        ("UTC", Some(0)),
        ("GMT+8", Some(28_800)),
        ("GMT+08:30", Some(30_600)),
        ("GMT-0130", Some(-5_400)),
        ("GMT+24", None),
        ("EST", Some(-18_000)),
        ("PST", Some(-28_800)),
        ("Asia/Shanghai", Some(28_800)),
        ("+08:00", None),
        ("nowhere", None),
    ] {
        assert_eq!(Zone::parse(text).map(|zone| zone.offset_seconds(0)), expect, "{text}");
    }
}

#[test]
fn dates_are_read_with_flinks_leniency() {
    for (text, expect) in [
        ("2020-01-05", Some("2020-01-05")),
        ("2020-1-5", Some("2020-01-05")),
        ("2020-01", Some("2020-01-01")),
        ("2020", Some("2020-01-01")),
        ("12", Some("0012-01-01")),
        ("2020-01-05 anything", Some("2020-01-05")),
        ("2023-02-29", None),
        ("2020-13-01", None),
        ("-2020-01-01", None),
        ("10000-01-01", None),
        ("", None),
        ("2020-01-05T00:00:00", None),
    ] {
        let shown = parse_date(text).map(|days| {
            let mut shown = String::new();
            append_date(&mut shown, days);
            shown
        });
        assert_eq!(shown.as_deref(), expect, "{text}");
    }
}

#[test]
fn timestamps_are_read_with_flinks_leniency() {
    for (text, expect) in [
        ("2020-01-05", Some("2020-01-05T00:00")),
        ("2020-1-5 1:2:3", Some("2020-01-05T01:02:03")),
        ("2020-01-05 01:02:03.123456789", Some("2020-01-05T01:02:03.123")),
        ("2020-01-05 01:02:03.", Some("2020-01-05T01:02:03")),
        ("2023-02-31 00:00:00", Some("2023-02-28T00:00")),
        ("2020-01-05 24:00:00", Some("2020-01-06T00:00")),
        ("2020-01-05 24:00:01", None),
        ("2020-01-05 01:02", None),
        ("2020-01-05T01:02:03", None),
        ("2020-01-32", None),
        ("20-01-01", None),
        (" 2020-01-01", None),
        ("2020-01-05 01:02:03Z", None),
    ] {
        let shown = parse_timestamp(text, 3).map(|nanos| {
            let mut shown = String::new();
            append_timestamp_iso(&mut shown, nanos);
            shown
        });
        assert_eq!(shown.as_deref(), expect, "{text}");
    }
}

#[test]
fn times_are_read_with_flinks_leniency() {
    for (text, expect) in [
        ("12:30:15", Some(45_015_000)),
        ("12:30:15.5", Some(45_015_500)),
        ("12:30:15.12345", Some(45_015_123)),
        ("12:30:15.1236", Some(45_015_124)),
        ("12:30", Some(45_000_000)),
        ("12", Some(43_200_000)),
        ("12:00:00+1", Some(46_800_000)),
        ("12:00:00-01:30", Some(37_800_000)),
        ("abc", None),
        ("12:", None),
        ("12:30:15.5x", Some(45_015_500)),
    ] {
        assert_eq!(parse_time(text), expect, "{text}");
    }
}

#[test]
fn printed_forms() {
    let show = |append: &dyn Fn(&mut String)| {
        let mut text = String::new();
        append(&mut text);
        text
    };
    assert_eq!(show(&|out| append_time_iso(out, 43_200_000)), "12:00");
    assert_eq!(show(&|out| append_time_iso(out, 43_201_120)), "12:00:01.120");
    assert_eq!(show(&|out| append_time_sql(out, 43_201_120, 3)), "12:00:01.12");
    assert_eq!(show(&|out| append_time_sql(out, 43_201_000, 3)), "12:00:01.0");
    assert_eq!(show(&|out| append_timestamp_sql(out, 0, 3)), "1970-01-01 00:00:00.000");
    assert_eq!(show(&|out| append_timestamp_sql(out, 0, 0)), "1970-01-01 00:00:00");
    assert_eq!(show(&|out| append_timestamp_iso(out, 1_000)), "1970-01-01T00:00:00.000001");
    assert_eq!(show(&|out| append_instant_iso(out, 60_000_000_000)), "1970-01-01T00:01:00Z");
    assert_eq!(show(&|out| append_interval_millis_iso(out, -93_784_567)), "PT-26H-3M-4.567S");
    assert_eq!(show(&|out| append_interval_millis_iso(out, -500)), "PT-0.5S");
    assert_eq!(show(&|out| append_interval_millis_iso(out, 5_400_000)), "PT1H30M");
    assert_eq!(show(&|out| append_interval_millis_iso(out, 0)), "PT0S");
    assert_eq!(show(&|out| append_interval_months_iso(out, -15)), "P-15M");
    assert_eq!(parse_iso_duration("P1DT2H3M4.567S"), Some(93_784_567));
    assert_eq!(parse_iso_duration("PT-0.5S"), Some(-500));
    assert_eq!(parse_iso_duration("PT"), None);
    assert_eq!(parse_iso_period("P1Y2M"), Some(14));
    assert_eq!(parse_iso_period("-P3M"), Some(-3));
    assert_eq!(parse_iso_period("P0D"), Some(0));
}
