// What every suite on the sandbox begins with: suites share a sandbox, so none may rest on what another one has left.
import type { RootHookObject } from "mocha";
import { removeDefinitions } from "./support";

export const mochaHooks: RootHookObject = { beforeAll: () => removeDefinitions() };
