// The client library's KubeConfig by itself: the library's main module also loads the 900 generated models of the API, which
// takes four times as long as all the rest of it, and none of them is used here.
import * as nodeModule from "node:module";
import type { KubeConfig } from "@kubernetes/client-node";

/** What KubeConfig imports of the generated modules, in place of their index; whoever imports that gets it whole. */
const used = {
  importer: "/@kubernetes/client-node/dist/config.js",
  specifier: "./gen/index.js",
  mark: "?kubeconfig",
  source: 'export * from "./configuration.js"; export * from "./servers.js";',
};

/** The class, loaded at the first call: a program that never asks a cluster does not pay for it. */
export async function kubeConfigClass(): Promise<typeof KubeConfig> {
  const hooks = nodeModule.registerHooks({
    resolve: (specifier, context, next) => {
      const found = next(specifier, context);
      const isUsed = specifier === used.specifier && context.parentURL?.endsWith(used.importer);
      return isUsed ? { ...found, url: `${found.url}${used.mark}` } : found;
    },
    load: (url, context, next) =>
      url.endsWith(`${used.specifier.slice(1)}${used.mark}`)
        ? { format: "module", shortCircuit: true, source: used.source }
        : next(url, context),
  });
  try {
    return (await import("@kubernetes/client-node/dist/config.js")).KubeConfig;
  } catch {
    // A later library that is made otherwise.
    return (await import("@kubernetes/client-node")).KubeConfig;
  } finally {
    hooks.deregister();
  }
}
