// Reads the components' arguments and outputs, with their comments, out of the sources.
import * as path from "node:path";
import * as ts from "typescript";

/** One argument, and the fields below it where it is an object or a list of objects of ours. */
export interface Argument {
  /** The interface and field that declare it: "GatewayArgs.httpNodePort". */
  declared: string;
  /** Where a user writes it: "gateway.httpNodePort". */
  path: string;
  type: string;
  /** Every value that it may have, where these are a closed set. */
  values: string[];
  required: boolean;
  text: string;
  standard: string;
  example: string;
  fields: Argument[];
}

/** One public property of a component. */
export interface Property {
  name: string;
  type: string;
  text: string;
  fields: { name: string; text: string }[];
}

/** A component of the public list. */
export interface Component {
  name: string;
  text: string;
  args: Argument[];
  outputs: Property[];
  /** What a program may depend on, beside the outputs. */
  resources: Property[];
}

/** Everything that the public list exports, and what its comments leave out. */
export interface Reference {
  components: Component[];
  gaps: string[];
}

/** Reads the components of the package in `root`. */
export function readReference(root: string): Reference {
  const publicList = path.join(root, "components", "index.ts");
  const program = ts.createProgram([publicList], {
    strict: true,
    skipLibCheck: true,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
  });
  const reader = new Reader(program.getTypeChecker(), path.join(root, "components") + path.sep);
  return { components: reader.components(program.getSourceFile(publicList)!), gaps: reader.gaps };
}

class Reader {
  readonly gaps: string[] = [];

  constructor(
    private readonly checker: ts.TypeChecker,
    private readonly folder: string,
  ) {}

  components(list: ts.SourceFile): Component[] {
    const exported = this.checker.getExportsOfModule(this.checker.getSymbolAtLocation(list)!);
    return exported.flatMap((entry) => {
      const symbol = entry.flags & ts.SymbolFlags.Alias ? this.checker.getAliasedSymbol(entry) : entry;
      if ((symbol.flags & ts.SymbolFlags.Class) === 0) {
        return [];
      }
      const [signature] = this.checker.getSignaturesOfType(
        this.checker.getTypeOfSymbol(symbol),
        ts.SignatureKind.Construct,
      );
      const args = signature?.parameters.find((parameter) => parameter.name === "args");
      if (!args) {
        return [];
      }
      return [
        {
          name: symbol.name,
          text: ts.displayPartsToString(symbol.getDocumentationComment(this.checker)),
          args: this.argumentsOf(this.checker.getNonNullableType(this.checker.getTypeOfSymbol(args)), ""),
          outputs: this.properties(symbol),
          resources: this.children(symbol),
        },
      ];
    });
  }

  private argumentsOf(type: ts.Type, prefix: string): Argument[] {
    return this.checker.getPropertiesOfType(type).map((symbol) => {
      const declaring = symbol.valueDeclaration?.parent;
      const owner = declaring && ts.isInterfaceDeclaration(declaring) ? declaring.name.text : type.symbol.name;
      const given = this.checker.getNonNullableType(this.checker.getTypeOfSymbol(symbol));
      const found = this.object(given);
      const argument = {
        declared: `${owner}.${symbol.name}`,
        path: `${prefix}${symbol.name}`,
        type: typeText(symbol),
        values: literals(given),
        required: (symbol.flags & ts.SymbolFlags.Optional) === 0,
        text: inline(symbol.getDocumentationComment(this.checker)),
        standard: this.tag(symbol, "default"),
        example: this.tag(symbol, "example"),
        fields: found ? this.argumentsOf(found.type, `${prefix}${symbol.name}${found.isList ? "[]" : ""}.`) : [],
      };
      this.findGaps(argument);
      return argument;
    });
  }

