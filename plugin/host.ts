// The components for programs in other languages: each is made by a call of its own.
import * as pulumi from "@pulumi/pulumi";
import type { ConstructResult, InvokeResult, Provider } from "@pulumi/pulumi/provider";
import { componentNamed, throwViolations } from "../components/support/arguments";
import { announceMade, announceStack, identifyBy } from "../components/support/program";
import { endHosting } from "../components/support/program-end";
import { enrolled, optedOut } from "../components";
import * as components from "./index";
import { makingOne, messageOf } from "./failures";
import { prepared, unknownViolations, type TypeSpec } from "./inputs";
import { runtimeOf, spelled } from "./paths";

/** The part of a package's schema that the host itself reads. */
export interface Schema {
  name: string;
  version: string;
  resources: Record<string, { inputProperties: Record<string, TypeSpec>; properties: Record<string, TypeSpec> }>;
  types: Record<string, { properties?: Record<string, TypeSpec> }>;
}

type Component = new (name: string, args: object, opts: pulumi.ComponentResourceOptions) => pulumi.ComponentResource;

const classes = components as unknown as Record<string, Component>;

/** Functions of the package that give labels. */
const functions: Record<string, () => Record<string, string>> = { enrolled, optedOut };

/** Makes components and answers functions, by the schema that it is given. */
export class Host implements Provider {
  readonly version: string;
  readonly schema: string;
  private hasFailed = false;
  private readonly told = new Map<string, string>();
  private readonly made = new Map<string, pulumi.Resource>();
  private readonly runtime = runtimeOf(process.cwd());

  constructor(private readonly described: Schema) {
    this.version = described.version;
    this.schema = JSON.stringify(described);
  }

  async construct(
    name: string,
    type: string,
    inputs: pulumi.Inputs,
    options: pulumi.ComponentResourceOptions,
  ): Promise<ConstructResult> {
    try {
      return await makingOne(() => this.make(name, type, inputs, options));
    } catch (error) {
      this.hasFailed = true;
      const message = spelled(messageOf(error), this.runtime);
      // What stops several components is told of the first.
      const first = this.told.get(message);
      this.told.set(message, first ?? componentNamed(type.split(":").pop()!, name));
      throw new Error(
        first === undefined ? message : `not created either, because of the errors reported for ${first}`,
        {
          cause: error,
        },
      );
    }
  }

  invoke(token: string): Promise<InvokeResult> {
    const labels = functions[token.split(":").pop()!];
    return labels ? Promise.resolve({ outputs: { labels: labels() } }) : Promise.reject(unknown("function", token));
  }

  /** The engine has no more use of this process: the program is complete, or was interrupted. */
  async cancel(): Promise<void> {
    // What a program that failed would have made besides is not known.
    if (!this.hasFailed) {
      await endHosting();
    }
  }

  private async make(
    name: string,
    type: string,
    inputs: pulumi.Inputs,
    options: pulumi.ComponentResourceOptions,
  ): Promise<ConstructResult> {
    const described = this.described.resources[type];
    const kind = type.split(":").pop()!;
    const Made = classes[kind];
    if (!described || !Made) {
      throw unknown("component", type);
    }
    for (const provider of Object.values(options.providers ?? {}) as pulumi.ProviderResource[]) {
      identifyBy(provider.urn, await urnOf(provider));
    }
    if (options.parent && (await urnOf(options.parent)).includes("::pulumi:pulumi:Stack::")) {
      announceStack(options.parent);
    }
    for (const dependency of (options.dependsOn ?? []) as pulumi.Resource[]) {
      const made = this.made.get(await urnOf(dependency));
      if (made) announceMade(dependency, made);
    }
    const types = (reference: string) => this.described.types[reference.replace("#/types/", "")];
    const args = await prepared(inputs, described.inputProperties, types);
    throwViolations(kind, name, unknownViolations(args, described.inputProperties));
    const made = new Made(name, args, options) as pulumi.ComponentResource & pulumi.Inputs;
    made.urn.apply((urn) => void this.made.set(urn, made));
    const state = Object.fromEntries(Object.keys(described.properties).map((output) => [output, made[output]]));
    // Failures of anything that it makes come before it is said to be there.
    await Promise.all(Object.values(state).map(settled));
    await waitForRPCs();
    return { urn: made.urn, state };
  }
}

/** Resolves once the output has a value, or it is clear that a preview gives it none. */
function settled(output: unknown): Promise<unknown> {
  return (output as { promise(): Promise<unknown> }).promise();
}

/** Resolves once everything is registered that was begun. */
function waitForRPCs(): Promise<void> {
  return (pulumi.runtime as unknown as { waitForRPCs(): Promise<void> }).waitForRPCs();
}

function urnOf(resource: pulumi.Resource): Promise<string> {
  return new Promise((resolve) => resource.urn.apply(resolve));
}

function unknown(what: string, token: string): Error {
  return new Error(`istio-ambient has no ${what} ${token}`);
}
