# SPDX-License-Identifier: Apache-2.0
"""Models of LightGBM and XGBoost as Martlet's artifacts, as docs/artifact.md lays them out.

For measurements only: numeric splits and regression. `martlet models import` takes whole models.
"""
import json
import struct

import numpy as np


def _safetensors(metadata, tensors):
    header, blobs, offset = {"__metadata__": metadata}, [], 0
    kinds = {"int32": "I32", "float64": "F64", "uint8": "U8", "uint32": "U32"}
    for name, tensor in sorted(tensors.items()):
        blob = np.ascontiguousarray(tensor).tobytes()
        header[name] = {"dtype": kinds[str(tensor.dtype)], "shape": list(tensor.shape),
                        "data_offsets": [offset, offset + len(blob)]}
        blobs.append(blob)
        offset += len(blob)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(blobs)


class Ensemble:
    """Trees one behind the other. A child below 0 is the complement of a leaf's number."""

    def __init__(self, features):
        self.features = features
        self.splits, self.first_margins, self.leaves, self.leaf_covers = [], [], [], []
        self.columns = {"split_features": [], "split_thresholds": [], "split_flags": [],
                        "split_children": [], "split_covers": []}

    def add(self, splits, leaves, covers, margin=0):
        """`splits` are tuples (feature, threshold, flags, left, right, cover), the root first."""
        self.splits.append(len(splits))
        self.first_margins.append(margin)
        for feature, threshold, flags, left, right, cover in splits:
            self.columns["split_features"].append(feature)
            self.columns["split_thresholds"].append(threshold)
            self.columns["split_flags"].append(flags)
            self.columns["split_children"].append((left, right))
            self.columns["split_covers"].append(cover)
        self.leaves += leaves
        self.leaf_covers += covers

    def artifact(self, precision, start, divisor=1.0):
        kinds = {"split_features": np.int32, "split_thresholds": np.float64, "split_flags": np.uint8,
                 "split_children": np.int32, "split_covers": np.float64}
        tensors = {name: np.array(values, dtype=kinds[name])
                   for name, values in self.columns.items()}
        trees = len(self.splits)
        tensors |= {
            "tree_splits": np.array(self.splits, dtype=np.int32),
            "tree_leaf_widths": np.ones(trees, dtype=np.int32),
            "tree_first_margins": np.array(self.first_margins, dtype=np.int32),
            "split_words": np.zeros(sum(self.splits), dtype=np.int32),
            "category_words": np.zeros(0, dtype=np.uint32),
            "leaf_values": np.array(self.leaves, dtype=np.float64),
            "leaf_covers": np.array(self.leaf_covers, dtype=np.float64),
        }
        output = {"type": "regression"}
        if len(start) > 1:
            output = {"type": "multiclass", "labels": [str(n) for n in range(len(start))]}
        return _safetensors({
            "format": "martlet-1", "kind": "trees",
            "schema": json.dumps([{"name": f"f{n}", "type": "number"}
                                  for n in range(self.features)]),
            "output": json.dumps(output),
            "parameters": json.dumps({"precision": precision, "start": start, "divisor": divisor,
                                      "scale": 1.0, "bias": [0.0] * len(start)}),
            # Not proved here: the measurement compares all answers.
            "golden": json.dumps([{"record": [0.0] * self.features, "margins": [0.0],
                                   "outputs": [0.0]}]),
            "training": "null",
        }, tensors)


def of_lightgbm(booster):
    dump = booster.dump_model()
    width = dump["num_tree_per_iteration"]
    ensemble = Ensemble(dump["max_feature_idx"] + 1)
    missing = {"None": 0, "Zero": 1, "NaN": 2}
    for number, info in enumerate(dump["tree_info"]):
        splits, leaves, covers = [], [], []

        def visit(node):
            if "leaf_value" in node:
                leaves.append(node["leaf_value"])
                covers.append(node.get("leaf_count", 0))
                return ~(len(leaves) - 1)
            assert node["decision_type"] == "<="
            place = len(splits)
            splits.append(None)
            flags = missing[node["missing_type"]] << 2 | (2 if node["default_left"] else 0)
            left, right = visit(node["left_child"]), visit(node["right_child"])
            splits[place] = (node["split_feature"], node["threshold"], flags, left, right,
                             node["internal_count"])
            return place

        visit(info["tree_structure"])
        ensemble.add(splits, leaves, covers, number % width)
    divisor = float(len(dump["tree_info"]) // width) if dump.get("average_output") else 1.0
    return ensemble.artifact("float64", [0.0] * width, divisor)


def of_xgboost(document, start):
    """`document` is the library's JSON; `start` the margins that it begins with."""
    learner = document["learner"]
    booster = learner["gradient_booster"]
    ensemble = Ensemble(int(learner["learner_model_param"]["num_feature"]))
    drops = booster.get("weight_drop")
    model = booster["gbtree"]["model"] if drops else booster["model"]
    for number, tree in enumerate(model["trees"]):
        weight = np.float32(drops[number] if drops else 1)
        splits, leaves, covers = [], [], []

        def visit(node):
            value = np.float32(tree["split_conditions"][node])
            cover = float(np.float32(tree["sum_hessian"][node]))
            if tree["left_children"][node] == -1:
                leaves.append(float(value * weight))
                covers.append(cover)
                return ~(len(leaves) - 1)
            place = len(splits)
            splits.append(None)
            left, right = visit(tree["left_children"][node]), visit(tree["right_children"][node])
            # "Less than" in floats is "at most" the float before.
            splits[place] = (tree["split_indices"][node],
                             float(np.nextafter(value, np.float32(-np.inf))),
                             2 << 2 | (2 if tree["default_left"][node] else 0), left, right, cover)
            return place

        visit(0)
        ensemble.add(splits, leaves, covers, model["tree_info"][number])
    return ensemble.artifact("float32", [float(np.float32(each)) for each in start])
