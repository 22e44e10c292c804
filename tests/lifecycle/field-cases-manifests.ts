// Objects with which people run into something, as they apply them.
import * as fs from "node:fs";
import * as path from "node:path";

/** What Argo CD marks its objects with. */
export const tracked = "argocd.argoproj.io/tracking-id";

export const manifests = {
  shop: fs.readFileSync(path.join(__dirname, "..", "unit", "fixtures", "shop.yaml"), "utf8"),
  entries: `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: api, namespace: shop, labels: { istio.io/use-waypoint: gone } }
spec: { hosts: [api.example.com], ports: [{ number: 443, name: tls, protocol: TLS }], resolution: DNS }
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: plain, namespace: shop, labels: { istio.io/use-waypoint: none } }
spec: { hosts: [plain.example.com], ports: [{ number: 443, name: tls, protocol: TLS }], resolution: DNS }
---
apiVersion: networking.istio.io/v1
kind: WorkloadGroup
metadata: { name: vms, namespace: shop }
spec: { metadata: { labels: { istio.io/use-waypoint: gone } }, template: { serviceAccount: default } }
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: { name: vm-1, namespace: shop, labels: { istio.io/use-waypoint: waypoint } }
spec: { address: 192.0.2.1 }
`,
  uncapturable: `
apiVersion: v1
kind: Node
metadata: { name: virtual-1, labels: { type: virtual-kubelet, kubernetes.io/os: linux } }
spec: { taints: [{ key: virtual-kubelet.io/provider, value: azure, effect: NoSchedule }] }
---
apiVersion: node.k8s.io/v1
kind: RuntimeClass
metadata: { name: sandbox }
handler: runsc
---
apiVersion: v1
kind: Pod
metadata: { name: burst, namespace: shop }
spec:
  nodeName: virtual-1
  tolerations: [{ operator: Exists }]
  containers: [{ name: burst, image: docker.io/library/nginx:1.29 }]
---
apiVersion: v1
kind: Pod
metadata: { name: sandboxed, namespace: shop, annotations: { ambient.istio.io/redirection: enabled } }
spec:
  runtimeClassName: sandbox
  containers: [{ name: sandboxed, image: docker.io/library/nginx:1.29 }]
---
apiVersion: v1
kind: Pod
metadata:
  name: guest
  namespace: shop
  labels: { kubevirt.io: virt-launcher }
  annotations: { ambient.istio.io/redirection: enabled, traffic.sidecar.istio.io/kubevirtInterfaces: k6t-eth0 }
spec:
  containers: [{ name: compute, image: docker.io/library/nginx:1.29 }]
`,
  traffic: `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: web, namespace: default }
spec: { host: web.shop.svc.cluster.local, trafficPolicy: { connectionPool: { tcp: { maxConnections: 10 } } } }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: web, namespace: shop }
spec: { host: web, subsets: [{ name: v1, labels: { app: web } }, { name: v2, labels: { version: v2 } }] }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: web, namespace: shop }
spec:
  hosts: [web]
  http:
    - route:
        - { destination: { host: web, subset: v1 }, weight: 90 }
        - { destination: { host: web, subset: v2 }, weight: 10 }
    - route: [{ destination: { host: web, subset: v3 } }]
`,
  hook: `
apiVersion: v1
kind: Pod
metadata: { name: hooked, namespace: shop, annotations: { ambient.istio.io/redirection: enabled } }
spec:
  nodeSelector: { example.com/zone: nowhere }
  containers:
    - name: agent
      image: docker.io/library/nginx:1.29
      lifecycle: { postStart: { exec: { command: [sleep, "600"] } } }
---
apiVersion: v1
kind: Event
metadata: { name: hooked.started, namespace: shop }
involvedObject: { kind: Pod, namespace: shop, name: hooked, fieldPath: "spec.containers{agent}" }
reason: Started
type: Normal
`,
  reader: `
apiVersion: v1
kind: ServiceAccount
metadata: { name: reader, namespace: default }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: field-cases-reader }
rules:
  - { apiGroups: [""], resources: [namespaces, pods, services, configmaps], verbs: [get, list] }
  - { apiGroups: [gateway.networking.k8s.io], resources: ["*"], verbs: [get, list] }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: field-cases-reader }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: field-cases-reader }
subjects: [{ kind: ServiceAccount, name: reader, namespace: default }]
`,
  listeners: `
apiVersion: gateway.networking.k8s.io/v1
kind: ListenerSet
metadata: { name: team, namespace: shop }
spec:
  parentRef: { name: hostk8s-gateway, namespace: istio-system }
  listeners: [{ name: http, port: 80, protocol: HTTP, hostname: team.example.com }]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: team, namespace: shop }
spec:
  parentRefs: [{ group: gateway.networking.k8s.io, kind: ListenerSet, name: team }]
  rules: [{ backendRefs: [{ name: web, port: 80 }] }]
`,
  canary: `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: next, namespace: shop, labels: { istio.io/waypoint-for: service } }
spec:
  gatewayClassName: istio-waypoint
  listeners: [{ name: mesh, port: 15008, protocol: HBONE }]
`,
  sidecars: `
apiVersion: v1
kind: Namespace
metadata: { name: legacy }
---
apiVersion: v1
kind: Pod
metadata: { name: old, namespace: legacy, annotations: { sidecar.istio.io/status: "{}" } }
spec:
  containers:
    - { name: old, image: docker.io/library/nginx:1.29 }
    - { name: istio-proxy, image: docker.io/istio/proxyv2:1.31.0 }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: http, namespace: legacy }
spec: { action: DENY, rules: [{ to: [{ operation: { methods: [DELETE] } }] }] }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: http, namespace: shop }
spec: { action: DENY, rules: [{ to: [{ operation: { methods: [DELETE] } }] }] }
`,
  peers: `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: default, namespace: istio-system }
spec: { mtls: { mode: STRICT } }
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: default, namespace: shop }
spec: {}
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: open, namespace: shop }
spec:
  selector: { matchLabels: { app: web } }
  portLevelMtls: { 8080: { mode: PERMISSIVE } }
`,
  foreign: `
apiVersion: v1
kind: Namespace
metadata: { name: platform-mesh }
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: istiod-platform
  namespace: platform-mesh
  labels: { app: istiod, istio.io/rev: platform }
  annotations: { ${tracked}: "argocd_mesh:apps/Deployment:platform-mesh/istiod-platform" }
spec:
  replicas: 0
  selector: { matchLabels: { app: platform } }
  template: { metadata: { labels: { app: platform } }, spec: { containers: [{ name: discovery, image: example.com/pilot }] } }
`,
};
