// What every component may be given.
import { object, type Together } from "../../lib/validation/object";
import { below, text } from "../../lib/validation/rules";
import type { ClusterArgs } from "./args";

/** Rules for ClusterArgs. */
export const clusterRules = object<ClusterArgs>({
  kubeconfig: text(/\S/, "must be a path, or the text of a kubeconfig", '"~/.kube/config"'),
  context: text(/\S/, "must be the name of a context in the kubeconfig", '"kind-kind"'),
});

/** Where charts come from: rules for a repository, of which there is an example, and for a directory that holds them. */
export const chartSource = (example: string, held: string) => ({
  repository: text(/^(https?|oci):\/\/[^\s/]+/, "must be an https:// or oci:// URL", example),
  directory: text(/\S/, `must be a directory that holds ${held} as .tgz`, '"./charts"'),
});

/** What the two are called elsewhere. */
export const chartSourceSynonyms = {
  repo: "repository",
  url: "repository",
  path: "directory",
  dir: "directory",
} as const;

/** One of the two. */
export const oneChartSource: Together<{ repository?: unknown; directory?: unknown }> = (charts, path) =>
  charts.repository !== undefined && charts.directory !== undefined
    ? [
        {
          path: below(path, "repository"),
          got: charts.repository,
          rule: "must not be set together with `directory`",
          fix: { remove: "repository" },
        },
      ]
    : [];
