{{/* What the pods of every part share. Called with a part's name and the root. */}}
{{- define "cert-manager.podspec" -}}
{{- $values := include "cert-manager.values" . | fromJson -}}
{{- $root := index . 1 -}}
serviceAccountName: {{ include "cert-manager.serviceAccount" . }}
{{- if kindIs "bool" $values.automountServiceAccountToken }}
automountServiceAccountToken: {{ $values.automountServiceAccountToken }}
{{- end }}
enableServiceLinks: {{ $values.enableServiceLinks }}
{{- with $root.Values.global.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $root.Values.global.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.securityContext }}
securityContext: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.volumes }}
volumes: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.hostAliases }}
hostAliases: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with merge (dict) $values.nodeSelector $root.Values.global.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.topologySpreadConstraints }}
topologySpreadConstraints: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* The end of a part's container: what follows its arguments, ports and probes. */}}
{{- define "cert-manager.containertail" -}}
{{- $values := include "cert-manager.values" . | fromJson -}}
env:
  - {name: POD_NAMESPACE, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}
  {{- with $values.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with $values.containerSecurityContext }}
securityContext: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.resources }}
resources: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.volumeMounts }}
volumeMounts: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Arguments of each part, before extraArgs. */}}
{{- define "cert-manager.controller.args" -}}
- --cluster-resource-namespace={{ .Values.clusterResourceNamespace | default "$(POD_NAMESPACE)" }}
- --leader-election-namespace={{ .Values.global.leaderElection.namespace }}
- --acme-http01-solver-image={{ include "cert-manager.image" (list .Values.acmesolver.image .) }}
- --max-concurrent-challenges={{ .Values.maxConcurrentChallenges }}
{{- range $field, $flag := dict "defaultIssuerName" "name" "defaultIssuerKind" "kind" "defaultIssuerGroup" "group" }}
{{- with index $.Values.ingressShim $field }}
- --default-issuer-{{ $flag }}={{ . }}
{{- end }}
{{- end }}
{{- if .Values.enableCertificateOwnerRef }}
- --enable-certificate-owner-ref=true
{{- end }}
{{- if .Values.dns01RecursiveNameserversOnly }}
- --dns01-recursive-nameservers-only=true
{{- end }}
{{- with .Values.dns01RecursiveNameservers }}
- --dns01-recursive-nameservers={{ . }}
{{- end }}
{{- if .Values.disableAutoApproval }}
- --controllers=-certificaterequests-approver
{{- end }}
{{- end }}

{{- define "cert-manager.webhook.args" -}}
{{- $name := include "cert-manager.partname" (list "webhook" .) -}}
- --secure-port={{ .Values.webhook.securePort }}
- --dynamic-serving-ca-secret-namespace=$(POD_NAMESPACE)
- --dynamic-serving-ca-secret-name={{ $name }}-ca
- --dynamic-serving-dns-names={{ $name }}
- --dynamic-serving-dns-names={{ $name }}.$(POD_NAMESPACE)
- --dynamic-serving-dns-names={{ $name }}.$(POD_NAMESPACE).svc
{{- end }}

{{- define "cert-manager.cainjector.args" -}}
- --leader-election-namespace={{ .Values.global.leaderElection.namespace }}
{{- end }}
