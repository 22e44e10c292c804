// Written by tools/chart-keys.ts from the chart of cert-manager: the values that it reads. `.*` is anything below.

/** As of 1.21.2. */
export const certManagerKeys = `
  acmesolver.image.* acmesolver.runtimeClassName affinity.* approveSignerNames automountServiceAccountToken
  cainjector.affinity.* cainjector.automountServiceAccountToken cainjector.config.*
  cainjector.containerSecurityContext.* cainjector.deploymentAnnotations cainjector.enableServiceLinks
  cainjector.enabled cainjector.extraArgs cainjector.extraEnv cainjector.featureGates cainjector.image.*
  cainjector.networkPolicy.egress cainjector.networkPolicy.enabled cainjector.networkPolicy.ingress
  cainjector.nodeSelector.* cainjector.podAnnotations cainjector.podDisruptionBudget.enabled
  cainjector.podDisruptionBudget.maxUnavailable cainjector.podDisruptionBudget.minAvailable
  cainjector.podDisruptionBudget.unhealthyPodEvictionPolicy cainjector.podLabels.* cainjector.replicaCount
  cainjector.resources.* cainjector.runtimeClassName cainjector.securityContext.*
  cainjector.serviceAccount.annotations cainjector.serviceAccount.automountServiceAccountToken
  cainjector.serviceAccount.create cainjector.serviceAccount.labels cainjector.serviceAccount.name
  cainjector.serviceAnnotations cainjector.serviceLabels.* cainjector.strategy.* cainjector.tolerations
  cainjector.topologySpreadConstraints cainjector.volumeMounts cainjector.volumes clusterResourceNamespace
  config.* containerSecurityContext.* crds.enabled crds.keep creator deploymentAnnotations disableAutoApproval
  dns01RecursiveNameservers dns01RecursiveNameserversOnly enableCertificateOwnerRef enableServiceLinks enabled
  extraArgs extraContainers extraEnv extraObjects featureGates fullnameOverride global.commonLabels.*
  global.hostUsers global.imagePullSecrets global.leaderElection.* global.logLevel global.nodeSelector.*
  global.podSecurityPolicy.enabled global.podSecurityPolicy.useAppArmor global.priorityClassName
  global.rbac.aggregateClusterRoles global.rbac.create global.revisionHistoryLimit global.runtimeClassName
  hostAliases http_proxy https_proxy image.* imageNamespace imageRegistry ingressShim.* installCRDs
  livenessProbe.* maxConcurrentChallenges nameOverride namespace networkPolicy.egress networkPolicy.enabled
  networkPolicy.ingress no_proxy nodeSelector.* podAnnotations podDisruptionBudget.enabled
  podDisruptionBudget.maxUnavailable podDisruptionBudget.minAvailable
  podDisruptionBudget.unhealthyPodEvictionPolicy podDnsConfig podDnsPolicy podLabels.* prometheus.enabled
  prometheus.podmonitor.annotations.* prometheus.podmonitor.enabled
  prometheus.podmonitor.endpointAdditionalProperties.* prometheus.podmonitor.honorLabels
  prometheus.podmonitor.interval prometheus.podmonitor.labels.* prometheus.podmonitor.namespace
  prometheus.podmonitor.prometheusInstance prometheus.podmonitor.scrapeTimeout
  prometheus.servicemonitor.annotations.* prometheus.servicemonitor.enabled
  prometheus.servicemonitor.endpointAdditionalProperties.* prometheus.servicemonitor.honorLabels
  prometheus.servicemonitor.interval prometheus.servicemonitor.labels.* prometheus.servicemonitor.namespace
  prometheus.servicemonitor.prometheusInstance prometheus.servicemonitor.scrapeTimeout replicaCount resources.*
  runtimeClassName securityContext.* serviceAccount.annotations serviceAccount.automountServiceAccountToken
  serviceAccount.create serviceAccount.labels serviceAccount.name serviceAnnotations serviceIPFamilies
  serviceIPFamilyPolicy serviceLabels startupapicheck.affinity.* startupapicheck.automountServiceAccountToken
  startupapicheck.backoffLimit startupapicheck.containerSecurityContext.* startupapicheck.enableServiceLinks
  startupapicheck.enabled startupapicheck.extraArgs startupapicheck.extraEnv startupapicheck.image.*
  startupapicheck.jobAnnotations.* startupapicheck.nodeSelector.* startupapicheck.podAnnotations
  startupapicheck.podLabels.* startupapicheck.rbac.annotations.* startupapicheck.resources.*
  startupapicheck.runtimeClassName startupapicheck.securityContext.* startupapicheck.serviceAccount.annotations.*
  startupapicheck.serviceAccount.automountServiceAccountToken startupapicheck.serviceAccount.create
  startupapicheck.serviceAccount.labels startupapicheck.serviceAccount.name startupapicheck.timeout
  startupapicheck.tolerations startupapicheck.ttlSecondsAfterFinished startupapicheck.volumeMounts
  startupapicheck.volumes strategy.* tolerations topologySpreadConstraints volumeMounts volumes webhook.affinity.*
  webhook.apiserverClientCertSubjects webhook.automountServiceAccountToken webhook.clientCAFile webhook.config.*
  webhook.containerSecurityContext.* webhook.deploymentAnnotations webhook.enableClientVerification
  webhook.enableServiceLinks webhook.extraArgs webhook.extraEnv webhook.featureGates webhook.hostNetwork
  webhook.image.* webhook.livenessProbe.failureThreshold webhook.livenessProbe.initialDelaySeconds
  webhook.livenessProbe.periodSeconds webhook.livenessProbe.successThreshold webhook.livenessProbe.timeoutSeconds
  webhook.loadBalancerIP webhook.mutatingWebhookConfiguration.namespaceSelector.*
  webhook.mutatingWebhookConfigurationAnnotations webhook.networkPolicy.egress webhook.networkPolicy.enabled
  webhook.networkPolicy.ingress webhook.nodeSelector.* webhook.podAnnotations webhook.podDisruptionBudget.enabled
  webhook.podDisruptionBudget.maxUnavailable webhook.podDisruptionBudget.minAvailable
  webhook.podDisruptionBudget.unhealthyPodEvictionPolicy webhook.podLabels.*
  webhook.readinessProbe.failureThreshold webhook.readinessProbe.initialDelaySeconds
  webhook.readinessProbe.periodSeconds webhook.readinessProbe.successThreshold
  webhook.readinessProbe.timeoutSeconds webhook.replicaCount webhook.resources.* webhook.runtimeClassName
  webhook.securePort webhook.securityContext.* webhook.serviceAccount.annotations
  webhook.serviceAccount.automountServiceAccountToken webhook.serviceAccount.create webhook.serviceAccount.labels
  webhook.serviceAccount.name webhook.serviceAnnotations webhook.serviceIPFamilies webhook.serviceIPFamilyPolicy
  webhook.serviceLabels.* webhook.serviceType webhook.strategy.* webhook.timeoutSeconds webhook.tolerations
  webhook.topologySpreadConstraints webhook.url.* webhook.validatingWebhookConfiguration.namespaceSelector.*
  webhook.validatingWebhookConfigurationAnnotations webhook.volumeMounts webhook.volumes
`;
