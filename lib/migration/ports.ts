// The rules of a policy as a waypoint has to have them: it stands before the Service, where ports have the Service's numbers,
// and in the namespace of the Service.
import { without, type AuthorizationPolicy, type Operation, type Rule, type Service, type When } from "./objects";

const portKey = "destination.port";

/** True where a rule names ports that have other numbers at the Service. */
export function needsOtherPorts({ spec }: AuthorizationPolicy, { ports }: Service): boolean {
  const named = (spec?.rules ?? []).flatMap(({ to = [], when = [] }) => [
    ...to.flatMap(({ operation: { ports: wanted = [], notPorts = [] } = {} }) => [...wanted, ...notPorts]),
    ...when
      .filter(({ key }) => key === portKey)
      .flatMap(({ values = [], notValues = [] }) => [...values, ...notValues]),
  ]);
  const isSame = (port: string) => {
    const number = Number(port);
    const there = ports.filter(({ targetPort, port: own }) => targetPort === number || own === number);
    return there.length > 0 && there.every(({ targetPort, port: own }) => targetPort === own);
  };
  return named.some((port) => !isSame(port));
}

/** The rules with the numbers of the Service. A rule that no port of it can meet is dropped. */
export function rulesAtService(rules: readonly Rule[], service: Service): Rule[] {
  return rules.flatMap((rule) => {
    const to = (rule.to ?? []).flatMap(({ operation = {} }) => operationAtService(operation, service));
    const when = (rule.when ?? []).map((condition) => conditionAtService(condition, service));
    if ((rule.to !== undefined && to.length === 0) || when.includes("never")) return [];
    const conditions = when.filter((each): each is When => each !== "always" && each !== "never");
    const operations = withHttp(rule, to.some((each) => Object.keys(each).length === 0) ? [{}] : to);
    const isAny = operations.some((each) => Object.keys(each).length === 0);
    return [
      {
        ...without(rule, "to", "when"),
        ...(to.length > 0 && !isAny ? { to: operations.map((operation) => ({ operation })) } : {}),
        ...(conditions.length > 0 ? { when: conditions } : {}),
      },
    ];
  });
}

const ofHttp = ["hosts", "notHosts", "methods", "notMethods", "paths", "notPaths"] as const;

function isOfHttp(operation: Operation): boolean {
  return ofHttp.some((attribute) => (operation[attribute] ?? []).length > 0);
}

/** On a port that is not HTTP, one HTTP attribute anywhere in a rule decides about all of it: so one of them has to stay. */
function withHttp({ to = [] }: Rule, operations: Operation[]): Operation[] {
  const isLost = to.some(({ operation = {} }) => isOfHttp(operation)) && !operations.some(isOfHttp);
  return isLost ? operations.map((operation) => ({ ...operation, methods: ["*"] })) : operations;
}

/** The numbers under which a Service offers ports of its pods. */
function atService(wanted: readonly string[], { ports }: Service): string[] {
  return ports.filter(({ targetPort }) => wanted.includes(String(targetPort))).map(({ port }) => String(port));
}

function operationAtService({ ports, notPorts, ...rest }: Operation, service: Service): Operation[] {
  const [own, notOwn] = [atService(ports ?? [], service), atService(notPorts ?? [], service)];
  if (ports !== undefined && ports.length > 0 && own.length === 0) return [];
  return [{ ...rest, ...(own.length > 0 ? { ports: own } : {}), ...(notOwn.length > 0 ? { notPorts: notOwn } : {}) }];
}

function conditionAtService(condition: When, service: Service): When | "always" | "never" {
  const { key, values = [], notValues = [] } = condition;
  if (key !== portKey) return condition;
  const [own, notOwn] = [atService(values, service), atService(notValues, service)];
  if (values.length > 0 && own.length === 0) return "never";
  if (own.length === 0 && notOwn.length === 0) return "always";
  return { key, ...(own.length > 0 ? { values: own } : {}), ...(notOwn.length > 0 ? { notValues: notOwn } : {}) };
}

/** The rules as they have to be written in another namespace, where an account without a namespace is another one. */
export function rulesFromElsewhere(rules: readonly Rule[], namespace: string): Rule[] {
  const full = (accounts: string[]) => accounts.map((each) => (each.includes("/") ? each : `${namespace}/${each}`));
  return rules.map((rule) => ({
    ...rule,
    ...(rule.from
      ? {
          from: rule.from.map(({ source = {} }) => ({
            source: {
              ...source,
              ...(source.serviceAccounts ? { serviceAccounts: full(source.serviceAccounts) } : {}),
              ...(source.notServiceAccounts ? { notServiceAccounts: full(source.notServiceAccounts) } : {}),
            },
          })),
        }
      : {}),
    ...(rule.when ? { when: rule.when.map((condition) => conditionFromElsewhere(condition, full)) } : {}),
  }));
}

function conditionFromElsewhere(condition: When, full: (accounts: string[]) => string[]): When {
  const { key, values, notValues } = condition;
  if (key !== "source.serviceAccount") return condition;
  return { key, ...(values ? { values: full(values) } : {}), ...(notValues ? { notValues: full(notValues) } : {}) };
}
