// The rooms and the arrows between them: each rule names a room and forbids what it may not import.
const rooms = ["components", "lib", "cluster", "cli", "plugin", "sandbox", "tests", "examples", "tools", "bench"];
const mayImport = {
  lib: [],
  cluster: ["lib"],
  components: ["lib", "cluster"],
  cli: ["lib", "cluster", "components"],
  plugin: ["components", "lib"],
  sandbox: ["lib"],
};

/** Files of a component without Pulumi. */
const pure = "^components/[^/]+/(rules|objects|manifest|claims|status|chart-files|chart-rules|program-config)\\.ts$";

/** What other components may know of one. */
const classes = [
  "[^/]+/args\\.ts",
  "access/access-policy\\.ts",
  "cert-manager/cert-manager\\.ts",
  "gateway/ingress-gateway\\.ts",
  "gateway-api/gateway-api\\.ts",
  "mesh/ambient-mesh\\.ts",
  "namespace/ambient-namespace\\.ts",
  "route/http-route\\.ts",
  "traffic/traffic-policy\\.ts",
  "waypoint/waypoint\\.ts",
].join("|");

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
      name: "support-knows-no-component",
      severity: "error",
      from: { path: "^components/support/" },
      to: { path: "^components/", pathNot: "^components/support/" },
    },
    {
      name: "a-component-knows-others-by-args-and-class",
      comment:
        "of another component its args.ts and its class; rules, objects and names of children of a part also those of the whole",
      severity: "error",
      from: { path: "^components/([^/]+)/", pathNot: "^components/support/" },
      to: {
        path: "^components/[^/]+/",
        pathNot: [
          "^components/$1/",
          "^components/support/",
          `^components/(${classes})$`,
          "/(rules|objects|manifest|children)\.ts$",
        ],
      },
    },
    {
      name: "rules-and-objects-know-no-pulumi",
      severity: "error",
      from: { path: pure },
      to: {
        path: ["node_modules/@pulumi/", "^components/support/", "^cluster/"],
        pathNot: "^components/support/rules\\.ts$",
        dependencyTypesNot: ["type-only"],
      },
    },
    {
      name: "the-command-line-takes-pure-files-of-components",
      severity: "error",
      from: { path: "^cli/" },
      to: { path: "^components/", pathNot: pure },
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
      comment: "types included",
      severity: "error",
      from: {},
      to: { circular: true },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(dist|examples)/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.dev.json" },
  },
};
