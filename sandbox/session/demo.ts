// The application of examples/quickstart behind the gateway of the sandbox's mesh: a program and a stack of its own, as the
// application of somebody else would have.
import { createRequire } from "node:module";
import { LocalWorkspace, Stack } from "@pulumi/pulumi/automation";
import type * as quickstart from "../../examples/quickstart/my-app";

const load = createRequire(__filename);

/** A gateway, as the program of the mesh exports it; without a name where there is none. */
export interface Gateway {
  name: string;
  namespace: string;
}

/** The application's stack; `workDir` is where its settings are kept. */
export function openDemo(stackName: string, workDir: string): Promise<Stack> {
  const projectName = "istio-ambient-quickstart";
  const program = (): Promise<void> => Promise.resolve();
  const settings = { workDir, projectSettings: { name: projectName, runtime: "nodejs" } };
  return LocalWorkspace.createOrSelectStack({ projectName, stackName, program }, settings);
}

/** Puts the application behind this gateway from the stack's next run on; gives the path under which it answers. */
export function aim(demo: Stack, gateway: Gateway): string {
  // Loaded late: the components tell every program that is started after them where they are, and a user's program has to
  // find them by itself.
  const { myApp, path } = load("../../examples/quickstart/my-app") as typeof quickstart;
  demo.workspace.program = () => Promise.resolve(myApp(gateway));
  return path;
}
