// What the sandbox builds and under which name it is kept.
import * as assert from "node:assert/strict";
import { releaseChart, releaseValues } from "../../sandbox/build/build";
import { cacheDirectory, partFolder } from "../../sandbox/build/cache";
import { defaultCertManagerVersion } from "../../lib/istio/releases";
import type { GoPart } from "../../sandbox/build/part";
import { parts } from "../../sandbox/build/parts";
import { goMod, groupsOf, programName } from "../../sandbox/build/programs";
import { compilerMemory } from "../../sandbox/build/run";

const part: GoPart = {
  kind: "go",
  name: "thing",
  version: "1.2.3",
  binaries: { thing: "example.com/thing/cmd" },
  requires: { "example.com/thing": "v1.2.3", "example.com/other": "v0.1.0" },
  replaces: { "example.com/stage": "v0.2.0" },
};

describe("the sandbox's parts", () => {
  it("are built from a module that names exact versions", () => {
    const expected = `module sandbox.invalid/parts
go 1.26.0
require example.com/thing v1.2.3
require example.com/other v0.1.0
replace example.com/stage => example.com/stage v0.2.0
`;
    assert.equal(goMod([part]), expected);
  });

  it("can replace a module by a folder of ours", () => {
    const substitutes = { "example.com/other": { folder: "other" } };
    const expected = `${goMod([part])}replace example.com/other => ./thing/other\n`;
    assert.equal(goMod([{ ...part, substitutes }]), expected);
  });

  it("are built together where they need the same modules", () => {
    const other = { ...part, name: "other", substitutes: { "example.com/other": { folder: "mine" } } };
    const newer = { ...part, name: "newer", requires: { "example.com/thing": "v2.0.0" } };
    const replaced = { ...part, name: "replaced", replaces: { "example.com/stage": "v0.3.0" } };
    assert.deepEqual(groupsOf([part, newer, other, replaced]), [[part, other], [newer], [replaced]]);
    assert.equal(goMod([part, other]), `${goMod([part])}replace example.com/other => ./other/mine\n`);
  });

  it("are found under the name that Go gives a program", () => {
    const names = { "./thing": "thing", "example.com/x/cmd/thing": "thing", "example.com/thing/v3": "thing" };
    for (const [entry, expected] of Object.entries(names)) assert.equal(programName(entry), expected);
  });

  it("are compiled with as much memory as the machine has to give, or in Go's own way", () => {
    const gibibyte = 1024 ** 3;
    const limited = (bytes: number): NodeJS.ProcessEnv => ({ GOGC: "off", GOMEMLIMIT: `${bytes}B` });
    assert.deepEqual(compilerMemory(24 * gibibyte, 2), limited(3 * gibibyte));
    assert.deepEqual(compilerMemory(16 * gibibyte, 8), limited(gibibyte));
    assert.deepEqual(compilerMemory(8 * gibibyte, 8), {});
  });

  it("have names of their own, and each of their binaries too", () => {
    const names = parts.map(({ name }) => name);
    const binaries = parts.flatMap((each) => (each.kind === "go" ? Object.keys(each.binaries) : []));
    assert.deepEqual([...new Set(names)], names);
    assert.deepEqual([...new Set(binaries)], binaries);
  });

  it("have the cert-manager that is installed by default", () => {
    const versions = parts.flatMap(({ name, version }) => (name.startsWith("cert-manager") ? [version] : []));
    const version = defaultCertManagerVersion;
    assert.deepEqual(versions, [version, version, `v${version}`]);
  });

  it("move to another folder when anything they are made from changes", () => {
    const folder = partFolder(part, {});
    assert.match(folder, /^thing-1\.2\.3-[0-9a-f]{8}$/);
    assert.equal(partFolder({ ...part }, {}), folder);
    const others = [
      partFolder({ ...part, replaces: { "example.com/stage": "v0.3.0" } }, {}),
      partFolder({ ...part, variables: { "example.com/thing.version": "1" } }, {}),
      partFolder(part, { "main.go": "package main" }),
      partFolder(part, { "main.go": "package main // changed" }),
    ];
    assert.equal(new Set([folder, ...others]).size, 5);
  });

  it("name a release's images in the charts' values, and nothing else changes", () => {
    const values =
      "global:\n  # hub: registry.istio.io/testing\n  hub: registry.istio.io/testing\n  tag: latest\n  tags: latest\n";
    const expected =
      "global:\n  # hub: registry.istio.io/testing\n  hub: docker.io/istio\n  tag: 1.31.0\n  tags: latest\n";
    assert.equal(releaseValues(values, "1.31.0"), expected);
  });

  it("name a release in its charts", () => {
    const chart = "apiVersion: v2\nname: base\n# This version is never shipped\nversion: 1.0.0\nappVersion: 1.0.0\n";
    const expected =
      "apiVersion: v2\nname: base\n# This version is never shipped\nversion: 1.31.0\nappVersion: 1.31.0\n";
    assert.equal(releaseChart(chart, "1.31.0"), expected);
  });
});

describe("the sandbox's cache", () => {
  for (const [environment, expected] of [
    [{ ISTIO_AMBIENT_CACHE: "/parts", XDG_CACHE_HOME: "/xdg", HOME: "/home/me" }, "/parts"],
    [{ XDG_CACHE_HOME: "/xdg", HOME: "/home/me" }, "/xdg/istio-ambient"],
    [{ HOME: "/home/me" }, "/home/me/.cache/istio-ambient"],
    [{ ISTIO_AMBIENT_CACHE: "", XDG_CACHE_HOME: "", HOME: "/home/me" }, "/home/me/.cache/istio-ambient"],
  ] as const) {
    it(`is ${expected} for ${JSON.stringify(environment)}`, () => assert.equal(cacheDirectory(environment), expected));
  }
});
