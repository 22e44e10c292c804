// Keys and tokens of one control plane: made anew at each start, kept in the sandbox's memory disk.
import { generateKeyPairSync, randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { stringify } from "yaml";
import { apiServer } from "./network";

export class Credentials {
  readonly tokenFile: string;
  readonly serviceAccountKey: string;
  readonly apiServerDirectory: string;
  /** Certificate of the API server, which signs itself. */
  readonly authority: string;
  private readonly tokens = {
    admin: { user: "sandbox-admin", group: "system:masters" },
    "kube-controller-manager": { user: "system:kube-controller-manager", group: "" },
    "kube-scheduler": { user: "system:kube-scheduler", group: "" },
  };
  private readonly secrets: Record<string, string>;

  constructor(private readonly directory: string) {
    this.tokenFile = path.join(directory, "tokens.csv");
    this.serviceAccountKey = path.join(directory, "service-accounts.key");
    this.apiServerDirectory = path.join(directory, "kube-apiserver");
    this.authority = path.join(this.apiServerDirectory, "apiserver.crt");
    this.secrets = Object.fromEntries(Object.keys(this.tokens).map((name) => [name, randomBytes(24).toString("hex")]));

    const lines = Object.entries(this.tokens).map(([name, { user, group }]) =>
      [this.secrets[name], user, name, ...(group ? [`"${group}"`] : [])].join(","),
    );
    fs.writeFileSync(this.tokenFile, `${lines.join("\n")}\n`);
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    fs.writeFileSync(this.serviceAccountKey, privateKey.export({ type: "pkcs1", format: "pem" }));
  }

  /** Writes a kubeconfig for one of the accounts above and returns its path. */
  kubeconfig(account: "admin" | "kube-controller-manager" | "kube-scheduler"): string {
    const file = path.join(this.directory, `${account}.kubeconfig`);
    this.writeKubeconfig(file, { token: this.secrets[account] ?? "" });
    return file;
  }

  /** Writes a kubeconfig for whoever holds a token. */
  writeKubeconfig(file: string, user: { token: string }): void {
    const server = `https://${apiServer.address}:${apiServer.port}`;
    const authority = fs.readFileSync(this.authority).toString("base64");
    const config = {
      apiVersion: "v1",
      kind: "Config",
      "current-context": "sandbox",
      clusters: [{ name: "sandbox", cluster: { server, "certificate-authority-data": authority } }],
      users: [{ name: "sandbox", user }],
      contexts: [{ name: "sandbox", context: { cluster: "sandbox", user: "sandbox" } }],
    };
    fs.writeFileSync(`${file}.new`, stringify(config), { mode: 0o600 });
    fs.renameSync(`${file}.new`, file);
  }
}
