//! Puts the Customer 360 example into the binary, so that `headwater demo` works wherever it is.

use std::path::{Path, PathBuf};

fn main() {
    let manifest = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let example = manifest.join("../../examples/c360");
    println!("cargo::rerun-if-changed={}", example.display());
    let mut files = Vec::new();
    collect(&example, &mut files);
    files.sort();
    let mut code = String::from("pub(crate) static FILES: &[(&str, &str)] = &[\n");
    for file in files {
        let name = file.strip_prefix(&example).expect("inside the example").to_string_lossy().replace('\\', "/");
        let path = file.canonicalize().expect("the file is there");
        code.push_str(&format!("    ({name:?}, include_str!({:?})),\n", path.display().to_string()));
    }
    code.push_str("];\n");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it"));
    std::fs::write(out.join("c360.rs"), code).expect("the build folder is writable");
}

/// SQL, settings and the page that explains them; not data, tests or state.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the example is there").flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() {
            if name != "data" && name != "target" && name != "tests" {
                collect(&path, files);
            }
        } else if path.extension().is_some_and(|kind| kind == "sql" || kind == "toml" || kind == "md") {
            files.push(path);
        }
    }
}
