// Written by tools/chart-keys.ts from the charts of each release line: the values that they read. `.*` is anything
// below, `.@` the chart's top level once more.
import type { ChartName } from "./releases";

/** By minor and chart. */
export const chartKeys: Readonly<Record<string, Readonly<Record<ChartName, string>>>> = {
  // As of 1.31.0.
  "1.31": {
    base: `
      base.enableCRDTemplates base.enableIstioConfigCRDs base.excludedCRDs base.validationCABundle
      base.validationFailurePolicy base.validationURL compatibilityVersion defaultRevision
      experimental.stableValidationPolicy global.enableReaderRBAC global.imagePullSecrets global.istioNamespace
      global.platform global.profile global.readerServiceAccount.name global.resourceScope platform profile
    `,
    istiod: `
      affinity.* autoscaleBehavior.* autoscaleEnabled autoscaleMax autoscaleMin base.enableIstioConfigCRDs
      base.validationCABundle base.validationFailurePolicy base.validationURL cni.enabled cni.provider
      compatibilityVersion configMap cpu.targetAverageUtilization crlConfigMapName deploymentAnnotations.*
      deploymentLabels.* env.* envVarFrom experimental.stableValidationPolicy extraContainerArgs gatewayClasses.*
      gateways.* global.agentgateway.image global.caAddress global.caName global.certSigners global.certificates
      global.configCluster global.configValidation global.defaultPodDisruptionBudget.enabled global.defaultResources.*
      global.enableReaderRBAC global.externalIstiod global.hub global.imagePullPolicy global.imagePullSecrets
      global.ipFamilies global.ipFamilyPolicy global.istioNamespace global.istiod.enableAnalysis global.logAsJson
      global.logging.level global.meshID global.meshNetworks.* global.mountMtlsCerts global.multiCluster.clusterName
      global.nativeNftables global.network global.networkPolicy.enabled global.omitSidecarInjectorConfigMap
      global.operatorManageWebhooks global.pilotCertProvider global.platform global.priorityClassName global.profile
      global.proxy.autoInject global.proxy.capNetBindService global.proxy.clusterDomain global.proxy.componentLogLevel
      global.proxy.excludeIPRanges global.proxy.excludeInboundPorts global.proxy.excludeOutboundPorts
      global.proxy.holdApplicationUntilProxyStarts global.proxy.image global.proxy.includeIPRanges
      global.proxy.includeInboundPorts global.proxy.includeOutboundPorts global.proxy.lifecycle global.proxy.logLevel
      global.proxy.outlierLogPath global.proxy.privileged global.proxy.readinessFailureThreshold
      global.proxy.readinessInitialDelaySeconds global.proxy.readinessPeriodSeconds global.proxy.resources.*
      global.proxy.seccompProfile.* global.proxy.startupProbe.enabled global.proxy.startupProbe.failureThreshold
      global.proxy.statusPort global.proxy.tracer global.proxy.variant global.proxy_init.forceApplyIptables
      global.proxy_init.image global.readerServiceAccount.name global.readerServiceAccount.namespace
      global.remotePilotAddress global.resourceScope global.sds.token.aud global.sts.servicePort global.tag
      global.tracer.datadog.address global.tracer.lightstep.accessToken global.tracer.lightstep.address
      global.tracer.stackdriver.debug global.tracer.stackdriver.maxNumberOfAnnotations
      global.tracer.stackdriver.maxNumberOfAttributes global.tracer.stackdriver.maxNumberOfMessageEvents
      global.tracer.zipkin.address global.trustBundleName global.trustDomain global.variant global.waypoint.affinity.*
      global.waypoint.nodeSelector.* global.waypoint.resources.* global.waypoint.tolerations
      global.waypoint.topologySpreadConstraints hub image initContainers ipFamilies ipFamilyPolicy
      istiodRemote.enabled istiodRemote.enabledLocalInjectorIstiod istiodRemote.injectionCABundle
      istiodRemote.injectionPath istiodRemote.injectionURL jwksResolverExtraRootCA keepaliveMaxServerConnectionAge
      memory.* meshConfig.* nodeSelector.* ownerName pdb.maxUnavailable pdb.minAvailable
      pdb.unhealthyPodEvictionPolicy pilot.@ platform podAnnotations.* podLabels.* profile replicaCount resources.*
      revision revisionTags rollingMaxSurge rollingMaxUnavailable seccompProfile.* serviceAccountAnnotations.*
      serviceAnnotations.* sidecarInjectorWebhook.alwaysInjectSelector sidecarInjectorWebhook.defaultTemplates
      sidecarInjectorWebhook.enableNamespacesByDefault sidecarInjectorWebhook.injectedAnnotations.*
      sidecarInjectorWebhook.neverInjectSelector sidecarInjectorWebhook.reinvocationPolicy
      sidecarInjectorWebhook.rewriteAppHTTPProbe sidecarInjectorWebhook.templates.*
      sidecarInjectorWebhookAnnotations.* tag taint.enabled taint.name taint.namespace telemetry.enabled
      telemetry.v2.enabled telemetry.v2.prometheus.enabled telemetry.v2.stackdriver.enabled terminationMessagePolicy
      tolerations topologySpreadConstraints traceSampling trafficDistribution trustedZtunnelName
      trustedZtunnelNamespace variant volumeMounts volumes
    `,
    cni: `
      affinity.* ambient.configDir ambient.dnsCapture ambient.enableAmbientDetectionRetry ambient.enabled
      ambient.enablementSelectors ambient.ipv6 ambient.reconcileIptablesOnStartup ambient.shareHostNetworkNamespace
      chained cni.@ cniBinDir cniConfDir cniConfFileName cniNetnsDir compatibilityVersion daemonSetLabels.* env.*
      excludeNamespaces global.defaultResources.* global.hub global.imagePullPolicy global.imagePullSecrets
      global.logAsJson global.logging.level global.nativeNftables global.networkPolicy.enabled global.platform
      global.profile global.resourceScope global.tag global.variant hub image istioOwnedCNIConfig
      istioOwnedCNIConfigFileName logging.level ownerName platform podAnnotations.* podLabels.* profile provider
      pullPolicy repair.brokenPodLabelKey repair.brokenPodLabelValue repair.deletePods repair.enabled repair.hub
      repair.initContainerName repair.labelPods repair.repairPods repair.tag resourceQuotas.enabled
      resourceQuotas.pods resources.* revision seLinuxOptions.* seccompProfile.* tag terminationGracePeriodSeconds
      tolerations updateStrategy.* useAppArmorAnnotation variant
    `,
    ztunnel: `
      affinity annotations.* caAddress compatibilityVersion dnsConfig.* dnsPolicy env.* global.@ hub image
      imagePullPolicy imagePullSecrets istioNamespace labels.* logAsJson logLevel
      meshConfig.defaultConfig.proxyMetadata.* multiCluster.clusterName network nodeSelector ownerName
      peerCaCrl.enabled platform podAnnotations.* podLabels.* profile resourceName resourceQuotas.enabled
      resourceQuotas.pods resourceScope resources.* revision seLinuxOptions.* tag terminationGracePeriodSeconds
      tolerations trustBundleName updateStrategy.* variant volumeMounts volumes xdsAddress
    `,
  },
  // As of 1.30.3.
  "1.30": {
    base: `
      base.enableCRDTemplates base.enableIstioConfigCRDs base.excludedCRDs base.validationCABundle
      base.validationFailurePolicy base.validationURL compatibilityVersion defaultRevision
      experimental.stableValidationPolicy global.enableReaderRBAC global.imagePullSecrets global.istioNamespace
      global.platform global.profile global.resourceScope platform profile
    `,
    istiod: `
      affinity.* autoscaleBehavior.* autoscaleEnabled autoscaleMax autoscaleMin base.enableIstioConfigCRDs
      base.validationCABundle base.validationFailurePolicy base.validationURL cni.enabled cni.provider
      compatibilityVersion configMap cpu.targetAverageUtilization crlConfigMapName deploymentAnnotations.*
      deploymentLabels.* env.* envVarFrom experimental.stableValidationPolicy extraContainerArgs gatewayClasses.*
      gateways.* global.agentgateway.image global.caAddress global.caName global.certSigners global.certificates
      global.configCluster global.configValidation global.defaultPodDisruptionBudget.enabled global.defaultResources.*
      global.enableReaderRBAC global.externalIstiod global.hub global.imagePullPolicy global.imagePullSecrets
      global.ipFamilies global.ipFamilyPolicy global.istioNamespace global.istiod.enableAnalysis global.logAsJson
      global.logging.level global.meshID global.meshNetworks.* global.mountMtlsCerts global.multiCluster.clusterName
      global.nativeNftables global.network global.networkPolicy.enabled global.omitSidecarInjectorConfigMap
      global.operatorManageWebhooks global.pilotCertProvider global.platform global.priorityClassName global.profile
      global.proxy.autoInject global.proxy.capNetBindService global.proxy.clusterDomain global.proxy.componentLogLevel
      global.proxy.excludeIPRanges global.proxy.excludeInboundPorts global.proxy.excludeOutboundPorts
      global.proxy.holdApplicationUntilProxyStarts global.proxy.image global.proxy.includeIPRanges
      global.proxy.includeInboundPorts global.proxy.includeOutboundPorts global.proxy.lifecycle global.proxy.logLevel
      global.proxy.outlierLogPath global.proxy.privileged global.proxy.readinessFailureThreshold
      global.proxy.readinessInitialDelaySeconds global.proxy.readinessPeriodSeconds global.proxy.resources.*
      global.proxy.seccompProfile.* global.proxy.startupProbe.enabled global.proxy.startupProbe.failureThreshold
      global.proxy.statusPort global.proxy.tracer global.proxy.variant global.proxy_init.forceApplyIptables
      global.proxy_init.image global.remotePilotAddress global.resourceScope global.sds.token.aud
      global.sts.servicePort global.tag global.tracer.datadog.address global.tracer.lightstep.accessToken
      global.tracer.lightstep.address global.tracer.stackdriver.debug global.tracer.stackdriver.maxNumberOfAnnotations
      global.tracer.stackdriver.maxNumberOfAttributes global.tracer.stackdriver.maxNumberOfMessageEvents
      global.tracer.zipkin.address global.trustBundleName global.trustDomain global.variant global.waypoint.affinity.*
      global.waypoint.nodeSelector.* global.waypoint.resources.* global.waypoint.tolerations
      global.waypoint.topologySpreadConstraints hub image initContainers ipFamilies ipFamilyPolicy
      istiodRemote.enabled istiodRemote.enabledLocalInjectorIstiod istiodRemote.injectionCABundle
      istiodRemote.injectionPath istiodRemote.injectionURL jwksResolverExtraRootCA keepaliveMaxServerConnectionAge
      memory.* meshConfig.* nodeSelector.* ownerName pdb.maxUnavailable pdb.minAvailable
      pdb.unhealthyPodEvictionPolicy pilot.@ platform podAnnotations.* podLabels.* profile replicaCount resources.*
      revision revisionTags rollingMaxSurge rollingMaxUnavailable seccompProfile.* serviceAccountAnnotations.*
      serviceAnnotations.* sidecarInjectorWebhook.alwaysInjectSelector sidecarInjectorWebhook.defaultTemplates
      sidecarInjectorWebhook.enableNamespacesByDefault sidecarInjectorWebhook.injectedAnnotations.*
      sidecarInjectorWebhook.neverInjectSelector sidecarInjectorWebhook.reinvocationPolicy
      sidecarInjectorWebhook.rewriteAppHTTPProbe sidecarInjectorWebhook.templates.*
      sidecarInjectorWebhookAnnotations.* tag taint.enabled taint.namespace telemetry.enabled telemetry.v2.enabled
      telemetry.v2.prometheus.enabled telemetry.v2.stackdriver.enabled tolerations topologySpreadConstraints
      traceSampling trafficDistribution trustedZtunnelName trustedZtunnelNamespace variant volumeMounts volumes
    `,
    cni: `
      affinity.* ambient.configDir ambient.dnsCapture ambient.enableAmbientDetectionRetry ambient.enabled
      ambient.enablementSelectors ambient.ipv6 ambient.reconcileIptablesOnStartup ambient.shareHostNetworkNamespace
      chained cni.@ cniBinDir cniConfDir cniConfFileName cniNetnsDir compatibilityVersion daemonSetLabels.* env.*
      excludeNamespaces global.defaultResources.* global.hub global.imagePullPolicy global.imagePullSecrets
      global.logAsJson global.logging.level global.nativeNftables global.networkPolicy.enabled global.platform
      global.profile global.resourceScope global.tag global.variant hub image istioOwnedCNIConfig
      istioOwnedCNIConfigFileName logging.level ownerName platform podAnnotations.* podLabels.* profile provider
      pullPolicy repair.brokenPodLabelKey repair.brokenPodLabelValue repair.deletePods repair.enabled repair.hub
      repair.initContainerName repair.labelPods repair.repairPods repair.tag resourceQuotas.enabled
      resourceQuotas.pods resources.* revision seLinuxOptions.* seccompProfile.* tag terminationGracePeriodSeconds
      tolerations updateStrategy.* useAppArmorAnnotation variant
    `,
    ztunnel: `
      affinity annotations.* caAddress compatibilityVersion dnsConfig.* dnsPolicy env.* global.@ hub image
      imagePullPolicy imagePullSecrets istioNamespace labels.* logAsJson logLevel
      meshConfig.defaultConfig.proxyMetadata.* multiCluster.clusterName network nodeSelector ownerName
      peerCaCrl.enabled platform podAnnotations.* podLabels.* profile resourceName resourceQuotas.enabled
      resourceQuotas.pods resourceScope resources.* revision seLinuxOptions.* tag terminationGracePeriodSeconds
      tolerations trustBundleName updateStrategy.* variant volumeMounts volumes xdsAddress
    `,
  },
};
