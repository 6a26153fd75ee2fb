"""The same model behind FastAPI and scikit-learn: the peer that users would write."""
import json
import os
import struct

import numpy as np
from fastapi import FastAPI
from pydantic import BaseModel
from sklearn.linear_model import LogisticRegression


def load(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        body = file.read()

    def tensor(name):
        start, end = header[name]["data_offsets"]
        return np.frombuffer(body[start:end], "<f8").reshape(header[name]["shape"])

    labels = json.loads(header["__metadata__"]["output"])["labels"]
    # Two columns for each number: the value standardised, and whether it is missing.
    model = LogisticRegression()
    model.classes_ = np.array(labels)
    model.coef_ = tensor("weights")[:, ::2]
    model.intercept_ = tensor("intercepts")
    return model, tensor("mean"), tensor("scale")


class Request(BaseModel):
    features: list[float]


app = FastAPI()
model, mean, scale = load(os.environ["ARTIFACT"])


@app.get("/readyz")
async def ready():
    return {"status": "ready"}


@app.post("/predict")
async def predict(request: Request):
    row = (np.array([request.features]) - mean) / scale
    probabilities = model.predict_proba(row)[0]
    return {
        "prediction": str(model.classes_[probabilities.argmax()]),
        "probabilities": dict(zip(map(str, model.classes_), map(float, probabilities))),
    }
