// docs/application-look.md has a row for every rule that references and losses are held against, and none for anything else.
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";

const root = path.join(__dirname, "..", "..");
const folder = path.join(root, "lib", "references");

/** The code of each rule, by the file that it is in. */
const rules = fs.readdirSync(folder).flatMap((file) => {
  const code = fs.readFileSync(path.join(folder, file), "utf8");
  return [...code.matchAll(/const rule =\s*([\s\S]*?);\n/g)].map(([, rule = ""]) => ({ file, rule }));
});

/** Words of a rule, and the words of the page about it; several rules share a row, and several rows a rule. */
const rows: [rule: string, ...row: string[]][] = [
  ["must be an existing namespace", "the namespace exists"],
  ["must be a namespace that is not being deleted", "the namespace is not being deleted"],
  ["all that is in it is deleted with it", "an AmbientNamespace is removed or renamed"],
  [
    "must be an existing Service of",
    "the Service exists, with this port",
    "the Service exists  ",
    "the Services exist",
  ],
  ["must be a port of", "the Service exists, with this port", "the Services exist, with these ports"],
  ["must be a free NodePort", "no other Service uses the NodePort"],
  ["must be an existing Gateway", "the Gateway exists"],
  ["must be a Gateway with a listener", "and has a listener for HTTP or HTTPS"],
  ["must be ${bySection ?", "the Gateway has this listener"],
  ["takes routes only from", "a listener admits routes of this namespace"],
  ["must be a hostname of a listener", "a listener serves each host"],
  ["must be in the certificate", "the certificate of the HTTPS listener names each host"],
  ...[
    "must not have the host and path of",
    "the same host and path over http;",
    "the same host and path over http already;",
  ].map((words): [string, string] => [words, "no other route of the program has the same host and path"]),
  ["has the same host and path", "no route of another stack has the same host and path"],
  [
    "must take requests to Services",
    "takes requests to Services, and the Service uses it",
    "warning: requests bypass it",
  ],
  ["must take requests of the namespace", "and those of this namespace"],
  [
    "must be an existing waypoint",
    "the waypoint exists, takes requests to Services, and the Service uses it",
    "the same  ",
  ],
  ["must use the waypoint", "takes requests to Services, and the Service uses it", "the same  "],
  ["must be a Service that uses a waypoint", "the Service or its namespace uses a waypoint"],
  ["this admits no client", "the gateway that is admitted exists"],
  ["no longer served", "a listener or hostname is removed"],
  ['"lose their"} parent', "a gateway is removed, renamed, or moved"],
  ["certificates of any other gateway", "the CA of such a gateway is removed"],
  ["certificates of any other issuer", "a gateway stays and loses its own CA"],
  ["no longer covered by the certificate", "a name is removed from a gateway's certificate"],
  ["...(policies.length > 0 ? [relying]", "a waypoint is removed, renamed or moved"],
  ["...(traffic.length > 0 ? [unapplied]", "the VirtualServices and DestinationRules"],
  ["...(users.length > 0 ? [bypassing]", "whose label still names it"],
  ["${leave}${ended", "the mesh is removed from the program"],
];

/** Rows about what is told by the command that runs at destroy. */
const ofDestroy = "`pulumi destroy` of the mesh";

/** The rows of the tables below a heading, without their heads. */
function tableOf(heading: string): string[] {
  const page = fs.readFileSync(path.join(root, "docs", "application-look.md"), "utf8");
  const section = page.split(/^## /m).find((each) => each.startsWith(heading)) ?? assert.fail(heading);
  return section
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .slice(2);
}

describe("the page about what is checked", () => {
  const table = [...tableOf("What is checked"), ...tableOf("What a change breaks for others")];

  it("is about rules that there are", () => {
    assert.ok(rules.length > 15, String(rules.length));
    const gone = rows.filter(([words]) => !rules.some(({ rule }) => rule.includes(words)));
    assert.deepEqual(gone, []);
  });

  it("has a row for each rule", () => {
    const unknown = rules.filter(({ rule }) => !rows.some(([words]) => rule.includes(words)));
    assert.deepEqual(unknown, []);
    const missing = rows.flatMap(([, ...words]) => words.filter((each) => !table.some((row) => row.includes(each))));
    assert.deepEqual(missing, []);
  });

  it("has no row of another kind", () => {
    const known = [ofDestroy, ...rows.flatMap(([, ...words]) => words)];
    assert.deepEqual(
      table.filter((row) => !known.some((words) => row.includes(words))),
      [],
    );
  });
});
