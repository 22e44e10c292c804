// What tests of application components ask of a recording, and the violations that a program's constructors throw.
import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { record, Recording } from "./record";

/** No cluster answers here: at preview nobody waits for one. */
export const preview = { preview: true };

/** Every resource below the program. */
export function shape(recording: Recording): string[] {
  return recording.resources.map((r) => `${r.parent}/${r.name} ${r.type.replace("kubernetes:", "")}`).sort();
}

export function spec(recording: Recording, name: string): Record<string, unknown> {
  return recording.find(name).inputs["spec"] as Record<string, unknown>;
}

export function metadata(recording: Recording, name: string): Record<string, unknown> {
  return recording.find(name).inputs["metadata"] as Record<string, unknown>;
}

/** The message of what a constructor throws, or nothing. */
export async function faultOf(program: () => void): Promise<string> {
  let message = "";
  await record(() => {
    try {
      program();
    } catch (error) {
      assert.ok(pulumi.InputPropertiesError.isInstance(error));
      message = error.message;
    }
  }, preview);
  return message;
}

/** The annotations of every object that a component of the recorded program makes. */
export function marks(component: string): object {
  return { "istio-ambient/component": component, "istio-ambient/stack": "istio-ambient/test" };
}
