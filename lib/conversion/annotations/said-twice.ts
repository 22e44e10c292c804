// What charts say to F5's controller too, beside ingress-nginx: it is lost nowhere, since ingress-nginx's own annotation counts.
import { inert, type Verdict } from "../report";

const f5 = "nginx.org/";

/** ingress-nginx's annotations of the same meaning, by F5's. */
const twins = new Map<string, readonly string[]>([
  ["client-max-body-size", ["proxy-body-size"]],
  ["proxy-connect-timeout", ["proxy-connect-timeout"]],
  ["proxy-read-timeout", ["proxy-read-timeout"]],
  ["proxy-send-timeout", ["proxy-send-timeout"]],
  ["proxy-buffering", ["proxy-buffering"]],
  ["proxy-buffers", ["proxy-buffers-number"]],
  ["proxy-buffer-size", ["proxy-buffer-size"]],
  ["redirect-to-https", ["ssl-redirect", "force-ssl-redirect"]],
  ["ssl-services", ["backend-protocol"]],
  ["grpc-services", ["backend-protocol"]],
]);

/** The verdict on an annotation of F5's controller whose meaning the gateway has; undefined for any other. */
export function saidTwice(name: string, own: (name: string) => string | undefined): Verdict | undefined {
  if (!name.startsWith(f5)) return undefined;
  const said = name.slice(f5.length);
  if (said === "websocket-services") {
    return inert("F5's controller reads it, ingress-nginx does not; both it and the gateway pass WebSockets on");
  }
  const twin = twins.get(said)?.find((one) => own(one) !== undefined);
  return twin === undefined
    ? undefined
    : inert(`F5's controller reads it, ingress-nginx does not: ${twin} is what it reads`);
}
