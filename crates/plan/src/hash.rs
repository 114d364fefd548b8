//! Content hashes: state belongs to what an operator computes over which inputs, not to where it stands in a file.

use crate::node::Node;
use serde::Serialize;
use xxhash_rust::xxh3::Xxh3;

/// Sets the hash of every node, bottom-up. Names of columns do not count, except where they are part of a type.
pub(crate) fn assign(node: &mut Node) {
    node.inputs.iter_mut().for_each(assign);
    let types: Vec<_> = node.types().collect();
    let inputs: Vec<u128> = node.inputs.iter().map(|input| input.hash).collect();
    let content = (&node.op, types, node.changelog, inputs);
    node.hash = hash(&content);
}

fn hash(content: &impl Serialize) -> u128 {
    struct Sink(Xxh3);
    impl std::io::Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.update(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut sink = Sink(Xxh3::new());
    serde_json::to_writer(&mut sink, content).expect("a plan is plain data");
    sink.0.digest128()
}
