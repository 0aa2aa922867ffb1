"""What scikit-learn and scipy say of generated scores, for the test of roc.ts: with scikit-learn installed, python roc.py > roc.json.

The scores come from arithmetic that is exact or correctly rounded everywhere, so that the test makes the same ones:
x = (i * 7919 mod 100003) / 100003; every fifth pair is the same person and scores sqrt(x), others x * x; "steps" rounds down to that many steps.
"""
import json
import math

import numpy
import scipy
import sklearn
from scipy.interpolate import interp1d
from scipy.optimize import brentq
from sklearn.metrics import roc_auc_score, roc_curve


def scores(count, steps):
    pairs = []
    for i in range(count):
        x = (i * 7919 % 100003) / 100003
        score = math.sqrt(x) if i % 5 == 0 else x * x
        pairs.append((math.floor(score * steps) / steps if steps else score, i % 5 == 0))
    return pairs


def case(count, steps):
    pairs = scores(count, steps)
    score, same = numpy.array([p[0] for p in pairs]), numpy.array([p[1] for p in pairs])
    far, tar, thresholds = roc_curve(same, score, drop_intermediate=False)
    result = {
        "count": count,
        "steps": steps,
        "auc": roc_auc_score(same, score),
        "eer": brentq(lambda x: 1 - x - interp1d(far, tar)(x), 0, 1, xtol=1e-15),
        "tarAtFar": {name: float(tar[far <= float(name) + 1e-12].max()) for name in ("1e-1", "1e-2", "1e-3", "1e-4") if float(name) * (~same).sum() >= 1},
        "bestAccuracy": float(max((tar * same.sum() + (1 - far) * (~same).sum()) / count)),
    }
    if count <= 500:
        # the first point is (0, 0) at an infinite threshold
        result["curve"] = [[float(f), float(t), float(s)] for f, t, s in list(zip(far, tar, thresholds))[1:]]
    return result


print(json.dumps({"scikit-learn": sklearn.__version__, "scipy": scipy.__version__, "cases": [case(60, 20), case(500, 0), case(20000, 1000), case(60000, 0)]}))
