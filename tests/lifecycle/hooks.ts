// What every suite on the sandbox begins with: suites share a sandbox, so none may rest on what another one has left.
import * as fs from "node:fs";
import type { RootHookObject } from "mocha";
import { Instance } from "../../sandbox/instance";
import { inventory, restore } from "./inventory";

/** What the sandbox had when its first suite began; it goes with the sandbox. */
const file = Instance.current().file("tmp", "inventory.json");

export const mochaHooks: RootHookObject = {
  beforeAll(): void {
    if (fs.existsSync(file)) restore(JSON.parse(fs.readFileSync(file, "utf8")) as string[]);
    else fs.writeFileSync(file, JSON.stringify(inventory()));
  },
};
