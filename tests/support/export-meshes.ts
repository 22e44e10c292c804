// Meshes of many kinds, by which the files of an export are held against what Pulumi makes.
import type { PlainMesh } from "../../components/mesh/manifest";

/** Arguments by what is special about them. */
export const exportedMeshes: Record<string, PlainMesh> = {
  "all defaults": { platform: "kind" },
  "a lean footprint, metrics, and no access logs": { footprint: "lean", telemetry: true, accessLogs: false },
  "a lean footprint behind a load balancer, for hostnames of several teams": {
    footprint: "lean",
    accessLogs: false,
    gateway: {
      serviceType: "LoadBalancer",
      hostnames: ["shop.example.com", "*.apps.example.com"],
      allowedRoutes: { from: "Same" },
      allowedListeners: { from: "Selector", selector: { "hostk8s.stack": "shop" } },
      certificate: { issuerName: "root-ca-cluster-issuer", dnsNames: ["shop.example.com"], ipAddresses: [] },
    },
  },
  "requests, limits and replicas of every part": {
    controlPlane: { cpu: "150m", memory: "256Mi", memoryLimit: "1Gi", replicas: 2 },
    cni: { cpu: "60m", memory: "90Mi" },
    dataplane: { cpu: "70m", memory: "80Mi", memoryLimit: "512Mi" },
  },
  "images of a registry with credentials": {
    images: { hub: "registry.example.com/istio", tag: "1.31.0-distroless", pullSecrets: ["registry-credentials"] },
  },
  "values of the charts": {
    controlPlane: { values: { env: { PILOT_ENABLE_IP_AUTOALLOCATE: "true" }, podLabels: { tier: "on" } } },
    cni: { values: { cniBinDir: "/opt/cni/bin", ambient: { dnsCapture: false } } },
    dataplane: { values: { terminationGracePeriodSeconds: 60, podLabels: { tier: "012" } } },
  },
  "a gateway with ports, hostnames and teams of its own": {
    gateway: {
      httpNodePort: 31080,
      httpsNodePort: 31443,
      replicas: 2,
      cpu: "80m",
      memory: "96Mi",
      hostnames: ["shop.hostk8s.local", "*.apps.hostk8s.local"],
      allowedRoutes: { from: "Selector", selector: { "hostk8s.stack": "shop" } },
      allowedListeners: { from: "All" },
    },
  },
  "GKE, with values of several charts and http inside the cluster": {
    platform: "gke",
    controlPlane: { replicas: 2, values: { meshConfig: { outboundTrafficPolicy: { mode: "REGISTRY_ONLY" } } } },
    dataplane: { values: { podAnnotations: { "example.com/build": "0777" } } },
    gateway: { serviceType: "ClusterIP", certificate: { enabled: false } },
  },
  "a gateway for http inside the cluster": { gateway: { serviceType: "ClusterIP", certificate: { enabled: false } } },
  "a certificate by an issuer of the cluster": {
    gateway: {
      certificate: {
        issuerName: "root-ca-cluster-issuer",
        secretName: "apps-cert",
        dnsNames: ["apps.example.com"],
        ipAddresses: [],
        duration: "720h",
        renewBefore: "240h",
      },
    },
  },
  "a certificate that exists": { gateway: { certificate: { existing: true, secretName: "wildcard-cert" } } },
  "no gateway": { gateway: { enabled: false } },
  "other names and another namespace": { namespace: "mesh", gateway: { name: "public" } },
  "OpenShift, whose node agents live elsewhere": { platform: "openshift", gateway: { serviceType: "LoadBalancer" } },
  "the release line before": { version: "1.30.8", gatewayApi: { version: "1.5.1" } },
  "a gateway beside the mesh, on a cluster that has the CRDs": {
    gatewayApi: { install: false },
    gateway: { namespace: "ingress", certificate: { issuerName: "team-ca", issuerKind: "Issuer" } },
  },
};
