use super::{Flaw, Forest, GOES_RIGHT, Node, Parts, Tree};

/// A root with two leaves, and the place behind the last one.
const NODES: [Node<f32>; 4] = [
    Node { threshold: 0.5, feature: 1 | GOES_RIGHT, child: 1 },
    Node { threshold: f32::NAN, feature: 0, child: 1 },
    Node { threshold: f32::NAN, feature: 0, child: 2 },
    Node { threshold: f32::NAN, feature: 0, child: 0 },
];
const LEAVES: [u32; 4] = [0, 0, 1, 0];
const TREES: [Tree; 1] = [Tree { root: 0, depth: 1, column: 1 }];
const VALUES: [f64; 4] = [1.0, 2.0, 3.0, 4.0];

fn parts() -> Parts<'static, f32, f64> {
    Parts { nodes: &NODES, leaves: &LEAVES, trees: &TREES, values: &VALUES, width: 2, features: 2, sums: 3 }
}

fn flaw(parts: Parts<'_, f32, f64>) -> Flaw {
    Forest::new(parts).expect_err("it has a flaw")
}

fn with_node(node: Node<f32>) -> [Node<f32>; 4] {
    [node, NODES[1], NODES[2], NODES[3]]
}

#[test]
fn a_forest_is_one() {
    assert!(Forest::new(parts()).is_ok());
}

#[test]
fn the_right_child_of_the_last_place_is_not_there() {
    for child in [3, 4, u32::MAX] {
        let nodes = with_node(Node { child, ..NODES[0] });
        assert_eq!(flaw(Parts { nodes: &nodes, ..parts() }), Flaw::Child, "{child}");
    }
    let nodes = with_node(Node { child: 2, ..NODES[0] });
    assert!(Forest::new(Parts { nodes: &nodes, ..parts() }).is_ok());
}

#[test]
fn a_feature_must_be_in_the_row_whichever_way_missing_ones_go() {
    for feature in [2, 2 | GOES_RIGHT, GOES_RIGHT - 1, u32::MAX] {
        let nodes = with_node(Node { feature, ..NODES[0] });
        assert_eq!(flaw(Parts { nodes: &nodes, ..parts() }), Flaw::Feature, "{feature}");
    }
}

#[test]
fn each_node_has_a_value() {
    assert_eq!(flaw(Parts { leaves: &[0, 0, 2, 0], ..parts() }), Flaw::Leaf);
    assert_eq!(flaw(Parts { values: &VALUES[..2], ..parts() }), Flaw::Leaf);
}

#[test]
fn a_tree_has_a_root_and_adds_within_the_sums() {
    let root = Tree { root: 4, ..TREES[0] };
    assert_eq!(flaw(Parts { trees: &[root], ..parts() }), Flaw::Tree);
    for column in [2, u32::MAX] {
        let beyond = Tree { column, ..TREES[0] };
        assert_eq!(flaw(Parts { trees: &[beyond], ..parts() }), Flaw::Tree, "{column}");
    }
}

#[test]
fn lengths_belong_together() {
    assert_eq!(flaw(Parts { leaves: &LEAVES[..3], ..parts() }), Flaw::Length);
    assert_eq!(flaw(Parts { values: &VALUES[..3], ..parts() }), Flaw::Length);
    assert_eq!(flaw(Parts { width: 0, ..parts() }), Flaw::Length);
    assert_eq!(flaw(Parts { features: 0, ..parts() }), Flaw::Length);
    assert_eq!(flaw(Parts { sums: 0, ..parts() }), Flaw::Length);
}
