//! The json decoder.

use super::{Target, rows};

pub(super) const TARGET: Target = Target { name: "json", run, seeds };

const FILES: [&str; 8] = [
    "{\"a\": 1, \"b\": \"x\", \"c\": null, \"d\": true}\n{\"b\": 2.50}\n",
    "{\"a\": \"2024-01-02\", \"b\": \"2024-01-02 03:04:05.678\", \"c\": \"12:30:00\"}\r\n\n",
    "{\"a\": [1, 2, null], \"b\": {\"x\": 1, \"y\": \"\\u00e9\\n\"}, \"c\": {\"k\": [1.5, 2]}}\n",
    "{\"a\": {\"x\": {\"deep\": [[[{}]]]}}, \"a\": 2}\n[1]\n{\n",
    "{\"a\": 1e400, \"b\": -0, \"c\": \"NaN\", \"d\": 99999999999999999999}\n",
    "{\"a\": \"\\ud83d\\ude00\", \"b\": \"\\ud83d\", \"c\": \"AQI=\"} x\n{\"a\":1}{\"a\":2}\n",
    "\u{feff}{\"a\": \"2024-01-02T03:04:05Z\", \"d\": 127}\nnull\n\"text\"\n",
    "{\"a\": tru}\n{\"a\": 01}\n{\"a\": 1.}\n{\"a\": \"open}\n{a: 1}\n",
];

fn seeds(_: &std::path::Path) -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (number, file) in (0u8..).zip(FILES) {
        for settings in [0, 3, 0x13, 0x17, 0x2b, 0x7f] {
            for last in [0, 1, 2, 0x80] {
                seeds.push([&[settings, number * 3, last], file.as_bytes()].concat());
            }
        }
    }
    seeds
}

fn run(input: &[u8]) {
    let Some((head, file)) = input.split_first_chunk::<{ rows::HEAD }>() else { return };
    let choices = [(1, "json.fail-on-missing-field", "true"), (2, "json.timestamp-format.standard", "ISO-8601")];
    let chosen: Vec<_> =
        choices.iter().filter(|(bit, ..)| head[2] & bit != 0).map(|(_, name, value)| (*name, *value)).collect();
    rows::judge(&rows::table("json", *head, &chosen), head[2] & 128 != 0, file);
}
