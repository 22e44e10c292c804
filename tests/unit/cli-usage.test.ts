// Calls that cannot be understood end with 64 and say what would be.
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { version } from "../../package.json";
import { istioAmbient } from "./fixtures/terminal";

const help = (command = "") => `Run "istio-ambient ${command}--help" for usage.\n`;
const categories =
  "kubernetes, versions, gateway-api, control-plane, data-plane, enrollment, gateways, gateway-service, certificates, waypoints, policies, network";

const wrongCalls: [string[], string][] = [
  [["chek"], `error: unknown command 'chek'\n(Did you mean check?)\n${help()}`],
  [
    ["check", "everything"],
    `error: too many arguments for 'check'. Expected 0 arguments but got 1: everything.\n${help("check ")}`,
  ],
  [["check", "--colour"], `error: unknown option '--colour'\n${help("check ")}`],
  [
    ["check", "--namespcae", "a"],
    `error: unknown option '--namespcae'\n(Did you mean --namespace?)\n${help("check ")}`,
  ],
  [["check", "--context"], `error: option '--context <name>' argument missing\n${help("check ")}`],
  [["check", "--output", "yaml"], '`--output`: got "yaml"; must be one of table, json; write `--output table`\n'],
  [["check", "--output", "jsn"], '`--output`: got "jsn"; must be one of table, json; write `--output json`\n'],
  [
    ["check", "--category", "gatways"],
    `\`--category\`: got "gatways"; must be one of ${categories}; write \`--category gateways\`\n`,
  ],
  [["check", "--wait", "2"], '`--wait`: got "2"; must be a duration such as 90s, 2m or 1h30m; write `--wait 2m`\n'],
  [
    ["check", "--wait", "soon"],
    '`--wait`: got "soon"; must be a duration such as 90s, 2m or 1h30m; write `--wait 2m`\n',
  ],
  [
    ["check", "--timeout", "1.5m"],
    '`--timeout`: got "1.5m"; must be a duration such as 90s, 2m or 1h30m; write `--timeout 2m`\n',
  ],
  [
    ["check", "--kind-config", "/none"],
    "cannot read kind file /none: ENOENT: no such file or directory, open '/none'\n",
  ],
  [
    ["kind-config", "--stack", "/none"],
    "cannot read stack file /none: ENOENT: no such file or directory, open '/none'\n",
  ],
  [
    ["kind-config", "--name", "My Cluster"],
    '`--name`: got "My Cluster"; must be lowercase letters, digits, dots or hyphens; write `--name kind`\n',
  ],
  [
    ["kind-config", "--listen-address", "localhost"],
    '`--listen-address`: got "localhost"; must be an IP address of the host; write `--listen-address 127.0.0.1`\n',
  ],
  [
    ["kind-config", "--http-node-port", "80"],
    '`--http-node-port`: got "80"; must be a whole number from 30000 to 32767; write `--http-node-port 30081`\n',
  ],
  [
    ["kind-config", "--https-node-port", "high"],
    '`--https-node-port`: got "high"; must be a whole number from 30000 to 32767; write `--https-node-port 30444`\n',
  ],
  [
    ["kind-config", "--http-host-port", "0"],
    '`--http-host-port`: got "0"; must be a whole number from 1 to 65535; write `--http-host-port 8081`\n',
  ],
  [
    ["kind-config", "--https-host-port", "70000"],
    '`--https-host-port`: got "70000"; must be a whole number from 1 to 65535; write `--https-host-port 8444`\n',
  ],
  [
    ["kind-config", "--http-host-port", "8080"],
    '`--http-host-port`: got "8080"; must differ from the port of NGINX Ingress: a port of the host can be ' +
      "published only once; write `--http-host-port 8081`\n",
  ],
  [
    ["kind-config", "--https-host-port", "8081", "--http-node-port", "1"],
    '`--http-node-port`: got "1"; must be a whole number from 30000 to 32767; write `--http-node-port ' +
      '30081`\n`--https-host-port`: got "8081"; must differ from the port of httpHostPort: a port of the host can ' +
      "be published only once; write `--https-host-port 8444`\n",
  ],
];

describe("a wrong call of istio-ambient", () => {
  for (const [argv, err] of wrongCalls) {
    it(argv.join(" "), async () => {
      assert.deepEqual(await istioAmbient(argv), { code: 64, out: "", err });
    });
  }

  it("without a subcommand shows what there is", async () => {
    const { code, out, err } = await istioAmbient([]);
    assert.deepEqual({ code, out }, { code: 64, out: "" });
    assert.match(err, /^Usage: istio-ambient \[options\] \[command\]\n/);
  });

  it("names the setting of a stack that cannot be", async () => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), "stack-"));
    const file = path.join(directory, "Pulumi.dev.yaml");
    fs.writeFileSync(file, "config: { istio-ambient:mesh: { gateway: { httpNodePort: 80 } } }");
    assert.deepEqual(await istioAmbient(["kind-config", "--stack", file]), {
      code: 64,
      out: "",
      err: '`gateway.httpNodePort`: got "80"; must be a whole number from 30000 to 32767; write `httpNodePort: 30081`\n',
    });
    fs.rmSync(directory, { recursive: true });
  });
});

describe("a call for help", () => {
  it("ends with 0", async () => {
    for (const argv of [["--help"], ["check", "--help"], ["kind-config", "--help"], ["help", "check"]]) {
      const { code, out, err } = await istioAmbient(argv);
      assert.deepEqual({ code, err }, { code: 0, err: "" });
      assert.match(out, /^Usage: istio-ambient /);
    }
  });

  it("tells the package's version", async () => {
    assert.deepEqual(await istioAmbient(["--version"]), { code: 0, out: `${version}\n`, err: "" });
  });
});
