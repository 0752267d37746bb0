{{- define "external-dns.name" -}}
{{ .Values.nameOverride | default .Chart.Name }}
{{- end }}

{{- define "external-dns.fullname" -}}
{{- $name := include "external-dns.name" . -}}
{{- if .Values.fullnameOverride -}}{{ .Values.fullnameOverride }}
{{- else if contains $name .Release.Name -}}{{ .Release.Name }}
{{- else -}}{{ .Release.Name }}-{{ $name }}{{- end }}
{{- end }}

{{- define "external-dns.namespace" -}}
{{ .Values.namespaceOverride | default .Release.Namespace }}
{{- end }}

{{- define "external-dns.selector" -}}
app.kubernetes.io/name: {{ include "external-dns.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "external-dns.labels" -}}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{ include "external-dns.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "external-dns.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}{{ .Values.serviceAccount.name | default (include "external-dns.fullname" .) }}
{{- else -}}{{ .Values.serviceAccount.name | default "default" }}{{- end }}
{{- end }}

{{- define "external-dns.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default (printf "v%s" .Chart.AppVersion) }}
{{- end }}

{{/* A plain string is the old way to name the provider. */}}
{{- define "external-dns.provider" -}}
{{ kindIs "string" .Values.provider | ternary .Values.provider (dig "name" "" (kindIs "map" .Values.provider | ternary .Values.provider dict)) }}
{{- end }}

{{/* extraArgs is a list of whole arguments, or a map of names without dashes. */}}
{{- define "external-dns.extraArgs" -}}
{{- if kindIs "slice" .Values.extraArgs }}
{{- range .Values.extraArgs }}
- {{ tpl . $ | quote }}
{{- end }}
{{- else }}
{{- range $name, $value := .Values.extraArgs }}
{{- if kindIs "slice" $value }}
{{- range $value }}
- {{ printf "--%s=%s" $name (tpl (toString .) $) | quote }}
{{- end }}
{{- else if kindIs "bool" $value }}
- --{{ $value | ternary "" "no-" }}{{ $name }}
{{- else if kindIs "invalid" $value }}
{{- else }}
- {{ printf "--%s=%s" $name (tpl (toString $value) $) | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
