// The plugin, as Pulumi starts it. It exports nothing, or Pulumi would host the components in its own way.
import * as fs from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import * as provider from "@pulumi/pulumi/provider";
import { packageRoot } from "../components/support/own-command";
import { reportToComponents } from "./failures";
import { Host, type Schema } from "./host";
import { runtimeOf, spelled } from "./paths";

const schema = JSON.parse(fs.readFileSync(path.join(packageRoot(), "plugin", "schema.json"), "utf8")) as Schema;
const { version } = JSON.parse(fs.readFileSync(path.join(packageRoot(), "package.json"), "utf8")) as {
  version: string;
};

// What components say beside their failures.
const { warn } = pulumi.log;
Object.assign(pulumi.log, {
  warn: (message: string, ...about: unknown[]) =>
    (warn as (...args: unknown[]) => Promise<void>)(spelled(message, runtimeOf(process.cwd())), ...about),
});

void provider.main(new Host({ ...schema, version }), process.argv.slice(2)).then(reportToComponents);
