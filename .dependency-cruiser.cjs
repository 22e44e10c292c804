// The rooms and the arrows between them: each rule names a room and forbids what it may not import.
const rooms = ["components", "lib", "cluster", "cli", "sandbox", "tests", "examples", "tools", "bench"];
const mayImport = {
  lib: [],
  cluster: ["lib"],
  components: ["lib", "cluster"],
  cli: ["lib", "cluster"],
  sandbox: ["lib"],
};

const forbidden = Object.entries(mayImport).map(([room, allowed]) => ({
  name: `${room}-imports-only-${allowed.join("-") || "itself"}`,
  severity: "error",
  from: { path: `^${room}/` },
  to: { path: [`^(${rooms.filter((r) => r !== room && !allowed.includes(r)).join("|")})/`, "^index\\.ts$"] },
}));

module.exports = {
  forbidden: [
    ...forbidden,
    {
      name: "program-imports-components-and-lib",
      severity: "error",
      from: { path: "^index\\.ts$" },
      to: { path: `^(${rooms.filter((r) => r !== "components" && r !== "lib").join("|")})/` },
    },
    {
      name: "lib-is-pure",
      comment: "lib/ is plain TypeScript: no Pulumi, no Kubernetes client, no I/O",
      severity: "error",
      from: { path: "^lib/" },
      to: { path: ["node_modules/@pulumi/", "node_modules/@kubernetes/"], dependencyTypesNot: ["type-only"] },
    },
    {
      name: "lib-does-no-io",
      severity: "error",
      from: { path: "^lib/" },
      to: { dependencyTypes: ["core"], path: "^(node:)?(fs|http|https|child_process|os|dns|process)(/|$)" },
    },
    {
      name: "no-circular",
      comment: "a part may name the type of its whole",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(dist|examples)/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.dev.json" },
  },
};