  /**
   * An argument without a text is a gap, and an optional one also without a default or an example. What is an output as
   * well, such as a WaypointReference, has no defaults.
   */
  private findGaps({ declared, text, standard, example, required }: Argument): void {
    const needsMore = !required && /Args\./.test(declared);
    const missing = [
      ...(text === "" ? ["text"] : []),
      ...(needsMore && standard === "" ? ["@default"] : []),
      ...(needsMore && example === "" ? ["@example"] : []),
    ];
    this.gaps.push(...missing.map((what) => `${declared} has no ${what}`).filter((gap) => !this.gaps.includes(gap)));
  }

  private tag(symbol: ts.Symbol, name: string): string {
    return inline(symbol.getJsDocTags(this.checker).find((entry) => entry.name === name)?.text);
  }

  /** The interface of ours behind a type, be it an Input or a list of it. */
  private object(type: ts.Type): { type: ts.Type; isList: boolean } | undefined {
    if (type.isUnion()) {
      return type.types.map((part) => this.object(part)).find((part) => part !== undefined);
    }
    if (this.checker.isArrayType(type)) {
      const item = this.object(this.checker.getTypeArguments(type as ts.TypeReference)[0]!);
      return item && { type: item.type, isList: true };
    }
    return type.isClassOrInterface() && this.isOurs(type.symbol) ? { type, isList: false } : undefined;
  }

  private isOurs(symbol: ts.Symbol): boolean {
    return symbol.declarations?.some((node) => node.getSourceFile().fileName.startsWith(this.folder)) === true;
  }

  private properties(component: ts.Symbol): Property[] {
    return this.checker
      .getPropertiesOfType(this.checker.getDeclaredTypeOfSymbol(component))
      .filter((symbol) => this.isOurs(symbol) && (symbol.flags & ts.SymbolFlags.Property) !== 0)
      .filter(({ valueDeclaration }) => (ts.getCombinedModifierFlags(valueDeclaration!) & hidden) === 0)
      .map((symbol) => {
        const text = inline(symbol.getDocumentationComment(this.checker));
        if (text === "") this.gaps.push(`${component.name}.${symbol.name} has no text`);
        return { name: symbol.name, type: typeText(symbol), text, fields: this.outputFields(symbol) };
      });
  }

  /** What a component made: behind a getter, since a field would be an output. */
  private children(component: ts.Symbol): Property[] {
    const getter = this.checker.getPropertyOfType(this.checker.getDeclaredTypeOfSymbol(component), "children");
    return (getter ? this.checker.getPropertiesOfType(this.checker.getTypeOfSymbol(getter)) : []).map((child) => {
      const text = inline(child.getDocumentationComment(this.checker));
      if (text === "") this.gaps.push(`${component.name}.children.${child.name} has no text`);
      return { name: `children.${child.name}`, type: typeText(child), text, fields: [] };
    });
  }

  /** The fields of what an Output carries. */
  private outputFields(symbol: ts.Symbol): { name: string; text: string }[] {
    const node = typeNode(symbol);
    const carried = node && ts.isTypeReferenceNode(node) ? node.typeArguments?.[0] : undefined;
    const found = carried && this.object(this.checker.getTypeFromTypeNode(carried));
    return (found ? this.checker.getPropertiesOfType(found.type) : []).map((field) => ({
      name: field.name,
      text: inline(field.getDocumentationComment(this.checker)),
    }));
  }
}

const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;

/** Text of a comment in one line. */
function inline(parts: ts.SymbolDisplayPart[] | undefined): string {
  return ts.displayPartsToString(parts).replace(/\s+/g, " ").trim();
}

function typeNode(symbol: ts.Symbol): ts.TypeNode | undefined {
  return (symbol.valueDeclaration as ts.PropertySignature | ts.PropertyDeclaration | undefined)?.type;
}

/** The type as it stands in the sources. */
function typeText(symbol: ts.Symbol): string {
  const text = typeNode(symbol)?.getText() ?? "";
  return text.replace(/\bpulumi\./g, "").replace(/\s+/g, " ");
}

/** The texts of a closed set. */
function literals(type: ts.Type): string[] {
  const parts = type.isUnion() ? type.types : [type];
  return parts.flatMap((part) => (part.isStringLiteral() ? [part.value] : []));
}
