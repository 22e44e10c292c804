// The paths of a host whose paths are regular expressions: which of them are prefixes in disguise, and what `$1` is.
import { substitution, whole } from "./expressions";
import type { RegexRewrite } from "./settings";

/** Which requests the expression takes, seen from its literal beginning. */
export type Reach =
  /** The path itself and all below it. */
  | "element"
  /** All below it, but not the path itself. */
  | "below"
  /** All below it that has a name. */
  | "named"
  /** Everything that begins with it. */
  | "string"
  /** The path alone. */
  | "exact";

/** An expression that begins literally and goes on in a way that a prefix has too. */
export interface Shape {
  /** The literal beginning, without a slash at its end; "" for the root. */
  literal: string;
  reach: Reach;
  /** Groups that hold what comes after the literal: without its slash, or with it. */
  after: number[];
  withSlash: number[];
  /** True where the literal has dots that stand for any character. */
  dots: boolean;
}

interface Tail {
  form: string;
  reach: Reach;
  after?: number[];
  withSlash?: number[];
}

/** What may follow the literal; a `$` after what takes everything changes nothing. */
const tails: Tail[] = [
  { form: "", reach: "string" },
  { form: "(/|$)(.*)", reach: "element", after: [2] },
  { form: "(?:/|$)(.*)", reach: "element", after: [1] },
  { form: "(/|$).*", reach: "element" },
  { form: "(/|$)", reach: "element" },
  { form: "($|/)", reach: "element" },
  { form: "($|/)(.*)", reach: "element", after: [2] },
  { form: "(/(.*)|$)", reach: "element", after: [2], withSlash: [1] },
  { form: "(/.*|$)", reach: "element", withSlash: [1] },
  { form: "($|/.*)", reach: "element", withSlash: [1] },
  { form: "(/.*)?$", reach: "element", withSlash: [1] },
  { form: "(/(.*))?$", reach: "element", after: [2], withSlash: [1] },
  { form: "/", reach: "below" },
  { form: "/.*", reach: "below" },
  { form: "/(.*)", reach: "below", after: [1] },
  { form: "/()(.*)", reach: "below", after: [2] },
  { form: "(/.*)", reach: "below", withSlash: [1] },
  { form: "/.+", reach: "named" },
  { form: "/(.+)", reach: "named", after: [1] },
  { form: "/?(.*)", reach: "string", after: [1] },
  { form: "(/?)(.*)", reach: "string", after: [2] },
  { form: "/?", reach: "string" },
  { form: ".*", reach: "string" },
  { form: "(.*)", reach: "string", withSlash: [1] },
  { form: "(/.*)?", reach: "string", withSlash: [1] },
  { form: "$", reach: "exact" },
];

const tailByForm = new Map(
  tails.flatMap((tail) => [
    [tail.form, tail] as const,
    ...(/\.[*+]\)?$/.test(tail.form) ? [[`${tail.form}$`, tail] as const] : []),
    ...(/\.[*+]\)$/.test(tail.form) ? [[`${tail.form.slice(0, -1)}$)`, tail] as const] : []),
  ]),
);

/** Characters that stand for themselves, a dot among them, which is hardly meant as any character. */
const literalHead = /^(?:\/|[-\w~!&',;=:@%.]|\\[.-])*/;

/** The shape of an expression, or nothing where no prefix is like it. */
export function shapeOf(path: string): Shape | undefined {
  const whole = literalHead.exec(path)![0];
  // A quantifier belongs to the last literal character, and the slash before a group to the group.
  for (let end = whole.length; end >= 0; end--) {
    const tail = tailByForm.get(path.slice(end));
    const literal = path.slice(0, end).replace(/\\([.-])/g, "$1");
    if (!tail || (literal.endsWith("/") && tail.form !== "")) continue;
    const { form, reach, after = [], withSlash = [] } = tail;
    const dots = path.slice(0, end).replace(/\\./g, "").includes(".");
    if (form === "" && literal.endsWith("/"))
      return { literal: literal.slice(0, -1), reach: literal === "/" ? "element" : "below", after, withSlash, dots };
    if (literal === "") return rootShape(tail);
    return { literal, reach, after, withSlash, dots };
  }
  return undefined;
}

/** At the root, below it is everything. */
function rootShape({ form, reach, after = [], withSlash = [] }: Tail): Shape | undefined {
  if (reach === "exact" || reach === "named" || !form.includes("/")) return undefined;
  return { literal: "", reach: "element", after, withSlash, dots: false };
}

/** What the backend gets instead of the path. */
export type Rewriting =
  | {
      kind: "none";
      /** The beginning of the path, which NGINX writes as it stands here, whatever its case was. */ written?: string;
    }
  | { kind: "full"; path: string }
  | { kind: "prefix"; path: string; /** What the path itself becomes, where that is something else. */ itself?: string }
  | ({ kind: "groups" } & RegexRewrite)
  | { kind: "impossible"; why: string };

/** How many groups the expression captures. */
function groupsOf(path: string): number {
  return [...path.replace(/\\./g, "").matchAll(/\((?!\?)/g)].length;
}

/** How a rewrite-target becomes something that HTTPRoute can do, or Envoy where it `captures`. */
export function rewritingOf(path: string, target: string | undefined, captures = false): Rewriting {
  const rewriting = ofRoute(path, target);
  const expression = { pattern: `^${path}`, ignoresCase: true };
  const matched = rewriting.kind === "impossible" && captures ? whole(expression) : undefined;
  if (matched === undefined || !/^\/(?:[-\w./~:]|\$\d)*$/.test(target!)) return rewriting;
  const count = groupsOf(path);
  const filled = target!.replace(/\$(\d)/g, (reference, digit: string) => (Number(digit) > count ? "" : reference));
  const written = substitution(filled, expression);
  return written === undefined ? rewriting : { kind: "groups", pattern: `^${matched}$`, substitution: written };
}

function ofRoute(path: string, target: string | undefined): Rewriting {
  if (target === undefined || target === path) return { kind: "none" };
  // A group that the expression does not have is empty.
  const count = groupsOf(path);
  const filled = target.replace(/\$(\d)/g, (reference, digit: string) => (Number(digit) > count ? "" : reference));
  const references = [...filled.matchAll(/\$(\d)/g)].map(([, digit]) => Number(digit));
  if (/\$(?!\d)/.test(filled)) return { kind: "impossible", why: "a rewrite knows no variables" };
  if (references.length === 0) return { kind: "full", path: filled === "" ? "/" : filled };
  const shape = shapeOf(path);
  const [, before, digit] = /^([^$]*)\$(\d)$/.exec(filled) ?? [];
  const group = Number(digit);
  if (!shape || before === undefined || shape.reach === "exact") return { kind: "impossible", why: noGroups };
  if (shape.after.includes(group) && before.endsWith("/")) {
    const replacement = before.slice(0, -1);
    const takesItself = shape.literal !== "" && (shape.reach === "element" || shape.reach === "string");
    if (replacement === shape.literal && !takesItself) return { kind: "none", written: shape.literal };
    const itself = replacement === "" ? {} : { itself: before };
    return { kind: "prefix", path: replacement === "" ? "/" : replacement, ...itself };
  }
  if (shape.withSlash.includes(group) && !before.endsWith("/")) {
    return before === shape.literal
      ? { kind: "none", written: shape.literal }
      : { kind: "prefix", path: before === "" ? "/" : before };
  }
  return { kind: "impossible", why: noGroups };
}

const noGroups = "HTTPRoute replaces a prefix or the whole path, and knows no groups";
