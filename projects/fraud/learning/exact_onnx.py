"""Write LightGBM's trees as an ONNX graph that decides as LightGBM does, to the last bit.

onnxmltools keeps thresholds as 32-bit numbers (its 1.16 does), so that a payment at a threshold may
fall on the other side of it. Here thresholds, leaves and sums are of 64 bits; only the finished
sum is rounded to 32, as ONNX's operator has it.
"""

from collections import deque
from collections.abc import Iterator
from typing import Any

import lightgbm
from onnx import ModelProto, TensorProto, helper

INPUT, OUTPUT = "payments", "margins"
_ML_OPSET, _OPSET, _IR = 3, 18, 9
_Node = tuple[int, int, dict[str, Any], int, int]


def exact_onnx(booster: lightgbm.Booster) -> bytes:
    """Return the graph from float64 rows (n, k) to float32 margins (n, 1), in log-odds.

    Rows must be finite: what LightGBM makes of missing values is not written. Raise ValueError for
    trees that ask for categories.
    """
    nodes = [node for tree in _trees(booster) for node in tree]
    leaves = [(tree, number, node) for tree, number, node, _, _ in nodes if _is_leaf(node)]
    ensemble = helper.make_node(
        "TreeEnsembleRegressor",
        [INPUT],
        [OUTPUT],
        domain="ai.onnx.ml",
        n_targets=1,
        aggregate_function="SUM",
        post_transform="NONE",
        nodes_treeids=[tree for tree, *_ in nodes],
        nodes_nodeids=[number for _, number, *_ in nodes],
        nodes_modes=[_mode(node) for _, _, node, _, _ in nodes],
        nodes_featureids=[node.get("split_feature", 0) for _, _, node, _, _ in nodes],
        nodes_truenodeids=[left for *_, left, _ in nodes],
        nodes_falsenodeids=[right for *_, right in nodes],
        nodes_values_as_tensor=_doubles([node.get("threshold", 0.0) for _, _, node, _, _ in nodes]),
        target_treeids=[tree for tree, _, _ in leaves],
        target_nodeids=[number for _, number, _ in leaves],
        target_ids=[0] * len(leaves),
        target_weights_as_tensor=_doubles([node["leaf_value"] for _, _, node in leaves]),
    )
    return _model(ensemble, booster.num_feature()).SerializeToString()


def _trees(booster: lightgbm.Booster) -> Iterator[Iterator[_Node]]:
    for number, tree in enumerate(booster.dump_model()["tree_info"]):
        yield _walk(number, tree["tree_structure"])


def _walk(tree: int, root: dict[str, Any]) -> Iterator[_Node]:
    """Yield nodes from the root, level by level: tree, number, node, and its children's numbers."""
    waiting, last = deque([(0, root)]), 0
    while waiting:
        number, node = waiting.popleft()
        if _is_leaf(node):
            yield tree, number, node, 0, 0
            continue
        left, right = last + 1, last + 2
        last = right
        waiting += [(left, node["left_child"]), (right, node["right_child"])]
        yield tree, number, node, left, right


def _is_leaf(node: dict[str, Any]) -> bool:
    return "split_feature" not in node


def _mode(node: dict[str, Any]) -> str:
    if _is_leaf(node):
        return "LEAF"
    if node["decision_type"] != "<=":
        raise ValueError(f"only splits by <= can be written, not by {node['decision_type']}")
    return "BRANCH_LEQ"


def _doubles(values: list[float]) -> TensorProto:
    return helper.make_tensor("", TensorProto.DOUBLE, [len(values)], values)


def _model(ensemble: Any, features: int) -> ModelProto:
    graph = helper.make_graph(
        [ensemble],
        "trees",
        [helper.make_tensor_value_info(INPUT, TensorProto.DOUBLE, [None, features])],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, [None, 1])],
    )
    opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid("ai.onnx.ml", _ML_OPSET)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=_IR)
