//! Puts the page of `web/` into the binary: its files as they are, nothing is built.

use std::path::{Path, PathBuf};

/// What a page is made of, by ending.
const KINDS: [(&str, &str); 6] = [
    ("html", "text/html; charset=utf-8"),
    ("css", "text/css; charset=utf-8"),
    ("js", "text/javascript; charset=utf-8"),
    ("svg", "image/svg+xml"),
    ("png", "image/png"),
    ("woff2", "font/woff2"),
];

fn main() {
    let manifest = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let web = manifest.join("../../web");
    println!("cargo::rerun-if-changed={}", web.display());
    let mut files = Vec::new();
    collect(&web, &mut files);
    files.sort();
    let mut code = String::from("pub(crate) static FILES: &[(&str, &str, &[u8])] = &[\n");
    for file in files {
        let name = file.strip_prefix(&web).expect("inside the folder").to_string_lossy().replace('\\', "/");
        let path = file.canonicalize().expect("the file is there");
        let ending = file.extension().map(|ending| ending.to_string_lossy().into_owned()).unwrap_or_default();
        let kind = KINDS.iter().find(|(known, _)| *known == ending).map(|(_, kind)| *kind).expect("collected by kind");
        code.push_str(&format!(
            "    ({:?}, {kind:?}, include_bytes!({:?})),\n",
            format!("/{name}"),
            path.display().to_string()
        ));
    }
    code.push_str("];\n");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it"));
    std::fs::write(out.join("page.rs"), code).expect("the build folder is writable");
}

/// Files of the page, not its tests or what is written about it. No folder, no page.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() {
            if name != "test" && name != "node_modules" {
                collect(&path, files);
            }
        } else if path.extension().is_some_and(|ending| KINDS.iter().any(|(known, _)| ending == *known)) {
            files.push(path);
        }
    }
}
