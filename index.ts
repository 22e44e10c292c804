// The Pulumi program: one ambient mesh with an HTTPS ingress, made of the stack's configuration; cert-manager before it,
// where that asks for it.
import * as pulumi from "@pulumi/pulumi";
import { AmbientMesh, CertManager } from "./components";
import { defined } from "./lib/json";
import { violationLine } from "./lib/validation/violations";
import { programSettings } from "./components/mesh/program-config";

const prefix = "istio-ambient:";
const config = Object.entries(pulumi.runtime.allConfig()).filter(([key]) => key.startsWith(prefix));
const settings = programSettings(Object.fromEntries(config.map(([key, text]) => [key.slice(prefix.length), text])));

if (settings.violations.length > 0) {
  const lines = settings.violations.map((violation) => `  ${violationLine(violation)}`);
  throw new pulumi.RunError(`invalid stack configuration:\n${lines.join("\n")}`);
}

const certs = settings.certManager && new CertManager("cert-manager", settings.certManager);
const mesh = settings.enabled ? new AmbientMesh("mesh", settings.mesh, certs && { dependsOn: certs }) : undefined;

// What does not apply is no output at all: of one without a value Pulumi warns.
export = defined({
  httpUrl: mesh?.httpUrl,
  httpsUrl: mesh?.httpsUrl,
  gateway: mesh?.gateway,
  caCertificate: mesh?.caCertificate,
  issuerName: certs?.issuerName,
  version: mesh?.version,
  nodePorts: mesh?.nodePorts,
  resources: mesh?.resources,
});
