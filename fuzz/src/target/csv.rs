//! The csv decoder.

use super::{Target, rows};

pub(super) const TARGET: Target = Target { name: "csv", run, seeds };

const FILES: [&str; 9] = [
    "1,2,3,4\n5,6,7,8\n",
    "a,b\n\"x, y\",\"say \"\"so\"\"\"\n\"two\nlines\",1\n",
    "b,a,c\n2024-01-02,2024-01-02 03:04:05.678,12:30:00\r\n,,\r\n",
    "# a comment\n1;2;3,true,-0.5\n",
    "1.5e3,NaN,Infinity,-1\n99999999999,0x1f,,1\n",
    "a\\,b,\\n,\\\"\n'q',''\n",
    "\u{feff}a,b,c,d\n\"open,1\n2,3\n",
    "2024-01-02T03:04:05Z,2024-01-02 03:04:05.123456789,0000-00-00,9999-12-31\n",
    "AQI=,Zm9v,\u{e9},\u{1F600}\nn/a,NULL,null,\n",
];

fn seeds(_: &std::path::Path) -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (number, file) in (0u8..).zip(FILES) {
        for settings in [0, 3, 0x11, 0x17, 0x2b, 0x7f] {
            for last in [0, 1, 2, 0x0c, 0x15, 0xff] {
                seeds.push([&[settings, number * 2, last], file.as_bytes()].concat());
            }
        }
    }
    seeds
}

fn run(input: &[u8]) {
    let Some((head, file)) = input.split_first_chunk::<{ rows::HEAD }>() else { return };
    let dialect = head[2];
    let choices = [
        (1, "headwater.csv.header", "true"),
        (2, "csv.null-literal", ""),
        (4, "csv.allow-comments", "true"),
        (8, "csv.escape-character", "\\"),
        (16, "csv.quote-character", "'"),
        (32, "csv.field-delimiter", ";"),
        (64, "csv.disable-quote-character", "true"),
    ];
    let chosen: Vec<_> =
        choices.iter().filter(|(bit, ..)| dialect & bit != 0).map(|(_, name, value)| (*name, *value)).collect();
    rows::judge(&rows::table("csv", *head, &chosen), dialect & 128 != 0, file);
}
