// Values that no template of Istio's charts reads.
import { isMap, type JsonMap } from "../drift";
import type { Json } from "../json";
import { chartKeys } from "./chart-keys";
import { istioLines, nearestLine, type ChartName } from "./releases";
import { keysFrom, readValuesRule, type Keys } from "../validation/chart-values";
import type { Rule } from "../validation/rules";

/** The argument of a mesh that takes the values of a chart. */
const owners: Partial<Record<ChartName, string>> = { istiod: "controlPlane", cni: "cni", ztunnel: "dataplane" };

/** A rule for the values of a chart of one release: each key is one that the chart reads. */
export function chartValuesRule(chart: ChartName, version: string): Rule {
  return readValuesRule({
    named: `the chart ${chart} of Istio ${nearestLine(version).minor}`,
    keys: keysOf(chart, version),
    other: (name) => {
      const found = Object.entries(owners).find(
        ([other]) => other !== chart && keysOf(other as ChartName, version).has(name),
      );
      return found && { chart: found[0], argument: found[1] };
    },
  });
}

/** The values without what a chart of one release does not read: istioctl gives all charts the same ones. */
export function readValues(chart: ChartName, version: string, values: JsonMap): JsonMap {
  return readOf(values, keysOf(chart, version));
}

function readOf(values: JsonMap, keys: Keys): JsonMap {
  const read = Object.entries(values).flatMap(([name, value]): [string, Json][] => {
    const below = keys.get(name);
    if (below === undefined) return [];
    if (below === "free" || !isMap(value)) return [[name, value]];
    const inside = readOf(value, below);
    return Object.keys(inside).length === 0 ? [] : [[name, inside]];
  });
  return Object.fromEntries(read);
}

/** What a chart of a release reads. Keys of newer lines count: they are brought to older ones by patches. */
function keysOf(chart: ChartName, version: string): Keys {
  const index = istioLines.indexOf(nearestLine(version));
  return keysFrom(
    istioLines.slice(0, index + 1).flatMap(({ minor }) => (chartKeys[minor]?.[chart] ?? "").split(/\s+/)),
  );
}
