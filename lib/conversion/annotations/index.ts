// All annotations of ingress-nginx's last release, by family, and those of other controllers.
import { access } from "./access";
import { backends } from "./backends";
import { canary } from "./canary";
import { content } from "./content";
import { cors } from "./cors";
import type { Annotation, Family } from "./family";
import { hosts } from "./hosts";
import { limits } from "./limits";
import { paths } from "./paths";
import { redirects } from "./redirects";
import { sessions } from "./sessions";
import { timeouts } from "./timeouts";

/** Every family, in the order of docs/convert.md. Hosts' TLS to backends comes after what it depends on. */
export const families: readonly Family[] = [
  paths,
  redirects,
  hosts,
  canary,
  backends,
  timeouts,
  sessions,
  cors,
  access,
  limits,
  content,
];

/** Every annotation by its name without the prefix. */
export const annotations: ReadonlyMap<string, Annotation> = new Map(
  families.flatMap((family) => family.annotations.map((annotation) => [annotation.name, annotation] as const)),
);

/** Prefixes of other controllers' annotations. */
export const foreign: readonly { prefix: string; controller: string }[] = [
  { prefix: "nginx.org/", controller: "F5 NGINX Ingress Controller" },
  { prefix: "nginx.com/", controller: "F5 NGINX Ingress Controller" },
  { prefix: "traefik.ingress.kubernetes.io/", controller: "Traefik" },
  { prefix: "traefik.io/", controller: "Traefik" },
  { prefix: "haproxy.org/", controller: "HAProxy Technologies' controller" },
  { prefix: "haproxy-ingress.github.io/", controller: "HAProxy Ingress" },
  { prefix: "alb.ingress.kubernetes.io/", controller: "the AWS Load Balancer Controller" },
  { prefix: "networking.gke.io/", controller: "GKE Ingress" },
  { prefix: "cloud.google.com/", controller: "GKE Ingress" },
  { prefix: "kubernetes.io/ingress.global-static-ip-name", controller: "GKE Ingress" },
  { prefix: "kubernetes.io/ingress.allow-http", controller: "GKE Ingress" },
  { prefix: "ingress.gcp.kubernetes.io/", controller: "GKE Ingress" },
  { prefix: "appgw.ingress.kubernetes.io/", controller: "Azure Application Gateway" },
  { prefix: "konghq.com/", controller: "Kong" },
  { prefix: "projectcontour.io/", controller: "Contour" },
];
