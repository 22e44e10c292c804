// Converted objects as a program of this package: an HttpRoute only where its own rules take it.
import { httpRouteRules } from "../components/route/rules";
import type { ExtensionProvider } from "../lib/conversion/extension-providers";
import type { Written } from "../lib/conversion/objects";
import { programText } from "../lib/conversion/typescript";

/** The program, as it stands in a file. */
export function convertedProgram(objects: readonly Written[], providers: readonly ExtensionProvider[] = []): string {
  return programText(objects, providers, (args) => httpRouteRules(args, "").length === 0);
}
