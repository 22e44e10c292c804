// Runs a program as the CLI does.
import * as pulumi from "@pulumi/pulumi";
import { preview } from "./applications";
import { Mode, record, Recording } from "./record";

/** Below a stack: what was registered, and the errors, each once. */
export async function run(
  program: () => void,
  mode: Mode = preview,
): Promise<{ recording: Recording; errors: string[] }> {
  const errors = new Set<unknown>();
  const hear = (error: unknown) => void errors.add(error);
  const others = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection").on("unhandledRejection", hear);
  try {
    const inStack = () => void pulumi.runtime.runInPulumiStack(() => Promise.resolve(program()));
    const recording = await record(inStack, mode);
    return { recording, errors: [...errors].map((error) => (error as Error).message) };
  } finally {
    process.off("unhandledRejection", hear);
    others.forEach((listener) => process.on("unhandledRejection", listener));
  }
}
