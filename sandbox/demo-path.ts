// Where the application of demo.ts answers; apart from it, since only the engine's program may load the components.

/** Path under which the application answers. */
export const demoPath = "/my-app";
