{{- define "traefik.name" -}}
{{ .Values.nameOverride | default .Chart.Name }}
{{- end }}

{{- define "traefik.fullname" -}}
{{- $name := include "traefik.name" . -}}
{{- if .Values.fullnameOverride -}}{{ .Values.fullnameOverride }}
{{- else if contains $name .Release.Name -}}{{ .Release.Name }}
{{- else -}}{{ .Release.Name }}-{{ $name }}{{- end }}
{{- end }}

{{- define "traefik.namespace" -}}
{{ .Values.namespaceOverride | default .Release.Namespace }}
{{- end }}

{{/* Two releases of one name in two namespaces must not select each other's pods. */}}
{{- define "traefik.selector" -}}
app.kubernetes.io/name: {{ include "traefik.name" . }}
app.kubernetes.io/instance: {{ .Values.instanceLabelOverride | default (printf "%s-%s" .Release.Name (include "traefik.namespace" .)) }}
{{- end }}

{{- define "traefik.labels" -}}
{{ include "traefik.selector" . }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "traefik.serviceAccount" -}}
{{ .Values.serviceAccount.name | default (include "traefik.fullname" .) }}
{{- end }}

{{- define "traefik.service" -}}
{{ .Values.service.nameOverride | default (include "traefik.fullname" .) }}
{{- end }}

{{- define "traefik.image" -}}
{{- $image := .Values.image -}}
{{ $image.registry | default "docker.io" }}/{{ $image.repository | default "traefik" }}
{{- if $image.digest }}@{{ $image.digest }}{{ else }}:{{ $image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}
